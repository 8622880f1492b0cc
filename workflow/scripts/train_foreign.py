"""Train networks of a cell on a task of another package, one for each seed (rule train_foreign)."""

import hashlib
from pathlib import Path

from emtvb.experiments.foreign import tasks, training
from emtvb.making import provenance
from emtvb.making.jobs import job
from emtvb.training import history

with job(snakemake) as this:
    order = training.Order(**this.settings["order"])
    weights = Path(snakemake.output.weights)
    networks, curves, parts = training.train(order, tasks.load(snakemake.input.trials), provenance.environment())
    history.write(Path(snakemake.output.history), curves)
    training.save(weights, order, networks)
    this.runs = {order.name: {"weights": hashlib.sha256(weights.read_bytes()).hexdigest(), "trained": parts}}
