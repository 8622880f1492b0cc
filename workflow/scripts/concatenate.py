"""The rows of tables, such as one for each shard or network, in one table (rules aggregate_... and list_digests)."""

from emtvb import tables
from emtvb.making.jobs import job

with job(snakemake):
    tables.write_csv(snakemake.output[0], tables.read_tables(snakemake.input, ("run_id",), may_be_empty=True))
