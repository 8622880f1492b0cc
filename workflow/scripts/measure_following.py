"""Measure the snapshots of a shard's runs (rule measure_following)."""

from emtvb import tables
from emtvb.experiments.sweep import followed_networks
from emtvb.making.jobs import job
from emtvb.theory import networks
from emtvb.theory.network_measurement import MeasureSettings
from emtvb.theory.runs import from_entry

with job(snakemake) as this:
    settings = MeasureSettings(**this.settings["interpretation"])
    runs = {run.run_id: run for run in map(from_entry, this.settings["runs"])}
    published = tables.read_table(snakemake.input.digests, ("run_id", "weights_sha256")).set_index("run_id")
    rows = tables.read_table(snakemake.input.steps, followed_networks.STEPS).to_dict("records")
    names = [followed_networks.name_of(row["run_id"], row["step"]) for row in rows]
    snapshots = networks.load_networks(snakemake.input.snapshots, names)
    for row, name in zip(rows, names, strict=True):
        run = runs[row["run_id"]]
        row |= followed_networks.measure_snapshot(
            run, snapshots[name], published["weights_sha256"][run.run_id], settings
        )
    tables.write_csv(snakemake.output.following, followed_networks.snapshots_as_table(rows))
