"""Train a network of another architecture (rule train_architecture)."""

import json
from pathlib import Path

from emtvb.architectures import runs, weights
from emtvb.jobs import job
from emtvb.training import architectures, history
from emtvb.training.progress import Progress

with job(snakemake) as settings:
    (run,) = runs.from_json(json.dumps(settings["runs"]))
    progress = Progress(1, run.protocol.steps)
    progress.start(run)
    network, rows = architectures.train(run, Path(snakemake.output.weights).with_name("runs"), progress.step)
    progress.finish(run, rows[-1])
    history.write(Path(snakemake.output.history), {run.run_id: rows})
    weights.save(snakemake.output.weights, run, network)
