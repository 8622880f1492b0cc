"""The batches of a stream: the authors' generator, number for number.

Lengths, and the element that is turned where an input happens to be the marker's vector, come from numpy's generator of
the run's seed; initial weights and vectors come from torch's. After each epoch the authors' code validates, on batches
whose vectors come from the same generator of torch: they are drawn here as well, and left.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Int8

from emtvb.theory.schedule import Schedule, episode_schedule
from emtvb.theory.stream_order import StreamSetup
from emtvb.training import stream
from emtvb.weights import Network

_VALIDATION = 1000
"""What the seed of a validation's lengths is above that of the training's."""


class Batches:
    """The batches of a run, one after another.

    Args:
        run: Whose they are.
        generator: Torch's, after the initial weights were drawn from it.
    """

    def __init__(self, run: StreamSetup, generator: torch.Generator) -> None:
        self._run, self._generator = run, generator
        self._lengths = np.random.RandomState(run.seed)
        self._validation = np.random.RandomState(run.seed + _VALIDATION)

    def begin_epoch(self, *, first: bool) -> None:
        """What is drawn before an epoch's first batch: after another epoch, that one's validation."""
        if not first:
            stream.draw_epoch_start(self._generator)
            for _ in range(self._run.protocol.batches_per_epoch):
                self._draw(self._validation)
        stream.draw_epoch_start(self._generator)

    def next(self) -> tuple[Schedule, Int8[np.ndarray, "shown batch d"]]:
        """The next batch: its schedule, and what it shows at the steps that show anything."""
        lengths, shown = self._draw(self._lengths)
        return episode_schedule(self._run.task, self._run.episodes, lengths), np.concatenate(shown)

    def state(self) -> dict[str, np.ndarray]:
        """Where the generators stand."""
        return {
            "generator": self._generator.get_state().numpy(),
            "lengths": _state(self._lengths),
            "validation": _state(self._validation),
        }

    def take(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from there."""
        self._generator.set_state(torch.from_numpy(state["generator"]))
        for generator, name in ((self._lengths, "lengths"), (self._validation, "validation")):
            *key, place = state[name].tolist()
            generator.set_state(("MT19937", np.array(key, np.uint32), place, 0, 0.0))

    def _draw(self, lengths: np.random.RandomState) -> tuple[list[int], list[Int8[np.ndarray, "shown batch d"]]]:
        """The lengths of a batch's episodes, and what it shows, piece by piece."""
        task, episodes, size = self._run.task, self._run.episodes, self._run.protocol.batch_size
        chosen: list[int] = []
        shown: list[np.ndarray] = []
        at = 0
        while True:
            length = int(lengths.randint(episodes.lengths[0], episodes.lengths[1] + 1))
            if episodes.total is not None and at + episodes.needed(length) > episodes.total:
                break
            vectors = self._vectors(length, lengths)
            room = episodes.outputs if episodes.total is None else episodes.total - at - length - episodes.gap
            at += length + episodes.gap + min(episodes.outputs, room)
            chosen.append(length)
            shown.append(vectors)
            if episodes.marker:
                shown.append(np.full((1, size, task.d), -1, np.int8))
            if episodes.total is None or at >= episodes.total:
                break
        return chosen, shown

    def _vectors(self, length: int, lengths: np.random.RandomState) -> Int8[np.ndarray, "length batch d"]:
        size, d = self._run.protocol.batch_size, self._run.task.d
        bits = torch.randint(0, 2, (length, size, d), generator=self._generator, dtype=torch.int8)
        vectors = bits.mul_(2).sub_(1).numpy()
        if self._run.episodes.marker:
            for step, row in np.argwhere((vectors == -1).all(axis=2)):
                vectors[step, row, lengths.randint(0, d)] = 1
        return vectors


def begin_batches(run: StreamSetup) -> tuple[Batches, Network]:
    """The batches of a run from the first on, and its initial weights."""
    generator = torch.Generator().manual_seed(run.seed)
    network = stream.draw_network(generator, run.task.d, run.hidden_dim)
    return Batches(run, generator), network


def shown_at(plan: Schedule) -> np.ndarray:
    """The place of each step among those that show anything; -1 where nothing is shown."""
    shows = plan.shows != 0
    return np.where(shows, np.cumsum(shows) - 1, -1)


def dense_inputs(plan: Schedule, shown: np.ndarray) -> np.ndarray:
    """What is shown at each step, as a network takes it: (time, batch, d), float32, 0 where nothing is shown."""
    inputs = np.zeros((len(plan), *shown.shape[1:]), np.float32)
    inputs[plan.shows != 0] = shown
    return inputs


def _state(generator: np.random.RandomState) -> np.ndarray:
    """The key of a Mersenne twister and the place in it; whole numbers alone are drawn, which need no more."""
    state = generator.get_state(legacy=False)["state"]
    return np.array([*state["key"].tolist(), state["pos"]], np.int64)
