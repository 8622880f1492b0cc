"""How long a training step takes: the general trainer, the compiled engine, and the authors' code if it is given.

    python -m benchmarks.training [--authors FOLDER] [--rounds N]

All take turns in one process on one thread. A row says milliseconds per run and step (median over rounds), GF/s, and
how many times faster than the first row of its group (median of the ratios within a round).

The next group is streams on the compiled engine, beside the paper's task at its full horizon, in seconds of CPU: their
share of its GF/s is what schedules that differ from batch to batch, and drawing them, leave of it.

The last but one is the compiled engine alone, with strong L2 penalties after the networks have vanished: the numbers
below 1.2e-38 that come up there must cost nothing.
"""

from __future__ import annotations

import contextlib
import io
import pkgutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import torch
from rich.console import Console
from rich.table import Table

from emtvb import config
from emtvb.config.architectures import ARCHITECTURES, network_class
from emtvb.experiments.streams.runs import StreamRun
from emtvb.theory import tasks
from emtvb.theory.networks import Network
from emtvb.theory.runs import Protocol, Run
from emtvb.theory.schedule import Episodes
from emtvb.training import engine, episodes, general, history
from emtvb.training.history import Row

Trainer = Callable[[Run, Path, Callable[[Row], None]], object]
SECONDS = 1.5
"""About how long one measurement of one contender lasts."""
VANISHED = 1000
"""Steps after which a network with a strong L2 penalty has vanished."""
EPISODES = Episodes()
"""The authors' streams."""
CONFIG = Path(__file__).parents[1] / "config" / "architectures.yaml"


@click.command(help=__doc__)
@click.option("--authors", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A clone of their code.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
def main(authors: Path | None, rounds: int) -> None:
    """Measure all and print the table."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    contenders: dict[str, Trainer] = {"authors": _authors(authors)} if authors else {}
    contenders |= {"general": general.train, "compiled": engine.train}
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
    streams = Table(title="Streams of T1 on the compiled engine, beside T3 at horizon 100")
    for column in ("hidden", "ms of CPU/step", "GF/s", "share of T3's GF/s"):
        streams.add_column(column, justify="right")
    for hidden_dim in (32, 64, 128):
        pairs = [measure_stream(hidden_dim) for _ in range(rounds)]
        rates = [(stream_operations(hidden_dim) / a, operations(hidden_dim, 100) / b) for a, b in pairs]
        share = statistics.median(a / b for a, b in rates)
        typical, rate = statistics.median(a for a, _ in pairs), statistics.median(a for a, _ in rates)
        streams.add_row(str(hidden_dim), f"{1e3 * typical:.2f}", f"{rate / 1e9:.0f}", f"{share:.2f}")
    Console(width=100).print(streams)
    vanishing = Table(title=f"The compiled engine, by L2 penalty, after {VANISHED:,} steps at horizon 10")
    for column in ("hidden", "L2", "ms of CPU/step", "times slower than with L2 0"):
        vanishing.add_column(column, justify="right")
    for hidden_dim in (32, 64, 128):
        times = measure_vanishing(hidden_dim, rounds)
        for l2, seconds in times.items():
            ratio = statistics.median(a / b for a, b in zip(seconds, times[0.0], strict=True))
            vanishing.add_row(str(hidden_dim), f"{l2:g}", f"{1e3 * statistics.median(seconds):.2f}", f"{ratio:.2f}")
        vanishing.add_section()
    Console(width=100).print(vanishing)
    others = Table(title="Other architectures on the general trainer, at the sizes of config/architectures.yaml")
    for column in ("architecture", "size", "horizon", "ms/step"):
        others.add_column(column, justify="left" if column == "architecture" else "right")
    for name, size in config.load_sweep(CONFIG).architectures:
        for horizon in (10, 100):
            (times,) = measure({name: _architecture(name)}, size, horizon, rounds).values()
            others.add_row(name, str(size), str(horizon), f"{1e3 * statistics.median(times):.2f}")
    Console(width=100).print(others)


def measure_vanishing(hidden_dim: int, rounds: int) -> dict[float, list[float]]:
    """Seconds of CPU per step of the compiled engine at horizon 10, by L2 penalty, a value per round."""
    result: dict[float, list[float]] = {0.0: [], 0.1: [], 10.0: []}
    for _ in range(rounds):
        for l2, seconds in result.items():
            seconds.append(
                seconds_per_step(
                    engine.train, hidden_dim, 10, 2 * VANISHED, l2=l2, after=VANISHED, clock=time.process_time
                )
            )
    return result


def measure_stream(hidden_dim: int) -> tuple[float, float]:
    """Seconds of CPU per step of a stream, and of T3 at horizon 100."""
    run = StreamRun(tasks.named("T1", 8, EPISODES.lengths[1]), EPISODES, hidden_dim, 0.0, 1)
    training = engine.begin(run, engine.compiled_kernel())
    training.advance()
    first, start = training.steps_done, time.process_time()
    while training.steps_done < first + 4 * history.EVERY:
        training.advance()
    stream = (time.process_time() - start) / (training.steps_done - first)
    return stream, seconds_per_step(engine.train, hidden_dim, 100, 5 * history.EVERY, clock=time.process_time)


def stream_operations(hidden_dim: int, d: int = 8, batch: int = 64) -> float:
    """Floating-point operations of one step of one run on a stream, on the mean over the first batches."""
    batches, _ = episodes.begin_batches(StreamRun(tasks.named("T1", d, EPISODES.lengths[1]), EPISODES, 1, 0.0, 1))
    plans = [batches.next()[0] for _ in range(50)]
    shown, asked = (statistics.mean(int(part.sum()) for part in parts) for parts in (
        [plan.shows != 0 for plan in plans], [plan.scored for plan in plans]))  # fmt: skip
    return batch * (6 * len(plans[0]) * hidden_dim**2 + 4 * shown * hidden_dim * d + 6 * asked * hidden_dim * d)


def _architecture(name: str) -> Trainer:
    """What trains this architecture, for a run of the paper's."""
    network, kind = network_class(name), pkgutil.resolve_name(ARCHITECTURES[name].module)
    return lambda run, folder, report: general.train_architecture(run, network, kind, folder, report)


def measure(contenders: dict[str, Trainer], hidden_dim: int, horizon: int, rounds: int) -> dict[str, list[float]]:
    """Seconds per step of each contender, a value per round; a round before them warms up and sets the steps."""
    steps = {name: _steps(seconds_per_step(train, hidden_dim, horizon, 100)) for name, train in contenders.items()}
    result: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, train in contenders.items():
            result[name].append(seconds_per_step(train, hidden_dim, horizon, steps[name]))
    return result


def seconds_per_step(
    train: Trainer,
    hidden_dim: int,
    horizon: int,
    steps: int,
    *,
    l2: float = 0.001,
    after: int = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Between the first report from step `after` on and the last: without the start of the training, whatever it is."""
    protocol = Protocol(epochs=1, batches_per_epoch=steps, curriculum=(horizon,))
    run = Run(tasks.named("T3"), hidden_dim, l2, 0.98, 1, protocol)
    seen: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        train(run, Path(folder), lambda row: seen.append((row.step, clock())))
    (first, then), *_, (last, now) = [(step, moment) for step, moment in seen if step >= after]
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
