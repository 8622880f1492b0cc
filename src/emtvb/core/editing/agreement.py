"""Whether outputs are those that were expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.core.arguments import as_numpy, call_user_function
from emtvb.core.recording import nearest_bits
from emtvb.errors import InputError

Agrees = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From outputs and expected outputs, (step, trial, output), to whether they agree, (step, trial)."""

CLOSE = 0.5
"""Outputs agree within so many standard deviations of the network's outputs, where they are no signs."""
_ROUNDING = 1e-3
"""Nothing nearer than this share of the largest of these deviations counts as a difference."""
_SURE = 0.1
"""A sign counts where the output is larger than this share of the network's own outputs, and than :data:`_NOTHING`."""
_NOTHING = 1e-6
_TOLD = 0.95
"""Outputs are scores of classes if the largest one goes with the class in so many of the trials."""


@dataclass(frozen=True, eq=False)
class FirstMiss:
    """Where the future of each edit first differs from the expected one, and how near it came there.

    Attributes:
        step: Steps after the edit, from 1; 0 where it agrees at every step.
        output: Which number of the output; of scores of classes, that of the expected class. -1 where it agrees, and
            where a rule of the user's says, which knows steps alone.
        off: How far this number is from the expected one; of scores of classes, how much larger the largest is. NaN
            where there is no number.
        allowed: How far it may be.
    """

    step: Int[np.ndarray, " edit"]
    output: Int[np.ndarray, " edit"]
    off: Float[np.ndarray, " edit"]
    allowed: Float[np.ndarray, " edit"]


@dataclass(frozen=True, eq=False)
class Agreement:
    """When outputs are the expected ones, and not those that follow otherwise.

    Attributes:
        expected: What should follow.
        otherwise: What follows where the change is not made.
        unedited: What the network gives out without the edit.
        recorded: Outputs of the network at large, whose spread is the unit.
        parted: The two futures are different where they are apart by so many standard deviations: a network's own
            outputs by more than those that someone states, for they are never quite the same.
        agrees: The user's own rule, in place of this one.
        by_largest: Whether outputs are scores of classes, which agree where the same one is the largest.
    """

    expected: Float[np.ndarray, "step edit output"]
    otherwise: Float[np.ndarray, "step edit output"]
    unedited: Float[np.ndarray, "step edit output"]
    recorded: Float[np.ndarray, "time trial output"]
    parted: float
    agrees: Agrees | None = None
    by_largest: bool = False

    def holds(self, outputs: Float[np.ndarray, "step edit output"]) -> Bool[np.ndarray, " edit"]:
        """Whether each output vector agrees with the expected one at every step.

        Raises:
            InputError: Where the user's rule fails, or returns something else.
        """
        return np.asarray(self._at_each(outputs).all(axis=(0, 2)))

    def first_miss(self, outputs: Float[np.ndarray, "step edit output"]) -> FirstMiss:
        """Where each future first fails to agree, and how near it came there.

        Raises:
            InputError: Where the user's rule fails, or returns something else.
        """
        agreed = self._at_each(outputs)
        missed, edit = ~agreed.all(axis=(0, 2)), np.arange(agreed.shape[1])
        step = (~agreed).any(axis=2).argmax(axis=0)
        if self.agrees is not None:
            unknown = np.full(len(edit), np.nan)
            return FirstMiss(np.where(missed, step + 1, 0), np.full(len(edit), -1), unknown, unknown)
        off, allowed = (part[step, edit] for part in self._off_and_allowed(outputs))
        output = self.expected[step, edit].argmax(axis=1) if self.by_largest else (off - allowed).argmax(axis=1)
        off, allowed = (np.where(missed, part[edit, output], np.nan) for part in (off, allowed))
        return FirstMiss(np.where(missed, step + 1, 0), np.where(missed, output, -1), off, allowed)

    def _at_each(self, outputs: Float[np.ndarray, "step edit output"]) -> Bool[np.ndarray, "step edit part"]:
        """Whether outputs agree at each step: each number for itself, or all of them as one."""
        if self.agrees is not None:
            return self._by_user(self.agrees, outputs)[:, :, None]
        if self.by_largest:
            return by_largest_output(outputs, self.expected)[:, :, None]
        if self._are_signs:
            return (nearest_bits(outputs) == self.expected) & (np.abs(outputs) >= self._sure)
        return np.asarray(np.abs(outputs - self.expected) <= self._near)

    def _off_and_allowed(
        self, outputs: Float[np.ndarray, "step edit output"]
    ) -> tuple[Float[np.ndarray, "step edit output"], Float[np.ndarray, "step edit output"]]:
        """How far each number is from what is expected, and how far it may be.

        Of scores of classes, how much larger the largest one is.
        """
        if self.by_largest:
            off = outputs.max(axis=2, keepdims=True) - outputs
            return off, np.zeros_like(off)
        if self._are_signs:
            return 1 - outputs * self.expected, np.broadcast_to(1 - self._sure, outputs.shape)
        return np.abs(outputs - self.expected), np.broadcast_to(self._near, outputs.shape)

    def _by_user(self, agrees: Agrees, outputs: Float[np.ndarray, "step edit output"]) -> Bool[np.ndarray, "step edit"]:
        agreed = as_numpy(call_user_function("agrees", agrees, outputs, self.expected), "agrees")
        if agreed.shape != outputs.shape[:2]:
            raise InputError("agrees", f"returned shape {agreed.shape}", f"give (step, trial) = {outputs.shape[:2]}")
        if agreed.dtype.kind not in "biuf" or not np.isin(agreed, (0, 1)).all():
            shown = "numbers other than 0 and 1" if agreed.dtype.kind in "iuf" else str(agreed.dtype)
            raise InputError("agrees", f"returned {shown}", "give True or False, (step, trial)")
        return agreed.astype(bool)

    @cached_property
    def _are_signs(self) -> bool:
        return bool((np.abs(self.expected) == 1).all())

    @cached_property
    def _sure(self) -> Float[np.ndarray, " output"]:
        """The least size of an output that has a sign."""
        size = np.sqrt((self.unedited.astype(np.float64) ** 2).mean(axis=(0, 1)))
        return np.maximum(_SURE * size, _NOTHING)

    @cached_property
    def _near(self) -> Float[np.ndarray, "step edit output"]:
        """How far outputs may be from the expected ones."""
        spread = self.recorded.reshape(-1, self.recorded.shape[2]).astype(np.float64).std(axis=0)
        least, apart = _ROUNDING * spread.max(), np.abs(self.expected - self.otherwise)
        near = np.maximum(CLOSE * spread, least)
        return np.where(apart > np.maximum(self.parted * spread, least), np.minimum(near, apart / 2), near)


def by_largest_output(
    outputs: Float[np.ndarray, "step edit output"], expected: Float[np.ndarray, "step edit output"]
) -> Bool[np.ndarray, "step edit"]:
    """Whether the same output is the largest: the rule of agreement of scores of classes."""
    return np.asarray(outputs.argmax(axis=2) == expected.argmax(axis=2))


def are_one_hot(outputs: Float[np.ndarray, "step edit output"]) -> bool:
    """Whether each output vector is a class: a 1 among zeros."""
    is_one = outputs == 1
    return bool(outputs.shape[2] > 1 and (is_one | (outputs == 0)).all() and (is_one.sum(axis=2) == 1).all())


def largest_tells_class(
    outputs: Float[np.ndarray, "time trial output"],
    places: Int[np.ndarray, "time trial"],
    known: Bool[np.ndarray, "time trial"],
) -> bool:
    """Whether outputs are scores of a variable's classes: which one is the largest says which class there is.

    At each time it is another one for each class, or the same in all trials (such as before the answer is asked for),
    in at least :data:`_TOLD` of the trials; and at some time it tells classes.

    Args:
        outputs: Of a network.
        places: The place of the variable's class among its classes.
        known: Where it has a class.
    """
    count = int(places.max()) + 1 if places.size else 0
    if outputs.shape[2] < max(count, 2):
        return False
    tells = False
    for chosen, place, there in zip(outputs.argmax(axis=2), places, known, strict=True):
        if not there.any():
            return False
        pairs = np.zeros((count, outputs.shape[2]))
        np.add.at(pairs, (place[there], chosen[there]), 1)
        if pairs.sum(axis=0).max() >= _TOLD * pairs.sum():
            continue
        present = pairs.sum(axis=1) > 0
        own = pairs[present].argmax(axis=1)
        if len(np.unique(own)) < len(own) or pairs[present].max(axis=1).sum() < _TOLD * pairs.sum():
            return False
        tells = True
    return tells


def all_signs_agree(
    outputs: Float[np.ndarray, "step edit output"], expected: Float[np.ndarray, "step edit output"]
) -> Bool[np.ndarray, " edit"]:
    """Whether every output has the expected sign at every step."""
    agreed: np.ndarray = (nearest_bits(outputs) == expected).all(axis=(0, 2))
    return agreed


def ways_made(
    outputs: Float[np.ndarray, "step edit output"],
    expected: Float[np.ndarray, "step edit output"],
    unedited: Float[np.ndarray, "step edit output"],
) -> Float[np.ndarray, " edit"]:
    """:func:`share_recovered` of each edit for itself."""
    pairs = zip(outputs.swapaxes(0, 1), expected.swapaxes(0, 1), unedited.swapaxes(0, 1), strict=True)
    return np.array([share_recovered(*(part[:, None] for part in three)) for three in pairs])


def share_recovered(
    outputs: Float[np.ndarray, "step edit output"],
    expected: Float[np.ndarray, "step edit output"],
    unedited: Float[np.ndarray, "step edit output"],
) -> float:
    """Share of the squared distance from the unedited future to the expected one that outputs make up for.

    1 is all, 0 nothing, below 0 further away; NaN where there is no distance.
    """
    distance = float(((unedited.astype(np.float64) - expected) ** 2).sum())
    if not distance:
        return float("nan")
    return 1 - float(((outputs.astype(np.float64) - expected) ** 2).sum()) / distance
