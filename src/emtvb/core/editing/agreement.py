"""Whether outputs are those that were expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

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
    """

    expected: Float[np.ndarray, "step edit output"]
    otherwise: Float[np.ndarray, "step edit output"]
    unedited: Float[np.ndarray, "step edit output"]
    recorded: Float[np.ndarray, "time trial output"]
    parted: float
    agrees: Agrees | None = None

    def holds(self, outputs: Float[np.ndarray, "step edit output"]) -> Bool[np.ndarray, " edit"]:
        """Whether each output vector agrees with the expected one at every step.

        Raises:
            InputError: Where the user's rule fails, or returns something else.
        """
        if self.agrees is not None:
            return np.asarray(self._by_user(self.agrees, outputs).all(axis=0))
        if self._are_signs:
            agreed = (nearest_bits(outputs) == self.expected) & (np.abs(outputs) >= self._sure)
        else:
            agreed = np.abs(outputs - self.expected) <= self._near
        return np.asarray(agreed.all(axis=(0, 2)))

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


def all_signs_agree(
    outputs: Float[np.ndarray, "step edit output"], expected: Float[np.ndarray, "step edit output"]
) -> Bool[np.ndarray, " edit"]:
    """Whether every output has the expected sign at every step."""
    agreed: np.ndarray = (nearest_bits(outputs) == expected).all(axis=(0, 2))
    return agreed


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
