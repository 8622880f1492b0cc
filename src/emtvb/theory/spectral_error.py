"""The paper's spectral error, as published: the long-term eigenvalues of W_hh beside Phi's (section 4)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Inexact

from emtvb.core.spectrum import MODULUS, long_term


def published_spectral_error(
    phi: Inexact[np.ndarray, "memory memory"], weights: Inexact[np.ndarray, "hidden hidden"], modulus: float = MODULUS
) -> float:
    """The paper's spectral error in radians, with what it hides (main text, "Results", and its table).

    Eigenvalues of Phi are taken in the order in which LAPACK gives them, and each takes the nearest eigenvalue of
    W_hh that is left. NaN wherever the counts differ (the published code pads with zeros and divides by their norm),
    where rounding pushes a dot product past 1, and where there is nothing to match.
    """
    expected = long_term(np.linalg.eigvals(phi), modulus)
    observed = long_term(np.linalg.eigvals(weights), modulus)
    if len(expected) != len(observed) or len(expected) == 0:
        return float("nan")
    directions, left = _unit_vectors(expected), _unit_vectors(observed)
    total = 0.0
    for direction in directions:
        with np.errstate(invalid="ignore"):
            angles = np.arccos((direction[None] @ left.T).ravel())
        nearest = np.argmin(angles)
        total += float(angles[nearest])
        left = np.delete(left, nearest, axis=0)
    return total / len(directions)


def _unit_vectors(values: Inexact[np.ndarray, " mode"]) -> np.ndarray:
    vectors = np.stack([values.real, values.imag], axis=1).astype(np.float64)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
