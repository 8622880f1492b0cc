"""How the networks learn: from a task's trials, by Adam; five of a cell and task one after the other."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from emtvb.errors import InputError
from emtvb.experiments.foreign.cells import network
from emtvb.experiments.foreign.tasks import TASKS, Drawn
from emtvb.files import write_tensors
from emtvb.training.checkpoint import Part
from emtvb.training.history import Row, is_kept


@dataclass(frozen=True)
class Order:
    """What to train.

    Attributes:
        name: What its networks are called.
        task: Their task, a name of ``tasks.TASKS``.
        cell: Their cell, a name of ``cells.CELLS``.
        units: Numbers of their states.
        seeds: Of initial weights and batches: one network each.
        trials: Trials of the task that they learn from.
        trials_seed: By which these were drawn.
        batch_size: Trials of a batch.
        steps: Batches.
        learning_rate: Of Adam at the first batch; it falls to 0 along half a cosine.
        gradient_clip: Largest norm of the gradient.
    """

    name: str
    task: str
    cell: str
    units: int
    seeds: Sequence[int]
    trials: int
    trials_seed: int
    batch_size: int
    steps: int
    learning_rate: float
    gradient_clip: float


def train(
    order: Order, drawn: Drawn, environment: Mapping[str, str] | None = None
) -> tuple[dict[int, nn.Module], dict[str, list[Row]], list[Part]]:
    """Train the networks. On one CPU their bits depend on the order and the trials alone.

    Args:
        order: What to train.
        drawn: Trials of the task, of which the first ``order.trials`` are learned from.
        environment: What is said of this machine.

    Returns:
        The network of each seed, its learning curve by name, and who trained them. Of a curve, accuracy is the share of
        a batch's steps with the right answer, and horizon the steps of a trial.
    """
    torch.set_num_threads(1)
    started = time.monotonic()
    networks, curves = {}, {}
    for seed in order.seeds:
        networks[seed], curves[f"{order.name}_seed{seed}"] = _trained(order, seed, drawn.select(slice(order.trials)))
    seconds = round(time.monotonic() - started, 2)
    return networks, curves, [{"engine": "torch", "accelerator": "cpu", **(environment or {}), "seconds": seconds}]


def _trained(order: Order, seed: int, drawn: Drawn) -> tuple[nn.Module, list[Row]]:
    task = TASKS[order.task]
    inputs, answers = torch.from_numpy(drawn.inputs), torch.from_numpy(drawn.answers)
    module = network(order.cell, inputs.shape[2], order.units, answers.shape[2], seed)
    generator = torch.Generator().manual_seed(seed)
    adam = torch.optim.Adam(module.parameters(), lr=order.learning_rate)
    rows = []
    for step in range(order.steps):
        chosen = torch.randint(inputs.shape[1], (order.batch_size,), generator=generator)
        outputs = module(inputs[:, chosen])
        loss = _loss(outputs, answers[:, chosen], task.classes)
        for group in adam.param_groups:
            group["lr"] = order.learning_rate * (1 + math.cos(math.pi * step / order.steps)) / 2
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(module.parameters(), order.gradient_clip)
        adam.step()
        if is_kept(step, order.steps):
            right = task.agrees(outputs.detach().numpy(), answers[:, chosen].numpy())
            rows.append(Row(step, loss.item(), float(right.mean()), len(inputs)))
    return module, rows


def _loss(outputs: Tensor, answers: Tensor, classes: bool) -> Tensor:
    """Cross-entropy of answers, as neurogym's examples train; of bits the squared error."""
    if classes:
        return functional.cross_entropy(outputs.flatten(0, 1), answers.flatten(0, 1))
    return functional.mse_loss(outputs, answers)


def save(path: Path | str, order: Order, networks: Mapping[int, nn.Module]) -> None:
    """Write the weights of an order's networks, whole or not at all."""
    arrays: dict[str, np.ndarray] = {
        f"seed{seed}/{key}": tensor.numpy()
        for seed, module in networks.items()
        for key, tensor in module.state_dict().items()
    }
    write_tensors(path, arrays, {"format": "emtvb-foreign-1", "name": order.name})


def load(path: Path | str, order: Order, inputs: int, outputs: int) -> dict[int, nn.Module]:
    """Read an order's networks back, by seed.

    Raises:
        InputError: Where the file is missing, damaged, or of other networks, or the cell's package is not installed.
    """
    if not os.path.isfile(path):
        raise InputError("weights file", str(path), "no such file; train the networks first")
    modules: dict[int, nn.Module] = {
        seed: network(order.cell, inputs, order.units, outputs, seed) for seed in order.seeds
    }
    try:
        arrays: dict[str, Any] = load_file(path)
        for seed, module in modules.items():
            start = f"seed{seed}/"
            module.load_state_dict({key[len(start) :]: a for key, a in arrays.items() if key.startswith(start)})
    except (SafetensorError, OSError, RuntimeError) as error:
        said = " ".join(str(error).split())[:100]
        raise InputError(
            "weights file", str(path), f"not of {order.name} ({said}); put it back, or train again"
        ) from None
    return modules
