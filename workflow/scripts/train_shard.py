"""Train the runs of a shard (rule train_shard)."""

from pathlib import Path

from emtvb.making import provenance, trainings
from emtvb.making.jobs import job
from emtvb.theory.orders import run_from_entry
from emtvb.training.shard import Outputs, train_shard

with job(snakemake) as this:
    runs = [run_from_entry(entry) for entry in this.settings["runs"]]
    outputs = Outputs(**{name: Path(path) for name, path in snakemake.output.items()})
    this.runs = train_shard(
        runs,
        outputs,
        trainings.state_version(this.settings),
        this.settings["trainer"],
        provenance.environment(),
        this.settings.get("accelerator", "cpu"),
    )
