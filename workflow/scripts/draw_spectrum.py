"""The spectra of Phi and of W_hh, per task (figure b, rule draw_spectrum)."""

from emtvb.figures import spectrum
from emtvb.figures.data import load_exemplar
from emtvb.figures.save import save
from emtvb.running.jobs import job

with job(snakemake):
    exemplars = [load_exemplar(path) for path in snakemake.input.exemplars]
    save(spectrum.draw(exemplars), spectrum.numbers(exemplars), snakemake.output.csv.removesuffix(".csv"))
