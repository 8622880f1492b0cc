"""The view in a notebook, for any network that can be adapted: ``view``. It needs anywidget, which is an extra."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emtvb.adapters.adapting import Wrapped, adapt
from emtvb.adapters.elman import Elman
from emtvb.core.arguments import as_numbers
from emtvb.core.fitting import Fitted
from emtvb.core.judging import judge
from emtvb.core.result_tables import first_names
from emtvb.core.systems import Runnable
from emtvb.errors import InputError, extra
from emtvb.experiments import kinds
from emtvb.experiments.results import find_run
from emtvb.page import content
from emtvb.page.content import Shown
from emtvb.page.document import STYLE, VIEW, bundled_modules
from emtvb.theory.memories_by_data import fit_memories_by_data
from emtvb.theory.networks import Network
from emtvb.theory.runs import Run
from emtvb.theory.tasks import Task

with extra("notebook"):
    import anywidget
    import traitlets

    from emtvb.page.networks import arrays_of, describe_task, shown_network, shown_run

_WIDGET = Path(__file__).with_name("widget.mjs")

TRIALS = 32
"""Recorded trials of a user's own that can be chosen between."""

Expected = Callable[[np.ndarray, np.ndarray], Any]
_Answers = Mapping[str, Callable[[Mapping[str, Any]], Any]]


class Editor(anywidget.AnyWidget):
    """The view of some networks.

    Attributes:
        networks: What is shown of each, as plain data.
        first: What it opens with, by the keys of the page's address.
        state: What is seen now, likewise: network, basis, input, edits, step.
    """

    _esm = bundled_modules(*VIEW, _WIDGET)
    _css = STYLE.read_text("utf-8")
    networks: traitlets.List[Any] = traitlets.List().tag(sync=True)
    first = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, networks: Sequence[Mapping[str, Any]], answers: _Answers, first: Mapping[str, Any]) -> None:
        super().__init__(networks=list(networks), first=_checked_opening(networks, first))
        self._answers = answers
        self.on_msg(self._hear)

    def __repr__(self) -> str:
        return f"<view of {', '.join(network['id'] for network in self.networks)}>"

    def _hear(self, _: Any, question: Mapping[str, Any], __: Any) -> None:
        """Answer a question of the browser: steps of a network that runs here, or what should follow an edit."""
        reply: dict[str, Any] = {"number": question["number"]}
        try:
            reply["answer"] = self._answers[question["what"]](question)
        except Exception as error:  # whatever a user's network or function raises is shown where it was asked for
            reply["error"] = f"{type(error).__name__}: {error}"
        self.send(reply)


_OPENS_WITH = ("net", "basis", "input", "edit", "step")
"""Keys of the page's address."""


def view(what: Any, task: Task | None = None, *, expected: Expected | None = None, **first: Any) -> Editor:
    """Edit a network while it runs, in a notebook.

    Networks of the paper's kind run in the browser; any other is asked for its steps here, in the kernel.

    Args:
        what: A run's id or folder, or ``results/<experiment>``; what ``fit`` gave; or, with a task, a network or
            whatever else ``adapt`` takes.
        task: What the network was trained on.
        expected: Of variables of one's own, what should follow an edit: as ``edit`` takes it, a function of the values
            (trial, variable) and of the inputs that follow (step, trial, input), which returns outputs (step, trial,
            output). Without it the view shows what the network does, and nothing to hold it against.
        first: What it opens with, by the keys of the page's address: ``net``, ``basis``, ``input``, ``edit``, ``step``.

    Returns:
        The widget, which a notebook shows.

    Raises:
        InputError: Where there is no such run, a network has no task or diverged, or an argument is of no use.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> x = np.random.default_rng(0).normal(size=(10, 80, 2))  # (time, trial, input)
        >>> add = emtvb.adapt(lambda u, h: (h + u, h + u), state=2, whole=lambda x: x.cumsum(axis=0))
        >>> fitted = emtvb.fit(emtvb.record(add, x, x.cumsum(axis=0)))
        >>> editor = emtvb.view(fitted)  # shown where it is the last line of a cell
        >>> editor.networks[0]["hidden"]
        2
    """
    if unknown := sorted({*first} - {*_OPENS_WITH}):
        raise InputError("view", unknown[0], f"no such argument; it opens with {', '.join(_OPENS_WITH)}")
    has_labels = isinstance(what, Fitted) and what.trials.task is None
    if expected is not None and not (has_labels and callable(expected)):
        remedy = "give a function (values, inputs) -> outputs" if has_labels else "a task says it; leave it out"
        raise InputError("expected", type(expected).__name__, remedy)
    if task is not None and (not isinstance(task, Task) or isinstance(what, (str, Path, Fitted))):
        remedy = "it has a task or labels of its own; leave it out" if isinstance(task, Task) else "give a Task"
        raise InputError("task", str(getattr(task, "name", task)), remedy)
    if first and has_labels:
        remedy = "with labels of its own it opens with the first trial; leave it out"
        raise InputError("view", next(iter(first)), remedy)
    if isinstance(what, (str, Path)):
        return Editor([shown.as_json() for shown in _networks_of_path(str(what))], {}, first)
    if isinstance(what, Fitted):
        return (
            _labels_editor(what, expected)
            if what.trials.task is None
            else _task_editor(what.trials.system, what, first)
        )
    if task is None:
        raise InputError("task", "not given", "say what the network was trained on, or give what emtvb.fit returned")
    return _task_editor(adapt(what), task, first)


_WHAT = r"\d+(\.\d+)?"
_EDIT = re.compile(rf"\d+:((flip|halve):{_WHAT}|set:{_WHAT}:[+-]+|swap:{_WHAT}:{_WHAT})")
"""An edit of the page's address, such as 12:flip:2.1: at which step, what is done, and to what. Whether there is such a
variable the view says itself."""


def _checked_opening(networks: Sequence[Mapping[str, Any]], first: Mapping[str, Any]) -> dict[str, str]:
    """What a view opens with, as the page's address says it (``address.mjs``); else an InputError."""
    texts = {name: str(value) for name, value in first.items()}
    ids = [network["id"] for network in networks]
    if texts.get("net", ids[0]) not in ids:
        raise InputError("net", first["net"], f"no such network; there are {first_names(ids)}")
    network = networks[ids.index(texts.get("net", ids[0]))]
    bases = [basis["name"] for basis in network["bases"]]
    if texts.get("basis", bases[0]) not in bases:
        raise InputError("basis", first["basis"], f"it has {' and '.join(bases)}")
    is_stream = "lengths" in network
    vectors = sum(network["lengths"]) if is_stream else network.get("s", 0)
    digits = -(-vectors * network["d"] // 4)
    if "input" in texts and not re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", texts["input"]):
        raise InputError("input", first["input"], f"give {digits} hexadecimal digits, as the page's address has them")
    for edit in filter(None, texts.get("edit", "").split(",")):
        if not _EDIT.fullmatch(edit):
            remedy = "give such as 12:flip:2.1, 12:set:2:+-, 12:swap:1:2 or 12:halve:2; 12 is the step"
            raise InputError("edit", first["edit"], remedy)
    least = 0 if is_stream else -vectors
    if "step" in texts and not (re.fullmatch(r"-?\d+", texts["step"]) and int(texts["step"]) >= least):
        raise InputError("step", first["step"], f"give a whole number, {least} or more")
    return texts


def _networks_of_path(text: str) -> list[Shown]:
    """The networks that the workflow chose in an experiment's folder, or one run."""
    file = Path(text) / "measurements" / "page.npz"
    if file.is_file():
        return content.read_networks(file)
    entry = find_run(text)
    if shows := kinds.kind_of(entry.experiment).page:
        return [pkgutil.resolve_name(shows)(entry)]
    network = entry.network()
    if not isinstance(network, Network) or not isinstance(entry.run, Run):
        raise InputError("run", text, "the page shows networks of the paper's kind; adapt and fit this one")
    return [shown_run(entry.run, network)]


def _task_editor(system: Runnable, given: Task | Fitted, first: Mapping[str, Any]) -> Editor:
    """A network that was trained on a task, or what was fitted of one."""
    task = given if isinstance(given, Task) else given.trials.task
    assert isinstance(task, Task)
    inner = system.system if isinstance(system, Wrapped) else None
    if isinstance(inner, Elman):
        shown = shown_network(system.name, inner.network, task)
        return Editor([shown.as_json()], {}, first)
    memories = given.memories if isinstance(given, Fitted) else fit_memories_by_data(system, task)
    about = {"id": system.name, **describe_task(system, task), "bases": {"data": {}}, "elsewhere": True}
    shown = Shown(about, {}, {"data": arrays_of(memories)})
    return Editor([shown.as_json()], {"advance": lambda question: _steps_on(system, task.d, question)}, first)


def _labels_editor(fitted: Fitted, expected: Expected | None) -> Editor:
    """Variables of a user's own, in the trials that nothing was fitted on."""
    trials, system = fitted.trials, fitted.trials.system
    count = min(TRIALS, trials.test_inputs.shape[1])
    outputs = trials.test.outputs
    spread = outputs.reshape(-1, outputs.shape[2]).astype(np.float64).std(axis=0)
    readings = {reading.name: f"{reading.measure} {reading.score:.2f}" for reading in judge(fitted).readings}
    about = {
        "id": system.name,
        "about": f"{system.name}, {trials.test_inputs.shape[1]} trials that nothing was fitted on",
        "hidden": system.state_dim,
        "d": outputs.shape[2],
        "s": len(trials.variables),
        "kept": list(range(int(trials.stored.size))),
        "scale": float(np.abs(outputs).max()) or 1.0,
        "close": (0.5 * spread).tolist(),  # how near outputs have to come, as for ``edit``
        "variables": [
            {
                "name": v.name,
                "kind": v.kind,
                "classes": [str(value) for value in v.classes.tolist()],
                "code": v.code.tolist(),
                "mean": v.mean,
                "spread": v.spread,
                "start": place.start,
                "size": v.size,
                "score": readings.get(v.name, "nothing"),
            }
            for v, place in zip(trials.variables, trials.slices, strict=True)
        ],
        "trials": [
            {"inputs": trials.test_inputs[:, i].tolist(), "labels": _rows_for_json(trials.test.labels[:, i])}
            for i in range(count)
        ],
        "bases": {"data": {}},
        "elsewhere": True,
    }

    def expect(question: Mapping[str, Any]) -> Any:
        if expected is None:
            return None
        numbers = np.array([[np.nan if value is None else value for value in question["values"]]], dtype=np.float64)
        after = trials.test_inputs[question["at"] :, question["trial"] : question["trial"] + 1]
        if not len(after):
            return []
        outputs = as_numbers(expected(trials.values(numbers), after), "expected", "(step, trial, output)")
        return outputs[:, 0].astype(float).tolist()

    answers = {
        "advance": lambda question: _steps_on(system, trials.test_inputs.shape[2], question),
        "expect": expect,
    }
    return Editor([Shown(about, {}, {"data": arrays_of(fitted.memories)}).as_json()], answers, {})


def _steps_on(system: Runnable, width: int, question: Mapping[str, Any]) -> dict[str, Any]:
    """So many steps on from some states, (step, state, number), or from where the network itself begins."""
    inputs = [[0.0] * width if u is None else u for u in question["inputs"]]
    states = np.array(question["states"])
    x = np.repeat(np.array(inputs, dtype=np.float32)[:, None], len(states), axis=1)
    if question["from"] == 0:
        trajectory, outputs = system.run(x)
    elif any(u is not None for u in question["inputs"]):
        trajectory, outputs = system.run(x, states.astype(np.float32))
    else:
        trajectory, outputs = system.coast(states.astype(np.float32), len(x))
    return {"states": trajectory.astype(float).tolist(), "outputs": outputs.astype(float).tolist()}


def _rows_for_json(numbers: np.ndarray) -> list[list[float | None]]:
    """Rows of numbers for JSON, which has no NaN."""
    return [[None if np.isnan(value) else float(value) for value in row] for row in numbers]
