"""What each of Slurm's states of a job means here, and each of its reasons why a job waits: no other place says so.

The states are those of the manual of ``squeue`` (24.11) and of Slurm's page ``job_state_codes``. The reasons are those
of its page ``job_reason_codes``, and the sentences that its source has in their place. A reason that is not here passes
by itself.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple


class Meaning(Enum):
    """How a job stands."""

    RUNS = "runs"
    WAITS = "waits"
    """It starts, or goes on, by itself."""
    IN_VAIN = "waits in vain"
    """It goes on only if somebody does something, or Slurm was wrong for a while."""
    NEVER = "never starts"
    """It asks for more than it can ever get."""
    DONE = "ended well"
    FAILED = "ended"
    UNKNOWN = "unknown"
    """Of this state Slurm's manuals had no word: neither running nor ended."""


class InQueue(NamedTuple):
    """What Slurm's queue says of a job: its state, its node, why it waits, and whether it has no priority at all."""

    state: str
    node: str = ""
    reason: str = ""
    is_held: bool = False

    def __str__(self) -> str:
        return f"{self.state}, {self.reason or 'None'}"


class Standing(NamedTuple):
    """How a job stands, and what to do about it."""

    meaning: Meaning
    remedy: str = ""
    """What lets it go on, with ``{job}`` for its id; nothing where a setting of the site's would."""
    is_moved: bool = False
    """Whether it may start elsewhere, if it is submitted anew."""


_BY_STATE = {
    Meaning.RUNS: "RUNNING COMPLETING RESIZING SIGNALING STAGE_OUT UPDATE_DB",
    Meaning.WAITS: "PENDING CONFIGURING POWER_UP_NODE REQUEUED REQUEUE_FED SUSPENDED",
    Meaning.IN_VAIN: "REQUEUE_HOLD RESV_DEL_HOLD SPECIAL_EXIT STOPPED",
    Meaning.DONE: "COMPLETED",
    Meaning.FAILED: "BOOT_FAIL CANCELLED DEADLINE FAILED LAUNCH_FAILED NODE_FAIL OUT_OF_MEMORY PREEMPTED RECONFIG_FAIL "
    "REVOKED TIMEOUT",
}
STATES = {state: meaning for meaning, states in _BY_STATE.items() for state in states.split()}
"""What each state means, where no reason says more. A job that Slurm starts again is PENDING by then."""

_RELEASE = "`scontrol release {job}` lets it start"
_ADMIN = "ask the cluster's administrators"
_RESERVATION = (
    "`scontrol update JobId={job} ReservationName=`, then `scontrol release {job}` let it start without its "
    "reservation; for others name another one, or none, in SBATCH_RESERVATION or slurm_extra"
)
_BY_REASON = (
    ("PerJob|PartitionTimeLimit|MaxMemPerLimit|BadConstraints", Standing(Meaning.NEVER)),
    # Slurm could not start it on its node, once or too often.
    ("launch failed|MaxRequeue", Standing(Meaning.IN_VAIN, _RELEASE, is_moved=True)),
    ("Reservation.*(Deleted|Invalid)", Standing(Meaning.IN_VAIN, _RESERVATION)),
    ("HeldAdmin", Standing(Meaning.IN_VAIN, _ADMIN)),
    ("held", Standing(Meaning.IN_VAIN, _RELEASE)),
    # Slurm took it, and does not let it start; while its database starts anew, it may say so of any job. For what a
    # partition does not take it has a sentence: "Job's QOS not permitted to use ...". Of an account 24.11 says
    # PartitionConfig.
    (
        "Invalid|NotAllowed|not (in group )?permitted|PartitionConfig|DependencyNeverSatisfied",
        Standing(Meaning.IN_VAIN),
    ),
)
_BY_HELD_STATE = {
    "STOPPED": "`scancel --signal=CONT --full {job}` lets it go on",
    "SUSPENDED": f"{_ADMIN} for `scontrol resume {{job}}`",
    "RESV_DEL_HOLD": _RESERVATION,
}


def standing(entry: InQueue) -> Standing:
    """How a job stands, by its state, and by the reason where it waits."""
    meaning = STATES.get(entry.state, Meaning.UNKNOWN)
    # Who is suspended for another job's sake keeps its priority, and goes on after that one.
    if entry.state == "SUSPENDED" and entry.is_held:
        meaning = Meaning.IN_VAIN
    if meaning in (Meaning.WAITS, Meaning.IN_VAIN):
        for pattern, found in _BY_REASON:
            if re.search(pattern, entry.reason, re.IGNORECASE):
                return found
    return Standing(meaning, _BY_HELD_STATE.get(entry.state, _RELEASE) if meaning is Meaning.IN_VAIN else "")


def is_over(state: str) -> bool:
    """Whether a job in this state has ended, well or not."""
    return STATES.get(state) in (Meaning.DONE, Meaning.FAILED)
