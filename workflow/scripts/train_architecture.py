"""Train a network of another architecture (rule train_architecture)."""

import pkgutil
from pathlib import Path

from emtvb.making import provenance, trainings
from emtvb.making.jobs import job
from emtvb.theory import protocol
from emtvb.training import general, history
from emtvb.training.architectures import saved_weights
from emtvb.training.progress import Progress

with job(snakemake) as this:
    run = protocol.order_from_entry(this.settings["run"])
    network, kind = (pkgutil.resolve_name(this.settings[name]) for name in ("network", "module"))
    progress = Progress(1, run.protocol.steps)
    progress.start(run)
    state = Path(snakemake.output.weights).with_name("runs") / trainings.state_version(this.settings)
    trained, rows, parts = general.train_architecture(
        run, network, kind, state, progress.step, provenance.environment(), this.settings["accelerator"]
    )
    progress.finish(run, rows[-1])
    history.write_history(Path(snakemake.output.history), {run.run_id: rows})
    saved_weights.save_trained(snakemake.output.weights, run.run_id, trained)
    this.runs = {run.run_id: {"weights": saved_weights.digest_of_arrays(trained), "trained": parts}}
