"""Jobs on Slurm, looked after so that a run of Snakemake always ends.

The executor plugin for Slurm waits for ever for a job that Slurm has forgotten, and drops all of them when Slurm does
not answer. Its subclass here submits as it does, and asks in its own way how jobs stand:

- Slurm's queue says so, task by task. Where it does not answer, one line says so and everything waits for it.
- A job that the queue no longer knows is what accounting says of it, where there is accounting. Else it is finished if
  its outputs lie there as the record beside them says, and has failed if not.
- A job that is tried again asks for more memory if it ran out of memory, for more time if it ran out of time, and for
  what it asked for before if neither is known of it.
- No more is submitted at once than Slurm takes.
"""

from __future__ import annotations

import asyncio
import logging
import re
import shlex
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import snakemake_executor_plugin_slurm as plugin
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

from emtvb.errors import InputError
from emtvb.running import provenance, slurm

PATIENCE = 24 * 3600.0
"""Seconds for which Slurm may be silent."""
SLOWEST = 180
"""Seconds between two looks at the queue, at most."""
BETWEEN = 10.0
"""Seconds between two tries to submit, while Slurm is silent or takes no more jobs."""

_MEMORY, _TIME = "mem_mb", "runtime"
_SIGNS = {
    _MEMORY: r"exceeded( job| step)? memory limit|oom[_-]kill|Out Of Memory|MemoryError|can't allocate memory",
    _TIME: r"DUE TO TIME LIMIT",
}
_TAIL = 1 << 16
_SITE = "slurm/site.yaml"


def install() -> None:
    """Let this process's Snakemake take the executor below where it is told to take Slurm's."""
    ExecutorPluginRegistry().get_plugin("slurm").executor = Executor


class Executor(plugin.Executor):  # type: ignore[misc]
    """The plugin's executor, with another way to look at jobs."""

    def __post_init__(self, test_mode: bool = False) -> None:
        self._over = threading.Event()  # nothing more is to be submitted
        self._submitting = threading.Lock()
        self._silent_since: float | None = None
        self._forgotten: dict[str, float] = {}  # ids, and when they were first missed
        self._ran_out: Counter[tuple[Any, str]] = Counter()  # of a job, how often of memory or time
        self._said: set[tuple[str, str]] = set()
        self.logger: Any = _Plain(self.logger)
        # The plugin refuses to begin where Slurm takes no arrays; it needs none.
        has_arrays = plugin.get_max_array_size() >= 2
        if not has_arrays:
            plugin.get_max_array_size = lambda: 2
        super().__post_init__(test_mode)
        if not has_arrays:
            self.array_jobs: set[str] = set()

    # Submitting

    def run_jobs(self, jobs: Sequence[Any]) -> None:
        """Submit jobs, those of a rule that ask for the same as an array where the profile says so."""
        alike: dict[Any, list[Any]] = {}
        for job in jobs:
            self._ask_for_more(job)
            self.run_job_pre(job)
            key = job if job.is_group() else (job.rule.name, *sorted(map(str, job.resources.items())))
            alike.setdefault(key, []).append(job)
        for some in alike.values():
            as_array = not some[0].is_group() and bool({"all", some[0].rule.name} & self.array_jobs)
            self._job_submission_executor.submit(self._submit, some, as_array)

    def _ask_for_more(self, job: Any) -> None:
        """Let a job that is tried again ask for more of what it ran out of, and for no more of anything else."""
        if job.is_group() or job.attempt == 1:
            return
        now = dict(job.resources.items())
        for name, names in ((_MEMORY, ("mem", "mem_mb", "mem_mib")), (_TIME, (_TIME,))):
            asked = self._asked(job, 1 + self._ran_out[job, name])
            now |= {key: asked[key] for key in names if key in asked}
        job._resources = type(job.resources)(fromdict=now)

    @staticmethod
    def _asked(job: Any, attempt: int) -> dict[str, Any]:
        """What a job would ask for at some attempt."""
        found = job.rule.expand_resources(job.wildcards_dict, job.input, attempt, skip_evaluation={"tmpdir"})
        return dict(found.items())

    def _submit(self, jobs: list[Any], as_array: bool) -> None:
        """Submit jobs that ask for the same, as many at once as Slurm takes; runs in a thread of its own."""
        try:
            while jobs:
                with self._submitting:
                    most = min(self._room(jobs[0]), self.max_array_size if as_array else 1)
                    some, jobs = jobs[:most], jobs[most:]
                    if self._over.is_set():
                        return
                    if len(some) > 1:
                        self.run_array_jobs(some)
                    else:
                        self.run_job(some[0])
        except Exception as error:  # none of them may be waited for
            for job in jobs:
                self.report_job_error(SubmittedJobInfo(job), msg=f"not submitted: {error}")

    def _room(self, job: Any) -> int:
        """How many jobs Slurm will take now, waiting until it is one or more, or all is over.

        Raises:
            InputError: Where Slurm is silent for too long.
        """
        asked = job.resources
        options = [_text(asked.get(name)) for name in ("slurm_account", "slurm_partition", "qos")]
        while not self._over.is_set():
            try:
                room = slurm.room(*options)
                ours = room == 0 and any(
                    not slurm.is_over(found.state) for found in slurm.queue(self.run_uuid).values()
                )
            except InputError as error:
                if self._is_silent(error):
                    raise
            else:
                if room is None:
                    return sys.maxsize
                # If nothing of ours is in the queue, nothing of ours will make room: let Slurm itself say why.
                if not ours:
                    return max(room, 1)
                self._say("limit", "Slurm takes no more jobs of yours at once; the others follow when some have ended")
            self._over.wait(BETWEEN)
        return 1

    def get_account_arg(self, job: Any) -> Iterator[str]:
        """The account that the site names; whether it is one, Slurm says itself."""
        account = _text(job.resources.get("slurm_account"))
        yield f" -A {shlex.quote(account)}" if account else ""

    def report_job_error(self, job_info: Any, msg: str | None = None, **more: Any) -> None:
        """Hand on that a job failed, in one line; Snakemake adds a sentence to it."""
        super().report_job_error(job_info, msg=None if msg is None else f"{_plain(msg)}. ", **more)

    def cancel_jobs(self, active_jobs: list[Any]) -> None:
        """Cancel jobs; that some have ended already is no error."""
        self._over.set()
        try:
            super().cancel_jobs(active_jobs)
        except WorkflowError as error:
            self.logger.warning(str(error))

    def shutdown(self) -> None:
        """End, and submit nothing any more."""
        self._over.set()
        super().shutdown()

    # Looking

    async def check_active_jobs(self, active_jobs: list[Any]) -> AsyncIterator[Any]:
        """Report those that ended, and yield the others."""
        first = self.workflow.executor_settings.init_seconds_before_status_checks
        if not active_jobs:
            self.next_seconds_between_status_checks = first
            return
        try:
            async with self.status_rate_limiter:
                queue = await asyncio.to_thread(slurm.queue, self.run_uuid)
        except InputError as error:
            too_long = self._is_silent(error)
            for info in active_jobs:
                if too_long:
                    self.report_job_error(info, msg=str(error))
                else:
                    yield info
            return
        if self._silent_since is not None:
            self.logger.warning("Slurm answers again")
            self._silent_since = None
        missing = [info.external_jobid for info in active_jobs if info.external_jobid not in queue]
        accounts = await asyncio.to_thread(slurm.accounted, missing) if missing else {}
        active = [info for info in active_jobs if not self._ended(info, queue, accounts)]
        for info in active:
            yield info
        slower = min(self.next_seconds_between_status_checks * 1.2, SLOWEST)
        wait = first if len(active) < len(active_jobs) else slower
        # What is missed is looked for soon again: its files may be on their way.
        self.next_seconds_between_status_checks = min(wait, 5) if self._forgotten.keys() & set(missing) else wait

    def _ended(self, info: Any, queue: Mapping[str, slurm.InQueue], accounts: Mapping[str, str]) -> bool:
        """Whether a job is over, and has been reported."""
        job = info.external_jobid
        if job in queue:
            self._forgotten.pop(job, None)
            state, _, reason = queue[job]
        else:
            state, reason = accounts.get(job, ""), ""
            if not slurm.is_over(state):
                return self._is_found(info)
        if state == "COMPLETED":
            self._succeeded(info)
        elif state in slurm.FAILED:
            self._failed(info, state)
        elif state == "PENDING" and slurm.NEVER.search(reason):
            slurm.cancel([job])
            msg = f"Slurm would never start job {job} ({reason}), so it was cancelled; {slurm.remedy(reason)}"
            self.report_job_error(info, msg=msg)
        else:
            if "held" in reason.lower() or state in ("REQUEUE_HOLD", "SPECIAL_EXIT"):
                remedy = f"`scontrol release {job}` lets it start, `scancel {job}` has it submitted anew"
                self._say(job, f"Slurm holds job {job} back ({reason}): {remedy}")
            return False
        return True

    def _is_found(self, info: Any) -> bool:
        """Whether a job that Slurm has forgotten could be told to have ended, by its files; they may come late."""
        since = self._forgotten.setdefault(info.external_jobid, time.monotonic())
        if _is_made(info.job):
            self._succeeded(info)
        elif time.monotonic() - since >= self.workflow.execution_settings.latency_wait:
            self._failed(info, "")
        else:
            return False
        return True

    def _succeeded(self, info: Any) -> None:
        self._forgotten.pop(info.external_jobid, None)
        if not self.workflow.executor_settings.keep_successful_logs:
            for log in _logs(info):
                log.unlink(missing_ok=True)
        self.report_job_success(info)

    def _failed(self, info: Any, state: str) -> None:
        """Report a job that did not end well, with what it ran out of."""
        self._forgotten.pop(info.external_jobid, None)
        job, number = info.job, info.external_jobid
        said = "\n".join(_tail(log) for log in _logs(info))
        ran_out = {"OUT_OF_MEMORY": _MEMORY, "TIMEOUT": _TIME}.get(state) or next(
            (name for name, sign in _SIGNS.items() if re.search(sign, said, re.IGNORECASE)), None
        )
        msg = f"SLURM-job '{number}' failed, SLURM status is: '{state}'"
        if not state:
            msg = f"Slurm has forgotten job {number}, and what it was to make is not there as a record says"
        if ran_out is not None and not job.is_group():
            self._ran_out[job, ran_out] += 1
            msg += f"; {self._shortage(job, ran_out)}"
        logs = [str(log) for log in _logs(info)] or None
        self.report_job_error(info, msg=msg, aux_logs=logs)

    def _shortage(self, job: Any, name: str) -> str:
        """What a job ran out of, what it asks for next, and where to raise that."""
        what, unit, cap = ("memory", "MB", "most_memory") if name == _MEMORY else ("time", "minutes", "longest")
        had = job.resources.get(name)
        told = f"it ran out of {what}, having asked for {had} {unit}"
        then = self._asked(job, 1 + self._ran_out[job, name]).get(name)
        if job.attempt <= job.restart_times and then != had:
            return f"{told}; tried again with {then}"
        where = "under set-resources in a profile of your own (--profile slurm --profile mine)"
        return f"{told}; raise {name} of {job.rule.name} {where}, and {cap}: in {_SITE} if that is lower"

    def _is_silent(self, error: InputError) -> bool:
        """Say that Slurm does not answer, once; returns whether it has been silent for too long."""
        now = time.monotonic()
        if self._silent_since is None:
            self._silent_since = now
            self.logger.warning(f"Slurm does not answer ({error.value}): waiting for it; jobs go on, nothing is lost")
        return now - self._silent_since > PATIENCE

    def _say(self, what: str, text: str) -> None:
        """Say something once."""
        if (what, text) not in self._said:
            self._said.add((what, text))
            self.logger.warning(text)


_MOOT = "MinJobAge", "Array limit is set", "Array job submission does not allow"
"""How warnings of the plugin begin that are about what is done otherwise here, or about comments on jobs."""


class _Plain(logging.LoggerAdapter):
    """The plugin's words without the commands in them, which fill pages."""

    def log(self, level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
        if not str(msg).startswith(_MOOT):
            super().log(level, msg, *args, **kwargs)

    def process(self, msg: Any, kwargs: Any) -> tuple[Any, Any]:
        return _plain(msg) if isinstance(msg, str) else msg, kwargs


def _plain(text: str) -> str:
    """One line instead of sbatch's whole command."""
    found = re.search(r"sbatch failed.*?error message was '(.*?)'\.?\n", text, re.DOTALL)
    if found is None:
        return text
    said = "; ".join(re.sub(r"^sbatch: error: ", "", line) for line in found[1].splitlines())
    return f"Slurm refused a job ({said}); {slurm.remedy(said)}; `emtvb doctor` says more"


def _is_made(job: Any) -> bool:
    """Whether a job's outputs lie there as it would have made them."""
    if job.is_group():
        return all(_is_made(one) for one in job)
    outputs = [str(path) for path in job.output]
    recipe = getattr(job.params, "recipe", None)
    if not isinstance(recipe, str) or not job.log:
        return all(Path(path).exists() for path in outputs)
    return provenance.is_made(recipe, [str(path) for path in job.input], outputs, str(job.log[0]))


def _logs(info: Any) -> list[Path]:
    """Slurm's own log of a job. The plugin names a folder more than there is where the job is a task of an array."""
    path = (info.aux or {}).get("slurm_logfile")
    if path is None:
        return []
    return [place for place in (Path(path), Path(path).parent.parent / Path(path).name) if place.is_file()]


def _tail(path: Path) -> str:
    """The end of a file."""
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - _TAIL, 0))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def _text(value: Any) -> str | None:
    """A resource as text; of several accounts or partitions, the first."""
    return re.split(r"[,\s]+", str(value))[0] if value else None
