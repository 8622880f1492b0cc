"""A system as a linear one around a state: the derivative of a step, by differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float

NEUTRAL = {"float64": 1e-7}
"""How far a modulus may be from 1 by rounding, a step, in double precision; in single it is :data:`_NEUTRAL_SINGLE`."""
_NEUTRAL_SINGLE = 1e-4
VISITED = 64
"""States at which the step is differentiated where the network works."""

Step = Callable[[Float[np.ndarray, "batch state"]], Float[np.ndarray, "batch state"]]


def modulus_rounding(states: np.ndarray) -> float:
    """How far moduli of 1 may be from 1 by the rounding of these states: there nothing says stable or not."""
    return NEUTRAL.get(str(states.dtype), _NEUTRAL_SINGLE)


def jacobian_by_differences(
    step: Step, states: Float[np.ndarray, "batch state"]
) -> Float[np.ndarray, "batch state state"]:
    """The derivative of a step at each of these states, by central differences."""
    size = _displacement(states)
    return np.stack([moved / (2 * size) for moved in _differences(step, states, size)], axis=2)


def mean_jacobian_by_differences(
    step: Step, states: Float[np.ndarray, "batch state"]
) -> Float[np.ndarray, "state state"]:
    """Their mean over these states."""
    size = _displacement(states)
    return np.stack([moved.mean(axis=0) / (2 * size) for moved in _differences(step, states, size)], axis=1)


def _displacement(states: Float[np.ndarray, "batch state"]) -> float:
    """How far states are moved: a hundredth of their mean size, in double precision a hundred-thousandth."""
    share = 1e-5 if states.dtype == np.float64 else 1e-2
    return share * (float(np.abs(states).mean()) or 1.0)


def _differences(step: Step, states: Float[np.ndarray, "batch state"], size: float) -> Iterator[np.ndarray]:
    """For each direction, what follows from states that are ahead in it less what follows from states behind."""
    for direction in np.eye(states.shape[1], dtype=states.dtype):
        ahead, behind = (step(states + sign * size * direction) for sign in (1, -1))
        yield ahead.astype(np.float64) - behind
