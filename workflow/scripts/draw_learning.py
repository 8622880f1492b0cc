"""Learning curves of all runs (figure f, rule draw_learning)."""

import pandas as pd

from emtvb.figures import data, learning
from emtvb.figures.save import save
from emtvb.jobs import job

with job(snakemake):
    curves = data.with_settings(data.load_histories(snakemake.input.histories), pd.read_csv(snakemake.input.runs))
    save(learning.draw(curves), learning.numbers(curves), snakemake.output.csv.removesuffix(".csv"))
