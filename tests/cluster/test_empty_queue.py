"""A queue that seems empty, as by a wrapper that answers from a copy, and nothing runs twice."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ..workflow.conftest import Project
from .cluster import Cluster
from .conftest import SHARDS, Call, accounted, made

pytestmark = [pytest.mark.first, pytest.mark.nightly]

WRAPPER = """#!/bin/sh
test -e {empty} && exit 0
exec {squeue} "$@"
"""


@pytest.fixture(scope="module", params=[True, False], ids=["accounts", "no accounts"])
def accounting(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """In a path with what Slurm would put a job's number in for."""
    (tmp_path / "100%j").mkdir()
    return Project.copy(tmp_path / "100%j", compiled=False)


def test_each_job_starts_once_while_the_queue_answers_nothing(
    project: Project, cluster: Cluster, submit: Callable[..., Call], undisturbed: dict[str, bytes], tmp_path: Path,
    accounting: bool,
) -> None:  # fmt: skip
    empty, wrapper = tmp_path / "empty", tmp_path / "bin" / "squeue"
    wrapper.parent.mkdir()
    wrapper.write_text(WRAPPER.format(empty=empty, squeue=shutil.which("squeue", path=cluster.environment["PATH"])))
    wrapper.chmod(0o755)
    elsewhere = {"SBATCH_ERROR": "/dev/null", "SBATCH_INPUT": "/nowhere", "SBATCH_OUTPUT": "/nowhere/%j"}
    call = submit(PATH=f"{wrapper.parent}:{cluster.environment['PATH']}", **elsewhere)
    call.wait_for_training(*SHARDS)
    empty.touch()
    time.sleep(120 if accounting else 25)  # more than twice as long as the files of a forgotten job may come late
    call.go_on()
    time.sleep(5)
    empty.unlink()
    said = call.finish()
    assert made(project) == undisturbed
    assert "Slurm has forgotten" not in said
    assert "Trying to restart" not in said
    assert said.count("submitted train_shard") == 1
    for shard in SHARDS:
        assert call.log(shard).count("Slurm job") == 1, "one start of each"
    if accounting:
        assert accounted(cluster, "State") == ["COMPLETED"] * len(SHARDS)
