"""The measurements of all shards in one table (rule aggregate_measurements)."""

import pandas as pd

from emtvb import tables
from emtvb.files import write_csv
from emtvb.jobs import job

with job(snakemake.log[0]):
    runs = tables.read_runs(snakemake.input.runs)
    measurements = pd.concat(map(pd.read_csv, snakemake.input.measurements), ignore_index=True)
    write_csv(snakemake.output.measurements, tables.combine(runs, measurements)[measurements.columns])
