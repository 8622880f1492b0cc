"""Variable memories by the paper's power iteration, from the weights of a network (paper section 3.3)."""

from __future__ import annotations

import numpy as np

from emtvb.core.memories import VariableMemories
from emtvb.core.task_theory import TaskTheory
from emtvb.theory.networks import Network, check_task

_CUTOFF = 1e-15
"""Singular values below this share of the largest are dropped from pseudo-inverses: none, but for rounding. The
published code drops those below it in absolute terms, in single precision, with the same effect."""


def power_iteration(network: Network, theory: TaskTheory) -> VariableMemories:
    """The paper's basis: Psi_s = pinv(W_r), Psi_i = W_hh Psi_{i+1}, columns of norm 1, Psi* = pinv(Psi).

    Only the elements that carry a long-term mode of Phi are kept. It rests on a pseudo-inverse and, as its authors
    say, fails on tasks other than repeat copy.

    Raises:
        InputError: Where the network is not of the task's size.
    """
    check_task(network, theory, "power iteration")
    W_hh = network.W_hh.astype(np.float64)
    block = np.linalg.pinv(network.W_r.astype(np.float64), rcond=_CUTOFF)
    blocks = []
    for _ in range(theory.s):
        block = block / _column_norms(block)
        blocks.append(block)
        block = W_hh @ block
    psi = np.concatenate(blocks[::-1], axis=1)
    stored = theory.persistent
    basis = np.zeros((network.hidden_dim, stored.size))
    dual = np.zeros((stored.size, network.hidden_dim))
    basis[:, stored] = psi[:, stored]
    dual[stored] = np.linalg.pinv(basis[:, stored], rcond=_CUTOFF)
    return VariableMemories(basis, dual, stored)


def _column_norms(columns: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(columns, axis=0, keepdims=True)
    return np.where(norms > 0, norms, 1.0)
