"""The ablations of all shards in one table (rule aggregate_ablations)."""

from emtvb import tables
from emtvb.making.jobs import job

with job(snakemake):
    ablated = tables.read_tables(snakemake.input.ablations, ("run_id",), may_be_empty=True)
    tables.write_csv(snakemake.output.ablations, ablated)
