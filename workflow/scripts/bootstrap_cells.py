"""How often the rules for published values err where the seeds of a cell are the population (rule bootstrap_cells)."""

from emtvb import tables
from emtvb.making.jobs import job
from emtvb.paper import forest
from emtvb.paper.twins import measured_with_twins

with job(snakemake):
    of = measured_with_twins(snakemake.input.runs, snakemake.input.measurements, snakemake.input.get("twins", []))
    tables.write_csv(snakemake.output.rates, forest.cell_error_rates(of))
