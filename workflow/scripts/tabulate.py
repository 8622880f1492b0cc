"""Table 1 as CSV, Markdown and LaTeX (rule tabulate)."""

import pandas as pd

from emtvb import tables
from emtvb.files import write_csv, write_text
from emtvb.jobs import job

with job(snakemake.log[0]):
    runs, measurements = tables.read_runs(snakemake.input.runs), pd.read_csv(snakemake.input.measurements)
    table = tables.table1(tables.combine(runs, measurements))
    write_csv(snakemake.output.csv, table)
    write_text(snakemake.output.md, tables.as_markdown(table))
    write_text(snakemake.output.tex, tables.as_latex(table))
