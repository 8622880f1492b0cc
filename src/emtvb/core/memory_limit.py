"""Whether what is asked for fits into memory, before it is made."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from emtvb.errors import InputError

_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where Linux says how much memory a group of processes may have."""


def check_room(numbers: int, setting: str, shown: str, remedy: str) -> None:
    """Raise InputError where so many numbers of single precision cannot be had at once.

    Args:
        numbers: How many at least; what is refused cannot fit.
        setting: Which setting asks for them.
        shown: Its value, and what the numbers are, such as "7, whose states are".
        remedy: What to do instead.
    """
    needed, free = 4 * numbers, available()
    if needed > free:
        shown = f"{shown} {needed / 2**30:.1f} GiB"
        raise InputError(setting, shown, f"{free / 2**30:.1f} GiB of memory can be had; {remedy}")


def available() -> int:
    """Bytes of memory that a process may have here: the machine's, or less where its group or a limit says so."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for path in _CGROUPS:
        try:
            limits.append(int(Path(path).read_text()))
        except (OSError, ValueError):  # "max", or no such group
            continue
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        limits.append(soft)
    return min(limit for limit in limits if limit > 0)
