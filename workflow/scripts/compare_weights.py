"""How far apart the recurrent weights are of networks that differ in their seed alone (rule compare_weights)."""

from pathlib import Path

import pandas as pd

from emtvb import tables
from emtvb.experiments.sweep import degeneracy, pair_distances
from emtvb.making.jobs import job
from emtvb.theory import networks

with job(snakemake):
    runs = tables.read_table(snakemake.input.runs, tables.RUN_COLUMNS)
    solved = pair_distances.solved_networks(tables.combine(runs, pd.read_csv(snakemake.input.measurements)))
    pairs = pair_distances.pairs_to_compare(solved).query("differs == 'seed'")[["run_1", "run_2"]]
    files = {Path(path).parent.name: path for path in snakemake.input.weights}
    loaded = {}
    for shard, part in solved.groupby("shard"):
        loaded |= networks.load_networks(files[shard], list(part["run_id"]))
    found = degeneracy.weight_distances(pairs.itertuples(index=False), loaded)
    tables.write_csv(snakemake.output.distances, found)
