"""Taking over from a Snakemake that was killed, with a stand-in for Slurm; tests/cluster has the real one."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emtvb.errors import InputError
from emtvb.running import slurm

SQUEUE = """#!/bin/sh
names=$(echo "$@" | sed -n 's/.*--name=\\([^ ]*\\).*/\\1/p')
while read -r id name; do case ",$names," in *",$name,"*) echo "$id";; esac; done < {queue}
"""
SCANCEL = """#!/bin/sh
echo "$@" > {folder}/cancelled
: > {queue}
"""


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A queue as a file of lines `id name`; scancel empties it and keeps its arguments."""
    queue = tmp_path / "queue"
    queue.touch()
    (tmp_path / "bin").mkdir()
    for name, text in (("squeue", SQUEUE), ("scancel", SCANCEL)):
        (tmp_path / "bin" / name).write_text(text.format(folder=tmp_path, queue=queue))
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("EMTVB_SNAKEMAKE", "")
    return queue


@pytest.fixture
def take_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str | None], None]]:
    """Takes the results over as a Snakemake would whose predecessor was killed, and so holds them no longer."""
    held = contextlib.ExitStack()
    monkeypatch.setattr(slurm, "_held", held)

    def call(run: str | None) -> None:
        held.close()
        slurm.take_over(tmp_path / "results", run)

    yield call
    held.close()


def test_the_jobs_of_the_killed_one_are_cancelled_and_no_others(queue: Path, take_over) -> None:
    take_over("first")
    queue.write_text("3 first\n3 first\n4 other\n7 first\n")
    take_over("second")
    assert (queue.parent / "cancelled").read_text().split() == ["3", "7"]
    queue.write_text("8 second\n9 first\n")
    take_over("third")
    assert (queue.parent / "cancelled").read_text().split() == ["8"]


def test_one_that_submits_nothing_leaves_them_to_the_next(queue: Path, take_over) -> None:
    take_over("first")
    queue.write_text("3 first\n")
    take_over(None)
    assert not (queue.parent / "cancelled").exists()
    take_over("third")
    assert (queue.parent / "cancelled").read_text().split() == ["3"]


def test_one_that_is_killed_while_it_cancels_leaves_the_rest_to_the_next(
    queue: Path, take_over, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_over("first")
    queue.write_text("3 first\n")
    scancel = queue.parent / "bin" / "scancel"
    works = scancel.read_text()
    scancel.write_text("#!/bin/sh\n")
    monkeypatch.setattr(slurm, "END_SECONDS", 0.0)
    with pytest.raises(InputError, match="3: cancelled, but they do not end"):
        take_over("second")
    scancel.write_text(works)
    take_over("third")
    assert (queue.parent / "cancelled").read_text().split() == ["3"]


def test_a_slurm_that_fails_is_one_line(queue: Path, take_over) -> None:
    take_over("first")
    (queue.parent / "bin" / "squeue").write_text("#!/bin/sh\necho first >&2; echo 'no controller' >&2; exit 1\n")
    with pytest.raises(InputError, match=r"squeue .*no controller: run again when Slurm answers"):
        take_over("second")
    with pytest.raises(InputError, match="nothing-like-it: not found"):
        slurm.ask("nothing-like-it")


def test_a_second_holder_is_refused_and_jobs_know_whose_they_are(
    queue: Path, take_over, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = tmp_path / "results"
    assert not slurm.is_superseded(results)
    take_over("first")
    assert f"process {os.getpid()}" in os.environ["EMTVB_SNAKEMAKE"]
    assert not slurm.is_superseded(results)
    with pytest.raises(InputError, match=f"process {os.getpid()} on .* works on it"):
        slurm.take_over(results, "second")
    monkeypatch.setenv("EMTVB_SNAKEMAKE", "Snakemake (process 1 on elsewhere)")
    assert slurm.is_superseded(results)
    monkeypatch.delenv("EMTVB_SNAKEMAKE")
    assert not slurm.is_superseded(results)


@pytest.mark.parametrize(
    ("task", "first", "arguments", "around"),
    [
        ("2", "1", ["--slurm-jobstep-array-execs=x"], True),
        ("2", "1", ["--slurm-jobstep-array-execs", "x"], True),
        ("1", "1", ["--slurm-jobstep-array-execs=x"], False),
        ("2", "1", [], False),
        (None, None, ["--slurm-jobstep-array-execs=x"], False),
    ],
)
def test_which_snakemake_is_around_another_task(
    monkeypatch: pytest.MonkeyPatch, task: str | None, first: str | None, arguments: list[str], around: bool
) -> None:
    for name, value in (("ID", task), ("MIN", first)):
        monkeypatch.delenv(f"SLURM_ARRAY_TASK_{name}", raising=False)
        if value is not None:
            monkeypatch.setenv(f"SLURM_ARRAY_TASK_{name}", value)
    monkeypatch.setattr(sys, "argv", ["snakemake", *arguments])
    assert slurm.is_around_another_task() is around
