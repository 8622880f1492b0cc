from __future__ import annotations

import pytest

from emtvb.theory.network_verdict import NOT_LEARNED, OTHERWISE, STORED, network_verdict

NAN = float("nan")


@pytest.mark.parametrize(
    ("solved", "decoding", "edits", "unedited", "says"),
    [
        (True, 1.0, 1.0, 1.0, STORED),
        (True, 1.0, 0.5, 0.5, STORED),
        (True, 0.5, 1.0, 1.0, OTHERWISE),
        (True, 1.0, 0.5, 1.0, OTHERWISE),
        (True, 1.0, 0.0, 0.0, OTHERWISE),
        (True, NAN, 1.0, 1.0, OTHERWISE),
        (False, 1.0, 1.0, 1.0, NOT_LEARNED),
        (False, 0.5, 0.0, 0.0, NOT_LEARNED),
        (False, NAN, NAN, NAN, NOT_LEARNED),
    ],
)
def test_a_circuit_must_solve_decode_and_obey(
    solved: bool, decoding: float, edits: float, unedited: float, says: str
) -> None:
    assert network_verdict(solved, decoding, edits, unedited) == says
