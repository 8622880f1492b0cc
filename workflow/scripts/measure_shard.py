"""Measure the trained networks of a shard (rule measure_shard)."""

import json

from emtvb import networks
from emtvb.files import write_csv
from emtvb.interpret.measure import MeasureSettings, measure_shard
from emtvb.jobs import job
from emtvb.runs import runs_from_json

with job(snakemake.log[0]):
    runs = runs_from_json(snakemake.params.runs)
    trained = networks.load_networks(snakemake.input.weights, [run.run_id for run in runs])
    settings = MeasureSettings(**json.loads(snakemake.params.interpretation))
    write_csv(snakemake.output.measurements, measure_shard(runs, trained, settings))
