"""Files that are made again: what is the same to the byte, or but for what a kind's rounding explains."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from emtvb.audit.compare import crossings, differences, shows_another
from emtvb.experiments.rounding import OF_NETWORKS


def arrays(path: Path, about: dict[str, object], **given: object) -> Path:
    np.savez(path, about=np.array(json.dumps(about)), phi=np.eye(2), **given)
    return path


def test_arrays_of_another_shape_or_kind_are_others(tmp_path: Path) -> None:
    there = arrays(tmp_path / "there.npz", {}, values=np.zeros(3))
    for other in (np.zeros(4), np.zeros(3, np.float32), np.zeros(3, int), np.array(["a", "b", "c"])):
        made = arrays(tmp_path / "made.npz", {}, values=other)
        assert differences(there, made, "measurements/exemplars/T1.npz", OF_NETWORKS) == [
            "values has another shape when made again"
        ]


def test_damaged_arrays_are_a_difference(tmp_path: Path) -> None:
    """Cut off, empty, or with any byte changed."""
    made = arrays(tmp_path / "made.npz", {}, values=np.arange(50.0))
    whole, there = made.read_bytes(), tmp_path / "there.npz"
    flipped = [whole[:i] + bytes([whole[i] ^ 255]) + whole[i + 1 :] for i in range(0, len(whole), 7)]
    for content in (b"", whole[:100], whole[:-1], b"other", *flipped):
        there.write_bytes(content)
        said = differences(there, made, "measurements/exemplars/T1.npz", OF_NETWORKS)
        assert len(said) <= 1
    there.write_bytes(whole[:100])
    assert "cannot be read" in differences(there, made, "measurements/exemplars/T1.npz", OF_NETWORKS)[0]


def test_texts_and_pictures_are_the_same_to_the_byte_and_json_but_for_rounding(tmp_path: Path) -> None:
    for suffix, there, made, differs in (
        ("md", "a 0.1", "a 0.2", True),
        ("md", "a\nb\n", "a\r\nb\n", True),
        ("png", "a", "b", True),
        ("json", '{"a": [0.1]}', '{"a": [0.10000000000000002]}', False),
        ("json", '{"a": [0.1]}', '{"a": [0.2]}', True),
        ("json", "[", "[]", True),
        ("json", '{"a": false}', '{"a": 0}', True),
        ("json", '{"a": 0}', '{"a": 0.0}', False),  # as YAML and JSON have the same setting
    ):
        one, other = tmp_path / f"one.{suffix}", tmp_path / f"other.{suffix}"
        one.write_bytes(there.encode())
        other.write_bytes(made.encode())
        assert bool(differences(one, other, f"x.{suffix}", OF_NETWORKS)) == differs


def test_another_picture_is_told_from_one_that_other_versions_draw(tmp_path: Path) -> None:
    """A line that moves by some pixels is none, and a second one is."""
    paths = [tmp_path / f"{name}.png" for name in ("there", "moved", "more")]
    for path, lines in zip(paths, ([100], [103], [100, 300]), strict=True):
        with Image.new("L", (400, 400), 255) as picture:
            for x in lines:
                picture.paste(0, (x, 20, x + 8, 380))
            picture.save(path)
    there, moved, more = paths
    assert not shows_another(there, there)
    assert not shows_another(there, moved)
    assert shows_another(there, more)
    more.write_bytes(there.read_bytes()[:60])
    assert shows_another(there, more)


def test_a_difference_is_said_in_words_that_show_it(tmp_path: Path) -> None:
    one, other = tmp_path / "one.md", tmp_path / "other.md"
    one.write_bytes(b"a\r\n")
    other.write_bytes(b"a\n")
    assert differences(one, other, "x.md", OF_NETWORKS) == ["is another text from line 1 on when made again"]
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text("run_id,x\na\n")
    other.write_text("run_id,x\na,1\n")
    assert differences(one, other, "x.csv", OF_NETWORKS) == ["cannot be read (row 2 has 1 cells, and the first 2)"]


def test_every_byte_has_to_come_out_again_where_a_kind_knows_of_no_rounding(tmp_path: Path) -> None:
    pairs = (
        ("csv", "run_id,x\na,1\n", "run_id,x\na,1.0\n", "x of a is 1, and 1.0 when made again"),
        ("csv", "run_id,x\na,1\n", 'run_id,x\na,"1"\n', "has other bytes when made again"),
        ("json", '{"a": 0}', '{"a": 0.0}', "is another text from line 1 on when made again"),
    )
    for suffix, there, made, says in pairs:
        one, other = tmp_path / f"one.{suffix}", tmp_path / f"other.{suffix}"
        one.write_text(there)
        other.write_text(made)
        assert differences(one, other, f"measurements/x_seeds1.{suffix}", None) == [says]
        assert differences(one, other, f"measurements/x_seeds1.{suffix}", None) == [says]
        assert differences(one, other, f"measurements/x_seeds1.{suffix}", OF_NETWORKS) == []
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text("run_id,test_accuracy\na,0.9901\n")
    other.write_text("run_id,test_accuracy\na,0.9899\n")
    assert crossings(one, other, None) == []
    there = arrays(tmp_path / "there.npz", {}, network_eigenvalues=np.array([1.0, 2.0]))
    made = arrays(tmp_path / "made.npz", {}, network_eigenvalues=np.array([2.0, 1.0]))
    said = differences(there, made, "measurements/exemplars/T1.npz", None)
    assert said == ["network_eigenvalues[0] is 1.0, and 2.0 when made again"]
    assert differences(there, made, "measurements/exemplars/T1.npz", OF_NETWORKS) == []
