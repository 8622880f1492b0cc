"""Submissions that go wrong, on a cluster that greets: the call goes on, with the same bytes and no job too many."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from ..workflow.conftest import Project
from .cluster import Cluster
from .conftest import PATIENCE, SHARDS, Call, made, wait

pytestmark = [pytest.mark.first, pytest.mark.long]

GREETING = "Welcome to Cluster 2026 | 3 news | 17"

GREETER = """#!/bin/sh
echo "{greeting}"
exec {program} "$@"
"""
SBATCH = """#!/bin/sh
echo "{greeting}"
echo x >> {folder}/tries
case $(wc -l < {folder}/tries) in
1) echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2; exit 1;;
2) echo "lua: no such project" >&2; exit 0;;
3) {program} "$@" > /dev/null; echo "sbatch: error: Something that nobody knows" >&2; exit 1;;
esac
exec {program} "$@"
"""


@pytest.fixture
def greeted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Slurm's commands, which all greet; ``sbatch`` fails thrice, at last after it submitted."""
    folder = tmp_path_factory.mktemp("bin")
    for name in ("sbatch", "squeue", "scancel", "sinfo", "scontrol", "sacct", "sacctmgr"):
        text = SBATCH if name == "sbatch" else GREETER
        (folder / name).write_text(text.format(greeting=GREETING, program=shutil.which(name), folder=folder))
        (folder / name).chmod(0o755)
    return folder


def test_a_greeting_a_failure_that_passes_and_a_shell_of_salloc(
    project: Project, cluster: Cluster, submit: Callable[..., Call], undisturbed: dict[str, bytes], greeted: Path
) -> None:
    in_salloc = {"SLURM_JOB_ID": "4711", "SLURM_NTASKS": "1", "PATH": f"{greeted}:{os.environ['PATH']}"}
    call = submit(**in_salloc)
    call.wait_for_training(*SHARDS)
    names = set(cluster.slurm("squeue", "-h", "-o", "%j").split())
    call.go_on()
    said = call.finish()
    assert made(project) == undisturbed
    (name,) = names
    assert name.startswith(tuple(f"train_shard.{shard}+1." for shard in SHARDS)), "tasks stand in no promised order"
    assert (greeted / "tries").read_text().count("x") == 3, "what was submitted was found, and not submitted again"
    assert "Trying to restart" not in said
    told = [line for line in said.splitlines() if "Slurm takes no job now" in line]
    assert "Socket timed out" in told[0]
    assert "no id of a job but: Welcome to Cluster 2026" in told[1]
    assert "lua: no such project" in told[1]
    assert "site.yaml" not in said
    rows = [line.split("|") for line in cluster.slurm("squeue", "-h", "-t", "all", "-o", "%F|%j").splitlines()]
    assert len({number for number, other in rows if name.split(".")[-2] in other.split(".")}) == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_nothing_in_the_queue(
    project: Project, cluster: Cluster, submit: Callable[..., Call], undisturbed: dict[str, bytes], how: signal.Signals
) -> None:
    """SIGINT ends the jobs at once; SIGTERM waits for those that run. The same call goes on afterwards."""
    call = submit()
    call.wait_for_training(*SHARDS)
    call.process.send_signal(how)
    if how == signal.SIGTERM:
        call.go_on()
    assert call.process.wait(PATIENCE) != 0
    wait(lambda: not cluster.slurm("squeue", "-h"))
    call.go_on()
    submit().finish()
    assert made(project) == undisturbed
