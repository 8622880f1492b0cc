"""Small networks that a job trains: tasks whose storage nobody made, and a block without a usual hidden state."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

Task = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray, np.ndarray]]
"""From a generator and a number of trials to inputs, labels and targets, each (time, trial, number)."""

STEPS = 24
_PULSE = 0.1
"""How often a bit of the flip-flop is set anew at a step."""
TEST = 14
"""The step at which the second pair of a delayed match comes; in training, any from the second to this."""


def flip_flop(rng: np.random.Generator, trials: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three bits that pulses set, each for itself; the outputs are the bits (Sussillo and Barak 2013)."""
    pulses = rng.choice([-1.0, 1.0], size=(STEPS, trials, 3)) * (rng.random((STEPS, trials, 3)) < _PULSE)
    pulses[0] = rng.choice([-1.0, 1.0], size=(trials, 3))
    bits = set_by(pulses, np.zeros((trials, 3)))
    return pulses, bits, bits


def set_by(
    pulses: Float[np.ndarray, "time trial bit"], bits: Float[np.ndarray, "trial bit"]
) -> Float[np.ndarray, "time trial bit"]:
    """The bits after each step."""
    every = []
    for pulse in pulses:
        bits = np.where(pulse != 0, pulse, bits)
        every.append(bits)
    return np.stack(every)


def short_matches(rng: np.random.Generator, trials: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Delayed matches to learn from: with a delay that differs from batch to batch."""
    return delayed_match(rng, trials, int(rng.integers(1, TEST + 1)))


def delayed_match(rng: np.random.Generator, trials: int, test: int = TEST) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two features are shown, and after a delay two again: of each, is it the same? Until then the outputs are 0."""
    first, second = rng.choice([-1.0, 1.0], size=(2, trials, 2))
    inputs = np.zeros((test + 4, trials, 4))
    inputs[0, :, :2] = first
    inputs[test:, :, :2] = second
    inputs[test:, :, 2] = 1
    inputs[..., 3] = 0.3 * rng.normal(size=inputs.shape[:2])
    labels = np.repeat(first[None], len(inputs), axis=0)
    return inputs, labels, matches(first, inputs)


def matches(
    first: Float[np.ndarray, "trial feature"], inputs: Float[np.ndarray, "time trial input"]
) -> Float[np.ndarray, "time trial feature"]:
    """Whether each feature is the first one's: 1 or -1 while the second pair is shown, 0 before."""
    return first * inputs[..., :2] * inputs[..., 2:3]


def memory(rng: np.random.Generator, trials: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three bits that are shown at the first step and given out from then on, beside noise."""
    inputs = np.zeros((STEPS, trials, 4))
    inputs[0, :, :3] = rng.choice([-1.0, 1.0], size=(trials, 3))
    inputs[..., 3] = 0.3 * rng.normal(size=inputs.shape[:2])
    labels = np.repeat(inputs[:1, :, :3], STEPS, axis=0)
    return inputs, labels, labels


class Recurrent(nn.Module):
    """A GRU with a linear readout, time first."""

    def __init__(self, inputs: int, outputs: int, units: int) -> None:
        super().__init__()
        self.rnn, self.out = nn.GRU(inputs, units), nn.Linear(units, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Outputs of whole sequences."""
        return self.out(self.rnn(x)[0])


class Mixer(nn.Module):
    """A block in the way of RWKV: sums that fade, weighted by keys, and what was read a step before.

    Peng et al. 2023 (arXiv 2305.13048), equations 11 to 18. Its state is the input before, the sums of weighted values
    and of weights, and the input of its second half before: four numbers of each channel.
    """

    def __init__(self, inputs: int, outputs: int, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.into, self.out = nn.Linear(inputs, channels), nn.Linear(channels, outputs)
        self.key, self.value, self.gate, self.back = (nn.Linear(channels, channels, bias=False) for _ in range(4))
        self.fade, self.bonus, self.mix = (
            nn.Parameter(torch.empty(size)) for size in (channels, channels, (5, channels))
        )
        self.reset_parameters()
        self.wide, self.narrow = (
            nn.Linear(channels, 2 * channels, bias=False),
            nn.Linear(2 * channels, channels, bias=False),
        )
        self.open = nn.Linear(channels, channels, bias=False)
        self.even = nn.ModuleList([nn.LayerNorm(channels) for _ in range(3)])

    @torch.no_grad()
    def reset_parameters(self) -> None:
        """How fast channels fade, and what they mix, as it is before training."""
        self.fade.copy_(torch.linspace(-6, 0, self.channels))
        self.bonus.zero_()
        self.mix.fill_(0.7)

    def forward(self, u: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """One step: (trial, input) and the four parts of the state, (trial, channel) each."""
        before, values, weights, second = state
        shown = self.into(u)
        x = self.even[0](shown)
        k, v, r = (torch.lerp(before, x, self.mix[i]) for i in range(3))
        key, value, gate = self.key(k).clamp(max=8.0).exp(), self.value(v), self.gate(r).sigmoid()
        bonus = self.bonus.exp() * key
        mean = (values + bonus * value) / (weights + bonus + 1e-6)
        fading = torch.exp(-self.fade.exp())
        whole = shown + self.back(gate * mean)
        y = self.even[1](whole)
        wide, opened = (torch.lerp(second, y, self.mix[i]) for i in (3, 4))
        z = whole + self.open(opened).sigmoid() * self.narrow(functional.relu(self.wide(wide)) ** 2)
        return self.out(self.even[2](z)), (x, fading * values + key * value, fading * weights + key, y)

    def begin(self, trials: int) -> tuple[Tensor, ...]:
        """The state before the first step."""
        return tuple(torch.zeros(trials, self.channels) for _ in range(4))

    def whole(self, x: Tensor) -> Tensor:
        """Outputs of whole sequences, time first."""
        state, every = self.begin(x.shape[1]), []
        for u in x:
            output, state = self(u, state)
            every.append(output)
        return torch.stack(every)


def train(network: nn.Module, task: Task, steps: int, seed: int, rate: float = 5e-3, batch: int = 64) -> float:
    """Train a network on a task by Adam, with a rate that falls to nothing; returns the last squared error.

    Args:
        network: A module on whole sequences, or one with a method ``whole``.
        task: Makes batches.
        steps: Of Adam.
        seed: Of the batches.
        rate: Its learning rate at first.
        batch: Trials in a batch.
    """
    rng = np.random.default_rng(seed)
    run = getattr(network, "whole", network)
    adam = torch.optim.Adam(network.parameters(), lr=rate)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    loss = torch.zeros(())
    for _ in range(steps):
        x, _, y = task(rng, batch)
        loss = ((run(torch.tensor(x, dtype=torch.float32)) - torch.tensor(y, dtype=torch.float32)) ** 2).mean()
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
        falling.step()
    return float(loss.detach())
