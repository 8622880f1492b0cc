"""Each task's composition f as an image (figure a, rule draw_composition)."""

from emtvb.figures import composition
from emtvb.figures.data import load_exemplar
from emtvb.figures.save import save
from emtvb.running.jobs import job

with job(snakemake):
    exemplars = [load_exemplar(path) for path in snakemake.input.exemplars]
    save(composition.draw(exemplars), composition.numbers(exemplars), snakemake.output.csv.removesuffix(".csv"))
