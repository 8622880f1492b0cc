"""By how much measurements may differ that an audit makes again."""

from __future__ import annotations

import pytest

from emtvb.audit.compare import same, tolerance


@pytest.mark.parametrize(
    ("column", "there", "alike", "other"),
    [
        ("followed", "0.50", "0.55", "0.70"),
        ("learned", "True", "True", "False"),
        ("p", "0.001", "0.5", ""),
    ],
)
def test_each_column_may_differ_as_the_kind_says(column: str, there: str, alike: str, other: str) -> None:
    allowed = tolerance("measurements/foreign/match_gru.csv", column)
    assert same(there, alike, allowed)
    assert not same(there, other, allowed)
