from __future__ import annotations

import os
from pathlib import Path

import pytest

from emtvb.audit.integrity import damaged_outputs, integrity
from emtvb.running import packed, provenance
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
    return [
        finding.problem for finding in integrity(folder, records, {}, damaged_outputs(folder, records), folder).findings
    ]


def test_an_output_that_is_not_what_its_record_says_is_named(tmp_path: Path) -> None:
    records = made(tmp_path, "figures/forest.csv", {})
    assert problems(tmp_path, records) == []
    (tmp_path / "figures/forest.csv").write_text("drawn by hand")
    told = "changed after draw made it at 2026-01-01T00:00:00+00:00: its sha256 differs"
    assert problems(tmp_path, records) == [told]
    (tmp_path / "figures/forest.csv").unlink()
    assert problems(tmp_path, records) == ["missing; draw made it at 2026-01-01T00:00:00+00:00"]


def test_an_input_that_is_left_out_is_held_to_its_record(tmp_path: Path) -> None:
    """No other check can: there is no file to compare with."""
    weights, measured = "training/a/weights.safetensors", "measurements/a.csv"
    records = made(tmp_path, weights, {})
    (trained,) = records.values()
    records = {(tmp_path / weights).with_name(f"draw{provenance.SUFFIX}"): trained}
    (tmp_path / weights).unlink()
    (tmp_path / "left_out.txt").write_text("training/*/weights.safetensors\n")
    for digest, says in ((trained.outputs[weights], 0), ("0" * 64, 1)):
        told = f"was made from another version of {weights} than was left out"
        found = problems(tmp_path, {**records, **made(tmp_path, measured, {weights: digest})})
        assert [problem for problem in found if "lies elsewhere" not in problem] == [told] * says


def test_what_is_neither_a_file_nor_a_folder_is_named(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "paper", tmp_path / "elsewhere.csv"
    records = made(folder, "tables/t.csv", {})
    (folder / "tables/t.csv").rename(elsewhere)
    (folder / "tables/t.csv").symlink_to(elsewhere)
    for name, target in (("mine", "/etc"), ("nowhere", "gone.png"), ("itself", "itself")):
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "tables/pipe")
    found = integrity(folder, records, {}, damaged_outputs(folder, records), folder).findings
    assert {finding.subject: finding.problem for finding in found} == {
        "tables/t.csv": f"is a link to {elsewhere}, which is not part of the results",
        "mine": "is a link to /etc, which is not part of the results",
        "nowhere": "is a link to gone.png, which is not part of the results",
        "itself": "is a link to itself, which is not part of the results",
        "tables/pipe": "is neither a file nor a folder",
    }


def test_a_folder_that_cannot_be_looked_into_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies there is not seen."""
    (tmp_path / "tables").mkdir()
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert problems(tmp_path, {}) == ["is a folder that cannot be looked into"]


def test_an_output_that_cannot_be_read_or_is_no_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(path: Path) -> str:
        raise PermissionError(path)

    records = made(tmp_path, "tables/t.csv", {})
    for change in (lambda: monkeypatch.setattr(provenance, "sha256", unreadable), (tmp_path / "tables/t.csv").unlink,
                   lambda: os.mkfifo(tmp_path / "tables/t.csv")):  # fmt: skip
        change()
        assert problems(tmp_path, records)
    assert "changed after draw made it at 2026-01-01T00:00:00+00:00: it is no file any more" in problems(
        tmp_path, records
    )


def test_a_name_with_control_characters_stays_in_its_line(tmp_path: Path) -> None:
    (tmp_path / "a\n\x1b[31mpassed").touch()
    (finding,) = integrity(tmp_path, {}, {}, set(), tmp_path).findings
    assert finding.subject == r"a\n\x1b[31mpassed"


def test_packed_weights_are_held_to_the_record_of_the_weights_whether_these_are_here_or_not(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    weights = folder / "training" / "a" / packed.WEIGHTS
    records = made(folder, "training/a/weights.safetensors", {})
    records = {weights.with_name(f"draw{provenance.SUFFIX}"): record for record in records.values()}
    where = weights.with_name(packed.PACKED)
    where.write_bytes(packed.packed(weights.read_bytes()))
    assert [problem for problem in problems(folder, records) if "lies elsewhere" not in problem] == []
    where.write_bytes(packed.packed(b"others"))
    told = "does not hold the weights that draw made at 2026-01-01T00:00:00+00:00"
    assert told in problems(folder, records)
    weights.unlink()
    assert told in problems(folder, records)


def test_packed_weights_of_no_record_are_named(tmp_path: Path) -> None:
    (tmp_path / "paper" / "training" / "a").mkdir(parents=True)
    (tmp_path / "paper" / "training" / "a" / packed.PACKED).write_bytes(packed.packed(b"weights"))
    assert problems(tmp_path / "paper", {}) == ["no record says who made it"]
