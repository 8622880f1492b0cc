"""Tables with the same columns, one below the other, as text (rules aggregate_... and list_digests)."""

import pandas as pd

from emtvb import tables
from emtvb.errors import InputError
from emtvb.making.jobs import job

with job(snakemake):
    parts = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in snakemake.input]
    for path, part in zip(snakemake.input, parts, strict=True):
        if [*part.columns] != [*parts[0].columns]:
            raise InputError("table", path, f"has other columns than {snakemake.input[0]}; make it again")
    tables.write_csv(snakemake.output[0], pd.concat(parts))
