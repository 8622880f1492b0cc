"""The reference trainer: PyTorch Lightning, the published protocol to the letter, one run at a time."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from jaxtyping import Float
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.plugins.environments import LightningEnvironment
from torch import Tensor, nn

from emtvb.files import atomic
from emtvb.protocol import Setup
from emtvb.training import stream
from emtvb.training.batches import Batch, Batches
from emtvb.training.curriculum import Curriculum
from emtvb.training.history import Row, is_kept
from emtvb.weights import Network

CHECKPOINT_EVERY = 500
"""Batches between two checkpoints: a few seconds' work."""

log = logging.getLogger(__name__)
Report = Callable[[Row], None]


class ElmanModule(pl.LightningModule):
    """A run as Lightning sees it: network, loss, optimiser and curriculum."""

    def __init__(self, run: Setup, weights: Network, curriculum: Curriculum) -> None:
        super().__init__()
        self.run = run
        self.curriculum = curriculum
        self.history: list[Row] = []
        self.latest = Row(-1, float("nan"), float("nan"), 0)
        self.rnn = nn.RNN(run.task.d, run.hidden_dim, nonlinearity="tanh", bias=False)
        self.readout = nn.Linear(run.hidden_dim, run.task.d, bias=False)
        with torch.no_grad():
            for parameter, array in zip(self.parameters(), weights.arrays().values(), strict=True):
                parameter.copy_(torch.from_numpy(array))

    def network(self) -> Network:
        """The present weights, as arrays of their own."""
        return Network(*(parameter.detach().cpu().numpy().copy() for parameter in self.parameters()))

    def training_step(self, batch: Batch, index: int) -> Float[Tensor, ""]:  # noqa: ARG002 - Lightning's signature
        """Mean squared error over the output phase; the curriculum moves by the batch's accuracy."""
        x, y = batch
        hidden, _ = self.rnn(x)
        outputs = self.readout(hidden)[self.run.task.s :]
        loss: Tensor = ((outputs - y) ** 2).mean()
        right = (outputs.detach() >= 0) == (y > 0)
        accuracy = right.sum().item() / right.numel()
        self.latest = Row(self.global_step, loss.item(), accuracy, y.shape[0])
        self.curriculum.update(accuracy)
        if is_kept(self.global_step, self.run.protocol.steps):
            self.history.append(self.latest)
            if self.logger is not None:
                values = {"loss": self.latest.loss, "accuracy": accuracy, "horizon": float(y.shape[0])}
                self.logger.log_metrics(values, step=self.global_step)
        return loss

    def configure_optimizers(self) -> torch.optim.Adam:
        """Adam with the L2 penalty coupled into the gradient."""
        return torch.optim.Adam(self.parameters(), lr=self.run.protocol.learning_rate, weight_decay=self.run.l2)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the learning curve with the weights."""
        checkpoint["run_id"] = self.run.run_id
        checkpoint["history"] = [list(row) for row in self.history]

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the learning curve back."""
        self.history = [Row(*row) for row in checkpoint["history"]]


class _Watch(pl.Callback):
    """After each batch: a checkpoint if one is due, and a report."""

    def __init__(self, checkpoint: Path, every: int, report: Report | None) -> None:
        self._checkpoint = checkpoint
        self._every = every
        self._report = report

    def on_train_batch_end(self, trainer: pl.Trainer, module: pl.LightningModule, *_: Any) -> None:
        assert isinstance(module, ElmanModule)
        if trainer.global_step % self._every == 0:
            with atomic(self._checkpoint) as temporary:
                trainer.save_checkpoint(temporary)
        if self._report is not None:
            self._report(module.latest)


def train(
    run: Setup, folder: Path, report: Report | None = None, checkpoint_every: int = CHECKPOINT_EVERY
) -> tuple[Network, list[Row]]:
    """Train a run, going on from its last checkpoint if there is one.

    Args:
        run: What to train.
        folder: Where its checkpoint and TensorBoard events are kept.
        report: Called after every batch.
        checkpoint_every: Batches between checkpoints.

    Returns:
        The trained network and its learning curve. On one platform their bits depend on ``run`` alone.
    """
    torch.set_num_threads(1)
    generator, weights = stream.begin(run)
    curriculum = Curriculum(run.protocol.curriculum, run.threshold)
    module = ElmanModule(run, weights, curriculum)
    checkpoint = folder / "checkpoint.ckpt"
    with warnings.catch_warnings():
        _ignore_advice()
        trainer = pl.Trainer(
            accelerator="cpu",
            devices=1,
            plugins=[LightningEnvironment()],
            max_epochs=run.protocol.epochs,
            gradient_clip_val=run.protocol.gradient_clip,
            deterministic=True,
            log_every_n_steps=1,
            logger=TensorBoardLogger(folder, name="", version="tensorboard"),
            callbacks=[_Watch(checkpoint, checkpoint_every, report)],
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(
            module,
            train_dataloaders=Batches(run, generator, curriculum),
            ckpt_path=checkpoint if _is_usable(checkpoint, run) else None,
            weights_only=True,
        )
    if trainer.global_step != run.protocol.steps:
        raise RuntimeError(f"training of {run.run_id} stopped at step {trainer.global_step} of {run.protocol.steps}")
    return module.network(), module.history


def _is_usable(checkpoint: Path, run: Setup) -> bool:
    """Whether the checkpoint is this run's and whole; one that is not is set aside with a word about it."""
    if not checkpoint.exists():
        return False
    try:
        stored = torch.load(checkpoint, map_location="cpu", weights_only=True)
        problem = None if stored["run_id"] == run.run_id else f"is of run {stored['run_id']}"
        if not stored.keys() >= {"state_dict", "optimizer_states", "loops", "pytorch-lightning_version", "history"}:
            problem = "lacks a part"
    except Exception as error:  # whatever damaged bytes make the unpickler raise
        problem = f"cannot be read ({type(error).__name__})"
    if problem is None:
        log.info("%s: going on from its checkpoint", run.run_id)
        return True
    aside = checkpoint.with_suffix(".set-aside")
    checkpoint.replace(aside)
    log.warning("%s %s: set aside as %s, training starts again", checkpoint, problem, aside.name)
    return False


def _ignore_advice() -> None:
    """Silence what Lightning says about choices that are made on purpose here."""
    for advice in ("does not have many workers", "can't be pickled", "is not resumable", "GPU available"):
        warnings.filterwarnings("ignore", f".*{advice}.*")
    for name in ("pytorch_lightning", "pytorch_lightning.utilities.rank_zero", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.WARNING)
