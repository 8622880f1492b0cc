"""Snakemake's own plugin for Slurm, as what is left where ours cannot be had: with accounting, and without arrays."""

from __future__ import annotations

import os
import re
import shutil

import pytest

from ..workflow.conftest import Project
from .cluster import Cluster
from .conftest import HERE, SHARDS, TRAINED, Call, hand_on_to_nodes, made

pytestmark = [pytest.mark.first, pytest.mark.nightly]

pytest.importorskip("snakemake_executor_plugin_slurm")

SRUN = """#!/bin/sh
# The plugin takes SLURM_CONF away in a job; this cluster's configuration is not in /etc/slurm.
SLURM_CONF={conf} exec {srun} "$@"
"""


@pytest.fixture(scope="module")
def accounting() -> bool:
    return True


def test_it_runs_the_workflow_to_the_same_bytes(
    project: Project, cluster: Cluster, undisturbed: dict[str, bytes]
) -> None:
    hand_on_to_nodes(project, cluster)
    srun = project.folder / "bin" / "srun"
    srun.parent.mkdir()
    srun.write_text(SRUN.format(conf=cluster.environment["SLURM_CONF"], srun=shutil.which("srun")))
    srun.chmod(0o755)
    experiment = "--configfile", str(HERE / "experiment.yaml")
    Call(project, cluster, *experiment, "--executor", "slurm", "--", *TRAINED,
         PATH=f"{srun.parent}:{os.environ['PATH']}").finish()  # fmt: skip
    assert made(project) == undisturbed
    logs = [project.folder / f"results/faults/logs/train_shard/{shard}.log" for shard in SHARDS]
    assert all(re.search(r"Slurm job \S+ on n\d", log.read_text()) for log in logs)
