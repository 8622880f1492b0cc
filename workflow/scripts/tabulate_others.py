"""What all networks say of two claims of others (rule tabulate_others)."""

import pandas as pd

from emtvb import tables
from emtvb.experiments.sweep import literature
from emtvb.making.jobs import job

with job(snakemake):
    measured = tables.read_table(snakemake.input.measurements, tables.MEASURED_COLUMNS)
    ablated = pd.read_csv(snakemake.input.ablations, dtype={"run_id": str})
    followed = tables.read_table(snakemake.input.gradients, ("run_id",))
    tables.write_csv(snakemake.output.ablations, literature.ablation_table(measured, ablated))
    tables.write_csv(snakemake.output.gradients, literature.gradient_table(measured, followed))
