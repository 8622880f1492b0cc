"""By how much measurements may differ that an audit makes again."""

from __future__ import annotations

import pytest

from emtvb.audit.compare import same
from emtvb.audit.tolerances import tolerance


@pytest.mark.parametrize(
    ("column", "there", "alike", "other"),
    [
        ("accuracy", "0.92", "0.924", "0.95"),
        ("units", "128", "128", "129"),
    ],
)
def test_each_column_may_differ_as_the_kind_says(column: str, there: str, alike: str, other: str) -> None:
    allowed = tolerance("measurements/onions/a.csv", column)
    assert same(there, alike, allowed)
    assert not same(there, other, allowed)
