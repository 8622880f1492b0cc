"""Table 1 as CSV, Markdown and LaTeX (rule tabulate)."""

from emtvb import columns, tables
from emtvb.files import write_text
from emtvb.paper import table1
from emtvb.running.jobs import job

with job(snakemake):
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    path = snakemake.input.measurements
    measurements = columns.check_numbers(tables.read_table(path, tables.MEASURED_COLUMNS), path)
    table = table1.tabulate(tables.combine(runs, measurements))
    tables.write_csv(snakemake.output.csv, table)
    write_text(snakemake.output.md, table1.as_markdown(table))
    write_text(snakemake.output.tex, table1.as_latex(table))
