"""Lockstep: trains many runs at once on one device, each by the published protocol and on its own random stream.

Meant for a GPU, where hundreds of networks as small as these fill the device that one of them would leave idle. A CPU
does it too, slowly, so that it can be tested. The steps are those of `plain`, with a leading axis for the runs.

Horizons
--------
At one moment the runs stand at different horizons. All go through time up to the longest of these; past a run's own
horizon its errors are zero, and so its loss and gradient are those of its own horizon. The device keeps each run's
horizon by itself. The host must know the longest, to launch a step of that length (on a GPU: to replay the graph of
it), and learns it without ever waiting for the step that it launched last: a move of the curriculum after batch k is
first seen by batch k + 2 (see `curriculum`), so the longest horizon of batch k + 2 is known when batch k is done, while
the device has batch k + 1 to work on. Only an epoch's first batch sees every move before it, but there a chunk of steps
begins, and between chunks the host reads the levels.

Layout
------
States are (runs, time, batch, hidden). A time step is a batched product over the runs, whose rows are contiguous; all
time steps of a run are one matrix, so the readout, the input product and the gradients of the weights are a single
batched product each, and nothing is copied.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float64, Int8, Int64, UInt8
from torch import Tensor

from emtvb.errors import InputError
from emtvb.protocol import Setup
from emtvb.training import checkpoint, history, stream
from emtvb.training.checkpoint import Checkpoint
from emtvb.training.events import events
from emtvb.training.history import Row
from emtvb.training.plain import ADAM_EPS, BETA1, BETA2
from emtvb.weights import Network

log = logging.getLogger(__name__)
Report = Callable[[str, Row], None]


def check_device(device: str) -> None:
    """Raise InputError where this device is a GPU that is not there."""
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("trainer", device, "torch finds no CUDA GPU on this machine; use auto")


def train(
    runs: Sequence[Setup], folder: Path, report: Report | None = None, device: str = "cuda"
) -> dict[str, tuple[Network, list[Row]]]:
    """Train runs together, going on from their last checkpoint if there is one.

    Args:
        runs: What to train: runs of one protocol, task size and number of neurons.
        folder: Where their checkpoint is kept and, in a folder of its own for each, their TensorBoard events.
        report: Called every few batches with each run's id and last row.
        device: ``cuda`` or ``cpu``.

    Returns:
        By run id, the trained network and its learning curve. On one device their bits depend on ``runs`` alone; a run
        trained in other company may differ by rounding.

    Raises:
        InputError: Where there is no such device.
    """
    check_device(device)
    if len({(run.task.d, run.task.s, run.hidden_dim, run.protocol) for run in runs}) > 1:
        raise ValueError("runs in lockstep must be of one protocol, task size and number of neurons")
    if not runs:
        return {}
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("highest")  # no TF32
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        training = _Training(runs, torch.device(device), pool)
        training.restore(folder / "lockstep.safetensors")
        _train_to_the_end(training, runs, folder, report)
    return training.results()


def _train_to_the_end(training: _Training, runs: Sequence[Setup], folder: Path, report: Report | None) -> None:
    steps, saved = runs[0].protocol.steps, time.monotonic()
    with ExitStack() as stack, ThreadPoolExecutor(1) as recorder:
        record = {
            run.run_id: stack.enter_context(events(folder / run.run_id / "tensorboard", training.steps_done))
            for run in runs
        }
        recorded: Future[None] = recorder.submit(lambda: None)
        while training.steps_done < steps:
            kept, last = training.advance()
            recorded.result()
            recorded = recorder.submit(_record_all, record, kept)  # on a thread, so that the device need not wait
            if report is not None:
                for run_id, row in last.items():
                    report(run_id, row)
            if training.steps_done < steps and time.monotonic() - saved > checkpoint.EVERY_SECONDS:
                training.save(folder / "lockstep.safetensors")
                saved = time.monotonic()
        recorded.result()


def _record_all(record: Mapping[str, Callable[[Row], None]], rows: Mapping[str, list[Row]]) -> None:
    for run_id, found in rows.items():
        for row in found:
            record[run_id](row)


class _Training:
    """All that the training of some runs has at one moment, as the host sees it."""

    def __init__(self, runs: Sequence[Setup], device: torch.device, pool: ThreadPoolExecutor) -> None:
        self._runs, self._protocol = runs, runs[0].protocol
        begun = [stream.begin(run) for run in runs]
        self._batch = _Batch(runs, device)
        self._launch = _Launcher(self._batch, device)
        self._batch.begin([network for _, network in begun])
        self._feed = _Feed(runs, [generator for generator, _ in begun], device, pool)
        self._ahead = _Ahead(device)
        self._rows = torch.zeros(history.EVERY, *self._batch.row.shape, dtype=torch.float64, device=device)
        ids = hashlib.sha256(" ".join(run.run_id for run in runs).encode()).hexdigest()[:12]
        self._key = f"{len(runs)} runs ({ids}) on {device.type}"
        self._kept: dict[str, list[Row]] = {run.run_id: [] for run in runs}
        self.steps_done = 0

    def advance(self) -> tuple[dict[str, list[Row]], dict[str, Row]]:
        """Train up to the next batch whose row is kept, within an epoch.

        Returns:
            By run id, the rows to keep, and the last batch's row.
        """
        inputs = self._feed.take(self.steps_done)
        if self.steps_done % self._protocol.batches_per_epoch == 0:
            self._batch.begin_epoch()
        values = self._take_steps(inputs)
        steps = range(self.steps_done, self.steps_done + len(inputs))
        wanted = [k for k, step in enumerate(steps) if history.is_kept(step, self._protocol.steps)]
        kept, last = {}, {}
        for r, run in enumerate(self._runs):
            kept[run.run_id] = [_row(steps[k], values[k, :, r]) for k in wanted]
            last[run.run_id] = _row(steps[-1], values[-1, :, r])
            self._kept[run.run_id] += kept[run.run_id]
        self.steps_done += len(inputs)
        return kept, last

    def _take_steps(self, inputs: Int8[Tensor, "count runs s batch d"]) -> Float64[np.ndarray, "count 3 runs"]:
        """A step for each batch of inputs; returns what their rows hold."""
        first_two = self._batch.longest_horizons()
        for k, batch in enumerate(inputs):
            horizon = first_two[k] if k < 2 else self._ahead.read(k - 2)
            self._batch.inputs.copy_(batch, non_blocking=True)
            self._launch(horizon)
            self._ahead.send(k, self._batch.ahead)
            self._rows[k].copy_(self._batch.row)
        return self._rows[: len(inputs)].cpu().numpy()

    def results(self) -> dict[str, tuple[Network, list[Row]]]:
        """Each run's network and learning curve."""
        networks = self._batch.networks()
        return {
            run.run_id: (network, self._kept[run.run_id]) for run, network in zip(self._runs, networks, strict=True)
        }

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        arrays = {name: tensor.cpu().numpy() for name, tensor in self._state().items()}
        checkpoint.save(path, self._key, Checkpoint(arrays, self.steps_done, self._kept))

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint, if there is a good one."""
        state = self._state()
        found = checkpoint.load(path, self._key, {name: tensor.cpu().numpy() for name, tensor in state.items()})
        if found is None:
            return
        for name, tensor in state.items():
            tensor.copy_(torch.from_numpy(found.arrays[name]))
        self._feed.rewind()
        self._kept = {run_id: list(rows) for run_id, rows in found.histories.items()}
        self.steps_done = found.steps_done
        self._batch.go_on(self.steps_done)
        log.info("%d runs: going on from step %s", len(self._runs), f"{self.steps_done:,}")

    def _state(self) -> dict[str, Tensor]:
        """The state by name: the very tensors that training changes."""
        return {**self._batch.state(), "generators": self._feed.states()}


def _row(step: int, values: Float64[np.ndarray, " 3"]) -> Row:
    loss, accuracy, horizon = values.tolist()
    return Row(step, loss, accuracy, int(horizon))


class _Feed:
    """The inputs of one chunk of steps after another; the next is drawn on threads of the host meanwhile.

    There are two buffers, in memory from which a GPU can copy by itself. The one that is filled is that of the chunk
    before the present one, which the device is done with.
    """

    def __init__(
        self,
        runs: Sequence[Setup],
        generators: Sequence[torch.Generator],
        device: torch.device,
        pool: ThreadPoolExecutor,
    ) -> None:
        self._runs, self._generators, self._pool = runs, generators, pool
        self._protocol, task = runs[0].protocol, runs[0].task
        shape = (history.EVERY, len(runs), task.s, self._protocol.batch_size, task.d)
        pin = device.type == "cuda"
        self._buffers = [torch.empty(shape, dtype=torch.int8, pin_memory=pin) for _ in range(2)]
        self._states = torch.stack([generator.get_state() for generator in generators])
        self._drawing: list[Future[None]] = []

    def take(self, step: int) -> Int8[Tensor, "count runs s batch d"]:
        """The inputs of the chunk that begins at this step, valid until the next call; starts on those after it."""
        if not self._drawing:
            self._draw_chunk(step)
        self._wait()
        count = history.until_next(step, self._protocol.batches_per_epoch)
        inputs = self._buffers[0][:count]
        self._drawing = []
        if step + count < self._protocol.steps:
            self._draw_chunk(step + count)
        return inputs

    def states(self) -> UInt8[Tensor, "runs bytes"]:
        """The generators before they drew what has not been taken."""
        self._wait()
        return self._states

    def rewind(self) -> None:
        """Set the generators to the states, which were changed in place."""
        for generator, state in zip(self._generators, self._states, strict=True):
            generator.set_state(state.clone())  # a copy: torch 2.13 crashes on a part of a tensor

    def _draw_chunk(self, step: int) -> None:
        """Start drawing the chunk that begins at this step."""
        self._buffers.reverse()
        count = history.until_next(step, self._protocol.batches_per_epoch)
        buffer, starts = self._buffers[0][:count], step % self._protocol.batches_per_epoch == 0
        self._drawing = [self._pool.submit(self._draw, r, buffer[:, r], starts) for r in range(len(self._runs))]

    def _draw(self, r: int, buffer: Int8[Tensor, "count s batch d"], starts_epoch: bool) -> None:
        """Draw one run's share."""
        generator = self._generators[r]
        self._states[r] = generator.get_state()
        if starts_epoch:
            stream.draw_epoch_start(generator)
        count, _, batch_size, _ = buffer.shape
        buffer.copy_(stream.draw_many(generator, self._runs[r].task, batch_size, count))

    def _wait(self) -> None:
        for future in self._drawing:
            future.result()


class _Ahead:
    """The longest horizon two batches on, sent by the device after each batch and read by the host one batch later."""

    def __init__(self, device: torch.device) -> None:
        on_gpu = device.type == "cuda"
        self._values = torch.zeros(2, dtype=torch.int64, pin_memory=on_gpu)
        self._arrived = [torch.cuda.Event(blocking=True) for _ in range(2)] if on_gpu else []

    def send(self, batch: int, value: Int64[Tensor, ""]) -> None:
        """Let the device send a value after this batch."""
        self._values[batch % 2].copy_(value, non_blocking=True)
        if self._arrived:
            self._arrived[batch % 2].record()

    def read(self, batch: int) -> int:
        """The value that was sent after this batch, once that is done."""
        if self._arrived:
            self._arrived[batch % 2].synchronize()
        return int(self._values[batch % 2])


class _Launcher:
    """Launches steps: on a CPU by taking them, on a GPU by replaying the graph of the step's length.

    The graphs are recorded here, over whatever state the batch has, which is spoilt: its weights are to be set later.
    """

    def __init__(self, batch: _Batch, device: torch.device) -> None:
        self._batch = batch
        on_gpu = device.type == "cuda"
        self._graphs = {horizon: _record(batch, horizon) for horizon in batch.horizons} if on_gpu else {}

    def __call__(self, horizon: int) -> None:
        """Launch a step up to this horizon."""
        if self._graphs:
            self._graphs[horizon].replay()
        else:
            self._batch.step(horizon)


def _record(batch: _Batch, horizon: int) -> torch.cuda.CUDAGraph:
    """A step as a graph. A step before it, on a stream of its own, lets the libraries set themselves up."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        batch.step(horizon)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        batch.step(horizon)
    return graph


class _Parameters(NamedTuple):
    """One buffer (runs, parameters) and its parts: W_uh (runs, h, d), W_hh (runs, h, h), W_r (runs, d, h)."""

    flat: Tensor
    w_uh: Tensor
    w_hh: Tensor
    w_r: Tensor

    @classmethod
    def zeros(cls, runs: int, d: int, h: int, device: torch.device) -> _Parameters:
        """Parameters of zeros."""
        flat = torch.zeros(runs, h * (h + 2 * d), device=device)
        w_uh, w_hh, w_r = flat.split([h * d, h * h, d * h], dim=1)
        return cls(flat, w_uh.view(runs, h, d), w_hh.view(runs, h, h), w_r.view(runs, d, h))


class _Views(NamedTuple):
    """What a step up to one horizon needs of the buffers. T = s + horizon; B sequences."""

    states: list[Tensor]
    """h(t), t = 1..T: each (runs, B, h)."""
    deltas: list[Tensor]
    """D(t), t = 1..T: each (runs, B, h)."""
    outputs_of_states: Tensor
    """h(s+1..T): (runs, horizon * B, h)."""
    outputs_of_deltas: Tensor
    """D(s+1..T): (runs, horizon * B, h)."""
    inputs_of_states: Tensor
    """h(1..s): (runs, s * B, h)."""
    inputs_of_deltas: Tensor
    """D(1..s): (runs, s * B, h)."""
    earlier_states: Tensor
    """h(1..T-1): (runs, (T - 1) * B, h)."""
    later_deltas: Tensor
    """D(2..T): (runs, (T - 1) * B, h)."""
    errors: Tensor
    """o(s+1..T), then the gradient of the loss by it: (runs, horizon, B, d)."""
    error_rows: Tensor
    """The same: (runs, horizon * B, d)."""
    targets: Tensor
    """y: (runs, horizon, B, d)."""
    target_row: Tensor
    """The same: (runs, horizon * B * d)."""
    places: Tensor
    """Where in a run's inputs each target is: (runs, horizon * B * d)."""
    signs: Tensor
    """Signs of the targets: (runs, horizon, 1, d)."""
    times: Tensor
    """0..horizon-1: (horizon, 1, 1)."""
    right: Tensor
    """Buffers for the two signs of each output: (2, runs, horizon, B, d), bool."""


class _Batch:
    """Runs on a device: their state, their buffers, and the step that all take at once.

    Attributes:
        horizons: Those that a step can go up to.
        inputs: The inputs of the next step, to be put here: (runs, s, B, d), int8.
        row: Loss, accuracy and horizon of the last step: (3, runs), float64.
        ahead: The longest horizon that any run will have two steps on, within an epoch.
    """

    def __init__(self, runs: Sequence[Setup], device: torch.device) -> None:
        task, protocol = runs[0].task, runs[0].protocol
        self.horizons = sorted(set(protocol.curriculum))
        self._runs, self._sequences, self._hidden = len(runs), protocol.batch_size, runs[0].hidden_dim
        self._width, self._input_steps = task.d, task.s
        self._rate, self._clip = protocol.learning_rate, protocol.gradient_clip
        self._device = device
        self._table = torch.tensor(protocol.curriculum, device=device)
        self._l2 = torch.tensor([run.l2 for run in runs], dtype=torch.float32, device=device).unsqueeze(1)
        self._threshold = torch.tensor([run.threshold for run in runs], dtype=torch.float64, device=device)
        self._make_state()
        self._make_buffers()
        self._make_targets(runs)
        self._views = {horizon: self._make_views(horizon) for horizon in self.horizons}

    def _make_state(self) -> None:
        sizes = self._runs, self._width, self._hidden, self._device
        self._weights, self._gradient = _Parameters.zeros(*sizes), _Parameters.zeros(*sizes)
        self._first_moment, self._second_moment, self._scratch = (
            torch.zeros_like(self._weights.flat) for _ in range(3)
        )
        self._level = torch.zeros(self._runs, dtype=torch.int64, device=self._device)
        self._before = torch.zeros_like(self._level)
        self._taken = torch.zeros((), dtype=torch.float64, device=self._device)

    def _make_buffers(self) -> None:
        runs, size, width = self._runs, self._sequences, self._width
        longest = self.horizons[-1]
        zeros = functools.partial(torch.zeros, device=self._device)
        self.inputs = zeros(runs, self._input_steps, size, width, dtype=torch.int8)
        self.row = zeros(3, runs, dtype=torch.float64)
        self.ahead = zeros((), dtype=torch.int64)
        self._vectors = zeros(runs, self._input_steps * size, width)
        self._states = zeros(runs, self._input_steps + longest, size, self._hidden)
        self._deltas = torch.zeros_like(self._states)
        self._errors = zeros(runs, longest, size, width)
        self._targets = torch.zeros_like(self._errors)
        self._right = zeros(2, runs, longest, size, width, dtype=torch.bool)
        self._times = torch.arange(longest, device=self._device).view(longest, 1, 1)

    def _make_targets(self, runs: Sequence[Setup]) -> None:
        """Each run's table of targets: index i = (variable - 1) * d + dimension becomes a place in its inputs."""
        tables = [run.task.unroll(self.horizons[-1]) for run in runs]
        source = torch.from_numpy(np.stack([places for places, _ in tables])).to(self._device).unsqueeze(2)
        sign = torch.from_numpy(np.stack([signs for _, signs in tables])).to(self._device).unsqueeze(2)
        sequence = torch.arange(self._sequences, device=self._device).unsqueeze(1)
        self._places = (source // self._width * self._sequences + sequence) * self._width + source % self._width
        self._signs = sign.float()

    def _make_views(self, horizon: int) -> _Views:
        runs, hidden, first = self._runs, self._hidden, self._input_steps
        last = first + horizon
        states, deltas = self._states[:, :last], self._deltas[:, :last]
        errors, targets = self._errors[:, :horizon], self._targets[:, :horizon]
        return _Views(
            states=list(states.unbind(1)),
            deltas=list(deltas.unbind(1)),
            outputs_of_states=states[:, first:].view(runs, -1, hidden),
            outputs_of_deltas=deltas[:, first:].view(runs, -1, hidden),
            inputs_of_states=states[:, :first].view(runs, -1, hidden),
            inputs_of_deltas=deltas[:, :first].view(runs, -1, hidden),
            earlier_states=states[:, :-1].view(runs, -1, hidden),
            later_deltas=deltas[:, 1:].view(runs, -1, hidden),
            errors=errors,
            error_rows=errors.view(runs, -1, self._width),
            targets=targets,
            target_row=targets.view(runs, -1),
            places=self._places[:, :horizon].view(runs, -1),
            signs=self._signs[:, :horizon],
            times=self._times[:horizon],
            right=self._right[:, :, :horizon],
        )

    def state(self) -> dict[str, Tensor]:
        """What training changes, by name, but for the number of steps."""
        return {
            "weights": self._weights.flat,
            "first_moment": self._first_moment,
            "second_moment": self._second_moment,
            "level": self._level,
            "before": self._before,
        }

    def begin(self, networks: Sequence[Network]) -> None:
        """Start from these weights."""
        for tensor in self.state().values():
            tensor.zero_()
        arrays = [network.arrays().values() for network in networks]
        for part, stacked in zip(self._weights[1:], map(np.stack, zip(*arrays, strict=True)), strict=True):
            part.copy_(torch.from_numpy(stacked))
        self.go_on(0)

    def go_on(self, steps_done: int) -> None:
        """Take note of how many steps led to the state."""
        self._taken.fill_(steps_done)

    def networks(self) -> list[Network]:
        """The weights of each run, as arrays of their own."""
        parts = [part.cpu().numpy() for part in self._weights[1:]]
        return [Network(*(part[r].copy() for part in parts)) for r in range(self._runs)]

    def begin_epoch(self) -> None:
        """Let the next step see every move before it."""
        self._before.copy_(self._level)

    def longest_horizons(self) -> tuple[int, int]:
        """The longest horizons in the next step and, within an epoch, in the one after it."""
        return int(self._table[self._before].max()), int(self._table[self._level].max())

    def step(self, horizon: int) -> None:
        """Take a step with ``inputs``; no run may stand at a longer horizon than this."""
        views = self._views[horizon]
        horizons = torch.take(self._table, self._before)
        self._vectors.copy_(self.inputs.view_as(self._vectors))
        self._forward(views)
        loss, accuracy = self._score(views, horizons)
        self._backward(views)
        self._descend()
        self._climb(accuracy)
        torch.stack((loss, accuracy, horizons.double()), out=self.row)

    def _forward(self, views: _Views) -> None:
        """h(t) for all time steps and o(t) for the output steps."""
        states, recurrent = views.states, self._weights.w_hh.mT
        torch.bmm(self._vectors, self._weights.w_uh.mT, out=views.inputs_of_states)
        states[0].tanh_()
        for k in range(1, self._input_steps):
            states[k].baddbmm_(states[k - 1], recurrent).tanh_()
        for k in range(self._input_steps, len(states)):
            torch.bmm(states[k - 1], recurrent, out=states[k]).tanh_()
        torch.bmm(views.outputs_of_states, self._weights.w_r.mT, out=views.error_rows)

    def _score(
        self, views: _Views, horizons: Int64[Tensor, " runs"]
    ) -> tuple[Float64[Tensor, " runs"], Float64[Tensor, " runs"]]:
        """Turn the outputs into the gradient of each run's loss by them; returns the runs' losses and accuracies."""
        errors, targets, (right, above) = views.errors, views.targets, views.right
        inside = views.times < horizons.view(-1, 1, 1, 1)
        elements = (horizons * (self._sequences * self._width)).double()
        torch.gather(self._vectors.view(self._runs, -1), 1, views.places, out=views.target_row)
        targets.mul_(views.signs)
        torch.ge(errors, 0, out=right)
        torch.gt(targets, 0, out=above)
        right.eq_(above).logical_and_(inside)
        accuracy = right.sum(dim=(1, 2, 3)) / elements
        errors.sub_(targets).mul_(inside)
        loss = torch.linalg.vector_norm(errors, dim=(1, 2, 3), dtype=torch.float64).square_() / elements
        errors.mul_((2.0 / elements).float().view(-1, 1, 1, 1))
        return loss, accuracy

    def _backward(self, views: _Views) -> None:
        """D(t) = (D(t+1) W_hh + dO(t) W_r) * (1 - h(t)^2) from the last time step to the first, then the gradients."""
        states, deltas, w_hh, gradient = views.states, views.deltas, self._weights.w_hh, self._gradient
        torch.bmm(views.error_rows, self._weights.w_r, out=views.outputs_of_deltas)
        last = len(states) - 1
        for k in range(last, -1, -1):
            if k < self._input_steps:
                torch.bmm(deltas[k + 1], w_hh, out=deltas[k])
            elif k < last:
                deltas[k].baddbmm_(deltas[k + 1], w_hh)
            torch.ops.aten.tanh_backward.grad_input(deltas[k], states[k], grad_input=deltas[k])
        torch.bmm(views.later_deltas.mT, views.earlier_states, out=gradient.w_hh)
        torch.bmm(views.inputs_of_deltas.mT, self._vectors, out=gradient.w_uh)
        torch.bmm(views.error_rows.mT, views.outputs_of_states, out=gradient.w_r)

    def _descend(self) -> None:
        """Clip each run's gradient by its own norm, add its L2 term, and take a step of Adam."""
        weights, gradient, scratch = self._weights.flat, self._gradient.flat, self._scratch
        if self._clip is not None:
            norm = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
            gradient.mul_((self._clip / (norm + 1e-6)).clamp_(max=1.0))
        gradient.addcmul_(weights, self._l2)
        self._taken.add_(1.0)
        bias1, bias2 = (1.0 - torch.pow(beta, self._taken) for beta in (BETA1, BETA2))
        self._first_moment.lerp_(gradient, 1.0 - BETA1)
        self._second_moment.mul_(BETA2).addcmul_(gradient, gradient, value=1.0 - BETA2)
        torch.sqrt(self._second_moment, out=scratch).div_(bias2.sqrt().float()).add_(ADAM_EPS)
        torch.div(self._first_moment, scratch, out=scratch)
        weights.sub_(scratch.mul_((self._rate / bias1).float()))

    def _climb(self, accuracy: Float64[Tensor, " runs"]) -> None:
        """Move the runs whose accuracy exceeds their threshold one notch up the curriculum."""
        self._before.copy_(self._level)
        self._level.add_((accuracy > self._threshold) & (self._level < len(self._table) - 1))
        torch.amax(torch.take(self._table, self._level), dim=0, out=self.ahead)
