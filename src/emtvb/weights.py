"""A network's weights as three named arrays, and the file they are kept in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from emtvb.files import write_tensors

NAMES = ("W_uh", "W_hh", "W_r")


@dataclass(frozen=True, eq=False)
class Network:
    """An Elman network without biases: h(t) = tanh(W_hh h(t-1) + W_uh u(t)), o(t) = W_r h(t) (paper section 2).

    Attributes:
        W_uh: Input weights.
        W_hh: Recurrent weights.
        W_r: Readout weights.
    """

    W_uh: Float[np.ndarray, "hidden d"]
    W_hh: Float[np.ndarray, "hidden hidden"]
    W_r: Float[np.ndarray, "d hidden"]

    @property
    def hidden_dim(self) -> int:
        """Neurons."""
        return self.W_hh.shape[0]

    @property
    def d(self) -> int:
        """Dimensions of an input vector."""
        return self.W_uh.shape[1]

    def is_finite(self) -> bool:
        """Whether every weight is a number: training that diverged leaves some that are not."""
        return all(bool(np.isfinite(array).all()) for array in self.arrays().values())

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights by name, in the order in which they are initialised."""
        return {name: getattr(self, name) for name in NAMES}

    def double(self) -> Network:
        """The same weights in double precision."""
        return Network(*(array.astype(np.float64) for array in self.arrays().values()))

    def digest(self) -> str:
        """sha256 of the bytes of W_uh, W_hh and W_r, one after the other: row by row, little-endian float32."""
        found = hashlib.sha256()
        for array in self.arrays().values():
            found.update(np.ascontiguousarray(array, "<f4").tobytes())
        return found.hexdigest()


def save_networks(path: Path | str, networks: Mapping[str, Network], *, durable: bool = False) -> None:
    """Write networks as safetensors, each array under ``<run_id>/<name>``, whole or not at all.

    Args:
        path: Where to.
        networks: By run id.
        durable: Whether the file must be on the disk when this returns.
    """
    tensors = {
        f"{run_id}/{name}": array for run_id, network in networks.items() for name, array in network.arrays().items()
    }
    write_tensors(path, tensors, {"format": "emtvb-networks-1"}, durable=durable)
