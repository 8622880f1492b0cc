"""The measurements of all shards in one table (rule aggregate_measurements)."""

import pandas as pd

from emtvb import columns, tables
from emtvb.making.jobs import job

with job(snakemake):
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    paths = snakemake.input.measurements
    shards = [columns.check_numbers(tables.read_table(path, tables.MEASURED_COLUMNS), path) for path in paths]
    measurements = pd.concat(shards, ignore_index=True)
    columns = [*measurements, *tables.SETTINGS]
    tables.write_csv(snakemake.output.measurements, tables.combine(runs, measurements)[columns])
