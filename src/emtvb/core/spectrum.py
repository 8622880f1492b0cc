"""Long-term eigenvalues of two systems, in pairs: the smallest sum of angles between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Inexact
from scipy.optimize import linear_sum_assignment

MODULUS = 0.9
"""An eigenvalue is long-term if its modulus is larger: what it carries is still there after some steps."""


def long_term(values: Inexact[np.ndarray, " mode"], modulus: float = MODULUS) -> Inexact[np.ndarray, " long_term"]:
    """The eigenvalues whose modulus is larger than this, in their given order."""
    return values[np.abs(values) > modulus]


@dataclass(frozen=True)
class SpectralMatch:
    """How two sets of long-term eigenvalues correspond.

    Attributes:
        error: Mean absolute angle in radians over the larger of the two counts; an eigenvalue without a partner
            counts as pi, the largest angle there is. Never NaN; 0 where neither side has any.
        matched_error: Mean absolute angle over the matched pairs alone; pi where there are none.
        matched: Pairs.
        expected: Long-term eigenvalues that are expected.
        observed: Long-term eigenvalues that are observed.
    """

    error: float
    matched_error: float
    matched: int
    expected: int
    observed: int


def match_spectra(
    expected: Inexact[np.ndarray, " mode"], observed: Inexact[np.ndarray, " other"], modulus: float = MODULUS
) -> SpectralMatch:
    """Pair the long-term eigenvalues by angle so that the sum of angles is smallest (Hungarian method).

    Args:
        expected: Eigenvalues of one system, such as Phi.
        observed: Eigenvalues of another, such as W_hh.
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
