"""What the library says of these networks: readings and edits of what each task stores, with all controls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from torch import nn

from emtvb.adapters.adapting import Adapted, Wrapped
from emtvb.adapters.das import DAS
from emtvb.adapters.record import record
from emtvb.core.editing.edit import edit
from emtvb.core.fitting import Fitted, fit
from emtvb.core.judging import judge
from emtvb.core.subspaces import Method
from emtvb.core.trials import Trials
from emtvb.experiments.foreign.cells import adapted, network
from emtvb.experiments.foreign.tasks import TASKS, Drawn, Task
from emtvb.experiments.foreign.training import Order

LEARNED = 0.95
"""A network has learned its task if it answers so much of what the best observer of the inputs answers right."""
_RATE = 0.05
"""Adam's in DAS: above its default, since it has fewer steps."""
_UNTRAINED = 10_000
"""Added to a network's seed for the one of its cell that is not trained."""


METHODS: Mapping[str, tuple[Method | None, tuple[bool, ...]]] = {
    "least squares": ("least squares", (False, True)),
    "class means": ("class means", (False,)),
    "DAS": (None, (True,)),
}
"""By the name that tables have for it: a method as ``emtvb.fit`` takes it (None for DAS), and how it edits: told the
value, or by exchange with what another trial's state has."""
SHARES = ("without_edit", "random_step", "other_variable", "untrained", "ceiling")
"""Shares of ``emtvb.edit`` beside those that are followed."""
FITS = ("one step", "all steps")
"""Where each is fitted: at the step of the edit, or at all steps at which the task stores the variable."""
COLUMNS = (
    "network", "task", "cell", "seed", "accuracy", "best", "learned", "variable", "method", "fitted",
    "read", "read_low", "read_high", "p", "readable", "untrained_read",
    "followed", "followed_low", "followed_high", *SHARES, "shows", "edits",
)  # fmt: skip
"""A row per network, variable, method and fit. ``accuracy``: share of judged trials that are answered right at each
step; ``best``: the same of an observer who knows the variables; ``read``: share of these trials in which the variable
is read right at the step of the edit, with its interval, p and whether that is readable (``emtvb.judge``);
``followed``: share of edits whose whole future is the expected one, with its interval, beside controls and ceiling
(``emtvb.edit``); ``untrained_read`` and ``untrained``: the same of an untrained network of the cell; ``shows``: whether
the edits show that a network that learned its task uses what was edited."""


def measure(
    order: Order, networks: Mapping[int, nn.Module], drawn: Drawn, judged: int, das_k: int, das_steps: int
) -> pd.DataFrame:
    """Read and edit what an order's networks store.

    Args:
        order: What they were trained by.
        networks: The trained networks, by seed.
        drawn: The task's trials.
        judged: How many are used of those that nothing was learned from: half to fit on, half to judge on.
        das_k: Directions of a variable that DAS learns.
        das_steps: Steps of its training.

    Returns:
        The columns are :data:`COLUMNS`.
    """
    some = drawn.select(slice(order.trials, order.trials + judged))
    rows: list[dict[str, Any]] = []
    for seed, module in networks.items():
        bare = network(order.cell, drawn.inputs.shape[2], order.units, drawn.answers.shape[2], seed + _UNTRAINED)
        rows += _measured(order, seed, module, bare, some, DAS(das_k, das_steps, _RATE))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _measured(
    order: Order, seed: int, module: nn.Module, bare: nn.Module, drawn: Drawn, das: DAS
) -> Iterator[dict[str, Any]]:
    task = TASKS[order.task]
    trials, untrained = (recorded(adapted(order.cell, one), task, drawn) for one in (module, bare))
    about = {
        "network": f"{order.name}_seed{seed}", "task": order.task, "cell": order.cell, "seed": seed,
        **standing(task, trials, drawn),
    }  # fmt: skip
    for variable, moment in task.edited.items():
        every = range(moment.times[0], moment.times[1] + 1)
        for name, (method, edits) in METHODS.items():
            for where, times in zip(FITS, ([moment.at], every), strict=True):
                chosen = replace(das, only=variable) if method is None else method
                fitted, control = (fit(some, times, method=chosen) for some in (trials, untrained))
                reading = _read(fitted, control, variable, moment.at)
                for exchanged in edits:
                    way = f"{name}, exchanged" if exchanged and method is not None else name
                    asked = {"variable": variable, "method": way, "fitted": where}
                    edited = _edited(task, fitted, control, variable, moment.at, exchanged)
                    shows = edited.pop("shows") and about["learned"]
                    yield {**about, **asked, **reading, **edited, "shows": shows}


def recorded(system: Adapted | Wrapped, task: Task, drawn: Drawn) -> Trials:
    """A network at work on trials, with the task's variables as labels; the first half of them is fitted on."""
    labels = {name: drawn.labels[..., i] for i, name in enumerate(task.variables)}
    half = np.arange(drawn.inputs.shape[1]) < drawn.inputs.shape[1] // 2
    return record(system, drawn.inputs, labels, kinds="binary", split=half)


def standing(task: Task, trials: Trials, drawn: Drawn) -> dict[str, Any]:
    """How many of the judged trials are answered right at each step, and could be; whether the task was learned."""
    drawn = drawn.select(slice(-trials.test.outputs.shape[1], None))
    accuracy = float(task.agrees(trials.test.outputs, drawn.answers).all(axis=0).mean())
    at = min(moment.at for moment in task.edited.values())
    known = task.future(drawn.labels[at].astype(float), drawn.inputs[at + 1 :])
    best = float(task.agrees(drawn.answers[at + 1 :], known).all(axis=0).mean())
    return {"accuracy": accuracy, "best": best, "learned": accuracy >= LEARNED * best}


def _read(fitted: Fitted, bare: Fitted, variable: str, at: int) -> dict[str, Any]:
    """How well a variable is read after a step, of a network and of an untrained one."""
    reading, untrained = (judge(some, [at])[variable] for some in (fitted, bare))
    return {
        "read": reading.score, "read_low": reading.low, "read_high": reading.high, "p": reading.p,
        "readable": reading.readable, "untrained_read": untrained.score,
    }  # fmt: skip


def _edited(task: Task, fitted: Fitted, bare: Fitted, variable: str, at: int, exchanged: bool) -> dict[str, Any]:
    """What comes of giving a binary variable its other value after a step; the untrained network is a control."""
    done, control = (
        edit(
            some, at, flip=variable, interchange=exchanged, expected=task.future, agrees=task.agrees, untrained=False
        )
        for some in (fitted, bare)
    )  # fmt: skip
    done = replace(done, untrained=control.followed & ~control.without_edit)
    low, high = done.interval()
    return {
        "followed": done.share(), "followed_low": low, "followed_high": high,
        **{name: done.share(name) for name in SHARES},
        "shows": done.controls_fail, "edits": int(done.counts.sum()),
    }  # fmt: skip
