"""What torch trains computes what it did: where this fails, a revision is due (``emtvb.training.promises.REVISIONS``).

A training by torch stays current whatever becomes of the code that made it, since its last bits belong to one CPU and
one version of torch. So the losses of short ones are held to stored ones, as near as rounding allows. If this fails
because such trainings are to compute something else from now on, set the next revision of that network, and store its
losses anew with ``python -m tests.training.test_revisions``.
"""

from __future__ import annotations

import json
import pkgutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emtvb.config.architectures import ARCHITECTURES, network_class
from emtvb.experiments import kinds
from emtvb.theory import tasks
from emtvb.theory.runs import Protocol, Run
from emtvb.training import general, history

STORED = Path(__file__).with_name("losses.json")
PROTOCOL = Protocol(2, 25, 32, learning_rate=2e-3, gradient_clip=0.05, curriculum=(3, 5, 8))
RUN = Run(tasks.named("T2", 4, 4), 16, 0.01, 0.5, 7, PROTOCOL)
"""Its clip acts, its horizons grow, its penalty counts, and an epoch ends."""
TESTS = Path(__file__).parents[1]
OF_KINDS: dict[str, Callable[[Path], Any]] = {
    name: training
    for kind in kinds.sections()
    if (TESTS / kind / "short_trainings.py").is_file()
    for name, training in pkgutil.resolve_name(f"tests.{kind}.short_trainings:TRAININGS").items()
}
"""What kinds of experiments train by code of their own."""
NETWORKS = ("elman", *ARCHITECTURES, *OF_KINDS)


def losses(network: str) -> list[list[float]]:
    """Loss and horizon of each batch of a short training."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "EVERY", 1)  # every batch has a row
        folder = Path(name)
        trained: Any
        if network in OF_KINDS:
            trained = OF_KINDS[network](folder)
        elif network == "elman":
            trained = general.train(RUN, folder)
        else:
            module = pkgutil.resolve_name(ARCHITECTURES[network].module)
            trained = general.train_architecture(RUN, network_class(network), module, folder)
        return [[row.loss, row.horizon] for row in trained[1]]


@pytest.mark.parametrize("network", NETWORKS)
def test_the_losses_of_a_short_training_are_the_stored_ones(network: str) -> None:
    stored = json.loads(STORED.read_text("utf-8"))
    assert network in stored, "a new network: store its losses with python -m tests.training.test_revisions"
    found = losses(network)
    assert len(found) == 50
    assert network in OF_KINDS or len({horizon for _, horizon in found}) > 1
    assert [horizon for _, horizon in found] == [horizon for _, horizon in stored[network]]
    assert [loss for loss, _ in found] == pytest.approx([loss for loss, _ in stored[network]], rel=1e-5)


if __name__ == "__main__":
    rows = {network: losses(network) for network in NETWORKS}
    lines = (f" {json.dumps(network)}: {json.dumps(values)}" for network, values in rows.items())
    STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
