"""Measure the trained networks of a shard (rule measure_shard)."""

import json

from emtvb import networks
from emtvb.files import write_csv
from emtvb.interpret.measure import MeasureSettings, measure_shard
from emtvb.jobs import job
from emtvb.runs import runs_from_json

with job(snakemake) as settings:
    runs = runs_from_json(json.dumps(settings["runs"]))
    trained = networks.load_networks(snakemake.input.weights, [run.run_id for run in runs])
    how = MeasureSettings(**settings["interpretation"])
    write_csv(snakemake.output.measurements, measure_shard(runs, trained, how))
