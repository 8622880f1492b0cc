"""Jobs on Slurm, looked after so that a run of Snakemake always ends.

An executor by Snakemake's plugin interface (``snakemake_executor_plugin_emtvb_slurm`` is where Snakemake finds it):

- Slurm's queue says how jobs stand, task by task. Where it does not answer, one line says so and everything waits.
- A job that the queue no longer knows is what accounting says of it, where there is accounting, or Slurm's controller.
  Where neither knows it, it is finished if its outputs lie there as the record beside them says. If not, it has failed,
  and is cancelled first: so no job runs twice, whatever one of them answers.
- A job that is preempted or loses its node is run again, and that uses up none of its attempts.
- What waits in vain is told with a remedy, and cancelled where nobody helps it for a while (``states``).
- A job is cancelled by its name and id, since Slurm gives ids again, and then looked at.
- A job that is tried again asks for more memory if it ran out of memory, for more time if it ran out of time, and for
  what it asked for before if neither is known of it.
- No more is submitted at once than Slurm takes. Where it fails for a while, one line says so and submitting waits.
- What Slurm refuses in words is refused: once, and for all jobs that ask for the same.
- A submission has a name of its own. Where ``sbatch`` fails or says no id, the queue is asked for that name.
- What a job or each task of an array runs travels in a script of any length, with one Snakemake in it.

Nothing of the plugin ``slurm`` is used. What is Snakemake's own, and no part of its interface for plugins, is this:

- ``job.rule.expand_resources``, ``job._resources``: what a job would ask for at another attempt, by cause;
- ``job.attempt`` (set), ``job.restart_times``: that a job is not tried again which Slurm refuses;
- ``scheduler.error_callback``: that a job failed about which all has been said with another;
- ``job.wildcards``, ``execution_settings.latency_wait``: a job's name, and how long its files may take.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import shlex
import sys
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any, TypeVar

from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

from emtvb.errors import InputError
from emtvb.slurm import commands as slurm
from emtvb.slurm.states import STATES, InQueue, Meaning, is_over, standing

if TYPE_CHECKING:
    from emtvb.making.staleness import Records

T = TypeVar("T")

PATIENCE = 24 * 3600.0
"""Seconds for which Slurm may be silent: a maintenance may take a working day, and jobs go on meanwhile."""
SLOWEST = 55
"""Seconds between two looks at the queue, at most: so that a minute has one."""
BETWEEN = 10.0
"""Seconds between two tries to submit, while Slurm is silent or takes no more jobs."""
PAUSES = 5.0, 10.0, 20.0, 40.0, 80.0, 180.0
"""Seconds before each further try of a submission that failed; the last one again and again."""
UNCLEAR = 900.0
"""Seconds for which a submission is tried that fails for a reason that is not known: it may pass, or never."""
PROGRESS = 60.0
"""Seconds between two lines about how the jobs stand."""
GRACE = 300.0
"""Seconds for which a job waits in vain before it is cancelled."""
MOST_LOST = 20
"""Times that a job may be preempted or lose its node before that uses up attempts: it may be what ends its nodes."""
_LOST = frozenset(("PREEMPTED", "NODE_FAIL", "BOOT_FAIL"))

_MEMORY, _TIME = "mem_mb", "runtime"
_SIGNS = {
    _MEMORY: r"exceeded( job| step)? memory limit|oom[_-]kill|Out Of Memory|MemoryError|can't allocate memory",
    _TIME: r"DUE TO TIME LIMIT",
}
_TAIL = 1 << 16
"""Bytes of a log that are read: a job that prints without end makes one of gigabytes."""
_SCRIPT_BYTES = 2 << 20
"""Of the script of an array, at most; Slurm takes 4 MiB unless a site changes it."""
_NAME = 120
"""Characters of a job's name that say what it does, at most."""


class Executor(RemoteExecutor):  # type: ignore[misc]
    """Submits jobs to Slurm, and looks at them until each has ended."""

    known: Records
    """What says whether a job's outputs are there; the workflow sets it."""

    def __init__(self, workflow: Any, logger: Any) -> None:
        settings = workflow.executor_settings
        self.slurm_logdir = Path(workflow.workdir_init) / (settings.logdir or "slurm-logs")
        try:
            slurm.check_commands()
            self.slurm_logdir.mkdir(parents=True, exist_ok=True)
        except (InputError, OSError) as error:  # before anything waits for it
            raise WorkflowError(str(error)) from None
        self.run_uuid = uuid.uuid4().hex[:8]
        self.max_array_size = max(settings.array_limit or 1, 1)
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="submit")
        self._over = threading.Event()  # nothing more is to be submitted
        self._submitting = threading.Lock()
        self._submissions = itertools.count(1)
        self._jobs = slurm.JobsOfRuns([self.run_uuid], slurm.MINE)
        self._silent_since: float | None = None
        self._forgotten: dict[str, float] = {}  # ids, and when they were first missed
        self._ran_out: Counter[tuple[Any, str]] = Counter()  # of a job, how often of memory or time
        self._lost: Counter[Any] = Counter()  # jobs, and how often they were preempted or lost their node
        self._in_vain: dict[str, float] = {}  # ids, and since when these jobs wait in vain
        self._room_left, self._room_asked = 0, -BETWEEN
        self._refusals: set[str] = set()  # what was asked for that Slurm refuses
        self._said: set[str] = set()
        self._reported = time.monotonic()
        super().__init__(workflow, logger)
        self.logger.info(f"Slurm's jobs of this run have {self.run_uuid} in their names")

    # Submitting

    def additional_general_args(self) -> str:
        """What Snakemake is told in a job besides: to run it there, without a solver, which needs room in TMPDIR."""
        return "--executor local --scheduler greedy"

    def run_job(self, job: Any) -> None:
        """Submit a job."""
        self.run_jobs([job])

    def run_jobs(self, jobs: Sequence[Any]) -> None:
        """Submit jobs, those of a rule that ask for the same as an array."""
        alike: dict[Any, list[Any]] = {}
        for job in jobs:
            self._ask_for_more(job)
            self.run_job_pre(job)
            alike.setdefault((job.name, _asked_as_text(job)), []).append(job)
        for some in alike.values():
            self._pool.submit(self._submit, some)

    def _ask_for_more(self, job: Any) -> None:
        """Let a job that is tried again ask for more of what it ran out of, and for no more of anything else."""
        if job.is_group() or job.attempt == 1:
            return
        now = dict(job.resources.items())
        for name, names in ((_MEMORY, ("mem", "mem_mb", "mem_mib")), (_TIME, (_TIME,))):
            asked = self._resources_at(job, 1 + self._ran_out[job, name])
            now |= {key: asked[key] for key in names if key in asked}
        job._resources = type(job.resources)(fromdict=now)

    @staticmethod
    def _resources_at(job: Any, attempt: int) -> dict[str, Any]:
        """What a job would ask for at some attempt."""
        resources = job.rule.expand_resources(job.wildcards_dict, job.input, attempt, skip_evaluation={"tmpdir"})
        return dict(resources.items())

    def _submit(self, jobs: list[Any]) -> None:
        """Submit jobs that ask for the same, as many at once as Slurm takes; runs in a thread of its own."""
        most = self.max_array_size
        try:
            while jobs:
                with self._submitting:
                    most = min(most, self._array_size(), self._room_now())
                    commands = [self.format_job_exec(job) for job in jobs[:most]]
                    fitting = sum(size <= _SCRIPT_BYTES for size in itertools.accumulate(map(len, commands)))
                    count = min(max(fitting, 1), len(jobs))
                    if self._over.is_set():
                        return
                    is_done = self._submit_as_one(jobs[:count], commands[:count])
                if is_done:
                    jobs, most = jobs[count:], 2 * most
                    continue
                self._say("Slurm takes no more jobs of yours at once; the others follow when some have ended")
                most = max(count // 2, 1)
                if count == 1:
                    self._pause(BETWEEN)
        except Exception as error:  # none of them may be waited for
            for job in jobs:
                self.report_job_error(SubmittedJobInfo(job), msg=f"not submitted: {error}")

    def _array_size(self) -> int:
        """How many tasks an array may have here; 1 where Slurm takes none."""
        size = (self._ask_patiently(slurm.configuration) or {}).get("MaxArraySize", "")
        return max(min(self.max_array_size, int(size) - 1 if size.isdigit() else sys.maxsize), 1)

    def _submit_as_one(self, jobs: Sequence[Any], commands: Sequence[str]) -> bool:
        """Submit jobs as one, and report them as submitted or as failed; returns whether Slurm takes so many now."""
        if _asked_as_text(jobs[0]) in self._refusals:
            self._fail_for_good(jobs)
            return True
        name = self._submission_name(jobs)
        logs = self.slurm_logdir / f"{'group' if jobs[0].is_group() else 'rule'}_{jobs[0].name}"
        logs.mkdir(parents=True, exist_ok=True)
        self._room_left -= len(jobs)
        try:
            number = self._submitted_id(
                name, self._sbatch_call(jobs, name, logs), _job_script(commands, self.envvars())
            )
        except InputError as error:
            message = " ".join(str(error.value).split())
            if slurm.FULL.search(message) and (len(jobs) > 1 or self._has_jobs()):
                return False
            refused = f"Slurm refused a job ({message}); {slurm.remedy(message)}"
            msg = refused if error.what.startswith(slurm.COMMANDS) else str(error)
            self._fail_for_good(jobs, f"{msg}; neither it nor what asks for the same is tried again")
            return True
        if number is None:
            return True
        self._jobs.add(number, name)
        tasks = f" with {len(jobs)} tasks" if len(jobs) > 1 else ""
        self.logger.info(f"submitted {name} as Slurm job {number}{tasks}; Slurm's log is in {logs}")
        for task, job in enumerate(jobs, 1):
            one = number if len(jobs) == 1 else f"{number}_{task}"
            aux = {"slurm_logfile": logs / f"{one}.log"}
            self.report_job_submission(SubmittedJobInfo(job, external_jobid=one, aux=aux))
        return True

    def _fail_for_good(self, jobs: Sequence[Any], msg: str | None = None) -> None:
        """Let jobs fail for good that Slurm refuses, with one message; without one where all has been said."""
        self._refusals.add(_asked_as_text(jobs[0]))
        for number, job in enumerate(jobs):
            job.attempt = job.restart_times + 1
            if msg is not None and number == 0:
                self.report_job_error(SubmittedJobInfo(job), msg=msg)
            else:
                self.workflow.scheduler.error_callback(job)

    def _submission_name(self, jobs: Sequence[Any]) -> str:
        """What these jobs do, in which run of Snakemake, and a number: no other submission has this name."""
        what = re.sub(r"[^\w.+-]+", "_", _task_in_words(jobs[0]))
        others = f"+{len(jobs) - 1}" if len(jobs) > 1 else ""
        return f"{what[:_NAME]}{others}.{self.run_uuid}.{next(self._submissions)}"

    def _sbatch_call(self, jobs: Sequence[Any], name: str, logs: Path) -> list[str]:
        """The command that submits a script with what these jobs ask for."""
        logs = Path(str(logs).replace("%", "%%"))  # Slurm puts numbers and names in for a single one
        return [
            *("sbatch", "--parsable", "--job-name", name),
            *("--export=ALL", "--chdir", str(self.workflow.workdir_init)),
            *(["--requeue"] if self.workflow.executor_settings.requeue else []),
            *slurm.sbatch_options(jobs[0].resources, jobs[0].threads),
            *([f"--array=1-{len(jobs)}"] if len(jobs) > 1 else []),
            *("--output", str(logs / ("%A_%a.log" if len(jobs) > 1 else "%j.log"))),
        ]

    def _submitted_id(self, name: str, call: Sequence[str], script: str) -> str | None:
        """Slurm's id of a submission, tried again while it fails for reasons that may pass; None if all is over."""
        begun, pauses = time.monotonic(), itertools.chain(PAUSES, itertools.repeat(PAUSES[-1]))
        while not self._over.is_set():
            try:
                return slurm.submit(call, script)
            except InputError as error:
                refusal = error
            message = str(refusal.value)
            if slurm.is_refusal(message) or slurm.FULL.search(message):
                raise refusal  # of which Slurm may keep a record, under this name
            # It may have been taken all the same, at once or a little later: the queue knows.
            for pause in (0.0, next(pauses)):
                self._pause(pause)
                if taken := self._ask_patiently(lambda: slurm.ids_by_name(name)):
                    return taken[0]
                may_pass = PATIENCE if slurm.PASSING.search(message) else UNCLEAR
                if time.monotonic() - begun >= may_pass:
                    raise refusal
                self._say(f"Slurm takes no job now ({message}): tried again, less and less often")
        return None

    def _has_jobs(self) -> bool:
        """Whether jobs of this run wait or run."""
        return bool(slurm.unended(self._ask_patiently(self._jobs.in_queue) or {}))

    def _room_now(self) -> int:
        """How many jobs more Slurm's controller will hold, waiting until it is one or more, or all is over."""
        # One look at the queue serves all submissions of some seconds.
        while not self._over.is_set():
            if self._room_left > 0 and time.monotonic() - self._room_asked < BETWEEN:
                return self._room_left
            room = self._ask_patiently(slurm.room_in_queue)
            self._room_left, self._room_asked = sys.maxsize if room is None else room, time.monotonic()
            # If nothing of ours is in the queue, nothing of ours will make room: let Slurm itself say why.
            if self._room_left or not self._has_jobs():
                return max(self._room_left, 1)
            self._pause(BETWEEN)
        return 1

    def _ask_patiently(self, ask: Callable[[], T]) -> T | None:
        """What Slurm answers, however long it is silent before; None if all is over."""
        while not self._over.is_set():
            try:
                answer = ask()
            except InputError as error:
                if self._is_silent(error):
                    raise
                self._pause(BETWEEN)
            else:
                self._is_heard()
                return answer
        return None

    def _pause(self, seconds: float) -> None:
        """Wait before another try, but not beyond the end of all."""
        self._over.wait(seconds)

    def report_job_error(self, job_info: Any, msg: str | None = None, **more: Any) -> None:
        """Say in one line that a job failed, and hand it on; Snakemake, which may be quiet, adds a sentence to it."""
        logs = [str(log)] if (log := _slurm_log(job_info)) else None
        where = f"; more is in {log}" if log else ""
        self.logger.error(f"{_task_in_words(job_info.job)}: {msg or 'failed'}{where}")
        super().report_job_error(job_info, msg=None if msg is None else f"{msg}. ", aux_logs=logs, **more)

    def cancel_jobs(self, active_jobs: list[Any]) -> None:
        """Cancel all jobs of this run, those that are being submitted too; that some have ended already is no error."""
        self._over.set()
        with self._submitting:
            try:
                left = self._jobs.cancel_all([info.external_jobid for info in active_jobs])
            except InputError as error:
                self.logger.warning(f"{error.what}: {error.value}: jobs may be left; the next call cancels them")
            else:
                if left.jobs:
                    self.logger.warning(f"{left}; the next call cancels them")

    async def sleep(self) -> None:
        """Wait until the next look at jobs, or until all is over."""
        await asyncio.to_thread(self._over.wait, self.next_seconds_between_status_checks)

    def shutdown(self) -> None:
        """End, and submit nothing any more."""
        self._over.set()
        self._pool.shutdown()
        super().shutdown()

    # Looking

    async def check_active_jobs(self, active_jobs: list[Any]) -> AsyncIterator[Any]:
        """Report those that ended, and yield the others."""
        first = self.workflow.executor_settings.first_look
        if not active_jobs:
            self.next_seconds_between_status_checks = first
            return
        try:
            async with self.status_rate_limiter:
                queue = await asyncio.to_thread(self._jobs.in_queue)
        except InputError as error:
            too_long = self._is_silent(error)
            for info in active_jobs:
                if too_long:
                    self.report_job_error(info, msg=str(error))
                else:
                    yield info
            return
        self._is_heard()
        self._cancel_strays(queue)
        self._report_states(queue)
        self._note_in_vain(queue)
        missing = [info.external_jobid for info in active_jobs if info.external_jobid not in queue]
        others = await asyncio.to_thread(self._states_elsewhere, missing) if missing else {}
        active = [info for info in active_jobs if not self._has_ended(info, queue, others)]
        if given_up := [info for info in active if self._is_given_up(info, queue, others)]:
            uncancelled = await asyncio.to_thread(self._cancelled, [info.external_jobid for info in given_up])
            for info in given_up:
                self._report_given_up(info, queue, uncancelled)
            ended = {info.external_jobid for info in given_up}
            active = [info for info in active if info.external_jobid not in ended]
        for info in active:
            yield info
        slower = min(self.next_seconds_between_status_checks * 1.2, SLOWEST)
        wait = first if len(active) < len(active_jobs) else slower
        # What is missed is looked for soon again: its files may be on their way.
        self.next_seconds_between_status_checks = min(wait, 5) if self._forgotten.keys() & set(missing) else wait

    def _states_elsewhere(self, missing: Sequence[str]) -> dict[str, str]:
        """The states of jobs that the queue does not have: those of accounting, and at last those of the controller.

        Accounting may take a job for running that ended while it could not be told. So what has been missed for long is
        asked of the controller, and if that knows it, the waiting begins anew. An empty state: nobody knows it.
        """
        now = time.monotonic()
        states = self._jobs.states_by_accounting(missing)
        late = self.workflow.execution_settings.latency_wait
        missed = [job for job in missing if now - self._forgotten.setdefault(job, now) >= late]
        if overdue := [job for job in missed if not is_over(states.get(job, ""))]:
            try:
                known = self._jobs.states_by_controller(overdue)
                self._forgotten |= dict.fromkeys(known.keys() & set(overdue), now)
            except InputError as error:  # while the queue is answered: a line for each look would be many
                self._say(f"Slurm's controller does not say what became of jobs ({error.value}): waiting")
                known = {job: "UNKNOWN" for job in overdue if now - self._forgotten[job] < PATIENCE}
            states |= {job: known.get(job, "") for job in overdue}
        return states

    def _has_ended(self, info: Any, queue: Mapping[str, InQueue], others: Mapping[str, str]) -> bool:
        """Whether a job is over by itself, and has been reported."""
        job = info.external_jobid
        if job in queue:
            self._forgotten.pop(job, None)
        state = queue[job].state if job in queue else others.get(job, "")
        meaning = STATES.get(state)
        # Nobody knows it, but its files may; they may come late.
        if meaning is Meaning.DONE or (job not in queue and not is_over(state) and _is_made(self.known, info.job)):
            self._report_success(info)
        elif meaning is Meaning.FAILED:
            self._report_failure(info, state)
        else:
            return False
        return True

    def _note_in_vain(self, queue: Mapping[str, InQueue]) -> None:
        """Note since when jobs wait in vain, and say it of those that begin to, with state, reason and remedy."""
        now, new = time.monotonic(), defaultdict(list)
        in_vain = {job: entry for job, entry in queue.items() if standing(entry).meaning is Meaning.IN_VAIN}
        for job, entry in in_vain.items():
            if job not in self._in_vain:
                new[entry.state, entry.reason].append(job)
        self._in_vain = {job: self._in_vain.get(job, now) for job in in_vain}
        for first, *more in new.values():
            others = f" and {len(more)} more" if more else ""
            remedy = slurm.remedy_of_waiting(first, in_vain[first])
            said = f"Slurm job {first}{others} waits in vain ({in_vain[first]}): {remedy}"
            self.logger.warning(f"{said}. After {GRACE / 60:.0f} minutes of that it is cancelled")

    def _is_given_up(self, info: Any, queue: Mapping[str, InQueue], others: Mapping[str, str]) -> bool:
        """Whether nothing will come of a job that has not ended: it waits in vain, or nobody knows it any more."""
        job, now = info.external_jobid, time.monotonic()
        if job not in queue:
            late = self.workflow.execution_settings.latency_wait
            return not others.get(job) and now - self._forgotten[job] >= late
        if standing(queue[job]).meaning is Meaning.NEVER:
            return True
        return job in self._in_vain and now - self._in_vain[job] >= GRACE

    def _cancelled(self, jobs: Sequence[str]) -> slurm.Uncancelled:
        """Cancel jobs; returns those that are not cancelled, as far as is known."""
        try:
            return self._jobs.cancel(jobs)
        except InputError as error:
            return slurm.Uncancelled(frozenset(jobs), f"{error.what}: {error.value}")

    def _report_given_up(self, info: Any, queue: Mapping[str, InQueue], uncancelled: slurm.Uncancelled) -> None:
        """Report a job of which nothing will come; it is tried again only where another try may do better."""
        job, stands = info.external_jobid, info.external_jobid in uncancelled.jobs
        if job not in queue and not stands:
            self._report_failure(info, "")
            return
        end = f"and is not cancelled ({uncancelled.said or 'scancel says nothing'}): `scancel {job}` ends it"
        if job not in queue:
            msg = f"Slurm has forgotten job {job}, {end}"
        else:
            msg = f"Slurm job {job} waits in vain ({queue[job]}), {end if stands else 'so it was cancelled'}"
            msg += f"; {slurm.remedy_of_ended(queue[job])}"
        if not stands and standing(queue[job]).is_moved and (again := self._again_for_nothing(info.job)):
            msg += again
        else:
            info.job.attempt = info.job.restart_times + 1  # it would wait again, or run twice
        self.report_job_error(info, msg=msg)

    def _report_success(self, info: Any) -> None:
        self._forgotten.pop(info.external_jobid, None)
        if log := _slurm_log(info):
            log.unlink(missing_ok=True)
        self.report_job_success(info)

    def _report_failure(self, info: Any, state: str) -> None:
        """Report a job that did not end well, with what it ran out of, or else its last words."""
        self._forgotten.pop(info.external_jobid, None)
        job, number = info.job, info.external_jobid
        log = _slurm_log(info)
        output = _end_of_file(log) if log else ""
        ran_out = {"OUT_OF_MEMORY": _MEMORY, "TIMEOUT": _TIME}.get(state) or next(
            (name for name, sign in _SIGNS.items() if re.search(sign, output, re.IGNORECASE)), None
        )
        msg = f"SLURM-job '{number}' failed, SLURM status is: '{state}'"
        if not state:
            msg = f"Slurm has forgotten job {number}, and what it was to make is not there as a record says"
        if ran_out is not None and not job.is_group():
            self._ran_out[job, ran_out] += 1
            msg += f"; {self._shortage_in_words(job, ran_out)}"
        elif state in _LOST and (again := self._again_for_nothing(job)):
            msg += again
        elif words := slurm.last_words(output):
            msg += f"; its last words: {words}"
        self.report_job_error(info, msg=msg)

    def _again_for_nothing(self, job: Any) -> str:
        """Let a job be run again for what is no fault of its own, in words; nothing where it was so too often."""
        if self._lost[job] >= MOST_LOST:
            return ""
        self._lost[job] += 1
        job.attempt -= 1  # which Snakemake raises again
        return f"; it is run again, and that uses up no attempt ({self._lost[job]} of {MOST_LOST} times)"

    def _shortage_in_words(self, job: Any, name: str) -> str:
        """What a job ran out of, what it asks for next, and where to raise that."""
        what, unit, cap = ("memory", "MB", "most_memory") if name == _MEMORY else ("time", "minutes", "longest")
        had = job.resources.get(name)
        reason = f"it ran out of {what}, having asked for {had} {unit}"
        then = self._resources_at(job, 1 + self._ran_out[job, name]).get(name)
        if job.attempt <= job.restart_times:
            return f"{reason}; tried again with {then if then != had else 'the same'}"
        where = "under set-resources in a profile of your own (--profile slurm --profile mine)"
        return f"{reason}; raise {name} of {job.rule.name} {where}, and {cap}: in {slurm.SITE_FILE} if that is lower"

    def _is_silent(self, error: InputError) -> bool:
        """Say once that Slurm does not answer, what was asked and how; returns whether it is silent for too long."""
        now = time.monotonic()
        if self._silent_since is None:
            self._silent_since = now
            address = " ".join(f"{name}={os.environ[name]}" for name in slurm.ADDRESS if name in os.environ)
            asked = f"`{error.what}`, with {address or 'no SLURM_CONF'}: {error.value}"
            self.logger.warning(
                f"Slurm does not answer ({asked}): waiting for it; jobs go on, nothing is lost. If this lasts while "
                "that command works in another terminal, stop this run and call it again there"
            )
        return now - self._silent_since > PATIENCE

    def _is_heard(self) -> None:
        """Say that Slurm answers again, where it did not."""
        if self._silent_since is not None:
            self.logger.warning("Slurm answers again")
            self._silent_since = None

    def _cancel_strays(self, queue: Mapping[str, InQueue]) -> None:
        """Cancel jobs of this run that nobody waits for: Slurm may take one long after ``sbatch`` gave up on it."""
        if not self._submitting.acquire(blocking=False):
            return
        try:
            numbers = self._jobs.numbers
            if strays := {job for job in slurm.unended(queue) if job.split("_")[0] not in numbers}:
                shown = " ".join(slurm.whole_arrays(strays))
                self.logger.warning(f"cancelling Slurm jobs {shown}, whose submission had seemed to fail")
                self._cancelled(sorted(strays))
        finally:
            self._submitting.release()

    def _report_states(self, queue: Mapping[str, InQueue]) -> None:
        """Say how many jobs Slurm has, and why those wait that do, a line a minute at most."""
        if time.monotonic() - self._reported < PROGRESS:
            return
        self._reported = time.monotonic()
        jobs = defaultdict(list)
        for entry in queue.values():
            jobs[standing(entry).meaning].append(entry)
        waiting, in_vain = jobs[Meaning.WAITS], [*jobs[Meaning.IN_VAIN], *jobs[Meaning.NEVER]]
        text = f"on Slurm {len(jobs[Meaning.RUNS])} jobs run and {len(waiting)} wait{_reasons_in_words(waiting)}"
        if in_vain:
            text += f"; {len(in_vain)} wait in vain{_reasons_in_words(in_vain)}"
        if unknown := Counter(entry.state for entry in jobs[Meaning.UNKNOWN]):
            states = ", ".join(f"{count} {state}" for state, count in sorted(unknown.items()))
            text += f"; of unknown state: {states}"
        self.logger.info(text)

    def _say(self, text: str) -> None:
        """Say something once."""
        if text not in self._said:
            self._said.add(text)
            self.logger.warning(text)


def _asked_as_text(job: Any) -> str:
    """What a job asks Slurm for, as text."""
    return f"{job.threads} {sorted(map(str, job.resources.items()))}"


def _job_script(commands: Sequence[str], variables: Mapping[str, str]) -> str:
    """The script of a job, or of an array whose task n runs the n-th command."""
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    if len(commands) == 1:
        return f"#!/bin/sh\n{exports}{commands[0]}\n"
    cases = "".join(f"{task})\n{command}\n;;\n" for task, command in enumerate(commands, 1))
    return f'#!/bin/sh\n{exports}case "$SLURM_ARRAY_TASK_ID" in\n{cases}*)\nexit 64\n;;\nesac\n'


def _reasons_in_words(entries: Sequence[InQueue]) -> str:
    """Why jobs wait, those reasons first that most have, in brackets: a state's name where there is no reason."""
    reasons = Counter(entry.reason if entry.state == "PENDING" else entry.state for entry in entries)
    words = ", ".join(shorten(reason, 80) for reason, _ in reasons.most_common(3) if reason not in ("", "None"))
    return f" ({words})" if words else ""


def _is_made(known: Records, job: Any) -> bool:
    """Whether a job's outputs lie there as it would have made them."""
    return all(map(known.is_made, job)) if job.is_group() else known.is_made(job)


def _task_in_words(job: Any) -> str:
    """A job's rule and wildcards, in words."""
    wildcards = "" if job.is_group() else "_".join(map(str, job.wildcards))
    return ".".join(filter(None, (job.name, wildcards)))


def _slurm_log(info: Any) -> Path | None:
    """Slurm's own log of a job, where there is one."""
    path: Path | None = (info.aux or {}).get("slurm_logfile")
    return path if path is not None and path.is_file() else None


def _end_of_file(path: Path) -> str:
    """The end of a file."""
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - _TAIL, 0))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
