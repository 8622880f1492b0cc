"""The training steps of `kernel.advance` with PyTorch alone: the same arguments, the same results up to rounding.

For machines where numba is not at hand, and as a second opinion on the kernel. There is no autograd: the gradient is
written out, all buffers and all views into them are made once, and every operation writes into a buffer. What does not
depend on the time step before is one operation for all time steps: the input product, the readout, and the gradients
of the weights.

Arrays come in as numpy arrays and are shared with torch, not copied. The number of threads is the caller's choice
(`torch.set_num_threads(1)` and one process per core is the fastest for networks as small as these).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

BETA1 = 0.9
BETA2 = 0.999
ADAM_EPS = 1e-8


class _Parameters(NamedTuple):
    """One flat buffer for all parameters, and its parts: W_uh (h, d), W_hh (h, h), W_r (d, h)."""

    flat: Tensor
    w_uh: Tensor
    w_hh: Tensor
    w_r: Tensor

    @classmethod
    def zeros(cls, d: int, h: int) -> _Parameters:
        """Parameters of zeros."""
        flat = torch.zeros(h * (h + 2 * d))
        w_uh, w_hh, w_r = flat[: h * d], flat[h * d : h * (h + d)], flat[h * (h + d) :]
        return cls(flat, w_uh.view(h, d), w_hh.view(h, h), w_r.view(d, h))

    def read(self, arrays: Sequence[npt.NDArray[np.float32]]) -> None:
        """Copy from three arrays."""
        for part, array in zip(self[1:], arrays, strict=True):
            part.copy_(torch.from_numpy(array))

    def write(self, arrays: Sequence[npt.NDArray[np.float32]]) -> None:
        """Copy to three arrays."""
        for part, array in zip(self[1:], arrays, strict=True):
            torch.from_numpy(array).copy_(part)


class _Views(NamedTuple):
    """What one horizon needs of the buffers; rows are (time, sequence) pairs. T = s + horizon."""

    horizon: int
    outputs_of_states: Tensor
    """h(s+1..T): (horizon * B, h)."""
    earlier_states: Tensor
    """h(1..T-1): ((T - 1) * B, h)."""
    later_deltas: Tensor
    """D(2..T), transposed: (h, (T - 1) * B)."""
    outputs_of_deltas: Tensor
    """D(s+1..T): (horizon * B, h)."""
    errors: Tensor
    """o(s+1..T), then the gradient of the loss by it: (horizon * B, d)."""
    targets: Tensor
    """y: (horizon * B, d)."""
    places: Tensor
    """Where in the inputs each target is: (horizon * B * d,)."""
    signs: Tensor
    """Signs of the targets: (horizon, 1, d)."""
    right: Tensor
    """Buffers for the two signs of each output: (2, horizon * B, d), bool."""


class Workspace:
    """Buffers and views for the steps of one run."""

    def __init__(self, batch: int, width: int, inputs: int, hidden: int, longest: int) -> None:
        steps = inputs + longest
        self.batch, self.width, self.inputs, self.hidden = batch, width, inputs, hidden
        self.weights = _Parameters.zeros(width, hidden)
        self.gradient = _Parameters.zeros(width, hidden)
        self.first_moment = _Parameters.zeros(width, hidden)
        self.second_moment = _Parameters.zeros(width, hidden)
        self.scratch = torch.zeros_like(self.weights.flat)
        self.recurrent_transposed = self.weights.w_hh.t()
        self.input_transposed = self.weights.w_uh.t()
        self.readout_transposed = self.weights.w_r.t()
        self.vectors = torch.zeros(inputs, batch, width)
        self.vector_rows = self.vectors.view(inputs * batch, width)
        self.all_states = torch.zeros(steps, batch, hidden)
        self.all_deltas = torch.zeros(steps, batch, hidden)
        self.input_states = self.all_states[:inputs].view(inputs * batch, hidden)
        self.input_deltas_transposed = self.all_deltas[:inputs].view(inputs * batch, hidden).t()
        # Element k of each is time step k + 1.
        self.states = list(self.all_states)
        self.deltas = list(self.all_deltas)
        self.all_errors = torch.zeros(longest * batch, width)
        self.all_targets = torch.zeros(longest * batch, width)
        self.all_places = torch.zeros(longest, batch, width, dtype=torch.int64)
        self.all_signs = torch.zeros(longest, 1, width)
        self.all_right = torch.zeros(2, longest * batch, width, dtype=torch.bool)
        self._views: dict[int, _Views] = {}

    def views(self, horizon: int) -> _Views:
        """The views for a horizon, made when first asked for."""
        if horizon not in self._views:
            self._views[horizon] = self._make_views(horizon)
        return self._views[horizon]

    def _make_views(self, horizon: int) -> _Views:
        steps = self.inputs + horizon
        rows = horizon * self.batch
        states, deltas = self.all_states[:steps], self.all_deltas[:steps]
        return _Views(
            horizon=horizon,
            outputs_of_states=states[self.inputs :].view(rows, self.hidden),
            earlier_states=states[:-1].view(-1, self.hidden),
            later_deltas=deltas[1:].view(-1, self.hidden).t(),
            outputs_of_deltas=deltas[self.inputs :].view(rows, self.hidden),
            errors=self.all_errors[:rows],
            targets=self.all_targets[:rows],
            places=self.all_places[:horizon].view(-1),
            signs=self.all_signs[:horizon],
            right=self.all_right[:, :rows],
        )

    def set_targets(self, source: npt.NDArray[np.int32], sign: npt.NDArray[np.float32]) -> None:
        """Translate the table of targets (H, d): index i = (variable - 1) * d + dimension to a place in the inputs."""
        table = torch.from_numpy(source).long().unsqueeze(1)
        sequence = torch.arange(self.batch).view(1, -1, 1)
        variable, dimension = table // self.width, table % self.width
        longest = source.shape[0]
        self.all_places[:longest] = (variable * self.batch + sequence) * self.width + dimension
        self.all_signs[:longest] = torch.from_numpy(sign).unsqueeze(1)


def make_workspace(B: int, d: int, s: int, h: int, maxH: int) -> Workspace:
    """Buffers for `advance`: batch B, dimension d, s input steps, h hidden units, at most maxH output steps."""
    return Workspace(B, d, s, h, maxH)


def _forward(work: Workspace, views: _Views) -> None:
    """h(t) for all time steps and o(t) for the output steps."""
    states = work.states
    torch.mm(work.vector_rows, work.input_transposed, out=work.input_states)
    states[0].tanh_()
    for k in range(1, work.inputs):
        states[k].addmm_(states[k - 1], work.recurrent_transposed).tanh_()
    for k in range(work.inputs, work.inputs + views.horizon):
        torch.mm(states[k - 1], work.recurrent_transposed, out=states[k]).tanh_()
    torch.mm(views.outputs_of_states, work.readout_transposed, out=views.errors)


def _errors(work: Workspace, views: _Views) -> tuple[float, float]:
    """Turn the outputs into the gradient of the loss by them; return loss and accuracy."""
    errors, targets = views.errors, views.targets
    torch.index_select(work.vectors.view(-1), 0, views.places, out=targets.view(-1))
    targets.view(views.horizon, work.batch, work.width).mul_(views.signs)
    torch.ge(errors, 0, out=views.right[0])
    torch.gt(targets, 0, out=views.right[1])
    torch.eq(views.right[0], views.right[1], out=views.right[0])
    accuracy = int(torch.count_nonzero(views.right[0])) / errors.numel()
    errors.sub_(targets)
    loss = float(torch.dot(errors.view(-1), errors.view(-1))) / errors.numel()
    errors.mul_(2.0 / errors.numel())
    return loss, accuracy


def _backward(work: Workspace, views: _Views) -> None:
    """D(t) = (D(t+1) W_hh + dO(t) W_r) * (1 - h(t)^2) from the last time step to the first, then the gradients."""
    states, deltas, gradient = work.states, work.deltas, work.gradient
    w_hh = work.weights.w_hh
    torch.mm(views.errors, work.weights.w_r, out=views.outputs_of_deltas)
    last = work.inputs + views.horizon - 1
    _times_slope(deltas[last], states[last])
    for k in range(last - 1, work.inputs - 1, -1):
        _times_slope(deltas[k].addmm_(deltas[k + 1], w_hh), states[k])
    for k in range(work.inputs - 1, -1, -1):
        _times_slope(torch.mm(deltas[k + 1], w_hh, out=deltas[k]), states[k])
    torch.mm(views.later_deltas, views.earlier_states, out=gradient.w_hh)
    torch.mm(work.input_deltas_transposed, work.vector_rows, out=gradient.w_uh)
    torch.mm(views.errors.t(), views.outputs_of_states, out=gradient.w_r)


def _times_slope(delta: Tensor, state: Tensor) -> None:
    """Multiply by 1 - h^2, the slope of tanh, in one operation."""
    torch.ops.aten.tanh_backward.grad_input(delta, state, grad_input=delta)


def _adam(work: Workspace, step: int, lr: float, l2: float, clip: float) -> None:
    """Clip the gradient's norm, add the L2 term, and take step number `step` (from 1) of Adam."""
    weights, gradient, scratch = work.weights.flat, work.gradient.flat, work.scratch
    first_moment, second_moment = work.first_moment.flat, work.second_moment.flat
    shrink = clip / (float(torch.linalg.vector_norm(gradient)) + 1e-6)
    if shrink <= 1.0 or math.isnan(shrink):
        gradient.mul_(shrink)
    gradient.add_(weights, alpha=l2)
    first_moment.lerp_(gradient, 1.0 - BETA1)
    second_moment.mul_(BETA2).addcmul_(gradient, gradient, value=1.0 - BETA2)
    torch.sqrt(second_moment, out=scratch).div_(math.sqrt(1.0 - BETA2**step)).add_(ADAM_EPS)
    weights.addcdiv_(first_moment, scratch, value=-lr / (1.0 - BETA1**step))


@torch.no_grad()
def advance(
    W_uh: npt.NDArray[np.float32],
    W_hh: npt.NDArray[np.float32],
    W_r: npt.NDArray[np.float32],
    moments: Sequence[npt.NDArray[np.float32]],
    steps_done: int,
    u: npt.NDArray[np.int8],
    in_epoch: int,
    source: npt.NDArray[np.int32],
    sign: npt.NDArray[np.float32],
    horizons: npt.NDArray[np.int64],
    level: npt.NDArray[np.int64],
    threshold: float,
    lr: float,
    l2: float,
    clip: float,
    workspace: Workspace,
    out_loss: npt.NDArray[np.float32],
    out_accuracy: npt.NDArray[np.float64],
    out_horizon: npt.NDArray[np.int64],
) -> None:
    """Train one run for n steps, in place: see `emtvb.training.kernel.advance`."""
    work = workspace
    weights = (W_uh, W_hh, W_r)
    work.weights.read(weights)
    work.first_moment.read(moments[0::2])
    work.second_moment.read(moments[1::2])
    work.set_targets(source, sign)
    batches = torch.from_numpy(u)
    for k in range(u.shape[0]):
        # The horizon lags: see emtvb.training.kernel.advance.
        horizon = int(horizons[level[0] if in_epoch + k == 0 else level[1]])
        views = work.views(horizon)
        work.vectors.copy_(batches[k])
        _forward(work, views)
        loss, accuracy = _errors(work, views)
        _backward(work, views)
        _adam(work, steps_done + k + 1, lr, l2, clip)
        level[1] = level[0]
        if accuracy > threshold and level[0] < len(horizons) - 1:
            level[0] += 1
        out_loss[k], out_accuracy[k], out_horizon[k] = loss, accuracy, horizon
    work.weights.write(weights)
    work.first_moment.write(moments[0::2])
    work.second_moment.write(moments[1::2])
