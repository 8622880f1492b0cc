"""Controls of edits: what must fail where an edit is to show something."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

FUTURE = 100
"""Output steps after an edit that must all be exact, where the test goes on for as long."""


def random_step(change: Float[np.ndarray, "trial state"], rng: np.random.Generator) -> Float[np.ndarray, "trial state"]:
    """Steps of the same sizes in random directions: the control of an edit."""
    random = rng.normal(size=change.shape)
    random *= np.linalg.norm(change, axis=1, keepdims=True) / np.linalg.norm(random, axis=1, keepdims=True)
    return random
