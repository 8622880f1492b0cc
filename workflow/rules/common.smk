# What all stages share: the checked experiment, where its results go, and the hash of a stage's code.

from pathlib import Path

from snakemake.exceptions import WorkflowError

from emtvb import config as experiments
from emtvb.closure import code_hash
from emtvb.errors import InputError
from emtvb.runs import runs_to_json

try:
    given = {key: experiments.reread(config[key]) for key in workflow.config_settings.config}
    EXPERIMENT = experiments.check({**config, **given})
    experiments.check_results_root(experiments.results_root())
except InputError as error:
    raise WorkflowError(str(error)) from None

RESULTS = experiments.results_root() / EXPERIMENT.experiment
SHARDS = EXPERIMENT.shards()
EXEMPLARS = EXPERIMENT.exemplars()


wildcard_constraints:
    shard="[A-Za-z0-9_.-]+",
    task="[A-Za-z0-9-]+",


def results(path):
    """A path under this experiment's results."""
    return str(RESULTS / path)


def script_code(name):
    """The hash of a stage's code: its script and all that the script can reach in the package."""
    return code_hash(Path(workflow.basedir) / "workflow" / "scripts" / name)


def shard_runs(wildcards):
    """The runs of a shard, with all of their settings."""
    return runs_to_json(SHARDS[wildcards.shard])


def exemplar_shard(wildcards):
    """The shard that trains a task's exemplar."""
    exemplar = EXEMPLARS[wildcards.task].run_id
    return next(name for name, runs in SHARDS.items() if exemplar in {run.run_id for run in runs})


def figure(path, suffix, **labels):
    """A figure's file, as it stands in the report."""
    name = Path(path).parts[0]
    return report(
        results(f"figures/{path}.{suffix}"),
        caption=f"../report/{name}.rst",
        category="Figures",
        labels={"figure": name, **labels, "format": suffix},
    )
