"""One network edited while it repeats the picture 3-1-5, beside what the theory says of it."""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emtvb.adapters.elman import Elman
from emtvb.cli.network import opening
from emtvb.cli.network.naming import OfFile
from emtvb.cli.network.opening import Subject
from emtvb.core.memories import VariableMemories
from emtvb.core.task_theory import TaskTheory
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.experiments.sweep.exemplar import outputs_before, picture_inputs
from emtvb.experiments.sweep.figures import edits
from emtvb.experiments.sweep.figures.edits import EditShown
from emtvb.figures import save
from emtvb.page import content
from emtvb.page.content import Shown
from emtvb.theory import interventions
from emtvb.theory.interventions import Edit
from emtvb.theory.memories_by_data import fit_memories_by_data
from emtvb.theory.network_measurement import memories_by_method
from emtvb.theory.networks import Network
from emtvb.theory.observation import Observation
from emtvb.theory.runs import Run
from emtvb.theory.sequences import record_inputs
from emtvb.theory.tasks import Task

BASIS_NAMES = {"data": "by data", "power": "the paper's", "realisation": "realised"}


@dataclass(frozen=True)
class Change:
    """What is done to a variable: one of ``flip``, ``put`` and ``swap``.

    Attributes:
        variable: 1 (oldest) to s (newest).
        flip: A dimension of it that is negated, from 0.
        put: Its new value, 1 or -1 for each dimension.
        swap: A variable that it is exchanged with.
    """

    variable: int
    flip: int | None = None
    put: Sequence[int] | None = None
    swap: int | None = None

    @property
    def name(self) -> str:
        """In words."""
        if self.flip is not None:
            return f"flip dimension {self.flip} of variable {self.variable}"
        return f"{'set' if self.swap is None else f'swap variable {self.swap} and'} variable {self.variable}"

    @property
    def address(self) -> str:
        """As the page's address has it, after the step."""
        if self.flip is not None:
            return f"flip:{self.variable}.{self.flip}"
        if self.swap is not None:
            return f"swap:{self.variable}:{self.swap}"
        return f"set:{self.variable}:{''.join('+' if sign > 0 else '-' for sign in self.put or ())}"

    def check(self, task: Task) -> None:
        """Raise InputError, in the words of ``emtvb edit``, where the task has no such variable or dimension."""
        for name, variable in (("--variable", self.variable), ("--swap", self.swap)):
            if variable is not None and not 1 <= variable <= task.s:
                raise InputError(name, variable, f"variables run from 1 (oldest) to s = {task.s}")
        if self.swap == self.variable:
            raise InputError("--swap", self.swap, "is the variable itself; name another")
        if self.flip is not None and not 0 <= self.flip < task.d:
            raise InputError("--flip", self.flip, f"dimensions run from 0 to {task.d - 1}")
        if self.put is not None and len(self.put) != task.d:
            signs = "".join("+" if sign > 0 else "-" for sign in self.put)
            raise InputError("--set", signs, f"give d = {task.d} signs, + or -, one for each dimension")

    def __call__(self, theory: TaskTheory, m: Any) -> Any:
        """The variables after it."""
        if self.flip is not None:
            return interventions.negate_element(theory, m, self.variable, self.flip)
        if self.swap is not None:
            return interventions.swap_variables(theory, m, self.variable, self.swap)
        return interventions.put_values(theory, m, self.variable, list(self.put or ()))


def edit_network(subject: Subject, time: int, change: Change, basis: str) -> EditShown:
    """Edit a network after some output steps, and see what it does.

    Args:
        subject: The network.
        time: Output steps before the edit; 0: after the last input.
        change: What is edited.
        basis: The memories to edit through, a key of :data:`BASIS_NAMES`; of another network than the paper's, "data".

    Raises:
        InputError: Where there is no such basis, or the edit changes nothing that is output.
    """
    network, task = subject.network, subject.run.task
    change.check(task)
    memories = _memories_to_edit(subject, basis)
    if not memories.fits:
        needed = f"{int(memories.stored.sum())} elements to store"
        remedy = f"{subject.state_dim} neurons for {needed}: there can be no basis; train a larger"
        raise InputError("run", subject.named, remedy)
    system = Elman(network) if isinstance(network, Network) else network
    recording = record_inputs(system, task, picture_inputs(task.s, task.d)[:, None, :], time)
    theory = task.theory
    done = interventions.edit_first_sequence(system, theory, memories, recording, time, lambda m: change(theory, m))
    if not (done.before != done.after)[memories.stored].any():
        remedy = "changes no element that a later output depends on; edit another variable, or another dimension of it"
        raise InputError("edit", change.name, remedy)
    return shown_edit(subject.run, change.name, done, memories, BASIS_NAMES[basis], outputs_before(recording, time))


def draw_edit(edit: EditShown, folder: Path) -> Sequence[Path]:
    """Draw an edit into a folder; what was written."""
    return save.save_figure(edits.draw([edit]), edits.numbers([edit]), folder / "edit")


def shown_edit(run: Run, name: str, done: Edit, memories: VariableMemories, basis: str, past: Any) -> EditShown:
    """An edit as figures take it."""
    return EditShown(run.run_id, run.task.name, name, kept=memories.stored, basis=basis, past=past, **vars(done))


def network_on_page(subject: Subject) -> Shown:
    """A network as the page for editing holds it.

    Raises:
        InputError: Where it is not of the paper's kind.
    """
    from emtvb.page.networks import shown_run

    if not isinstance(subject.network, Network):
        remedy = "a browser runs networks of the paper's kind; emtvb.view shows any other in a notebook"
        raise InputError("--page", subject.named, remedy)
    return shown_run(subject.run, subject.network)


def networks_and_place_of_page(named: str, of_file: OfFile, output: Path | None) -> tuple[Sequence[Shown], Path]:
    """The networks that a page for editing holds, and where the page goes.

    Args:
        named: A run, a file of weights, or an experiment's folder, whose workflow has chosen some.
        of_file: What is said of a file.
        output: Where the page goes; beside the run's experiment, or the file, by default.

    Raises:
        InputError: Where there is no such network, or a browser cannot run it.
    """
    chosen = Path(named) / "measurements" / "page.npz"
    if chosen.is_file():
        of_file.refuse(named)
        return content.read_networks(chosen), output or Path(named) / "interpretation"
    entry = opening.run_of(named, of_file)
    if entry is not None and (shows := kinds.kind_of(entry.experiment).page):
        return [pkgutil.resolve_name(shows)(entry)], opening.folder_of(entry, output)
    subject = opening.find_subject(named, of_file, output)
    return [network_on_page(subject)], subject.folder


def _memories_to_edit(subject: Subject, basis: str) -> VariableMemories:
    if not isinstance(subject.network, Network):
        if basis != "data":
            raise InputError("--basis", basis, "it is for the paper's network; leave it out")
        return fit_memories_by_data(subject.network, subject.run.task)
    if not subject.network.is_finite():
        raise InputError("run", subject.named, "its training diverged and left no network; choose another")
    observed = Observation(Elman(subject.network), subject.run.task)
    return memories_by_method(subject.network, observed, subject.settings.modulus)[basis]
