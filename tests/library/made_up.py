"""A system that holds what it is told to, in directions that are known: a bit, one of three words and a number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import emtvb
from emtvb.core.variables import simplex_corners

WORDS = np.array(["blue", "green", "red"])
SIZE = 12


@dataclass(frozen=True, eq=False)
class Register:
    """State Psi v + c. An input sets the bit, names a word, adds to the number. The output is all three.

    Attributes:
        basis: Psi: a column for the bit, two for the word, one for the number; more for what is not labelled.
        centre: c.
    """

    basis: np.ndarray
    centre: np.ndarray

    def __call__(self, u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        v = (h - self.centre) @ np.linalg.pinv(self.basis).T
        bit = np.where(u[:, :1] != 0, u[:, :1], v[:, :1])
        word = np.where(u[:, 1:2] > 0, simplex_corners(3)[np.maximum(u[:, 1].astype(int) - 1, 0)], v[:, 1:3])
        v = np.concatenate([bit, word, v[:, 3:4] + u[:, 2:3], v[:, 4:] * 0.5], axis=1)
        return v[:, :4], v @ self.basis.T + self.centre


def make_register(extra: int = 0, seed: int = 0) -> Register:
    rng = np.random.default_rng(seed)
    return Register(rng.normal(size=(SIZE, 4 + extra)), rng.normal(size=SIZE))


def adapted(register: Register) -> emtvb.Adapted:
    return emtvb.adapt(register, state=register.centre)


def tape(trials: int = 200, time: int = 20, seed: int = 0) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Random inputs, all set at time 0, and what should be held."""
    rng = np.random.default_rng(seed)
    write = rng.random((time, trials, 2)) < 0.1
    write[0] = True
    u = np.zeros((time, trials, 3))
    u[..., 0] = rng.choice([-1, 1], size=(time, trials)) * write[..., 0]
    u[..., 1] = rng.integers(1, 4, size=(time, trials)) * write[..., 1]
    u[..., 2] = 0.3 * rng.normal(size=(time, trials))
    bit, word = u[0, :, 0].copy(), u[0, :, 1].copy()
    bits, words = np.empty((time, trials)), np.empty((time, trials), dtype=int)
    for t in range(time):
        bit = np.where(u[t, :, 0] != 0, u[t, :, 0], bit)
        word = np.where(u[t, :, 1] > 0, u[t, :, 1], word)
        bits[t], words[t] = bit, word - 1
    return u, {"bit": bits > 0, "word": WORDS[words], "number": u[..., 2].cumsum(axis=0) * 10 + 7}


def future(values: np.ndarray, u: np.ndarray) -> np.ndarray:
    """What the register gives out after these values."""
    bit = np.where(values[:, 0].astype(bool), 1.0, -1.0)
    word = np.searchsorted(WORDS, values[:, 1].astype(str))
    number = (values[:, 2].astype(float) - 7) / 10
    every = []
    for step in u:
        bit = np.where(step[:, 0] != 0, step[:, 0], bit)
        word = np.where(step[:, 1] > 0, step[:, 1].astype(int) - 1, word)
        number = number + step[:, 2]
        every.append(np.concatenate([bit[:, None], simplex_corners(3)[word], number[:, None]], axis=1))
    return np.stack(every)
