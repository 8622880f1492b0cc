"""How long ``record``, ``fit``, ``judge`` and ``edit`` take beside what plain torch takes for what they rest on.

    python -m benchmarks.library [--units 512 --trials 2000 --steps 100]

A network of tanh units keeps two bits beside noise. All of it runs in one process on the same states: torch runs the
network once (beside ``record``), and fits the states of the same trials with ``torch.linalg.lstsq`` (beside ``fit``).
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import click
import numpy as np
import torch
from torch import nn

import emtvb
from emtvb import markdown


def network(units: int) -> tuple[nn.RNN, nn.Linear]:
    """Random weights that leave states well conditioned, and two directions that keep a bit each."""
    rnn, readout = nn.RNN(3, units), nn.Linear(units, 2, bias=False)
    with torch.no_grad():
        axes = torch.linalg.qr(torch.randn(units, 2))[0]
        over = 1.2 * torch.randn(units, units) / units**0.5
        rnn.weight_hh_l0[:] = over - over @ axes @ axes.T + 1.6 * axes @ axes.T
        rnn.weight_ih_l0[:] = torch.cat([3 * axes, 0.3 * torch.randn(units, 1)], dim=1)
        readout.weight[:] = axes.T
    return rnn, readout


def shortest(call: Callable[[], object], repeats: int) -> float:
    """Seconds, the least of some calls."""
    every = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        every.append(time.perf_counter() - start)
    return min(every)


@click.command(help=__doc__)
@click.option("--units", default=512, show_default=True)
@click.option("--trials", "count", default=2000, show_default=True, help="Half of them are fitted on.")
@click.option("--steps", default=100, show_default=True)
@click.option("--repeats", default=3, show_default=True, help="The shortest of so many calls counts.")
def main(units: int, count: int, steps: int, repeats: int) -> None:
    """Print a table of seconds."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    rnn, readout = network(units)
    x = np.zeros((steps, count, 3), dtype=np.float32)
    x[0, :, :2] = rng.choice([-1, 1], size=(count, 2))
    x[..., 2] = rng.normal(size=(steps, count))
    labels = {"a": x[0, :, 0], "b": x[0, :, 1]}

    def whole(u: torch.Tensor) -> torch.Tensor:
        """The network on whole sequences."""
        outputs: torch.Tensor = readout(rnn(u)[0])
        return outputs

    warnings.simplefilter("ignore")
    trials = emtvb.record(emtvb.adapt(rnn, readout, whole=whole), x, labels)
    fitted = emtvb.fit(trials)
    states, numbers = (torch.tensor(part) for part in trials.samples(list(trials.fit_times)))
    predictors = torch.cat([states, torch.ones(len(states), 1, dtype=states.dtype)], dim=1)

    def run() -> object:
        """The states and outputs of all trials."""
        with torch.no_grad():
            return whole(torch.tensor(x))

    solution = torch.linalg.lstsq(predictors, numbers).solution[:-1].T.numpy()
    apart = float(np.abs(solution - fitted.decoder).max() / np.abs(solution).max())
    calls = {
        "torch: the network alone": run,
        "record": lambda: emtvb.record(emtvb.adapt(rnn, readout, whole=whole), x, labels),
        "torch: lstsq": lambda: torch.linalg.lstsq(predictors, numbers),
        "torch: lstsq, single precision": lambda: torch.linalg.lstsq(predictors.float(), numbers.float()),
        "fit": lambda: emtvb.fit(trials),
        "judge": lambda: emtvb.judge(fitted),
        "edit": lambda: emtvb.edit(fitted, steps // 2, flip="a", untrained=False),
    }
    rows = [(name, f"{shortest(call, repeats):.2f}") for name, call in calls.items()]
    click.echo(f"{units} units, {count} trials, {steps} steps; decoders differ by {apart:.1g} of the largest number")
    click.echo(markdown.table(["", "seconds"], rows, "lr"))


if __name__ == "__main__":
    main()
