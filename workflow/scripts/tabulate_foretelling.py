"""Whether learning curves foretell the circuit (rule tabulate_foretelling)."""

import pandas as pd

from emtvb import tables
from emtvb.experiments.sweep.prediction import foretelling
from emtvb.making.jobs import job

with job(snakemake):
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    measured = tables.combine(runs, tables.read_table(snakemake.input.measurements, tables.MEASURED_COLUMNS))
    curves = pd.concat([tables.read_table(path, ("run_id", "step")) for path in snakemake.input.outlines])
    tables.write_csv(snakemake.output.foretelling, foretelling(measured, curves))
