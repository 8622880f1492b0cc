"""Which jobs `emtvb accept` takes, which of them it runs, and what a record is afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtvb.audit import accepting, compare
from emtvb.audit.accepting import FEWEST, WHOLE, draw_jobs
from emtvb.making import digests, provenance
from emtvb.making.plan import Planned
from emtvb.making.provenance import Record
from emtvb.making.recipes import Present

SHARDS = [f"{task}_{size}_{block}" for task in ("T1", "T2") for size in (32, 64) for block in range(9)]


def measuring(shard: str, *changes: str) -> Planned:
    """A job that measures a shard."""
    return Planned(
        "measure", {"shard": shard}, (f"{shard}.w",), (f"{shard}.csv",), {}, "stale" * bool(changes), changes
    )


def stratum(shard: str) -> tuple[str, ...]:
    return tuple(shard.split("_")[:2])


JOBS = [measuring(shard) for shard in SHARDS]
STRATA = {shard: stratum(shard) for shard in SHARDS}


@given(st.integers(0, 2**32))
def test_of_a_rule_that_takes_long_each_stratum_is_drawn_and_twelve_at_least(seed: int) -> None:
    drawn = draw_jobs(JOBS, dict.fromkeys((job.title for job in JOBS), WHOLE), STRATA, seed)
    assert len({job.title for job in drawn}) == len(drawn) == FEWEST
    assert {stratum(job.wildcards["shard"]) for job in drawn} == set(STRATA.values())
    assert drawn == draw_jobs(JOBS[::-1], dict.fromkeys((job.title for job in JOBS), WHOLE), STRATA, seed)


def test_other_seeds_draw_others() -> None:
    seconds = dict.fromkeys((job.title for job in JOBS), WHOLE)
    assert len({tuple(job.title for job in draw_jobs(JOBS, seconds, STRATA, seed)) for seed in range(20)}) == 20


def test_a_rule_that_takes_little_is_run_whole() -> None:
    assert draw_jobs(JOBS, dict.fromkeys((job.title for job in JOBS), WHOLE / len(JOBS) * 0.9), STRATA, 0) == JOBS


def _taken(jobs: Sequence[Planned]) -> list[str]:
    """Of some jobs whose code alone changed, those that are not behind one that runs in any case."""
    by_code = [job for job in jobs if job.changes == ("emtvb/core/a.py",)]
    blocked = {path for job in accepting._jobs_due_anyway(jobs, by_code) for path in job.outputs}
    return [job.title for job in accepting._jobs_not_behind(jobs, by_code, blocked)]


@pytest.mark.parametrize("other", ["setting runs", "a.csv, another than the one that was read"])
def test_what_is_behind_other_settings_or_inputs_stays_planned(other: str) -> None:
    code = "emtvb/core/a.py"
    table = Planned("tabulate", {}, ("a.csv", "b.csv"), ("table.csv",), {}, "follows", (code,))
    beside = Planned("draw_b", {}, ("b.csv",), ("b.png",), {}, "follows", (code,))
    follows = Planned("draw", {}, ("table.csv",), ("table.png",), {}, "follows", ())
    fresh = [measuring("a", code), measuring("b", code), table, beside, follows]
    assert _taken(fresh) == ["a.csv", "b.csv", "table.csv", "b.png"]
    assert _taken([measuring("a", code, other), *fresh[1:]]) == ["b.csv", "b.png"]


def _record(**parts: object) -> Record:
    recipe = {"rule": "measure", "settings": {}, "code": {}, "versions": {}}
    base = Record("measure", {}, recipe, {"a.w": "1"}, {"a.csv": "2"}, "", 1.0, "", False, {})  # type: ignore[arg-type]
    return replace(base, **parts)  # type: ignore[arg-type]


def test_a_record_gets_what_the_job_is_called_now_and_the_code_of_now() -> None:
    job = Planned("ask", {"name": "a"}, ("a.w",), ("a.csv",), {"x": 1}, "stale", ("a.py",), "names")
    new = accepting._renewed_record(_record(), job, {"b.py": "1", "a.py": "2"})
    assert (new.rule, new.recipe["rule"], new.wildcards) == ("ask", "ask", {"name": "a"})
    assert new.recipe["settings"] == {"x": 1}
    assert [*new.recipe["code"].items()] == [("a.py", "2"), ("b.py", "1")]
    assert new.recipe["names"] == "names"
    assert (new.inputs, new.outputs) == ({"a.w": "1"}, {"a.csv": "2"})


def test_code_that_is_gone_or_does_not_count_leaves_a_record_and_what_was_absent_stays(tmp_path: Path) -> None:
    (tmp_path / "workflow" / "scripts").mkdir(parents=True)
    (tmp_path / "workflow" / "scripts" / "a.py").write_text("x = 2\n")
    before = {"a.py": "0", "gone.py": "1", "never.py": digests.ABSENT, "emtvb/making/jobs.py": "2"}
    now = Present(tmp_path).renewed(before)
    assert now == {"a.py": digests.digest_of(tmp_path / "workflow/scripts/a.py"), "never.py": digests.ABSENT}


def test_a_record_says_that_it_was_accepted_and_others_say_nothing_of_it(tmp_path: Path) -> None:
    code = {"code": {"a.py": "1"}, "rule": "measure", "settings": {}, "versions": {}}
    for about in ({}, {"commit": "c", "drawn": 12, "of": 36, "seed": 1}):
        new = _record(recipe=code, accepted=about)
        provenance.write_record(tmp_path / "a.provenance.json", new)
        assert ("accepted" in (tmp_path / "a.provenance.json").read_text()) is bool(about)
        assert provenance.read_record(tmp_path / "a.provenance.json") == new


@pytest.mark.parametrize(
    ("name", "before", "now", "said"),
    [
        ("a.csv", "run_id,x\na,1.00000000001\n", "run_id,x\na,1.00000000002\n",
         "x of a is 1.00000000001, and 1.00000000002 when made again"),
        ("a.csv", "run_id,x\na,1.0\n", "run_id,x\na,1.00\n", "x of a is 1.0, and 1.00 when made again"),
        ("a.csv", "run_id,x\na,1\n", "run_id,x\r\na,1\r\n", "has other bytes when made again"),
        ("a.json", '{"x": 1.00000000001}', '{"x": 1.00000000002}', "is another text from line 1 on when made again"),
        ("a.png", "p", "q", "is another picture when made again"),
    ],
)  # fmt: skip
def test_every_byte_counts_and_the_first_cell_is_named(
    tmp_path: Path, name: str, before: str, now: str, said: str
) -> None:
    for folder, text in (("there", before), ("again", now)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text, newline="")
    there, again = (tmp_path / folder / name for folder in ("there", "again"))
    assert compare.differences(there, again, name, None) == [said]
    assert compare.differences(there, there, name, None) == []


def test_of_arrays_the_first_number_is_named(tmp_path: Path) -> None:
    first = np.array([[1.0, np.nan], [3.0, 4.0]])
    for name, array in (("a", first), ("b", first + np.array([[0, 0], [1e-13, 1]]))):
        np.savez(tmp_path / f"{name}.npz", x=array, text=np.array("same"))
    found = compare.differences(tmp_path / "a.npz", tmp_path / "b.npz", "a.npz", None)
    assert len(found) == 1
    assert found[0].startswith("x[1, 0] is 3.0, and 3.0000000000001")
