# What all rules share: the checked config, where results lie, and helpers. What is asked of Snakemake beyond its public
# face stands in emtvb.making.hooks, with reasons.

import os
import time
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError

try:
    from emtvb.config import dump
    from emtvb.config.architectures import ARCHITECTURES
    from emtvb.config.sweep import shard_name
    from emtvb.errors import InputError
    from emtvb.experiments import kinds
    from emtvb.experiments.methods import settings as benchmarks
    from emtvb.experiments.onions import settings as onions
    from emtvb.experiments.streams.runs import named as stream_task
    from emtvb.experiments.streams.settings import Streams
    from emtvb.making import hooks, node, recipes, staleness, surroundings, trainings
    from emtvb.making import params as settings
    from emtvb.making.clone import check_package, check_python
    from emtvb.making.jobs import last_errors
    from emtvb.making.packed_weights import unpack
    from emtvb.slurm import commands as slurm
    from emtvb.slurm import executor
    from emtvb.theory import stream_order
    from emtvb.theory.protocol import entry as training_entry
    from emtvb.theory.runs import to_entry
    from emtvb.training import promises
except ImportError as error:
    given = os.environ.get("PYTHONPATH")
    remedy = f"PYTHONPATH is {given}: unset it" if given else "make install sets it up"
    raise WorkflowError(f"package: {error.name}: cannot be imported ({error}); {remedy}") from None

STARTED = time.time()
CALL = hooks.Call(workflow)
ROOT = CALL.root

if not CALL.has_config:

    configfile: "config/config.yaml"


# The config, and the folders of this experiment.

with hooks.in_one_line():
    check_package(ROOT)
    check_python(ROOT)
    EXPERIMENT = kinds.check(CALL.config(config))
    RESULTS = surroundings.results_root() / EXPERIMENT.experiment
    surroundings.check_results_root(RESULTS.parent)
    if CALL.shares_results:
        slurm.check_job(RESULTS)
if slurm.is_superseded(RESULTS):
    raise WorkflowError("a Snakemake that was killed sent this job, and another one has taken over: nothing to do")


# What each job's own command sets, whatever environment it comes into.
envvars:
    *slurm.hand_over(RESULTS.parent),


# Figures are drawn into files. What a notebook tells its own matplotlib is nothing for jobs, which inherit this.
os.environ.pop("MPLBACKEND", None)
node.choose_kernels()
node.keep_memory()

# What is planned: shards of a sweep or of streams, networks that repeat sequences, a benchmark of methods.
STREAM_SHARDS = EXPERIMENT.shards() if isinstance(EXPERIMENT, Streams) else {}
SHARDS = {} if STREAM_SHARDS else EXPERIMENT.shards()
EXEMPLARS = EXPERIMENT.exemplars()
LOOKS = EXPERIMENT.looks()
ARCHITECTURE_RUNS = {run.run_id: run for run in EXPERIMENT.architecture_runs()}
METHODS = EXPERIMENT.methods if isinstance(EXPERIMENT, benchmarks.Benchmark) else None
METHOD_NETWORKS = {network.name: network for network in METHODS.networks} if METHODS else {}
ONIONS = EXPERIMENT.onions if isinstance(EXPERIMENT, onions.Onions) else None
ONION_NETWORKS = ONIONS.orders() if ONIONS else {}
# Rounding twins alone have tables, and neither figures nor a page.
SHOWN = 0 in EXPERIMENT.twins
# The page's networks are chosen from the shards of the exemplars' block of seeds: so a sweep that gets more seeds leaves it.
PAGE_SEEDS = {run.seed for run in EXEMPLARS.values()}
PAGE_SHARDS = [shard for shard, runs in SHARDS.items() if PAGE_SEEDS & {run.seed for run in runs}]
# Settings that do not decide which runs there are.
NOT_OF_RUNS = {"trainer", "accelerator", "interpretation", "exemplar", "architectures"}

# What lies here already. Published weights are unpacked: without them, their networks would be trained again. What Snakemake
# remembers of the files is what the records beside them say.
RECORDS = None
if CALL.plans:
    with hooks.in_one_line():
        surroundings.check_folder()
        if back := unpack(RESULTS):
            logger.info(f"published weights unpacked in {RESULTS}: {len(back)} files")
        RECORDS = staleness.read(RESULTS, ROOT)
    hooks.print_sparingly()
    executor.Executor.known = RECORDS
    warnings = [surroundings.of_other_settings(RESULTS, EXPERIMENT.model_dump(mode="json")), *surroundings.slow()]
    for warning in filter(None, warnings):
        logger.warning(f"warning: {warning}")
    if other := recipes.other_versions(maker.record.recipe["versions"] for maker in {*RECORDS.makers.values()}):
        logger.info(f"made with {other} (nothing is made again for that)")

# Published networks lie packed in the experiment beside this one: by run id, their settings and where they are.
with hooks.in_one_line():
    PUBLISHED = benchmarks.published(METHODS, RESULTS.parent) if METHODS else {}


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
    there = all((RESULTS.parent / experiment / name).is_file() for name in names)
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


def fixed(values):
    """Values as params of any kind, which Snakemake takes as they are where a function gives them."""
    return {name: lambda _, value=value: value for name, value in values.items()}


# Where a figure's module lies: of the sweep, if nothing else is said.
KIND_OF_FIGURE = {
    "architectures": "architectures",
    "methods": "methods",
    "onions": "onions",
    **dict.fromkeys(("stream_marker", "stream_raster", "stream_recall"), "streams"),
}


def module_of(path):
    """A figure's module, below emtvb.experiments."""
    name = Path(path).parts[0]
    return f"{KIND_OF_FIGURE.get(name, 'sweep')}.figures.{name}"


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


def look_at(waiting, maker):
    """A job whose outputs are there, while the graph is built: bad calls end here, before anything is run or deleted."""
    CALL.warn_of_triggers()
    try:
        RECORDS.refuse([*maker.inputs, *maker.outputs], CALL.forces)
        words = RECORDS.changes(waiting, maker)
    except InputError as error:  # an exception would reach the user with a page of Snakemake's own
        logger.error(f"error: {error}")
        raise SystemExit(1) from None
    if words:
        say_difference(waiting.rule.name, staleness.summary(words))
    return words


@cache
def say_difference(rule, what):
    """In a word, why jobs run again: Snakemake says only that their params have changed."""
    logger.info(f"{rule}: made otherwise now: {what}")


if RECORDS:
    with hooks.in_one_line():
        hooks.install(RECORDS, look_at)


def keep_what_stands(shards):
    """Runs that were trained before are not trained again where a shard's list of runs has changed."""
    if shards:
        from emtvb.experiments.sweep import finished_runs

        states = [(waiting, Path(waiting.output.weights).with_name("runs")) for waiting in shards]
        count = sum(finished_runs.keep(RECORDS, dict(waiting.params.items()), state) for waiting, state in states)
        if count:
            logger.info(f"already trained, and taken from where they lie: {count} runs")


onstart:
    CALL.lift_rate_limit()
    with hooks.in_one_line():
        for waiting in CALL.jobs if RECORDS else ():
            RECORDS.refuse(map(str, [*waiting.input, *waiting.output]), CALL.forces)
        # Once, and not a job at a time.
        if CALL.runs_here and EXPERIMENT.accelerator != "cpu":
            scripts = {staleness.script_of(waiting.rule).stem for waiting in CALL.jobs}
            if EXPERIMENT.on_accelerator() & scripts and (problem := node.missing(EXPERIMENT.accelerator)):
                raise WorkflowError(problem)
        slurm.take_over(RESULTS, CALL.slurm_run)  # holds the results' lock from here on
        if RECORDS:
            keep_what_stands(
                [waiting for waiting in CALL.jobs if {"runs", trainings.REVISION} <= {*waiting.params.keys()}]
            )


onerror:
    # What failed, once more at the end: Snakemake says a page about every job.
    for line in last_errors(RESULTS / "logs", STARTED):
        logger.error(line)
