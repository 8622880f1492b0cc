"""Control steps of an edit: as long as its change of the state, in a random direction or along another variable.

An edit that works whatever is added to the state proves nothing.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def random_step(
    change: Float[np.ndarray, "edit state"], rng: np.random.Generator, part: slice = slice(None)
) -> Float[np.ndarray, "edit state"]:
    """Steps as long as changes, in random directions, of a part of the state or all of it: a control."""
    drawn = rng.normal(size=change.shape).astype(change.dtype, copy=False)
    step = np.zeros_like(drawn)
    step[:, part] = drawn[:, part]
    return resized_step(step, change)


def resized_step(step: Float[np.ndarray, "edit state"], change: Float[np.ndarray, "edit state"]) -> np.ndarray:
    """Steps as long as changes, in the directions of other steps: a control; 0 where the other step is."""
    size, wanted = (np.linalg.norm(part, axis=1, keepdims=True) for part in (step, change))
    return step * (wanted / np.where(size == 0, 1, size))
