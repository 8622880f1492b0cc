"""The network that a user names: a run among results, or a file of weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emtvb.adapters import weight_files as files
from emtvb.adapters.adapting import Adapted
from emtvb.cli.network.naming import OfFile, task_of
from emtvb.config import Sweep
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.experiments.results import FoundRun, find_run
from emtvb.theory import networks
from emtvb.theory.network_measurement import MeasureSettings
from emtvb.theory.networks import Network
from emtvb.theory.runs import Run
from emtvb.theory.tasks import PAPER_SIZE, Task

if TYPE_CHECKING:
    from emtvb.training.architectures.saved_weights import Trained


_SUFFIXES = (".safetensors", ".npz", ".pt", ".pth", ".ckpt", ".bin")


@dataclass(frozen=True, kw_only=True)
class GivenRun(Run):
    """A network from a file, as a run: its name is the file's, its training is not known.

    Attributes:
        name: What it is called.
    """

    name: str

    @property
    def run_id(self) -> str:
        """The name."""
        return self.name


@dataclass(frozen=True)
class Subject:
    """A network that a user names.

    Attributes:
        named: What the user wrote.
        run: Its settings; of a file of weights, what can be known of them.
        network: Its weights, or another kind of network as a system: of the workflow, or from a file.
        settings: How it is measured.
        folder: Where what is made goes.
    """

    named: str
    run: Run
    network: Network | Trained | Adapted
    settings: MeasureSettings
    folder: Path

    @property
    def state_dim(self) -> int:
        """Real numbers of its state."""
        return _state_dim(self.network)


def find_subject(named: str, of_file: OfFile, output: Path | None = None) -> Subject:
    """A run among results, or a file of weights.

    Args:
        named: As ``results.find_run`` takes it, or a file.
        of_file: What is said of a file.
        output: Where what is made goes; beside the run's experiment, or the file, by default.

    Raises:
        InputError: Where it is neither, what is given does not go with it, or a run was not trained on one of the
            paper's kind of tasks.
    """
    entry = run_of(named, of_file)
    if entry is None:
        return _subject_of_file(named, of_file, output)
    run = entry.run
    if not (isinstance(run, Run) and isinstance(entry.experiment, Sweep)):
        kind = kinds.kind_of(entry.experiment).name
        remedy = f"is of another kind, {kind}; emtvb edit --page and emtvb.load take it (docs/{kind}.md)"
        raise InputError("run", named, remedy)
    settings = MeasureSettings(**entry.experiment.interpretation.model_dump())
    return Subject(named, run, entry.network(), settings, folder_of(entry, output))


def run_of(named: str, of_file: OfFile) -> FoundRun | None:
    """The run among results that a user names; None for a file of weights.

    Raises:
        InputError: Where it is neither, or a run is given what is said of a file alone.
    """
    if files.is_file(named):
        return None
    for place in (Path(named), Path(named).parent):  # FILE, or FILE/NAME
        if place.suffix in _SUFFIXES and not (place / "runs.csv").is_file():
            raise InputError("weights file", str(place), "no such file; name one, or a run")
    try:
        entry = find_run(named)
    except InputError:
        if not Path(named).is_dir() or (Path(named) / "runs.csv").is_file():
            raise
        remedy = "a folder that holds no runs (no runs.csv); name a run, or an experiment's folder with runs"
        raise InputError("run", named, remedy) from None
    of_file.refuse(named)
    return entry


def folder_of(entry: FoundRun, output: Path | None) -> Path:
    """Where what is made of a run goes: beside its experiment, by default."""
    return output or entry.folder / "interpretation" / entry.run.run_id


def _subject_of_file(named: str, said: OfFile, output: Path | None) -> Subject:
    if said.task is None:
        raise InputError("--task", "not given", f"say what the network of {named} was trained on, such as --task T3")
    d, s = (usual if asked is None else asked for asked, usual in zip((said.d, said.s), PAPER_SIZE, strict=True))
    task = task_of(said.task, d, s)
    file = Path(named) if Path(named).is_file() else Path(named).parent
    name, network = files.network_of_file(named, said.nonlinearity)
    folder = output or file.parent / f"{file.name.split('.')[0]}-interpretation" / name
    if isinstance(network, Network):
        networks.check_task(network, task.theory, named)
    else:
        _check_task(network, task, named)
    nan = float("nan")
    run = GivenRun(task, _state_dim(network), nan, nan, 0, name=name)
    return Subject(named, run, network, MeasureSettings(), folder)


def _check_task(system: Adapted, task: Task, where: str) -> None:
    """Raise InputError where a network does not read and give out vectors of the task's size."""
    _, outputs = system.run(np.zeros((1, 1, system.input_dim or task.d), dtype=np.float32))
    if (system.input_dim, outputs.shape[2]) != (task.d, task.d):
        shown = f"{where}: {system.input_dim} inputs, {outputs.shape[2]} outputs"
        raise InputError("weights", shown, f"task {task.name} has d = {task.d}; give its own task")


def _state_dim(network: Network | Trained | Adapted) -> int:
    """Real numbers of a network's state."""
    return network.hidden_dim if isinstance(network, Network) else network.state_dim
