"""All networks' memories, what tells whether one lasts, and what decides it (rule tabulate_memory)."""

from pathlib import Path

from emtvb import tables
from emtvb.experiments.sweep import memory_tables
from emtvb.making.jobs import job

with job(snakemake) as this:
    measured = tables.read_table(snakemake.input.measurements, tables.MEASURED_COLUMNS)
    paths = [*snakemake.input.memory, snakemake.input.circuits]
    rows = tables.read_tables(paths, ("run_id", "network"), may_be_empty=True)
    networks = memory_tables.network_table(measured, rows)
    seen = set(tables.read_table(snakemake.input.digests, ("run_id", "weights_sha256"))["weights_sha256"])
    experiments = {this.settings["experiment"]: networks}
    for table, digests in zip(snakemake.input.get("others", []), snakemake.input.get("known", []), strict=True):
        known = tables.read_table(digests, ("run_id", "weights_sha256"))
        others = tables.read_table(table, ("run_id", "network"), may_be_empty=True).merge(known, on="run_id")
        experiments[Path(table).parts[-3]] = others[~others["weights_sha256"].isin(seen)]
        seen |= set(others["weights_sha256"])
    for table in snakemake.input.get("following", []):
        snapshots = tables.read_table(table, ("run_id", "step"))
        experiments[Path(table).stem] = memory_tables.unseen_snapshots(snapshots, seen)
    tables.write_csv(snakemake.output.memory, networks)
    tables.write_csv(snakemake.output.law, memory_tables.duration_law(experiments))
    tables.write_csv(snakemake.output.thresholds, memory_tables.threshold_pairs(experiments))
