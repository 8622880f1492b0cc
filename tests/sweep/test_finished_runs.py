"""Runs that stand are kept with the files that their record vouches for, and with no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from emtvb.experiments.sweep import finished_runs
from emtvb.making import provenance, staleness, trainings
from emtvb.theory.networks import load_networks, save_networks
from emtvb.theory.orders import run_to_entry
from emtvb.theory.runs import Run
from emtvb.training import history, saved_runs
from emtvb.training.history import Row

from ..conftest import make_network

FILES = (
    "training/a/weights.safetensors", "training/a/history.csv", "measurements/learning/a.csv", "training/a/digests.csv",
)  # fmt: skip


class Shard:
    """Two runs of one training, as a results folder holds them."""

    def __init__(self, folder: Path, runs: list[Run]) -> None:
        self.root, self.folder, self.runs = folder, folder / "results", runs
        networks = {run.run_id: make_network(2, 8, seed=i) for i, run in enumerate(runs)}
        rows = {run.run_id: [Row(step, 0.1 * step, 0.5, 2) for step in history.kept_steps(60)] for run in runs}
        save_networks(self.folder / FILES[0], networks)
        history.write_history(self.folder / FILES[1], rows)
        history.write_history(self.folder / FILES[2], rows)
        (self.folder / FILES[3]).touch()
        self.settings = {"runs": [run_to_entry(run) for run in runs], "proof": "1"}
        self.record({run_id: network.digest() for run_id, network in networks.items()})

    def record(self, weights: Mapping[str, str], engine: str = "compiled") -> None:
        """Write the training's record, with these digests of weights."""
        recipe = {"rule": "train_shard", "settings": self.settings, "code": {"a.py": "0"}, "versions": {}}
        trained = {run_id: {"weights": digest, "trained": [{"engine": engine}]} for run_id, digest in weights.items()}
        outputs = [str(self.folder / name) for name in FILES]
        provenance.record_job(recipe, {"shard": "a"}, [], outputs, str(self.folder / "logs/a.log"), 1.0, trained)

    def stand(self, state: Path) -> dict[str, list[Row]]:
        """The learning curves of the runs that stand."""
        count = finished_runs.keep_finished_runs(
            staleness.records_of_results(self.folder, self.root), self.settings, state
        )
        version = trainings.state_version(self.settings)
        found = {run.run_id: saved_runs.read_kept_run(run, state / run.run_id / version) for run in self.runs}
        assert count == sum(result is not None for result in found.values())
        return {run_id: result.rows for run_id, result in found.items() if result is not None}


@pytest.fixture
def shard(tmp_path: Path, tiny_run: Run) -> Shard:
    return Shard(tmp_path, [tiny_run, replace(tiny_run, seed=6)])


def test_runs_that_a_record_vouches_for_stand(shard: Shard, tmp_path: Path) -> None:
    assert {*shard.stand(tmp_path / "state")} == {run.run_id for run in shard.runs}
    there = staleness.records_of_results(shard.folder, shard.root)
    assert finished_runs.keep_finished_runs(there, shard.settings, tmp_path / "state") == 0  # they are there already
    shard.settings = {**shard.settings, "proof": "2"}
    assert shard.stand(tmp_path / "another") == {}


def test_what_the_general_trainer_trained_in_the_engines_place_is_not_the_engines(shard: Shard, tmp_path: Path) -> None:
    digests = {run_id: network.digest() for run_id, network in load_networks(shard.folder / FILES[0]).items()}
    shard.record(digests, "general")
    there = staleness.records_of_results(shard.folder, shard.root)
    assert finished_runs.keep_finished_runs(there, shard.settings, tmp_path) == len(shard.runs)
    version = trainings.state_version(shard.settings)
    for run in shard.runs:
        assert saved_runs.read_kept_run(run, tmp_path / run.run_id / version) is None
        assert saved_runs.read_kept_run(run, tmp_path / run.run_id / saved_runs.general_version(version)) is not None


@pytest.mark.parametrize(
    ("decides", "stands"), [({}, True), ({"revision": 1}, False), ({"accelerator": "cuda"}, False)]
)
def test_runs_of_the_general_trainer_stand_too_unless_it_has_another_revision(
    shard: Shard, tmp_path: Path, decides: dict[str, object], stands: bool
) -> None:
    """A threshold more in a config of reference runs trains the new runs alone."""
    shard.settings = {"runs": shard.settings["runs"], "proof": None, "accelerator": "cpu", "trainer": "reference"}
    shard.record({run_id: net.digest() for run_id, net in load_networks(shard.folder / FILES[0]).items()})
    shard.settings = {**shard.settings, "revision": None, **decides}
    assert bool(shard.stand(tmp_path / "state")) == stands


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: text.replace(",5.9,", ",6.1,"),
        lambda text: text[: text.rindex("\n", 0, -1) + 1],
        lambda text: text[: text.rindex(",")],
        lambda text: text.partition(",")[0],
        lambda text: "a" * 200_000,
        lambda text: "",
    ],
)
def test_a_learning_curve_that_is_not_its_records_is_not_kept(
    shard: Shard, tmp_path: Path, harm: Callable[[str], str]
) -> None:
    """The outline of it is taken in its place; where that is damaged as well, its runs are trained again."""
    whole = shard.stand(tmp_path / "first")
    for name in FILES[1:3]:
        path = shard.folder / name
        text = path.read_text()
        assert harm(text) != text
        path.write_text(harm(text))
        found = shard.stand(tmp_path / f"after {Path(name).parent.name}")
        assert found == (whole if name == FILES[1] else {})


def test_weights_that_are_damaged_or_not_those_of_the_record_do_not_stand(shard: Shard, tmp_path: Path) -> None:
    first, second = (run.run_id for run in shard.runs)
    digests = {run_id: network.digest() for run_id, network in load_networks(shard.folder / FILES[0]).items()}
    shard.record({**digests, first: "0" * 64})
    assert {*shard.stand(tmp_path / "one")} == {second}
    shard.record(digests)
    assert {*shard.stand(tmp_path / "both")} == {first, second}
    content = (shard.folder / FILES[0]).read_bytes()
    (shard.folder / FILES[0]).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert shard.stand(tmp_path / "none") == {}
