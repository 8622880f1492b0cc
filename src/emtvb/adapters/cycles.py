"""Cycles of any network: ``cycles``."""

from __future__ import annotations

from typing import Any

from emtvb.adapters.adapting import adapt
from emtvb.core import cycles as core
from emtvb.core.cycles import Cycles


def cycles(system: Any, states: Any, period: int, inputs: Any = None) -> Cycles:
    """How far states come back after a period, and the multipliers round each cycle.

    A state that comes back is on a cycle (of period 1: a fixed point). Where all its multipliers lie within the unit
    circle, the cycle attracts: what pushes the state a little off it is forgotten. Where one lies outside, it grows.

    Args:
        system: Of :func:`adapt`, or what it takes.
        states: Where to start, (trial, state), such as states that were recorded: ``trials.test.states[-1]``. It is
            run in their precision: how near a state can come back is a matter of rounding.
        period: Steps, 1 or more. A multiple of a cycle's length gives powers of its multipliers.
        inputs: u, the same at every step, (input,), or one for each, (period, input); zero by default.

    Returns:
        Of every state, where it was after the period, and its multipliers.

    Raises:
        InputError: Where states, period or inputs are not of the network's size, or not finite.

    Example:
        >>> import emtvb
        >>> system = emtvb.adapt(lambda u, h: (h, h @ [[0, 0.5], [-0.5, 0]]), state=2, input_dim=1)
        >>> abs(emtvb.cycles(system, [[1.0, 0.0]], period=4).multipliers).round(4)  # (1/2)^4, twice
        array([[0.0625, 0.0625]])
    """
    return core.follow_cycles(adapt(system), states, period, inputs)
