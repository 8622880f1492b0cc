"""Whether learning curves foretell the circuit (rule tabulate_foretelling)."""

from emtvb import tables
from emtvb.experiments.sweep.prediction import foretelling_scores
from emtvb.making.jobs import job

with job(snakemake):
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    measured = tables.combine(runs, tables.read_table(snakemake.input.measurements, tables.MEASURED_COLUMNS))
    curves = tables.read_tables(snakemake.input.outlines, ("run_id", "step"))
    tables.write_csv(snakemake.output.foretelling, foretelling_scores(measured, curves))
