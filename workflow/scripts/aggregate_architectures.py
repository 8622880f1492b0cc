"""The measurements of other architectures in one table (rule aggregate_architectures)."""

from emtvb import tables
from emtvb.making.jobs import job

with job(snakemake):
    measured = tables.read_tables(snakemake.input.measurements, ("run_id", "architecture", "verdict"))
    tables.write_csv(snakemake.output.measurements, measured)
