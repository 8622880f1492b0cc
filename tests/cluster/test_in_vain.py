"""Jobs that wait in vain end in a line each, with state, reason and remedy; a job that is released goes on."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from emtvb.slurm import executor

from ..workflow.conftest import Project
from .cluster import NODES, Cluster
from .conftest import HERE, PATIENCE, Call, hand_on_to_nodes, jobs_by_shard, made, trained_here, wait
from .test_forgotten import of, state

pytestmark = [pytest.mark.first, pytest.mark.nightly]


PAIRWISE = (
    "--configfile", str(HERE / "experiment.yaml"), "--config", "seeds_per_shard=2", "--until", "train_shard",
    "--emtvb-slurm-array-limit", "1", "--profile", "mine",
)  # fmt: skip
PAIRS = "T1_h64_l2-0_seeds1-2", "T1_h64_l2-0_seeds3-4", "T2_h64_l2-0_seeds1-2", "T2_h64_l2-0_seeds3-4"
IN_RESERVATION = f"""\
set-resources:
  train_shard:
    slurm_extra: "'--reservation=r2' if wildcards.shard == '{PAIRS[0]}' else ''"
"""


def control(cluster: Cluster, *what: str) -> None:
    cluster.slurm("scontrol", *what, check=True)


@pytest.fixture
def alone(project: Project, cluster: Cluster) -> Project:
    """A clone whose jobs stop at the gate, with a profile that names nothing yet."""
    (project.folder / "mine").mkdir()
    (project.folder / "mine" / "config.yaml").write_text("keep-going: false\n")
    (project.folder / "gate").touch()
    hand_on_to_nodes(project, cluster)
    return project


def told(call: Call, job: str, why: str) -> str:
    """The line that says that a job waits in vain, which comes within a minute."""
    begun = time.monotonic()
    said = f"Slurm job {job} waits in vain ({why}): "
    wait(lambda: said in call.said(), call.process)
    assert time.monotonic() - begun < executor.PROGRESS
    (line,) = (line for line in call.said().splitlines() if said in line)
    return line


def test_what_waits_in_vain_ends_in_a_line_each_and_what_is_released_goes_on(
    alone: Project, cluster: Cluster, tmp_path: Path
) -> None:
    """A reservation that is deleted, a job held by its user, `scontrol requeuehold`, `scontrol suspend`."""
    control(
        cluster, "create", "reservation", "ReservationName=r2", "StartTime=now+60minutes", "Duration=60",
        "Users=root", f"Nodes={NODES[0]}",
    )  # fmt: skip
    (alone.folder / "mine" / "config.yaml").write_text(IN_RESERVATION)
    state(cluster, NODES[0], state="DRAIN")
    call = Call(alone, cluster, *PAIRWISE)
    wait(lambda: jobs_by_shard(cluster).keys() == set(PAIRS) and len(of(cluster, "running")) == 2, call.process)
    by_shard = jobs_by_shard(cluster)
    reserved, running = by_shard.pop(PAIRS[0]), of(cluster, "running")
    (held,) = set(by_shard.values()) - set(running)
    control(cluster, "uhold", held)
    at_work = [shard for shard in by_shard if by_shard[shard] in running]
    wait(lambda: all(call.stopped(shard) for shard in at_work), call.process)
    suspended, requeued = running
    control(cluster, "suspend", suspended)
    control(cluster, "requeuehold", requeued)
    control(cluster, "update", "ReservationName=r2", "StartTime=now", "EndTime=now+1minutes")
    assert f"`scontrol release {held}`" in told(call, held, "PENDING, JobHeldUser")
    assert f"`scontrol resume {suspended}`" in told(call, suspended, "SUSPENDED, None")
    assert f"`scontrol release {requeued}`" in told(call, requeued, "PENDING, job requeued in held state")
    wait(lambda: cluster.slurm("squeue", "-h", "-j", reserved, "-o", "%T").strip() == "RESV_DEL_HOLD", call.process)
    assert "SBATCH_RESERVATION" in told(call, reserved, "RESV_DEL_HOLD, Reservation r2 was deleted")
    assert call.process.wait(PATIENCE) != 0
    said = call.said()
    ended = re.findall(r"Slurm job (\d+) waits in vain \(.*\), so it was cancelled; ", said)
    assert sorted(ended) == sorted([reserved, held, suspended, requeued])
    assert said.count("submitted train_shard") == len(PAIRS), "none is tried again, for it would wait again"
    assert re.search(r"on Slurm 0 jobs run and 0 wait; 4 wait in vain \(", said)
    wait(lambda: not cluster.slurm("squeue", "-h"))

    (alone.folder / "mine" / "config.yaml").write_text("keep-going: false\n")
    call = Call(alone, cluster, *PAIRWISE, "--retries", "0")
    wait(lambda: jobs_by_shard(cluster).keys() == set(PAIRS) and len(of(cluster, "running")) == 2, call.process)
    running = of(cluster, "running")
    held, other = of(cluster, "pending")
    control(cluster, "hold", held)
    control(cluster, "uhold", other)
    control(cluster, "requeuehold", running[0])
    assert "ask the cluster's administrators" in told(call, held, "PENDING, JobHeldAdmin")
    told(call, other, "PENDING, JobHeldUser")
    told(call, running[0], "PENDING, job requeued in held state")
    control(cluster, "release", f"{held},{other},{running[0]}")
    state(cluster, NODES[0], state="RESUME")
    call.go_on()
    said = call.finish()
    assert "so it was cancelled" not in said
    assert said.count("submitted train_shard") == len(PAIRS), "one start of each job"
    undisturbed = trained_here(tmp_path / "undisturbed", seeds_per_shard=2)
    assert len(undisturbed) == 2 * len(PAIRS)
    assert made(alone, undisturbed) == undisturbed
