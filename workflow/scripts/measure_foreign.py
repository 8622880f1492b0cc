"""What networks store that learned a task of another package (rule measure_foreign)."""

import torch

from emtvb import tables
from emtvb.experiments.foreign import measuring, tasks, training
from emtvb.making.jobs import job

with job(snakemake) as this:
    torch.set_num_threads(1)
    order, drawn = training.Order(**this.settings["order"]), tasks.load(snakemake.input.trials)
    networks = training.load(snakemake.input.weights, order, drawn.inputs.shape[2], drawn.answers.shape[2])
    judged, das_k, das_steps = (this.settings[name] for name in ("judged", "das_k", "das_steps"))
    rows = measuring.measure(order, networks, drawn, judged, das_k, das_steps)
    tables.write_csv(snakemake.output.rows, rows)
