# What all stages share: the checked experiment, where its results go, and what makes a job's outputs what they are.

import os
import subprocess
import sys
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from snakemake.cli import get_argument_parser
from snakemake.exceptions import WorkflowError
from snakemake.settings.types import MaxJobsPerTimespan, PersistenceBackend, SharedFSUsage

try:
    from emtvb import config as experiments
    from emtvb.architectures.registry import ARCHITECTURES
    from emtvb.running import (
        node,
        recipes,
        records,
        settings,
        slurm,
        surroundings,
        terminal,
        trainings,
    )
    from emtvb.errors import InputError
    from emtvb import kinds
    from emtvb.methods import settings as benchmarks
    from emtvb.onions import settings as onions
    from emtvb.running.clone import check_package, check_python
    from emtvb.running.packed import unpack
    from emtvb.running.jobs import last_errors
    from emtvb.protocol import entry as training_entry
    from emtvb.runs import to_entry
    from emtvb.streams import order as stream_order
    from emtvb.streams.runs import named as stream_task
    from emtvb.streams.settings import Streams
    from emtvb.sweep import shard_name
    from emtvb import promises
except ImportError as error:
    given = os.environ.get("PYTHONPATH")
    raise WorkflowError(
        f"package: {error.name}: cannot be imported ({error})"
        + (f"; PYTHONPATH is {given}: unset it" if given else "; make install sets it up")
    ) from None

STARTED = time.time()
HERE = workflow.current_basedir.get_path_or_uri(secret_free=True)
ROOT = Path(HERE).resolve().parents[1]

# Figures are drawn into files. What a notebook tells its own matplotlib is nothing for jobs, which inherit this.
os.environ.pop("MPLBACKEND", None)

try:
    check_package(ROOT)
    check_python(ROOT)
    # Snakemake has read them, too, and takes the last of two equal keys, and 010 for 8. What a module is handed is not ours.
    if Path(workflow.main_snakefile).resolve() in (ROOT / "Snakefile", ROOT / "workflow" / "Snakefile"):
        for file in workflow.configfiles:
            experiments.read(file)
    # What a call gives with --config; as a module of another workflow, what that hands on and no more.
    given = {key: experiments.reread(config[key]) for key in workflow.config_settings.config if key in config}
    EXPERIMENT = kinds.check({**config, **given})
    surroundings.check_results_root(surroundings.results_root())
except InputError as error:
    raise WorkflowError(str(error)) from None

RESULTS = surroundings.results_root() / EXPERIMENT.experiment
# What the paper's kind of networks has jobs for, and what streams have.
STREAM_SHARDS = EXPERIMENT.shards() if isinstance(EXPERIMENT, Streams) else {}
SHARDS = {} if STREAM_SHARDS else EXPERIMENT.shards()
if workflow.remote_exec and SharedFSUsage.INPUT_OUTPUT in workflow.storage_settings.shared_fs_usage:
    try:
        slurm.check_job(RESULTS)
    except InputError as error:
        raise WorkflowError(str(error)) from None
# What each job's own command sets, whatever environment it comes into.
workflow.register_envvars(*slurm.hand_over(surroundings.results_root()))
if slurm.is_superseded(RESULTS):
    raise WorkflowError(
        "this job was sent by a Snakemake that was killed, and another one has taken over: nothing to do"
    )
EXEMPLARS = EXPERIMENT.exemplars()
LOOKS = EXPERIMENT.looks()
ARCHITECTURE_RUNS = {run.run_id: run for run in EXPERIMENT.architecture_runs()}
# A benchmark of methods trains no sweep. Rounding twins alone have tables, and neither figures nor a page.
METHODS = EXPERIMENT.methods if isinstance(EXPERIMENT, benchmarks.Benchmark) else None
METHOD_NETWORKS = {network.name: network for network in METHODS.networks} if METHODS else {}
# Networks that repeat sequences, by name; they are no sweep either.
ONIONS = EXPERIMENT.onions if isinstance(EXPERIMENT, onions.Onions) else None
ONION_NETWORKS = ONIONS.orders() if ONIONS else {}
SHOWN = 0 in EXPERIMENT.twins
# The page's networks are chosen from the shards of the exemplars' block of seeds: so a sweep that gets more seeds leaves it.
PAGE_SEEDS = {run.seed for run in EXEMPLARS.values()}
PAGE_SHARDS = [shard for shard, runs in SHARDS.items() if PAGE_SEEDS & {run.seed for run in runs}]
# Settings that do not decide which runs there are.
NOT_OF_RUNS = {"trainer", "accelerator", "interpretation", "exemplar", "architectures"}

# Where the results lie.
PLACE = RESULTS

# Published weights are unpacked: without them, their networks would be trained again.
if workflow.is_main_process:
    if other := surroundings.of_other_settings(PLACE, EXPERIMENT.model_dump(mode="json")):
        logger.warning(f"warning: {other}")
    try:
        if back := unpack(PLACE):
            logger.info(f"published weights unpacked in {PLACE}: {len(back)} files")
    except InputError as error:
        raise WorkflowError(str(error)) from None

# What Snakemake remembers of the files here is what the records beside them say.
RECORDS = records.read(PLACE, ROOT) if workflow.is_main_process else None
if RECORDS and (
    other := recipes.other_versions(maker.record.recipe["versions"] for maker in {*RECORDS.makers.values()})
):
    logger.info(f"made with {other} (nothing is made again for that)")
if workflow.is_main_process:
    terminal.install()
    try:
        surroundings.check_folder()
    except InputError as error:
        raise WorkflowError(str(error)) from None
    for slow in surroundings.slow():
        logger.warning(slow)
    if find_spec("snakemake_executor_plugin_slurm"):
        from emtvb.running import executor

        executor.install(RECORDS)
node.choose_kernels()
node.keep_memory()


# Published networks lie packed in the experiment beside this one: by run id, their settings and where they are.
try:
    PUBLISHED = benchmarks.published(METHODS, PLACE.parent) if METHODS else {}
except InputError as error:
    raise WorkflowError(str(error)) from None


wildcard_constraints:
    shard="[A-Za-z0-9_.-]+",
    task="[A-Za-z0-9-]+",
    look="[A-Za-z0-9_.-]+",


def results(path):
    """A path under this experiment's results."""
    return str(RESULTS / path)


def beside(experiment, *names):
    """Files of an experiment beside this one, where all are there; by default its run table and its measurements."""
    names = names or ("runs.csv", "measurements.csv")
    there = all((PLACE.parent / experiment / name).is_file() for name in names)
    return [os.path.normpath(RESULTS.parent / experiment / name) for name in names] if there else []


def twins_beside(*names):
    """Files of an experiment `twins` beside this one, which has rounding twins of its runs, where all are there."""
    return [] if EXPERIMENT.experiment == "twins" else beside("twins", *names)


def shard_of(look):
    """The shard that trains a network that is looked at closely."""
    return shard_name(LOOKS[look], EXPERIMENT.seeds_per_shard)


@cache
def entries(shard):
    """A shard's runs as they are measured; made once, since thousands of jobs hold them."""
    return [to_entry(run) for run in SHARDS[shard]]


def architecture_entry(run):
    """A run of another architecture as it is measured."""
    return {**to_entry(run), "architecture": run.architecture}


def architecture_of(wildcards):
    """What a run's architecture is: where its classes lie."""
    return ARCHITECTURES[ARCHITECTURE_RUNS[wildcards.run].architecture]


def weights_of(name):
    """The published weights that hold a network that methods are compared on; none where it is made or trained."""
    run = METHOD_NETWORKS[name].run
    return [os.path.normpath(RESULTS.parent / METHODS.published / PUBLISHED[run][1])] if run else []


def published_entry(name):
    """The run of such a network as it is measured; None where it is none."""
    run = METHOD_NETWORKS[name].run
    return to_entry(PUBLISHED[run][0]) if run else None


def proof_of(runs):
    """What vouches for the bits of these runs: for the compiled engine's, its proof."""
    return promises.proof(max(run.l2 for run in runs)) if EXPERIMENT.trainer in promises.TRAINERS else None


def keep_what_stands(shards):
    """Runs that were trained before are not trained again where a shard's list of runs has changed."""
    if shards:
        from emtvb import standing

        states = [(waiting, Path(waiting.output.weights).with_name("runs")) for waiting in shards]
        count = sum(standing.keep(RECORDS, dict(waiting.params.items()), state) for waiting, state in states)
        if count:
            logger.info(f"already trained, and taken from where they lie: {count} runs")


def fixed(values):
    """Values as params of any kind, which Snakemake takes as they are where a function gives them."""
    return {name: lambda _, value=value: value for name, value in values.items()}


def look_at(waiting, maker):
    """A job whose outputs are there, while the graph is built: bad calls end here, before anything is run or deleted."""
    say_triggers()
    try:
        RECORDS.refuse([*maker.inputs, *maker.outputs], is_forced)
        words = RECORDS.changes(waiting, maker)
    except InputError as error:
        end(error)
    if words:
        say_difference(waiting.rule.name, records.summary(words))
    return words


def end(error):
    """End with one line, which an exception that comes by way of Snakemake would not be."""
    logger.error(f"error: {error}")
    sys.exit(1)


def checked(wildcards):
    """No file: what is wrong with a call is said here, while the graph is built, so that a dry run says so too."""
    say_triggers()
    return []


def check_accelerator():
    """Refuse to train on what this machine does not have: once, and not a job at a time. Asks in a process of its own."""
    code = f"from emtvb.training.general import check; check({EXPERIMENT.accelerator!r})"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        said = (asked.stderr.strip().splitlines() or ["no answer"])[-1].removeprefix("emtvb.errors.InputError: ")
        raise WorkflowError(said)


@cache
def say_difference(rule, what):
    """In a word, why jobs run again: Snakemake says only that their params have changed."""
    if what:
        logger.info(f"{rule}: made otherwise now: {what}")


@cache
def is_forced(maker):
    """Whether this call makes a job's outputs again in any case, as --forceall and --forcerun ask for."""
    asked, rule = workflow.dag_settings, maker.record.rule
    named = {*map(str, asked.forcerun), *(map(str, asked.targets) if asked.forcetargets else ())}
    every = asked.forceall and (not asked.allowed_rules or rule in asked.allowed_rules)
    return bool(every or named & {rule, *maker.outputs})


@cache
def say_triggers():
    """A word where a caller's profile took ours away; Snakemake's settings are known only while the graph is built."""
    triggers = {trigger.item_to_choice() for trigger in workflow.dag_settings.rerun_triggers}
    if workflow.is_main_process and triggers != {"mtime", "params", "input"}:
        logger.warning(
            f"rerun-triggers are {', '.join(sorted(triggers))}, so more is run again than has changed: the workflow's own "
            f"profile is not used; give --workflow-profile {ROOT}/profiles/default, or copy the lines of "
            f"{ROOT}/profiles/default/config.yaml into your own"
        )


# Suffixes of figures that are no picture to print and one to look at.
SUFFIXES = {"animation": ["gif"]}


def pictures(path):
    """The suffixes of a figure's pictures."""
    return SUFFIXES.get(Path(path).parts[0], ["pdf", "png"])


def figure(path, suffix):
    """A figure's file, as it stands in the report."""
    name, *of = Path(path).parts
    labels = {part.strip("{}"): part for part in of}
    return report(
        results(f"figures/{path}.{suffix}"),
        caption=f"../report/{name}.rst",
        category="Figures",
        labels={"figure": name, **labels, "format": suffix},
    )


if RECORDS:
    try:
        if workflow.workflow_settings.persistence_backend != PersistenceBackend.FILE:
            remedy = "records are not asked then, and all is run again; leave it out"
            given = workflow.workflow_settings.persistence_backend.item_to_choice()
            raise InputError("--persistence-backend", given, remedy)
        records.install(RECORDS, look_at)
    except InputError as error:
        raise WorkflowError(str(error)) from None


onerror:
    # What failed, once more at the end: Snakemake says a page about every job.
    for line in last_errors(PLACE / "logs", STARTED):
        logger.error(line)


def lift_rate_limit():
    """Take away Snakemake's usual limit of new jobs a second; one that a call sets stays.

    With a limit, each round of the scheduler asks for one more round a second later, so each job that ends adds rounds that
    never cease; and each round looks at every input of every job that is ready. After some hundred jobs that is all that a
    core can do.
    """
    limiter = workflow.scheduler.job_rate_limiter
    usual = MaxJobsPerTimespan.parse_choice(get_argument_parser().get_default("max_jobs_per_timespan"))
    if limiter and (limiter.max_jobs, limiter.timespan) == (usual.max_jobs, usual.timespan):
        workflow.scheduler.job_rate_limiter = None


onstart:
    try:
        needed = list(workflow.dag.needrun_jobs())
        lift_rate_limit()
        for waiting in needed if RECORDS else ():
            RECORDS.refuse(map(str, [*waiting.input, *waiting.output]), is_forced)
        if workflow.is_main_process and workflow.local_exec:
            if needed and (workflow.resource_settings.cores or 0) < 1:
                raise InputError("--cores", workflow.resource_settings.cores or 0, "give a number from 1, or all")
            if EXPERIMENT.accelerator != "cpu" and EXPERIMENT.on_accelerator() & {
                records.script_of(waiting.rule).stem for waiting in needed
            }:
                check_accelerator()
        remote = next((waiting for waiting in needed if not waiting.is_local), None)
        executor = workflow.scheduler.get_executor(remote) if remote else None
        slurm.take_over(RESULTS, getattr(executor, "run_uuid", None))
        if RECORDS:
            keep_what_stands(
                [waiting for waiting in needed if {"runs", trainings.REVISION} <= {*waiting.params.keys()}]
            )
    except InputError as error:
        raise WorkflowError(str(error)) from None
