"""Parts of W_hh removed: in its Schur form, as others do it, and between variable memories and the rest of the state.

A projection divides the state into what it keeps, the *inside*, and the *rest*; so W_hh is a sum of four parts: from
the inside to itself (``within``), from the rest to itself (``rest``), from the rest to the inside (``entering``) and
from the inside to the rest (``leaving``). Each is removed, and the network does its task without it.

In the real Schur form of W_hh (Draeger 2026, arXiv 2606.18457) the inside is the core C: the blocks whose eigenvalues
are long-term. Ordered first, the core is a subspace that W_hh does not leave, and the coupling enters it from R;
ordered last, the rest is, and the coupling leaves the core: T_C->R. The rest is at right angles to the core in either.

Zeroing a coupling in a Schur form turns the directions along which the core is read; so the same is done without right
angles. In the basis of *modes* the inside is the span of the core's modes and the rest that of all others: there is no
coupling, and zeroing the rest leaves the core, and what it reads, as they are. In the basis of variable memories the
inside is the span of Psi, and the rest is what Psi* does not read.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.linalg import schur, solve_sylvester

from emtvb.adapters.elman import Elman
from emtvb.core.memories import VariableMemories
from emtvb.core.spectrum import MODULUS
from emtvb.flushing import flushed
from emtvb.theory import networks
from emtvb.theory.literature_columns import ABLATIONS, HELD, ablation_column
from emtvb.theory.networks import Network
from emtvb.theory.observation import Observation
from emtvb.theory.realisation import memories_by_realisation
from emtvb.theory.runs import Run
from emtvb.theory.tasks import Task

SEQUENCES = 24
"""Random test sequences for each ablation."""
_SEED = 2606_18457
_CUTOFF = 1e-10
"""Singular values below this share of the largest are rounding."""


def split_by_projection(
    weights: Float[np.ndarray, "hidden hidden"], projection: Float[np.ndarray, "hidden hidden"]
) -> dict[str, Float[np.ndarray, "hidden hidden"]]:
    """The four parts of weights by a projection; their sum is the weights."""
    rest = np.eye(len(weights)) - projection
    return {
        "within": projection @ weights @ projection,
        "rest": rest @ weights @ rest,
        "entering": projection @ weights @ rest,
        "leaving": rest @ weights @ projection,
    }


def core_basis(
    weights: Float[np.ndarray, "hidden hidden"], modulus: float = MODULUS, first: bool = True
) -> Float[np.ndarray, "hidden core"]:
    """An orthonormal basis of the core C in the ordered real Schur form: blocks of eigenvalues above this modulus.

    Args:
        weights: W_hh.
        modulus: An eigenvalue is long-term if its modulus is larger.
        first: Whether the core comes first in the form; else it comes last.
    """
    _, vectors, leading = schur(
        weights, output="real", sort=lambda real, imaginary: (np.hypot(real, imaginary) > modulus) == first
    )
    chosen: np.ndarray = vectors[:, :leading] if first else vectors[:, leading:]
    return chosen


def orthogonal_projection(basis: Float[np.ndarray, "hidden inside"]) -> Float[np.ndarray, "hidden hidden"]:
    """The projection at right angles onto the span of these columns."""
    directions, values, _ = np.linalg.svd(basis, full_matrices=False)
    spanning = directions[:, values > _CUTOFF * max(values[0], 1e-300)]
    projection: np.ndarray = spanning @ spanning.T
    return projection


def along_modes(
    weights: Float[np.ndarray, "hidden hidden"], modulus: float = MODULUS
) -> Float[np.ndarray, "hidden hidden"]:
    """The projection onto the span of the core's modes along the span of all others: it commutes with the weights."""
    form, vectors, leading = schur(
        weights, output="real", sort=lambda real, imaginary: np.hypot(real, imaginary) > modulus
    )
    if leading in (0, len(weights)):
        return np.eye(len(weights)) if leading else np.zeros_like(weights)
    first, rest = vectors[:, :leading], vectors[:, leading:]
    lean = solve_sylvester(form[:leading, :leading], -form[leading:, leading:], -form[:leading, leading:])
    projection: np.ndarray = first @ (first.T - lean @ rest.T)
    return projection


def memory_projection(memories: VariableMemories) -> Float[np.ndarray, "hidden hidden"]:
    """The projection onto the span of the memories along what Psi* does not read, Psi (Psi* Psi)^-1 Psi*."""
    basis, dual = memories.encoder[:, memories.stored], memories.decoder[memories.stored]
    projection: np.ndarray = basis @ np.linalg.pinv(dual @ basis, rcond=_CUTOFF) @ dual
    return projection


@flushed()
def accuracies_without(
    network: Network, removed: Sequence[Float[np.ndarray, "hidden hidden"]], task: Task, horizon: int,
    sequences: int = SEQUENCES,
) -> tuple[Float[np.ndarray, " removed"], Float[np.ndarray, " removed"]]:  # fmt: skip
    """Test accuracy without each of these parts of W_hh: without it throughout, and in the output phase alone.

    Args:
        network: Its weights.
        removed: What is taken from W_hh.
        task: What the network was trained on.
        horizon: Output steps.
        sequences: Random test sequences, the same for all parts.
    """
    x, wanted = task.batch(np.random.default_rng(_SEED), sequences, horizon)
    whole = network.W_hh.astype(np.float64)
    without = np.stack([whole - part for part in removed]).transpose(0, 2, 1).astype(network.W_hh.dtype)
    early = np.concatenate([without, np.broadcast_to(network.W_hh.T, without.shape)])
    late = np.concatenate([without, without])
    drive = x @ network.W_uh.T
    states = np.zeros((len(late), sequences, network.hidden_dim), dtype=drive.dtype)
    right = np.zeros(len(late))
    for t in range(len(x)):
        states = np.tanh(states @ (early if t < task.s else late) + drive[t])
        if t >= task.s:
            right += (networks.nearest_bits(states @ network.W_r.T) == wanted[t]).mean(axis=(1, 2))
    shares = right / horizon
    return shares[: len(without)], shares[len(without) :]


def ablation_row(
    run: Run, network: Network, modulus: float, horizon: int, observed: Observation | None = None
) -> dict[str, object]:
    """A row of ``measurements/ablations.csv``: ``run_id`` and ``literature_columns.ABLATED``.

    Args:
        run: Its task and its name.
        network: Its weights, finite.
        modulus: An eigenvalue of W_hh is long-term, and in the core, if its modulus is larger.
        horizon: Output steps of the accuracy test.
        observed: The network at work; by default it is run anew.

    Raises:
        InputError: Where the network is not of the run's task.
    """
    networks.check_task(network, run.task.theory, run.run_id)
    weights = network.W_hh.astype(np.float64)
    first, last = core_basis(weights, modulus), core_basis(weights, modulus, first=False)
    seen = (observed or Observation(Elman(network), run.task)).memories
    read = memory_projection(memories_by_realisation(network, run.task.theory, modulus))
    span = orthogonal_projection(seen.encoder[:, seen.stored])
    memory_dim, core_dim = round(float(np.trace(read))), first.shape[1]
    random = np.random.default_rng([_SEED, run.seed]).normal(size=(network.hidden_dim, memory_dim))
    projections = {
        "core_first": first @ first.T, "core_last": last @ last.T, "memories": read, "span": span,
        "modes": along_modes(weights, modulus),
        "random": orthogonal_projection(random) if memory_dim else np.zeros_like(weights),
    }  # fmt: skip
    names, removed = ["intact"], [np.zeros_like(weights)]
    for basis, sets in ABLATIONS.items():
        of = split_by_projection(weights, projections[basis])
        for together in sets:
            names.append(ablation_column(basis, together))
            removed.append(np.sum([of[part] for part in together], axis=0))
    throughout, held = accuracies_without(network, removed, run.task, horizon)
    return {
        "run_id": run.run_id,
        "core_dim": core_dim,
        "memory_dim": memory_dim,
        "overlap": round(float(np.trace(first.T @ span @ first)) / core_dim, 5) if core_dim else float("nan"),
        **{name: round(float(value), 5) for name, value in zip(names, throughout, strict=True)},
        **{f"{HELD}{name}": round(float(value), 5) for name, value in zip(names[1:], held[1:], strict=True)},
    }
