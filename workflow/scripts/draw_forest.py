"""Table 1 as a forest plot: what is printed beside our seeds (rule draw_forest)."""

from emtvb.figures import forest
from emtvb.figures.save import save
from emtvb.paper import twins
from emtvb.paper.forest import rows
from emtvb.running.jobs import job

with job(snakemake):
    measured = twins.measured(snakemake.input.runs, snakemake.input.measurements, snakemake.input.twins)
    table = rows(measured)
    save(forest.draw(table), forest.numbers(table), snakemake.output.csv.removesuffix(".csv"))
