"""Parts of W_hh removed from every network that solves its task (rule ablate_networks)."""

import logging
from pathlib import Path

from emtvb import networks, tables
from emtvb.interpret.ablations import ablate, solving, table
from emtvb.interpret.rows import runs_of
from emtvb.running.jobs import job

log = logging.getLogger("emtvb.others")

with job(snakemake) as this:
    modulus, horizon = (this.settings["interpretation"][name] for name in ("modulus", "horizon"))
    files = {Path(path).parent.name: path for path in snakemake.input.weights}
    measured = tables.read_table(snakemake.input.measurements, tables.MEASURED_COLUMNS).set_index("run_id")
    rows = []
    for shard, part in runs_of(snakemake.input.runs, this.settings).items():
        solved = list(solving(part, measured["test_accuracy"].to_dict()))
        if solved:
            trained = networks.load_networks(files[shard], [run.run_id for run in solved])
            rows += [ablate(run, trained[run.run_id], modulus, horizon) for run in solved]
            log.info("%s: parts of W_hh removed; %d networks so far", shard, len(rows))
    tables.write_csv(snakemake.output.ablations, table(rows))
