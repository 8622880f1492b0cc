"""Train a network of another architecture (rule train_architecture)."""

from pathlib import Path

from emtvb import protocol
from emtvb.architectures import weights
from emtvb.running import provenance, recipes
from emtvb.running.jobs import job
from emtvb.training import architectures, history
from emtvb.training.progress import Progress

with job(snakemake) as this:
    run = protocol.order(this.settings["run"])
    progress = Progress(1, run.protocol.steps)
    progress.start(run)
    state = Path(snakemake.output.weights).with_name("runs") / recipes.training_version(this.recipe)
    network, rows, parts = architectures.train(
        run, this.settings["architecture"], state, progress.step, provenance.environment()
    )
    progress.finish(run, rows[-1])
    history.write(Path(snakemake.output.history), {run.run_id: rows})
    weights.save(snakemake.output.weights, run.run_id, network)
    this.runs = {run.run_id: {"weights": weights.digest(network), "trained": parts}}
