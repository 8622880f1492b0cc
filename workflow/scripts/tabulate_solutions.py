"""The solutions of all shards in one table, with settings and verdicts, and all digits in another."""

import pandas as pd

from emtvb import tables
from emtvb.making.jobs import job

with job(snakemake):
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    measured = tables.read_table(snakemake.input.measurements, tables.MEASURED_COLUMNS)
    measured = measured[["run_id", "verdict", "test_accuracy", "network_eigenvalues", "phi_eigenvalues", "solved"]]
    shards = [tables.read_table(path, ("run_id", "kind")) for path in snakemake.input.solutions]
    settings = tables.combine(runs.drop(columns="shard"), measured)
    tables.write_csv(snakemake.output.solutions, tables.combine(settings, pd.concat(shards, ignore_index=True)))
    digits = [table for table in map(pd.read_csv, snakemake.input.digits) if len(table)]
    none = pd.read_csv(snakemake.input.digits[0]).iloc[:0]
    tables.write_csv(snakemake.output.digits, pd.concat(digits, ignore_index=True) if digits else none)
