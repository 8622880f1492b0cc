"""Train the runs of a shard (rule train_shard)."""

from emtvb.jobs import job
from emtvb.runs import runs_from_json
from emtvb.training.shard import train_shard

with job(snakemake.log[0]):
    runs = runs_from_json(snakemake.params.runs)
    train_shard(
        runs, snakemake.output.weights, snakemake.output.history, snakemake.params.state, snakemake.params.trainer
    )
