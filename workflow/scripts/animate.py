"""A task's variables moving round the circle of memories (figure e, rule animate)."""

from emtvb.figures import animation
from emtvb.figures.data import load_exemplar
from emtvb.running.jobs import job

with job(snakemake):
    animation.save(load_exemplar(snakemake.input.exemplar), snakemake.output.csv.removesuffix(".csv"))
