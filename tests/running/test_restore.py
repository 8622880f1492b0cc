from __future__ import annotations

import logging
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from emtvb.running import restore

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Results of one job."""
    (tmp_path / "paper").mkdir()
    for name in ("runs.csv", "runs.provenance.json"):
        shutil.copy(ROOT / "results" / "paper" / name, tmp_path / "paper" / name)
    return tmp_path / "paper"


def test_what_was_forgotten_is_remembered_once(folder: Path, tmp_path: Path) -> None:
    memory = tmp_path / ".snakemake"
    assert restore.restore(folder, memory) == 1
    assert restore.restore(folder, memory) == 0
    assert len([path for path in memory.rglob("*") if path.is_file()]) == 1


def test_a_later_snakemake_whose_memory_has_another_form(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It goes on without, and says so."""
    monkeypatch.setattr(restore, "RECORD_FORMAT_VERSION", restore.KNOWN_FORMAT + 1)
    with caplog.at_level(logging.WARNING):
        assert restore.restore(folder, tmp_path / ".snakemake") == 0
    assert [record.getMessage() for record in caplog.records] == [
        "this Snakemake keeps its memory in another form (7, not 6): what .snakemake does not know is made again"
    ]
    assert not (tmp_path / ".snakemake").exists()


@pytest.mark.parametrize("name", ["_record_path", "_write_record", "__init__"])
def test_a_later_snakemake_that_writes_it_in_another_way(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    monkeypatch.setattr(restore.FilePersistence, name, lambda self: None)
    with caplog.at_level(logging.WARNING):
        assert restore.restore(folder, tmp_path / ".snakemake") == 0
    (record,) = caplog.records
    assert record.getMessage().startswith("this Snakemake writes its memory in another way (")


def test_the_lower_bound_of_snakemake_is_the_version_that_keeps_its_memory_in_this_form() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (snakemake,) = (text for text in wanted if re.match(r"snakemake\W*[<>=]", text))
    assert snakemake == "snakemake>=9.17,<10"
