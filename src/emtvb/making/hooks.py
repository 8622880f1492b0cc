"""What the workflow takes of Snakemake beyond its public face; the executor for Slurm has the rest.

Nothing else in the workflow names what is not public. Each name here, of Snakemake 9, has a reason:

- ``workflow.persistence``: Snakemake's memory of what made a file lies in ``.snakemake``, which a fresh clone does not
  have. What planning asks of it is answered from the records (:class:`Memory`).
- ``workflow.execute``, ``workflow.dag`` and its reasons: whether Snakemake planned by these answers
  (:meth:`Memory.check`).
- ``workflow.is_main_process``, ``local_exec``, ``remote_exec``, ``storage_settings``: whether this process plans a run
  or is one job, and where.
- ``workflow.current_basedir``: where the workflow lies, also as a module of another one.
- ``workflow.main_snakefile``, ``configfiles``, ``overwrite_configfiles``, ``config_settings``: what a call gives.
  Snakemake takes the last of two equal keys and reads ``010`` as 8, so that configs are read once more.
- ``dag_settings``: which jobs a call forces, and by what it looks for changes.
- ``workflow.scheduler``: its limit of jobs a second (:meth:`Call.lift_rate_limit`), and the name of a run on Slurm.
- ``cli.get_argument_parser``: which limit is the usual one.
"""

from __future__ import annotations

import dataclasses
import math
import os
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

import snakemake
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from emtvb import config
from emtvb.errors import InputError
from emtvb.making import provenance
from emtvb.making.interruption import interrupted_in_a_line
from emtvb.making.recipes import digest_of_names, plain_params
from emtvb.making.staleness import Maker, Records

TRIGGERS = frozenset({"mtime", "params", "input"})
"""The workflow's own, as ``profiles/default`` names them."""
KNOWN = "snakemake>=9.27,<10"
"""The versions that ``pyproject.toml`` allows."""


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Let a call of Snakemake end with one line on what is wrong."""
    try:
        yield
    except (InputError, WorkflowError) as error:  # an exception would reach the user with a page of Snakemake's own
        logger.error(f"error: {error}")
        raise SystemExit(1) from error


class Call:
    """A call of Snakemake: what was asked for.

    Attributes:
        refuses: Whether a damaged file ends it: not where :func:`planned_jobs` asks, which runs nothing.
        latest: The last one that began in this process.
        plans: Whether this process plans, and is not one of the jobs.
        root: The clone in which the workflow lies.

    Args:
        workflow: As Snakemake hands it to a file of ``workflow/rules``.
    """

    refuses = True
    latest: ClassVar[Call]

    def __init__(self, workflow: Any) -> None:
        Call.latest = self
        self._workflow = workflow
        self._memory: Memory | None = None
        self.plans: bool = workflow.is_main_process
        self.root = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).resolve().parents[1]

    @property
    def has_config(self) -> bool:
        """Whether the call names a config file."""
        return bool(self._workflow.overwrite_configfiles)

    @property
    def shares_results(self) -> bool:
        """Whether this process is a job on another machine, which sees the same results."""
        from snakemake.settings.types import SharedFSUsage

        settings = self._workflow.storage_settings
        return self._workflow.remote_exec and SharedFSUsage.INPUT_OUTPUT in settings.shared_fs_usage

    @property
    def stores_results(self) -> bool:
        """Whether results are in a storage of Snakemake's, and not in the clone's folder."""
        return self._workflow.storage_settings.default_storage_provider is not None

    def config(self, merged: Mapping[str, Any]) -> dict[str, Any]:
        """The config's values, read as strictly as ``emtvb config check`` reads them.

        Args:
            merged: As Snakemake has put them together. What another workflow hands to its module is taken as it is.

        Raises:
            InputError: Where a file says something twice, or what Snakemake reads otherwise than it is written.
        """
        files = {self.root / "Snakefile", self.root / "workflow" / "Snakefile"}
        if Path(self._workflow.main_snakefile).resolve() in files:
            for file in self._workflow.configfiles:
                config.read_config(file)
        given = {
            key: config.reread_value(merged[key]) for key in self._workflow.config_settings.config if key in merged
        }
        return {**merged, **given}

    @property
    def dag(self) -> Any:
        """Snakemake's graph of jobs, once it is known.

        Raises:
            InputError: Where it was not planned by the records.
        """
        if self._memory:
            self._memory.check(self._workflow)
        return self._workflow.dag

    @cached_property
    def jobs(self) -> list[Any]:
        """The jobs that will run, once they are known."""
        return list(self.dag.needrun_jobs())

    @property
    def runs_here(self) -> bool:
        """Whether the jobs run on this machine."""
        return bool(self.plans and self._workflow.local_exec)

    @property
    def slurm_run(self) -> str | None:
        """The name of this run in Slurm's queue; None where nothing is sent there."""
        remote = next((job for job in self.jobs if not job.is_local), None)
        executor = self._workflow.scheduler.get_executor(remote) if remote else None
        return getattr(executor, "run_uuid", None)

    def forces(self, maker: Maker) -> bool:
        """Whether a damaged file of a job is no reason to stop: --forceall and --forcerun make its outputs again.

        Args:
            maker: Who made them.
        """
        asked, rule = self._workflow.dag_settings, maker.record.rule
        named = {*map(str, asked.forcerun), *(map(str, asked.targets) if asked.forcetargets else ())}
        every = asked.forceall and (not asked.allowed_rules or rule in asked.allowed_rules)
        return bool(every or named & {rule, *maker.outputs} or not self.refuses)

    def warn_of_triggers(self) -> None:
        """Say once where a caller's profile took ours away; the settings are known only while the graph is built."""
        triggers = {trigger.item_to_choice() for trigger in self._workflow.dag_settings.rerun_triggers}
        if self.plans and triggers != TRIGGERS:
            _warn_once(
                f"rerun-triggers are {', '.join(sorted(triggers))}, so more is run again than has changed: the "
                f"workflow's own profile is not used; give --workflow-profile {self.root}/profiles/default"
            )

    def lift_rate_limit(self) -> None:
        """Take away Snakemake's usual limit of new jobs a second; one that a call sets stays.

        With a limit, each round of the scheduler asks for one more round a second later, so each job that ends adds
        rounds that never cease; and each round looks at every input of every job that is ready. After some hundred
        jobs that is all that a core can do.
        """
        from snakemake.cli import get_argument_parser
        from snakemake.settings.types import MaxJobsPerTimespan

        limiter = self._workflow.scheduler.job_rate_limiter
        usual = MaxJobsPerTimespan.parse_choice(get_argument_parser().get_default("max_jobs_per_timespan"))
        if limiter and (limiter.max_jobs, limiter.timespan) == (usual.max_jobs, usual.timespan):
            self._workflow.scheduler.job_rate_limiter = None


_warn_once = cache(logger.warning)


def install_memory(call: Call, records: Records, ask: Callable[[Any, Maker], list[str]]) -> None:
    """Have Snakemake take what it remembers of this experiment's outputs from the records.

    Where it plans otherwise, one line ends the call before anything is run or deleted.

    Args:
        call: The call of Snakemake.
        records: What they say.
        ask: Says of a job, and of who made its outputs, what it would use otherwise, in words.

    Raises:
        InputError: Where this Snakemake keeps its memory in another way.
    """
    workflow = call._workflow
    call._memory = memory = Memory(records, ask)

    class Planning(type(workflow)):  # type: ignore[misc]
        """The call's workflow, with this memory."""

        @property
        def persistence(self) -> Any:
            return memory.taught(super().persistence, self)

        def execute(self, *given: Any, **named: Any) -> Any:
            try:
                with interrupted_in_a_line(logger):
                    return super().execute(*given, **named)
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                if memory.checked or not _is_raised_by_snakemake(error):
                    raise
                with errors_in_one_line():  # it asked in a way that is not known, or could not use an answer
                    raise _other_snakemake(f"{type(error).__name__}: {error}") from error

    workflow.__class__ = Planning


class Memory:
    """Snakemake's memory of what made a file: the records answer, and its own memory where they know nothing.

    Attributes:
        checked: Whether the plan was found to follow from the answers.

    Args:
        records: What they say.
        ask: Says of a job, and of who made its outputs, what it would use otherwise, in words.

    Raises:
        InputError: Where this Snakemake keeps its memory in another way.
    """

    checked = False

    def __init__(self, records: Records, ask: Callable[[Any, Maker], list[str]]) -> None:
        try:
            from snakemake.persistence import NO_PARAMS_CHANGE, RECORD_FORMAT_VERSION, MetadataRecord, ParamsChange
        except ImportError as error:
            raise _other_snakemake(str(error)) from None
        self._makers = records.makers
        self._ask = ask
        self._words: dict[Any, list[str]] = {}  # by job, what was answered
        self._taught: Any = None
        self._no_change, self._change = NO_PARAMS_CHANGE, ParamsChange
        self._record = partial(MetadataRecord, params=[], incomplete=False, record_format_version=RECORD_FORMAT_VERSION)

    def taught(self, own: Any, workflow: Any) -> Any:
        """Snakemake's own memory, of whichever kind, which gives these answers from now on.

        Args:
            own: It; None where there is none yet.
            workflow: Whose plan it is.
        """
        if own is None or own is self._taught:
            return own
        self._taught = own
        metadata, has_metadata, params_changed, lock = own.metadata, own.has_metadata, own.params_changed, own.lock

        @cache  # Snakemake asks a dozen times of each job
        def record(path: str) -> Any:
            maker = self._makers[path]
            digests = {name: f"sha256:{digest}" for name, digest in maker.inputs.items()}
            return self._record(rule=maker.record.rule, input=sorted(maker.inputs), input_checksums=digests)

        def metadata_by_records(target: Any) -> Any:
            return record(str(target)) if str(target) in self._makers else metadata(target)

        def has_metadata_by_records(job: Any) -> bool:
            """Whether any output is known: of those that a rule has more by now there can be no record."""
            return any(str(path) in self._makers for path in job.output) or has_metadata(job)

        def params_changed_by_records(job: Any, file: Any = None) -> Any:
            known = (self._makers.get(str(path)) for path in ([file] if file else job.output))
            maker = next(filter(None, known), None)
            if maker is None:
                return params_changed(job, file)
            words = self._words[job] = self._ask(job, maker)
            return self._change(only_new=set(words), files=set(job.output)) if words else self._no_change

        def lock_after_check() -> Any:
            """Snakemake takes its lock when all is planned, in a dry run as well, and before it does anything."""
            with errors_in_one_line():
                self.check(workflow)
            return lock()

        own.metadata, own.has_metadata = metadata_by_records, has_metadata_by_records
        own.params_changed, own.lock = params_changed_by_records, lock_after_check
        return own

    def check(self, workflow: Any) -> None:
        """Raise InputError where the plan of a job does not follow from its record: Snakemake says nothing of that.

        Args:
            workflow: Whose plan it is, once that is made.
        """
        if self.checked:
            return
        dag, settings = workflow.dag, workflow.dag_settings
        running = {*dag.needrun_jobs()}
        # Snakemake does not ask about what follows a job that runs.
        later = {*dag.bfs(dag.depending, *(after for job in running for after in dag.depending[job]))}
        for job in dag.jobs:
            is_allowed = not settings.allowed_rules or job.rule.name in settings.allowed_rules
            if is_allowed and job not in later:
                self._check_job(job, dag.reason(job), job in running, settings)
        self.checked = True

    def _check_job(self, job: Any, reason: Any, runs: bool, settings: Any) -> None:
        """Raise InputError where a job's plan does not follow from its record."""
        makers = [self._makers.get(str(path)) for path in job.output]
        known, triggers = [*filter(None, makers)], {trigger.item_to_choice() for trigger in settings.rerun_triggers}
        if not known or reason.forced or "params" not in triggers:
            return
        first, inputs = job.output[0], sorted(map(str, job.input))
        for path in map(str, reason.updated_input):
            read = {maker and maker.inputs.get(path) for maker in makers}
            # Beyond a size, Snakemake asks of no file what was read.
            small = Path(path).stat().st_size <= getattr(settings, "max_checksum_file_size", math.inf)
            if small and None not in read and read == {provenance.sha256(Path(path))}:
                raise _other_snakemake(f"it takes {path} for another than {first} was made of")
        by_triggers_of_others = triggers - TRIGGERS and (reason.code_changed or reason.software_stack_changed)
        if reason.missing_output or reason.updated_input or by_triggers_of_others:
            return  # of which no record says anything
        if job not in self._words:
            raise _other_snakemake(f"it did not ask what made {first}")
        are_others = any(sorted(maker.inputs) != inputs for maker in known)
        if runs is not bool(self._words[job] or ("input" in triggers and are_others)):
            raise _other_snakemake(f"it does not go by what it was told of {first}")


def _other_snakemake(why: str) -> InputError:
    """The line on a Snakemake that plans otherwise than is known here."""
    remedy = f"it plans otherwise than is known here ({why}); install that of requirements.txt, of {KNOWN}"
    return InputError("snakemake", provenance.installed_version("snakemake"), remedy)


def _is_raised_by_snakemake(error: Exception) -> bool:
    """Whether an exception comes of Snakemake's code, or of what is said to it here, and not of what a job is asked."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    file = Path(frame.f_code.co_filename)
    return file == Path(__file__) or file.is_relative_to(Path(snakemake.__file__).parent)


def planned_jobs(file: Path, root: Path, folder: Path) -> list[dict[str, Any]]:
    """All jobs of an experiment that leave files, as ``plan.Planned`` has them; Snakemake prints nothing.

    Damaged files stay in it: no job is run that could read them.

    Args:
        file: The experiment's config, in a folder where Snakemake may keep its notes.
        root: The clone of the workflow.
        folder: The experiment's folder.
    """
    from snakemake.api import SnakemakeApi
    from snakemake.settings.enums import Quietness, RerunTrigger
    from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings, WorkflowSettings

    triggers = frozenset(RerunTrigger.parse_choice(name) for name in TRIGGERS)
    # What the Snakefile and Snakemake leave behind in a process that goes on.
    environment = {**os.environ}
    os.environ["EXPERIMENT_OUTPUT_DIR"] = str(folder.parent)
    Call.refuses = False
    try:
        with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
            about = api.workflow(
                ResourceSettings(cores=1), ConfigSettings(configfiles=[file]), workdir=file.parent,
                workflow_settings=WorkflowSettings(), snakefile=root / "Snakefile",
            )  # fmt: skip
            wanted = {"rerun_triggers": triggers, "max_checksum_file_size": 10**12, "force_incomplete": True}
            names = {field.name for field in dataclasses.fields(DAGSettings)}
            about.dag(DAGSettings(**{name: wanted[name] for name in wanted.keys() & names})).execute_workflow("dryrun")
            dag = Call.latest.dag
            return [_job_as_planned(dag, job, str(folder)) for job in dag.jobs if job.output and job.rule.script]
    finally:
        os.environ.clear()
        os.environ.update(environment)
        Call.refuses = True


def _job_as_planned(dag: Any, job: Any, folder: str) -> dict[str, Any]:
    memory = dag.workflow.persistence
    # Snakemake does not ask this of a job that runs only since another one does.
    words = memory.params_changed(job).only_new if memory.has_metadata(job) else ()
    return {
        "rule": job.rule.name,
        "wildcards": dict(job.wildcards.items()),
        "inputs": [os.path.relpath(path, folder) for path in job.input],
        "outputs": [os.path.relpath(path, folder) for path in job.output],
        "settings": plain_params(job.params, job.rule.name),
        "names": digest_of_names(job.input, job.output),
        "stale": str(dag.reason(job)).replace(f"{folder}/", "") if dag.needrun(job) else "",
        "changes": sorted(str(word).replace(f"{folder}/", "") for word in words),
    }
