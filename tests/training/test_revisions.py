"""What torch trains computes what it did: where this fails, a revision is due (``emtvb.training.promises.REVISIONS``).

A training by torch stays current whatever becomes of the code that made it, since its last bits belong to one CPU and
one version of torch. So the losses of short ones are held to stored ones, as near as rounding allows. If this fails
because such trainings are to compute something else from now on, set the next revision of that network, and store its
losses anew with ``python -m tests.training.test_revisions NAME``. Without a name it stores those of networks that have
none yet, and leaves all others as they are.
"""

from __future__ import annotations

import json
import pkgutil
import sys
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
    for kind in kinds.kind_sections()
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


def store(*names: str) -> None:
    """Store the losses of these networks anew; without names, of those that have none yet."""
    stored = json.loads(STORED.read_text("utf-8"))
    if unknown := [name for name in names if name not in NETWORKS]:
        raise SystemExit(f"{unknown[0]}: no network that torch trains; these are {', '.join(NETWORKS)}")
    stored |= {name: losses(name) for name in names or NETWORKS if names or name not in stored}
    lines = (f" {json.dumps(name)}: {json.dumps(rows)}" for name, rows in stored.items())
    STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


@pytest.mark.parametrize("network", NETWORKS)
def test_the_losses_of_a_short_training_are_the_stored_ones(network: str) -> None:
    stored = json.loads(STORED.read_text("utf-8"))
    assert network in stored, "a new network: store its losses with python -m tests.training.test_revisions"
    found = losses(network)
    assert len(found) == 50
    assert network in OF_KINDS or len({horizon for _, horizon in found}) > 1
    assert [horizon for _, horizon in found] == [horizon for _, horizon in stored[network]]
    assert [loss for loss, _ in found] == pytest.approx([loss for loss, _ in stored[network]], rel=1e-5)


def test_losses_are_stored_anew_where_they_are_asked_for_or_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = STORED.read_text("utf-8")
    file, lines = tmp_path / "losses.json", [line.rstrip(",") for line in text.splitlines()]
    here = sys.modules[__name__]
    monkeypatch.setattr(here, "STORED", file)
    monkeypatch.setattr(here, "losses", lambda network: [[0.5, 3]])
    file.write_text(text, "utf-8")
    store()
    assert file.read_text("utf-8") == text, "none is missing"
    with pytest.raises(SystemExit, match=r"^esn: no network that torch trains; these are elman, lstm, "):
        store("gru", "esn")
    assert file.read_text("utf-8") == text
    new = ' "gru": [[0.5, 3]]'
    anew = [new if line.startswith(' "gru"') else line for line in lines]
    store("gru")
    assert [line.rstrip(",") for line in file.read_text("utf-8").splitlines()] == anew
    file.write_text("\n".join(line for line in text.splitlines() if not line.startswith(' "gru"')), "utf-8")
    store()
    assert sorted(line.rstrip(",") for line in file.read_text("utf-8").splitlines()) == sorted(anew)


if __name__ == "__main__":
    store(*sys.argv[1:])
