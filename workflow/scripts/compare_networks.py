"""How far apart the networks are that solve their task (rule compare_networks)."""

import pkgutil
from pathlib import Path

import pandas as pd

from emtvb import tables
from emtvb.adapters.elman import Elman, jacobian_at_origin
from emtvb.experiments.sweep import pair_distances, populations
from emtvb.experiments.sweep.populations import Specimen
from emtvb.making.jobs import job
from emtvb.theory import architecture_runs, networks, tasks
from emtvb.training.architectures import saved_weights

with job(snakemake) as this:
    task = {entry["name"]: tasks.from_composition(**entry) for entry in this.settings["tasks"]}
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    solved = pair_distances.solved_networks(tables.combine(runs, pd.read_csv(snakemake.input.measurements)))
    files = {Path(path).parent.name: path for path in [*snakemake.input.weights, *snakemake.input.others]}
    specimens = {}
    for shard, part in solved.groupby("shard"):
        loaded = networks.load_networks(files[shard], list(part["run_id"]))
        for run_id, name in zip(part["run_id"], part["task"], strict=True):
            specimens[run_id] = Specimen(task[name], Elman(loaded[run_id]), jacobian_at_origin(loaded[run_id]))
    if snakemake.input.measured:
        kinds = {
            architecture_runs.from_entry(entry["run"]): entry["network"] for entry in this.settings["architectures"]
        }
        by_id = {run.run_id: run for run in kinds}
        rows = pd.DataFrame(
            [
                {**{name: getattr(run, name) for name in pair_distances.ABOUT}, "task": run.task.name}
                for run in by_id.values()
            ]
        )
        measured = tables.read_tables(snakemake.input.measured, ("run_id", "verdict"))
        more = pair_distances.solved_networks(rows.merge(measured[["run_id", "verdict"]], on="run_id"))
        for run_id in more["run_id"]:
            run = by_id[run_id]
            network = saved_weights.load_trained(files[run_id], run, pkgutil.resolve_name(kinds[run]))
            specimens[run_id] = Specimen(run.task, network, network.linearise())
        solved = pd.concat([solved, more], ignore_index=True)
    pairs, controlled = pair_distances.pairs_to_compare(solved), pair_distances.first_of_cells(solved)["run_id"]
    compared = populations.compare_specimens(
        specimens, pairs.itertuples(index=False), controlled, this.settings["modulus"]
    )
    table = pd.DataFrame(compared, columns=pair_distances.COLUMNS).round(6)
    tables.write_csv(snakemake.output.comparison, table)
