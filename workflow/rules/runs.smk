# What a sweep plans: its runs, those that are looked at closely, and how rules hand them to jobs.

from emtvb.config.architectures import ARCHITECTURES
from emtvb.config.sweep import shard_name
from emtvb.config import params as settings
from emtvb.theory.protocol import order_to_entry as training_entry
from emtvb.theory.runs import to_entry

EXEMPLARS = EXPERIMENT.exemplars()
LOOKS = EXPERIMENT.looks()
ARCHITECTURE_RUNS = {run.run_id: run for run in EXPERIMENT.architecture_runs()}
# Rounding twins alone have tables, and neither figures nor a page; where a config names figures, there is no page either.
SHOWN = 0 in EXPERIMENT.twins and EXPERIMENT.figures is None
# The page's networks are chosen from the shards of the exemplars' block of seeds: so a sweep that gets more seeds leaves it.
PAGE_SEEDS = {run.seed for run in EXEMPLARS.values()}
PAGE_SHARDS = [shard for shard, runs in SHARDS.items() if PAGE_SEEDS & {run.seed for run in runs}]
# Settings that do not decide which runs there are.
NOT_OF_RUNS = {"trainer", "accelerator", "interpretation", "exemplar", "architectures", "figures", "follow"}


def twins_beside(*names):
    """Files of an experiment `twins` beside this one, which has rounding twins of its runs, where all are there."""
    return [] if EXPERIMENT.experiment == "twins" else files_beside("twins", *names)


def named_figures(figures, names):
    """The figures that a config names."""
    known = {Path(path).parts[0] for path in figures}
    if unknown := [name for name in names if name not in known]:
        raise InputError(
            "figures", unknown[0], f"not drawn of this experiment; write some of {', '.join(sorted(known))}"
        )
    return {path: files for path, files in figures.items() if Path(path).parts[0] in names}


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


def proof_of(runs):
    """What vouches for the bits of these runs: for the compiled engine's, its proof."""
    return promises.promised_proof(max(run.l2 for run in runs)) if EXPERIMENT.trainer in promises.TRAINERS else None
