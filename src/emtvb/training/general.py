"""The general trainer: any architecture by the published protocol, with torch's autograd under Lightning Fabric.

Fabric is the part of PyTorch Lightning that leaves the loop to its caller: so a batch here is the authors' batch, a
checkpoint is the one that all trainings have, and the network computes on whatever accelerator Lightning has. The
random stream is drawn on the CPU.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from jaxtyping import Float
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import LightningEnvironment
from torch import Tensor, nn

from emtvb.errors import InputError
from emtvb.theory.protocol import Setup
from emtvb.training import loop, stream
from emtvb.training.architectures.recurrent import Recurrent
from emtvb.training.checkpoint import Part
from emtvb.training.curriculum import Curriculum
from emtvb.training.history import Row, is_kept
from emtvb.training.loop import Report
from emtvb.weights import Network

MOMENTS = ("exp_avg", "exp_avg_sq")
"""What Adam keeps of a parameter's gradients, as torch calls it."""

Trained = TypeVar("Trained")


def check_accelerator(accelerator: str) -> None:
    """Raise InputError where this machine has no such accelerator."""
    _fabric(accelerator)


def train(
    run: Setup,
    folder: Path,
    report: Report | None = None,
    environment: Mapping[str, str] | None = None,
    accelerator: str = "cpu",
) -> tuple[Network, list[Row], list[Part]]:
    """Train the paper's network: the reference that the compiled engine is held to.

    Args:
        run: What to train.
        folder: Where its checkpoint and TensorBoard events are kept; a run goes on from its last checkpoint.
        report: Called after every batch.
        environment: What is said of this machine.
        accelerator: What computes, as Lightning calls it.

    Returns:
        The trained network, its learning curve, and who trained it. On one CPU their bits depend on ``run`` alone.

    Raises:
        InputError: Where this machine has no such accelerator.
    """
    generator, weights = stream.begin_stream(run)
    module = Recurrent(nn.RNN, run.task.d, run.hidden_dim)
    with torch.no_grad():
        for parameter, array in zip(module.parameters(), weights.arrays().values(), strict=True):
            parameter.copy_(torch.from_numpy(array))
    return _train(_Training(run, module, generator, accelerator), Network, folder, report, environment)


def train_architecture(
    run: Setup,
    network: type[Trained],
    kind: type[nn.Module],
    folder: Path,
    report: Report | None = None,
    environment: Mapping[str, str] | None = None,
    accelerator: str = "cpu",
) -> tuple[Trained, list[Row], list[Part]]:
    """Train another architecture, as :func:`train` does; ``hidden_dim`` is its size.

    Args:
        run: What to train.
        network: The class of what comes out, built from the parameters' arrays in their order.
        kind: What torch trains, as an entry of ``config.architectures.ARCHITECTURES`` says: inputs to outputs, (time,
            batch, d) each.
        folder: Likewise.
        report: Likewise.
        environment: Likewise.
        accelerator: Likewise.

    Raises:
        InputError: Where this machine has no such accelerator.
    """
    module = build_module(kind, run.task.d, run.hidden_dim)
    generator = torch.Generator().manual_seed(run.seed)
    module.draw(generator)
    return _train(_Training(run, module, generator, accelerator), network, folder, report, environment)


def build_module(kind: type[nn.Module], d: int, size: int) -> Any:
    """The module of a kind, with weights that are yet to be drawn."""
    return Recurrent(kind, d, size) if issubclass(kind, nn.RNNBase) else kind(d, size)


def _train(
    training: _Training,
    network: type[Trained],
    folder: Path,
    report: Report | None,
    environment: Mapping[str, str] | None,
) -> tuple[Trained, list[Row], list[Part]]:
    torch.set_num_threads(1)
    stream.check_published_stream()
    run = training.run
    who = {"engine": "general", "accelerator": training.accelerator, **(environment or {})}
    parts = loop.train_to_end(training, run.run_id, run.protocol.steps, folder, f"{run.run_id} general", who, report)
    return network(*training.weights()), training.kept, parts


class _Training:
    """All that a run's training has at one moment."""

    def __init__(self, run: Setup, module: nn.Module, generator: torch.Generator, accelerator: str) -> None:
        self.run, self._generator = run, generator
        self._curriculum = Curriculum(run.protocol.curriculum, run.threshold)
        self._fabric = _fabric(accelerator)
        self._adam = torch.optim.Adam(module.parameters(), lr=run.protocol.learning_rate, weight_decay=run.l2)
        self._module, self._optimizer = self._fabric.setup(module, self._adam)
        self._parameters = [*module.parameters()]
        for parameter in self._parameters:  # as Adam itself would at its first step
            moments = {name: torch.zeros_like(parameter) for name in MOMENTS}
            self._adam.state[parameter] = {"step": torch.zeros(()), **moments}
        source, sign = run.task.unroll(max(run.protocol.curriculum))
        self._source, self._sign = torch.from_numpy(source), torch.from_numpy(sign).float()
        self.steps_done = 0
        self.kept: list[Row] = []

    @property
    def accelerator(self) -> str:
        """What computes: ``cpu``, or the name of the device."""
        device = self._fabric.device
        return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type

    def weights(self) -> Sequence[np.ndarray]:
        """The parameters as arrays of their own."""
        return [parameter.detach().cpu().numpy().copy() for parameter in self._parameters]

    def advance(self) -> Row:
        """Mean squared error over the output phase, one step of Adam; the curriculum moves by the batch's accuracy."""
        inputs, targets = (tensor.to(self._fabric.device) for tensor in self._draw())
        outputs = self._module(inputs)[self.run.task.s :]
        loss = ((outputs - targets) ** 2).mean()
        self._optimizer.zero_grad()
        self._fabric.backward(loss)
        if (clip := self.run.protocol.gradient_clip) is not None:
            nn.utils.clip_grad_norm_(self._parameters, clip)
        self._optimizer.step()
        right = (outputs.detach() >= 0) == (targets > 0)
        row = Row(self.steps_done, loss.item(), right.sum().item() / right.numel(), len(targets))
        self._curriculum.update(row.accuracy)
        self.steps_done += 1
        if is_kept(row.step, self.run.protocol.steps):
            self.kept.append(row)
        return row

    def _draw(self) -> tuple[Float[Tensor, "time batch d"], Float[Tensor, "horizon batch d"]]:
        """The next batch of the published stream, with its targets, at the horizon that its place has."""
        task, protocol = self.run.task, self.run.protocol
        in_epoch = self.steps_done % protocol.batches_per_epoch
        if in_epoch == 0:
            stream.draw_epoch_start(self._generator)
        inputs = stream.draw_inputs(self._generator, task, protocol.batch_size)
        horizon = self._curriculum.horizon(in_epoch)
        stacked = inputs.transpose(0, 1).flatten(1)
        targets = stacked[:, self._source[:horizon]] * self._sign[:horizon]
        silence = inputs.new_zeros(horizon, *inputs.shape[1:])
        return torch.cat([inputs, silence]), targets.transpose(0, 1)

    def arrays(self) -> dict[str, np.ndarray]:
        """The state by name."""
        return {
            **{name: tensor.cpu().numpy() for name, tensor in self._tensors().items()},
            "generator": self._generator.get_state().numpy(),
            "level": np.array([self._curriculum.level, self._curriculum.before]),
        }

    def take(self, arrays: Mapping[str, np.ndarray], steps_done: int, kept: list[Row]) -> None:
        """Go on from this state."""
        for name, tensor in self._tensors().items():
            tensor.copy_(torch.from_numpy(arrays[name]))
        self._generator.set_state(torch.from_numpy(arrays["generator"]))
        self._curriculum.level, self._curriculum.before = arrays["level"].tolist()
        for state in self._adam.state.values():
            state["step"].fill_(steps_done)
        self.steps_done, self.kept = steps_done, kept

    def _tensors(self) -> dict[str, Tensor]:
        """Weights and Adam's state by name: the very tensors that training changes."""
        tensors = {}
        for i, parameter in enumerate(self._parameters):
            tensors[f"weights.{i}"] = parameter.detach()
            tensors |= {f"{name}.{i}": self._adam.state[parameter][name] for name in MOMENTS}
        return tensors


def _fabric(accelerator: str) -> Fabric:
    """Lightning on one device, in this process; what it would take for a launch by Slurm is none of its business."""
    try:
        fabric = Fabric(accelerator=accelerator, devices=1, plugins=[LightningEnvironment()])
    except Exception as error:  # by its kind, Lightning or torch says that there is none
        said = " ".join(str(error).split())
        raise InputError("accelerator", accelerator, f"not on this machine ({said}); use cpu, or auto") from None
    if fabric.device.type != "cpu":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # or its sums have no fixed order
        torch.use_deterministic_algorithms(True, warn_only=True)
    return fabric
