"""The outline of a learning curve."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from emtvb.training import curves, history
from emtvb.training.history import Row


def curve(steps: list[int]) -> list[Row]:
    return [Row(step, 1 / (step + 1), 0.5, 10) for step in steps]


@given(st.lists(st.integers(0, 10**6), unique=True).map(sorted))
def test_an_outline_is_a_few_of_the_rows_from_the_first_to_the_last(steps: list[int]) -> None:
    rows = curve(steps)
    outline = curves.thin_curve(rows)
    assert len(outline) <= curves.POINTS
    assert outline == [row for row in rows if row in outline]
    assert outline[:1] == rows[:1]
    assert outline[-1:] == rows[-1:]
    assert curves.thin_curve(outline)[-1:] == rows[-1:]


def test_a_short_curve_is_its_own_outline() -> None:
    rows = curve(history.kept_steps(150))
    assert curves.thin_curve(rows) == rows


def test_the_beginning_is_kept_closely_and_the_rest_evenly() -> None:
    """On a square-root scale no two neighbours of the paper's 20,000 steps are far apart."""
    steps = [row.step for row in curves.thin_curve(curve(history.kept_steps(20_000)))]
    assert steps[:6] == [0, 50, 100, 150, 200, 250]
    gaps = [after**0.5 - before**0.5 for before, after in pairwise(steps[5:])]
    assert max(gaps) < 2 * 20_000**0.5 / (curves.POINTS - 1)
