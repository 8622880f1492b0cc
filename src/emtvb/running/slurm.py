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
from emtvb.running.lock import locked

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


def take_over(results: Path, run: str | None) -> None:
    """Be the only Snakemake that works on these results until this process ends, and cancel what others left over.

    Who holds the results finds in their lock file which Slurm jobs a killed one may have left over. What those
    jobs did is not lost, since training goes on from its checkpoints.

    Args:
        results: The experiment's folder.
        run: The name of the Slurm jobs that this Snakemake will submit; None if it submits none.

    Raises:
        InputError: Where another Snakemake is at work, Slurm does not answer, or jobs do not end.
    """
    path = check_writable(results) / _LOCK
    try:
        _held.enter_context(locked(path))
    except BlockingIOError:
        holder = "".join(path.read_text(encoding="utf-8").splitlines()[:1]) or "another Snakemake"
        raise InputError("results folder", str(results), f"{holder} works on it; wait for its end") from None
    runs = path.read_text(encoding="utf-8").splitlines()[1:]
    if run is not None:
        _cancel(runs)
        runs = [run]
    holder = f"Snakemake (process {os.getpid()} on {socket.gethostname()}, since {datetime.now():%Y-%m-%d %H:%M:%S})"
    path.write_text("\n".join([holder, *runs]), encoding="utf-8")
    os.environ[_HOLDER] = holder  # which its jobs inherit


def is_superseded(results: Path) -> bool:
    """Whether this process is a job of a Snakemake that was killed, and of which another one took over since."""
    ours = os.environ.get(_HOLDER)
    path = results / _LOCK
    return ours is not None and path.exists() and path.read_text(encoding="utf-8").splitlines()[:1] != [ours]


def _cancel(runs: Collection[str]) -> None:
    """Cancel the jobs of these runs of Snakemake, and wait until they are gone."""
    left = _jobs(runs)
    if not left:
        return
    log.warning("cancelling Slurm jobs %s, left over from a Snakemake that was killed", " ".join(left))
    ask("scancel", *left)
    deadline = time.monotonic() + END_SECONDS
    while left := _jobs(runs):
        if time.monotonic() > deadline:
            raise InputError("Slurm jobs", " ".join(left), "cancelled, but they do not end; run again later")
        time.sleep(1)


def _jobs(runs: Collection[str]) -> list[str]:
    """Slurm's ids of their jobs that wait, run or are about to end."""
    if not runs:
        return []
    return sorted(
        set(ask("squeue", "-h", f"--user={getpass.getuser()}", f"--name={','.join(runs)}", "-o", "%F").split())
    )


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
    named = {argument.removeprefix("train_shard:shard=") for argument in sys.argv}
    for shard in named.intersection(shards) or shards:
        outputs = (
            f"training/{shard}/weights.safetensors",
            f"training/{shard}/history.csv",
            f"measurements/learning/{shard}.csv",
            f"training/{shard}/digests.csv",
        )
        for path in map(folder.joinpath, outputs):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return folder
