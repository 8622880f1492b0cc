"""The digest of every run's weights in one table (rule list_digests)."""

import pandas as pd

from emtvb import tables
from emtvb.making.jobs import job

with job(snakemake):
    shards = [tables.read_table(path, ("run_id", "weights_sha256")) for path in snakemake.input.digests]
    tables.write_csv(snakemake.output.digests, pd.concat(shards))
