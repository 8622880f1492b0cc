"""The networks that go on the page on which one edits streams, with their bases (rule choose_streams)."""

import pandas as pd

from emtvb.making.jobs import job
from emtvb.page import content
from emtvb.page.stream_networks import shown_stream
from emtvb.theory import networks
from emtvb.theory import stream_order as order

with job(snakemake) as this:
    shown = []
    parts = (snakemake.input.weights, snakemake.input.measurements, this.settings["shards"], this.settings["tasks"])
    for weights, measurements, entries, task in zip(*parts, strict=True):
        rows = pd.read_csv(measurements).set_index("run_id")
        best = rows["recall"].idxmax()
        run = next(run for run in map(order.stream_from_entry, entries) if run.run_id == best)
        network = networks.load_networks(weights, [best])[best]
        shown.append((rows.loc[best, "recall"], shown_stream(run, task, network, rows.loc[best].to_dict())))
    # The one that does best opens the page.
    content.write_networks(snakemake.output.networks, [one for _, one in sorted(shown, key=lambda pair: -pair[0])])
