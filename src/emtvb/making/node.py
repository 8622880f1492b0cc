"""A job on its node: where it runs, where it keeps what it compiles, its kernels and its memory."""

from __future__ import annotations

import logging
import os
import socket
import tempfile
from pathlib import Path

log = logging.getLogger(__name__)


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


def choose_kernels(cpu: Path = Path("/proc/cpuinfo")) -> None:
    """Let numpy and scipy compute with the same kernels in every job that this process starts, where the CPU has them.

    OpenBLAS takes kernels for the CPU at hand, or those that an inherited variable names; the last digits of what is
    measured depend on them. Kernels for AVX2 run on nearly every x86-64 in use. No other library reads the variable,
    and training does not depend on it.
    """
    try:
        flags = set(cpu.read_text().partition("flags")[2].partition("\n")[0].split())
    except OSError:
        return
    if {"avx2", "fma"} <= flags:
        os.environ["OPENBLAS_CORETYPE"] = "Haswell"


def keep_memory() -> None:
    """Let every job that this process starts keep the memory that it frees, for its next array.

    By default glibc gives the memory of a large array back to the system as soon as the array is gone. To get it anew
    takes a fifth of the time of a measurement. No other library reads the variables; one that is set stays as it is.
    """
    os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(2**30))
    os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(2**33))


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
