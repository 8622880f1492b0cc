"""The published random stream of a run: its initial weights, then its batches, which the authors' code draws.

Its numbers are torch's. They were seen to be the same with torch 2.13.0; :func:`check_published_stream` holds any other
to them.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int8
from torch import Tensor
from torch.nn import init

from emtvb.errors import InputError
from emtvb.theory.protocol import ORTHOGONAL, Binding, Setup
from emtvb.training.promises import STREAM
from emtvb.weights import Network


def check_published_stream() -> None:
    """Raise InputError where this torch draws other initial weights or other batches than the published stream has."""
    generator = torch.Generator().manual_seed(1)
    found = hashlib.sha256()
    for hidden_dim in (5, 32):
        found.update(draw_network(generator, 3, hidden_dim).digest().encode())
    draw_epoch_start(generator)
    found.update(draw_many(generator, Binding(3, 2, ()), 17, 4).numpy().tobytes())
    found.update(draw_inputs(generator, Binding(3, 2, ()), 5).numpy().tobytes())
    if found.hexdigest()[: len(STREAM)] != STREAM:
        remedy = "it draws other random numbers than the published runs have; install torch 2.13.0"
        raise InputError("torch", torch.__version__, remedy)


def begin_stream(run: Setup) -> tuple[torch.Generator, Network]:
    """The generator seeded with the run's seed, after the initial weights were drawn from it; and the weights.

    An orthogonal start is made of the published one, so that the batches are the published ones too. Of a twin,
    W_hh[0, 0] is moved by so many units in the last place, up or down.
    """
    generator = torch.Generator().manual_seed(run.seed)
    network = draw_network(generator, run.task.d, run.hidden_dim)
    if run.protocol.start == ORTHOGONAL:
        network = replace(network, W_hh=orthonormal_rows(network.W_hh))
    for _ in range(abs(run.twin)):
        network.W_hh[0, 0] = np.nextafter(network.W_hh[0, 0], np.float32(math.copysign(math.inf, run.twin)))
    return generator, network


def draw_network(generator: torch.Generator, d: int, hidden_dim: int) -> Network:
    """PyTorch's default initialisation of nn.RNN (W_uh, then W_hh) and nn.Linear (W_r)."""
    bound = 1.0 / math.sqrt(hidden_dim)
    W_uh = init.uniform_(torch.empty(hidden_dim, d), -bound, bound, generator=generator)
    W_hh = init.uniform_(torch.empty(hidden_dim, hidden_dim), -bound, bound, generator=generator)
    W_r = init.kaiming_uniform_(torch.empty(d, hidden_dim), a=math.sqrt(5), generator=generator)
    return Network(W_uh.numpy(), W_hh.numpy(), W_r.numpy())


def orthonormal_rows(W: Float[np.ndarray, "hidden hidden"]) -> Float[np.ndarray, "hidden hidden"]:
    """The rows of a matrix made orthonormal, from the first to the last (Gram and Schmidt, each row twice).

    In double precision, by sums of one order: so that its bits are the same on every machine, as those of LAPACK's QR
    are not.

    Args:
        W: A square matrix of full rank.

    Returns:
        An orthogonal matrix, float32.
    """
    rows = np.zeros(W.shape)
    for i, row in enumerate(W.astype(np.float64)):
        for _ in range(2):
            shares = np.cumsum(rows * row, axis=1)[:, -1:]
            row = row - np.cumsum(shares * rows, axis=0)[-1]
        rows[i] = row / np.sqrt(np.cumsum(row**2)[-1])
    return rows.astype(np.float32)


def draw_epoch_start(generator: torch.Generator) -> None:
    """What the published DataLoader draws when an epoch starts: one number, which nothing uses."""
    torch.empty((), dtype=torch.int64).random_(generator=generator)


def draw_inputs(generator: torch.Generator, task: Binding, batch_size: int) -> Float[Tensor, "s batch d"]:
    """The input vectors of one batch, +1 or -1."""
    return draw_many(generator, task, batch_size, 1)[0].float()


def draw_many(
    generator: torch.Generator, task: Binding, batch_size: int, count: int
) -> Int8[Tensor, "count s batch d"]:
    """The input vectors of several batches in a row; the same numbers as drawn one by one, whatever their type."""
    bits = torch.randint(0, 2, (count, task.s, batch_size, task.d), generator=generator, dtype=torch.int8)
    return bits.mul_(2).sub_(1)
