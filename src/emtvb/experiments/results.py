"""Finding a run among results: an experiment's folder holds ``settings.json``, ``runs.csv`` and ``training/``.

Where it asks for other architectures, their networks lie in ``architectures/<run_id>/``.
"""

from __future__ import annotations

import csv
import difflib
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emtvb.config import Experiment
from emtvb.config.architectures import ARCHITECTURES, network_class
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.experiments.kind import AnyRun
from emtvb.making import surroundings
from emtvb.making.packed_weights import PACKED, unpack
from emtvb.making.recipes import ROOT
from emtvb.theory import networks
from emtvb.theory.architecture_runs import ArchitectureRun
from emtvb.theory.networks import Network
from emtvb.theory.runs import Protocol, Run, shortest_number
from emtvb.training.architectures import saved_weights as of_architectures
from emtvb.training.architectures.saved_weights import Trained

NO_RESULTS = (
    "no results are here: they come with the repository, not with pip; clone it and set "
    "EXPERIMENT_OUTPUT_DIR to its folder results"
)
"""What is wrong where there is no run at all, and the remedy."""


@dataclass(frozen=True)
class FoundRun:
    """A run of an experiment on disk.

    Attributes:
        run: Its settings.
        folder: The folder of the experiment that it is part of.
        shard: The shard that trained it; None of another architecture.
        experiment: That experiment.
    """

    run: AnyRun
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

    @property
    def is_here(self) -> bool:
        """Whether its weights are, so that it can be opened: as they are, or packed."""
        return self.weights.is_file() or self.weights.with_name(PACKED).is_file()

    def network(self) -> Network | Trained:
        """Its trained weights, unpacked where they are published packed.

        Raises:
            InputError: Where it was not trained, its weights are not here, or the file is damaged or of another task.
        """
        with self._unpacked() as weights:
            try:
                return self._read(weights)
            except InputError as error:
                if not self.weights.with_name(PACKED).is_file():
                    raise
                remedy = f"{error.remedy.partition(';')[0]}; delete it alone: it is unpacked again from {PACKED}"
                raise InputError(error.what, error.value, remedy) from None

    def _read(self, weights: Path) -> Network | Trained:
        if isinstance(self.run, ArchitectureRun):
            return of_architectures.load_trained(weights, self.run, network_class(self.run.architecture))
        network = networks.load_networks(weights, [self.run.run_id])[self.run.run_id]
        networks.check_task(network, self.run.task.theory, str(weights))
        return network

    @contextmanager
    def _unpacked(self) -> Iterator[Path]:
        """Its file of weights; where nothing can be written beside packed ones, a temporary file."""
        place, packed = self.weights.parent, self.weights.with_name(PACKED)
        if not self.weights.is_file() and packed.is_file() and os.access(place, os.W_OK):
            unpack(self.folder, place)
        if self.weights.is_file():
            yield self.weights
            return
        if not packed.is_file():
            raise InputError("weights", str(self.weights), f"not here; {self._how_to_have_them()}")
        with tempfile.TemporaryDirectory() as name:
            there = Path(name) / place.relative_to(self.folder)
            shutil.copytree(place, there, ignore=lambda _, names: {one for one in names if one.endswith(".csv")})
            if not unpack(Path(name), there):
                remedy = "the record beside it is missing or damaged; take that out of the repository again"
                raise InputError("weights", str(packed), remedy)
            yield there / self.weights.name

    def _how_to_have_them(self) -> str:
        """A command that trains the run: it alone, where `emtvb train` can, else what the workflow trains with it."""
        run, (d, s) = self.run, (self.run.task.d, self.run.task.s)
        if isinstance(run, Run) and self.architecture is None and run.twin == 0 and run.protocol == Protocol():
            size = "" if (d, s) == (8, 8) else f" --dimensions {d} --variables {s}"
            named = run.task_name if run.task_name.startswith("T") else run.task.label
            return (
                f"`emtvb train --task {named}{size} --hidden {run.hidden_dim} --l2 {shortest_number(run.l2)} "
                f"--threshold {shortest_number(run.threshold)} --seed {run.seed}` trains it again"
            )
        asked = shlex.join([str(self.weights), "--configfile", str(self.folder / "settings.json")])
        return f"`snakemake --cores all {asked}` trains it again"


def find_run(text: str) -> FoundRun:
    """The run that a user names, among all results that there are here.

    Args:
        text: An experiment's folder with one run, FOLDER/RUN_ID, or a run id. A run id alone means the run of the
            compiled engine, if the reference trainer has trained it as well; the first of :func:`results_folders` that
            has a run of this id decides.

    Raises:
        InputError: Where there is no such run, more than one, or no results at all.
    """
    if (entry := _by_path(text)) is not None:
        return entry
    roots = results_folders()
    for root in roots:
        if (entry := _by_id(text, root)) is not None:
            return entry
    known = [run_id for root in roots for folder in experiment_folders(root) for run_id in _all_run_ids(folder)]
    if not known:
        raise InputError("network", text, f"no such file, and {NO_RESULTS}")
    near = difflib.get_close_matches(text, known, n=3)
    remedy = f"near are {', '.join(near)}" if near else "`emtvb networks` lists all"
    raise InputError("network", text, f"no such file, and no network of this name; {remedy}")


def results_folders() -> list[Path]:
    """Folders of results that are here: of EXPERIMENT_OUTPUT_DIR, of the present folder, of the package's own clone."""
    clone = [ROOT / "results"] if is_clone() else []
    there = [path for path in (surroundings.results_root(), Path("results"), *clone) if path.is_dir()]
    named: dict[Path, Path] = {}
    for path in there:
        named.setdefault(path.resolve(), path)
    return list(named.values())


def is_clone() -> bool:
    """Whether the package lies in a clone, whose workflow makes results."""
    return (ROOT / "workflow" / "rules").is_dir()


def _by_path(text: str) -> FoundRun | None:
    """The run of an experiment's folder that has one, or of FOLDER/RUN_ID."""
    path = Path(text)
    if (path / "runs.csv").is_file():
        runs = {run_id: entry for run_id, entry in runs_in(path).items() if entry.architecture is None}
        if len(runs) != 1:
            raise InputError("run", text, f"holds {len(runs)} runs; name one, such as {path / next(iter(runs))}")
        return next(iter(runs.values()))
    return runs_in(path.parent).get(path.name) if (path.parent / "runs.csv").is_file() else None


def _by_id(text: str, root: Path) -> FoundRun | None:
    """The run of this id in one of the experiments under a folder."""
    folders = [folder for folder in experiment_folders(root) if _may_hold(folder, text)]
    if len(folders) > 1:  # runs of the compiled engine go before their reprints
        originals = [
            folder for folder in folders if kinds.load_experiment(folder / "settings.json").trained_by() != "reference"
        ]
        folders = originals or folders
    if len(folders) > 1:
        ways = " or ".join(f"{folder}/{text}" for folder in folders)
        raise InputError("run", text, f"is in {len(folders)} experiments; write {ways}")
    return runs_in(folders[0])[text] if folders else None


def experiment_folders(root: Path) -> list[Path]:
    """The folders of all experiments under a results folder that have runs."""
    return [table.parent for table in sorted(root.glob("*/runs.csv"))]


def experiments_here() -> list[Path]:
    """The folders of the experiments among the results here: of EXPERIMENT_OUTPUT_DIR alone, where it is set.

    Raises:
        InputError: Where there are none.
    """
    root, is_named = surroundings.results_root(), bool(os.environ.get("EXPERIMENT_OUTPUT_DIR"))
    folders = next(filter(None, map(experiment_folders, [root] if is_named else results_folders())), [])
    if not folders:
        remedy = "no experiment there; run the workflow or `emtvb train`, or name your results in EXPERIMENT_OUTPUT_DIR"
        raise InputError("results", str(root), remedy if is_named or is_clone() else NO_RESULTS)
    return folders


def _all_run_ids(folder: Path) -> list[str]:
    """The ids of all runs of a folder; none, where its tables are none."""
    try:
        return list(runs_in(folder))
    except InputError:
        return []


def runs_in(folder: Path) -> dict[str, FoundRun]:
    """All runs of an experiment's folder, those of other architectures included, by run id.

    Raises:
        InputError: Where it is no experiment's folder.
    """
    experiment = kinds.load_experiment(folder / "settings.json")
    by_shard = experiment.read_runs(folder / "runs.csv")
    entries = {run.run_id: FoundRun(run, folder, shard, experiment) for shard, runs in by_shard.items() for run in runs}
    return entries | {run.run_id: FoundRun(run, folder, None, experiment) for run in experiment.architecture_runs()}


def _ids_in_run_table(folder: Path) -> set[str]:
    """The run ids in an experiment's table of runs; none, where it is none."""
    try:
        with open(folder / "runs.csv", newline="", encoding="utf-8") as table:
            return {row.get("run_id", "") for row in csv.DictReader(table)}
    except (OSError, UnicodeDecodeError, csv.Error):
        return set()


def _may_hold(folder: Path, run_id: str) -> bool:
    """Whether a folder that the user did not name has this run; not, where its tables are none."""
    try:
        if run_id in _ids_in_run_table(folder):
            return True
        return run_id.partition("_")[0] in ARCHITECTURES and run_id in runs_in(folder)
    except InputError:
        return False


def check_holds_experiment(folder: Path, what: str, file: str) -> None:
    """Raise InputError unless a folder has this file, as each experiment's does."""
    if not folder.is_dir():
        remedy = "name an experiment's, such as results/paper" if is_clone() else NO_RESULTS
        raise InputError(what, str(folder), f"no such folder; {remedy}")
    if not (folder / file).is_file():
        raise InputError(what, str(folder), f"holds no experiment (no {file}); name one, such as results/paper")
