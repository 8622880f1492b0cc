"""W_hh raw and in the variable memories, per task (figure d, rule draw_weights)."""

from emtvb.figures import weights
from emtvb.figures.data import load_exemplar
from emtvb.figures.save import save
from emtvb.running.jobs import job

with job(snakemake):
    exemplars = [load_exemplar(path) for path in snakemake.input.exemplars]
    save(weights.draw(exemplars), weights.numbers(exemplars), snakemake.output.csv.removesuffix(".csv"))
