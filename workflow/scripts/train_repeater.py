"""Train a network that repeats sequences (rule train_repeater)."""

import hashlib
from pathlib import Path

from emtvb.experiments.onions import network, training
from emtvb.making import provenance, trainings
from emtvb.making.jobs import job
from emtvb.training import history

with job(snakemake) as this:
    order = training.Order(**this.settings["order"])
    weights = Path(snakemake.output.weights)
    state = weights.with_name("runs") / trainings.state_version(this.settings)
    trained, rows, parts = training.train(order, state, provenance.environment())
    history.write(Path(snakemake.output.history), {order.name: rows})
    network.save(weights, order.name, trained)
    this.runs = {order.name: {"weights": hashlib.sha256(weights.read_bytes()).hexdigest(), "trained": parts}}
