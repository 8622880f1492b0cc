"""Edits of one network: the steps that are added to its states, what follows, and what should."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.core.arguments import as_numbers, call_user_function
from emtvb.core.editing.agreement import (
    CLOSE,
    Agreement,
    Agrees,
    are_one_hot,
    largest_tells_class,
    share_recovered,
    ways_made,
)
from emtvb.core.editing.continuation import Continuation, Feedback, outputs_after_steps
from emtvb.core.editing.controls import random_step, resized_step
from emtvb.core.editing.donors import SAME_VALUE, Donors, interchange_step
from emtvb.core.editing.edits import LARGEST, Ceiling, EditedTrials, Edits, Futures, Outcomes, Ways, which_count
from emtvb.core.editing.requests import Request
from emtvb.core.fitting import Fitted, slice_of_part
from emtvb.core.trials import LabelledTask, Trials
from emtvb.core.variables import CONTINUOUS
from emtvb.errors import InputError

TRIAL = "trial"
_NOTHING = 1e-9
"""A variable whose numbers change by less is left as it is."""


@dataclass(frozen=True, eq=False)
class Plan:
    """All that is to be done, whatever network it is done to.

    Attributes:
        request: The changes.
        source: Who states the future: a task, a function, or :data:`TRIAL`.
        inputs: What is read afterwards.
        feedback: What the network hears of its own outputs; None where it hears nothing.
        agrees: The user's rule of agreement; None for the own one.
        donors: Other trials that hold the values asked for.
    """

    request: Request
    source: Any
    inputs: Float[np.ndarray, "step edit input"]
    feedback: Feedback | None = None
    agrees: Agrees | None = None
    donors: Donors = field(default_factory=Donors)


def run_edits(
    fitted: Fitted,
    plan: Plan,
    rng: np.random.Generator,
    readable: Bool[np.ndarray, " edit"] | bool = True,
    controls: bool = True,
) -> Edits:
    """The edits of a network.

    Args:
        fitted: Where it holds its variables.
        plan: What is to be done.
        rng: Draws the controls' steps.
        readable: Whether the variables can be read at the time of each edit.
        controls: Whether there are controls and a ceiling; of an untrained network, which is one itself, not.

    Raises:
        InputError: Where a step is too large for the state, outputs are not finite, or a function of the user's fails.
    """
    trials, request = fitted.trials, plan.request
    change = _state_change(fitted, plan)
    added: dict[str, np.ndarray | float] = {"unedited": 0.0, "edited": change}
    if controls:
        along = _along_another(fitted, change, request, rng)
        part = slice_of_part(trials, fitted.part) if fitted.part else slice(None)
        added |= {"random_step": random_step(change, rng, part)} | ({} if along is None else {"other_variable": along})
    run = _continuation(trials, plan)
    state, spoken = _states_and_outputs(trials, request, request.trial)
    outputs = outputs_after_steps(run, state, added, spoken)
    _check_outputs(outputs["unedited"], trials)
    agreement, ceiling, known = _expectation(trials, plan, run, outputs["unedited"])
    followed = {name: agreement.holds(given) for name, given in outputs.items()}
    counts = which_count(followed["unedited"], readable)
    distances = agreement.expected[:, counts], outputs["unedited"][:, counts]
    by_edit, by_random, by_other = (
        share_recovered(outputs[name][:, counts], *distances) if name in outputs else float("nan")
        for name in ("edited", "random_step", "other_variable")
    )
    return Edits(
        name=request.name,
        edited=EditedTrials(
            trial=request.trial,
            time=request.time,
            before=trials.values(request.before),
            after=trials.values(request.after),
            size=np.linalg.norm(change, axis=1),
            readable=readable,
            group=None if trials.test.groups is None else trials.test.groups[request.trial],
        ),
        futures=Futures(outputs=outputs["edited"], expected=agreement.expected, unedited=outputs["unedited"]),
        outcomes=Outcomes(
            followed=followed["edited"],
            without_edit=followed["unedited"],
            **{name: followed[name] for name in ("random_step", "other_variable") if name in followed},
        ),
        highest=Ceiling(ceiling, known) if controls else Ceiling(known=known),
        recovered=(by_edit, by_random, by_other),
        agrees=_name_of_rule(agreement),
        misses=agreement.first_miss(outputs["edited"]),
        ways=Ways(
            **{
                name: ways_made(given, agreement.expected, outputs["unedited"])
                for name, given in outputs.items()
                if name != "unedited"
            }
        ),
    )


def _name_of_rule(agreement: Agreement) -> str:
    """The user's rule of agreement, or that of scores; empty where signs or sizes are compared."""
    if agreement.agrees is None:
        return LARGEST if agreement.by_largest else ""
    return getattr(agreement.agrees, "__name__", type(agreement.agrees).__name__)


def _states_and_outputs(
    trials: Trials, request: Request, trial: Int[np.ndarray, " edit"]
) -> tuple[Float[np.ndarray, "edit state"], Float[np.ndarray, "edit output"]]:
    """States and outputs of test trials at the times of the edits."""
    return trials.test.states[trials.index(request.time), trial], trials.test.outputs[request.time, trial]


def _state_change(fitted: Fitted, plan: Plan) -> Float[np.ndarray, "edit state"]:
    """What is added to states: told, along the encoder, or exchanged with those of other trials."""
    trials, request = fitted.trials, plan.request
    state, _ = _states_and_outputs(trials, request, request.trial)
    change = fitted.memories.change(request.before, request.after)
    if plan.donors.state is not None:
        there, _ = _states_and_outputs(trials, request, plan.donors.state)
        change = interchange_step(there - state, [fitted.subspaces[i] for i in request.variables])
    with np.errstate(over="ignore"):
        if not np.isfinite(np.linalg.norm(change, axis=1).astype(state.dtype)).all():
            raise InputError(f"edit ({request.name})", "more than numbers of the state can be", "give a smaller value")
    return change


def _along_another(
    fitted: Fitted, change: Float[np.ndarray, "edit state"], request: Request, rng: np.random.Generator
) -> Float[np.ndarray, "edit state"] | None:
    """Steps as long as the change along columns of variables that no edit changes; None where there are none."""
    trials = fitted.trials
    still = (np.abs(request.after - request.before) < _NOTHING).all(axis=0) & trials.stored
    columns = [fitted.memories.encoder[:, at] for at in trials.slices if still[at].all()]
    columns = [column for column in columns if np.linalg.norm(column) > 0]
    if not columns:
        return None
    chosen = rng.integers(len(columns), size=len(change))
    steps = np.stack([columns[i] @ rng.choice([-1.0, 1.0], size=columns[i].shape[1]) for i in chosen])
    return resized_step(steps, change)


def _continuation(trials: Trials, plan: Plan) -> Continuation:
    """How a network runs on: on a task without inputs as it coasts."""
    silent = trials.task is not None and plan.feedback is None and not plan.inputs.any()
    return Continuation(trials.system, len(plan.inputs), None if silent else plan.inputs, plan.feedback)


def _check_outputs(outputs: Float[np.ndarray, "step edit output"], trials: Trials) -> None:
    """Raise InputError where a network gives out other vectors than when it was recorded, or no numbers."""
    recorded = trials.test.outputs.shape[2]
    if outputs.shape[2] != recorded:
        shown = f"gives out {outputs.shape[2]} numbers, and {recorded} when it was recorded"
        raise InputError("network", shown, "record the trials again")
    if not np.isfinite(outputs).all():
        remedy = "check the network, or compare fewer steps"
        raise InputError("outputs", "not finite after the time of the edit", remedy)


def _expectation(
    trials: Trials, plan: Plan, run: Continuation, unedited: Float[np.ndarray, "step edit output"]
) -> tuple[Agreement, Bool[np.ndarray, " known"], Bool[np.ndarray, " edit"]]:
    """The rule of agreement with what should follow; the ceiling; and of which edits that is known."""
    request, recorded, donors = plan.request, trials.test.outputs, plan.donors
    if donors.future is None:
        expected, otherwise = (
            expected_outputs(trials, plan.source, numbers, plan.inputs, unedited.shape)
            for numbers in (request.after, request.before)
        )
        scores = are_one_hot(expected)
        own = Agreement(otherwise, otherwise, unedited, recorded, SAME_VALUE, plan.agrees, scores)
        agreement = Agreement(expected, otherwise, unedited, recorded, SAME_VALUE, plan.agrees, scores)
        return agreement, own.holds(unedited), np.ones(len(request), dtype=bool)
    if plan.feedback is None:
        steps = zip(request.time, donors.future, strict=True)
        expected = np.stack([recorded[t + 1 : t + 1 + len(plan.inputs), i] for t, i in steps], axis=1)
    else:
        expected = run.outputs(*_states_and_outputs(trials, request, donors.future))
    scores = _are_scores(trials, request, len(plan.inputs))
    agreement = Agreement(expected, unedited, unedited, recorded, CLOSE, plan.agrees, scores)
    if donors.second_future is None:
        return agreement, np.zeros(0, dtype=bool), np.zeros(len(request), dtype=bool)
    known = donors.second_future >= 0
    holds = run.outputs(*_states_and_outputs(trials, request, donors.second_future))  # of -1 the last trial's, left out
    return agreement, agreement.holds(holds)[known], known


def _are_scores(trials: Trials, request: Request, steps: int) -> bool:
    """Whether the outputs that are compared are scores of the classes of a variable that is edited."""
    first, last = int(request.time.min()) + 1, int(request.time.max()) + 1 + steps
    outputs, labels = trials.train.outputs[first:last], trials.train.labels[first:last]
    for v, at in ((trials.variables[i], trials.slices[i]) for i in request.variables):
        numbers = labels[..., at]
        if v.kind != CONTINUOUS and largest_tells_class(outputs, v.places(numbers), np.isfinite(numbers).all(axis=2)):
            return True
    return False


def expected_outputs(
    trials: Trials,
    source: Any,
    numbers: Float[np.ndarray, "edit number"],
    inputs: Float[np.ndarray, "step edit input"],
    shape: tuple[int, ...],
) -> Float[np.ndarray, "step edit output"]:
    """The outputs that should follow from the variables' numbers, as a task or a function states them.

    Raises:
        InputError: Where there is neither, or the function fails or returns no such outputs.
    """
    if isinstance(source, LabelledTask):
        return source.theory.future_outputs(numbers, len(inputs)).astype(np.float64)
    if not callable(source):
        raise InputError("expected", source, "give a function (values, inputs) -> outputs, 'trial' or a task")
    returned = call_user_function("expected", source, trials.values(numbers), inputs)
    if np.shape(returned) == shape[:2] and np.asarray(returned).dtype.kind in "iu":
        return _one_hot(np.asarray(returned), shape[2])
    outputs = as_numbers(returned, "expected: what it returned", f"(step, trial, output) = {shape}")
    if outputs.shape != shape:
        shown = f"a function that returned {outputs.dtype} of shape {outputs.shape}"
        raise InputError("expected", shown, f"give outputs (step, trial, output) = {shape}")
    return outputs.astype(np.float64)


def _one_hot(places: Int[np.ndarray, "step edit"], count: int) -> Float[np.ndarray, "step edit output"]:
    """Classes as outputs: 1 in the place of the class, 0 elsewhere."""
    if count < 2 or places.min() < 0 or places.max() >= count:
        shown = f"a function that returned classes from {places.min()} to {places.max()}"
        raise InputError("expected", shown, f"give the place of the largest output, from 0 to {count - 1}")
    return np.eye(count)[places]


def checked_feedback(function: Callable) -> Feedback:
    """A user's function of outputs, or of outputs and inputs, to what is read; held to the shape of inputs."""
    takes_inputs = _takes_two(function)

    def heard(outputs: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        arguments = (outputs, inputs) if takes_inputs else (outputs,)
        returned = call_user_function("inputs", function, *arguments)
        read = as_numbers(returned, "inputs: what it returned", f"(trial, input) = {inputs.shape}")
        if read.shape != inputs.shape:
            shown = f"a function that returned {read.dtype} of shape {read.shape}"
            raise InputError("inputs", shown, f"give finite inputs (trial, input) = {inputs.shape}")
        return read.astype(inputs.dtype)

    return heard


def _takes_two(function: Callable) -> bool:
    try:
        inspect.signature(function).bind(1, 2)
    except TypeError:
        return False
    except ValueError:
        return True
    return True
