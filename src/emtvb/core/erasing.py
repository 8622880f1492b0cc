"""What a network holds of a variable, taken out of its states: ``erase``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.core import numerical_rank
from emtvb.core.arguments import as_numbers, check_type
from emtvb.core.fitting import Fitted
from emtvb.core.trials import Trials
from emtvb.errors import InputError


@dataclass(frozen=True, eq=False, repr=False)
class Erasure:
    """The smallest change of states after which no linear probe reads a variable (LEACE, Belrose et al. 2023).

    Attributes:
        name: The variables.
        matrix: What is left of a state, beside its mean.
        mean: Of the states that it was fitted on.
        trials: The trials with erased states: what ``fit`` and ``judge`` read in them is what a fresh probe finds.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> bits = np.random.default_rng(0).choice([-1, 1], size=(5, 80, 2))  # (time, trial, variable)
        >>> trials = emtvb.Trials.of(states=bits @ [[1, 2, 0], [0, 1, 1]], labels=bits)
        >>> erased = emtvb.erase(emtvb.fit(trials), "0")
        >>> emtvb.judge(emtvb.fit(erased.trials)).unreadable
        ('0',)
    """

    name: str
    matrix: Float[np.ndarray, "state state"]
    mean: Float[np.ndarray, " state"]
    trials: Trials

    def __repr__(self) -> str:
        size = len(self.mean)
        rank = round(size - float(np.trace(self.matrix)))
        return f"<Erasure of {self.name}: {rank} of {size} directions taken out>"

    def __call__(self, states: Float[np.ndarray, "*time state"]) -> Float[np.ndarray, "*time state"]:
        """States without the variable, in their own precision.

        Raises:
            InputError: Where they are of another size.
        """
        states = as_numbers(states, "states", f"(..., {len(self.mean)})")
        if not states.ndim or states.shape[-1] != len(self.mean):
            raise InputError("states", f"shape {states.shape}", f"give (..., {len(self.mean)})")
        states = states if states.dtype.kind == "f" else states.astype(np.float64)
        return ((states - self.mean) @ self.matrix.T + self.mean).astype(states.dtype)


def erase(fitted: Fitted, variables: Any) -> Erasure:
    """Take variables out of states, so that no linear probe can read them and as little else as possible changes.

    In closed form (Belrose et al. 2023, arXiv 2306.03819, theorem 4.3): r(x) = x - W^+ P W (x - E x), where W whitens
    the states and P projects on the columns of W Cov(x, z), z the variables' numbers. It is fitted where the fit was:
    on the training trials, at its times.

    Args:
        fitted: Of :func:`fit`.
        variables: A variable, or several, by name or place.

    Returns:
        The trials with erased states; called, it takes the variables out of any states (..., state).

    Raises:
        InputError: Where there is no such variable, or the states do not vary.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> bits = np.random.default_rng(0).choice([-1, 1], size=(5, 80, 2))  # (time, trial, variable)
        >>> trials = emtvb.Trials.of(states=bits @ [[1, 2, 0], [0, 1, 1]], labels=bits)
        >>> print(emtvb.erase(emtvb.fit(trials), "0"))
        <Erasure of 0: 1 of 3 directions taken out>
    """
    check_type(fitted, Fitted, "fitted", "fit")
    trials = fitted.trials
    chosen = list(dict.fromkeys(trials.find(variables)))
    if not chosen:
        raise InputError("variables", str(variables), "name at least one")
    places = np.concatenate([np.arange(trials.stored.size)[trials.slices[i]] for i in chosen])
    times = list(fitted.times)
    x, labels = trials.samples(times, places)
    mean, z = x.mean(axis=0), labels[:, places]
    x, z = x - mean, z - z.mean(axis=0)
    sizes, directions = numerical_rank.spreads_and_directions(x)
    if not sizes.max() > 0:
        raise InputError("states", "all the same", "there is nothing to erase")
    varying = sizes > numerical_rank.rank_cutoff(trials, times) * sizes.max()
    V, s = directions[varying].T, sizes[varying] / np.sqrt(len(x))
    whiten, colour = (V / s) @ V.T, (V * s) @ V.T
    left, size, _ = np.linalg.svd(whiten @ (x.T @ z / len(x)), full_matrices=False)
    left = left[:, size > 1e-10 * max(float(size.max()), 1e-300)]
    matrix = np.eye(len(mean)) - colour @ left @ left.T @ whiten
    name = ", ".join(trials.variables[i].name for i in chosen)
    erasure = Erasure(name, matrix, mean, trials)
    train, test = (replace(recording, states=erasure(recording.states)) for recording in (trials.train, trials.test))
    return replace(erasure, trials=replace(trials, train=train, test=test, erased=True))
