"""The long-term eigenvalues of W_hh beside Phi's: the paper's first prediction (section 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Inexact
from scipy.optimize import linear_sum_assignment


def long_term(values: Inexact[np.ndarray, " mode"], modulus: float = 0.9) -> Inexact[np.ndarray, " kept"]:
    """The eigenvalues whose modulus is larger than this, in their given order."""
    return values[np.abs(values) > modulus]


def published_spectral_error(
    phi: Inexact[np.ndarray, "memory memory"], weights: Inexact[np.ndarray, "hidden hidden"], modulus: float = 0.9
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


@dataclass(frozen=True)
class SpectralMatch:
    """How two sets of long-term eigenvalues correspond.

    Attributes:
        error: Mean absolute angle in radians over the larger of the two counts; an eigenvalue without a partner
            counts as pi, the largest angle there is. Never NaN; 0 where neither side has any.
        matched_error: Mean absolute angle over the matched pairs alone; pi where there are none.
        matched: Pairs.
        expected: Long-term eigenvalues of Phi.
        observed: Long-term eigenvalues of W_hh.
    """

    error: float
    matched_error: float
    matched: int
    expected: int
    observed: int


def match_spectra(
    expected: Inexact[np.ndarray, " mode"], observed: Inexact[np.ndarray, " other"], modulus: float = 0.9
) -> SpectralMatch:
    """Pair the long-term eigenvalues by angle so that the sum of angles is smallest (Hungarian method).

    Args:
        expected: Eigenvalues of Phi.
        observed: Eigenvalues of W_hh.
        modulus: An eigenvalue is long-term if its modulus is larger.
    """
    expected, observed = long_term(expected, modulus), long_term(observed, modulus)
    angles = np.abs(np.angle(expected[:, None] * observed[None].conj()))
    rows, columns = linear_sum_assignment(angles)
    total, matched, most = float(angles[rows, columns].sum()), len(rows), max(len(expected), len(observed))
    return SpectralMatch(
        error=(total + np.pi * (most - matched)) / most if most else 0.0,
        matched_error=total / matched if matched else np.pi,
        matched=matched,
        expected=len(expected),
        observed=len(observed),
    )


def _unit_vectors(values: Inexact[np.ndarray, " mode"]) -> np.ndarray:
    vectors = np.stack([values.real, values.imag], axis=1).astype(np.float64)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
