"""The kernel against PyTorch's own RNN, autograd and Adam."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from llvmlite import ir
from numba import types

from emtvb.training import kernel

torch.set_num_threads(1)


@dataclass(frozen=True)
class Shape:
    """Sizes of a run."""

    batch: int
    d: int
    s: int
    h: int
    longest: int


@dataclass(frozen=True)
class Options:
    """Settings of a training."""

    lr: float = 1e-3
    l2: float = 0.0
    clip: float = math.inf
    threshold: float = 2.0
    horizons: tuple[int, ...] = (10,)


@dataclass
class Run:
    """Everything `advance` changes, and the batches and targets it reads."""

    shape: Shape
    weights: list[npt.NDArray[np.float32]]
    u: npt.NDArray[np.int8]
    source: npt.NDArray[np.int32]
    sign: npt.NDArray[np.float32]
    moments: tuple[npt.NDArray[np.float32], ...] = ()
    level: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(2, np.int64))
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    horizons: list[int] = field(default_factory=list)

    def state(self) -> kernel.State:
        """What the kernel changes."""
        return kernel.State(tuple(self.weights), self.moments[0::2], self.moments[1::2], self.level)

    def schedule(self, horizons: Sequence[int]) -> kernel.Schedule:
        """Inputs, then outputs: as many as the longest horizon has."""
        s, longest = self.shape.s, self.shape.longest
        nowhere = np.full(max(s, longest), -1)
        inputs, outputs = (np.concatenate(parts) for parts in (
            (np.arange(s), nowhere[:longest]), (nowhere[:s], np.arange(longest))))  # fmt: skip
        return kernel.Schedule(inputs, outputs, self.source, self.sign, s + np.array(horizons), np.array(horizons))

    def workspace(self) -> Any:
        """A new workspace for this run."""
        shape = self.shape
        return kernel.make_workspace(shape.batch, shape.d, shape.s, shape.h, shape.longest)

    def advance(self, options: Options, first: int, last: int, epoch: int = 10**9, workspace: Any = None) -> None:
        """Train on batches first..last-1; an epoch has `epoch` of them."""
        if first % epoch == 0:  # a new loader
            self.level[1] = self.level[0]
        how = kernel.Settings(options.threshold, options.lr, options.l2, options.clip)
        schedule = self.schedule(options.horizons)
        curve = kernel.make_curve(last - first)
        workspace = workspace or self.workspace()
        kernel.advance(self.state(), self.u[first:last], first, schedule, how, workspace, curve)
        self.losses += curve.loss.tolist()
        self.accuracies += curve.accuracy.tolist()
        self.horizons += [options.horizons[level] for level in curve.level]


def make_run(shape: Shape, steps: int, *, seed: int = 0, scale: float = 1.0, easy: bool = False) -> Run:
    """A run with random weights, batches and targets; an easy one repeats its inputs in order."""
    rng = np.random.default_rng(seed)
    bound = scale / math.sqrt(shape.h)
    weights = [
        rng.uniform(-bound, bound, size).astype(np.float32)
        for size in ((shape.h, shape.d), (shape.h, shape.h), (shape.d, shape.h))
    ]
    u = (rng.integers(0, 2, (steps, shape.s, shape.batch, shape.d)) * 2 - 1).astype(np.int8)
    table = (shape.longest, shape.d)
    source = rng.integers(0, shape.s * shape.d, table).astype(np.int32)
    sign = (rng.integers(0, 2, table) * 2 - 1).astype(np.float32)
    if easy:
        source = (np.arange(table[0] * table[1]) % (shape.s * shape.d)).reshape(table).astype(np.int32)
        sign = np.ones(table, np.float32)
    moments = tuple(np.zeros_like(weights[i // 2]) for i in range(6))
    return Run(shape, weights, u, source, sign, moments)


class Reference:
    """The network, loss and accuracy in PyTorch's own terms."""

    def __init__(self, run: Run, dtype: torch.dtype) -> None:
        shape = run.shape
        self.rnn = torch.nn.RNN(shape.d, shape.h, bias=False, dtype=dtype)
        self.readout = torch.nn.Linear(shape.h, shape.d, bias=False, dtype=dtype)
        self.parameters = [*self.rnn.parameters(), *self.readout.parameters()]
        with torch.no_grad():
            for parameter, weight in zip(self.parameters, run.weights, strict=True):
                parameter.copy_(torch.from_numpy(weight))
        self._run = run
        self._dtype = dtype

    def loss(self, k: int, horizon: int) -> tuple[torch.Tensor, float]:
        """Loss and accuracy on batch k."""
        run, shape = self._run, self._run.shape
        u = torch.from_numpy(run.u[k]).to(self._dtype)
        inputs = torch.cat([u, torch.zeros(horizon, shape.batch, shape.d, dtype=self._dtype)])
        outputs = self.readout(self.rnn(inputs)[0][shape.s :])
        stacked = u.transpose(0, 1).reshape(shape.batch, shape.s * shape.d)
        source = torch.from_numpy(run.source[:horizon]).long()
        targets = stacked[:, source].transpose(0, 1) * torch.from_numpy(run.sign[:horizon]).to(self._dtype).unsqueeze(1)
        accuracy = ((outputs >= 0) == (targets > 0)).double().mean()
        return torch.nn.functional.mse_loss(outputs, targets), float(accuracy)

    def train(self, options: Options, steps: int, epoch: int) -> Iterator[tuple[float, float, int]]:
        """Loss, accuracy and horizon of each step, with the curriculum as a loader that is one batch ahead has it."""
        optimiser = torch.optim.Adam(self.parameters, lr=options.lr, weight_decay=options.l2)
        level = 0
        prefetched = 0
        for k in range(steps):
            if k % epoch == 0:
                prefetched = level
            horizon = options.horizons[prefetched]
            prefetched = level
            loss, accuracy = self.loss(k, horizon)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.parameters, options.clip)
            optimiser.step()
            if accuracy > options.threshold:
                level = min(level + 1, len(options.horizons) - 1)
            yield float(loss.detach()), accuracy, horizon


SHAPES = [
    Shape(batch, d, s, h, longest)
    for batch, d, s, h, longest in [
        (64, 8, 8, 32, 10),
        (64, 8, 8, 64, 23),
        (64, 8, 8, 128, 10),
        (64, 6, 7, 100, 30),
        (1, 1, 1, 1, 1),
        (1, 3, 2, 3, 5),
        (5, 7, 1, 7, 9),
        (33, 9, 3, 17, 6),
        (70, 16, 5, 33, 4),
        (130, 17, 4, 40, 12),
        (20, 2, 12, 200, 3),
    ]
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_gradient_and_loss(shape: Shape, scale: float) -> None:
    run = make_run(shape, 1, scale=scale)
    reference = Reference(run, torch.float64)
    loss, accuracy = reference.loss(0, shape.longest)
    loss.backward()
    run.advance(Options(lr=0.0, horizons=(shape.longest,)), 0, 1)
    # After the first step the first moment is a tenth of the gradient.
    for moment, parameter in zip(run.moments[0::2], reference.parameters, strict=True):
        assert parameter.grad is not None
        expected = parameter.grad.numpy()
        assert np.linalg.norm(moment * 10.0 - expected) <= 1e-5 * np.linalg.norm(expected)
    assert run.losses[0] == pytest.approx(float(loss.detach()), rel=1e-6)
    assert run.accuracies[0] == pytest.approx(accuracy, abs=2 / (shape.longest * shape.batch * shape.d))


@pytest.mark.parametrize("l2", [0.0, 1e-3])
def test_training_like_torch(l2: float) -> None:
    """300 steps with clipping, L2 and moves of the curriculum, in four epochs."""
    shape = Shape(batch=64, d=8, s=8, h=32, longest=8)
    options = Options(lr=1e-3, l2=l2, clip=0.05, threshold=0.55, horizons=(2, 3, 5, 8))
    steps, epoch = 300, 75
    run = make_run(shape, steps, easy=True)
    reference = Reference(run, torch.float32)
    expected = list(reference.train(options, steps, epoch))
    for first in range(0, steps, epoch):
        run.advance(options, first, first + epoch, epoch)
    losses, accuracies, horizons = (list(column) for column in zip(*expected, strict=True))
    assert len(set(horizons)) > 1
    assert run.horizons == horizons
    np.testing.assert_allclose(run.losses, losses, rtol=1e-4)
    np.testing.assert_allclose(run.accuracies, accuracies, atol=1e-3)
    for weight, parameter in zip(run.weights, reference.parameters, strict=True):
        np.testing.assert_allclose(weight, parameter.detach().numpy(), atol=1e-4)


def test_split_does_not_matter() -> None:
    shape = Shape(batch=30, d=5, s=4, h=20, longest=9)
    options = Options(l2=1e-3, clip=0.1, threshold=0.5, horizons=(3, 5, 9))
    whole, parts = make_run(shape, 20), make_run(shape, 20)
    whole.advance(options, 0, 20)
    for first, last in ((0, 1), (1, 2), (2, 9), (9, 20)):
        parts.advance(options, first, last)
    assert whole.losses == parts.losses
    assert whole.horizons == parts.horizons
    assert max(whole.horizons) > 3
    for one, other in zip([*whole.weights, *whole.moments], [*parts.weights, *parts.moments], strict=True):
        assert one.tobytes() == other.tobytes()


def test_zero_output_counts_as_positive() -> None:
    shape = Shape(batch=5, d=3, s=2, h=4, longest=6)
    run = make_run(shape, 1, scale=0.0)
    run.advance(Options(horizons=(6,)), 0, 1)
    _, accuracy = Reference(make_run(shape, 1, scale=0.0), torch.float64).loss(0, 6)
    assert run.accuracies == [accuracy]


def test_nan_stays() -> None:
    run = make_run(Shape(batch=5, d=3, s=2, h=4, longest=6), 2)
    run.weights[1][0, 0] = np.nan
    run.advance(Options(horizons=(6,), clip=1.0), 0, 2)
    assert np.isnan(run.losses).all()
    assert all(0.0 <= accuracy <= 1.0 for accuracy in run.accuracies)


def test_run_before_in_the_same_workspace_does_not_matter() -> None:
    shape = Shape(batch=5, d=3, s=2, h=4, longest=6)
    options = Options(l2=1e-3, clip=0.1, horizons=(6,))
    fresh, second, diverged = make_run(shape, 3), make_run(shape, 3), make_run(shape, 3, seed=1)
    diverged.weights[1][0, 0] = np.nan
    workspace = diverged.workspace()
    diverged.advance(options, 0, 3, workspace=workspace)
    second.advance(options, 0, 3, workspace=workspace)
    fresh.advance(options, 0, 3)
    assert np.isfinite(second.losses).all()
    for one, other in zip(fresh.weights, second.weights, strict=True):
        assert one.tobytes() == other.tobytes()


def _emit_tanh(builder: ir.IRBuilder, arguments: kernel._Arguments) -> None:
    pointer = arguments.pointer()
    kernel._store(builder, kernel._tanh(builder, kernel._load(builder, pointer)), pointer)


_tanh_in_place = kernel._vector_function((types.Array(types.float32, 1, "C"), types.int64), _emit_tanh)


@kernel._compiled
def _all_tanh(x: npt.NDArray[np.float32]) -> None:
    for i in range(0, x.size, kernel.LANES):
        _tanh_in_place(x, i)


def test_tanh() -> None:
    x = np.concatenate([np.linspace(-12.0, 12.0, 2**20), [0.0, 1e30, -1e30, 1e-30], np.zeros(12)]).astype(np.float32)
    y = x.copy()
    _all_tanh(y)
    exact = np.tanh(x.astype(np.float64))
    assert np.abs(y - exact).max() <= 1e-6
    assert np.abs(y).max() <= 1.0
