"""All networks' memories, and how often a multiplier tells whether one lasts (rule tabulate_memory)."""

from pathlib import Path

import pandas as pd

from emtvb import tables
from emtvb.experiments.sweep import memory_tables
from emtvb.making.jobs import job

with job(snakemake) as this:
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    measured = tables.read_table(snakemake.input.measurements, tables.MEASURED_COLUMNS)
    shards = [pd.read_csv(path, dtype={"run_id": str}) for path in snakemake.input.memory]
    some = [part for part in shards if len(part)] or shards[:1]
    networks = memory_tables.network_table(runs, measured, pd.concat(some, ignore_index=True))
    seen = set(tables.read_table(snakemake.input.digests, ("run_id", "weights_sha256"))["weights_sha256"])
    experiments = {this.settings["experiment"]: networks}
    for table, digests in zip(snakemake.input.get("others", []), snakemake.input.get("known", []), strict=True):
        others = tables.read_table(table, ("run_id", "network")).merge(pd.read_csv(digests), on="run_id")
        experiments[Path(table).parts[-3]] = others[~others["weights_sha256"].isin(seen)]
        seen |= set(others["weights_sha256"])
    tables.write_csv(snakemake.output.measured, memory_tables.trained(networks))
    tables.write_csv(snakemake.output.memory, networks)
    tables.write_csv(snakemake.output.law, memory_tables.law(experiments))
