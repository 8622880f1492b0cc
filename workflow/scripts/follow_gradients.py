"""How far back gradients reach in every network, before training and after it (rule follow_gradients)."""

import logging
from pathlib import Path

from emtvb import tables
from emtvb.experiments.sweep.gradients import gradient_row, gradients_as_table
from emtvb.experiments.sweep.run_table import runs_of
from emtvb.making.jobs import job
from emtvb.theory import networks
from emtvb.training import stream

log = logging.getLogger("emtvb.others")

with job(snakemake) as this:
    stream.check_published_stream()
    horizon = this.settings["interpretation"]["horizon"]
    files = {Path(path).parent.name: path for path in snakemake.input.weights}
    rows, known = [], {}
    for shard, part in runs_of(snakemake.input.runs, this.settings).items():
        trained = networks.load_networks(files[shard], [run.run_id for run in part])
        for run in part:
            _, initial = stream.begin_stream(run)
            rows.append(gradient_row(run.run_id, initial, trained[run.run_id], run.task, horizon, known))
        log.info("%s: gradients followed; %d networks so far", shard, len(rows))
    tables.write_csv(snakemake.output.gradients, gradients_as_table(rows))
