"""The paper's network beside other architectures, for a page (rule compare_architectures)."""

import pandas as pd

from emtvb import tables
from emtvb.experiments.architectures import architecture_table as architectures
from emtvb.files import write_text
from emtvb.making.jobs import job

with job(snakemake):
    columns = ("run_id", "architecture", "verdict")
    measured = [tables.read_table(path, columns) for path in (snakemake.input.rnn, snakemake.input.others)]
    write_text(snakemake.output.page, architectures.as_markdown(pd.concat(measured, ignore_index=True)))
