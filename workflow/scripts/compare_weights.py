"""How far apart the recurrent weights are of networks that differ in their seed alone (rule compare_weights)."""

from pathlib import Path

import pandas as pd

from emtvb import tables
from emtvb.experiments.sweep import degeneracy, pair_distances
from emtvb.experiments.sweep.run_table import runs_of
from emtvb.making.jobs import job
from emtvb.theory import networks
from emtvb.training import stream

with job(snakemake) as this:
    stream.check()
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    solved = pair_distances.solved(tables.combine(runs, pd.read_csv(snakemake.input.measurements)))
    pairs = pair_distances.pairs(solved).query("differs == 'seed'")[["run_1", "run_2"]]
    names = {*pairs["run_1"], *pairs["run_2"]}
    files = {Path(path).parent.name: path for path in snakemake.input.weights}
    trained, initial = {}, {}
    for shard, part in runs_of(snakemake.input.runs, this.settings).items():
        chosen = {run.run_id: run for run in part if run.run_id in names}
        for name, network in networks.load_networks(files[shard], list(chosen)).items():
            trained[name], initial[name] = network.W_hh, stream.begin(chosen[name])[1].W_hh
    found = degeneracy.weight_distances(pairs.itertuples(index=False), trained, initial)
    tables.write_csv(snakemake.output.distances, found)
