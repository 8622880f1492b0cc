"""The ablations of all shards in one table (rule aggregate_ablations)."""

import pandas as pd

from emtvb import tables
from emtvb.making.jobs import job

with job(snakemake):
    shards = [pd.read_csv(path, dtype={"run_id": str}) for path in snakemake.input.ablations]
    some = [part for part in shards if len(part)] or shards[:1]
    tables.write_csv(snakemake.output.ablations, pd.concat(some, ignore_index=True))
