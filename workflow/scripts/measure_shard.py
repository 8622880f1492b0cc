"""Measure the trained networks of a shard (rule measure_shard)."""

from emtvb import config, networks
from emtvb.files import write_csv
from emtvb.interpret.measure import TestSettings, measure_shard
from emtvb.jobs import job

with job(snakemake.log[0]):
    experiment = config.load(snakemake.input.settings)
    runs = experiment.read_runs(snakemake.input.runs, snakemake.wildcards.shard)
    trained = networks.load_networks(snakemake.input.weights, [run.run_id for run in runs])
    settings = TestSettings(**experiment.interpretation.model_dump())
    write_csv(snakemake.output.measurements, measure_shard(runs, trained, settings))
