"""Finding a run among results: an experiment's folder holds ``settings.json``, ``runs.csv`` and ``training/``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from emtvb import config, networks
from emtvb.config import Experiment
from emtvb.errors import InputError
from emtvb.networks import Network
from emtvb.sweep import Run


@dataclass(frozen=True)
class FoundRun:
    """A run of an experiment on disk.

    Attributes:
        run: Its settings.
        experiment: The experiment that it is part of.
        folder: That experiment's folder.
        shard: The shard that trained it.
    """

    run: Run
    experiment: Experiment
    folder: Path
    shard: str

    def network(self) -> Network:
        """Its trained weights.

        Raises:
            InputError: Where it was not trained, or the file is damaged or of another task.
        """
        path = self.folder / "training" / self.shard / "weights.safetensors"
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
        run_ids = list(_shards(path))
        if len(run_ids) != 1:
            raise InputError("run", text, f"holds {len(run_ids)} runs; name one, such as {path / run_ids[0]}")
        return _found(path, run_ids[0])
    if (path.parent / "runs.csv").is_file() and path.name in _shards(path.parent):
        return _found(path.parent, path.name)
    folders = [table.parent for table in sorted(root.glob("*/runs.csv")) if text in _shards(table.parent)]
    if len(folders) > 1:
        raise InputError(
            "run", text, f"is in {len(folders)} experiments; write {' or '.join(f'{f}/{text}' for f in folders)}"
        )
    if not folders:
        raise InputError(
            "run", text, f"no such run under {root}; `emtvb train` makes one, runs.csv lists an experiment's"
        )
    return _found(folders[0], text)


def _shards(folder: Path) -> dict[str, str]:
    """The shard of each run of an experiment's folder, by run id."""
    try:
        with (folder / "runs.csv").open(newline="") as table:
            return {row["run_id"]: row["shard"] for row in csv.DictReader(table)}
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("run table", str(folder / "runs.csv"), f"cannot be read ({error}); enumerate again") from None


def _found(folder: Path, run_id: str) -> FoundRun:
    experiment = config.load(folder / "settings.json")
    run = next(run for run in experiment.read_runs(folder / "runs.csv") if run.run_id == run_id)
    return FoundRun(run, experiment, folder, _shards(folder)[run_id])
