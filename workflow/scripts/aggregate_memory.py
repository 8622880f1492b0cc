"""The memories of all trained networks in one table, as claims read them (rule aggregate_memory)."""

from emtvb import tables
from emtvb.experiments.sweep import memory_tables
from emtvb.making.jobs import job

with job(snakemake):
    rows = tables.read_tables(snakemake.input.memory, ("run_id", "network"), may_be_empty=True)
    tables.write_csv(snakemake.output.memory, memory_tables.trained_rows(rows))
