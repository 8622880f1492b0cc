"""Asking Slurm, and taking over from a Snakemake that was killed."""

from __future__ import annotations

import atexit
import contextlib
import getpass
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path

from emtvb.errors import InputError
from emtvb.files import check_writable
from emtvb.lock import locked

log = logging.getLogger(__name__)
_held = contextlib.ExitStack()
_LOCK = ".snakemake.lock"
_HOLDER = "EMTVB_SNAKEMAKE"
END_SECONDS = 180.0
"""How long to wait for a cancelled job to be gone: Slurm's KillWait is 30 s unless a site changes it."""


def ask(*command: str) -> str:
    """What one of Slurm's commands prints.

    Raises:
        InputError: Where there is no such command, or it fails, with the first line of what it says.
    """
    try:
        done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=120)
    except FileNotFoundError:
        raise InputError(command[0], "not found", "run this where Slurm is, such as a login node") from None
    except subprocess.TimeoutExpired:
        raise InputError(command[0], "no answer in 120 s", "Slurm is busy or down; run again when it answers") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
        raise InputError(" ".join(command[:3]), said[-1], "run again when Slurm answers")
    return done.stdout


def hold(results: Path) -> None:
    """Be the only Snakemake that works on these results, until this process ends; its jobs know by whom they were sent.

    Raises:
        InputError: Where another one is at work.
    """
    path = check_writable(results) / _LOCK
    try:
        _held.enter_context(locked(path))
    except BlockingIOError:
        holder = path.read_text(encoding="utf-8").strip()
        raise InputError("results folder", str(results), f"{holder or 'another Snakemake'} works on it; wait") from None
    holder = f"Snakemake (process {os.getpid()} on {socket.gethostname()}, since {datetime.now():%Y-%m-%d %H:%M:%S})"
    path.write_text(holder, encoding="utf-8")
    os.environ[_HOLDER] = holder


def is_superseded(results: Path) -> bool:
    """Whether this process is a job of a Snakemake that was killed, and of which another one took over since."""
    ours = os.environ.get(_HOLDER)
    path = results / _LOCK
    return ours is not None and path.exists() and path.read_text(encoding="utf-8") != ours


def cancel_left_over(jobs: Collection[str]) -> None:
    """Cancel jobs that an earlier Snakemake submitted and did not see the end of, and wait until they are gone.

    To be called by the one that holds the results: the other was killed then. What its jobs did is not lost, since
    training goes on from its checkpoints.

    Args:
        jobs: Slurm's ids of the jobs, those of array tasks as ARRAY_TASK.

    Raises:
        InputError: Where Slurm does not answer, or the jobs do not end.
    """
    left = _still_there(jobs)
    if not left:
        return
    log.warning("cancelling Slurm jobs %s, left over from a Snakemake that was killed", " ".join(left))
    ask("scancel", *left)
    deadline = time.monotonic() + END_SECONDS
    while left := _still_there(jobs):
        if time.monotonic() > deadline:
            raise InputError("Slurm jobs", " ".join(left), "cancelled, but they do not end; run again later")
        time.sleep(1)


def _still_there(jobs: Collection[str]) -> list[str]:
    """Those of the jobs that wait, run or are about to end. Only this folder's: Slurm may give an id out again."""
    listed = ask("squeue", "--noheader", "--array", f"--user={getpass.getuser()}", "--format=%i %Z")
    here = f" {Path.cwd()}"
    return sorted(line.split()[0] for line in listed.splitlines() if line.endswith(here) and line.split()[0] in jobs)


def is_around_another_task() -> bool:
    """Whether this Snakemake only starts another one, for a task of a job array that is not its first.

    The executor plugin starts a task's command inside a Snakemake with the first task's, which waits for the first
    task's outputs and removes them if the other task fails (snakemake-executor-plugin-slurm, issue 447).
    """
    task, first = (os.environ.get(f"SLURM_ARRAY_TASK_{name}") for name in ("ID", "MIN"))
    return task != first and any(argument.startswith("--slurm-jobstep-array-execs") for argument in sys.argv)


def stand_in_results(shards: Iterable[str]) -> Path:
    """A folder for such a Snakemake to take for the results: what it waits for is there, what it removes is nothing."""
    folder = Path(tempfile.mkdtemp(prefix="emtvb-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for shard in shards:
        for name in ("weights.safetensors", "history.csv"):
            path = folder / "training" / shard / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return folder
