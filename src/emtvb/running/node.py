"""A job on a node of a cluster: it says where it runs, and keeps what it compiles on the node."""

from __future__ import annotations

import logging
import os
import socket
import tempfile
from pathlib import Path

log = logging.getLogger(__name__)


def settle() -> None:
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
