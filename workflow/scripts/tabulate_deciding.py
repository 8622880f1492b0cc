"""What decides what a network becomes (rule tabulate_deciding)."""

from emtvb import tables
from emtvb.experiments.sweep import factors
from emtvb.making.jobs import job

with job(snakemake):
    paths = [snakemake.input.solutions, *snakemake.input.get("twins", [])]
    networks = tables.read_tables(paths, ("run_id", "kind"))
    networks = networks.drop_duplicates("run_id")
    tables.write_csv(snakemake.output.agreement, factors.agreement_by_factor(networks))
