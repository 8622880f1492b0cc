"""A job on its node: where it runs, where it keeps what it compiles, and the environment in which it computes."""

from __future__ import annotations

import logging
import os
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

log = logging.getLogger(__name__)

_DECIDES = (
    "BLIS_", "GOTO_", "KMP_", "MATPLOTLIBRC", "MKL_", "MPLBACKEND", "NPY_", "NUMEXPR_", "NUMPY_", "OMP_", "OPENBLAS_",
    "VECLIB_",
)  # fmt: skip
"""How variables begin that decide digits, or what a figure looks like."""
_THREADS = (
    "GOTO_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)  # fmt: skip
"""Those that Snakemake sets for a job of one thread: with others, every job would start anew."""
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**33)}
"""By default glibc gives the memory of a large array back to the system as soon as the array is gone."""


def settle_on_node() -> None:
    """In a Slurm job, log its id and node, and let numba keep what it compiles on the node's scratch space.

    Compiled code is one CPU model's own, and not all jobs should write it to a shared disk at once. Scratch is
    SLURM_TMPDIR where a site sets it, else TMPDIR, else the system's folder for temporary files. The jobs of one user
    share it on a node, so that the first one compiles. NUMBA_CACHE_DIR, where it is set, is left as it is.
    """
    job = os.environ.get("SLURM_JOB_ID")
    if job is None:
        return
    array, task = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_ARRAY_TASK_ID")
    node = os.environ.get("SLURMD_NODENAME") or socket.gethostname()
    log.info("Slurm job %s on %s", f"{array}_{task}" if array else job, node)
    if "NUMBA_CACHE_DIR" not in os.environ:
        os.environ["NUMBA_CACHE_DIR"] = str(_own_folder(os.environ.get("SLURM_TMPDIR") or tempfile.gettempdir()))


def environment_of_job(inherited: Mapping[str, str], cpu: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """The environment in which every job computes, whatever it inherits from a shell, a cluster or the workflow.

    What the libraries that compute, and matplotlib, would read is taken out: last digits depend on it. They use one
    thread, whatever the number of cores. OpenBLAS would take kernels for the CPU at hand; those for AVX2 run on nearly
    every x86-64 in use. glibc keeps the memory that is freed for the next array, unless a variable says otherwise: to
    get it anew takes a fifth of the time of a measurement. (Variables of numba and torch stay: the engine proves its
    bits before it trains, and what torch trains has a revision.)

    Args:
        inherited: An environment.
        cpu: Where Linux says what the CPU can do.

    Returns:
        The environment; of one that is as it should be, the same.
    """
    kept = {name: value for name, value in inherited.items() if not name.startswith(_DECIDES)}
    try:
        flags = set(cpu.read_text().partition("flags")[2].partition("\n")[0].split())
    except OSError:
        flags = set()
    kernels = {"OPENBLAS_CORETYPE": "Haswell"} if {"avx2", "fma"} <= flags else {}
    return {**_MEMORY, **kept, **dict.fromkeys(_THREADS, "1"), **kernels}


def start_anew_in_environment_of_job() -> None:
    """Unless this job's process has that environment, begin it again with it: libraries read theirs when they load."""
    wanted = environment_of_job(os.environ)
    if wanted != {**os.environ}:
        os.execve(sys.executable, sys.orig_argv, wanted)


def _own_folder(scratch: str) -> Path:
    """A folder that this user alone can write: numba runs what it finds there."""
    folder = Path(scratch) / f"emtvb-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.lstat()
        if folder.is_symlink() or state.st_uid != os.getuid() or state.st_mode & 0o022:
            raise PermissionError
    except OSError:
        return Path(tempfile.mkdtemp(prefix="emtvb-"))
    return folder
