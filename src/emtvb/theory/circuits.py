"""The theory's network by hand: W_hh is Phi, as it stands, with one neuron for each stacked element.

A linear network that keeps values solves T1 and no task whose cycles are shorter than s. What it gives out is a sum
over what was shown, with weights that depend on the lag alone. An element that is read every L < s steps must come out
again L steps after the last vector's and 2 L steps after it, so the weights at both lags are 1; but of the vector that
was shown L steps earlier nothing must be left, so the weight at 2 L is 0. What is shown anew has to overwrite, and for
values that takes tanh. Signs take none: where all fades (half of Phi), what is older is smaller than what is newer.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from emtvb.theory.tasks import Task
from emtvb.weights import Network

SMALL = 1e-3
"""An amplitude at which tanh is linear for thousands of steps."""
GAIN, WRITTEN = 2.0, 4.0
"""Of the latch: the weights' gain, and how much larger than what is stored inputs are, which overwrite it so."""
HALF = 0.5
"""The gain of the one that fades."""


def build_circuit(
    task: Task, basis: Float[np.ndarray, "hidden memory"], gain: float, written: float, amplitude: float
) -> Network:
    """The network that stores m as h = amplitude * basis m: W_hh is Phi in that basis, times a gain.

    Args:
        task: What it is for.
        basis: Columns at right angles to each other, all of the same length.
        gain: Of the weights; 1 where nothing takes any of it back; below 1 all fades.
        written: What an input of 1 adds to h along its column, before tanh.
        amplitude: What 1 is stored as; the readout makes 1 of it again.
    """
    dual = basis.T / float((basis**2).sum(axis=0).mean())
    newest = slice(-task.d, None)
    arrays = written * basis[:, newest], gain * (basis @ task.theory.phi @ dual), dual[newest] / amplitude
    return Network(*(array.astype(np.float32) for array in arrays))


def linear_circuit(task: Task, gain: float = 1.0) -> Network:
    """The linear one: at an amplitude so small that tanh is linear."""
    return build_circuit(task, np.eye(task.s * task.d), gain, SMALL, SMALL)


def latching_circuit(task: Task) -> Network:
    """The one that latches: weights amplify, tanh saturates, and inputs are so large that they overwrite."""
    amplitude = stored_amplitude(GAIN)
    return build_circuit(task, np.eye(task.s * task.d), GAIN, WRITTEN, amplitude)


def stored_amplitude(gain: float) -> float:
    """The amplitude above 0 that h = tanh(gain h) keeps; 0 where none is kept."""
    amplitude = 1.0
    for _ in range(10_000):
        amplitude = math.tanh(gain * amplitude)
    return amplitude if gain > 1 else 0.0


def phi_period(task: Task) -> int:
    """Steps after which Phi, with its signs, is the identity on all that circulates for ever."""
    theory = task.theory
    # a cycle whose signs multiply to -1 has turned its elements round once it is through: it takes two turns
    return math.lcm(*(len(cycle) * (1 if theory.sign[cycle].prod() > 0 else 2) for cycle in theory.cycles))
