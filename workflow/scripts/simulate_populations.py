"""How often the rules for published values err with made-up populations of seeds (rule simulate_populations)."""

from emtvb import tables
from emtvb.making.jobs import job
from emtvb.paper import error_rates

with job(snakemake):
    tables.write_csv(snakemake.output.rates, error_rates.operating_characteristics())
