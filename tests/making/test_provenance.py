"""A record that is not whole is refused in one line, which says where it is damaged."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emtvb.errors import InputError
from emtvb.files import atomic
from emtvb.making import provenance, recorded

TRAINED = {"a": {"weights": "0" * 64, "trained": [{"engine": "compiled", "seconds": 1, "cpu": "of some make"}]}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The record of a training of one run."""
    output = tmp_path / "training" / "a" / "digests.csv"
    output.parent.mkdir(parents=True)
    output.write_text("a,0\n")
    recipe = {
        "rule": "train_shard",
        "settings": {"runs": [{}]},
        "code": {"files.py": "0"},
        "versions": {},
        "names": "0",
    }
    log = str(tmp_path / "logs" / "train_shard.log")
    return provenance.record_job(recipe, {"shard": "a"}, [], [str(output)], log, 1.0, TRAINED)


def test_what_a_killed_job_was_writing_is_deleted_and_nothing_else(tmp_path: Path) -> None:
    stay = [tmp_path / name for name in (".snakemake.lock", ".lock", ".~lock.learning.csv#", "T1.digits_1.csv")]
    for file in stay:
        file.touch()
    with contextlib.suppress(FileNotFoundError), atomic(tmp_path / "figures" / "T1_l2-0.1.csv"):
        recorded.delete_unfinished(tmp_path)
        assert {path for path in tmp_path.rglob("*") if path.is_file()} == {*stay}


def test_what_was_written_is_read(path: Path) -> None:
    found = recorded.read_record(path)
    assert (found.shard, found.runs, found.seconds) == ("a", TRAINED, 1.0)
    assert found.recipe["settings"] == {"runs": [{}]}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda r: r.pop("made"), "made: "),
        (lambda r: r.update(seconds="an hour"), "seconds: "),
        (lambda r: r.update(outputs=["a"]), "outputs: "),
        (lambda r: r["inputs"].update({"a": 5}), "inputs.a: "),
        (lambda r: r["recipe"].pop("code"), "recipe.code: "),
        (lambda r: r["recipe"].update(code={}), "its recipe names no code, and no proof"),
        (lambda r: r["recipe"].update(code={}, settings={"proof": None}), "its recipe names no code, and no proof"),
        (lambda r: r.update(runs=["a"]), "runs: "),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(
    path: Path, change: Callable[[dict[str, Any]], object], place: str
) -> None:
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))
    with pytest.raises(InputError, match=f"record: {path}: cannot be read \\({place}.*snakemake --force") as caught:
        recorded.read_record(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"5", b"\xff", b"[" * 200_000])
def test_what_is_no_table_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        recorded.read_record(path)


def test_a_record_of_a_later_version_is_read(path: Path) -> None:
    """And of an earlier one, which said when the same bytes were first made."""
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "since": "2026-01-01T00:00:00+00:00"}))
    assert recorded.read_record(path).shard == "a"


def test_records_of_a_rule_that_another_took_over_go_when_that_makes_its_outputs(tmp_path: Path) -> None:
    def made(rule: str, *outputs: str) -> Path:
        for output in outputs:
            (tmp_path / output).parent.mkdir(exist_ok=True)
            (tmp_path / output).touch()
        recipe = {"rule": rule, "settings": {}, "code": {"mine.py": "0"}, "versions": {}}
        paths = [str(tmp_path / output) for output in outputs]
        return provenance.record_job(recipe, {}, [], paths, str(tmp_path / "logs" / "a.log"), 1.0)

    gone = made("study", "solutions/a.csv", "digits/a.csv")
    speaks_of_more = made("show", "digits/a.csv", "digits/a.pdf")
    damaged = tmp_path / "rows" / "a.provenance.json"
    damaged.parent.mkdir()
    damaged.write_text("{")
    own = made("measure", "measurements/a.csv")
    linked = tmp_path.with_name("linked")
    linked.symlink_to(tmp_path)
    outputs = [str(linked / name / "a.csv") for name in ("measurements", "solutions", "digits", "rows")]
    provenance.take_away(outputs, "measure", str(linked / "logs" / "a.log"))
    assert [path for path in (gone, own, speaks_of_more, damaged) if path.exists()] == [speaks_of_more, damaged]


def test_a_clone_with_code_of_ones_own_differs_from_its_commit_and_with_a_config_does_not(
    tmp_path: Path,
) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(tmp_path)]
    for command in (["init", "-q"], ["commit", "-qm", "all", "--allow-empty"]):
        subprocess.run([*git, *command], check=True)
    for name, differs in (("config/mine.yaml", False), ("src/new.py", True)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
        commit, dirty = provenance.git_state(tmp_path)
        assert (len(commit), dirty) == (40, differs)


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["vendor_id : AuthenticAMD", "cpu family : 25", "model : 1", "model name : AMD EPYC", "flags : fpu fma avx2"],
         "AMD EPYC 25 1 avx2 fma"),
        (["BogoMIPS : 243.75", "Features : fp asimd", "CPU implementer : 0x41", "CPU architecture: 8",
          "CPU variant : 0x3", "CPU part : 0xd0c", "CPU revision : 1"], "0x41 0x3 0xd0c 1"),
    ],
)  # fmt: skip
def test_a_processor_is_named_on_x86_and_on_arm(tmp_path: Path, lines: list[str], name: str) -> None:
    about = tmp_path / "cpuinfo"
    about.write_text("\n".join(["processor : 0", *lines, "", "processor : 1"]))
    assert provenance._processor_name(about) == name
