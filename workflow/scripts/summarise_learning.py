"""Quartiles of all runs' learning curves (rule summarise_learning)."""

import pandas as pd

from emtvb import tables
from emtvb.figures import data
from emtvb.making.jobs import job

with job(snakemake):
    curves = data.with_settings(data.load_histories(snakemake.input.outlines), pd.read_csv(snakemake.input.runs))
    tables.write_csv(snakemake.output.summary, data.summarise_curves(curves))
