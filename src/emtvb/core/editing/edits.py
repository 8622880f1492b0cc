"""What followed edits, and what that shows: ``Edits``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from scipy import stats

from emtvb.core.editing.agreement import FirstMiss
from emtvb.core.intervals import wilson_interval
from emtvb.core.permutation import ERROR_RATE
from emtvb.core.result_tables import count_and_noun, first_names, html_table
from emtvb.errors import InputError, extra

if TYPE_CHECKING:
    import pandas as pd

_CHANCE = 0.05
"""More futures are followed with the edit than without it if chance comes to as much more seldom than this."""
_SELDOM = 0.5
"""Below this ceiling the rule of agreement may not fit the network."""
_PART = 0.9
"""Below this share an edit is followed in part."""
_FAR = 0.5
"""An edit has an effect in size if outputs go at least so much of the way, and with each control at most half of it."""
LARGEST = "the largest output"
"""What the rule is called that compares which output is the largest."""

CONTROLS = {
    "random_step": "a random step of the same size",
    "other_variable": "a step along another variable",
    "untrained": "an untrained network",
}
"""Controls, and in words what succeeds if they do."""
OF_ALL = ("without_edit", "ceiling")
"""What is a share of all edits, not of those that count."""
SHARES = ("followed", "without_edit", *CONTROLS, "ceiling")
"""What has a share."""
_OF_COUNTED = {
    "followed": "edits followed",
    "random_step": "random step of the same size",
    "other_variable": "along another variable",
    "untrained": "of an untrained network",
}
_OF_ALL = {"without_edit": "without an edit", "ceiling": "as expected if nothing is edited"}
"""What has a share, in words: of the edits that count, and of all edits."""


def _none() -> Bool[np.ndarray, " none"]:
    """The outcomes of what there is not."""
    return np.zeros(0, dtype=bool)


def _no_ways() -> Float[np.ndarray, " none"]:
    """The ways of what there is not."""
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class EditedTrials:
    """What was edited, and how, an entry per trial and time.

    Attributes:
        trial: The trial, an index of the test trials.
        time: After which time it was edited.
        before: The variables' values there.
        after: What was asked for.
        size: Of the step, in the state.
        readable: Whether the variables that are edited can be read at that time, by the rule of ``judge``. True of
            edits by interchange, which read nothing.
        group: Of each edit's trial, the group that it belongs to; None where each trial is independent.
    """

    trial: Int[np.ndarray, " edit"]
    time: Int[np.ndarray, " edit"]
    before: Shaped[np.ndarray, "edit variable"]
    after: Shaped[np.ndarray, "edit variable"]
    size: Float[np.ndarray, " edit"]
    readable: Bool[np.ndarray, " edit"] | bool = True
    group: Int[np.ndarray, " edit"] | None = None


@dataclass(frozen=True, eq=False)
class Futures:
    """The outputs of all steps after each edit.

    Attributes:
        outputs: What the network then gave out.
        expected: What should follow from the values after the edit.
        unedited: What the network gives out on the same inputs without it.
    """

    outputs: Float[np.ndarray, "step edit output"]
    expected: Float[np.ndarray, "step edit output"]
    unedited: Float[np.ndarray, "step edit output"]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Whether the future was the expected one: after the edit, without it, and after each control.

    Attributes:
        followed: After the edit.
        without_edit: The same without the edit: then it does not count.
        random_step: The same after a step of the same size in a random direction: a control, which must fail; empty of
            an untrained network, which is a control itself.
        other_variable: The same after a step of the same length along another variable's direction: a control, which
            must fail; empty where there is no other variable.
        untrained: The same edit of an untrained network of the same shape, where the variables are fitted anew, if that
            one would not have followed without it either (of three networks, the one that obeys most): a control, which
            must fail; empty where there is none.
    """

    followed: Bool[np.ndarray, " edit"]
    without_edit: Bool[np.ndarray, " edit"]
    random_step: Bool[np.ndarray, " random"] = field(default_factory=_none)
    other_variable: Bool[np.ndarray, " control"] = field(default_factory=_none)
    untrained: Bool[np.ndarray, " untrained"] = field(default_factory=_none)


@dataclass(frozen=True, eq=False)
class Ways:
    """The part of the way from the unedited future to the expected one that outputs go, an entry per edit.

    1 is all, 0 nothing, below 0 further away; NaN where there is no way.

    Attributes:
        edited: After the edit.
        random_step: After a random step of the same size; empty where there is none.
        other_variable: After a step along another variable; empty where there is none.
        untrained: After the same edit of the untrained network that goes furthest; empty where there is none.
    """

    edited: Float[np.ndarray, " edit"]
    random_step: Float[np.ndarray, " random"] = field(default_factory=_no_ways)
    other_variable: Float[np.ndarray, " control"] = field(default_factory=_no_ways)
    untrained: Float[np.ndarray, " untrained"] = field(default_factory=_no_ways)


@dataclass(frozen=True, eq=False)
class Ceiling:
    """How often edits can be followed at most.

    Attributes:
        ceiling: Whether the network without an edit does what should follow from the values that it holds: no edit can
            be followed more often, unless these are not the values that it holds. Where another trial's future is
            expected, whether a second trial with the same values does the same on its inputs; for edits with one.
            Empty of an untrained network.
        known: Which edits it is known of.
    """

    ceiling: Bool[np.ndarray, " known"] = field(default_factory=_none)
    known: Bool[np.ndarray, " edit"] | bool = True


@dataclass(frozen=True, eq=False, repr=False)
class Edits:
    """What came of an edit, an entry per trial and time.

    Followed is a future in which every output vector, for all steps, agrees with the one that was expected. An edit
    *counts* where its future would not have been followed without it (:attr:`counts`): the shares of edits and controls
    are shares of these.

    What ``edited``, ``futures``, ``outcomes`` and ``highest`` hold can be had without them, too: ``edits.followed`` is
    ``edits.outcomes.followed``.

    Attributes:
        name: What was done.
        edited: Trials, times, and values before and after.
        futures: Outputs after each edit, beside those that were expected.
        outcomes: Whether each future was the expected one, and the same of the controls.
        highest: The ceiling.
        recovered: Share of the squared distance between the expected future and the unedited one that the edit made up
            for: 1 is all, 0 nothing; over the edits that count. Then of the random step, and of the step along the
            other variable (NaN where there is none, or no edit counts).
        agrees: The name of the rule of agreement: that of the user's, or :data:`LARGEST`; empty where signs or sizes
            are compared.
        last: The last of several times, where as many steps are compared as follow it; else None.
        hint: Where a default may be why it shows nothing, or is followed in part, what to do.
        misses: Where each future first differs from the expected one; None in files of earlier versions.
        ways: How far each went, and the controls; None in files of earlier versions.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> x = np.random.default_rng(0).normal(size=(10, 80, 2))  # (time, trial, input)
        >>> add = emtvb.adapt(lambda u, h: (h + u, h + u), state=2, whole=lambda x: x.cumsum(axis=0))
        >>> fitted = emtvb.fit(emtvb.record(add, x, x.cumsum(axis=0)))
        >>> edits = emtvb.edit(fitted, at=4, shift={"0": 1.0}, expected=lambda v, u: v + u.cumsum(axis=0))
        >>> edits.followed.shape, bool(edits.followed.all())
        ((40,), True)
    """

    name: str
    edited: EditedTrials
    futures: Futures
    outcomes: Outcomes
    highest: Ceiling
    recovered: tuple[float, float, float]
    agrees: str = ""
    last: int | None = None
    hint: str = ""
    misses: FirstMiss | None = None
    ways: Ways | None = None

    @property
    def trial(self) -> Int[np.ndarray, " edit"]:
        """The trial of each edit, an index of the test trials."""
        return self.edited.trial

    @property
    def time(self) -> Int[np.ndarray, " edit"]:
        """After which time it was edited."""
        return self.edited.time

    @property
    def before(self) -> Shaped[np.ndarray, "edit variable"]:
        """The variables' values there."""
        return self.edited.before

    @property
    def after(self) -> Shaped[np.ndarray, "edit variable"]:
        """The values that were asked for."""
        return self.edited.after

    @property
    def size(self) -> Float[np.ndarray, " edit"]:
        """Of the step, in the state."""
        return self.edited.size

    @property
    def readable(self) -> Bool[np.ndarray, " edit"] | bool:
        """Whether the variables that are edited can be read at that time."""
        return self.edited.readable

    @property
    def group(self) -> Int[np.ndarray, " edit"] | None:
        """The group of each edit's trial; None where each trial is independent."""
        return self.edited.group

    @property
    def outputs(self) -> Float[np.ndarray, "step edit output"]:
        """What the network gave out after each edit."""
        return self.futures.outputs

    @property
    def expected(self) -> Float[np.ndarray, "step edit output"]:
        """What should follow from the values after the edit."""
        return self.futures.expected

    @property
    def unedited(self) -> Float[np.ndarray, "step edit output"]:
        """What the network gives out on the same inputs without it."""
        return self.futures.unedited

    @property
    def followed(self) -> Bool[np.ndarray, " edit"]:
        """Whether the future was the expected one."""
        return self.outcomes.followed

    @property
    def without_edit(self) -> Bool[np.ndarray, " edit"]:
        """The same without the edit: then it does not count."""
        return self.outcomes.without_edit

    @property
    def random_step(self) -> Bool[np.ndarray, " random"]:
        """The same after a random step of the same size; empty where there is none."""
        return self.outcomes.random_step

    @property
    def other_variable(self) -> Bool[np.ndarray, " control"]:
        """The same after a step along another variable; empty where there is none."""
        return self.outcomes.other_variable

    @property
    def untrained(self) -> Bool[np.ndarray, " untrained"]:
        """The same of an untrained network; empty where there is none."""
        return self.outcomes.untrained

    @property
    def ceiling(self) -> Bool[np.ndarray, " known"]:
        """Whether the network without an edit does what its values say: no edit can be followed more often."""
        return self.highest.ceiling

    @property
    def known(self) -> Bool[np.ndarray, " edit"] | bool:
        """Which edits the ceiling is known of."""
        return self.highest.known

    def to_dataframe(self) -> pd.DataFrame:
        """A row for each edit: trial, time, size, followed, without_edit, counts, and where it first fails.

        That is ``step``, from 1 for the first after the edit (0 where it is followed), ``output``, ``off`` and
        ``allowed`` (:class:`FirstMiss`), beside ``way``, the part of the way that outputs go. Edits that earlier
        versions saved have no such columns.

        Raises:
            InputError: Where pandas is not installed.
        """
        with extra("plot"):
            import pandas as pd

        words = ("trial", "time", "size", "followed", "without_edit", "counts")
        columns = {word: getattr(self, word) for word in words}
        if self.misses is not None:
            columns |= {word: getattr(self.misses, word) for word in ("step", "output", "off", "allowed")}
        if self.ways is not None:
            columns["way"] = self.ways.edited
        return pd.DataFrame(columns)

    @property
    def counts(self) -> Bool[np.ndarray, " edit"]:
        """Which edits count: without them the network would not have done what is expected.

        Where the variables can be read at some times alone, these alone count.
        """
        return which_count(self.without_edit, self.readable)

    @property
    def success(self) -> float:
        """Share of the edits that count whose future was the expected one; NaN where none counts."""
        return self.share()

    def share(self, which: str = "followed") -> float:
        """The share of ``followed`` or of a control among the edits that count, NaN where there are none.

        Of ``without_edit`` and ``ceiling`` the share among all edits.
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
        low, high = wilson_interval(float(values.mean()), min(units, len(values)))
        return float(low), float(high)

    def _counted(self, which: str) -> tuple[Bool[np.ndarray, " counted"], int]:
        """What a share is the mean of, and how many independent trials or groups that is."""
        if not isinstance(which, str) or which not in SHARES:
            raise InputError("share", str(which), f"give one of {', '.join(SHARES)}")
        values = getattr(self, which)
        counts = np.ones(len(self.without_edit), dtype=bool) if which in OF_ALL else self.counts
        unit = self.trial if self.group is None else self.group
        return (values if which in OF_ALL or not len(values) else values[counts]), len(np.unique(unit[counts]))

    @property
    def controls_fail(self) -> bool:
        """Whether the edit shows that the network uses the edited state: whether the verdict says so."""
        return self._fault is None

    @property
    def controls(self) -> list[str]:
        """The controls that there are, of random_step, other_variable and untrained."""
        return [name for name in CONTROLS if len(getattr(self, name))]

    @property
    def verdict(self) -> str:
        """What the edit shows, and why.

        It shows that the network uses the edited state; or an effect in size, where outputs go the way that is expected
        and do not agree with it, which is not called a use; or nothing.
        """
        hint = f"; {self.hint}" if self.hint else ""
        if self._fault is not None:
            return f"{self._effect or 'shows nothing: '}{self._fault}{hint}"
        shares = [self.share(name) for name in self.controls]
        part = ", in part of the trials" if self.is_in_part else ""
        above = self._above_ceiling
        more = "" if above is None else f", but {above[1]}"
        return (
            f"shows that the network uses the edited state{part}: followed {self.success:.3f}, controls "
            f"{min(shares):.2f} to {max(shares):.2f}{more}{hint}"
        )

    @property
    def is_in_part(self) -> bool:
        """Whether fewer edits are followed than :data:`_PART` of those that count, or none counts."""
        return not self.success >= _PART

    @property
    def has_effect(self) -> bool:
        """Whether the edit shows a use, or at least an effect in size."""
        return self.controls_fail or bool(self._effect)

    @property
    def _effect(self) -> str:
        """That outputs go far though they do not agree, and further than with any control; empty where they do not."""
        if self.ways is None or not np.any(self.readable) or self._above_ceiling is not None:
            return ""
        ways = [part for name in ("edited", *self.controls) if len(part := getattr(self.ways, name))]
        known = self.counts & np.isfinite(ways).all(axis=0)
        if len(ways) < 2 or not known.any():
            return ""
        own, *others = (way[known] for way in ways)
        far = float(np.median(own))
        controls = [float(np.median(other)) for other in others]
        beyond = max(self._chance_of_more(own > other, own < other) for other in others)
        if far < _FAR or max(controls) > far / 2 or beyond >= ERROR_RATE:
            return ""
        return (
            f"shows an effect in size alone: outputs go {far:.3f} of the way that is expected (controls "
            f"{min(controls):.2f} to {max(controls):.2f}), but "
        )

    @property
    def _fault(self) -> str | None:
        """Why the edit shows nothing; None where it shows something."""
        no_better = f"no edit at all does as well ({self.without_edit.mean():.3f}; followed {self.followed.mean():.3f})"
        if not np.any(self.readable):
            times = first_names([str(time) for time in np.unique(self.time)])
            return f"what is edited cannot be read at time {times}"
        if not self.counts.any():
            return no_better
        low = self._low_ceiling
        if not self.success:
            return f"no edit was followed, and without one {low}" if low else "no edit was followed"
        as_well = [name for name in self.controls if self.interval(name)[1] >= self.interval()[0]]
        if as_well:
            worst = max(as_well, key=self.share)
            does = f"{CONTROLS[worst]} does as well"
            if self.share(worst) < self.success:
                if low:
                    little = f"followed {self.success:.3f}, {CONTROLS[worst]} {self.share(worst):.3f}"
                    return f"{little}; without an edit {low}"
                does = f"too few trials to tell it from {CONTROLS[worst]}"
            return f"{does} ({self.share(worst):.3f}; followed {self.success:.3f})"
        usable = _edits_at_readable_times(self.readable, len(self.trial))
        if self._chance_of_more(self.followed[usable], self.without_edit[usable]) >= _CHANCE:
            return no_better
        above = self._above_ceiling
        return above[1] if above is not None and above[0] < _PART else None

    @property
    def _low_ceiling(self) -> str:
        """That little can be followed, since the network does what is expected seldom without an edit; else nothing."""
        if not len(self.ceiling) or self.ceiling.mean() >= _SELDOM:
            return ""
        return (
            f"the network does what is expected in {self.ceiling.mean():.3f} of them: outputs may differ at steps that "
            "do not matter; agrees= says when they are as expected"
        )

    @property
    def _above_ceiling(self) -> tuple[float, str] | None:
        """The ceiling, and in words that more is followed than it; None where there is none, or no more is followed."""
        usable = _edits_at_readable_times(self.readable, len(self.trial))
        known = np.broadcast_to(self.known, self.followed.shape)
        if not len(self.ceiling) or not (known & usable).any():
            return None
        ceiling, followed = self.ceiling[usable[known]], self.followed[known & usable]
        if self._chance_of_more(followed, ceiling) >= ERROR_RATE:
            return None
        return float(ceiling.mean()), (
            f"the label is not always what the network holds: without an edit {ceiling.mean():.3f} do what is "
            f"expected, with it {followed.mean():.3f}"
        )

    def _chance_of_more(self, first: Bool[np.ndarray, " some"], second: Bool[np.ndarray, " some"]) -> float:
        """How likely the first is true so much oftener than the second by chance, of the same edits: a sign test."""
        share = min(self._counted("without_edit")[1] / len(first), 1.0)  # of independent ones among these
        above, below = (round(share * int(count)) for count in ((first & ~second).sum(), (second & ~first).sum()))
        return float(stats.binom.sf(above - 1, above + below, 0.5))

    def __repr__(self) -> str:
        return f"<Edits: {self.name}: {self.verdict}>"

    def __str__(self) -> str:
        lines = [self.verdict, *self._notes()]
        for heading, rows in self._rows().items():
            lines.append(f"{heading}:")
            for row in rows:
                way = "" if np.isnan(row.recovered) else f"; {row.recovered:6.3f} of the way"
                numbers = "  none" if np.isnan(row.share) else f"{row.share:6.3f}  [{row.low:.3f}, {row.high:.3f}]{way}"
                lines.append(f"  {row.words:33} {numbers}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        cells: list[tuple] = []
        for heading, rows in self._rows().items():
            cells.append((heading, "", "", ""))
            cells += [
                (words, "none", "", "") if np.isnan(share)
                else (words, share, f"{low:.3f} to {high:.3f}", "" if np.isnan(recovered) else recovered)
                for words, share, low, high, recovered in rows
            ]  # fmt: skip
        return html_table(self.verdict, ("", "share", "95% interval", "part of the way"), cells, self._notes())

    def _notes(self) -> list[str]:
        """How many edits there are, and how many do not count."""
        trials, without = len(np.unique(self.trial)), int((~self.counts).sum())
        done = f"{count_and_noun(len(self.trial), 'edit')} in {count_and_noun(trials, 'judged trial')}"
        limit = "" if self.last is None else f", as many as follow the last, at {self.last}"
        lines = [f"{self.name}: {done}; {count_and_noun(len(self.outputs), 'step')} after each{limit}"]
        if self.agrees == LARGEST:
            lines.append("outputs agree where the same one is the largest: they are scores of classes")
        if without:
            reason = f"without {'it' if without == 1 else 'them'} the network does the same"
            reason += "" if np.all(self.readable) else ", or nothing can be read there"
            lines.append(f"{without} of them {'does' if without == 1 else 'do'} not count: {reason}")
        if self._first_miss:
            lines.append(self._first_miss)
        return lines if len(self.untrained) else [*lines, "no untrained control: untrained= adds it"]

    @property
    def _first_miss(self) -> str:
        """Where edits that are not followed first fail, most often, and how near they come there; empty of few."""
        if self.misses is None or not self.is_in_part:
            return ""
        missed = self.counts & ~self.followed
        if not missed.any():
            return ""
        places, counts = np.unique(
            np.stack([self.misses.step, self.misses.output])[:, missed], axis=1, return_counts=True
        )
        step, output = places[:, counts.argmax()].tolist()
        there = missed & (self.misses.step == step) & (self.misses.output == output)
        first = f"of {count_and_noun(int(missed.sum()), 'edit')} not followed {counts.max()} fail first at step {step}"
        if output < 0:
            return f"{first} after it"
        off, allowed = (float(np.median(part[there])) for part in (self.misses.off, self.misses.allowed))
        if self.agrees == LARGEST:
            return f"{first} after it, where another output than {output} is the largest, by {off:.3g}"
        return f"{first} after it, in output {output}: it is off by {off:.3g}, and {allowed:.3g} would do (medians)"

    def _rows(self) -> dict[str, list[_Row]]:
        """By what shares are of."""
        counting, every = int(self.counts.sum()), len(self.trial)
        groups = {
            f"of the {counting} {'edit that counts' if counting == 1 else 'edits that count'}": _OF_COUNTED,
            f"of {'all ' * (every > 1)}{count_and_noun(every, 'edit')}": _OF_ALL,
        }
        recovered = dict(zip(("followed", "random_step", "other_variable"), self.recovered, strict=True))
        return {
            heading: [
                _Row(words, self.share(name), *self.interval(name), recovered.get(name, float("nan")))
                for name, words in names.items()
                if len(getattr(self, name))
            ]
            for heading, names in groups.items()
        }


class _Row(NamedTuple):
    """A share in words, with its interval and the way that was made up for (NaN: not known)."""

    words: str
    share: float
    low: float
    high: float
    recovered: float


def which_count(
    without_edit: Bool[np.ndarray, " edit"], readable: Bool[np.ndarray, " edit"] | bool
) -> Bool[np.ndarray, " edit"]:
    """Which edits count, by what happens without them and whether the variables can be read: :attr:`Edits.counts`."""
    return ~without_edit & _edits_at_readable_times(readable, len(without_edit))


def _edits_at_readable_times(readable: Bool[np.ndarray, " edit"] | bool, count: int) -> Bool[np.ndarray, " edit"]:
    """The edits at times where the variables can be read; all, where that is nowhere."""
    every = np.broadcast_to(readable, count)
    return every if every.any() else ~every
