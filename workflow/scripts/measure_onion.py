"""What is linear in a network that repeats sequences, and what is not (rule measure_onion)."""

import torch

from emtvb import tables
from emtvb.experiments.onions import measuring, network, training
from emtvb.making.jobs import job

with job(snakemake) as this:
    torch.set_num_threads(1)
    order = training.Order(**this.settings["order"])
    trained = network.load(snakemake.input.weights, order.symbols, order.units)
    trials, judged, edits = (this.settings[name] for name in ("trials", "judged", "edits"))
    tables.write_csv(snakemake.output.rows, measuring.measure(trained, order, trials, judged, edits))
