"""Train the runs of a shard (rule train_shard)."""

import json
from pathlib import Path

from emtvb.jobs import job
from emtvb.runs import runs_from_json
from emtvb.training import curves, history
from emtvb.training.shard import train_shard

with job(snakemake) as settings:
    runs = runs_from_json(json.dumps(settings["runs"]))
    state = Path(snakemake.output.weights).with_name("runs")
    train_shard(runs, snakemake.output.weights, snakemake.output.history, state, settings["trainer"])
    outlines = {run_id: curves.thin(rows) for run_id, rows in history.read(Path(snakemake.output.history)).items()}
    history.write(Path(snakemake.output.outline), outlines)
