"""Variables of a running network are changed, and what follows is compared with what should: ``edit``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Unpack

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.core import untrained_control
from emtvb.core.arguments import Times, as_numbers, check_type, checked_times, whole_number
from emtvb.core.editing import donors, requests, running
from emtvb.core.editing.agreement import Agrees, by_largest_output
from emtvb.core.editing.continuation import FUTURE
from emtvb.core.editing.donors import Donors
from emtvb.core.editing.edits import Edits
from emtvb.core.editing.requests import Change, NamedChange, Request
from emtvb.core.editing.running import TRIAL, Plan, run_edits
from emtvb.core.fitting import Fitted, fit
from emtvb.core.judging import format_spans, readable_at
from emtvb.core.result_tables import count_and_noun
from emtvb.core.trials import LabelledTask, Trials
from emtvb.core.variables import CONTINUOUS
from emtvb.errors import InputError
from emtvb.memory_limit import check_room

_TRIED = 128
"""Edits by which another fit is tried."""
_AROUND = 5
"""Steps around the time of an edit at which a fit is tried."""
_BETTER = 0.1
"""Another fit is named if it makes so much more of the edits followed."""
_BY_LARGEST = "agrees=lambda o, e: o.argmax(axis=2) == e.argmax(axis=2)"


def edit(
    fitted: Fitted,
    at: Times,
    *,
    expected: Any = None,
    steps: int | None = None,
    inputs: Any = None,
    agrees: Agrees | None = None,
    untrained: Any = None,
    max_edits: int = 512,
    seed: int = 0,
    **change: Unpack[Change],
) -> Edits:
    """Change variables of a running network through its memories, h + Psi (v' - v), and see what follows.

    By interchange h + Psi Psi* (h' - h), where h' is the state of another trial that has the value asked for: what is
    put in is not told, but taken from there (Geiger et al. 2021).

    A variable is meant by its name or its place; of a task of this package "3.2" is dimension 2 of variable 3, and "3"
    all of variable 3. Fewer trials, or others, are edited by ``fitted.on(trials)``.

    Args:
        fitted: Of :func:`fit`. Its test trials are edited, where the change changes something.
        at: After which time, or times.
        expected: What should follow: a function of the values (trial, variable) after the edit and of the inputs that
            follow (step, trial, input), which returns outputs (step, trial, output); or "trial": the outputs of another
            trial that holds just these values then, on that trial's inputs; or a task of this package. By default the
            trials' own task, or else "trial".
        steps: Steps after the edit that are compared; by default as many as were recorded after the last of the times,
            of a task 100.
        inputs: What the network reads after the edit: an array (step, input) or (step, trial, input), not with "trial";
            or a function of the last outputs (trial, output), or of these and of what would have been read (trial,
            input), to what is read instead: the network hears itself from the edit on, and what another trial would do
            is then what the network does there in the same loop. By default what it read when it was recorded.
        agrees: Whether outputs are the expected ones: from both, (step, trial, output), to (step, trial). By default
            every output has the sign that was expected, where only 1 and -1 are expected, and is no smaller than a
            tenth of the network's own. Where outputs are scores of classes, the same one is the largest: where what is
            expected is one-hot or the class itself (whole numbers, (step, trial)), and with "trial" where the largest
            output tells the class of a variable that is edited. Otherwise each is within half a standard deviation of
            the network's outputs, and nearer than to what follows without the edit.
        untrained: Whether an untrained network of the same shape is edited too; by default where that is cheap and its
            weights can be drawn anew (torch modules). Or such a network, as :func:`adapt` takes it.
        max_edits: Edits; if there could be more, they are chosen by chance.
        seed: Of choices, and of the random direction.
        **change: One of these, with ``interchange=True`` beside it where values are to be exchanged, not told; and with
            ``part="0.h"``, the name of a part of the state (``system.parts``), where the variables are to be found
            anew in it alone, by the same method at the same times, and edited there.
            flip: binary variables that get their other value. set: {variable: value}, the value that it gets, one for
            all or one for each test trial. swap: (variable, variable), two variables or two groups of as many that
            exchange their values. shift: {variable: number}, what is added to continuous variables.

    Returns:
        What followed each edit, beside its controls; printed, a verdict and a table.

    Raises:
        InputError: Where there is no such time, variable or value, nothing is changed, or nothing to compare with.
        TypeError: Where there is no such argument.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> x = np.random.default_rng(0).normal(size=(10, 80, 2))  # (time, trial, input)
        >>> add = emtvb.adapt(lambda u, h: (h + u, h + u), state=2, whole=lambda x: x.cumsum(axis=0))
        >>> fitted = emtvb.fit(emtvb.record(add, x, x.cumsum(axis=0)))
        >>> print(emtvb.edit(fitted, at=4, shift={"0": 1.0}, expected=lambda v, u: v + u.cumsum(axis=0)).verdict)
        shows that the network uses the edited state: followed 1.000, controls 0.00 to 0.30
    """
    asked = requests.parse_change(change)
    check_type(fitted, Fitted, "fitted", "fit")
    fitted.trials.check_weights()
    if part := change.get("part", ""):
        fitted = fit(fitted.trials, fitted.times, method=fitted.method, part=part)
    trials = fitted.trials
    how = _Asked(asked, expected, steps, inputs, agrees)
    source = _source(trials, expected, inputs)
    whole_number(max_edits, "max_edits", 1)
    rng = np.random.default_rng(whole_number(seed, "seed", 0))
    times = np.array(checked_times(at, trials.steps, "at"))
    plan = _plan_of(trials, times, how, source, max_edits, rng)
    done = run_edits(fitted, plan, rng, _readable(fitted, plan.request, asked))
    bare = replace(plan, donors=replace(plan.donors, second_future=None))
    untaught = [
        run_edits(control, bare, np.random.default_rng(seed), controls=False)
        for control in untrained_control.fit_untrained(fitted, untrained)
    ]
    if steps is None and trials.task is None and len(times) > 1:
        done = replace(done, last=int(times.max()))
    done = _beside_untrained(done, untaught)
    if done.controls_fail and not done.is_in_part:
        return done
    return replace(done, hint=_hint(fitted, times, plan, done, how))


@dataclass(frozen=True)
class _Asked:
    """What is asked for, of whatever trials: arguments of :func:`edit`."""

    change: NamedChange
    expected: Any
    steps: int | None
    inputs: Any
    agrees: Agrees | None


def _plan_of(
    trials: Trials,
    times: Int[np.ndarray, " time"],
    asked: _Asked,
    source: Any,
    max_edits: int,
    rng: np.random.Generator,
) -> Plan:
    """What is to be done to the test trials, no more edits than so many."""
    recorded, inputs = trials.test_inputs, asked.inputs  # of states that were given alone there are none
    trials.index(times)
    loop = running.checked_feedback(inputs) if callable(inputs) else None
    given = None if callable(inputs) else inputs
    length = _compared_steps(trials, times, asked.steps, source, given is not None)
    request, others = _requests_with_donors(
        trials, requests.request_edits(trials, times, asked.change), source, asked.change.interchange, max_edits, rng
    )
    width = recorded.shape[2] + 2 * trials.test.outputs.shape[2]  # what is read, given out and expected
    remedy = "compare fewer steps, or edit fewer trials: max_edits="
    check_room(length * len(request) * width, "steps", f"{length}, whose outputs are", remedy)
    read = _inputs_after(trials, request.time, request.trial if others.future is None else others.future, length, given)
    return Plan(request, source, read, loop, asked.agrees, others)


def _readable(fitted: Fitted, request: Request, asked: NamedChange) -> Bool[np.ndarray, " edit"] | bool:
    """Whether the variables can be read at the time of each edit; an exchange reads nothing."""
    if asked.interchange:
        return True
    times, place = np.unique(request.time, return_inverse=True)
    return readable_at(fitted, request.variables, times)[place]


def _beside_untrained(done: Edits, untaught: list[Edits]) -> Edits:
    """Edits with the control of untrained networks: the one of them that obeys most, and the one that goes furthest."""
    if not untaught or done.ways is None:
        return done
    obeyed = max((control.followed & ~control.without_edit for control in untaught), key=np.mean)
    ways = [control.ways.edited for control in untaught if control.ways is not None]
    furthest = max(ways, key=lambda way: np.median(np.nan_to_num(way)))
    return replace(
        done,
        outcomes=replace(done.outcomes, untrained=obeyed),
        ways=replace(done.ways, untrained=furthest),
    )


def _hint(fitted: Fitted, times: Int[np.ndarray, " time"], plan: Plan, done: Edits, asked: _Asked) -> str:
    """What to change where edits are not followed: the times of the fit, the rule, or who states the future."""
    trials, said = fitted.trials, []
    if trials.task is None and isinstance(fitted.method, str) and (better := _tried(fitted, times, plan, done, asked)):
        said.append(better)
    if plan.source == TRIAL and any(v.kind == CONTINUOUS for v in trials.variables) and not done.controls_fail:
        alike = f"numbers within {donors.SAME_VALUE} of their standard deviation for the same"
        said.append(f"expected='trial' takes {alike}: give a function of yours, expected=f(values, inputs)")
    return "; ".join(said)


def _tried(fitted: Fitted, times: Int[np.ndarray, " time"], plan: Plan, done: Edits, asked: _Asked) -> str:
    """A fit at other times, or a rule, by which clearly more is followed; empty where there is none.

    It is tried on the trials to fit on: those to judge on stay as good as new for whoever takes the advice.
    """
    trials, count = fitted.trials, fitted.trials.test.outputs.shape[1]
    # As many as there are to judge on, since values, inputs and functions of the user's may go by the trial.
    practice = trials.train.select(np.resize(np.arange(trials.train.outputs.shape[1]), count))

    def share_followed(found: Fitted, agrees: Agrees | None) -> float:
        """By these on the trials to fit on; 0 where it shows nothing."""
        found, rng = replace(found, trials=replace(trials, test=practice)), np.random.default_rng(0)
        tried = _plan_of(found.trials, times, replace(asked, agrees=agrees), plan.source, _TRIED, rng)
        edits = run_edits(found, tried, rng, _readable(found, tried.request, asked.change))
        return edits.success if edits.controls_fail else 0.0

    ways: list[tuple[float, str]] = []
    try:
        now = share_followed(fitted, asked.agrees)
        for others in _other_times(fitted, plan.request.variables, times, everywhere=done.has_effect):
            found = fit(trials, others, method=fitted.method, part=fitted.part)
            ways.append((share_followed(found, asked.agrees), f"fit(trials, times={_as_code(others)})"))
        if done.has_effect and not done.agrees and trials.test.outputs.shape[2] > 1:
            ways.append((share_followed(fitted, by_largest_output), _BY_LARGEST))
    except InputError:  # what was asked of the trials to judge on cannot be done with others
        return ""
    share, words = max(ways, key=lambda way: way[0], default=(0.0, ""))
    if share < now + _BETTER:
        return ""
    spans = format_spans(np.array(fitted.times))
    return f"in the trials to fit on, {share:.3f} are followed with {words}, and {now:.3f} with this fit, at {spans}"


def _as_code(times: tuple[int, ...]) -> str:
    """Times as Python writes them."""
    first, last = times[0], times[-1]
    return f"range({first}, {last + 1})" if len(times) == last - first + 1 else str(list(times))


def _other_times(
    fitted: Fitted, variables: tuple[int, ...], at: Int[np.ndarray, " time"], everywhere: bool
) -> list[tuple[int, ...]]:
    """Times at which a fit may do better: where the variables can be read, from the edit on, around it, at it.

    Of an edit without any effect the first alone: of many fits of a network that has learned nothing, some may obey
    where those of other untrained networks do not.
    """
    every = np.array(fitted.trials.fit_times)
    some = [every[readable_at(fitted, variables, every)]]
    if everywhere:
        near = (every >= at.min() - _AROUND) & (every <= at.max() + _AROUND)
        some += [every[every >= at.min()], every[near], every[np.isin(every, at)]]
    different = dict.fromkeys(tuple(times.tolist()) for times in some)
    return [times for times in different if times and times != fitted.times]


def _source(trials: Trials, expected: Any, inputs: Any) -> Any:
    """Who states what should follow: a task, a function, or another trial."""
    if isinstance(expected, LabelledTask) and (trials.task is None or expected.composition != trials.task.composition):
        remedy = "a task gives the future of trials that were recorded on it"
        raise InputError("expected", expected.name, remedy)
    if isinstance(expected, np.ndarray):
        remedy = "give a function (values, inputs) -> outputs, 'trial' or a task"
        raise InputError("expected", "an array", remedy)
    source = trials.task or TRIAL if expected is None else expected
    if source == TRIAL and inputs is not None and not callable(inputs):
        raise InputError("inputs", "given beside expected='trial'", "the other trial has its own; leave them out")
    return source


def _requests_with_donors(
    trials: Trials, request: Request, source: Any, interchange: bool, max_edits: int, rng: np.random.Generator
) -> tuple[Request, Donors]:
    """The requests for which there are the other trials that they need, and these; no more than so many, by chance."""
    found = Donors()
    if source == TRIAL:
        first, second = donors.draw_donors(trials, request.trial, request.time, request.after, trials.stored, rng)
        if (first < 0).all():
            remedy = "no other trial holds just these values then; give expected= as a function, or record more trials"
            raise InputError("expected", TRIAL, remedy)
        request, found = request.select(first >= 0), Donors(first, second).select(first >= 0)
    if interchange:
        which = np.zeros(trials.stored.size, dtype=bool)
        for i in request.variables:
            which[trials.slices[i]] = True
        state, _ = donors.draw_donors(trials, request.trial, request.time, request.after, which, rng)
        if (state < 0).all():
            raise InputError("interchange", True, "no other trial has the values asked for then; record more trials")
        request, found = request.select(state >= 0), replace(found, state=state).select(state >= 0)
    if len(request) > max_edits:
        few = np.sort(rng.permutation(len(request))[:max_edits])
        request, found = request.select(few), found.select(few)
    return request, found


def _compared_steps(
    trials: Trials, times: Int[np.ndarray, " time"], steps: int | None, source: Any, has_inputs: bool
) -> int:
    recorded = trials.steps - 1 - int(times.max())
    free = has_inputs or (trials.task is not None and source != TRIAL)
    wanted = (FUTURE if trials.task else recorded) if steps is None else whole_number(steps, "steps", 1)
    if wanted < 1 or (wanted > recorded and not free):
        were = f"{count_and_noun(recorded, 'step')} {'was' if recorded == 1 else 'were'} recorded"
        remedy = f"{were} after time {int(times.max())}; edit earlier, or record longer"
        raise InputError("steps", wanted, remedy)
    return int(wanted)


def _inputs_after(
    trials: Trials, time: Int[np.ndarray, " edit"], trial: Int[np.ndarray, " edit"], length: int, given: Any
) -> Float[np.ndarray, "step edit input"]:
    """What is read after the edits."""
    recorded = trials.test_inputs
    width = recorded.shape[2]
    if given is None:
        if trials.task is not None:
            return np.zeros((length, len(time), width), dtype=recorded.dtype)
        return np.stack([recorded[t + 1 : t + 1 + length, i] for t, i in zip(time, trial, strict=True)], axis=1)
    u = as_numbers(given, "inputs", "(step, input) or (step, trial, input)")
    if u.shape == (length, width):
        return np.repeat(u[:, None], len(time), axis=1).astype(recorded.dtype)
    if u.shape == (length, recorded.shape[1], width):
        return u[:, trial].astype(recorded.dtype)
    wanted = f"({length}, {width}) or ({length}, {recorded.shape[1]}, {width})"
    raise InputError("inputs", f"shape {u.shape}", f"give {wanted}: steps, trials to judge on, inputs")
