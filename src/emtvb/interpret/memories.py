"""Variable memories: the basis Psi in which W_hh is the task's own transition (paper section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from emtvb.networks import Network, check_task
from emtvb.tasks import Task

_CUTOFF = 1e-15
"""Singular values below this share of the largest are dropped from pseudo-inverses: none, but for rounding. The
published code drops those below it in absolute terms, in single precision, with the same effect."""


@dataclass(frozen=True, eq=False)
class VariableMemories:
    """A basis of the hidden space whose columns each store one element of one variable.

    Attributes:
        basis: Psi. Columns that were dropped are zero.
        dual: Psi*, which reads the elements. Rows that were dropped are zero.
        kept: Which of the stacked elements have a column.
        centre: c, the state that stores nothing: the origin for a network without biases.
    """

    basis: Float[np.ndarray, "hidden memory"]
    dual: Float[np.ndarray, "memory hidden"]
    kept: Bool[np.ndarray, " memory"]
    centre: Float[np.ndarray, " hidden"] | float = 0.0

    @property
    def fits(self) -> bool:
        """Whether there can be a basis: independent columns need as many neurons."""
        return int(self.kept.sum()) <= self.basis.shape[0]

    @property
    def condition(self) -> float:
        """Ratio of the largest to the smallest singular value of the kept columns; infinite where they depend."""
        values = np.linalg.svd(self.basis[:, self.kept], compute_uv=False)
        smallest = values[-1] if self.fits else 0.0
        return float(values[0] / smallest) if smallest > 0 else float("inf")

    def read(self, hidden: Float[np.ndarray, "*time hidden"]) -> Float[np.ndarray, "*time memory"]:
        """The stacked elements that hidden states store, Psi* (h - c)."""
        if hidden.ndim < 3:
            return (hidden - self.centre) @ self.dual.T
        # A step at a time stays in the processor's cache: half the time, and the same bits.
        elements = np.empty((*hidden.shape[:-1], len(self.dual)), np.result_type(hidden, self.centre, self.dual))
        for step, states in enumerate(hidden):
            elements[step] = self.read(states)
        return elements

    def change(
        self, before: Float[np.ndarray, "*batch memory"], after: Float[np.ndarray, "*batch memory"]
    ) -> Float[np.ndarray, "*batch hidden"]:
        """What to add to hidden states that store ``before`` so that they store ``after``, Psi (m' - m)."""
        return (after - before) @ self.basis.T

    def seen(self, weights: Float[np.ndarray, "hidden hidden"]) -> Float[np.ndarray, "memory memory"]:
        """Weights in this basis, Psi* W Psi."""
        return self.dual @ weights @ self.basis


def power_iteration(network: Network, task: Task) -> VariableMemories:
    """The paper's basis: Psi_s = pinv(W_r), Psi_i = W_hh Psi_{i+1}, columns of norm 1, Psi* = pinv(Psi).

    Only the elements that carry a long-term mode of Phi are kept. It rests on a pseudo-inverse and, as its authors
    say, fails on tasks other than repeat copy.

    Raises:
        InputError: Where the network is not of the task's size.
    """
    check_task(network, task, "power iteration")
    W_hh = network.W_hh.astype(np.float64)
    block = np.linalg.pinv(network.W_r.astype(np.float64), rcond=_CUTOFF)
    blocks = []
    for _ in range(task.s):
        block = block / _norms(block)
        blocks.append(block)
        block = W_hh @ block
    psi = np.concatenate(blocks[::-1], axis=1)
    kept = task.persistent()
    basis = np.zeros((network.hidden_dim, kept.size))
    dual = np.zeros((kept.size, network.hidden_dim))
    basis[:, kept] = psi[:, kept]
    dual[kept] = np.linalg.pinv(basis[:, kept], rcond=_CUTOFF)
    return VariableMemories(basis, dual, kept)


def residual_components(
    memories: VariableMemories, hidden: Float[np.ndarray, "sample hidden"], most: int = 10
) -> Float[np.ndarray, "hidden component"]:
    """Principal directions of what hidden states have outside the span of the memories (paper: ten of them)."""
    rest = hidden - hidden @ (memories.basis @ memories.dual).T
    _, values, directions = np.linalg.svd(rest - rest.mean(axis=0), full_matrices=False)
    count = min(most, int(np.sum(values > 1e-10 * max(1.0, values[0]))))
    return directions[:count].T


def between(memories: VariableMemories, weights: Float[np.ndarray, "hidden hidden"]) -> Float[np.ndarray, "kept kept"]:
    """The step between memories, Psi* W Psi over the kept elements."""
    return memories.seen(weights)[np.ix_(memories.kept, memories.kept)]


def map_error(memories: VariableMemories, weights: Float[np.ndarray, "hidden hidden"], task: Task) -> float:
    """Distance of W_hh in the basis from Phi over the kept elements: |Psi* W_hh Psi - Phi| / |Phi| (Frobenius)."""
    phi = task.transition()[np.ix_(memories.kept, memories.kept)]
    return float(np.linalg.norm(between(memories, weights) - phi) / np.linalg.norm(phi))


def gain(memories: VariableMemories, weights: Float[np.ndarray, "hidden hidden"], task: Task) -> float:
    """The factor g that brings g Phi nearest to W_hh in the basis.

    It is above 1 where tanh takes back what the weights amplify.
    """
    phi = task.transition()[np.ix_(memories.kept, memories.kept)]
    return float((between(memories, weights) * phi).sum() / (phi**2).sum())


def shape_error(memories: VariableMemories, weights: Float[np.ndarray, "hidden hidden"], task: Task) -> float:
    """Distance of W_hh in the basis from Phi up to the gain: |Psi* W_hh Psi / g - Phi| / |Phi|; infinite for g = 0."""
    factor = gain(memories, weights, task)
    return map_error(memories, weights / factor, task) if factor else float("inf")


def _norms(columns: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(columns, axis=0, keepdims=True)
    return np.where(norms > 0, norms, 1.0)
