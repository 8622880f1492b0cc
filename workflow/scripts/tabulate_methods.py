"""What came of all methods on all networks, in one table and as a page (rule tabulate_methods)."""

from emtvb import tables
from emtvb.experiments.methods import tables as tabulating
from emtvb.files import write_text
from emtvb.making.jobs import job

with job(snakemake):
    rows = tables.read_tables(snakemake.input.rows)
    tables.write_csv(snakemake.output.csv, rows)
    write_text(snakemake.output.md, tabulating.as_markdown(rows))
