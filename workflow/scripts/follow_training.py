"""Train some runs of a shard once more, and keep their weights after several steps (rule follow_training)."""

import logging

import pandas as pd

from emtvb import tables
from emtvb.experiments.sweep.followed_networks import STEPS, name_of, snapshot_row
from emtvb.making.jobs import job
from emtvb.theory.networks import save_networks
from emtvb.theory.orders import run_from_entry
from emtvb.training import stream
from emtvb.training.weight_snapshots import follow_training

log = logging.getLogger("emtvb.following")

with job(snakemake) as this:
    stream.check_published_stream()
    rows, networks = [], {}
    for run in [run_from_entry(entry) for entry in this.settings["runs"]]:
        snapshots = list(follow_training(run))
        networks |= {name_of(run.run_id, seen.step): seen.network for seen in snapshots}
        rows += [snapshot_row(run.run_id, *seen) for seen in snapshots]
        log.info("%s: followed to step %s", run.run_id, f"{snapshots[-1].step:,}")
    save_networks(snakemake.output.snapshots, networks)
    tables.write_csv(snakemake.output.steps, pd.DataFrame(rows, columns=STEPS))
