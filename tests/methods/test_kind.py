"""By how much measurements may differ that an audit makes again."""

from __future__ import annotations

import pytest

from emtvb.audit.compare import same
from emtvb.audit.tolerances import tolerance


@pytest.mark.parametrize(
    ("column", "there", "alike", "other"),
    [
        ("seconds", "0.5", "90.0", ""),  # what methods cost may be anything
        ("success", "0.50", "0.55", "0.70"),  # and what they do may not
        ("edits", "588.0", "588.0", "589.0"),
    ],
)
def test_each_column_may_differ_as_the_kind_says(column: str, there: str, alike: str, other: str) -> None:
    allowed = tolerance("measurements/methods/a.csv", column)
    assert same(there, alike, allowed)
    assert not same(there, other, allowed)
