"""Variable memories from the weights alone, by realisation theory (Kalman; Ho and Kalman 1966).

Two minimal linear systems with the same outputs differ by one change of basis, and their observability matrices give
it: what the outputs o(t), o(t+1), ... say about h in the network, [W_r; W_r W_hh; W_r W_hh^2; ...] h, they say about m
in the theory, [R; R Phi; R Phi^2; ...] m with R reading variable s. A trained network has the angles of Phi's
eigenvalues but not their modulus, because tanh takes back what the weights amplify; so the long-term ones are put on
the unit circle first, and the others left out.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from emtvb.core.memories import VariableMemories
from emtvb.core.spectrum import MODULUS
from emtvb.core.task_theory import TaskTheory
from emtvb.theory.networks import Network, check_task

_CUTOFF = 1e-10
"""Singular values below this share of the largest are rounding."""


def memories_by_realisation(network: Network, theory: TaskTheory, modulus: float = MODULUS) -> VariableMemories:
    """Psi* from the two observability matrices, Psi its inverse within the span of the long-term modes.

    Args:
        network: Its weights.
        theory: Of the task that it was trained on.
        modulus: An eigenvalue of W_hh is long-term if its modulus is larger.

    Raises:
        InputError: Where the network is not of the task's size.
    """
    check_task(network, theory, "realisation")
    span, steps = _long_term_part(network.W_hh.astype(np.float64), modulus)
    phi, stored = theory.phi, theory.persistent
    seen, expected = network.W_r @ span @ np.linalg.pinv(span, rcond=_CUTOFF), np.eye(stored.size)[-theory.d :]
    network_sees, theory_sees = [], []
    for _ in range(2 * theory.s):
        network_sees.append(seen)
        theory_sees.append(expected)
        seen, expected = seen @ steps, expected @ phi
    basis = np.zeros((network.hidden_dim, stored.size))
    dual = np.zeros((stored.size, network.hidden_dim))
    dual[stored] = np.linalg.pinv(np.concatenate(theory_sees)[:, stored], rcond=_CUTOFF) @ np.concatenate(network_sees)
    basis[:, stored] = span @ np.linalg.pinv(dual[stored] @ span, rcond=_CUTOFF)
    return VariableMemories(basis, dual, stored)


def _long_term_part(
    weights: Float[np.ndarray, "hidden hidden"], modulus: float
) -> tuple[Float[np.ndarray, "hidden mode"], Float[np.ndarray, "hidden hidden"]]:
    """A basis of the long-term modes' span, and the weights with those modes' modulus 1 and the others' 0."""
    values, modes = np.linalg.eig(weights)
    duals = np.linalg.pinv(modes, rcond=_CUTOFF)
    strong = np.abs(values) > modulus
    projection = (modes[:, strong] @ duals[strong]).real
    turned = (modes[:, strong] * (values[strong] / np.abs(values[strong]))) @ duals[strong]
    span, _, _ = np.linalg.svd(projection)
    return span[:, : int(strong.sum())], turned.real
