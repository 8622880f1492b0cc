from __future__ import annotations

import pytest

from emtvb.theory.verdict import NOT_LEARNED, OTHERWISE, STORED, verdict

NAN = float("nan")


@pytest.mark.parametrize(
    ("accuracy", "decoding", "edits", "unedited", "says"),
    [
        (1.0, 1.0, 1.0, 1.0, STORED),
        (1.0, 1.0, 0.5, 0.5, STORED),
        (1.0, 0.5, 1.0, 1.0, OTHERWISE),
        (1.0, 1.0, 0.5, 1.0, OTHERWISE),
        (1.0, 1.0, 0.0, 0.0, OTHERWISE),
        (1.0, NAN, 1.0, 1.0, OTHERWISE),
        (0.9, 1.0, 1.0, 1.0, NOT_LEARNED),
        (0.5, 0.5, 0.0, 0.0, NOT_LEARNED),
        (NAN, NAN, NAN, NAN, NOT_LEARNED),
    ],
)
def test_a_circuit_must_be_accurate_decode_and_obey(
    accuracy: float, decoding: float, edits: float, unedited: float, says: str
) -> None:
    assert verdict(accuracy, decoding, edits, unedited) == says
