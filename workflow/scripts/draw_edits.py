"""Edits of a task's exemplar, and what it then did beside the theory (rule draw_edits)."""

from emtvb.figures import edits
from emtvb.figures.data import load_exemplar
from emtvb.figures.save import save
from emtvb.running.jobs import job

with job(snakemake):
    shown = edits.edits_of(load_exemplar(snakemake.input.exemplar))
    save(edits.draw(shown), edits.numbers(shown), snakemake.output.csv.removesuffix(".csv"))
