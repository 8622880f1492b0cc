"""Measure the trained networks of a shard (rule measure_shard)."""

from emtvb import networks, tables
from emtvb.interpret.measure import MeasureSettings, measure_shard
from emtvb.running.jobs import job
from emtvb.runs import from_entry

with job(snakemake) as this:
    runs = [from_entry(entry) for entry in this.settings["runs"]]
    trained = networks.load_networks(snakemake.input.weights, [run.run_id for run in runs])
    how = MeasureSettings(**this.settings["interpretation"])
    tables.write_csv(snakemake.output.measurements, measure_shard(runs, trained, how))
