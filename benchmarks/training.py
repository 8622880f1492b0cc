"""How long a training step takes: the reference trainer, each path of the engine, and the authors' code if it is given.

    python -m benchmarks.training [--authors FOLDER] [--rounds N]

All take turns in one process on one thread. A row says milliseconds per run and step (median over rounds), GF/s, and
how many times faster than the first row of its group (median of the ratios within a round).
"""

from __future__ import annotations

import contextlib
import io
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
import torch
from rich.console import Console
from rich.table import Table

from emtvb import tasks
from emtvb.networks import Network
from emtvb.runs import Protocol, Run
from emtvb.training import engine, history, reference
from emtvb.training.history import Row

Trainer = Callable[[Run, Path, Callable[[Row], None]], object]
SECONDS = 1.5
"""About how long one measurement of one contender lasts."""


@click.command(help=__doc__)
@click.option("--authors", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A clone of their code.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
def main(authors: Path | None, rounds: int) -> None:
    """Measure all and print the table."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    contenders: dict[str, Trainer] = {"authors": _authors(authors)} if authors else {}
    contenders["reference"] = reference.train
    for name in ("torch", "compiled"):
        contenders[name] = partial(engine.train, engine=engine.choose(name)[0])
    table = Table(title=f"SGEMM {sgemm():.0f} GF/s on one thread (torch, 1024 x 1024)")
    for column in ("hidden", "horizon", "trainer", "ms/step", "GF/s", "times faster"):
        table.add_column(column, justify="left" if column == "trainer" else "right")
    for hidden_dim in (32, 64, 128):
        for horizon in (10, 100):
            seconds = measure(contenders, hidden_dim, horizon, rounds)
            first = next(iter(seconds.values()))
            for name, times in seconds.items():
                typical = statistics.median(times)
                ratio = statistics.median(a / b for a, b in zip(first, times, strict=True))
                rate = operations(hidden_dim, horizon) / typical / 1e9
                row = f"{1e3 * typical:.2f}", f"{rate:.0f}", f"{ratio:.1f}"
                table.add_row(str(hidden_dim), str(horizon), name, *row)
            table.add_section()
            print(f"hidden {hidden_dim}, horizon {horizon}: done", file=sys.stderr, flush=True)
    Console(width=100).print(table)


def measure(contenders: dict[str, Trainer], hidden_dim: int, horizon: int, rounds: int) -> dict[str, list[float]]:
    """Seconds per step of each contender, a value per round; a round before them warms up and sets the steps."""
    steps = {name: _steps(seconds_per_step(train, hidden_dim, horizon, 100)) for name, train in contenders.items()}
    result: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, train in contenders.items():
            result[name].append(seconds_per_step(train, hidden_dim, horizon, steps[name]))
    return result


def seconds_per_step(train: Trainer, hidden_dim: int, horizon: int, steps: int) -> float:
    """Between the first and the last report of one training: without the start, whatever it is."""
    protocol = Protocol(epochs=1, batches_per_epoch=steps, curriculum=(horizon,))
    run = Run(tasks.named("T3"), hidden_dim, 0.001, 0.98, 1, protocol)
    seen: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        train(run, Path(folder), lambda row: seen.append((row.step, time.perf_counter())))
    (first, then), (last, now) = seen[0], seen[-1]
    return (now - then) / (last - first)


def _steps(seconds: float) -> int:
    """Steps that take about SECONDS, in units of the engine's reports."""
    return history.EVERY * max(2, round(SECONDS / seconds / history.EVERY))


def operations(hidden_dim: int, horizon: int, d: int = 8, s: int = 8, batch: int = 64) -> float:
    """Floating-point operations of one step of one run."""
    recurrent = 6 * (s + horizon) * hidden_dim**2
    return batch * (recurrent + 4 * s * hidden_dim * d + 6 * horizon * hidden_dim * d)


def sgemm(size: int = 1024) -> float:
    """GF/s of a large matrix product in torch, the best of twenty."""
    a, b, out = torch.rand(size, size), torch.rand(size, size), torch.empty(size, size)
    best = float("inf")
    for _ in range(20):
        start = time.perf_counter()
        torch.mm(a, b, out=out)
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best / 1e9


def _authors(clone: Path) -> Trainer:
    """Their task module under Lightning as their script runs it, with a report after each step."""
    sys.path.insert(0, str(clone))
    from em_discrete.models.rnn_model import RNNModel
    from em_discrete.tasks.binary_linearVB import BinaryLinearVBTask
    from pytorch_lightning import Trainer as Lightning
    from pytorch_lightning import seed_everything
    from pytorch_lightning.loggers import TensorBoardLogger

    def train(run: Run, folder: Path, report: Callable[[Row], None]) -> tuple[Network, list[Row]]:
        class Reporting(BinaryLinearVBTask):
            def training_step(self, batch: Any, index: int) -> Any:
                result = super().training_step(batch, index)
                report(Row(self.global_step, 0.0, 0.0, batch[0].shape[1] - run.task.s))
                return result

        seed_everything(run.seed)
        d, s = run.task.d, run.task.s
        module = Reporting(
            RNNModel(d, run.hidden_dim, d, bias=False), seed=run.seed, learning_rate=1e-3, batch_size=64, input_dim=d,
            seq_length=s, task_id=run.task.task_id, curriculum=True, curriculum_threshold=2.0, l2_penalty=run.l2,
        )  # fmt: skip
        module.curriculum_horizons = list(run.protocol.curriculum)
        module.train_dataset.set_horizon(run.protocol.curriculum[0])
        trainer = Lightning(
            logger=TensorBoardLogger(str(folder)), gradient_clip_val=1.0, max_epochs=10, deterministic=True,
            max_steps=run.protocol.steps, accelerator="cpu", num_sanity_val_steps=0, default_root_dir=str(folder),
        )  # fmt: skip
        with contextlib.redirect_stdout(io.StringIO()):  # their progress bar; the table is what this prints
            trainer.fit(module)
        weights = (module.model.rnn.weight_ih_l0, module.model.rnn.weight_hh_l0, module.model.readout.weight)
        return Network(*(weight.detach().numpy() for weight in weights)), []

    return train


if __name__ == "__main__":
    main()
