"""Memory that is free: of the machine, and within the limits of a group of processes."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from emtvb import memory_limit
from emtvb.errors import InputError

GIB = 2**30


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 8 of 24 GiB free, and no group."""
    for name in ("_PROC", "_CGROUP"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(memory_limit, name, tmp_path / name)
    (tmp_path / "_PROC" / "meminfo").write_text(f"MemTotal: {24 * 2**20} kB\nMemAvailable:   {8 * 2**20} kB\n")
    return tmp_path / "_CGROUP"


def test_what_is_free_and_not_what_there_is(system: Path) -> None:
    assert memory_limit.available_bytes() == 8 * GIB
    memory_limit.check_room(2 * GIB, "trials", "7, which are", "record fewer")
    with pytest.raises(InputError, match=r"trials: 7, which are 8\.1 GiB: 8\.0 GiB of memory can be had; record fewer"):
        memory_limit.check_room(int(2.02 * GIB), "trials", "7, which are", "record fewer")


def test_a_process_has_its_limit_less_its_pages(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (3 * GIB, resource.RLIM_INFINITY))
    (system.parent / "_PROC" / "self").mkdir()
    (system.parent / "_PROC" / "self" / "statm").write_text(f"{GIB // os.sysconf('SC_PAGE_SIZE')} 5 5 1 0 5 0\n")
    assert memory_limit.available_bytes() == 2 * GIB


def test_what_was_killed_for_want_of_memory_is_counted(system: Path) -> None:
    assert memory_limit.killed_processes() == 0
    (system.parent / "_PROC" / "vmstat").write_text("drop_slab 0\noom_kill 3\n")
    assert memory_limit.killed_processes() == 3


@pytest.mark.parametrize(
    ("limit", "usage", "cache"),
    [
        ("memory.max", "memory.current", ("memory.stat", "inactive_file {}\n")),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", ("memory/memory.stat", "inactive_file {}\n")),
    ],
)
def test_a_group_has_its_limit_less_its_use(system: Path, limit: str, usage: str, cache: tuple[str, str]) -> None:
    (system / "memory").mkdir()
    (system / limit).write_text(f"{4 * GIB}\n")
    (system / usage).write_text(f"{3 * GIB}\n")
    assert memory_limit.available_bytes() == GIB
    (system / cache[0]).write_text("anon 5\n" + cache[1].format(2 * GIB))  # read from files: it is given back
    assert memory_limit.available_bytes() == 3 * GIB
    (system / usage).write_text(f"{7 * GIB}\n")
    assert memory_limit.available_bytes() == 0
    (system / limit).write_text("max\n")
    assert memory_limit.available_bytes() == 8 * GIB


@pytest.mark.parametrize(
    ("line", "controller", "limit", "usage"),
    [
        ("0::/user/job/step", "", "memory.max", "memory.current"),
        ("7:cpu,memory:/user/job/step", "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
    ],
)
@pytest.mark.parametrize("limited", ["user/job/step", "user/job", "user"])
def test_the_groups_own_limit_and_those_above_it_count(
    system: Path, line: str, controller: str, limit: str, usage: str, limited: str
) -> None:
    (system.parent / "_PROC" / "self").mkdir()
    (system.parent / "_PROC" / "self" / "cgroup").write_text(f"3:pids:/else\n{line}\n")
    group = system / controller / limited
    group.mkdir(parents=True)
    (group / limit).write_text(f"{2 * GIB}\n")
    (group / usage).write_text(f"{GIB}\n")
    assert memory_limit.available_bytes() == GIB


def test_where_nothing_says_it_the_machine_has_what_it_has(system: Path) -> None:
    (system.parent / "_PROC" / "meminfo").unlink()
    assert memory_limit.available_bytes() >= GIB // 4


def test_what_the_system_killed_for_want_of_memory_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_limit, "killed_processes", lambda: 5)
    assert memory_limit.want_of_memory(5) == []
    (line,) = memory_limit.want_of_memory(3)
    assert line.startswith("error: memory ran out, and the system killed 2 of the processes here; run on fewer cores")
