"""What networks of other packages store: a row for each, and tables over the seeds (rule tabulate_foreign)."""

from emtvb import tables
from emtvb.experiments.foreign import tables as tabulating
from emtvb.files import write_text
from emtvb.making.jobs import job

with job(snakemake):
    rows = tables.read_tables(snakemake.input.rows)
    tables.write_csv(snakemake.output.rows, rows)
    table = tabulating.over_seeds(rows)
    tables.write_csv(snakemake.output.csv, table)
    write_text(snakemake.output.md, tabulating.as_markdown(table) + "\n")
