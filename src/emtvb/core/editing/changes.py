"""Changes of states and of what they store, by which variables are edited.

Most go through an encoder (``VariableMemories.change``); an exchange takes over a part of another state.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

if TYPE_CHECKING:
    from emtvb.core.subspaces import Subspace
    from emtvb.core.trials import LabelledTask


def with_consistent_copies(
    task: LabelledTask, m: Float[np.ndarray, "edit memory"], time: int | Int[np.ndarray, " edit"]
) -> Float[np.ndarray, "edit memory"]:
    """Copy m with all that is a copy of something else as that says, where m has settled at this time."""
    late = np.broadcast_to(np.asarray(time) >= task.settled(), len(m))
    m = m.copy()
    m[late] = task.consistent(m[late])
    return m


def interchange_step(
    difference: Float[np.ndarray, "edit state"], subspaces: Iterable[Subspace]
) -> Float[np.ndarray, "edit state"]:
    """Changes of states that give them another state's part in some subspaces (Geiger et al. 2021).

    Args:
        difference: The other states less these.
        subspaces: Where the variables lie that are exchanged.
    """
    change = np.zeros(difference.shape)
    for subspace in subspaces:
        change += difference @ subspace.out.T @ subspace.into.T
    return change
