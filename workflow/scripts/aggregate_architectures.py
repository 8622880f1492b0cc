"""The measurements of other architectures in one table (rule aggregate_architectures)."""

import pandas as pd

from emtvb import tables
from emtvb.making.jobs import job

with job(snakemake):
    rows = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in snakemake.input.measurements]
    tables.write_csv(snakemake.output.measurements, pd.concat(rows))
