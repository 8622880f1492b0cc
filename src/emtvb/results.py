"""Finding a run among results: an experiment's folder holds ``settings.json``, ``runs.csv`` and ``training/``.

Where it asks for other architectures, their networks lie in ``architectures/<run_id>/``.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from emtvb import config, networks, sweep
from emtvb.architectures import weights as of_architectures
from emtvb.architectures.lstm import LSTM
from emtvb.architectures.runs import ArchitectureRun
from emtvb.architectures.s4 import S4
from emtvb.config import Experiment
from emtvb.errors import InputError
from emtvb.networks import Network
from emtvb.running import git
from emtvb.running.from_history import bring_back
from emtvb.runs import Protocol, Run, number


@dataclass(frozen=True)
class FoundRun:
    """A run of an experiment on disk.

    Attributes:
        run: Its settings.
        folder: The folder of the experiment that it is part of.
        shard: The shard that trained it; None of another architecture.
        experiment: That experiment.
    """

    run: Run
    folder: Path
    shard: str | None
    experiment: Experiment

    @property
    def architecture(self) -> str | None:
        """Another architecture than the paper's; None of its own."""
        return self.run.architecture if isinstance(self.run, ArchitectureRun) else None

    @property
    def weights(self) -> Path:
        """The file of its weights, which may not be there."""
        place = f"architectures/{self.run.run_id}" if self.shard is None else f"training/{self.shard}"
        return self.folder / place / "weights.safetensors"

    def network(self) -> Network | LSTM | S4:
        """Its trained weights, out of the clone's history where they are there alone.

        Raises:
            InputError: Where it was not trained, its weights are not here, or the file is damaged or of another task.
        """
        if not self.weights.is_file() and self.weights not in bring_back(self.folder):
            deeper = "`git fetch --unshallow` may bring it, or " if git.is_shallow(self.folder) else ""
            raise InputError("weights", str(self.weights), f"not here; {deeper}{self._how_to_have_them()}")
        if self.architecture is not None:
            return of_architectures.load(self.weights, self.run, self.architecture)
        network = networks.load_networks(self.weights, [self.run.run_id])[self.run.run_id]
        networks.check_task(network, self.run.task, str(self.weights))
        return network

    def _how_to_have_them(self) -> str:
        """A command that trains the run: it alone, where `emtvb train` can, else what the workflow trains with it."""
        run, (d, s) = self.run, (self.run.task.d, self.run.task.s)
        if self.architecture is None and run.twin == 0 and run.protocol == Protocol():
            size = "" if (d, s) == (8, 8) else f" --dimensions {d} --variables {s}"
            named = run.task_name if run.task_name.startswith("T") else run.task.label
            return (
                f"`emtvb train --task {named}{size} --hidden {run.hidden_dim} --l2 {number(run.l2)} "
                f"--threshold {number(run.threshold)} --seed {run.seed}` trains it again"
            )
        asked = shlex.join([str(self.weights), "--configfile", str(self.folder / "settings.json")])
        return f"`snakemake --cores all {asked}` trains it again"


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
        runs = {run_id: found for run_id, found in runs_in(path).items() if found.architecture is None}
        if len(runs) != 1:
            raise InputError("run", text, f"holds {len(runs)} runs; name one, such as {path / next(iter(runs))}")
        return next(iter(runs.values()))
    if (path.parent / "runs.csv").is_file() and (found := runs_in(path.parent).get(path.name)) is not None:
        return found
    folders = [table.parent for table in sorted(root.glob("*/runs.csv")) if _may_hold(table.parent, text)]
    if len(folders) > 1:
        ways = " or ".join(f"{folder}/{text}" for folder in folders)
        raise InputError("run", text, f"is in {len(folders)} experiments; write {ways}")
    if not folders:
        raise InputError("run", text, f"no such run under {root}; `emtvb networks` lists all, `emtvb train` makes one")
    return runs_in(folders[0])[text]


def runs_in(folder: Path) -> dict[str, FoundRun]:
    """All runs of an experiment's folder, those of other architectures included, by run id.

    Raises:
        InputError: Where it is no experiment's folder.
    """
    experiment = config.load(folder / "settings.json")
    by_shard = experiment.read_runs(folder / "runs.csv")
    found = {run.run_id: FoundRun(run, folder, shard, experiment) for shard, runs in by_shard.items() for run in runs}
    return found | {run.run_id: FoundRun(run, folder, None, experiment) for run in experiment.architecture_runs()}


def _may_hold(folder: Path, run_id: str) -> bool:
    """Whether a folder that the user did not name has this run; not, where its tables are none."""
    try:
        if any(row["run_id"] == run_id for row in sweep.read_rows(folder / "runs.csv")):
            return True
        return run_id.partition("_")[0] in of_architectures.CLASSES and run_id in runs_in(folder)
    except InputError:
        return False
