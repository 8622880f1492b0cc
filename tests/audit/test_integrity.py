from __future__ import annotations

from pathlib import Path

from emtvb.audit.integrity import integrity
from emtvb.running import provenance
from emtvb.running.provenance import Record


def made(folder: Path, name: str, inputs: dict[str, str]) -> dict[Path, Record]:
    """An output of an experiment, and its record."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("drawn")
    record = Record(
        "draw", {}, {"settings": {}}, inputs, {name: provenance.sha256(folder / name)}, "2026-01-01T00:00:00+00:00",
        1.0, "", False, {},
    )  # fmt: skip
    return {folder / Path(name).with_suffix(provenance.SUFFIX): record}


def problems(folder: Path, records: dict[Path, Record]) -> list[str]:
    return [finding.problem for finding in integrity(folder, records, {}, folder).findings]


def test_an_input_of_another_experiment_is_held_to_what_lies_there(tmp_path: Path) -> None:
    folder, beside = tmp_path / "paper", tmp_path / "twins" / "measurements.csv"
    beside.parent.mkdir()
    beside.write_text("measured")
    name = "../twins/measurements.csv"
    records = made(folder, "figures/forest.csv", {name: provenance.sha256(beside)})
    assert problems(folder, records) == []
    beside.write_text("measured again")
    assert problems(folder, records) == [f"was made from another version of {name} than is there now"]
    beside.unlink()
    assert problems(folder, records) == [f"was made from {name}, which is not there"]


def test_an_input_of_the_experiment_needs_a_record(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    records = made(folder, "figures/forest.csv", {"runs.csv": "0" * 64})
    assert problems(folder, records) == ["was made from runs.csv, of which there is no record"]
