"""Trains other architectures by the paper's protocol and on its random stream, with torch's own autograd."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional, init

from emtvb.architectures.lstm import LSTM
from emtvb.architectures.s4 import MODES, S4
from emtvb.architectures.weights import CLASSES
from emtvb.protocol import Setup
from emtvb.training import loop, stream
from emtvb.training.batches import Batch, Batches
from emtvb.training.checkpoint import Part
from emtvb.training.curriculum import Curriculum
from emtvb.training.history import Row, is_kept
from emtvb.training.loop import Report


class LSTMModule(nn.Module):
    """An LSTM as torch trains it; its parameters are the arrays of :class:`LSTM`, in their order."""

    def __init__(self, d: int, hidden_dim: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(d, hidden_dim, bias=False)
        self.readout = nn.Linear(hidden_dim, d, bias=False)

    @torch.no_grad()
    def draw(self, generator: torch.Generator) -> None:
        """PyTorch's default initialisation of nn.LSTM, then nn.Linear."""
        bound = 1.0 / math.sqrt(self.lstm.hidden_size)
        for parameter in self.lstm.parameters():
            init.uniform_(parameter, -bound, bound, generator=generator)
        init.kaiming_uniform_(self.readout.weight, a=math.sqrt(5), generator=generator)

    def forward(self, inputs: Float[Tensor, "time batch d"]) -> Float[Tensor, "time batch d"]:
        """The outputs."""
        return self.readout(self.lstm(inputs)[0])


class S4Module(nn.Module):
    """S4D as a convolution; its parameters are the arrays of :class:`S4`, in their order."""

    W_in: Tensor
    log_dt: Tensor
    log_decay: Tensor
    frequency: Tensor
    C: Tensor
    D: Tensor
    W_out: Tensor

    def __init__(self, d: int, hidden_dim: int) -> None:
        super().__init__()
        for name, shape in S4.shapes(d, hidden_dim).items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))

    @torch.no_grad()
    def draw(self, generator: torch.Generator) -> None:
        """S4D-Lin: decay 1/2, frequencies pi n, C complex normal; and steps dt with which the modes fill the circle.

        The fastest mode turns by pi (MODES - 1) dt a step: with the usual dt, 0.001 to 0.1, so few modes stay far
        from the fast ones that Phi has, and training stalls.
        """
        for weights in (self.W_in, self.W_out):
            init.kaiming_uniform_(weights, a=math.sqrt(5), generator=generator)
        init.uniform_(self.log_dt, math.log(1 / MODES), math.log(3 / MODES), generator=generator)
        init.constant_(self.log_decay, math.log(0.5))
        self.frequency.copy_(math.pi * torch.arange(MODES).expand_as(self.frequency))
        init.normal_(self.C, 0.0, math.sqrt(0.5), generator=generator)
        init.normal_(self.D, generator=generator)

    def forward(self, inputs: Float[Tensor, "time batch d"]) -> Float[Tensor, "time batch d"]:
        """The outputs, by convolution with the kernel 2 Re(C . a^t b)."""
        time = len(inputs)
        A = torch.complex(-self.log_decay.exp(), self.frequency)
        log_a = A * self.log_dt.exp()[:, None]
        weights = torch.view_as_complex(self.C) * (log_a.exp() - 1) / A
        powers = (log_a[:, :, None] * torch.arange(time)).exp()
        kernel = 2 * torch.einsum("cm,cmt->tc", weights, powers).real
        features = inputs @ self.W_in.T
        y = _convolve(features, kernel[:, None]) + self.D * features
        return functional.gelu(y, approximate="tanh") @ self.W_out.T


MOMENTS = ("exp_avg", "exp_avg_sq")
"""What Adam keeps of a parameter's gradients, as torch calls it."""

MODULES: dict[str, type[LSTMModule] | type[S4Module]] = {"lstm": LSTMModule, "s4": S4Module}


def train(
    run: Setup,
    architecture: str,
    folder: Path,
    report: Report | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[LSTM | S4, list[Row], list[Part]]:
    """Train a run, going on from its last checkpoint if there is one.

    Args:
        run: What to train.
        architecture: ``lstm`` or ``s4``; ``hidden_dim`` is its units or channels.
        folder: Where its checkpoint and TensorBoard events are kept.
        report: Called after every batch.
        environment: What is said of this machine.

    Returns:
        The trained network, its learning curve, and who trained it. On one CPU the bits depend on ``run`` alone.
    """
    torch.set_num_threads(1)
    stream.check()
    training = _Training(run, architecture)
    who = {"engine": "torch autograd", **(environment or {})}
    parts = loop.train(training, run.run_id, run.protocol.steps, folder, f"{run.run_id} {architecture}", who, report)
    return training.network(), training.kept, parts


class _Training:
    """All that a run's training has at one moment."""

    def __init__(self, run: Setup, architecture: str) -> None:
        self._run, self._class = run, CLASSES[architecture]
        self._module = MODULES[architecture](run.task.d, run.hidden_dim)
        generator = torch.Generator().manual_seed(run.seed)
        self._module.draw(generator)
        self._curriculum = Curriculum(run.protocol.curriculum, run.threshold)
        self._batches = Batches(run, generator, self._curriculum)
        self._adam = torch.optim.Adam(
            self._module.parameters(), lr=run.protocol.learning_rate, weight_decay=run.l2, foreach=False
        )
        for parameter in self._module.parameters():  # as Adam itself would at its first step
            moments = {name: torch.zeros_like(parameter) for name in MOMENTS}
            self._adam.state[parameter] = {"step": torch.zeros(()), **moments}
        self.steps_done = 0
        self.kept: list[Row] = []

    def network(self) -> LSTM | S4:
        """The present weights, as arrays of their own."""
        names = self._class.shapes(self._run.task.d, self._run.hidden_dim)
        arrays = (parameter.detach().numpy().copy() for parameter in self._module.parameters())
        return self._class(**dict(zip(names, arrays, strict=True)))

    def advance(self) -> Row:
        """Train on the next batch of the epoch, or on the first of the next epoch."""
        row = self._step(next(iter(self._batches)))
        if is_kept(row.step, self._run.protocol.steps):
            self.kept.append(row)
        return row

    def _step(self, batch: Batch) -> Row:
        """Mean squared error over the output phase, one step of Adam; the curriculum moves by the batch's accuracy."""
        x, y = batch
        outputs = self._module(x)[self._run.task.s :]
        loss = ((outputs - y) ** 2).mean()
        self._adam.zero_grad()
        loss.backward()
        if self._run.protocol.gradient_clip is not None:
            nn.utils.clip_grad_norm_(self._module.parameters(), self._run.protocol.gradient_clip)
        self._adam.step()
        right = (outputs.detach() >= 0) == (y > 0)
        row = Row(self.steps_done, loss.item(), right.sum().item() / right.numel(), len(y))
        self._curriculum.update(row.accuracy)
        self.steps_done += 1
        return row

    def arrays(self) -> dict[str, np.ndarray]:
        """The state by name."""
        where = self._batches.state_dict()
        return {
            **{name: tensor.numpy() for name, tensor in self._tensors().items()},
            "generator": where["generator"].numpy(),
            "stream": np.array([where[name] for name in ("done", "level", "before")]),
        }

    def take(self, arrays: Mapping[str, np.ndarray], steps_done: int, kept: list[Row]) -> None:
        """Go on from this state."""
        for name, tensor in self._tensors().items():
            tensor.copy_(torch.from_numpy(arrays[name]))
        done, level, before = arrays["stream"].tolist()
        generator = torch.from_numpy(arrays["generator"])
        self._batches.load_state_dict({"generator": generator, "done": done, "level": level, "before": before})
        for state in self._adam.state.values():
            state["step"].fill_(steps_done)
        self.steps_done, self.kept = steps_done, kept

    def _tensors(self) -> dict[str, Tensor]:
        """Weights and Adam's state by name: the very tensors that training changes."""
        tensors = {}
        for i, parameter in enumerate(self._module.parameters()):
            tensors[f"weights.{i}"] = parameter.detach()
            tensors |= {f"{name}.{i}": self._adam.state[parameter][name] for name in MOMENTS}
        return tensors


def _convolve(
    signal: Float[Tensor, "time batch channel"], kernel: Float[Tensor, "time 1 channel"]
) -> Float[Tensor, "time batch channel"]:
    """The causal convolution along time, by FFT."""
    length = 2 * len(signal)
    product = torch.fft.rfft(signal, length, dim=0) * torch.fft.rfft(kernel, length, dim=0)
    return torch.fft.irfft(product, length, dim=0)[: len(signal)]
