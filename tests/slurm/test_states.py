"""Every state of Slurm's manual has a meaning here, and so has each reason for which a job waits in vain."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from emtvb.slurm.states import STATES, InQueue, Meaning, is_over, standing

# The states of the manual of squeue 24.11, each with what it means for a job that is followed.
MANUAL = {
    "BOOT_FAIL": Meaning.FAILED,
    "CANCELLED": Meaning.FAILED,
    "COMPLETED": Meaning.DONE,
    "CONFIGURING": Meaning.WAITS,
    "COMPLETING": Meaning.RUNS,
    "DEADLINE": Meaning.FAILED,
    "FAILED": Meaning.FAILED,
    "NODE_FAIL": Meaning.FAILED,
    "OUT_OF_MEMORY": Meaning.FAILED,
    "PENDING": Meaning.WAITS,
    "PREEMPTED": Meaning.FAILED,
    "RUNNING": Meaning.RUNS,
    "RESV_DEL_HOLD": Meaning.IN_VAIN,
    "REQUEUE_FED": Meaning.WAITS,
    "REQUEUE_HOLD": Meaning.IN_VAIN,
    "REQUEUED": Meaning.WAITS,
    "RESIZING": Meaning.RUNS,
    "REVOKED": Meaning.FAILED,
    "SIGNALING": Meaning.RUNS,
    "SPECIAL_EXIT": Meaning.IN_VAIN,
    "STAGE_OUT": Meaning.RUNS,
    "STOPPED": Meaning.IN_VAIN,
    "SUSPENDED": Meaning.WAITS,
    "TIMEOUT": Meaning.FAILED,
}
_INSTALLED = Path("/usr/share/man/man1/squeue.1.gz")


@pytest.mark.parametrize("state", MANUAL)
def test_each_state_of_the_manual_has_its_meaning(state: str) -> None:
    found = standing(InQueue(state, "n1", "None"))
    assert found.meaning is MANUAL[state]
    assert bool(found.remedy) == (found.meaning is Meaning.IN_VAIN)
    assert is_over(state) == (MANUAL[state] in (Meaning.DONE, Meaning.FAILED))


@pytest.mark.skipif(not _INSTALLED.is_file(), reason="no manual of squeue here")
def test_the_manual_that_is_installed_has_no_other_state() -> None:
    manual = gzip.decompress(_INSTALLED.read_bytes()).decode()
    section = manual.split('.SH "JOB STATE CODES"')[1].split(".SH")[0]
    states = re.findall(r"^(?:\\fB)?[A-Z]{1,3} +([A-Z_]{6,})", section.replace("\\fR", ""), re.MULTILINE)
    assert len(states) >= len(MANUAL)
    assert set(states) <= STATES.keys()


def test_a_state_that_nobody_knows_neither_runs_nor_has_ended() -> None:
    assert standing(InQueue("DREAMING", "n1", "JobHeldUser")).meaning is Meaning.UNKNOWN
    assert not is_over("DREAMING")


@pytest.mark.parametrize(
    "reason",
    [
        "None", "Priority", "Resources", "Reservation", "BeginTime", "Dependency", "Licenses", "Cleaning", "Prolog",
        "NodeDown", "PartitionDown", "PartitionInactive", "ReqNodeNotAvail, UnavailableNodes:n1", "JobArrayTaskLimit",
        "QOSMaxJobsPerUserLimit", "AssocGrpCPUMinutesLimit", "QOSUsageThreshold", "a word that nobody knows",
    ],
)  # fmt: skip
def test_what_passes_by_itself_is_awaited(reason: str) -> None:
    assert standing(InQueue("PENDING", "", reason)).meaning is Meaning.WAITS


def test_the_reason_of_a_job_that_runs_or_ended_says_nothing_of_it() -> None:
    """Slurm leaves the last reason with a job that was held while it started."""
    assert standing(InQueue("RUNNING", "n1", "JobHeldAdmin", is_held=True)).meaning is Meaning.RUNS
    assert standing(InQueue("FAILED", "n1", "JobLaunchFailure")).meaning is Meaning.FAILED


def test_only_who_is_suspended_for_good_waits_in_vain() -> None:
    """`scontrol suspend` takes the priority, and Slurm's own suspending of jobs for others does not."""
    assert standing(InQueue("SUSPENDED", "n1", "None", is_held=True)).meaning is Meaning.IN_VAIN
    assert standing(InQueue("SUSPENDED", "n1", "None")).meaning is Meaning.WAITS
