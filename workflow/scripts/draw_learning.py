"""Learning curves of all runs (figure f, rule draw_learning)."""

import pandas as pd

from emtvb.figures import learning
from emtvb.figures.save import save
from emtvb.running.jobs import job

with job(snakemake):
    summary = pd.read_csv(snakemake.input.summary)
    save(learning.draw(summary), summary, snakemake.output.csv.removesuffix(".csv"))
