"""Published weights: packed beside their record, unpacked where they are needed, held to the record."""

from __future__ import annotations

import lzma
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtvb.errors import InputError
from emtvb.making import provenance
from emtvb.making.packed_weights import PACKED, WEIGHTS, pack, packed, unpack, unpacked

RECIPE = {"rule": "train_shard", "settings": {}, "code": {"a.py": "1"}, "versions": {"numpy": "2.0"}}
CONTENT = {"a": b"\x00\xff first\n", "b": b"second \r\n\x00", "an odd [*] name": b""}


def train(folder: Path, shard: str, weights: bytes) -> Path:
    """What a training leaves, and its record."""
    outputs = [folder / "training" / shard / name for name in (WEIGHTS, "history.csv")]
    outputs[0].parent.mkdir(parents=True, exist_ok=True)
    outputs[0].write_bytes(weights)
    outputs[1].write_bytes(b"curve")
    provenance.record_job(
        RECIPE, {"shard": shard}, [], list(map(str, outputs)), str(folder / "logs/train_shard/a.log"), 1.0
    )
    return outputs[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An experiment as it is published: packed weights and records."""
    folder = tmp_path / "results" / "mine"
    paths = [train(folder, shard, content) for shard, content in CONTENT.items()]
    assert {path.name for path in pack(folder)} == {PACKED}
    for path in paths:
        path.unlink()
        path.with_name("history.csv").unlink()
    return folder


def weights(folder: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in folder.glob(f"training/*/{WEIGHTS}")}


def test_they_are_unpacked_byte_for_byte_and_nothing_else_is_made(folder: Path) -> None:
    back = unpack(folder)
    assert {path.parent.name for path in back} == set(CONTENT)
    assert weights(folder) == CONTENT
    assert not list(folder.glob("training/*/history.csv"))
    assert unpack(folder) == ()


def test_a_path_from_where_one_is_will_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert len(unpack(Path("mine"))) == len(CONTENT)
    assert weights(folder) == CONTENT


def test_what_is_there_is_left_as_it_is(folder: Path) -> None:
    there = folder / "training" / "a" / WEIGHTS
    there.write_bytes(b"mine")
    assert len(unpack(folder)) == len(CONTENT) - 1
    assert there.read_bytes() == b"mine"


def test_weights_that_no_record_means_stay_packed(folder: Path) -> None:
    (folder / "training" / "a" / "train_shard.provenance.json").unlink()
    (folder / "training" / "b" / "train_shard.provenance.json").write_text("{}")
    unpack(folder)
    assert set(weights(folder)) == set(CONTENT) - {"a", "b"}


@pytest.mark.parametrize("damaged", [b"", b"no archive", packed(b"other weights"), packed(b"weights")[:-9]])
def test_what_is_not_what_its_record_says_is_refused(folder: Path, damaged: bytes) -> None:
    path = folder / "training" / "a" / PACKED
    path.write_bytes(damaged)
    with pytest.raises(InputError, match=r"weights: .*training/a/weights.planes.xz: not the weights"):
        unpack(folder)
    assert set(weights(folder)) == set(CONTENT) - {"a"}  # the others are there


def test_what_is_packed_is_packed_once_and_anew_where_it_is_other_weights(folder: Path) -> None:
    unpack(folder)
    assert pack(folder) == ()
    new = train(folder, "a", b"weights of a new network" * 9)
    assert pack(folder) == (new.with_name(PACKED),)
    new.unlink()
    assert unpack(folder) == (new,)
    assert new.read_bytes() == b"weights of a new network" * 9


def test_weights_that_are_not_what_their_record_says_are_not_packed(folder: Path) -> None:
    train(folder, "new", b"weights").write_bytes(b"garbage")
    with pytest.raises(InputError, match="not what the record beside it says"):
        pack(folder)
    assert not (folder / "training" / "new" / PACKED).exists()


@given(st.binary(max_size=200))
def test_what_is_packed_is_the_same_unpacked(content: bytes) -> None:
    assert unpacked(packed(content)) == content


def test_networks_are_packed_into_fewer_bytes_and_two_that_are_one_into_half() -> None:
    rng = np.random.default_rng(0)
    once = rng.normal(size=20_000).astype(np.float32).tobytes()
    assert len(packed(once)) < 0.95 * len(zlib.compress(once))
    assert len(packed(once + once)) < 1.01 * len(packed(once))


def test_a_folder_that_cannot_be_written_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("emtvb.files.tempfile.TemporaryFile", read_only)
    with pytest.raises(InputError, match=r"training/.*Read-only"):
        unpack(folder)


def test_what_is_cut_off_or_has_more_behind_it_is_refused() -> None:
    whole = packed(CONTENT["b"])
    for content in (whole[:-1], whole + b"more", whole + whole, b""):
        with pytest.raises(lzma.LZMAError):
            unpacked(content)
