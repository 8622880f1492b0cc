"""A network run on inputs, or on a task, beside what it should hold: ``record``."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from emtvb.adapters.adapting import Adapted, Wrapped, adapt
from emtvb.adapters.verification import TRIALS
from emtvb.core.arguments import Times, as_bool, as_numbers, checked_times, refuse_keywords, whole_number
from emtvb.core.labels import Labels
from emtvb.core.recording import FITTING
from emtvb.core.trials import LabelledTask, Trials, check_finite
from emtvb.core.variables import Kinds
from emtvb.errors import InputError
from emtvb.memory_limit import check_room

_TASKS = ("T1", "T2", "T3", "T4")
"""Tasks' names, of which one may be given in the place of a task (``tasks.NAMED``)."""
AT_ONCE = 50_000_000
"""Numbers of states that are recorded in one batch."""
_EXACT = 2**24
"""Whole numbers up to this are themselves in single precision."""
HORIZON = 200
"""Output steps of a task's test, by default."""


def record(
    system: Any,
    inputs: Any = None,
    labels: Any = None,
    *,
    names: Sequence[str] | None = None,
    kinds: Kinds = None,
    batch_first: bool = False,
    split: Any = 0.5,
    seed: int = 0,
    horizon: int = HORIZON,
    times: Times | None = None,
    groups: Any = None,
    batch: int | None = None,
    progress: bool = False,
    **unknown: Any,
) -> Trials:
    """Run a network on inputs, or on a task of this package, beside what it should hold.

    Before that the system is held to the whole network, if ``adapt`` was given that, and to itself, on at most 512 of
    these trials at their full length (``Adapted.verify``). ``system.verified`` says so; that there is no whole network
    is said once in a warning.

    Args:
        system: Of :func:`adapt`, or what it takes.
        inputs: (time, trial, input), numbers; or whole numbers (time, trial), the ids that a network with an embedding
            takes; or a ``Task``, whose sequences and labels are then made here. By default the task that the network
            was trained on, if ``load`` found it by its name.
        labels: (time, trial, variable): the value of each variable after the input of that time; or a dict from names
            to arrays (time, trial), or (time, trial, n) for n variables ``name.0``, ``name.1``, ..., or (trial,) for
            what holds during a whole trial. NaN: no value then.
        names: Of the variables, where labels are one array; "0", "1", ... by default.
        kinds: "binary", "categorical" or "continuous", for all, for each, or by name. By default two values are binary,
            other numbers with a point continuous, and integers and words categorical.
        batch_first: Whether trials come before time in inputs and labels: (trial, time, input), (trial, time,
            variable), (trial, time). What is returned is time first all the same.
        split: Share of the trials that a decoder is fitted on, drawn by chance; or a mask (trial,), True where a trial
            is to be fitted on. The others test it.
        seed: Chooses which.
        horizon: Output steps of a task's test; of a task alone, as ``split``, ``seed`` and ``batch`` are of labels.
        times: The time steps whose states are kept; by default all. States of many steps of a large network take much
            memory: keep those that are fitted, judged and edited. Inputs, outputs and labels are kept of every step.
        groups: Of each trial the group that it belongs to, (trial,): a block, a session, a subject; numbers or words.
            Give it where trials are not independent, such as where labels come in blocks while something drifts. All
            trials of a group are fitted on, or all are judged on; tests and intervals count groups. By default each
            trial is independent.
        batch: Trials that are run at once; by default all, or as many as have :data:`AT_ONCE` numbers of states.
        progress: Whether to show how far it is.
        **unknown: Arguments of other libraries, which are refused with what there is here.

    Returns:
        The trials, which :func:`fit` takes.

    Raises:
        InputError: Where shapes do not agree, a variable is constant, states are not finite, trials are too few, or
            their states would not fit into the memory that is there; and where steps are not those of the whole network
            on these trials, or need what is not in the state.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> x = np.random.default_rng(0).normal(size=(10, 80, 2))  # (time, trial, input)
        >>> add = emtvb.adapt(lambda u, h: (h + u, h + u), state=2, whole=lambda x: x.cumsum(axis=0))
        >>> trials = emtvb.record(add, x, {"sum": x.cumsum(axis=0)}, split=0.75)
        >>> [variable.name for variable in trials.variables], trials.train.states.shape
        (['sum.0', 'sum.1'], (10, 60, 2))
    """
    refuse_keywords("record", unknown)
    system = adapt(system)
    system.hold_weights()
    if hasattr(inputs, "dataset") and hasattr(inputs, "batch_size"):
        remedy = "give arrays: x, y = (torch.cat(parts) for parts in zip(*loader)), and batch_first=True"
        raise InputError("inputs", type(inputs).__name__, remedy)
    whole_number(seed, "seed", 0)
    whole_number(horizon, "horizon", 1)
    if batch is not None:
        whole_number(batch, "batch", 1)
    batch_first = as_bool(batch_first, "batch_first")
    if inputs is None:
        inputs = _own_task(system)
    if isinstance(inputs, LabelledTask):
        unset: dict[str, Any] = dict.fromkeys(("labels", "names", "kinds", "times", "groups", "batch"))
        unset |= {"batch_first": False, "split": 0.5, "seed": 0}
        own = (labels, names, kinds, times, groups, batch, batch_first, split, seed)
        for (word, value), given in zip(unset.items(), own, strict=True):
            if given is not value and not (np.isscalar(given) and given == value):
                remedy = "a task has labels and trials of its own, at its own times; leave it out"
                raise InputError(word, "given beside a task", remedy)
        of_task = inputs.trials_of(system, horizon)
        if isinstance(system, Adapted):
            system.verify(_silent_after(inputs.random_sequences(FITTING, TRIALS, 0), horizon))
        return of_task
    if isinstance(inputs, str):
        name = inputs if inputs in _TASKS else _TASKS[0]
        raise InputError("inputs", inputs, f"give tasks.named({name!r}), or an array (time, trial, input)")
    if horizon != HORIZON:
        raise InputError("horizon", horizon, "it is of a task's test; leave it out")
    if labels is None or (isinstance(labels, dict) and not labels):
        raise InputError("labels", "none", "say what the network should hold, (time, trial, variable), or give a Task")
    order = "(trial, time, input)" if batch_first else "(time, trial, input)"
    array = as_numbers(inputs, "inputs", order)
    x = _checked_inputs(array, batch_first, order)
    if not batch_first and len(x) > x.shape[1]:
        shown = f"{len(x)} steps of {x.shape[1]} trials"
        warnings.warn(f"inputs: {shown}: give batch_first=True if it is the other way round", stacklevel=2)
    known = Labels.of(
        labels, (len(x), x.shape[1]), names=names, kinds=kinds, batch_first=batch_first, split=split, seed=seed,
        groups=groups,
    )  # fmt: skip
    kept = None if times is None else checked_times(times, len(x))
    if isinstance(system, Adapted):
        system.verify(x, array.ndim == 2)
    train, test = _states_and_outputs(system, x, known.train, batch, progress, kept)
    return Trials.labelled(system, known, train, test, x, kept)


def _silent_after(inputs: Float[np.ndarray, "s trial d"], steps: int) -> Float[np.ndarray, "time trial d"]:
    """Inputs of a task, and zeros in its output steps."""
    return np.concatenate([inputs, np.zeros((steps, *inputs.shape[1:]), dtype=inputs.dtype)])


def _own_task(system: Adapted | Wrapped) -> LabelledTask:
    """The task of a network that knows it."""
    task = getattr(system, "task", None)
    if not isinstance(task, LabelledTask):
        raise InputError("inputs", "none", f"{system.name} has no task of its own; give inputs and labels, or a Task")
    return task


def _states_and_outputs(
    system: Adapted | Wrapped,
    x: np.ndarray,
    fitted: Bool[np.ndarray, " trial"],
    batch: int | None,
    progress: bool,
    times: tuple[int, ...] | None,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """States at these times and all outputs, of the trials to fit on and of those to judge on: once each."""
    size, count = system.state_dim, x.shape[1]
    kept = len(x) if times is None else len(times)
    shown, remedy = f"{count} at {kept} times", "keep fewer trials or times"
    if times is None:
        shown = f"{count} of {len(x)} steps"
        remedy = "record fewer trials or steps, or keep the states of some steps alone: times="
    check_room(kept * count * size, "trials", f"{shown}, whose states are", remedy)
    run_at_once = kept if isinstance(system, Adapted) else len(x)  # others make the states of all steps first
    most = max(AT_ONCE // (run_at_once * size), 2) if batch is None else batch
    if most >= count:
        states, outputs = system.run(x, times=times)
        check_finite(states, outputs, times)
        return [(states[:, part], outputs[:, part]) for part in (fitted, ~fitted)]
    first = _first_states(system, count)  # else each batch would begin as the first does
    parts = []
    for part in (np.flatnonzero(fitted), np.flatnonzero(~fitted)):
        whole: list[np.ndarray] = []
        starts = range(0, len(part), most)
        for start in _reported_starts(starts) if progress else starts:
            chosen = slice(start, start + most)
            begin = None if first is None else first[part[chosen]]
            states, outputs = system.run(x[:, part[chosen]], begin, times)
            check_finite(states, outputs, times)
            if not whole:
                whole = [np.empty((len(a), len(part), a.shape[2]), dtype=a.dtype) for a in (states, outputs)]
            whole[0][:, chosen], whole[1][:, chosen] = states, outputs
        parts.append((whole[0], whole[1]))
    return parts


def _first_states(system: Adapted | Wrapped, trials: int) -> Float[np.ndarray, "trial state"] | None:
    """The state that each of so many trials begins in, where trials begin in different ones; None where in the same."""
    if not isinstance(system, Adapted):
        return None
    with system.machine.quiet():
        flat = system.machine.numpy(system.machine.flat(system.machine.start(trials)))
    return flat if (flat != flat[:1]).any() else None


def _reported_starts(starts: range) -> Iterator[int]:
    """Where each batch of trials starts; a line on stderr says how far it is."""
    for start in starts:
        print(f"\rtrials: {start} of {starts.stop}", end="", file=sys.stderr, flush=True)
        yield start
    print(f"\rtrials: {starts.stop} of {starts.stop}", file=sys.stderr)


def _checked_inputs(x: np.ndarray, batch_first: bool, order: str) -> Float[np.ndarray, "time trial input"]:
    """Finite numbers, whose axes should be in this order, as floats with time first."""
    if x.ndim == 2 and x.dtype.kind in "iu":  # ids, one a step
        x = x[..., None]
    if x.ndim != 3 or 0 in x.shape:
        only = "; one number a step: inputs[..., None]" if x.ndim == 2 else ""
        raise InputError("inputs", f"shape {x.shape}", f"give an array of shape {order}{only}")
    if x.dtype.kind in "iu" and np.abs(x).max() > _EXACT:
        raise InputError("inputs", f"whole numbers up to {np.abs(x).max()}", f"give them as floats, or up to {_EXACT}")
    x = x.swapaxes(0, 1) if batch_first else x
    return x if x.dtype.kind == "f" else x.astype(np.float32)
