# What all stages share: the checked experiment, where its results go, and what makes a job's outputs what they are.

from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError

from emtvb import config as experiments
from emtvb.running import slurm
from emtvb.errors import InputError
from emtvb.running.recipes import check_package
from emtvb.running.restore import restore
from emtvb.running.stages import Stages

# The version of the package that this workflow is written for; a clone comes with it.
PACKAGE_VERSION = "0.2.0"
HERE = workflow.current_basedir.get_path_or_uri(secret_free=True)
if not Path(HERE).is_dir():
    raise WorkflowError(
        f"workflow: {HERE}: its rules and scripts are read as files; clone the repository and name the clone's "
        "workflow/Snakefile (config/README.md)"
    )
ROOT = Path(HERE).resolve().parents[1]

try:
    check_package(ROOT, PACKAGE_VERSION)
    # What a call gives with --config; as a module of another workflow, what that hands on and no more.
    given = {key: experiments.reread(config[key]) for key in workflow.config_settings.config if key in config}
    EXPERIMENT = experiments.check({**config, **given})
    experiments.check_results_root(experiments.results_root())
except InputError as error:
    raise WorkflowError(str(error)) from None

RESULTS = experiments.results_root() / EXPERIMENT.experiment
STAGES = Stages(EXPERIMENT, ROOT)
SHARDS = EXPERIMENT.shards()
if slurm.is_around_another_task():
    RESULTS = slurm.stand_in_results(SHARDS)
if slurm.is_superseded(RESULTS):
    raise WorkflowError(
        "this job was sent by a Snakemake that was killed, and another one has taken over: nothing to do"
    )
EXEMPLARS = EXPERIMENT.exemplars()

# Where the results lie as Snakemake sees it: a workflow that uses this one as a module may put a prefix before all paths.
PLACE = Path(str(workflow.modifier.path_modifier.modify(str(RESULTS))))

# Snakemake's own memory of what made a file is rebuilt from the records beside the files where it was lost.
if workflow.is_main_process:
    restore(PLACE)


wildcard_constraints:
    shard="[A-Za-z0-9_.-]+",
    task="[A-Za-z0-9-]+",


def results(path):
    """A path under this experiment's results."""
    return str(RESULTS / path)


def recipe(rule):
    """What determines the outputs of a rule's jobs: settings, code, library versions (emtvb.running.stages)."""
    return lambda wildcards: say_triggers() or STAGES.recipe(rule, dict(wildcards.items()))


@cache
def say_triggers():
    """A word where a caller's profile took ours away; Snakemake's settings are known only while the graph is built."""
    triggers = {trigger.item_to_choice() for trigger in workflow.dag_settings.rerun_triggers}
    if workflow.is_main_process and triggers != {"mtime", "params", "input"}:
        logger.warning(
            f"rerun-triggers are {', '.join(sorted(triggers))}: a profile given with --workflow-profile took the place of "
            "profiles/default/config.yaml; copy its lines, or more is run again than has changed"
        )


def figure(path, suffix, **labels):
    """A figure's file, as it stands in the report."""
    name = Path(path).parts[0]
    return report(
        results(f"figures/{path}.{suffix}"),
        caption=f"../report/{name}.rst",
        category="Figures",
        labels={"figure": name, **labels, "format": suffix},
    )


onstart:
    try:
        remote = next((job for job in workflow.dag.needrun_jobs() if not job.is_local), None)
        executor = workflow.scheduler.get_executor(remote) if remote else None
        slurm.take_over(RESULTS, getattr(executor, "run_uuid", None))
    except InputError as error:
        raise WorkflowError(str(error)) from None
