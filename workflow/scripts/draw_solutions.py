"""How often each kind of solution is found, and what thresholds and roundings do (rule draw_solutions)."""

from emtvb.figures import solutions
from emtvb.figures.save import save
from emtvb.paper import twins
from emtvb.paper.solutions import rows
from emtvb.running.jobs import job

with job(snakemake):
    measured = twins.measured(snakemake.input.runs, snakemake.input.measurements, snakemake.input.twins)
    table = rows(measured)
    save(solutions.draw(table), solutions.numbers(table), snakemake.output.csv.removesuffix(".csv"))
