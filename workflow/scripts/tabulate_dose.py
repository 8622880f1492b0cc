"""What becomes of all networks' memories under other gains and with noise, in one table (rule tabulate_dose)."""

from emtvb import tables
from emtvb.experiments.sweep import latching
from emtvb.making.jobs import job

with job(snakemake):
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    rows = tables.read_tables(snakemake.input.dose, ("run_id", "arm"), may_be_empty=True)
    tables.write_csv(snakemake.output.dose, latching.network_table(runs, rows))
