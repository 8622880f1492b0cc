"""Variable memories: the basis Psi in which a step is the transition of what is stored (paper section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float


@dataclass(frozen=True, eq=False)
class VariableMemories:
    """A basis of the hidden space whose columns each store one element of one variable.

    Attributes:
        encoder: Psi. Columns of elements that are not stored are zero.
        decoder: Psi*, which reads the elements. Rows of elements that are not stored are zero.
        stored: Which of the stacked elements have a column.
        centre: c, the state that stores nothing: the origin for a network without biases.
    """

    encoder: Float[np.ndarray, "hidden memory"]
    decoder: Float[np.ndarray, "memory hidden"]
    stored: Bool[np.ndarray, " memory"]
    centre: Float[np.ndarray, " hidden"] | float = 0.0

    @property
    def fits(self) -> bool:
        """Whether there can be a basis: independent columns need as many neurons."""
        return int(self.stored.sum()) <= self.encoder.shape[0]

    @property
    def condition(self) -> float:
        """Ratio of the largest to the smallest singular value of the stored columns; infinite where they depend."""
        values = np.linalg.svd(self.encoder[:, self.stored], compute_uv=False)
        smallest = values[-1] if self.fits else 0.0
        return float(values[0] / smallest) if smallest > 0 else float("inf")

    def read(self, hidden: Float[np.ndarray, "*time hidden"]) -> Float[np.ndarray, "*time memory"]:
        """The stacked elements that hidden states store, Psi* (h - c)."""
        if hidden.ndim < 3:
            return (hidden - self.centre) @ self.decoder.T
        # A step at a time stays in the processor's cache: half the time, and the same bits.
        elements = np.empty((*hidden.shape[:-1], len(self.decoder)), np.result_type(hidden, self.centre, self.decoder))
        for step, states in enumerate(hidden):
            elements[step] = self.read(states)
        return elements

    def change(
        self, before: Float[np.ndarray, "*batch memory"], after: Float[np.ndarray, "*batch memory"]
    ) -> Float[np.ndarray, "*batch hidden"]:
        """What to add to hidden states that store ``before`` so that they store ``after``, Psi (m' - m)."""
        return (after - before) @ self.encoder.T

    def in_basis(self, weights: Float[np.ndarray, "hidden hidden"]) -> Float[np.ndarray, "memory memory"]:
        """Weights in this basis, Psi* W Psi."""
        return self.decoder @ weights @ self.encoder


def residual_components(
    memories: VariableMemories, hidden: Float[np.ndarray, "sample hidden"], most: int = 10
) -> Float[np.ndarray, "hidden component"]:
    """Principal directions of what hidden states have outside the span of the memories (paper: ten of them)."""
    rest = hidden - hidden @ (memories.encoder @ memories.decoder).T
    _, values, directions = np.linalg.svd(rest - rest.mean(axis=0), full_matrices=False)
    count = min(most, int(np.sum(values > 1e-10 * max(1.0, values[0]))))
    return directions[:count].T


def stored_map(
    memories: VariableMemories, weights: Float[np.ndarray, "hidden hidden"]
) -> Float[np.ndarray, "stored stored"]:
    """The step between memories, Psi* W Psi over the stored elements."""
    return memories.in_basis(weights)[np.ix_(memories.stored, memories.stored)]


def map_error(
    memories: VariableMemories,
    weights: Float[np.ndarray, "hidden hidden"],
    transition: Float[np.ndarray, "memory memory"],
) -> float:
    """Distance of W_hh in the basis from Phi, the transition, over the stored elements: |Psi* W_hh Psi - Phi| / |Phi|.

    The norm is Frobenius'.
    """
    phi = transition[np.ix_(memories.stored, memories.stored)]
    return float(np.linalg.norm(stored_map(memories, weights) - phi) / np.linalg.norm(phi))


def fitted_gain(
    memories: VariableMemories,
    weights: Float[np.ndarray, "hidden hidden"],
    transition: Float[np.ndarray, "memory memory"],
) -> float:
    """The factor g that brings g Phi nearest to W_hh in the basis.

    It is above 1 where tanh takes back what the weights amplify.
    """
    phi = transition[np.ix_(memories.stored, memories.stored)]
    return float((stored_map(memories, weights) * phi).sum() / (phi**2).sum())


def shape_error(
    memories: VariableMemories,
    weights: Float[np.ndarray, "hidden hidden"],
    transition: Float[np.ndarray, "memory memory"],
) -> float:
    """Distance of W_hh in the basis from Phi up to the gain: |Psi* W_hh Psi / g - Phi| / |Phi|; infinite for g = 0."""
    factor = fitted_gain(memories, weights, transition)
    return map_error(memories, weights / factor, transition) if factor else float("inf")


def explained_variance(memories: VariableMemories, states: Float[np.ndarray, "time batch state"]) -> float:
    """Share of the variance of these states inside the span of Psi."""
    flat = (states - memories.centre).reshape(-1, states.shape[-1])
    directions, values, _ = np.linalg.svd(memories.encoder[:, memories.stored], full_matrices=False)
    directions = directions[:, values > 1e-10 * values[0]]
    total = float((flat**2).sum())
    return float(((flat @ directions) ** 2).sum()) / total if total else 0.0
