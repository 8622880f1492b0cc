"""Train the runs of a shard (rule train_shard)."""

from pathlib import Path

from emtvb.running import provenance, recipes
from emtvb.running.jobs import job
from emtvb.training import kept
from emtvb.training.shard import Outputs, train_shard

with job(snakemake) as this:
    runs = [kept.order(entry) for entry in this.settings["runs"]]
    outputs = Outputs(**{name: Path(path) for name, path in snakemake.output.items()})
    this.proved = this.settings["proof"] is not None
    this.runs = train_shard(
        runs,
        outputs,
        lambda: recipes.training_version(this.recipe),
        this.settings["trainer"],
        provenance.environment(),
        this.settings.get("accelerator", "cpu"),
    )
