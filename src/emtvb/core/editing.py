"""Change what a network holds while it runs, and compare what follows with what should: ``edit``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import stats

from emtvb.core import untrained as untrained_networks
from emtvb.core.arguments import check_type, describe_error
from emtvb.core.data_frames import frame, listed, table
from emtvb.core.decoders import ERROR_RATE
from emtvb.core.fitting import Fitted, readable_at
from emtvb.core.intervals import wilson
from emtvb.core.interventions import (
    FUTURE,
    Continuation,
    Feedback,
    consistent,
    exchange,
    outcomes,
    random_step,
    recovered,
    resized,
)
from emtvb.core.memory_limit import check_room
from emtvb.core.recording import signs
from emtvb.core.trials import LabelledTask, Trials
from emtvb.core.variables import (
    BINARY,
    CONTINUOUS,
    as_list,
    as_numbers,
    as_numpy,
    checked_times,
    flag,
    whole_number,
)
from emtvb.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Agrees = Callable[[np.ndarray, np.ndarray], np.ndarray]

TRIAL = "trial"
_CLOSE = 0.5
"""Outputs agree within so many standard deviations of the network's outputs, where they are no signs."""
_ROUNDING = 1e-3
"""Nothing nearer than this share of the largest of these deviations counts as a difference."""
_SURE = 0.1
"""A sign counts where the output is larger than this share of the network's own outputs, and than :data:`_NOTHING`."""
_NOTHING = 1e-6
_CHANCE = 0.05
"""More futures are followed with the edit than without it if chance comes to as much more seldom than this."""
_PART = 0.9
"""Below this share an edit is followed in part."""
_ALIKE = 0.1
"""Within so many standard deviations two values of a variable are the same, where another trial is looked for, and the
outputs of two futures that someone states."""


_CONTROLS = {
    "random": "a random step of the same size",
    "other": "a step along another variable",
    "untrained": "an untrained network",
}
"""Controls, and in words what succeeds if they do."""
_ROWS = {
    "followed": "edits followed",
    "already": "without an edit",
    "random": "random step of the same size",
    "other": "along another variable",
    "untrained": "of an untrained network",
    "ceiling": "as expected if nothing is edited",
}
"""What has a share, and its words in a table."""


@dataclass(frozen=True, eq=False, repr=False)
class Edits:
    """What came of an edit, an entry per trial and time.

    Followed is a future in which every output vector, for all steps, agrees with the one that was expected. An edit
    *counts* where its future would not have been followed without it (:attr:`counts`): the shares of edits and controls
    are shares of these.

    Attributes:
        name: What was done.
        trial: The trial, an index of those to judge on.
        time: After which time it was edited.
        before: The variables' values there.
        after: What was asked for.
        outputs: What the network then gave out.
        expected: What should follow from the values after the edit.
        unedited: What the network gives out on the same inputs without it.
        followed: Whether the future was the expected one.
        already: The same without the edit: then it does not count.
        random: The same after a step of the same size in a random direction: a control, which must fail.
        other: The same after a step of the same length along another variable's direction: a control, which must fail;
            empty where there is no other variable.
        untrained: The same edit of an untrained network of the same shape, where the variables are fitted anew, if that
            one would not have followed without it either (of three networks, the one that obeys most): a control, which
            must fail; empty where there is none.
        ceiling: Whether the network without an edit does what should follow from the values that it holds: no edit can
            be followed more often, unless these are not the values that it holds. Where another trial's future is
            expected, whether a second trial with the same values does the same on its inputs; for edits with one.
        size: Of the step, in the state.
        recovered: Share of the squared distance between the expected future and the unedited one that the edit made up
            for: 1 is all, 0 nothing; over the edits that count. Then of the random step, and of the step along the
            other variable (NaN where there is none, or no edit counts).
        readable: Whether the variables that are edited can be read at that time, by the rule of ``judge``. True of
            edits by interchange, which read nothing.
        group: Of each edit's trial, the group that it belongs to; None where each trial is independent.
        known: Which edits the ``ceiling`` is known of.
    """

    name: str
    trial: Int[np.ndarray, " edit"]
    time: Int[np.ndarray, " edit"]
    before: np.ndarray
    after: np.ndarray
    outputs: Float[np.ndarray, "step edit output"]
    expected: Float[np.ndarray, "step edit output"]
    unedited: Float[np.ndarray, "step edit output"]
    followed: Bool[np.ndarray, " edit"]
    already: Bool[np.ndarray, " edit"]
    random: Bool[np.ndarray, " edit"]
    other: Bool[np.ndarray, " control"]
    ceiling: Bool[np.ndarray, " known"]
    size: Float[np.ndarray, " edit"]
    recovered: tuple[float, float, float]
    untrained: Bool[np.ndarray, " untrained"] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    readable: Bool[np.ndarray, " edit"] | bool = True
    group: Int[np.ndarray, " edit"] | None = None
    known: Bool[np.ndarray, " edit"] | bool = True

    @property
    def counts(self) -> Bool[np.ndarray, " edit"]:
        """Which edits count: without them the network would not have done what is expected.

        Where the variables can be read at some times alone, these alone count.
        """
        return ~self.already & self._readable

    @property
    def _readable(self) -> Bool[np.ndarray, " edit"]:
        """The edits at times where the variables can be read; all, where that is nowhere."""
        readable = np.broadcast_to(self.readable, self.already.shape)
        return readable if readable.any() else ~readable

    @property
    def success(self) -> float:
        """Share of the edits that count whose future was the expected one; NaN where none counts."""
        return self.share()

    def share(self, which: str = "followed") -> float:
        """The share of ``followed`` or of a control among the edits that count; of ``already`` or ``ceiling`` of all.

        NaN where there are none.
        """
        values, _ = self._counted(which)
        return float(values.mean()) if len(values) else float("nan")

    def interval(self, which: str = "followed") -> tuple[float, float]:
        """The 95% interval (Wilson) of a share; 0 to 1 where there is none.

        Trials count once, however often they were edited; where they come in groups, groups count.
        """
        values, units = self._counted(which)
        if not len(values):
            return 0.0, 1.0
        low, high = wilson(float(values.mean()), min(units, len(values)))
        return float(low), float(high)

    def _counted(self, which: str) -> tuple[Bool[np.ndarray, " counted"], int]:
        """What a share is the mean of, and how many independent trials or groups that is."""
        if not isinstance(which, str) or which not in _ROWS:
            raise InputError("interval", str(which), f"give one of {', '.join(_ROWS)}")
        values = getattr(self, which)
        every = which in ("already", "ceiling")
        counts = np.ones(len(self.already), dtype=bool) if every else self.counts
        unit = self.trial if self.group is None else self.group
        return (values if every or not len(values) else values[counts]), len(np.unique(unit[counts]))

    @property
    def controls_fail(self) -> bool:
        """Whether the edit shows that the network uses the edited state: whether the verdict says so."""
        return self._fault is None

    @property
    def controls(self) -> list[str]:
        """The controls that there are, of random, other and untrained."""
        return [name for name in _CONTROLS if len(getattr(self, name))]

    @property
    def verdict(self) -> str:
        """What the edit shows, and why."""
        if self._fault is not None:
            return f"shows nothing: {self._fault}"
        shares = [self.share(name) for name in self.controls]
        part = "" if self.success >= _PART else ", in part of the trials"
        above = self._above_ceiling
        more = "" if above is None else f", but {above[1]}"
        return (
            f"shows that the network uses the edited state{part}: followed {self.success:.3f}, controls "
            f"{min(shares):.2f} to {max(shares):.2f}{more}"
        )

    @property
    def _fault(self) -> str | None:
        """Why the edit shows nothing; None where it shows something."""
        if not np.any(self.readable):
            times = listed([str(time) for time in np.unique(self.time)])
            return f"what is edited cannot be read at time {times}"
        if not self.counts.any():
            return f"no edit at all does as well ({self.already.mean():.3f}; followed {self.followed.mean():.3f})"
        if not self.success:
            missed = len(self.ceiling) and not self.ceiling.any()
            more = ", and without one the network does not do what is expected either" if missed else ""
            return f"no edit was followed{more}"
        as_well = [name for name in self.controls if self.interval(name)[1] >= self.interval()[0]]
        if as_well:
            worst = max(as_well, key=self.share)
            does = f"{_CONTROLS[worst]} does as well"
            if self.share(worst) < self.success:
                does = f"too few trials to tell it from {_CONTROLS[worst]}"
            return f"{does} ({self.share(worst):.3f}; followed {self.success:.3f})"
        if self._oftener(self.followed[self._readable], self.already[self._readable]) >= _CHANCE:
            return f"no edit at all does as well ({self.already.mean():.3f}; followed {self.followed.mean():.3f})"
        above = self._above_ceiling
        return above[1] if above is not None and above[0] < _PART else None

    @property
    def _above_ceiling(self) -> tuple[float, str] | None:
        """The ceiling, and in words that more is followed than it, so that the label is not what the network holds.

        Of the edits at times where the variables can be read; None where there is no ceiling, or no more is followed.
        """
        known = np.broadcast_to(self.known, self.followed.shape)
        if not len(self.ceiling) or not (known & self._readable).any():
            return None
        ceiling, followed = self.ceiling[self._readable[known]], self.followed[known & self._readable]
        if self._oftener(followed, ceiling) >= ERROR_RATE:
            return None
        return float(ceiling.mean()), (
            f"the label is not always what the network holds: without an edit {ceiling.mean():.3f} do what is "
            f"expected, with it {followed.mean():.3f}"
        )

    def _oftener(self, one: Bool[np.ndarray, " some"], other: Bool[np.ndarray, " some"]) -> float:
        """How likely one of two is true so much oftener than the other by chance, of the same edits: a sign test."""
        share = min(self._counted("already")[1] / len(one), 1.0)  # of independent ones among these
        above, below = (round(share * int((a & ~b).sum())) for a, b in ((one, other), (other, one)))
        return float(stats.binom.sf(above - 1, above + below, 0.5))

    def __repr__(self) -> str:
        return f"<Edits: {self.name}: {self.verdict}>"

    def __str__(self) -> str:
        lines = [self.verdict, *self._notes]
        for words, share, low, high, recovery in self._rows():
            more = "" if np.isnan(recovery) else f"; {recovery:6.3f} of the way"
            shown = "  none" if np.isnan(share) else f"{share:6.3f}  [{abs(low):.3f}, {high:.3f}]{more}"
            lines.append(f"  {words:33} {shown}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [
            (words, "none", "", "") if np.isnan(share)
            else (words, share, f"{low:.3f} to {high:.3f}", "" if np.isnan(recovery) else recovery)
            for words, share, low, high, recovery in self._rows()
        ]  # fmt: skip
        return table(self.verdict, ("", "share", "95% interval", "part of the way"), rows, self._notes)

    @property
    def _notes(self) -> list[str]:
        count, left = len(np.unique(self.trial)), int((~self.counts).sum())
        about = f"{self.name}: {len(self.trial)} edits in {count} judged trials; {len(self.outputs)} steps after each"
        reason = "without them the network does the same"
        reason += "" if np.all(self.readable) else ", or nothing can be read there"
        return [about, f"{left} of them do not count: {reason}"] if left else [about]

    def _rows(self) -> list[tuple[str, float, float, float, float]]:
        """In words, share, interval, and the share of the distance that was made up for (NaN: not known)."""
        recovered = dict(zip(("followed", "random", "other"), self.recovered, strict=True))
        rows = []
        for name, word in _ROWS.items():
            if len(getattr(self, name)):
                rows.append((word, self.share(name), *self.interval(name), recovered.get(name, float("nan"))))
        return rows

    def to_dataframe(self) -> pd.DataFrame:
        """A row for each edit: trial, time, size, whether it was followed, each control that has one, and counts."""
        columns = {"trial": self.trial, "time": self.time, "size": self.size, "followed": self.followed}
        every = {name: getattr(self, name) for name in ("already", *_CONTROLS, "ceiling")} | {"counts": self.counts}
        return frame(columns | {name: values for name, values in every.items() if len(values) == len(self.trial)})

    def plot(self, edit: int = 0) -> Figure:
        """A figure of one edit and of all with their controls.

        Raises:
            InputError: Where there is no such edit.
        """
        from emtvb.core import plotting

        return plotting.edited(self, edit)


def edit(
    fitted: Fitted,
    at: int | Iterable[int],
    *,
    flip: Any = None,
    set: Any = None,
    swap: Any = None,
    shift: Any = None,
    future: Any = None,
    steps: int | None = None,
    inputs: Any = None,
    feedback: Callable | None = None,
    agrees: Agrees | None = None,
    trials: Any = None,
    interchange: bool = False,
    untrained: Any = None,
    most: int = 512,
    seed: int = 0,
) -> Edits:
    """Change variables of a running network through its memories, h + Psi (v' - v), and see what follows.

    By interchange h + Psi Psi* (h' - h), where h' is the state of another trial that has the value asked for: what is
    put in is not told, but taken from there (Geiger et al. 2021).

    A variable is meant by its name or its place; of a task of this package "3.2" is dimension 2 of variable 3, and "3"
    all of variable 3. Give one of flip, set, swap and shift.

    Args:
        fitted: Of :func:`fit`. The trials to judge on are edited, where the change changes something.
        at: After which time, or times.
        flip: Binary variables that get their other value.
        set: {variable: value}, the value that it gets: one for all, or one for each trial to judge on.
        swap: (variable, variable): two variables, or two groups of as many, that exchange their values.
        shift: {variable: number}, what is added to continuous variables.
        future: What should follow: a function of the values (trial, variable) after the edit and of the inputs that
            follow (step, trial, input), which returns outputs (step, trial, output); or "trial": the outputs of another
            trial that holds just these values then, on that trial's inputs; or a task of this package. By default the
            trials' own task, or else "trial".
        steps: Steps after the edit that are compared; by default as many as were recorded, of a task 100.
        inputs: What the network reads after the edit, (step, input) or (step, trial, input); by default what it read
            when it was recorded. Not with "trial".
        feedback: The network hears its own outputs from the edit on: a function of the last outputs (trial, output) and
            of what would have been read (trial, input), or of the outputs alone, to what is read instead. What another
            trial would do is then what the network does there in the same loop.
        agrees: Whether outputs are the expected ones: from both, (step, trial, output), to (step, trial). By default
            every output has the sign that was expected, where only 1 and -1 are expected, and is no smaller than a
            tenth of the network's own; otherwise each is within half a standard deviation of the network's outputs,
            and nearer than to what follows without the edit.
        trials: Which of the trials to judge on are edited, by number; by default all.
        interchange: Whether what is put in is taken from another trial's state.
        untrained: Whether an untrained network of the same shape is edited too; by default where that is cheap and its
            weights can be drawn anew (torch modules). Or such a network, as :func:`adapt` takes it.
        most: Edits; if there could be more, they are chosen by chance.
        seed: Of choices, and of the random direction.

    Raises:
        InputError: Where there is no such time, variable or value, nothing is changed, or nothing to compare with.
    """
    given = {
        word: what
        for word, what in (("flip", flip), ("set", set), ("swap", swap), ("shift", shift))
        if what is not None
    }
    check_type(fitted, Fitted, "fitted", "fit")
    if len(given) != 1:
        raise InputError("edit", " and ".join(given) or "nothing", "give one of flip, set, swap and shift")
    recorded, ((word, what),) = fitted.trials, given.items()
    if isinstance(future, LabelledTask) and (recorded.task is None or future.composition != recorded.task.composition):
        raise InputError("future", future.name, "a task gives the future of trials that were recorded on it")
    source = recorded.task or TRIAL if future is None else future
    if isinstance(source, np.ndarray):
        raise InputError("future", "an array", "give a function (values, inputs) -> outputs, 'trial' or a task")
    if source == TRIAL and inputs is not None:
        raise InputError("inputs", "given beside future='trial'", "the other trial has its own; leave them out")
    whole_number(most, "most", 1)
    interchange = flag(interchange, "interchange")
    whole_number(seed, "seed", 0)
    rng = np.random.default_rng(seed)
    times = _times(recorded, at)
    length = _steps(recorded, times, steps, source, inputs is not None)
    asked = _asked(fitted, times, word, what, _chosen(recorded, trials))
    donor = twin = taken = None
    if source == TRIAL:
        donor, twin = _donors(recorded, asked, rng)
        asked, donor, twin = asked.of(donor >= 0), donor[donor >= 0], twin[donor >= 0]
    if interchange:
        taken = _holders(recorded, asked, rng)
        found = taken >= 0
        asked, donor, twin, taken = asked.of(found), *_those(found, donor, twin, taken)
    if len(asked.trial) > most:
        few = np.sort(rng.permutation(len(asked.trial))[:most])
        asked, donor, twin, taken = asked.of(few), *_those(few, donor, twin, taken)
    width = recorded.test_inputs.shape[2] + 2 * recorded.test.outputs.shape[2]  # what is read, given out and expected
    needed = length * len(asked.trial) * width
    check_room(needed, "steps", f"{length}, whose outputs are", "compare fewer steps, or edit fewer trials: most=")
    u = _inputs_after(recorded, asked.time, asked.trial if donor is None else donor, length, inputs)
    plan = _Plan(asked, donor, twin, taken, u, source, feedback, agrees)
    done = _edits_of(fitted, plan, rng)
    if not interchange:
        done = replace(done, readable=readable_at(fitted, asked.variables, times)[np.searchsorted(times, asked.time)])
    others = [
        _edits_of(control, plan, np.random.default_rng(seed), alone=True)
        for control in untrained_networks.of(fitted, untrained)
    ]
    obeyed = [control.followed & ~control.already for control in others]
    return replace(done, untrained=max(obeyed, key=np.mean)) if obeyed else done


def _those(entries: np.ndarray, *arrays: np.ndarray | None) -> list[np.ndarray | None]:
    """Some entries of each array that there is."""
    return [None if array is None else array[entries] for array in arrays]


@dataclass(frozen=True, eq=False)
class _Plan:
    """All that is to be done, whatever network it is done to.

    Attributes:
        asked: The changes.
        donor: The trials whose futures are expected; None where someone states them.
        twin: Trials that hold the same as these; -1 where there is none.
        taken: The trials whose states are put in; None where it is told what is.
        inputs: What is read afterwards.
        source: Who states the future.
        feedback: What the network hears of its own outputs.
        agrees: The user's idea of agreement.
    """

    asked: _Asked
    donor: Int[np.ndarray, " edit"] | None
    twin: Int[np.ndarray, " edit"] | None
    taken: Int[np.ndarray, " edit"] | None
    inputs: Float[np.ndarray, "step edit input"]
    source: Any
    feedback: Callable | None
    agrees: Agrees | None


def _edits_of(fitted: Fitted, plan: _Plan, rng: np.random.Generator, alone: bool = False) -> Edits:
    """The edits of one network, perhaps without its controls."""
    trials, asked, donor, u, length = fitted.trials, plan.asked, plan.donor, plan.inputs, len(plan.inputs)
    moment = trials.index(asked.time)
    state = trials.test.states[moment, asked.trial]

    feedback = None if plan.feedback is None else _heard(plan.feedback)
    silent = feedback is None and trials.task is not None and not u.any()
    continuation = Continuation(trials.system, length, None if silent else u, feedback)
    change = fitted.memories.change(asked.before, asked.after)
    if plan.taken is not None:
        subspaces = [fitted.subspaces[i] for i in asked.variables]
        change = exchange(trials.test.states[moment, plan.taken] - state, subspaces)
    with np.errstate(over="ignore"):
        size = np.linalg.norm(change, axis=1)
        if not np.isfinite(size.astype(state.dtype)).all():
            raise InputError(f"edit ({asked.name})", "more than numbers of the state can be", "give a smaller value")
    added: dict[str, Any] = {"unedited": 0.0, "edited": change}
    if not alone:
        other = _along_another(fitted, change, asked, rng)
        added |= {"random": random_step(change, rng)} | ({} if other is None else {"other": other})
    spoken = trials.test.outputs[asked.time, asked.trial]
    outputs = outcomes(continuation, state, added, spoken)
    unedited, edited = outputs["unedited"], outputs["edited"]
    random, aside = outputs.get("random", edited), outputs.get("other")

    def future_of(trial: np.ndarray) -> np.ndarray:
        return continuation.outputs(trials.test.states[moment, trial], trials.test.outputs[asked.time, trial])

    if unedited.shape[2] != trials.test.outputs.shape[2]:
        shown = f"gives out {unedited.shape[2]} numbers, and {trials.test.outputs.shape[2]} when it was recorded"
        raise InputError("network", shown, "record the trials again")
    if not np.isfinite(unedited).all():
        raise InputError(
            "outputs", "not finite after the time of the edit", "check the network, or compare fewer steps"
        )
    ceiling = np.zeros(0, dtype=bool)
    if donor is None:
        expected = _expected(trials, plan.source, asked.after, u, length, unedited)
        otherwise = _expected(trials, plan.source, asked.before, u, length, unedited)
        parted, ceiling = _ALIKE, _followed(trials, plan.agrees, unedited, otherwise, otherwise, _ALIKE, unedited)
    else:
        if plan.feedback is not None:
            expected = future_of(donor)
        else:
            given = trials.test.outputs
            expected = np.stack(
                [given[t + 1 : t + 1 + length, i] for t, i in zip(asked.time, donor, strict=True)], axis=1
            )
        otherwise, parted = unedited, _CLOSE
    followed, already, pushed = (
        _followed(trials, plan.agrees, given, expected, otherwise, parted, unedited)
        for given in (edited, unedited, random)
    )
    none = np.zeros(0, dtype=bool)
    known = np.ones(len(followed), dtype=bool)
    if plan.twin is not None and not alone:
        known = plan.twin >= 0
        holds = future_of(plan.twin)  # of -1 the last trial's, left out below
        ceiling = _followed(trials, plan.agrees, holds, expected, otherwise, parted, unedited)[known]
    distances = (expected[:, ~already], unedited[:, ~already])
    return Edits(
        asked.name,
        asked.trial,
        asked.time,
        trials.values(asked.before),
        trials.values(asked.after),
        edited,
        expected,
        unedited,
        followed,
        already,
        pushed,
        none if aside is None else _followed(trials, plan.agrees, aside, expected, otherwise, parted, unedited),
        ceiling,
        size,
        (
            recovered(edited[:, ~already], *distances),
            recovered(random[:, ~already], *distances),
            float("nan") if aside is None else recovered(aside[:, ~already], *distances),
        ),
        group=None if trials.test.groups is None else trials.test.groups[asked.trial],
        known=known,
    )


def _heard(function: Callable) -> Feedback:
    """A user's function of what is heard, held to the shape that is read."""
    alone = not _takes_two(function)

    def heard(spoken: np.ndarray, given: np.ndarray) -> np.ndarray:
        arguments = (spoken,) if alone else (spoken, given)
        read = as_numpy(_asked_of("feedback", function, *arguments), "feedback")
        if read.shape != given.shape or read.dtype.kind not in "fiub" or not np.isfinite(read).all():
            shown = f"returned {read.dtype} of shape {read.shape}"
            raise InputError("feedback", shown, f"give finite inputs (trial, input) = {given.shape}")
        return read.astype(given.dtype)

    return heard


def _takes_two(function: Callable) -> bool:
    try:
        inspect.signature(function).bind(1, 2)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is to be changed: a trial and a time an entry, the numbers before and after, and a name for it."""

    trial: Int[np.ndarray, " edit"]
    time: Int[np.ndarray, " edit"]
    before: Float[np.ndarray, "edit number"]
    after: Float[np.ndarray, "edit number"]
    name: str
    variables: tuple[int, ...]

    def of(self, entries: np.ndarray) -> _Asked:
        """Some of them."""
        trial, time, before, after = (part[entries] for part in (self.trial, self.time, self.before, self.after))
        return _Asked(trial, time, before, after, self.name, self.variables)


def _asked(fitted: Fitted, times: np.ndarray, word: str, what: Any, chosen: np.ndarray) -> _Asked:
    """The changes of these trials at these times that change something."""
    trials = fitted.trials
    time = np.repeat(times, len(chosen))
    trial = np.tile(chosen, len(times))
    before = trials.test.labels[time, trial]
    after, name, variables = _after(trials, before, trial, word, what)
    after = after if trials.task is None else consistent(trials.task, after, time)
    known = np.isfinite(before[:, trials.stored]).all(axis=1)
    moved = np.abs(np.nan_to_num(after) - np.nan_to_num(before))[:, trials.stored].max(axis=1) > 1e-12
    if not (known & moved).any():
        reason = "changes nothing in any trial" if known.any() else "no trial has a value of every variable then"
        raise InputError(f"edit ({name})", f"at {times.tolist()[:6]}", f"{reason}; choose another time or value")
    return _Asked(trial, time, before, after, name, variables).of(known & moved)


def _chosen(trials: Trials, given: Any) -> Int[np.ndarray, " trial"]:
    """The trials that may be edited."""
    count = trials.test.states.shape[1]
    if given is None:
        return np.arange(count)
    chosen = np.atleast_1d(as_numpy(as_list(given), "trials"))
    if chosen.dtype == bool and chosen.shape == (count,):
        chosen = np.flatnonzero(chosen)
    if (
        chosen.ndim != 1
        or not chosen.size
        or chosen.dtype.kind not in "iu"
        or chosen.min() < 0
        or chosen.max() >= count
    ):
        raise InputError("trials", chosen.tolist(), f"give numbers from 0 to {count - 1}, of the trials to judge on")
    return np.unique(chosen)


def _times(trials: Trials, at: Any) -> Int[np.ndarray, " time"]:
    """The times of the edits."""
    times = np.array(checked_times(at, trials.steps, "at"))
    trials.index(times)
    return times


def _steps(trials: Trials, times: np.ndarray, steps: int | None, source: Any, has_inputs: bool) -> int:
    """How many steps are compared."""
    left = trials.steps - 1 - int(times.max())
    free = has_inputs or (trials.task is not None and source != TRIAL)
    wanted = (FUTURE if trials.task else left) if steps is None else whole_number(steps, "steps", 1)
    if wanted < 1 or (wanted > left and not free):
        remedy = f"{left} steps were recorded after time {int(times.max())}; edit earlier, or record longer"
        raise InputError("steps", wanted, remedy)
    return int(wanted)


def _after(
    trials: Trials, before: np.ndarray, trial: np.ndarray, word: str, what: Any
) -> tuple[np.ndarray, str, tuple[int, ...]]:
    """The numbers that were asked for, in words what it is, and the variables that it is about."""
    after = before.copy()
    places, variables = trials.slices, trials.variables
    if isinstance(what, (list, tuple)) and not len(what):
        raise InputError(word, str(what), "name at least one variable")
    if word == "flip":
        selection = trials.find(what)
        for i in selection:
            if variables[i].kind != BINARY:
                remedy = "use set or shift" if variables[i].kind == CONTINUOUS else "use set"
                raise InputError("flip", variables[i].name, f"it is {variables[i].kind}; {remedy}")
            after[:, places[i]] *= -1
    elif word == "swap":
        if not isinstance(what, (tuple, list)) or len(what) != 2:
            raise InputError("swap", what, "give two variables")
        first, second = (trials.find(part) for part in what)
        if len(first) != len(second):
            raise InputError("swap", what, f"{len(first)} variables for {len(second)}; give two of a size")
        for i, j in zip(first, second, strict=True):
            a, b = variables[i], variables[j]
            if a.kind != b.kind or (a.kind != CONTINUOUS and not np.array_equal(a.classes, b.classes)):
                raise InputError("swap", f"{a.name} and {b.name}", "they do not take the same values; use set")
            for one, source in ((i, j), (j, i)):
                after[:, places[one]] = variables[one].encode(variables[source].decode(before[:, places[source]]))
            after[np.isnan(before)] = np.nan
        selection = first + second
    else:
        if not isinstance(what, Mapping) or not what:
            raise InputError(word, what, f"give {word}={{variable: value}}")
        selection = []
        for selector, value in what.items():
            indices = trials.find(selector)
            values = as_numpy(value, word)
            if values.dtype.kind not in "biufUS":
                raise InputError(word, f"{selector}: {value!r:.60}", "give a value, or one for each trial to judge on")
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                raise InputError(word, f"{selector}: {value!r:.60}", "give finite numbers")
            if values.shape and values.shape[0] == trials.test.states.shape[1] and len(indices) == 1:
                spread = [values[trial]]
            elif values.shape in ((), (len(indices),)):
                spread = [np.full(len(before), one) for one in np.broadcast_to(values, len(indices))]
            else:
                most = trials.test.states.shape[1] if len(indices) == 1 else len(indices)
                raise InputError(word, f"values of shape {values.shape} for {selector}", f"give 1 value or {most}")
            for i, one in zip(indices, spread, strict=True):
                if word == "shift":
                    if one.dtype.kind not in "iuf":
                        raise InputError("shift", f"{selector}: {value!r:.60}", "give a number to be added")
                    if variables[i].kind != CONTINUOUS:
                        remedy = "use flip or set" if variables[i].kind == BINARY else "use set"
                        raise InputError("shift", variables[i].name, f"it is {variables[i].kind}; {remedy}")
                    after[:, places[i]] += one[:, None] / variables[i].spread
                else:
                    after[:, places[i]] = variables[i].encode(one)
            selection += indices
    if len(set(selection)) < len(selection):
        raise InputError(word, str(what), "names a variable twice; name each once")
    shown = [variables[i].name for i in selection]
    return after, f"{word} {', '.join(shown[:4])}{', ...' if len(shown) > 4 else ''}", tuple(dict.fromkeys(selection))


def _donors(
    trials: Trials, asked: _Asked, rng: np.random.Generator
) -> tuple[Int[np.ndarray, " edit"], Int[np.ndarray, " edit"]]:
    """For each edit two other trials that hold at that time what was asked for; -1 where there is none."""
    scale = np.concatenate([np.full(v.size, _ALIKE if v.kind == CONTINUOUS else 1e-6) for v in trials.variables])
    donors, twins = np.full((2, len(asked.trial)), -1)
    second = np.random.default_rng(0)
    for i, (trial, time, after) in enumerate(zip(asked.trial, asked.time, asked.after, strict=True)):
        held = trials.test.labels[time]
        alike = (np.abs(held - after) <= scale)[:, trials.stored].all(axis=1)
        alike[trial] = False
        if alike.any():
            donors[i] = rng.choice(np.flatnonzero(alike))
            alike[donors[i]] = False
        if alike.any():
            twins[i] = second.choice(np.flatnonzero(alike))
    if (donors < 0).all():
        remedy = "no other trial holds just these values then; give future= as a function, or record more trials"
        raise InputError("future", TRIAL, remedy)
    return donors, twins


def _holders(trials: Trials, asked: _Asked, rng: np.random.Generator) -> Int[np.ndarray, " edit"]:
    """For each edit another trial that has the values asked for, whatever else it holds; -1 where there is none."""
    places = np.concatenate([np.arange(trials.stored.size)[trials.slices[i]] for i in asked.variables])
    kinds = np.concatenate([np.full(v.size, _ALIKE if v.kind == CONTINUOUS else 1e-6) for v in trials.variables])
    holders = np.full(len(asked.trial), -1)
    for i, (trial, time, after) in enumerate(zip(asked.trial, asked.time, asked.after, strict=True)):
        held = trials.test.labels[time][:, places]
        alike = (np.abs(held - after[places]) <= kinds[places]).all(axis=1)
        alike[trial] = False
        if alike.any():
            holders[i] = rng.choice(np.flatnonzero(alike))
    if (holders < 0).all():
        raise InputError("interchange", True, "no other trial has the values asked for then; record more trials")
    return holders


def _inputs_after(trials: Trials, time: np.ndarray, trial: np.ndarray, length: int, given: Any) -> np.ndarray:
    """What is read after the edits, (step, edit, input)."""
    if given is None:
        if trials.task is not None:
            return np.zeros((length, len(time), trials.test_inputs.shape[2]), dtype=trials.test_inputs.dtype)
        return np.stack(
            [trials.test_inputs[t + 1 : t + 1 + length, i] for t, i in zip(time, trial, strict=True)], axis=1
        )
    u = as_numbers(given, "inputs", "(step, input) or (step, trial, input)")
    width = trials.test_inputs.shape[2]
    if u.shape == (length, width):
        return np.repeat(u[:, None], len(time), axis=1).astype(trials.test_inputs.dtype)
    if u.shape == (length, trials.test_inputs.shape[1], width):
        return u[:, trial].astype(trials.test_inputs.dtype)
    wanted = f"({length}, {width}) or ({length}, {trials.test_inputs.shape[1]}, {width})"
    raise InputError("inputs", f"shape {u.shape}", f"give {wanted}: steps, trials to judge on, inputs")


def _expected(
    trials: Trials, source: Any, numbers: np.ndarray, u: np.ndarray, length: int, like: np.ndarray
) -> np.ndarray:
    """The outputs that should follow from these numbers, from a task or a function."""
    if isinstance(source, LabelledTask):
        return source.future(numbers, length).astype(np.float64)
    if not callable(source):
        raise InputError("future", source, "give a function (values, inputs) -> outputs, 'trial' or a task")
    outputs = as_numpy(_asked_of("future", source, trials.values(numbers), u), "future")
    if outputs.shape != like.shape or outputs.dtype.kind not in "fiub":
        shown = f"a function that returned {outputs.dtype} of shape {outputs.shape}"
        raise InputError("future", shown, f"give outputs (step, trial, output) = {like.shape}")
    if not np.isfinite(outputs).all():
        raise InputError("future", "a function that returned numbers that are not finite", "give finite outputs")
    return outputs.astype(np.float64)


def _asked_of(setting: str, function: Callable, *arguments: np.ndarray) -> Any:
    """What a function of the user's says; where it fails, one line."""
    name = getattr(function, "__name__", type(function).__name__)
    try:
        return function(*arguments)
    except InputError:
        raise
    except Exception as error:
        shapes = " and ".join(str(argument.shape) for argument in arguments)
        raise InputError(
            setting, f"{name} failed ({describe_error(error)})", f"it is called with arrays of shape {shapes}"
        ) from error


def _followed(
    trials: Trials,
    agrees: Agrees | None,
    outputs: np.ndarray,
    expected: np.ndarray,
    otherwise: np.ndarray,
    parted: float,
    unedited: np.ndarray,
) -> Bool[np.ndarray, " edit"]:
    """Whether outputs are the expected ones at every step, and not those that follow otherwise.

    The two futures count as different where they are parted by so many standard deviations: a network's own outputs by
    more than those that someone states, for they are never quite the same.
    """
    if agrees is not None:
        agreed = as_numpy(_asked_of("agrees", agrees, outputs, expected), "agrees")
        if agreed.shape != outputs.shape[:2]:
            raise InputError("agrees", f"returned shape {agreed.shape}", f"give (step, trial) = {outputs.shape[:2]}")
        if agreed.dtype.kind not in "biuf" or not np.isin(agreed, (0, 1)).all():
            shown = "numbers other than 0 and 1" if agreed.dtype.kind in "iuf" else str(agreed.dtype)
            raise InputError("agrees", f"returned {shown}", "give True or False, (step, trial)")
    elif (np.abs(expected) == 1).all():
        sure = np.maximum(_SURE * np.sqrt((unedited.astype(np.float64) ** 2).mean(axis=(0, 1))), _NOTHING)
        agreed = ((signs(outputs) == expected) & (np.abs(outputs) >= sure)).all(axis=2)
    else:
        spread = trials.test.outputs.reshape(-1, outputs.shape[2]).astype(np.float64).std(axis=0)
        least, apart = _ROUNDING * spread.max(), np.abs(expected - otherwise)
        near = np.maximum(_CLOSE * spread, least)
        near = np.where(apart > np.maximum(parted * spread, least), np.minimum(near, apart / 2), near)
        agreed = (np.abs(outputs - expected) <= near).all(axis=2)
    return np.asarray(agreed.astype(bool).all(axis=0))


def _along_another(fitted: Fitted, change: np.ndarray, asked: _Asked, rng: np.random.Generator) -> np.ndarray | None:
    """Steps of the same lengths along the directions of variables that no edit changes."""
    places, kept = fitted.trials.slices, fitted.trials.stored
    left = (np.abs(asked.after - asked.before) < 1e-9).all(axis=0) & kept
    others = [i for i in range(len(places)) if left[places[i]].all()]
    columns = [fitted.memories.encoder[:, places[i]] for i in others]
    columns = [column for column in columns if np.linalg.norm(column) > 0]
    if not columns:
        return None
    chosen = rng.integers(len(columns), size=len(change))
    steps = np.stack([columns[i] @ rng.choice([-1.0, 1.0], size=columns[i].shape[1]) for i in chosen])
    return resized(steps, change)
