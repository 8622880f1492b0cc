"""How often the rules of ``evidence.py`` err, by simulation: sweeps whose truth is known, ours beside the paper's.

What is drawn is fitted to what was measured: accuracies of the cells of Table 1 (at the top with few seeds lost, or
many, near the top, spread out below it, in two groups), errors with the least, a middle and the greatest spread between
seeds, spikes and heavy tails among them, and rounding as between twins (docs/evidence.md). The paper's seeds differ
from ours by so many margins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from emtvb.paper.evidence import (
    ACCURACY_MARGIN,
    ERROR_MARGIN,
    PUBLISHED_SEEDS,
    SPIKE,
    SPIKED,
    Sample,
    Value,
    judge_table,
)

Draw = Callable[[np.random.Generator, int], np.ndarray]
"""A population of seeds: so many of them, drawn at random."""

SEEDS = (5, 10, 20)
DEVIATIONS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
"""Of the paper's mean from ours, in margins."""
TWINNED, TWINS = 20, 3
"""Runs with twins in the simulations of the same-seeds model, and twins of each."""

_FAILING = 0.125
"""How far below the others a seed ends that has not learned: 1 to 0.875 in T2, 128 neurons, L2 0.001."""
_ALIKE = 12
"""Cells whose seeds tell of spikes, as many as have an error in the published table."""
_COLUMNS = ["what", "population", "model", "seeds", "deviation", "sweeps", "agrees", "differs", "undecided"]


def perfect(share: float) -> Draw:
    """At the top, and such a share of seeds lost in training, by up to 0.42.

    One in 18 in most cells without penalty; more in T4 with 64 neurons, L2 0 and threshold 0.98, the one that the
    paper's script ran (3 of 15).
    """

    def draw(rng: np.random.Generator, seeds: int) -> np.ndarray:
        lost = np.where(rng.random(seeds) < share, rng.uniform(0.02, 0.42, seeds), 0)
        return 1 - rng.exponential(5e-5, seeds) - lost

    return draw


def nearly(rng: np.random.Generator, seeds: int) -> np.ndarray:
    """As T1 with 64 neurons and L2 0."""
    return rng.normal(0.971, 0.005, seeds)


def spread(rng: np.random.Generator, seeds: int) -> np.ndarray:
    """As T1 and T2 with L2 0.001, the lower tail heavy: Student's with five degrees of freedom, folded below."""
    tail = rng.standard_t(5, seeds)
    return np.clip(0.9 + 0.022 * np.where(tail < 0, 1.3, 1) * tail, 0.6, 1)


def two_groups(rng: np.random.Generator, seeds: int) -> np.ndarray:
    """As T2 with 128 neurons and L2 0.001: two seeds of five have not learned."""
    return np.where(rng.random(seeds) < 0.4, rng.normal(1 - _FAILING, 0.02, seeds), 1 - rng.exponential(5e-5, seeds))


def log_normal(sd: float, spikes: float = 0.0, tail: float = np.inf) -> Draw:
    """Errors with this spread of their logs (normal, or Student's), of which a share are spikes."""

    def draw(rng: np.random.Generator, seeds: int) -> np.ndarray:
        logs = rng.normal(size=seeds) if np.isinf(tail) else rng.standard_t(tail, seeds) / np.sqrt(tail / (tail - 2))
        return np.exp(np.log(0.002) + sd * logs) * _spikes(rng, (seeds,), spikes)

    return draw


ACCURACIES: Mapping[str, Draw] = {
    "at the top, late spikes": perfect(1 / 18), "often lost": perfect(1 / 5), "just below": nearly,
    "spread out": spread, "two groups": two_groups,
}  # fmt: skip
ERRORS: Mapping[str, Draw] = {
    "narrow": log_normal(0.15), "narrow, spikes": log_normal(0.2, 0.03), "heavy tails": log_normal(0.5, tail=5),
    "wide": log_normal(0.7), "decades": log_normal(1.5),
}  # fmt: skip


def sweeps(what: str, draw: Draw, model: str, seeds: int, deviation: float, count: int, seed: int) -> list[Value]:
    """So many of our cells beside what a paper would have printed whose seeds are off by so many margins.

    Args:
        what: ``accuracy`` or ``spectral_error``.
        draw: Our population. The paper's is it, moved: the mean accuracy down by so many margins, or up where down
            leads below chance, errors up and down in turns by so many factors.
        model: ``exchangeable seeds`` or ``same seeds``.
        seeds: Ours.
        deviation: In margins.
        count: How many.
        seed: Of the random numbers.
    """
    rng = np.random.default_rng([seed, seeds, round(100 * deviation)])
    rounding = _accuracy_rounding if what == "accuracy" else _error_rounding
    values: list[Value] = []
    for i in range(count):
        side = 1 if i % 2 else -1
        ours = draw(rng, seeds)
        theirs = draw(rng, PUBLISHED_SEEDS)
        twins: tuple[np.ndarray, ...] = ()
        if model == "same seeds":
            theirs, ours = rounding(rng, ours), rounding(rng, ours)
            twins = tuple(rounding(rng, np.repeat(draw(rng, TWINNED)[:, None], 1 + TWINS, axis=1)))
        if what == "accuracy":
            ours, printed = _moved_accuracies(rng, ours, float(theirs.mean()), deviation, side)
            sample = Sample(ours, same=model == "same seeds", twins=twins, lowest=min(0.8, float(ours.min())))
            values.append(("accuracy", sample, round(printed, 2)))
        else:
            others = draw(rng, seeds * (_ALIKE - 1)) if model != "same seeds" else ours
            pool = np.concatenate([ours, others])
            spikes = int((pool > SPIKED * np.median(pool)).sum())
            sample = Sample(ours, same=model == "same seeds", twins=twins, alike=len(pool), spikes=spikes)
            printed = float(theirs.mean()) * ERROR_MARGIN ** (side * deviation)
            values.append(("spectral_error", sample, max(round(printed, 4), 1e-4)))
    return values


def rates(values: Sequence[Value], draws: int = 2000) -> dict[str, float]:
    """How often each verdict falls on single values, without correction for others."""
    verdicts = [judged.verdict for judged in judge_table(values, draws, correct=False, advise=False)]
    return {verdict: verdicts.count(verdict) / len(verdicts) for verdict in ("agrees", "differs", "undecided")}


def characteristics(count: int = 100, seed: int = 0) -> pd.DataFrame:
    """Both questions' rates for every population, model, number of seeds and deviation.

    Args:
        count: Sweeps of each kind.
        seed: Of the random numbers: the same gives the same table.

    Returns:
        ``what``, ``population``, ``model``, ``seeds``, ``deviation`` (margins), ``sweeps``, and the shares ``agrees``,
        ``differs``, ``undecided``.
    """
    rows = []
    for what, populations in (("accuracy", ACCURACIES), ("spectral_error", ERRORS)):
        for name, draw in populations.items():
            for model, seeds in [*(("exchangeable seeds", n) for n in SEEDS), ("same seeds", PUBLISHED_SEEDS)]:
                for deviation in DEVIATIONS:
                    found = rates(sweeps(what, draw, model, seeds, deviation, count, seed))
                    rows.append((what, name, model, seeds, deviation, count, *found.values()))
    return pd.DataFrame(rows, columns=_COLUMNS)


def as_markdown(rates: pd.DataFrame) -> str:
    """What :func:`characteristics` gives, in Markdown: both questions' rates, a row per model and number of seeds.

    False rates are the greatest over the populations, their mean in parentheses; right ones are the least to the
    greatest.
    """
    lines = [
        "| | seeds | false *differs* (no deviation) | false *agrees*, one margin off | two margins off "
        "| *agrees*, no deviation | *differs*, two margins off |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for (what, model, seeds), of in rates.groupby(["what", "model", "seeds"], sort=False):
        at = dict(iter(of.groupby("deviation")))
        false = [at[0]["differs"], at[1]["agrees"], at[2]["agrees"]]
        right = [at[0]["agrees"], at[2]["differs"]]
        who = "twins" if model == "same seeds" else "others"
        cells = [str(what).removeprefix("spectral_"), f"{seeds}, {who}"]
        cells += [f"{rate.max():.1%} ({rate.mean():.1%})" for rate in false]
        cells += [f"{rate.min():.0%} to {rate.max():.0%}" for rate in right]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _moved_accuracies(
    rng: np.random.Generator, ours: np.ndarray, theirs: float, deviation: float, side: int
) -> tuple[np.ndarray, float]:
    """Ours and the paper's mean, where it is off: it is shifted, or more of our seeds have not learned."""
    off, top = deviation * ACCURACY_MARGIN, theirs > 0.95
    if top and side > 0:
        fails = rng.random(len(ours)) < off / max(_FAILING, off)
        return np.where(fails, ours - max(_FAILING, off), ours), theirs
    return ours, float(np.clip(theirs - off * (1 if top else side), 0, 1))


def _accuracy_rounding(rng: np.random.Generator, runs: np.ndarray) -> np.ndarray:
    """Between twins, the best of two thresholds: hardly anything, a loss in one of thirty, an eighth of these large.

    As was seen, or more: of 160 published pairs 12 differ by more than 0.01, and two by more than 0.05.
    """
    most = np.where(rng.random(runs.shape) < 1 / 8, 0.36, 0.1)
    lost = np.where(rng.random(runs.shape) < 1 / 30, rng.uniform(0.01, most), 0)
    return np.clip(runs + rng.normal(0, 2e-4, runs.shape) - lost, 0, 1)


def _error_rounding(rng: np.random.Generator, runs: np.ndarray) -> np.ndarray:
    """Between twins, the best of two thresholds: a tenth, in one of twelve a factor of two or more, and spikes.

    More than was seen: of 98 published pairs six differ by more than a factor of two, and four by more than four.
    """
    wide = rng.random(runs.shape) < 1 / 12
    return runs * np.exp(rng.normal(0, np.where(wide, 0.8, 0.1))) * _spikes(rng, runs.shape, 1 / 80)


def _spikes(rng: np.random.Generator, shape: tuple[int, ...], share: float) -> np.ndarray:
    """Factors of errors: 1, and for a share of them one from 4 to 24, as those beyond 4 between published twins."""
    return np.where(rng.random(shape) < share, np.exp(rng.uniform(np.log(SPIKED), np.log(SPIKE), shape)), 1)
