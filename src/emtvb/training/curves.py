"""A learning curve's outline, which stays with the measurements: a figure shows it, a retraining is held to it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from emtvb.training.history import Row

POINTS = 64
"""Rows at most, equally far apart on a square-root scale of steps: the curriculum moves up early."""


def thin_curve(rows: Sequence[Row]) -> list[Row]:
    """At most ``POINTS`` of a curve's rows, as they are; the first and the last among them.

    Which they are depends on the steps alone, so that curves of one protocol stay comparable row by row.

    Args:
        rows: The curve, by ascending step.
    """
    steps = [row.step for row in rows]
    wanted = (steps[-1] * (i / (POINTS - 1)) ** 2 for i in range(POINTS)) if steps else ()
    return [rows[i] for i in sorted({bisect_left(steps, step) for step in wanted})]
