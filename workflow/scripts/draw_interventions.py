"""How often networks obey edits, by method, task and size (rule draw_interventions)."""

from emtvb import columns, tables
from emtvb.figures import interventions
from emtvb.figures.save import save
from emtvb.running.jobs import job

with job(snakemake):
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    path = snakemake.input.measurements
    measurements = columns.check_numbers(tables.read_table(path, interventions.COLUMNS), path)
    measured = tables.combine(runs, measurements)
    save(interventions.draw(measured), interventions.numbers(measured), snakemake.output.csv.removesuffix(".csv"))
