"""What decides what a network becomes (rule tabulate_deciding)."""

import pandas as pd

from emtvb import tables
from emtvb.experiments.sweep import factors
from emtvb.making.jobs import job

with job(snakemake):
    paths = [snakemake.input.solutions, *snakemake.input.get("twins", [])]
    networks = pd.concat([tables.read_table(path, ("run_id", "kind")) for path in paths], ignore_index=True)
    networks = networks.drop_duplicates("run_id")
    tables.write_csv(snakemake.output.agreement, factors.agreement(networks))
    tables.write_csv(snakemake.output.variance, factors.variance(networks))
