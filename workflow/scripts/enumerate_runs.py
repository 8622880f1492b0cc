"""The config becomes the table of runs (rule enumerate_runs)."""

from emtvb import config
from emtvb.config import sweep
from emtvb.making.jobs import job

with job(snakemake) as this:
    sweep.write_run_table(snakemake.output.runs, config.check_sweep(this.settings).shards())
