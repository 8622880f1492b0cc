from __future__ import annotations

import stat
from pathlib import Path

import pytest

from emtvb.errors import InputError
from emtvb.files import atomic, check_writable, write_text


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    with atomic(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert temporary.suffix == ".txt"
    assert path.read_text() == "half"

    def fail() -> None:
        with atomic(path) as temporary:
            temporary.write_text("other")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "half"
    assert list(path.parent.iterdir()) == [path]


def test_permissions_are_those_of_any_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_text(tmp_path / "ours", "x")
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_folders_that_cannot_be_written_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/emtvb")):
        with pytest.raises(InputError, match="cannot write there"):
            check_writable(folder)
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
