"""Train the runs of a shard (rule train_shard)."""

from emtvb import config
from emtvb.jobs import job
from emtvb.training.shard import train_shard

with job(snakemake.log[0]):
    runs = config.load(snakemake.input.settings).read_runs(snakemake.input.runs, snakemake.wildcards.shard)
    train_shard(runs, snakemake.output.weights, snakemake.output.history, snakemake.params.state)
