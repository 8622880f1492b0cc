"""All networks' measurements in one table, and what they come to by task and size (rule tabulate_streams)."""

import pandas as pd

from emtvb import tables
from emtvb.experiments.streams import tables as streams
from emtvb.making.jobs import job

with job(snakemake):
    runs = pd.read_csv(snakemake.input.runs)
    measured = pd.concat([pd.read_csv(path) for path in snakemake.input.measurements], ignore_index=True)
    rows = tables.combine(runs, measured)
    tables.write_csv(snakemake.output.measurements, rows)
    tables.write_csv(snakemake.output.streams, streams.by_size(rows))
    tables.write_csv(snakemake.output.lengths, streams.by_length(rows))
    for name, keys in (("rasters", ["step", "number"]), ("markers", ["after", "before"])):
        looks = pd.concat([pd.read_csv(path) for path in snakemake.input[name]], ignore_index=True)
        tables.write_csv(snakemake.output[name], streams.mean_look(looks, runs, keys))
