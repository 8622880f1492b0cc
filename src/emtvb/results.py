"""Finding a run among results: an experiment's folder holds ``settings.json``, ``runs.csv`` and ``training/``."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from emtvb import config, networks, sweep
from emtvb.config import Experiment
from emtvb.errors import InputError
from emtvb.networks import Network
from emtvb.runs import Run


@dataclass(frozen=True)
class FoundRun:
    """A run of an experiment on disk.

    Attributes:
        run: Its settings.
        folder: The folder of the experiment that it is part of.
        shard: The shard that trained it.
        experiment: That experiment.
    """

    run: Run
    folder: Path
    shard: str
    experiment: Experiment

    def network(self) -> Network:
        """Its trained weights.

        Raises:
            InputError: Where it was not trained, or the file is damaged or of another task.
        """
        path = self.folder / "training" / self.shard / "weights.safetensors"
        if not path.is_file() and list(path.parent.glob("*.provenance.json")):
            asked = shlex.join([str(path), "--configfile", str(self.folder / "settings.json")])
            remedy = f"left out of what is published; asked for by name it is trained: snakemake --cores all {asked}"
            raise InputError("weights file", str(path), remedy)
        network = networks.load_networks(path, [self.run.run_id])[self.run.run_id]
        networks.check_task(network, self.run.task, str(path))
        return network


def find_run(text: str, root: Path) -> FoundRun:
    """The run that a user names: an experiment's folder with one run, FOLDER/RUN_ID, or a run id.

    Args:
        text: What the user wrote.
        root: Where experiments lie, for a run id alone.

    Raises:
        InputError: Where there is no such run, or more than one.
    """
    path = Path(text)
    if (path / "runs.csv").is_file():
        runs = _runs(path)
        if len(runs) != 1:
            raise InputError("run", text, f"holds {len(runs)} runs; name one, such as {path / next(iter(runs))}")
        return next(iter(runs.values()))
    if (path.parent / "runs.csv").is_file() and path.name in _run_ids(path.parent):
        return _runs(path.parent)[path.name]
    folders = [table.parent for table in sorted(root.glob("*/runs.csv")) if text in _readable_run_ids(table.parent)]
    if len(folders) > 1:
        ways = " or ".join(f"{folder}/{text}" for folder in folders)
        raise InputError("run", text, f"is in {len(folders)} experiments; write {ways}")
    if not folders:
        raise InputError(
            "run", text, f"no such run under {root}; `emtvb train` makes one, runs.csv lists an experiment's"
        )
    return _runs(folders[0])[text]


def _run_ids(folder: Path) -> set[str]:
    return {row["run_id"] for row in sweep.read_rows(folder / "runs.csv")}


def _readable_run_ids(folder: Path) -> set[str]:
    """The runs of a folder that the user did not name: nothing, where its table is not one."""
    try:
        return _run_ids(folder)
    except InputError:
        return set()


def _runs(folder: Path) -> dict[str, FoundRun]:
    """All runs of an experiment's folder, by run id."""
    experiment = config.load(folder / "settings.json")
    by_shard = experiment.read_runs(folder / "runs.csv")
    return {run.run_id: FoundRun(run, folder, shard, experiment) for shard, runs in by_shard.items() for run in runs}
