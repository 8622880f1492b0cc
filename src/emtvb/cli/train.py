"""``emtvb train``: train one network outside of the workflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from emtvb import config
from emtvb.cli.network.naming import task_of
from emtvb.cli.options import FOLDER, console, dimensions_option, variables_option, writing_into
from emtvb.errors import InputError
from emtvb.making import surroundings
from emtvb.theory import tasks


@click.command()
@click.option("--task", required=True, help="T1 to T4, repeat-copy, compose-copy, or an id written a-b-c.")
@click.option("--hidden", type=int, default=128, show_default=True, help="Neurons.")
@click.option("--l2", type=float, default=0.0, show_default=True, help="L2 penalty.")
@click.option("--threshold", type=float, default=0.98, show_default=True, help="Accuracy that moves the horizon up.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of initial weights and batches.")
@dimensions_option
@variables_option
@click.option("--trainer", default="auto", show_default=True, help="auto, compiled or reference.")
@click.option("--accelerator", default="cpu", show_default=True, help="What --trainer reference computes on.")
@click.option("--epochs", type=int, help="Epochs [default: the paper's 10].")
@click.option("--batches-per-epoch", type=int, help="Batches in an epoch [default: the paper's 2000].")
@click.option("--batch-size", type=int, help="Sequences in a batch [default: the paper's 64].")
@click.option("--curriculum", help="Horizons, such as 10,20,40 [default: the paper's 10,20,40,60,100].")
@click.option("--output", type=FOLDER, help="Its folder [default: under the results root].")
def train(
    task: str, hidden: int, l2: float, threshold: float, seed: int, d: int, s: int, curriculum: str | None,
    trainer: str, accelerator: str, output: Path | None, **protocol: int | None,
) -> None:  # fmt: skip
    """Train one network by the paper's protocol; the same command goes on where it was interrupted."""
    protocol_of: dict[str, Any] = {key: value for key, value in protocol.items() if value is not None}
    if curriculum is not None:
        protocol_of["curriculum"] = _parse_horizons(curriculum)
    chosen = task_of(task, d, s)
    settings = {
        "experiment": "one",  # until the run's id is known
        "dimensions": d,
        "variables": s,
        "tasks": [chosen.name if chosen.name in tasks.NAMED else {"name": chosen.name, "id": chosen.task_id}],
        "hidden_dim": [hidden],
        "l2": [l2],
        "threshold": [threshold],
        "seeds": [seed],
        "seeds_per_shard": 1,
        "trainer": trainer,
        "accelerator": accelerator,
        "training": protocol_of,
    }
    run_id = config.check_sweep(settings, "emtvb train").runs()[0].run_id
    experiment = config.check_sweep({**settings, "experiment": run_id}, "emtvb train")

    from emtvb.cli.network import training
    from emtvb.making.jobs import show_progress

    folder = output or surroundings.results_root() / run_id
    training.check_is_free(folder, run_id)
    training.check_trainer(trainer, accelerator)
    show_progress()
    with writing_into(folder):
        training.train_experiment(experiment, folder)
    console.print(f"{folder}: trained; `emtvb interpret {folder}` reads its variables")


def _parse_horizons(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError("--curriculum", text, "write horizons as 10,20,40") from None
