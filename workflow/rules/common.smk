# What all rules share: the checked config, where results lie, and helpers. What is asked of Snakemake beyond its public
# face stands in emtvb.making.hooks, with reasons.

import os
import sys
import time
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path

from snakemake.exceptions import WorkflowError

# A checkout can be linted and planned with Snakemake alone, as the workflow catalog does it. Jobs need the package installed.
INSTALLED = find_spec("emtvb") is not None


def prepare_python():
    """Set what is global in Python: the only place of the rules that does. Returns the call of Snakemake."""
    if not INSTALLED:
        # Of the Snakefile at the top, or of that in workflow/.
        sys.path += [f"{workflow.basedir}/src", f"{workflow.basedir}/../src"]
    from emtvb.making import hooks, planning

    call = hooks.Call(workflow)
    planning.prepare_process(call.runs_here)
    return call


try:
    CALL = prepare_python()
    from emtvb.errors import InputError
    from emtvb.experiments import kinds
    from emtvb.making import hooks, planning, recorded, surroundings
    from emtvb.making.digests import PACKAGE
    from emtvb.making.clone import check_package
    from emtvb.making.logs import last_errors
    from emtvb.memory_limit import killed_processes, want_of_memory
    from emtvb.slurm import commands as slurm
    from emtvb.slurm import executor
    from emtvb.training import promises
    from emtvb.training.accelerators import problem_of_accelerator
except ImportError as error:
    given = os.environ.get("PYTHONPATH")
    remedy = f"PYTHONPATH is {given}: unset it" if given else "make install sets it up"
    raise WorkflowError(f"package: {error.name}: cannot be imported ({error}); {remedy}") from None

STARTED, KILLED = time.time(), killed_processes()
ROOT = CALL.root

if not CALL.has_config:

    configfile: "config/config.yaml"


# The config, and the folders of this experiment.

with hooks.errors_in_one_line():
    check_package(ROOT)
    EXPERIMENT = kinds.experiment_from_config(CALL.config(config))
    KIND = kinds.kind_of(EXPERIMENT)
    RESULTS = surroundings.results_root() / EXPERIMENT.experiment
    surroundings.check_results_root(RESULTS.parent)
    if CALL.shares_results:
        slurm.check_job(RESULTS)
if slurm.is_superseded(RESULTS):
    raise WorkflowError("a Snakemake that was killed sent this job, and another one has taken over: nothing to do")


# What each job's own command sets, whatever environment it comes into.
envvars:
    *slurm.hand_over(RESULTS.parent),


# What trains by shards is planned by them: an experiment's runs by the job that trains them.
SHARDS = EXPERIMENT.shards()
# What is drawn, of which tasks and the like, and the tables that the target `tables` makes: the kind's rules say it.
FIGURES = {}
FIGURES_OF = {}
TABLES = []

# What lies here already. What Snakemake remembers of the files is what the records beside them say.
RECORDS = None
if CALL.plans:
    with hooks.errors_in_one_line():
        RECORDS = planning.known_results(RESULTS, EXPERIMENT.model_dump(mode="json"), ROOT, KIND.read_run)
        hooks.install_memory(CALL, RECORDS, partial(planning.changes_of_job, RECORDS, CALL))
    executor.Executor.known = RECORDS


wildcard_constraints:
    shard="[A-Za-z0-9_.-]+",
    task="[A-Za-z0-9-]+",
    look="[A-Za-z0-9_.-]+",


def results(path):
    """A path under this experiment's results."""
    return str(RESULTS / path)


def files_beside(experiment, *names):
    """Files of an experiment beside this one, where all are there; by default its run table and its measurements."""
    names = names or ("runs.csv", "measurements.csv")
    there = not CALL.stores_results and all((RESULTS.parent / experiment / name).is_file() for name in names)
    return [os.path.normpath(RESULTS.parent / experiment / name) for name in names] if there else []


def as_params(values):
    """Values as params of any kind, which Snakemake takes as they are where a function gives them."""
    return {name: lambda _, value=value: value for name, value in values.items()}


def module_of(path):
    """A figure's module, below emtvb.experiments: in the folder that has one of its name."""
    name = Path(path).parts[0]
    (module,) = PACKAGE.glob(f"experiments/*/figures/{name}.py")
    return f"{module.parents[1].name}.figures.{name}"


# Figures that a paper would show, where the others are its supplement.
MAIN_FIGURES = []
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
        category="Supplement" if MAIN_FIGURES and name not in MAIN_FIGURES else "Figures",
        labels={"figure": name, **labels, "format": suffix},
    )


def keep_finished_runs(shards):
    """Runs that were trained before are not trained again where a shard's list of runs has changed."""
    from emtvb.experiments.sweep import finished_runs  # which needs NumPy: planning does not

    states = [(waiting, Path(waiting.output.weights).with_name("runs")) for waiting in shards]
    settings = [(dict(waiting.params.items()), state) for waiting, state in states]
    if count := sum(finished_runs.keep_finished_runs(RECORDS, given, state) for given, state in settings):
        logger.info(f"already trained, and taken from where they lie: {count} runs")


onstart:
    if not INSTALLED:
        raise WorkflowError("package: emtvb is not installed here: no job can be run; make install sets it up")
    CALL.lift_rate_limit()
    with hooks.errors_in_one_line():
        if RECORDS:
            planning.refuse_damaged(RECORDS, CALL)
        if CALL.runs_here and (trains := EXPERIMENT.accelerators()):
            planning.check_accelerators(CALL.jobs, trains, problem_of_accelerator)
        slurm.take_over(RESULTS, CALL.slurm_run)  # holds the results' lock from here on
        recorded.delete_unfinished(RESULTS)
        if RECORDS and (shards := planning.shard_trainings(CALL.jobs)):
            keep_finished_runs(shards)


onerror:
    # What failed, once more at the end: Snakemake says a page about every job.
    for line in (*last_errors(RESULTS / "logs", STARTED), *([] if CALL.slurm_run else want_of_memory(KILLED))):
        logger.error(line)
