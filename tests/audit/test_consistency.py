"""What different files say of one network."""

from __future__ import annotations

import pytest

from emtvb.audit.consistency import RunData, consistency


@pytest.mark.parametrize(
    ("error", "best", "wrong"),
    [
        ("0.25", "0.25", False),
        ("0.25", "0.2500001", False),
        ("0.3", "0.25", False),
        ("", "0.25", False),
        ("inf", "0.25", False),
        ("0.2", "0.25", True),
        ("0.25", "", True),
        ("0.25", "0", True),
        ("0.25", "-1", True),
        ("0.25", "inf", True),
        ("0.25", "words", True),
    ],
)
def test_no_spectral_error_is_smaller_than_that_of_the_best_assignment(error: str, best: str, wrong: bool) -> None:
    data = RunData(measured={"a": {"run_id": "a", "spectral_error": error, "optimal_spectral_error": best}})
    said = [finding.problem for finding in consistency(data, {}).findings]
    assert [f"spectral_error is {error}, and no assignment" in problem for problem in said] == [True] * wrong
