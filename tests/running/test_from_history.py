"""Weights that are in a clone's history alone: the version that the record means comes back, and nothing else does."""

from __future__ import annotations

import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtvb.errors import InputError
from emtvb.running import provenance
from emtvb.running.from_history import bring_back, pack, packed, unpacked
from emtvb.running.git import is_shallow
from emtvb.running.recipes import Recipe
from tests.running.test_imported import git

RECIPE = Recipe.of({"rule": "train_shard", "settings": {}, "code": {"a.py": "1"}, "versions": {"numpy": "2.0"}})
CONTENT = {"a": b"\x00\xff first\n", "b": b"second \r\n\x00", "an odd [*] name": b""}


def commit(clone: Path, message: str) -> None:
    git(clone, "add", "--all", ".")
    git(clone, "commit", "--quiet", "--message", message)


def train(folder: Path, shard: str, weights: bytes) -> Path:
    """What a training leaves, and its record."""
    outputs = [folder / "training" / shard / name for name in ("weights.safetensors", "history.csv")]
    outputs[0].parent.mkdir(parents=True, exist_ok=True)
    outputs[0].write_bytes(weights)
    outputs[1].write_bytes(b"curve")
    provenance.record(
        RECIPE, {"shard": shard}, [], list(map(str, outputs)), str(folder / "logs/train_shard/a.log"), 1.0
    )
    return outputs[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An experiment in a clone whose history has its weights, and whose tree does not."""
    clone = tmp_path / "clone"
    clone.mkdir()
    git(clone, "init", "--quiet")
    folder = clone / "results" / "mine"
    paths = [train(folder, shard, content) for shard, content in CONTENT.items()]
    commit(clone, "weights")
    for path in paths:
        path.unlink()
        path.with_name("history.csv").unlink()
    commit(clone, "out of the tree")
    return folder


def weights(folder: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in folder.glob("training/*/weights.safetensors")}


def test_they_come_back_byte_for_byte_and_nothing_else_does(folder: Path) -> None:
    back = bring_back(folder)
    assert {path.parent.name for path in back} == set(CONTENT)
    assert weights(folder) == CONTENT
    assert not list(folder.glob("training/*/history.csv"))
    assert bring_back(folder) == ()


def test_a_path_from_where_one_is_will_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert len(bring_back(Path("mine"))) == len(CONTENT)
    assert weights(folder) == CONTENT


def test_of_several_versions_the_one_of_the_record_is_taken(folder: Path) -> None:
    clone = folder.parents[1]
    for content in (b"older", b"meant", b"younger"):
        path = train(folder, "a", content)
        commit(clone, content.decode())
    git(clone, "checkout", "HEAD~1", "--", "results/mine/training/a/train_shard.provenance.json")
    path.unlink()
    commit(clone, "out again")
    bring_back(folder)
    assert weights(folder)["a"] == b"meant"


def test_what_is_there_is_left_as_it_is(folder: Path) -> None:
    there = folder / "training" / "a" / "weights.safetensors"
    there.write_bytes(b"mine")
    assert len(bring_back(folder)) == len(CONTENT) - 1
    assert there.read_bytes() == b"mine"


def test_weights_that_no_record_means_stay_where_they_are(folder: Path) -> None:
    (folder / "training" / "a" / "train_shard.provenance.json").unlink()
    (folder / "training" / "b" / "train_shard.provenance.json").write_text("{}")
    bring_back(folder)
    assert set(weights(folder)) == set(CONTENT) - {"a", "b"}


def test_another_content_of_that_name_is_not_taken(folder: Path) -> None:
    record = folder / "training" / "a" / "train_shard.provenance.json"
    known = provenance.read(record).outputs["training/a/weights.safetensors"]
    record.write_text(record.read_text().replace(known, "0" * 64))
    bring_back(folder)
    assert "a" not in weights(folder)


def test_a_clone_of_the_clone_has_them_and_a_shallow_one_does_not(folder: Path, tmp_path: Path) -> None:
    clone = folder.parents[1]
    for name, how, count in (("whole", (), len(CONTENT)), ("shallow", ("--depth", "1"), 0)):
        git(tmp_path, "clone", "--quiet", *how, f"file://{clone}", name)
        there = tmp_path / name / "results" / "mine"
        assert len(bring_back(there)) == count, name
        assert is_shallow(there) == (name == "shallow")


def test_without_a_clone_or_without_git_nothing_happens(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = shutil.copytree(folder, tmp_path / "alone")
    assert bring_back(alone) == ()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bring_back(folder) == ()


@given(st.binary(max_size=200))
def test_what_is_packed_is_the_same_unpacked(content: bytes) -> None:
    assert unpacked(packed(content)) == content


def test_networks_are_packed_into_fewer_bytes_than_git_makes_of_them_and_two_that_are_one_into_half() -> None:
    rng = np.random.default_rng(0)
    once = rng.normal(size=20_000).astype(np.float32).tobytes()
    assert len(packed(once)) < 0.95 * len(zlib.compress(once))
    assert len(packed(once + once)) < 1.01 * len(packed(once))


def test_what_the_history_has_packed_comes_back_and_is_packed_once(folder: Path) -> None:
    clone = folder.parents[1]
    new = train(folder, "new", b"weights of a new network" * 9)
    assert bring_back(folder)
    (kept,) = pack(folder)  # of the others the history has the weights as they are
    assert kept == new.with_name("weights.planes.xz")
    git(clone, "add", "--force", str(kept))
    new.unlink()
    commit(clone, "packed")
    assert pack(folder) == ()
    kept.unlink()
    commit(clone, "out of the tree")
    assert bring_back(folder) == (new,)
    assert new.read_bytes() == b"weights of a new network" * 9
    assert pack(folder) == ()


@pytest.mark.parametrize("damaged", [b"", b"no archive", packed(b"other weights"), packed(b"weights")[:-9]])
def test_a_damaged_pack_is_not_taken_and_an_older_one_is(folder: Path, damaged: bytes) -> None:
    clone = folder.parents[1]
    path = train(folder, "a", b"weights")
    kept = path.with_name("weights.planes.xz")
    path.unlink()
    for content in (packed(b"weights"), damaged):
        kept.write_bytes(content)
        commit(clone, "packed")
    kept.unlink()
    commit(clone, "out of the tree")
    bring_back(folder)
    assert weights(folder)["a"] == b"weights"


def test_a_folder_that_cannot_be_written_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("emtvb.files.tempfile.TemporaryFile", read_only)
    with pytest.raises(InputError, match=r"training/.*Read-only"):
        bring_back(folder)
