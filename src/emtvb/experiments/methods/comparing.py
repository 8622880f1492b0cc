"""Methods held against a network: what each reads, edits, leaves alone and erases, and what it costs."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from emtvb.adapters.adapting import Adapted, Wrapped
from emtvb.adapters.das import DAS
from emtvb.core.editing.agreement import CLOSE
from emtvb.core.editing.edit import edit
from emtvb.core.editing.edits import Edits
from emtvb.core.erasing import erase
from emtvb.core.fitting import Fitted, fit
from emtvb.core.intervals import wilson
from emtvb.core.subspaces import Method
from emtvb.core.trials import Trials
from emtvb.errors import InputError
from emtvb.experiments.methods.cases import Case
from emtvb.experiments.methods.probes import logistic_probe, ridge_probe

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Way:
    """A method and how it edits.

    Attributes:
        name: What tables call it.
        method: As ``emtvb.fit`` takes it; None for DAS, of which there are several.
        exchanges: Whether it puts in what another trial's state has, or a told step.
    """

    name: str
    method: Method | None
    exchanges: bool


WAYS = (
    Way("least squares", "least squares", False),
    Way("least squares, exchanged", "least squares", True),
    Way("class means", "class means", False),
    Way("ridge probe", ridge_probe, False),
    Way("logistic probe, exchanged", logistic_probe, True),
    Way("DAS", None, True),
)
ERASING = "LEACE"
"""The method that edits nothing: it erases."""

COLUMNS = (
    "network", "kind", "method", "trained", "reading", "success", "low", "high", "control", "untrained", "ceiling",
    "isolation", "erased", "seconds", "k", "edits", "loss",
)  # fmt: skip
"""A row per network, trained or not, and method. ``reading``: balanced accuracy in trials that nothing was fitted on,
mean over the variables that are edited; ``success``: share of edits whose whole future is the expected one, with its
95% interval (a trial counts once); ``control``: the same of the best of no edit, a random step of the same size and
one along another variable; ``untrained``: the same of the untrained network, where the method is fitted anew;
``ceiling``: how often the network does what should follow if nothing is edited; ``isolation``: share of edits after
which nothing changes that should not; ``erased``: what a fresh probe reads once the method's directions are taken out;
``seconds``: of the processor, for finding all that is edited; ``k``: directions a variable of DAS."""


def compare(name: str, kind: str, case: Case, ks: Sequence[int], das_steps: int, seed: int) -> pd.DataFrame:
    """All methods on a network, and on one of its shape that is not trained: :data:`COLUMNS`.

    Args:
        name: What the network is called.
        kind: Its kind.
        case: It, and what is asked of it.
        ks: Directions that DAS is tried with.
        das_steps: Steps of each DAS.
        seed: Of what is drawn.
    """
    rows: list[dict[str, Any]] = []
    for trained, system in ((False, case.untrained), (True, case.network)):
        for row in _on(case, system, ks, das_steps, seed):
            log.info(
                "%s, %s: %s: followed %.3f", name, "trained" if trained else "untrained", row["method"], row["success"]
            )
            about = {"network": name, "kind": kind, "trained": trained, "loss": case.loss if trained else float("nan")}
            rows.append({**about, **row})
    table = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    bare = table[~table["trained"]].set_index("method")["success"]
    table["untrained"] = table["method"].map(bare).where(table["trained"])
    return table


def _on(
    case: Case, system: Adapted | Wrapped, ks: Sequence[int], das_steps: int, seed: int
) -> Iterator[dict[str, Any]]:
    """A row of each method."""
    trials = case.recorded(system)
    few = trials.test.states.shape[1] // 4
    tuning, testing = trials.select(slice(few)), trials.select(slice(few, None))
    plain = fit(trials, case.times)
    for way in WAYS:
        before = time.process_time()
        if way.method is not None:
            fitted, k = fit(trials, case.times, method=way.method), None
            seconds = time.process_time() - before
        else:
            fitted, k, seconds = _best_das(case, trials, ks, das_steps, seed, tuning)
        edits = [_edited(case, fitted.on(testing), v, way.exchanges, seed) for v in case.edited]
        yield {
            "method": way.name,
            "reading": np.mean([reading(fitted, v) for v in case.edited]),
            **_shares(edits),
            "isolation": _isolation(case, testing, edits),
            "erased": np.mean([_taken_out(fitted, v) for v in case.edited]),
            "seconds": seconds,
            "k": k,
        }
    before = time.process_time()
    erasures = [erase(plain, v) for v in case.edited]
    seconds = time.process_time() - before
    left = [_probed(erasure.trials, case.times, v) for erasure, v in zip(erasures, case.edited, strict=True)]
    yield {"method": ERASING, "success": float("nan"), "erased": np.mean(left), "seconds": seconds}


def _best_das(
    case: Case, trials: Trials, ks: Sequence[int], steps: int, seed: int, tuning: Trials
) -> tuple[Fitted, int, float]:
    """Of DAS with so many directions the one whose edits of other trials than are shown succeed most often.

    Returns:
        The fit, its directions, and the seconds that it alone took.
    """
    candidates: list[tuple[float, Fitted, int, float]] = []
    for k in ks:
        if k > trials.system.state_dim:
            continue
        before = time.process_time()
        method = DAS(k=k, steps=steps, seed=seed, only=case.edited)
        fitted = fit(trials, case.times, method=method)
        seconds = time.process_time() - before
        edits = [_edited(case, fitted.on(tuning), v, True, seed) for v in case.edited]
        candidates.append((float(np.mean([one.followed.mean() for one in edits])), fitted, k, seconds))
    best = max(candidates, key=lambda one: one[0])  # the first of equal ones
    return best[1:]


def _edited(case: Case, fitted: Fitted, variable: str, exchanges: bool, seed: int) -> Edits:
    return edit(
        fitted, case.at, flip=variable, interchange=exchanges, expected=case.future, untrained=False, seed=seed
    )  # fmt: skip


def _shares(edits: Sequence[Edits]) -> dict[str, Any]:
    """Success with its interval, the best control and the ceiling, over the variables that were edited."""
    followed = np.concatenate([one.followed for one in edits])
    trials = len(np.unique(np.concatenate([one.trial for one in edits])))
    low, high = wilson(float(followed.mean()), trials)
    names = "without_edit", "random_step", "other_variable"
    controls = [np.concatenate([getattr(one, name) for one in edits]) for name in names]
    return {
        "success": followed.mean(),
        "low": low,
        "high": high,
        "control": max(control.mean() for control in controls if len(control)),
        "ceiling": np.concatenate([one.ceiling for one in edits]).mean(),
        "edits": len(followed),
    }


def _isolation(case: Case, trials: Trials, edits: Sequence[Edits]) -> float:
    """Share of edits after which no output has changed at any step where what should follow is as without the edit."""
    spread = trials.test.outputs.reshape(-1, trials.test.outputs.shape[2]).astype(np.float64).std(axis=0)
    left_alone = []
    for one in edits:
        steps = len(one.outputs)
        after = zip(one.time, one.trial, strict=True)
        inputs = np.stack([trials.test_inputs[t + 1 : t + 1 + steps, i] for t, i in after], axis=1)
        stays = np.isclose(one.expected, case.future(one.before, inputs))
        left_alone.append(_unchanged(one.outputs, one.unedited, stays, spread))
    return float(np.concatenate(left_alone).mean())


def _unchanged(
    outputs: Float[np.ndarray, "step edit output"],
    unedited: Float[np.ndarray, "step edit output"],
    stays: Bool[np.ndarray, "step edit output"],
    spread: Float[np.ndarray, " output"],
) -> Bool[np.ndarray, " edit"]:
    """Whether all outputs that should stay do."""
    return (~stays | (np.abs(outputs - unedited) <= CLOSE * spread)).all(axis=(0, 2))


def reading(fitted: Fitted, variable: str) -> float:
    """Balanced accuracy: the mean over a variable's values of the share that is read right, at the fit's times."""
    trials = fitted.trials
    (place,) = trials.find(variable)
    times = list(fitted.times)
    v, at = trials.variables[place], trials.slices[place]
    truth = v.decode(trials.test.labels[times][..., at])
    read = fitted.read(trials.test.states[times].astype(np.float64))[..., place]
    return float(np.mean([(read[truth == value] == value).mean() for value in v.classes]))


def _probed(trials: Trials, times: tuple[int, ...], variable: str) -> float:
    """What a fresh probe reads of a variable."""
    try:
        return reading(fit(trials, times), variable)
    except InputError:  # nothing is left that varies
        return 0.5


def _taken_out(fitted: Fitted, variable: str) -> float:
    """What a fresh probe reads once what an exchange would exchange is taken out of all states.

    In the states' own precision, as ``erase`` leaves them: else the probe reads what only rounding has left.
    """
    trials = fitted.trials
    (place,) = trials.find(variable)
    subspace = fitted.subspaces[place]
    out, into, centre = subspace.out.T, subspace.into.T, fitted.memories.centre
    train, test = (
        replace(part, states=(part.states - (part.states - centre) @ out @ into).astype(part.states.dtype))
        for part in (trials.train, trials.test)
    )
    return _probed(replace(trials, train=train, test=test), fitted.times, variable)
