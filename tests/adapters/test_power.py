"""What verification finds (``benchmarks/verification.py``): no mistake is taken in silence, and the guide says so."""

from __future__ import annotations

import pytest
import torch
from benchmarks import verification

torch.set_num_threads(1)
QUICK = tuple(kind for kind in verification.KINDS if kind not in ("2000 steps", "1500 units"))


@pytest.mark.parametrize("kind", QUICK)
@pytest.mark.parametrize("mistake", ["none", "recurrence", "cue", "clock outside"])
def test_a_mistake_is_refused_or_said(mistake: str, kind: str) -> None:
    said = verification.cell(mistake, kind)
    assert said in (("taken", "w") if mistake == "none" else ("r", "w"))


def test_the_guide_has_each_of_them_and_none_is_missed() -> None:
    rows = [line.strip("|").split("|") for line in verification.published().splitlines()]
    assert rows[0][1:] == [*verification.KINDS]
    assert [row[0] for row in rows[2:]] == [*verification.MISTAKES]
    assert {word for row in rows[2:] for word in row[1:]} <= {"r", "w", "taken"}


@pytest.mark.nightly
def test_the_table_of_the_guide_is_what_comes_out() -> None:
    """Where it fails: `python -m benchmarks.verification --write`."""
    assert verification.table() == verification.published()
