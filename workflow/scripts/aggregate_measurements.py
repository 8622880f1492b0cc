"""The measurements of all shards in one table (rule aggregate_measurements)."""

import pandas as pd

from emtvb import tables
from emtvb.running.jobs import job

with job(snakemake):
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    shards = [tables.read_table(path, tables.MEASURED_COLUMNS) for path in snakemake.input.measurements]
    measurements = pd.concat(shards, ignore_index=True)
    tables.write_csv(snakemake.output.measurements, tables.combine(runs, measurements)[measurements.columns])
