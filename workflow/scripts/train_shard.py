"""Train the runs of a shard (rule train_shard)."""

from pathlib import Path

from emtvb import protocol
from emtvb.running import provenance, recipes
from emtvb.running.jobs import job
from emtvb.training.shard import Outputs, train_shard

with job(snakemake) as this:
    runs = [protocol.order(entry) for entry in this.settings["runs"]]
    outputs = Outputs(**{name: Path(path) for name, path in snakemake.output.items()})
    version = recipes.training_version(this.recipe)
    this.runs = train_shard(runs, outputs, version, this.settings["trainer"], provenance.environment())
