"""Other trials that hold the values that an edit asks for: their futures are expected, or their states exchanged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.core.subspaces import Subspace
from emtvb.core.trials import Trials
from emtvb.core.variables import CONTINUOUS, Variable

SAME_VALUE = 0.1
"""Within so many standard deviations two values of a continuous variable are the same."""
_ROUNDING = 1e-6
"""Of the numbers of other variables."""


_Trials = Int[np.ndarray, " edit"] | None
"""A trial for each edit; -1 where there is none."""


@dataclass(frozen=True, eq=False)
class Donors:
    """Other trials, one for each edit: they hold the values that the edit asks for.

    Attributes:
        future: Those whose futures are expected; None where a task or a function states the future.
        second_future: Others that hold the same as these, for the ceiling; -1 where there is none.
        state: Those whose states are put in; None where values are told.
    """

    future: _Trials = None
    second_future: _Trials = None
    state: _Trials = None

    def select(self, entries: Int[np.ndarray, " entry"] | Bool[np.ndarray, " edit"]) -> Donors:
        """Those of some edits, by number or by a mask."""
        every = (self.future, self.second_future, self.state)
        return Donors(*(None if trials is None else trials[entries] for trials in every))


def same_value_tolerance(variables: Sequence[Variable]) -> Float[np.ndarray, " number"]:
    """How far numbers of the same value may be apart."""
    return np.concatenate([np.full(v.size, SAME_VALUE if v.kind == CONTINUOUS else _ROUNDING) for v in variables])


def draw_donors(
    trials: Trials,
    trial: Int[np.ndarray, " edit"],
    time: Int[np.ndarray, " edit"],
    wanted: Float[np.ndarray, "edit number"],
    which: Bool[np.ndarray, " number"],
    rng: np.random.Generator,
) -> tuple[Int[np.ndarray, " edit"], Int[np.ndarray, " edit"]]:
    """For each edit two test trials by chance that hold these values at its time; -1 where there is none.

    Args:
        trials: The trials.
        trial: The trial that is edited; another one is drawn.
        time: Of the edit.
        wanted: The numbers that the others should hold.
        which: Which numbers count.
        rng: Draws the first; the second is the same for each generator.

    Returns:
        The first, and a second one beside it.
    """
    first, second = np.full((2, len(trial)), -1)
    apart, near = np.random.default_rng(0), same_value_tolerance(trials.variables)[which]
    for i, (own, moment, numbers) in enumerate(zip(trial, time, wanted[:, which], strict=True)):
        same = (np.abs(trials.test.labels[moment][:, which] - numbers) <= near).all(axis=1)
        same[own] = False
        if same.any():
            first[i] = rng.choice(np.flatnonzero(same))
            same[first[i]] = False
        if same.any():
            second[i] = apart.choice(np.flatnonzero(same))
    return first, second


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
