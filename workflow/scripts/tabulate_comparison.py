"""How far apart networks are that differ in one thing, in short (rule tabulate_comparison)."""

import pandas as pd

from emtvb import tables
from emtvb.experiments.sweep import pair_distances
from emtvb.making.jobs import job

with job(snakemake):
    compared = pd.read_csv(snakemake.input.comparison)  # without a row where fewer than two networks solve their task
    tables.write_csv(snakemake.output.comparison, pair_distances.distance_summary(compared))
