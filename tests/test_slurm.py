"""Taking over from a Snakemake that was killed, with a stand-in for Slurm; tests/cluster has the real one."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import pytest

from emtvb import slurm
from emtvb.errors import InputError


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A queue as a file of lines `id folder`; scancel empties it and keeps its arguments."""
    queue = tmp_path / "queue"
    programs = {"squeue": f"cat {queue}", "scancel": f'echo "$@" > {tmp_path}/cancelled; : > {queue}'}
    for name, line in programs.items():
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return queue


def test_only_the_jobs_of_this_folder_that_snakemake_remembers_are_cancelled(queue: Path) -> None:
    queue.write_text(f"3_1 {Path.cwd()}\n3_2 {Path.cwd()}\n4 /elsewhere\n5 {Path.cwd()}\n")
    slurm.cancel_left_over({"3_1", "3_2", "4"})
    assert (queue.parent / "cancelled").read_text().split() == ["3_1", "3_2"]


def test_nothing_left_over_nothing_cancelled(queue: Path) -> None:
    queue.write_text(f"5 {Path.cwd()}\n")
    slurm.cancel_left_over({"3_1"})
    slurm.cancel_left_over(set())
    assert not (queue.parent / "cancelled").exists()


def test_jobs_that_do_not_end_are_one_line(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slurm, "END_SECONDS", 0.0)
    queue.write_text(f"5 {Path.cwd()}\n")
    (queue.parent / "bin" / "scancel").write_text("#!/bin/sh\n")
    with pytest.raises(InputError, match="5: cancelled, but they do not end"):
        slurm.cancel_left_over({"5"})


def test_a_slurm_that_fails_is_one_line(queue: Path) -> None:
    (queue.parent / "bin" / "squeue").write_text("#!/bin/sh\necho first >&2; echo 'no controller' >&2; exit 1\n")
    with pytest.raises(InputError, match=r"squeue .*no controller: run again when Slurm answers"):
        slurm.cancel_left_over({"5"})
    with pytest.raises(InputError, match="nothing-like-it: not found"):
        slurm.ask("nothing-like-it")


def test_a_second_holder_is_refused_and_jobs_know_whose_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = contextlib.ExitStack()
    monkeypatch.setattr(slurm, "_held", held)
    monkeypatch.setenv("EMTVB_SNAKEMAKE", "")
    assert not slurm.is_superseded(tmp_path)
    with held:
        slurm.hold(tmp_path)
        ours = os.environ["EMTVB_SNAKEMAKE"]
        assert f"process {os.getpid()}" in ours
        assert not slurm.is_superseded(tmp_path)
        with pytest.raises(InputError, match=f"process {os.getpid()} on .* works on it"):
            slurm.hold(tmp_path)
    monkeypatch.setenv("EMTVB_SNAKEMAKE", "Snakemake (process 1 on elsewhere)")
    assert slurm.is_superseded(tmp_path)
    monkeypatch.delenv("EMTVB_SNAKEMAKE")
    assert not slurm.is_superseded(tmp_path)


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
