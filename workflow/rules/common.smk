# What all stages share: the checked experiment, where its results go, and what makes a job's outputs what they are.

import json
import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError

from emtvb import config as experiments
from emtvb.running import executor, imported, memory, node, slurm
from emtvb.errors import InputError
from emtvb.running.from_history import bring_back
from emtvb.running.jobs import last_errors
from emtvb.running.recipes import check_package, check_python
from emtvb.running.restore import difference, refuse, restore
from emtvb.running.stages import Stages

# The version of the package that this workflow is written for; a clone comes with it.
PACKAGE_VERSION = "0.2.0"
STARTED = time.time()
HERE = workflow.current_basedir.get_path_or_uri(secret_free=True)
if not Path(HERE).is_dir():
    raise WorkflowError(
        f"workflow: {HERE}: its rules and scripts are read as files; name its workflow/Snakefile (config/README.md)"
    )
ROOT = Path(HERE).resolve().parents[1]

# Figures are drawn into files. What a notebook tells its own matplotlib is nothing for jobs, which inherit this.
os.environ.pop("MPLBACKEND", None)

try:
    check_package(ROOT, PACKAGE_VERSION)
    check_python(ROOT)
    imported.check_bytecode(ROOT / "workflow" / "scripts")
    # Snakemake has read them, too, and takes the last of two equal keys, and 010 for 8. What a module is handed is not ours.
    if Path(workflow.main_snakefile).resolve() in (ROOT / "Snakefile", ROOT / "workflow" / "Snakefile"):
        for file in workflow.configfiles:
            experiments.read(file)
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
LOOKS = EXPERIMENT.looks()

# Where the results lie as Snakemake sees it: a workflow that uses this one as a module may put a prefix before all paths.
PLACE = Path(str(workflow.modifier.path_modifier.modify(str(RESULTS))))

# Weights that a clone has in its history alone are put into the tree: without them, their networks would be trained again.
if workflow.is_main_process:
    try:
        if back := bring_back(PLACE):
            logger.info(f"weights put into {PLACE} from the history of this clone: {len(back)} files")
    except InputError as error:
        raise WorkflowError(str(error)) from None

# Snakemake's own memory of what made a file is rebuilt from the records beside the files where it was lost.
RESTORED = restore(PLACE) if workflow.is_main_process else None
if workflow.is_main_process:
    executor.install()
node.choose_kernels()


wildcard_constraints:
    shard="[A-Za-z0-9_.-]+",
    task="[A-Za-z0-9-]+",
    look="[A-Za-z0-9_.-]+",


def results(path):
    """A path under this experiment's results."""
    return str(RESULTS / path)


def twins_beside(*names):
    """Files of an experiment `twins` beside this one (Stages.twins_beside)."""
    return [os.path.normpath(RESULTS / path) for path in STAGES.twins_beside(PLACE, *names)]


def recipe(rule):
    """What determines the outputs of a rule's jobs: settings, code, library versions (emtvb.running.stages)."""
    return lambda wildcards: ask(rule, dict(wildcards.items()))


def ask(rule, wildcards):
    """A job's recipe, while the graph is built. A call that cannot go well ends here, before anything is run or deleted."""
    say_triggers()
    try:
        check_machine()
        found = STAGES.recipe(rule, wildcards)
        made = RESTORED.job(rule, wildcards) if RESTORED else None
        if made:
            refuse(RESTORED, [*made.inputs, *made.outputs], is_forced)
            say_difference(rule, difference(made.recipe, json.loads(found)))
    except InputError as error:
        end(error)
    return found


def end(error):
    """End with one line, which an exception that comes by way of Snakemake would not be."""
    logger.error(f"error: {error}")
    sys.exit(1)


@cache
def check_machine():
    """Refuse what cannot fit into this machine's memory, unless it only hands jobs to others."""
    if workflow.remote_exec or (workflow.is_main_process and workflow.local_exec):
        memory.check(EXPERIMENT)


def check_gpu():
    """Refuse to train on a GPU where there is none: once, and not a shard at a time. Asks torch, in a process of its own."""
    code = "from emtvb.training.lockstep import check_device; check_device('cuda')"
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
    asked = workflow.dag_settings
    named = {*map(str, asked.forcerun), *(map(str, asked.targets) if asked.forcetargets else ())}
    every = asked.forceall and (not asked.allowed_rules or maker.rule in asked.allowed_rules)
    return bool(every or named & {maker.rule, *maker.outputs})


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


onerror:
    # What failed, once more at the end: Snakemake says a page about every job.
    for line in last_errors(PLACE / "logs", STARTED):
        logger.error(line)


onstart:
    try:
        needed = list(workflow.dag.needrun_jobs())
        for waiting in needed if RESTORED else ():
            refuse(RESTORED, map(str, waiting.input), is_forced)
        if workflow.is_main_process and workflow.local_exec:
            if needed and (workflow.resource_settings.cores or 0) < 1:
                raise InputError("--cores", workflow.resource_settings.cores or 0, "give a number from 1, or all")
            if EXPERIMENT.trainer == "cuda" and any(waiting.rule.name == "train_shard" for waiting in needed):
                check_gpu()
        remote = next((waiting for waiting in needed if not waiting.is_local), None)
        executor = workflow.scheduler.get_executor(remote) if remote else None
        slurm.take_over(RESULTS, getattr(executor, "run_uuid", None))
    except InputError as error:
        raise WorkflowError(str(error)) from None
