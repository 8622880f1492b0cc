"""The config becomes the table of runs (rule enumerate_runs)."""

from emtvb import config, sweep
from emtvb.jobs import job

with job(snakemake) as settings:
    sweep.write_run_table(snakemake.output.runs, config.check(settings).shards())
