"""The snapshots of all runs that are followed, in one table (rule tabulate_following)."""

from emtvb import tables
from emtvb.experiments.sweep import followed_networks
from emtvb.making.jobs import job

with job(snakemake):
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    snapshots = tables.read_tables(snakemake.input.following, followed_networks.STEPS)
    tables.write_csv(snakemake.output.following, followed_networks.network_table(runs, snapshots))
