"""How often the rules of ``significance`` err: where the truth is known, ours beside what a paper would have printed.

Two kinds of truths. *Made up*: populations of seeds that are like those that were measured, or worse (accuracies at
the top with few seeds lost, or many, near the top, spread out below it, in two groups; errors with little spread and no
spikes, with rare ones, with many, spread over decades, and missing for a third of the seeds). *Bootstrapped*: the seeds
of a published cell are the population, as they are; the whole table is drawn from them anew, and so is what is printed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from emtvb import markdown
from emtvb.paper import significance
from emtvb.paper.significance import (
    ACCURACY_MARGIN,
    ERROR_MARGIN,
    PUBLISHED_SEEDS,
    SPIKE,
    SPIKED,
    ClaimVerdict,
    Measure,
    PrintedValue,
)

Draw = Callable[[np.random.Generator, int], np.ndarray]
"""So many seeds, drawn at random."""
Round = Callable[[np.random.Generator, np.ndarray], np.ndarray]
"""What comes out of these seeds with other rounding."""


@dataclass(frozen=True)
class Population:
    """Seeds, and what rounding makes of each of them."""

    draw: Draw
    rounding: Round


SEEDS = (5, 10, 20)
DEVIATIONS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
"""Of the paper's mean from ours, in margins."""

_FAILING = 0.125
"""How far below the others a seed ends that has not learned: 1 to 0.875 in T2, 128 neurons, L2 0.001."""
_ALIKE = 12
"""Cells of a table, as many as have an error in the published one."""
_COLUMNS = ["what", "population", "model", "seeds", "deviation", "sweeps", "agrees", "differs", "undecided"]
_LEVEL, _SURE = 0.05, 3
"""A false rate that is so many standard errors off this level is known well enough."""
_SHARES: dict[str, ClaimVerdict] = {"agrees": "consistent", "differs": "inconsistent", "undecided": "not determined"}
"""Published columns, and the verdict whose share each has."""


def perfect_population(share: float) -> Draw:
    """At the top, and such a share of seeds lost in training, by up to 0.42.

    One in 18 in most cells without penalty; more in T4 with 64 neurons, L2 0 and threshold 0.98, the one that the
    paper's script ran (4 of 20).
    """

    def draw(rng: np.random.Generator, seeds: int) -> np.ndarray:
        lost = np.where(rng.random(seeds) < share, rng.uniform(0.02, 0.42, seeds), 0)
        return 1 - rng.exponential(5e-5, seeds) - lost

    return draw


def nearly_perfect_population(rng: np.random.Generator, seeds: int) -> np.ndarray:
    """As T1 with 64 neurons and L2 0."""
    return rng.normal(0.971, 0.005, seeds)


def spread_population(rng: np.random.Generator, seeds: int) -> np.ndarray:
    """As T1 and T2 with L2 0.001, the lower tail heavy: Student's with five degrees of freedom, folded below."""
    tail = rng.standard_t(5, seeds)
    return np.clip(0.9 + 0.022 * np.where(tail < 0, 1.3, 1) * tail, 0.6, 1)


def two_groups(rng: np.random.Generator, seeds: int) -> np.ndarray:
    """As T2 with 128 neurons and L2 0.001, or T3 with 64: two seeds of five have not learned."""
    return np.where(rng.random(seeds) < 0.4, rng.normal(1 - _FAILING, 0.02, seeds), 1 - rng.exponential(5e-5, seeds))


def log_normal(sd: float, tail: float = np.inf, missing: float = 0.0) -> Draw:
    """Errors with this spread of their logs (normal, or Student's); a share of the seeds has none."""

    def draw(rng: np.random.Generator, seeds: int) -> np.ndarray:
        logs = rng.normal(size=seeds) if np.isinf(tail) else rng.standard_t(tail, seeds) / np.sqrt(tail / (tail - 2))
        return np.where(rng.random(seeds) < missing, np.nan, np.exp(np.log(0.002) + sd * logs))

    return draw


def accuracy_rounding(rng: np.random.Generator, runs: np.ndarray) -> np.ndarray:
    """Between twins, the best of two thresholds: hardly anything, a loss in one of twenty, an eighth of these large.

    As was seen: of 320 published pairs 31 differ by more than 0.01, and seven by more than 0.05.
    """
    most = np.where(rng.random(runs.shape) < 1 / 8, 0.36, 0.06)
    lost = np.where(rng.random(runs.shape) < 1 / 20, rng.uniform(0.01, most), 0)
    return np.clip(runs + rng.normal(0, 2e-4, runs.shape) - lost, 0, 1)


def error_rounding(spikes: float, wide: float = 1 / 12) -> Round:
    """Between twins, the best of two thresholds: a tenth, for a share of them a factor of two or more, and spikes."""

    def rounding(rng: np.random.Generator, runs: np.ndarray) -> np.ndarray:
        spread = np.where(rng.random(runs.shape) < wide, 0.8, 0.1)
        factors = np.exp(rng.uniform(np.log(SPIKED), np.log(SPIKE), runs.shape))
        return runs * np.exp(rng.normal(0, spread)) * np.where(rng.random(runs.shape) < spikes, factors, 1)

    return rounding


ACCURACIES: Mapping[str, Population] = {
    name: Population(draw, accuracy_rounding)
    for name, draw in {
        "at the top, late losses": perfect_population(1 / 18), "often lost": perfect_population(1 / 5),
        "just below": nearly_perfect_population, "spread out": spread_population, "two groups": two_groups,
    }.items()
}  # fmt: skip
ERRORS: Mapping[str, Population] = {
    "stable": Population(log_normal(0.2), error_rounding(0, 0)),
    "rare spikes": Population(log_normal(0.2), error_rounding(0.007, 0)),
    "spikes": Population(log_normal(0.2), error_rounding(0.03)),
    "heavy tails": Population(log_normal(0.5, tail=5), error_rounding(1 / 80)),
    "wide": Population(log_normal(0.7), error_rounding(1 / 80)),
    "decades": Population(log_normal(1.5), error_rounding(1 / 80)),
    "unstable": Population(log_normal(0.5, missing=0.3), error_rounding(0.08)),
}


def made_up_sweeps(
    what: Measure, population: Population, model: str, seeds: int, deviation: float, count: int, seed: int
) -> list[PrintedValue]:
    """So many of our cells beside what a paper would have printed whose seeds are off by so many margins.

    Twelve of them at a time are the cells of a table. Half of our seeds have a twin each.

    Args:
        what: Which number.
        population: Ours. The paper's is it, moved: the mean accuracy down by so many margins, or up where down leads
            below chance, errors up and down in turns by so many factors.
        model: ``exchangeable seeds``, the paper's are others; or ``same seeds``, it has ours, rounded differently.
        seeds: Ours.
        deviation: In margins.
        count: How many.
        seed: Of the random numbers.
    """
    rng = np.random.default_rng([seed, seeds, round(100 * deviation)])
    values: list[PrintedValue] = []
    while len(values) < count:
        cells: list[np.ndarray] = []
        printed: list[float] = []
        while len(cells) < _ALIKE:
            side = 1 if len(cells) % 2 else -1
            ours, theirs = _cell(rng, population, model, seeds)
            if what == "spectral_error" and not (np.isfinite(ours[:, 0]).any() and np.isfinite(theirs).any()):
                continue
            if what == "accuracy":
                ours, mean = _moved_accuracies(rng, ours, float(theirs.mean()), deviation, side)
                printed.append(round(mean, 2))
            else:
                mean = float(np.nanmean(theirs)) * ERROR_MARGIN ** (side * deviation)
                printed.append(max(round(mean, 4), 1e-4))
            cells.append(ours)
        values += [
            PrintedValue(what, *pair) for pair in zip(significance.cell_samples(what, cells), printed, strict=True)
        ]
    return values[:count]


def _cell(rng: np.random.Generator, population: Population, model: str, seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Our seeds with twins of the first half, and the paper's."""
    drawn = population.draw(rng, seeds)
    twins = np.where(np.arange(seeds) < seeds // 2, population.rounding(rng, drawn), np.nan)
    theirs = drawn if model == "same seeds" else population.draw(rng, PUBLISHED_SEEDS)
    return np.column_stack([population.rounding(rng, drawn), twins]), population.rounding(rng, theirs)


def _moved_accuracies(
    rng: np.random.Generator, ours: np.ndarray, theirs: float, deviation: float, side: int
) -> tuple[np.ndarray, float]:
    """Ours and the paper's mean, where it is off: it is shifted, or more of our seeds have not learned."""
    off, top = deviation * ACCURACY_MARGIN, theirs > 0.95
    if top and side > 0:
        fails = rng.random((len(ours), 1)) < off / max(_FAILING, off)
        return np.where(fails, ours - max(_FAILING, off), ours), theirs
    return ours, float(np.clip(theirs - off * (1 if top else side), 0, 1))


def verdict_rates(values: Sequence[PrintedValue], draws: int = 2000) -> dict[str, float]:
    """How often each verdict falls on single values, without correction for others, by the published columns' names."""
    verdicts = [
        significance.judge_against(what, sample, [printed], draws, place)[0]
        for place, (what, sample, printed) in enumerate(values)
    ]
    return {name: verdicts.count(verdict) / len(verdicts) for name, verdict in _SHARES.items()}


def operating_characteristics(count: int = 120, seed: int = 0, draws: int = 500) -> pd.DataFrame:
    """Both questions' rates for every made-up population, model, number of seeds and deviation.

    Args:
        count: Values of each kind.
        seed: Of the random numbers: the same gives the same table.
        draws: Of each prediction.

    Returns:
        ``what``, ``population``, ``model``, ``seeds``, ``deviation`` (margins), ``sweeps`` (values), and the shares
        that are said to be consistent (``agrees``), inconsistent (``differs``) and not determined (``undecided``).
    """
    rows = []
    kinds: tuple[tuple[Measure, Mapping[str, Population]], ...] = (("accuracy", ACCURACIES), ("spectral_error", ERRORS))
    for what, populations in kinds:
        for name, population in populations.items():
            for model, seeds in [*(("exchangeable seeds", n) for n in SEEDS), ("same seeds", PUBLISHED_SEEDS)]:
                for deviation in DEVIATIONS:
                    shares = verdict_rates(
                        made_up_sweeps(what, population, model, seeds, deviation, count, seed), draws
                    )
                    rows.append((what, name, model, seeds, deviation, count, *shares.values()))
    return pd.DataFrame(rows, columns=_COLUMNS)


TABLES = (500, 12_000)
"""Fewest and most that :func:`bootstrap_rates` draws."""
Cell = tuple[str, int, float]
BOOTSTRAP = ["task", "hidden_dim", "l2", "measure", "sweeps", "false_inconsistent", "false_consistent", "power", "seen"]
"""Columns of :func:`bootstrap_rates`."""


def bootstrap_rates(
    values: Mapping[Cell, tuple[PrintedValue, PrintedValue]],
    tables: tuple[int, int] = TABLES,
    seed: int = 0,
    draws: int = 1000,
) -> pd.DataFrame:
    """Both questions' rates where the seeds of every cell are the population, as they were measured.

    The whole table is drawn anew each time: per cell as many seeds as there are, with replacement, each with its twins
    in any order; and 20 others, whose mean is printed. So a cell whose seeds differ much, or whose odd seeds are few,
    has to hold like all others.

    Every number is judged in the fewest tables. One whose false rates are not clearly off 5% by then (by three standard
    errors) is judged in more, until they are, or the most tables were drawn.

    Args:
        values: Per cell its error and its accuracy, as ``table1.cell_values`` gives them.
        tables: The fewest, and the most.
        seed: Of the random numbers.
        draws: Of each prediction.

    Returns:
        A row per cell and ``measure`` that a number can be printed of: in how many tables it was judged (``sweeps``),
        and the shares of them that are said to be inconsistent where nothing deviates (``false_inconsistent``);
        consistent where what is printed is off by the margin, up or down, whichever is worse (``false_consistent``);
        consistent where nothing deviates (``power``); and inconsistent where it is off by two margins, up or down,
        whichever is seldomer (``seen``).
    """
    rng = np.random.default_rng(seed)
    measures: tuple[Measure, Measure] = ("spectral_error", "accuracy")
    cells = {
        cell: _Outcomes.of(error.values, accuracy.values)
        for cell, ((_, error, _), (_, accuracy, _)) in values.items()
        if len(accuracy.values)
    }
    tallies = {(cell, what): np.zeros(7, int) for cell in cells for what in measures}
    asked = set(tallies)
    fewest, most = tables
    for table in range(most):
        if table and table % fewest == 0:
            asked = {key for key in asked if not _off_five_percent(tallies[key])}
        if not asked:
            break
        drawn = [of.draw(rng, len(of.counts)) for of in cells.values()]
        printed = [of.draw(rng, PUBLISHED_SEEDS) for of in cells.values()]
        for place, what in enumerate(measures):
            if what not in {measure for _, measure in asked}:
                continue
            samples = significance.cell_samples(
                what, [of.turned[place][seeds] for of, seeds in zip(cells.values(), drawn, strict=True)]
            )
            for (cell, of), sample, others in zip(cells.items(), samples, printed, strict=True):
                if (cell, what) not in asked:
                    continue
                theirs = of.turned[place][others][:, 0]
                if not np.isfinite(theirs).any() or not np.isfinite(sample.own).any():
                    continue
                given = _deviating(what, float(np.nanmean(theirs)))
                verdicts = significance.judge_against(what, sample, given, draws, table)
                flags = np.array([[v == "consistent", v == "inconsistent"] for v in verdicts])
                tallies[cell, what] += [1, flags[0, 1], *flags[1:3, 0], flags[0, 0], *flags[3:, 1]]
    rows = [
        (*cell, what, n, no[0] / n, max(no[1:3]) / n, no[3] / n, min(no[4:]) / n)
        for (cell, what), (n, *no) in tallies.items()
        if n
    ]
    return pd.DataFrame(rows, columns=BOOTSTRAP)


def _off_five_percent(tally: np.ndarray) -> bool:
    """Whether the two false rates of a number are off 5% by three of their standard errors."""
    tables = max(int(tally[0]), 1)
    rates = np.array([tally[1], tally[2:4].max()]) / tables
    errors = np.sqrt(np.maximum(rates * (1 - rates), 1 / tables) / tables)
    return bool((np.abs(rates - _LEVEL) >= _SURE * errors).all())


@dataclass(frozen=True, eq=False)
class _Outcomes:
    """The seeds of a cell, of each of which any outcome, its own or a twin's, can stand first.

    Attributes:
        counts: Outcomes that each seed has.
        turned: Errors and accuracies: by seed and by which of its outcomes stands first, all of them.
    """

    counts: Int[np.ndarray, " seed"]
    turned: tuple[Float[np.ndarray, "seed first rounding"], Float[np.ndarray, "seed first rounding"]]

    @classmethod
    def of(
        cls, errors: Float[np.ndarray, "seed rounding"], accuracies: Float[np.ndarray, "seed rounding"]
    ) -> _Outcomes:
        """Those of a cell; where an accuracy is NaN, there is no outcome."""
        there = np.isfinite(accuracies)
        order = np.argsort(~there, axis=1, kind="stable")
        places = np.arange(there.shape[1])
        turns = order[:, (places[:, None] + places) % len(places)]
        seeds = np.arange(len(order))[:, None, None]
        return cls(there.sum(axis=1), (errors[seeds, turns], accuracies[seeds, turns]))

    def draw(self, rng: np.random.Generator, seeds: int) -> tuple[np.ndarray, np.ndarray]:
        """So many seeds, with replacement, and which outcome of each stands first: an index of ``turned``."""
        chosen = rng.integers(len(self.counts), size=seeds)
        return chosen, (rng.random(seeds) * self.counts[chosen]).astype(int)


def _deviating(what: Measure, mean: float) -> list[float]:
    """What is printed where nothing deviates, one margin down and up, and two."""
    digits = significance.DIGITS[what]
    steps = (0, -1, 1, -2, 2)
    if what == "accuracy":
        return [round(mean + step * ACCURACY_MARGIN, digits) for step in steps]
    return [max(round(mean * ERROR_MARGIN**step, digits), 10.0**-digits) for step in steps]


TRUE_SHARES = (0.5, 0.6, 0.75, 0.9, 0.95, 1.0)
GROUPS = (36, 113, 223)
"""Networks that statements are about: of repeat copy, with penalty, and without."""
_CORRELATION = 0.1
"""Of networks of one seed; here it is 0.03 at most."""
ANSWERED = ["true_share", "networks", "seeds", "sweeps", "tendency_yes", "tendency_no", "universality_no"]
"""Columns of :func:`answer_rates`."""


def answer_rates(count: int = 1000, seed: int = 0) -> pd.DataFrame:
    """How often ``significance.answer_by_group`` gives each answer, of claims that hold for a known share.

    Networks come in 20 seeds, and those of one seed are more alike than others. Of each, measuring says the opposite
    with the chance ``significance.MISMEASURED``: so where a claim holds for all, it may seem to have exceptions.

    Args:
        count: Sweeps of each kind.
        seed: Of the random numbers.

    Returns:
        Columns :data:`ANSWERED`, a row per true share and number of networks; the last three are shares of sweeps.
    """
    rng, rows = np.random.default_rng(seed), []
    for share, networks in itertools.product(TRUE_SHARES, GROUPS):
        of_seed = np.arange(networks) % PUBLISHED_SEEDS
        given = []
        for _ in range(count):
            better = _seed_chances(rng, share, PUBLISHED_SEEDS)
            wrong = rng.random(networks) < significance.MISMEASURED
            given.append(significance.answer_by_group([((rng.random(networks) < better[of_seed]) ^ wrong, of_seed)]))
        shares = [np.mean([getattr(one, question) == answer for one in given]) for question, answer in _ASKED]
        rows.append((share, networks, PUBLISHED_SEEDS, count, *shares))
    return pd.DataFrame(rows, columns=ANSWERED)


_ASKED = (("tendency", "yes"), ("tendency", "no"), ("universality", "no"))


def _seed_chances(rng: np.random.Generator, share: float, seeds: int) -> Float[np.ndarray, " seed"]:
    """Of each seed, the chance that a claim holds for one of its networks: beta, with the correlation of networks."""
    if share in (0, 1):
        return np.full(seeds, share)
    strength = 1 / _CORRELATION - 1
    return rng.beta(share * strength, (1 - share) * strength, seeds)


def answers_as_markdown(rows: pd.DataFrame) -> str:
    """What :func:`answer_rates` gives, in Markdown: a row per true share, the numbers of networks side by side."""
    names = [name for name in ANSWERED if "_" in name and name != "true_share"]
    columns = ["true share", *(f"{name.replace('_', ': *')}*, {size} networks" for name in names for size in GROUPS)]
    lines = []
    for share, rates in rows.groupby("true_share"):
        by_size = rates.set_index("networks")[names].map("{:.1%}".format)
        lines.append([f"{share:.0%}", *(str(by_size.loc[size, name]) for name in names for size in GROUPS)])
    return markdown.table(columns, lines, "r" * len(columns))


def as_markdown(rates: pd.DataFrame) -> str:
    """:func:`operating_characteristics` in Markdown: both questions' rates, a row per model and number of seeds.

    False rates are the greatest over the populations, their mean in parentheses; right ones are the least to the
    greatest.
    """
    columns = [
        "", "seeds", "false *inconsistent* (no deviation)", "false *consistent*, one margin off",
        "false *consistent*, two margins off", "*consistent*, no deviation", "*inconsistent*, two margins off",
    ]  # fmt: skip
    rows = []
    for (what, model, seeds), of in rates.groupby(["what", "model", "seeds"], sort=False):
        at = dict(iter(of.groupby("deviation")))
        false = [at[0]["differs"], at[1]["agrees"], at[2]["agrees"]]
        right = [at[0]["agrees"], at[2]["differs"]]
        who = "the same" if model == "same seeds" else "others"
        cells = [str(what).removeprefix("spectral_"), f"{seeds}, {who}"]
        cells += [f"{rate.max():.1%} ({rate.mean():.1%})" for rate in false]
        cells += [f"{rate.min():.0%} to {rate.max():.0%}" for rate in right]
        rows.append(cells)
    return markdown.table(columns, rows, "llrrrrr")


def bootstrap_as_markdown(rows: pd.DataFrame) -> str:
    """What :func:`bootstrap_rates` gives, in Markdown: a row per cell, its accuracy and its error side by side."""
    names = ["false_inconsistent", "false_consistent", "power", "seen"]
    rates = ["false *inconsistent*", "false *consistent*", "power", "seen"]
    columns = ["task", "neurons", "L2", f"accuracy: {rates[0]}", *rates[1:], f"error: {rates[0]}", *rates[1:]]
    lines = []
    by_measure = rows.dropna(subset="power").set_index("measure")
    for cell, of in by_measure.groupby(["task", "hidden_dim", "l2"], sort=False):
        shown: list[str] = []
        for measure, digits in (("accuracy", 1), ("spectral_error", 1)):
            if measure not in of.index:
                shown += [""] * 4
                continue
            row = of.loc[measure, names].astype(float)
            shown += [f"{row.iloc[i]:.{digits if i < 2 else 0}%}" for i in range(4)]
        task, hidden, l2 = cell
        lines.append((task, hidden, f"{l2:g}", *shown))
    return markdown.table(columns, lines, "lrr" + "r" * 8)
