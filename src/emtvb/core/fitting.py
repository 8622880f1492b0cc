"""The directions in which a network holds variables: ``fit``."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.core import numerical_rank, regression
from emtvb.core.arguments import Times, as_numbers, check_type, checked_times, describe_error, refuse_keywords
from emtvb.core.memories import VariableMemories
from emtvb.core.normal_equations import Moments
from emtvb.core.recording import Recording
from emtvb.core.regression import LinearDiscriminants
from emtvb.core.result_tables import first_names, html_table
from emtvb.core.subspaces import BY_NAME, Located, Method, Subspace, least_squares
from emtvb.core.trials import Trials, share_repeated, stack_values
from emtvb.core.variables import CONTINUOUS, Variable
from emtvb.errors import InputError

_NOTHING = 1e-6
"""Readings differ by more than this, or not at all; the numbers of a variable differ by about 1."""


@dataclass(frozen=True, eq=False, repr=False)
class Fitted:
    """Where a network holds its variables: an encoder from values to states, a decoder back.

    Attributes:
        trials: What it was fitted on, and what is for judging.
        memories: The encoder Psi, the decoder Psi* and the centre c, of the variables' numbers.
        times: Where it was fitted.
        classes: Of each variable that has classes, which one is read; None of numbers, and of a task of this package,
            where it is the sign.
        subspaces: Of each variable, what an edit by interchange exchanges.
        method: How it was fitted.
        part: The part of the state that it is in (``system.parts``); empty for all of it.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> bits = np.random.default_rng(0).choice([-1, 1], size=(5, 80, 2))  # (time, trial, variable)
        >>> trials = emtvb.Trials.of(states=bits @ [[1, 2, 0], [0, 1, 1]], labels=bits)
        >>> fitted = emtvb.fit(trials)
        >>> fitted.encoder.shape, fitted.decoder.shape, fitted.centre.shape
        ((3, 2), (2, 3), (3,))
    """

    trials: Trials
    memories: VariableMemories
    times: tuple[int, ...]
    classes: tuple[LinearDiscriminants | None, ...]
    subspaces: tuple[Subspace, ...]
    method: Method = "least squares"
    part: str = ""

    def __getattr__(self, name: str) -> Any:
        """What other libraries call otherwise has an error that says so."""
        there = {"predict": "read(states)", "transform": "read(states)", "score": "judge(fitted)"}.get(name)
        said = f"; what there is: {there}" if there else ""
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{said}")

    @property
    def encoder(self) -> Float[np.ndarray, "state number"]:
        """Psi, from the variables' numbers to states."""
        return self.memories.encoder

    @property
    def decoder(self) -> Float[np.ndarray, "number state"]:
        """Psi*, from states, less the centre, to the variables' numbers."""
        return self.memories.decoder

    @property
    def centre(self) -> Float[np.ndarray, " state"]:
        """c, the state that stores nothing."""
        return np.broadcast_to(self.memories.centre, self.memories.encoder.shape[:1])

    def __repr__(self) -> str:
        name = self.method if isinstance(self.method, str) else getattr(self.method, "__name__", repr(self.method))
        names = first_names([v.name for v in self.trials.variables])
        where = f"time {self.times[0]}" if len(self.times) == 1 else f"{len(self.times)} times"
        about = f"Fitted to {self.trials.system.name} by {name} at {where}"
        about += f" in {self.part}" if self.part else ""
        return f"<{about}: {names}; condition {self.memories.condition:.3g}>"

    def _repr_html_(self) -> str:
        rows = [
            (v.name, v.kind, float(np.linalg.norm(self.memories.encoder[:, at])))
            for v, at in zip(self.trials.variables, self.trials.slices, strict=True)
        ]
        return html_table(repr(self).strip("<>"), ("variable", "kind", "|Psi|"), rows)

    def read(self, states: Float[np.ndarray, "*time state"]) -> np.ndarray:
        """The variables' values that states hold, (..., variable), in the user's units."""
        size = self.memories.encoder.shape[0]
        states = as_numbers(states, "states", f"(..., {size})")
        if not states.ndim or states.shape[-1] != size:
            raise InputError("states", f"shape {states.shape}", f"give (..., {size}), as many numbers as a state has")
        numbers = self.memories.read(states)
        variables = zip(self.trials.variables, self.trials.slices, self.classes, strict=True)
        return stack_values([decode_values(v, numbers[..., at], classes) for v, at, classes in variables])

    def on(self, trials: Trials) -> Fitted:
        """The same fit, judged and edited on the test trials of other trials: fewer (``Trials.select``), or new ones.

        What it was fitted on stays, and the training trials of the others are left out.

        Args:
            trials: Of :func:`record`, of the same network and variables.

        Raises:
            InputError: Where variables, states, outputs, tasks or steps are not the same.
        """
        check_type(trials, Trials, "trials", "record")
        own, test = self.trials, trials.test
        names = [[(v.name, v.kind, v.classes.tolist()) for v in some.variables] for some in (own, trials)]
        if names[0] != names[1]:
            shown = ", ".join(f"{v.name} ({v.kind})" for v in trials.variables[:6])
            wanted = ", ".join(f"{v.name} ({v.kind})" for v in own.variables[:6])
            raise InputError("trials", f"of variables {shown}", f"record the same, with the same values: {wanted}")
        if trials.task != own.task:
            raise InputError("trials", "of another task", "give trials of the task that was fitted on, or of none")
        for part, size, wanted_size in (
            ("numbers of state", test.states.shape[2], own.test.states.shape[2]),
            ("outputs", test.outputs.shape[2], own.test.outputs.shape[2]),
            ("steps", trials.steps, own.steps),
        ):
            if size != wanted_size:
                raise InputError("trials", f"with {size} {part}", f"give trials with {wanted_size}")
        if trials.recorded_times != own.recorded_times:
            raise InputError("trials", "with states of other times", "record both with the same times=")
        if trials.variables is not own.variables:
            every = zip(own.variables, trials.variables, own.slices, strict=True)
            numbers = [_same_numbers(fitted, given, test.labels[..., at]) for fitted, given, at in every]
            test = replace(test, labels=np.concatenate(numbers, axis=-1))
        erased = own.erased or trials.erased
        changed = replace(
            own, system=trials.system, test=test, erased=erased, horizon=trials.horizon, weights=trials.weights
        )
        return replace(
            self, trials=replace(changed, repeated=share_repeated(own.train, test), selection=trials.selection)
        )


def _same_numbers(
    fitted: Variable, given: Variable, numbers: Float[np.ndarray, "*shape code"]
) -> Float[np.ndarray, "*shape code"]:
    """A variable's numbers of other trials as those of the trials that were fitted on stand for the same values."""
    if fitted.kind != CONTINUOUS or (fitted.mean, fitted.spread) == (given.mean, given.spread):
        return numbers
    return fitted.encode(given.decode(numbers))


def fit(
    trials: Trials, times: Times | None = None, *, method: Method = "least squares", part: str = "", **unknown: Any
) -> Fitted:
    """Find where a network holds its variables, on the training trials.

    By least squares the encoder h ~ Psi v + c and the decoder v ~ Psi* (h - c) are fitted each for itself, over all
    times at once: what is found is where a variable can be read and changed in the same way at all of them.
    ``subspaces.least_squares``.

    Args:
        trials: Of :func:`record`.
        times: Where to fit; by default wherever all labels have a value (of a task: settled output steps).
        method: "least squares"; "class means", differences of the means of each value's states; ``emtvb.DAS()``, a
            rotation that is learned by exchanging states (torch networks); or a function of the trials and the times
            that returns ``emtvb.Located``. Whatever found it is judged and edited in the same way.
        part: The name of a part of the state, such as "0.h" (``system.parts``): what is found lies in it alone, and
            edits leave the others as they are. By default all of the state.
        **unknown: Arguments of other libraries, which are refused with what there is here.

    Returns:
        The encoder (state, number), the decoder (number, state) and the centre (state,); ``read(states)`` gives values,
        in the units of the labels.

    Raises:
        InputError: Where there is no such time, method or part, or too few trials for so many directions of the state.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> bits = np.random.default_rng(0).choice([-1, 1], size=(5, 80, 2))  # (time, trial, variable)
        >>> trials = emtvb.Trials.of(states=bits @ [[1, 2, 0], [0, 1, 1]], labels=bits)
        >>> emtvb.fit(trials).read(np.array([[1.0, 3.0, 1.0], [-1.0, -1.0, 1.0]])).tolist()
        [[1, 1], [-1, 1]]
    """
    refuse_keywords("fit", unknown)
    check_type(trials, Trials, "trials", "record")
    chosen = checked_recorded_times(trials, trials.train, trials.fit_times if times is None else times)
    if not np.isfinite(trials.train.labels[list(chosen)]).all(axis=2).any():
        known = np.isfinite(trials.train.labels[list(chosen)])
        never = [v.name for v, at in zip(trials.variables, trials.slices, strict=True) if not known[..., at].any()]
        lacking = (
            f"no trial has a value of {first_names(never)} there"
            if never
            else "no trial has a value of every variable there"
        )
        raise InputError(
            "times", first_names([str(time) for time in chosen]), f"{lacking}; choose others, or record without"
        )
    seen = _of_part(trials, part, method) if part else trials
    if isinstance(method, str) and method == "least squares":
        moments = Moments.of(seen, list(chosen))
        _check_enough(seen, list(chosen), moments)
        located = least_squares(seen, list(chosen), moments)
    else:
        located = _located(seen, list(chosen), method)
    if part:
        located = _in_whole(located, trials, slice_of_part(trials, part), list(chosen))
    memories = located.memories
    subspaces = located.subspaces
    if subspaces is None:
        subspaces = tuple(Subspace(memories.encoder[:, at], memories.decoder[at]) for at in trials.slices)
    return Fitted(trials, memories, chosen, _discriminants(trials, memories, list(chosen)), subspaces, method, part)


def slice_of_part(trials: Trials, part: str) -> slice:
    """Where a part of the network's state lies.

    Raises:
        InputError: Where there is no such part.
    """
    parts = trials.system.parts
    if part not in parts:
        raise InputError("part", repr(part), f"of {trials.system.name} there are {first_names([*parts])}")
    return parts[part]


def _of_part(trials: Trials, part: str, method: Method) -> Trials:
    """Trials of which the states are those of a part alone."""
    at = slice_of_part(trials, part)
    if not isinstance(method, str) and not inspect.isfunction(method):
        raise InputError("part", repr(part), "a method that runs the network needs all of its state; leave one out")
    recordings = {name: getattr(trials, name) for name in ("train", "test")}
    return replace(trials, **{name: replace(one, states=one.states[..., at]) for name, one in recordings.items()})


def _in_whole(located: Located, trials: Trials, at: slice, times: list[int]) -> Located:
    """What was found in a part of the state, in the whole state: nothing lies in the other parts."""
    states, _ = trials.samples(times)
    size, memories = states.shape[1], located.memories

    def spread(rows: np.ndarray) -> np.ndarray:
        whole = np.zeros((size, *rows.shape[1:]))
        whole[at] = rows
        return whole

    centre = states.mean(axis=0)
    centre[at] = memories.centre
    found = VariableMemories(spread(memories.encoder), spread(memories.decoder.T).T, memories.stored, centre)
    subspaces = located.subspaces
    if subspaces is not None:
        subspaces = tuple(Subspace(spread(one.into), spread(one.out.T).T) for one in subspaces)
    return Located(found, subspaces)


def _located(trials: Trials, times: list[int], method: Method) -> Located:
    """What a method says, held to the sizes that it must have."""
    if isinstance(method, str):
        if method not in BY_NAME:
            raise InputError("method", method, f"give one of {', '.join(BY_NAME)}, emtvb.DAS() or a function")
        return BY_NAME[method](trials, times)
    if isinstance(method, type):
        raise InputError("method", f"the class {method.__name__}", f"make one of it: {method.__name__}()")
    if not callable(method):
        raise InputError("method", method, f"give one of {', '.join(BY_NAME)}, emtvb.DAS() or a function")
    name = getattr(method, "__name__", type(method).__name__)
    try:
        result = method(trials, times)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            "method", f"{name} failed ({describe_error(error)})", "it is called with the trials and a list of times"
        ) from error
    result = Located(result) if isinstance(result, VariableMemories) else result
    size, numbers = trials.train.states.shape[2], trials.stored.size
    if not isinstance(result, Located) or not isinstance(result.memories, VariableMemories):
        raise InputError("method", f"{name} returned {type(result).__name__}", "return emtvb.Located(memories)")
    memories = result.memories
    shapes = [getattr(part, "shape", None) for part in (memories.encoder, memories.decoder)]
    if None not in shapes and shapes != [(size, numbers), (numbers, size)]:
        remedy = f"Psi is ({size}, {numbers}), Psi* ({numbers}, {size}): states and the variables' numbers"
        raise InputError("method", f"{name} returned memories of shapes {shapes[0]} and {shapes[1]}", remedy)
    _check_array(name, "memories.encoder", memories.encoder, (size, numbers))
    _check_array(name, "memories.decoder", memories.decoder, (numbers, size))
    is_number = isinstance(memories.centre, (int, float)) and not isinstance(memories.centre, bool)
    centre = np.full(size, memories.centre, dtype=np.float64) if is_number else memories.centre
    _check_array(name, "memories.centre", centre, (size,))
    stored = memories.stored
    if not isinstance(stored, np.ndarray) or stored.dtype != bool or stored.shape != (numbers,) or not stored.any():
        raise InputError("method", f"{name} returned memories.stored {stored!r:.60}", "give trials.stored")
    if result.subspaces is not None:
        _check_subspaces(name, result.subspaces, len(trials.variables), size)
    return result


def _check_subspaces(name: str, subspaces: Any, variables: int, size: int) -> None:
    """Raise InputError unless these are subspaces of states of this size, one of each variable."""
    if not isinstance(subspaces, (tuple, list)):
        shown = f"{name} returned subspaces of type {type(subspaces).__name__}"
        raise InputError("method", shown, "give a tuple of emtvb.Subspace, one of each variable")
    if len(subspaces) != variables:
        shown = f"{name} returned {len(subspaces)} subspaces"
        raise InputError("method", shown, f"give {variables}, one of each variable")
    for i, subspace in enumerate(subspaces):
        if not isinstance(subspace, Subspace):
            shown = f"{name} returned subspaces[{i}] of type {type(subspace).__name__}"
            raise InputError("method", shown, "give emtvb.Subspace(into, out)")
        count = (getattr(subspace.into, "shape", None) or (1,))[-1]
        _check_array(name, f"subspaces[{i}].into", subspace.into, (size, count))
        _check_array(name, f"subspaces[{i}].out", subspace.out, (count, size))


def _check_array(name: str, part: str, array: Any, shape: tuple[int, ...]) -> None:
    """Raise InputError unless a method returned an array of numpy's of this shape, of real and finite numbers."""
    remedy = f"give a numpy array of finite, real numbers, {shape}"
    if type(array) is not np.ndarray or array.dtype == bool:
        kind = array.dtype if type(array) is np.ndarray else type(array).__name__
        raise InputError("method", f"{name} returned {part} of type {kind}", remedy)
    if array.shape != shape:
        raise InputError("method", f"{name} returned {part} of shape {array.shape}", remedy)
    as_numbers(array, f"method: {name} returned {part}", str(shape))


def read_numbers(
    memories: VariableMemories, states: Float[np.ndarray, "*shape state"]
) -> Float[np.ndarray, "*shape number"]:
    """What is read of states, up to :data:`_NOTHING`: where nothing is left of a variable, rounding reads like it."""
    return np.round(memories.read(states) / _NOTHING) * _NOTHING


def decode_values(
    v: Variable, numbers: Float[np.ndarray, "*shape code"], classes: LinearDiscriminants | None
) -> np.ndarray:
    """A variable's values from what is read."""
    return v.decode(numbers) if classes is None else v.classes[classes.scores(numbers).argmax(axis=-1)]


def _discriminants(
    trials: Trials, memories: VariableMemories, times: list[int]
) -> tuple[LinearDiscriminants | None, ...]:
    """How each variable's values are told from what is read, learned where the memories were."""
    if trials.task is not None:
        return (None,) * len(trials.variables)
    blocks = [(read_numbers(memories, states), labels) for states, labels in map(trials.samples, ([t] for t in times))]
    read, labels = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    classes: list[LinearDiscriminants | None] = []
    for v, at in zip(trials.variables, trials.slices, strict=True):
        place = None if v.kind == CONTINUOUS else v.places(labels[:, at])
        few = place is None or len(np.unique(place)) < len(v.classes)
        classes.append(None if place is None or few else LinearDiscriminants.fit(read[:, at], place, len(v.classes)))
    return tuple(classes)


def _check_enough(trials: Trials, times: list[int], moments: Moments) -> None:
    """Raise InputError where a decoder could fit anything: fewer different moments than directions to tell them by."""
    count, trained = numerical_rank.count_moments(trials, times), trials.train.labels.shape[1]
    spread = moments.variances
    needed = int((spread > regression.ROUNDING**2 * spread.max()).sum()) + 1
    if count < needed:
        wanted = -(-needed * trained // max(count, 1))
        what = f"{trained} to fit on, with {count} labels (a trial in which all stay the same counts once)"
        many = f"too few for {needed - 1} directions of the state, since any label would fit"
        raise InputError("trials", what, f"{many}; give at least {wanted} to fit on")


def checked_recorded_times(trials: Trials, part: Recording, times: Times) -> tuple[int, ...]:
    """Times whose states were recorded in a part of the trials."""
    chosen = checked_times(times, len(part.outputs))
    trials.index(chosen)
    return chosen
