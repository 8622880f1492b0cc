"""Ways of one's own to find where a network holds variables, as ``emtvb.fit`` takes them: two probes."""

from __future__ import annotations

import numpy as np

from emtvb.core.logistic import logistic_regression
from emtvb.core.memories import VariableMemories
from emtvb.core.regression import least_squares
from emtvb.core.subspaces import Located, Subspace
from emtvb.core.trials import Trials

_RIDGE = 1e-3
"""Of the states' mean variance: the penalty of the ridge regression."""


def ridge_probe(trials: Trials, times: list[int]) -> Located:
    """The direction of a ridge regression; a step along it is as long as the probe needs to read the new value."""
    states, labels = trials.samples(times)
    w = least_squares(states, labels, ridge=_RIDGE).weights
    step = w / np.maximum((w**2).sum(axis=0), 1e-300)
    return Located(VariableMemories(step, w.T, trials.stored, states.mean(axis=0)))


def logistic_probe(trials: Trials, times: list[int]) -> Located:
    """The direction of a logistic regression with a penalty of |w|^2 / 2, of binary variables.

    An edit by interchange gives a state another one's coordinate along it. A told step goes as far along it as the
    means of the two values are apart.
    """
    states, theory = trials.samples(times)
    mean = states.mean(axis=0)
    x = states - mean
    weights = np.stack([logistic_regression(x, column > 0)[1] for column in theory.T], axis=1)
    directions = weights / np.maximum(np.linalg.norm(weights, axis=0), 1e-300)
    along = x @ directions
    numbers = theory - theory.mean(axis=0)
    slope = (along * numbers).sum(axis=0) / np.maximum((numbers**2).sum(axis=0), 1e-300)
    dual = (directions / np.where(np.abs(slope) > 1e-12, slope, 1.0)).T
    subspaces = tuple(Subspace(directions[:, at], directions[:, at].T) for at in trials.slices)
    return Located(VariableMemories(directions * slope, dual, trials.stored, mean), subspaces)
