"""A task's hidden state over time, raw and in the variable memories (figure c, rule draw_hidden_state)."""

from emtvb.figures import hidden_state
from emtvb.figures.data import load_exemplar
from emtvb.figures.save import save
from emtvb.running.jobs import job

with job(snakemake):
    exemplar = load_exemplar(snakemake.input.exemplar)
    save(hidden_state.draw(exemplar), hidden_state.numbers(exemplar), snakemake.output.csv.removesuffix(".csv"))
