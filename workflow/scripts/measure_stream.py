"""What the networks of a shard store of their stream (rule measure_stream)."""

import logging

import pandas as pd

from emtvb import tables
from emtvb.experiments.streams import stream_measurement
from emtvb.making.jobs import job
from emtvb.theory import networks
from emtvb.theory import stream_order as order
from emtvb.training import episodes

log = logging.getLogger(__name__)

with job(snakemake) as this:
    runs = [order.stream_from_entry(entry) for entry in this.settings["runs"]]
    trained = networks.load_networks(snakemake.input.weights, [run.run_id for run in runs])
    rows, rasters, markers = [], [], []
    for number, run in enumerate(runs, start=1):
        log.info("%s: measuring (%d of %d)", run.run_id, number, len(runs))
        network, untrained = trained[run.run_id], episodes.begin_batches(run)[1]
        rows.append(stream_measurement.stream_row(run, network, untrained))
        rasters += stream_measurement.raster_rows(run, network, untrained)
        markers += stream_measurement.marker_maps(run, network, untrained)
    tables.write_csv(snakemake.output.measurements, pd.DataFrame(rows))
    tables.write_csv(snakemake.output.rasters, pd.DataFrame(rasters))
    tables.write_csv(snakemake.output.markers, pd.DataFrame(markers))
