"""One network trained by the paper's protocol, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

from emtvb import config
from emtvb.config import sweep
from emtvb.errors import InputError
from emtvb.files import write_text
from emtvb.making import provenance, trainings
from emtvb.training import promises
from emtvb.training.shard import Outputs, train_shard


def check_is_free(folder: Path, run_id: str) -> None:
    """Raise InputError if the folder holds anything but this run."""
    if (folder / "runs.csv").is_file():
        rows = sweep.read_rows(folder / "runs.csv")
        if [row["run_id"] for row in rows] != [run_id]:
            held = rows[0]["run_id"] if len(rows) == 1 else f"{len(rows)} runs"
            raise InputError("--output", str(folder), f"holds {held}; choose another folder")
    elif (folder / "settings.json").is_file():  # whose run table was deleted
        if [run.run_id for run in config.load_sweep(folder / "settings.json").runs()] != [run_id]:
            raise InputError("--output", str(folder), "holds another experiment; choose another folder")
    elif folder.is_dir() and any(folder.iterdir()):
        raise InputError("--output", str(folder), "holds files that are no run's; choose a new folder, or an empty one")


def check_trainer(name: str, accelerator: str) -> None:
    """Raise InputError if this machine has no such trainer."""
    if name == "compiled":
        from emtvb.training import engine

        engine.check_engine()
    elif name == "reference":
        from emtvb.training import general

        general.check_accelerator(accelerator)


def train_experiment(experiment: config.Sweep, folder: Path) -> None:
    """Train the runs of an experiment that is one shard, from where they stand."""
    ((shard, runs),) = experiment.shards().items()
    # as the workflow has it (``workflow/rules/runs.smk``): what is half trained is filed under these
    proof = promises.promised_proof(max(run.l2 for run in runs)) if experiment.trainer in promises.TRAINERS else None
    sweep.write_run_table(folder / "runs.csv", {shard: runs})
    write_text(folder / "settings.json", config.dump_settings(experiment))
    settings = {"proof": proof, "accelerator": experiment.accelerator, "revision": promises.REVISIONS.get("elman")}
    train_shard(
        runs, Outputs.of(folder, shard), trainings.state_version(settings),
        experiment.trainer, provenance.environment(), experiment.accelerator,
    )  # fmt: skip
