"""When two runs of a network agree: to rounding, each channel by its own scale; and what noise explains."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from emtvb.adapters.steps import Machine, run_steps

NEAR = {"float64": 1e-9, "float32": 1e-5}
NEAR_WHOLE = {"float64": 1e-6, "float32": 2e-4}
"""Differences that do not count, of steps made again and of the whole network: shares of what a channel spans."""
_NEAR_HALF = 2e-2
"""The same in half precision."""
_UNITS = 4
"""Units of the last place of a number that do not count either."""
_CONSTANT = 32
"""A channel that spans fewer times those is constant within rounding."""
_SENSITIVE = 100
"""Rounding decides where moving all numbers by so many times these units makes as large a difference."""
_SAMPLE = 4096
"""Numbers of a channel from which its scale is taken, at most."""
_FEW = 8
"""Values of a channel that are few."""
DRAWS = 8
"""Runs with noise of each of two networks; so one pair of equals in 6,435 is told apart by chance."""
Near = dict[str, float]


class Scale:
    """What each channel, the last axis, spans. Numbers beyond a gap of half a span, such as masks, have their own.

    Args:
        values: All numbers of the channels.
    """

    def __init__(self, values: Float[np.ndarray, "... channel"]) -> None:
        rows = values.reshape(-1, values.shape[-1])
        if len(rows) > _SAMPLE:
            rows = rows[np.random.default_rng(0).choice(len(rows), _SAMPLE, replace=False)]
        self._pieces = [_spans(np.unique(channel[np.isfinite(channel)])) for channel in rows.T]
        self.typical = np.array([min(spans[spans > 0], default=0.0) for _, spans in self._pieces])
        self.largest = np.array([max(spans, default=0.0) for _, spans in self._pieces])
        self.nearest = np.array([np.abs(starts).min(initial=np.inf) for starts, _ in self._pieces])
        self.nearest[np.isinf(self.nearest)] = 0.0

    def of(self, values: Float[np.ndarray, "... channel"]) -> Float[np.ndarray, "... channel"]:
        """What is spanned by those that are like each number; of one that stands alone, the channel's smallest span."""
        found = np.zeros(values.shape)
        for i, (starts, spans) in enumerate(self._pieces):
            if len(starts):
                place = np.searchsorted(starts, values[..., i], side="right") - 1
                found[..., i] = np.where(spans > 0, spans, self.typical[i])[np.maximum(place, 0)]
        return found

    def few(self) -> Bool[np.ndarray, " channel"]:
        """Which channels take a few values only."""
        return np.array([1 < len(starts) <= _FEW and not spans.any() for starts, spans in self._pieces], dtype=bool)


def _spans(values: Float[np.ndarray, " distinct"]) -> tuple[np.ndarray, np.ndarray]:
    """Where the pieces of sorted numbers start, between which are gaps of more than half of both, and their spans."""
    values = values.astype(np.float64)
    found, rest = [], [(0, len(values))] if len(values) else []
    while rest:
        first, end = rest.pop()
        span = values[end - 1] - values[first]
        gaps = np.diff(values[first:end])
        if len(gaps) and gaps.max() > span / 2:
            cut = first + 1 + int(gaps.argmax())
            rest += [(cut, end), (first, cut)]
        else:
            found.append((values[first], span))
    return np.array([start for start, _ in found]), np.array([span for _, span in found])


def tolerance(machine: Machine, values: np.ndarray, scale: Scale, near: Near) -> np.ndarray:
    """How far a number may be from each of these."""
    size = np.where(np.isfinite(values), np.abs(values), 0.0) + scale.nearest
    return _share(machine, values.dtype, near) * scale.of(values) + _UNITS * _unit(machine, values.dtype) * size


def coarseness(machine: Machine, dtype: np.dtype, scale: Scale, near: Near) -> Float[np.ndarray, " channel"]:
    """Which share of what a channel spans its smallest numbers may differ by: much, where they are far from 0."""
    units = 2 * _UNITS * _unit(machine, dtype) * scale.nearest
    return _share(machine, dtype, near) + units / np.where(scale.largest > 0, scale.largest, np.inf)


def _share(machine: Machine, dtype: np.dtype, near: Near) -> float:
    """Which share of what a channel spans does not count."""
    return _NEAR_HALF if machine.is_half else near.get(str(dtype), near["float32"])


def constant_channels(machine: Machine, values: Float[np.ndarray, "... channel"]) -> Bool[np.ndarray, " channel"]:
    """Which channels are the same number throughout, within rounding."""
    rows = values.reshape(-1, values.shape[-1]).astype(np.float64)
    same = (rows == rows[0]).all(axis=0)
    with np.errstate(invalid="ignore"):
        spans, size = rows.max(axis=0) - rows.min(axis=0), np.abs(rows).max(axis=0)
        near: Bool[np.ndarray, " channel"] = spans <= _CONSTANT * _UNITS * _unit(machine, values.dtype) * size
    return same | (near & np.isfinite(size))


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How far numbers are apart: equal infinities not at all, and what is not finite from other numbers infinitely."""
    with np.errstate(invalid="ignore"):
        apart = np.abs(a.astype(np.float64) - b)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    return np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))


def differ(machine: Machine, made: np.ndarray, expected: np.ndarray, scale: Scale, near: Near) -> Bool[np.ndarray, ...]:
    """Which numbers differ by more than rounding."""
    found: Bool[np.ndarray, ...] = distances(made, expected) > tolerance(machine, expected, scale, near)
    return found


class Rounding:
    """What rounding could do to a run: differences after each number that is not whole was moved by a little.

    Attributes:
        grown: How far it could have moved each number of the states (of one step alone) and of the outputs.
        calm: What it does to each channel of them at its calmest.

    Args:
        machine: Makes the steps.
        x: Inputs of the run.
        state: Where it begins.
        is_drawn_again: Whether each step draws the same noise; else the run does.
    """

    def __init__(
        self,
        machine: Machine,
        x: Float[np.ndarray, "time trial input"],
        state: Any = None,
        is_drawn_again: bool = False,
    ) -> None:
        self._machine, self._x, self._state, self._is_drawn_again = machine, x, state, is_drawn_again
        plain = self._run(0, 0)
        by = 2e-2 if machine.is_half else _SENSITIVE * _UNITS * _unit(machine, plain[1].dtype)
        moved = [np.zeros(part.shape) for part in plain]
        for seed in range(2):
            for share in (by, -by):  # up and down, so that a threshold nearby is passed in one of them
                for most, part, other in zip(moved, plain, self._run(seed, share), strict=True):
                    np.maximum(most, distances(other, part), out=most)
        self.grown = [_grown(part) for part in moved]
        self.calm = [_calm(part) for part in moved]

    def _run(self, seed: int, share: float) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        with self._machine.drawn_again():
            return run_steps(
                self._machine, _moved(self._x, rng, share), self._begun(rng, share), self._times(),
                is_drawn_again=self._is_drawn_again, change=self._changes(rng, share),
            )  # fmt: skip

    def _times(self) -> tuple[int, ...] | None:
        """States are asked for of a single step alone: of a long run they are many."""
        return None if len(self._x) == 1 else ()

    def _begun(self, rng: np.random.Generator, share: float) -> np.ndarray | None:
        return None if self._state is None else _moved(self._state, rng, share)

    def _changes(self, rng: np.random.Generator, share: float) -> Callable[[Any], Any] | None:
        if not share:
            return None
        array = self._machine.array
        return lambda flat: (
            flat + flat * array(share * rng.choice([-1.0, 1.0], size=tuple(flat.shape))) * (flat != flat.round())
        )


def _moved(values: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Numbers, of which those that are not whole are larger or smaller by a share: ids and counts stay."""
    signs = rng.choice([-1.0, 1.0], size=values.shape)
    moved: np.ndarray = np.where(values == np.round(values), values, values * (1 + share * signs)).astype(values.dtype)
    return moved


def _grown(apart: Float[np.ndarray, "time trial channel"]) -> Float[np.ndarray, "time trial channel"]:
    """How far rounding could have moved a number: by what that trial, or half of all trials, were moved until then."""
    usual = np.median(apart, axis=1, keepdims=True)
    return np.maximum.accumulate(np.maximum(2 * apart, 8 * usual), axis=0)


def _calm(apart: Float[np.ndarray, "time trial channel"]) -> Float[np.ndarray, " channel"]:
    """What rounding does to a channel at its calmest, before it grows: differences below that are nothing else."""
    size = np.sqrt(np.mean(apart**2, axis=1))
    calm = np.where((size > 0) & np.isfinite(size), size, np.inf).min(axis=0, initial=np.inf)
    return np.where(np.isfinite(calm), calm, 0.0)


def noise_explains(
    own: Float[np.ndarray, "draw time trial channel"], theirs: Float[np.ndarray, "draw time trial channel"]
) -> tuple[bool, int]:
    """Whether draws of two networks could be of one; else which channel tells most.

    Means and variances of both halves are compared over all ways to part the draws in two halves, of which the true one
    would be as likely as any other to differ most.
    """
    half = len(own)
    parted = np.array([[(i in chosen) * 2 - 1 for i in range(2 * half)] for chosen in _halves(half)], dtype=np.float64)
    channels, draws = own.shape[-1], np.concatenate([own, theirs]).reshape(2 * half, -1, own.shape[-1])
    most, place = np.full(len(parted), -np.inf), 0
    for channel in range(channels):
        y = draws[..., channel].astype(np.float64)
        finite = np.isfinite(y)
        y = np.where(finite, y, 0)
        y -= y.mean(axis=0)
        for feature in (y, y**2, finite.astype(np.float64)):
            centred = feature - feature.mean(axis=0)
            sums = np.einsum("ai,ij,aj->a", parted, centred @ centred.T, parted)
            spread = sums.std()
            if spread <= 1e-9 * np.abs(sums).max(initial=0.0):
                continue
            telling = (sums - sums.mean()) / spread
            if telling[0] > most[0]:
                place = channel
            most = np.maximum(most, telling)
    return bool((most[1:] >= most[0]).any()) or not np.isfinite(most[0]), place


def _halves(half: int) -> list[tuple[int, ...]]:
    """All halves of twice as many with the first of them; first the true one."""
    return [(0, *others) for others in combinations(range(1, 2 * half), half - 1)]


def _unit(machine: Machine, dtype: np.dtype) -> float:
    """The unit of the last place of a number of 1."""
    return 2.5e-3 if machine.is_half else float(np.finfo(dtype if dtype.kind == "f" else np.float64).eps)
