"""Table 1 as CSV, Markdown and LaTeX (rule tabulate)."""

from emtvb import columns, tables
from emtvb.files import write_text
from emtvb.making.jobs import job
from emtvb.paper import table1, twins

with job(snakemake) as this:
    path = snakemake.input.measurements
    columns.check_numbers(tables.read_table(path, tables.MEASURED_COLUMNS), path)
    measured = twins.measured_with_twins(snakemake.input.runs, path, snakemake.input.twins)
    table = table1.tabulate_table1(measured, this.settings["unlike_paper"])
    tables.write_csv(snakemake.output.csv, table)
    write_text(snakemake.output.md, table1.as_markdown(table))
    write_text(snakemake.output.tex, table1.as_latex(table))
