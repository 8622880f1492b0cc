"""Does each network show the weights that it began with? And how far does rounding move what one answers?

A trained network keeps a trace of its initial weights, which are its seed's: so another's weights are found out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

import numpy as np
from jaxtyping import Float

from emtvb import networks
from emtvb.audit.report import Check, Finding
from emtvb.networks import Network
from emtvb.runs import Run
from emtvb.streams.runs import AnyRun

TRACE = 5.0
"""Standard deviations of the correlation with initial weights that have nothing to do with a network, beyond which
chance is no explanation: one in three million."""
LARGE, LIGHT = 64, 1e-3
"""Networks of so many neurons or more, with so small a penalty, show their seed: those published by 5.9 or more."""

_FORGED = "train it again: its weights are another's"


def seeds(runs: Sequence[AnyRun], trained: Mapping[str, Network]) -> Check:
    """Hold networks to the seeds that they are said to be of.

    Args:
        runs: The experiment's runs.
        trained: The networks whose weights are here, by run id.
    """
    known = tuple(sorted({run.seed for run in runs}))
    here = [run for run in runs if run.run_id in trained]
    findings, shown, diverged = [], 0, 0
    for run in here:
        network = trained[run.run_id]
        if (network.d, network.hidden_dim) != (run.task.d, run.hidden_dim):
            problem = f"its weights are of a network with d = {network.d} and {network.hidden_dim} neurons"
            findings.append(Finding(run.run_id, problem, _FORGED))
            continue
        if not network.is_finite():
            diverged += 1
            continue
        traces = traces_of(network, known)
        own = traces.pop(run.seed)
        other = max(traces, key=traces.__getitem__, default=None)
        shown += own > TRACE
        if other is not None and traces[other] > TRACE:
            problem = f"its weights began as those of seed {other}, not of its own"
            if own > TRACE:
                problem = f"its weights show a trace of seed {other}, besides that of its own"
            findings.append(Finding(run.run_id, problem, _FORGED))
        elif own <= TRACE and run.hidden_dim >= LARGE and run.l2 <= LIGHT:
            problem = f"its weights show no trace of its seed ({own:.1f} standard deviations)"
            findings.append(Finding(run.run_id, problem, _FORGED))
    missing = len(runs) - len(here)
    others = "; the others are small or trained with a large penalty on weights" if shown + diverged < len(here) else ""
    note = f"{shown} of {len(here)} networks show a trace of their own seed{others}."
    note += f" The weights of {diverged} networks are no finite numbers." if diverged else ""
    note += f" The weights of {missing} networks are not here, or cannot be read." if missing else ""
    question = "Does each network show a trace of the initial weights of its own seed, and of no other?"
    return Check("seeds", question, len(here), tuple(findings), note, "recomputed", len(runs), missing)


def traces_of(network: Network, known: tuple[int, ...]) -> dict[int, float]:
    """How much of the initial weights of seeds is left in a network, by seed, in standard deviations.

    It is the correlation of the trained weights with the initial ones, times the square root of their number: of a seed
    that has nothing to do with a network, a standard normal number.

    Args:
        network: A network with finite weights.
        known: Seeds that it may show.
    """
    weights = np.concatenate([_standard(array).ravel() for array in network.arrays().values()])
    traces = _initial(network.d, network.hidden_dim, known) @ weights / math.sqrt(weights.size)
    return dict(zip(known, traces.tolist(), strict=True))


@cache
def _initial(d: int, hidden_dim: int, drawn: tuple[int, ...]) -> Float[np.ndarray, "seed weight"]:
    """The initial weights of seeds, each array of them standardised."""
    import torch

    from emtvb.training import stream

    begun = (stream.draw_network(torch.Generator().manual_seed(seed), d, hidden_dim) for seed in drawn)
    return np.stack([np.concatenate([_standard(array).ravel() for array in one.arrays().values()]) for one in begun])


def _standard(array: np.ndarray) -> np.ndarray:
    """An array by its standard deviation; zeros where it has none."""
    spread = float(array.std(dtype=np.float64))
    return array.astype(np.float64) / spread if spread > 0 and math.isfinite(spread) else np.zeros(array.shape)


def moved(
    runs: Iterable[AnyRun], trained: Mapping[str, Network], horizon: int, sequences: int
) -> Callable[[str], float]:
    """Says how far rounding moves the test accuracy of a run's network; 0 where its weights are not here.

    Args:
        runs: The experiment's runs.
        trained: The networks whose weights are here, by run id.
        horizon: Of the sequences that it is tested on.
        sequences: How many.
    """
    known = {run.run_id: run for run in runs if run.run_id in trained}

    def of(run_id: str) -> float:
        run = known.get(run_id)
        return moved_by_rounding(run, trained[run_id], horizon, sequences) if isinstance(run, Run) else 0.0

    return of


def moved_by_rounding(run: Run, network: Network, horizon: int, sequences: int) -> float:
    """How far rounding moves a test accuracy at most, but for a chance of one in a million.

    Many a network that did not learn its task is chaotic: on another CPU, which takes sums in another order, it soon
    gives other signs. Here it also runs with its neurons in reverse, which is the same network with other rounding. The
    two differ in their accuracy on each sequence, either way; five standard errors of the mean difference are given.
    """
    inputs, targets = run.task.batch(np.random.default_rng(0), sequences, horizon)
    turned = network.W_uh[::-1], network.W_hh[::-1, ::-1], network.W_r[:, ::-1]
    reverse = Network(*map(np.ascontiguousarray, turned))
    right = []
    for one in (network, reverse):
        _, outputs = networks.rollout(one, inputs)
        right.append((networks.signs(outputs[run.task.s :]) == targets[run.task.s :]).mean(axis=(0, 2)))
    return float(5 * np.sqrt(np.square(right[0] - right[1]).sum()) / sequences)
