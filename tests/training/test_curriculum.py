from __future__ import annotations

import warnings

import pytorch_lightning as pl
import torch
from hypothesis import given
from hypothesis import strategies as st
from pytorch_lightning.plugins.environments import LightningEnvironment

from emtvb.training.curriculum import Curriculum

ACCURACIES = [[0.1, 0.95, 0.2, 0.3, 0.99], [0.4, 0.2, 0.95, 0.95, 0.91], [0.0, 0.0, 0.0, 0.0, 0.0]]
HORIZONS = (10, 20, 40, 60, 100)


def test_horizons_lag_as_lightnings_prefetching_makes_them() -> None:
    """A dataset without a length, as the published one, under Lightning; its horizon is set from the training step."""
    seen: list[int] = []

    class Dataset(torch.utils.data.IterableDataset):
        level = 0

        def __iter__(self):
            for _ in ACCURACIES[0]:
                yield torch.tensor(float(HORIZONS[self.level]))

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def training_step(self, batch: torch.Tensor, index: int) -> torch.Tensor:
            seen.append(int(batch.item()))
            if ACCURACIES[self.current_epoch][index] > 0.9:
                Dataset.level = min(Dataset.level + 1, len(HORIZONS) - 1)
            return (self.weight * 0).sum()

        def configure_optimizers(self) -> torch.optim.SGD:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pl.Trainer(max_epochs=3, accelerator="cpu", barebones=True, plugins=[LightningEnvironment()]).fit(
            Module(), torch.utils.data.DataLoader(Dataset())
        )

    curriculum = Curriculum(HORIZONS, 0.9)
    ours = []
    for epoch in ACCURACIES:
        for batch, accuracy in enumerate(epoch):
            ours.append(curriculum.horizon(batch))
            curriculum.update(accuracy)
    assert ours == seen


@given(st.lists(st.floats(0, 1), max_size=60), st.floats(0.01, 1))
def test_it_moves_one_notch_after_each_accuracy_above_the_threshold(accuracies: list[float], threshold: float) -> None:
    curriculum = Curriculum(HORIZONS, threshold)
    for accuracy in accuracies:
        curriculum.update(accuracy)
    assert curriculum.level == min(4, sum(accuracy > threshold for accuracy in accuracies))
    assert curriculum.level - 1 <= curriculum.before <= curriculum.level
