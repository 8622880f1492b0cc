"""Whether arrays fit into the memory that is free, before they are made."""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Iterator
from pathlib import Path

from emtvb.errors import InputError

_PROC, _CGROUP = Path("/proc"), Path("/sys/fs/cgroup")
"""Where Linux says what memory is free, and what a group of processes may have and uses."""


def check_room(numbers: int, setting: str, shown: str, remedy: str) -> None:
    """Raise InputError where so many numbers of single precision cannot be had at once.

    Args:
        numbers: How many at least; what is refused cannot fit.
        setting: Which setting asks for them.
        shown: Its value, and what the numbers are, such as "7, whose states are".
        remedy: What to do instead.
    """
    needed, free = 4 * numbers, available_bytes()
    if needed > free:
        shown = f"{shown} {needed / 2**30:.1f} GiB"
        raise InputError(setting, shown, f"{free / 2**30:.1f} GiB of memory can be had; {remedy}")


def available_bytes() -> int:
    """Bytes that are free for this process: of the machine, within its group's limit and its own."""
    return max(min(_free_bytes()), 0)


def killed_processes() -> int:
    """How many processes this machine has killed for want of memory since it started, whatever group had too little."""
    return _number_in_file(_PROC / "vmstat", r"(?m)^oom_kill (\d+)") or 0


def want_of_memory(killed: int) -> list[str]:
    """A line if the system killed a process since for want of memory: what it kills cannot say so itself.

    Args:
        killed: How many it had killed before (``killed_processes``).
    """
    count = killed_processes() - killed
    remedy = "run on fewer cores, or give it more: it goes on where it stopped"
    return [f"error: memory ran out, and the system killed {count} of the processes here; {remedy}"] if count else []


def _free_bytes() -> Iterator[int]:
    """Bytes that are free by each limit."""
    machine = _number_in_file(_PROC / "meminfo", r"MemAvailable: +(\d+) kB")
    yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if machine is None else machine * 1024
    for group, limit, usage in _limit_files():
        most, used = _number_in_file(group / limit, r"(\d+)"), _number_in_file(group / usage, r"(\d+)")
        if most is not None and used is not None:  # pages of files that were read are given back when they are needed
            yield most - used + (_number_in_file(group / "memory.stat", r"(?m)^(?:total_)?inactive_file (\d+)") or 0)
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        pages = _number_in_file(_PROC / "self" / "statm", r"(\d+)") or 0
        yield soft - pages * os.sysconf("SC_PAGE_SIZE")


def _limit_files() -> Iterator[tuple[Path, str, str]]:
    """This process's groups and all above them, in version 2 and 1: a folder each, and the files of limit and use."""
    try:
        lines = (_PROC / "self" / "cgroup").read_text().splitlines()
    except OSError:
        lines = []
    own = {name: path for _, names, path in (line.split(":", 2) for line in lines) for name in names.split(",")}
    for controller, limit, usage in (
        ("", "memory.max", "memory.current"),
        ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        group = Path(own.get(controller, "/"))
        for path in (group, *group.parents):
            yield _CGROUP / controller / path.relative_to("/"), limit, usage


def _number_in_file(path: Path, pattern: str) -> int | None:
    """The number that a pattern finds in a file; None where there is no such file or number."""
    try:
        found = re.search(pattern, path.read_text())
    except OSError:
        return None
    return None if found is None else int(found[1])
