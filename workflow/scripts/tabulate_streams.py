"""All networks' measurements in one table, and what they come to by task and size (rule tabulate_streams)."""

import pandas as pd

from emtvb import tables
from emtvb.experiments.streams import stream_tables as streams
from emtvb.making.jobs import job
from emtvb.theory.network_verdict import ACCURATE

with job(snakemake):
    runs = pd.read_csv(snakemake.input.runs)
    measured = tables.read_tables(snakemake.input.measurements, ("run_id",))
    rows = tables.combine(runs, measured)
    rows["solved"] = (rows["recall"] >= ACCURATE).astype(int)
    tables.write_csv(snakemake.output.measurements, rows)
    tables.write_csv(snakemake.output.streams, streams.by_size(rows))
    tables.write_csv(snakemake.output.lengths, streams.by_length(rows))
    for name, keys in (("rasters", ["step", "number"]), ("markers", ["after", "before"])):
        looks = tables.read_tables(snakemake.input[name], ("run_id", *keys))
        tables.write_csv(snakemake.output[name], streams.mean_look(looks, runs, keys))
