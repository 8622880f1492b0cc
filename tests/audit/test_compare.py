"""Files that are made again and differ by rounding alone are the same; those that say something else are not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from emtvb.audit.compare import difference


def arrays(path: Path, about: dict[str, object], **given: object) -> Path:
    np.savez(path, about=np.array(json.dumps(about)), phi=np.eye(2), **given)
    return path


@pytest.mark.parametrize(
    ("again", "says"),
    [
        ({"accuracy": 0.97, "name": "a"}, ""),
        ({"accuracy": 0.9700000000000012, "name": "a"}, ""),  # another last digit, and so a longer text
        ({"accuracy": 0.98, "name": "a"}, "about says something else when made again"),
        ({"accuracy": 0.97, "name": "another"}, "about says something else when made again"),
    ],
)
def test_what_arrays_say_in_words_is_held_to_what_it_means(tmp_path: Path, again: dict[str, object], says: str) -> None:
    there = arrays(tmp_path / "there.npz", {"accuracy": 0.97, "name": "a"})
    assert difference(there, arrays(tmp_path / "made.npz", again)) == says


def test_arrays_of_another_shape_or_kind_are_others(tmp_path: Path) -> None:
    there = arrays(tmp_path / "there.npz", {}, values=np.zeros(3))
    for other in (np.zeros(4), np.zeros(3, np.float32), np.zeros(3, int), np.array(["a", "b", "c"])):
        made = arrays(tmp_path / "made.npz", {}, values=other)
        assert difference(there, made) == "values has another shape when made again"
