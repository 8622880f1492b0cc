"""The networks that go on the page on which one edits them, with their bases (rule choose_networks)."""

from emtvb import tables
from emtvb.making.jobs import job
from emtvb.page import content, selection
from emtvb.page.networks import shown_run
from emtvb.theory import networks

with job(snakemake) as this:
    shards = selection.runs_of(this.settings)
    files = dict(zip(shards, snakemake.input.weights, strict=True))
    shard_of = {run.run_id: shard for shard, runs in shards.items() for run in runs}
    rows = tables.read_tables(snakemake.input.measurements, tables.MEASURED_COLUMNS).set_index("run_id")
    measured = rows.to_dict("index")
    runs = [run for part in shards.values() for run in part]
    shown = []
    for run in selection.chosen_runs(runs, measured, this.settings["exemplars"]):
        network = networks.load_networks(files[shard_of[run.run_id]], [run.run_id])[run.run_id]
        shown.append(shown_run(run, network, measured[run.run_id]))
    content.write_networks(snakemake.output.networks, shown)
