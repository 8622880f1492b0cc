"""Train the runs of a shard (rule train_shard)."""

import json
from pathlib import Path

from emtvb.jobs import job
from emtvb.runs import runs_from_json
from emtvb.training.shard import train_shard

with job(snakemake) as settings:
    runs = runs_from_json(json.dumps(settings["runs"]))
    state = Path(snakemake.output.weights).with_name("runs")
    train_shard(runs, snakemake.output.weights, snakemake.output.history, state, settings["trainer"])
