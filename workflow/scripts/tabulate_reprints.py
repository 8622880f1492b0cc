"""What the reference trainer's reprints say, question by question (rule tabulate_reprints)."""

import pandas as pd

from emtvb import tables
from emtvb.files import write_text
from emtvb.making.jobs import job
from emtvb.paper import reprints, twins

with job(snakemake):
    measured = twins.measured_with_twins(*snakemake.input.paper, snakemake.input.twins)
    own = twins.measured_with_twins(snakemake.input.runs, snakemake.input.measurements)
    table = reprints.tabulate_answers(
        reprints.plan_answers(
            measured, pd.concat([own, twins.measured_with_twins(*snakemake.input.other)], ignore_index=True)
        )
    )
    tables.write_csv(snakemake.output.csv, table)
    write_text(snakemake.output.md, reprints.as_markdown(table))
