"""The network that a user names: a run among results, or a file of weights."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emtvb import config, networks
from emtvb.errors import InputError
from emtvb.interpret.measure import MeasureSettings
from emtvb.networks import Network
from emtvb.own import files
from emtvb.results import FoundRun, find_run
from emtvb.runs import Run
from emtvb.single.naming import task_of
from emtvb.streams.runs import StreamRun
from emtvb.tasks import PAPER_SIZE, Task

if TYPE_CHECKING:
    from emtvb.architectures.weights import Trained
    from emtvb.own.adapting import Adapted


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
        return self.network.hidden_dim if isinstance(self.network, Network) else self.network.state_dim


def find(
    named: str,
    task: str | None = None,
    size: tuple[int, int] = PAPER_SIZE,
    nonlinearity: str = "tanh",
    output: Path | None = None,
) -> Subject:
    """A run among results, or a file of weights.

    Args:
        named: As ``results.find_run`` takes it, or a file.
        task: Of a file, what it was trained on: a name or an id.
        size: That task's d and s.
        nonlinearity: Of a file of weights of an RNN.
        output: Where what is made goes; beside the run's experiment, or the file, by default.

    Raises:
        InputError: Where it is neither, or the task does not go with it.
    """
    found = run_of(named, task)
    if found is not None:
        return published(named, found, output)
    if task is None:
        raise InputError("--task", "not given", f"say what the network of {named} was trained on, such as --task T3")
    return _of_file(named, task_of(task, *size), nonlinearity, output)


def run_of(named: str, task: str | None = None) -> FoundRun | None:
    """The run among results that a user names, of a sweep or of streams; None for a file of weights.

    Raises:
        InputError: Where it is neither, or a run is given a task.
    """
    if os.path.lexists(named) and not (os.path.isfile(named) or Path(named).is_dir()):
        raise InputError("run", named, "a device, a pipe or a broken link; name a file of weights, or a run")
    if files.is_file(named):
        return None
    if task is not None:
        remedy = f"{named} is no file of weights, and a run has its own task; leave it out"
        raise InputError("--task", task, remedy)
    return find_run(named, config.results_root())


def folder_of(found: FoundRun, output: Path | None) -> Path:
    """Where what is made of a run goes: beside its experiment, by default."""
    return output or found.folder / "interpretation" / found.run.run_id


def published(named: str, found: FoundRun, output: Path | None) -> Subject:
    """A run among results as a user named it.

    Raises:
        InputError: Where it was trained on a stream.
    """
    run = found.run
    if isinstance(run, StreamRun):
        raise InputError(
            "run", named, "was trained on a stream; emtvb edit --page and emtvb.load take it (docs/streams.md)"
        )
    settings = MeasureSettings(**found.experiment.interpretation.model_dump())
    return Subject(named, run, found.network(), settings, folder_of(found, output))


def _of_file(named: str, task: Task, nonlinearity: str, output: Path | None) -> Subject:
    name, network = files.load(named, nonlinearity)
    file = Path(named) if Path(named).is_file() else Path(named).parent
    folder = output or file.parent / f"{file.name.split('.')[0]}-interpretation" / name
    if isinstance(network, Network):
        networks.check_task(network, task, named)
        hidden = network.hidden_dim
    else:
        hidden = network.state_dim
        files.check_task(network, task, named)
    nan = float("nan")
    return Subject(named, files.GivenRun(task, hidden, nan, nan, 0, name=name), network, MeasureSettings(), folder)
