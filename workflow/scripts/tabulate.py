"""Table 1 as CSV, Markdown and LaTeX (rule tabulate)."""

from emtvb import table1, tables
from emtvb.files import write_csv, write_text
from emtvb.jobs import job

with job(snakemake):
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    measurements = tables.read_table(snakemake.input.measurements, tables.MEASURED_COLUMNS)
    table = table1.tabulate(tables.combine(runs, measurements))
    write_csv(snakemake.output.csv, table)
    write_text(snakemake.output.md, table1.as_markdown(table))
    write_text(snakemake.output.tex, table1.as_latex(table))
