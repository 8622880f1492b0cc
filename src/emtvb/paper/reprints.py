"""Reprints: the same seeds by the reference trainer, beside ours and what is printed (docs/plan.md, section 1).

The reference trainer rounds as torch does, and starts from the weights of our runs and sees their batches. So its runs
are a reprint of the same seeds whose rounding differs by more than that of twins. Each question of the plan has one
function here, and each answer says what the plan says of its outcome.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy import stats

from emtvb import markdown
from emtvb.core.intervals import LEVEL, central_interval
from emtvb.errors import InputError
from emtvb.paper import significance, table1
from emtvb.paper.significance import PUBLISHED_SEEDS, PrintedValue
from emtvb.theory.network_verdict import AT_CHANCE

T2, T4 = ("T2", 128, 0.001), ("T4", 64, 0.0)
"""The cells whose seeds the reference trainer trains."""
Cell = tuple[str, int, float]

MOVED = 0.01
"""An accuracy that differs by more than this from the same seed's is moved."""
TWINS = 10
"""Of each cell, the seeds whose twins were there when the plan was written: 1 to this."""
ODD_T4_ERROR = 0.05
"""An error of a single seed that would explain what is printed for T4."""
_DRAWS = 20_000


@dataclass(frozen=True)
class Answer:
    """To one question of the plan.

    Attributes:
        question: Its letter, or ``whole``.
        cell: What it is asked of: task, neurons and L2, or ``both``.
        asks: In words.
        found: The number that decides.
        low: Least of what it is held to; NaN where there is no such bound.
        high: Largest likewise.
        p: Of the test; NaN where it is none.
        holds: Whether it does.
        means: What the plan says of that.
    """

    question: str
    cell: str
    asks: str
    found: float
    low: float
    high: float
    p: float
    holds: bool
    means: str


@dataclass(frozen=True, eq=False)
class Reprint:
    """The seeds of a cell, by both trainers.

    Attributes:
        cell: Task, neurons, L2.
        error: Our errors, and what is printed.
        accuracy: Our accuracies, and what is printed.
        errors: Those of the reference trainer, by seed.
        accuracies: Likewise.
    """

    cell: Cell
    error: PrintedValue
    accuracy: PrintedValue
    errors: Float[np.ndarray, " seed"]
    accuracies: Float[np.ndarray, " seed"]

    @property
    def name(self) -> str:
        """The cell in words."""
        task, hidden_dim, l2 = self.cell
        return f"{task}, {hidden_dim} neurons, L2 {l2:g}"

    @property
    def moves(self) -> Float[np.ndarray, " seed"]:
        """The reference's accuracies less ours."""
        return np.asarray(self.accuracies - self.accuracy[1].own)


def plan_answers(measured: pd.DataFrame, reference: pd.DataFrame) -> list[Answer]:
    """All of the plan's answers, in its order, by the twins that it knew; and what all twins say of its question E.

    Args:
        measured: Run table and measurements of our sweep and its rounding twins together.
        reference: The same of the reference trainer's runs, of both cells.

    Raises:
        InputError: Where not all 20 seeds of both cells are there, by both trainers.
    """
    every_twin = table1.cell_values(measured)
    values = table1.cell_values(measured[(measured["twin"] == 0) | (measured["seed"] <= TWINS)])
    both, again = ([_reprint(cell, of[cell], reference) for cell in (T2, T4)] for of in (values, every_twin))
    trained = [accuracy for _, accuracy in values.values() if accuracy[1].own.max(initial=0) >= AT_CHANCE]
    moved = _moved(both)
    return [
        moved, _mean_accuracy(both[0]), *_mean_errors(both), _odd_error(both[1]), *map(_spikes, both),
        _whole(trained, both, moved.holds), *(_with_every_twin(of) for of in again),
    ]  # fmt: skip


def _reprint(cell: Cell, ours: tuple[PrintedValue, PrintedValue], reference: pd.DataFrame) -> Reprint:
    by_seed = table1.best_by_seed(table1.as_published(reference)).reset_index()
    of = by_seed[(by_seed[table1.CELL] == list(cell)).all(axis=1)].sort_values("seed")
    reprint = Reprint(cell, *ours, of["spectral_error"].to_numpy(float), of["accuracy"].to_numpy(float))
    if not len(reprint.accuracies) == len(ours[1][1].own) == PUBLISHED_SEEDS:
        there = f"{len(reprint.accuracies)} seeds by the reference trainer and {len(ours[1][1].own)} of ours"
        raise InputError("reprints", reprint.name, f"{there} are here; train all {PUBLISHED_SEEDS} of both first")
    return reprint


def _moved(both: Iterable[Reprint]) -> Answer:
    """A: do more seeds move than twins do? Fisher's exact test, one-sided."""
    both = list(both)
    moves = np.concatenate([of.moves for of in both])
    twins = np.concatenate(
        [(of.accuracy[1].values[:TWINS, 1:] - of.accuracy[1].values[:TWINS, :1]).ravel() for of in both]
    )
    twins = twins[np.isfinite(twins)]
    more, fewer = int((abs(moves) > MOVED).sum()), int((abs(twins) > MOVED).sum())
    table = np.array([[more, len(moves) - more], [fewer, len(twins) - fewer]])
    p = float(stats.fisher_exact(table, alternative="greater").pvalue)
    holds = p < 1 - LEVEL
    means = (
        "torch's rounding moves seeds more than one unit in the last place does"
        if holds
        else "no larger rounding is seen; that the paper's is larger than the reference's needs another device"
    )
    asks = (
        f"more accuracies differ by over {MOVED} ({more} of {len(moves)}) than those of twins ({fewer} of {len(twins)})"
    )
    return Answer("A", "both", asks, more / len(moves), fewer / len(twins), np.nan, p, holds, means)


def _mean_accuracy(of: Reprint) -> Answer:
    """B: is the mean accuracy of T2 what is printed?"""
    mean, printed = float(of.accuracies.mean()), of.accuracy[2]
    half = significance._half_unit("accuracy")
    low, high = printed - half, printed + half
    holds = low <= mean <= high
    ours = float(of.accuracy[1].own.mean())
    means = (
        f"this trainer prints what the paper prints, where ours prints {ours:.2f}; one outcome, which may be chance"
        if holds
        else "rounding by torch on a CPU does not explain it; one outcome, which may be chance"
    )
    return Answer(
        "B", of.name, f"the mean accuracy is the printed {printed:.2f}", mean, low, high, np.nan, holds, means
    )


def _mean_errors(both: Iterable[Reprint]) -> list[Answer]:
    """C: would the reference's mean error have been judged rightly, had it been printed?"""
    both = list(both)
    printed = [round(float(np.nanmean(of.errors)), significance.DIGITS["spectral_error"]) for of in both]
    judged = significance.judge_table(
        [PrintedValue("spectral_error", of.error.sample, value) for of, value in zip(both, printed, strict=True)]
    )
    results = []
    for of, value, judgement in zip(both, printed, judged, strict=True):
        holds = judgement.verdict != "inconsistent"
        means = (
            f"{judgement.verdict}: our prediction holds for a reprint whose truth we know"
            if holds
            else "inconsistent: the prediction is too narrow"
        )
        low, high = judgement.interval or (np.nan, np.nan)
        asks = "the mean error is one that seeds like ours could print"
        results.append(Answer("C", of.name, asks, value, low, high, judgement.p, holds, means))
    return results


def _odd_error(of: Reprint) -> Answer:
    """D: does an error as that of T4 come out of the paper's own protocol?"""
    mean, largest, printed = float(np.nanmean(of.errors)), float(np.nanmax(of.errors)), of.error[2]
    holds = mean >= printed or largest >= ODD_T4_ERROR
    means = (
        "such an error comes out of the paper's own protocol; one outcome, which may be chance"
        if holds
        else "it remains unexplained; one outcome, which may be chance"
    )
    of_one = f"that of one seed (the largest is {largest:.4f}) {ODD_T4_ERROR} or more"
    asks = f"the mean error is {printed} or more, or {of_one}"
    return Answer("D", of.name, asks, mean, printed, np.nan, np.nan, holds, means)


def _spikes(of: Reprint) -> Answer:
    """E: are as many of the reference's errors spikes as the cell's chance of them says?"""
    sample = of.error[1]
    own = sample.own[np.isfinite(sample.own)]
    errors = of.errors[np.isfinite(of.errors)]
    count = int((errors > significance.SPIKED * np.median(own)).sum())
    rng = np.random.default_rng([significance._SEED, 2])
    seen = int(significance.odd_seeds("spectral_error", sample.values).sum()), int(np.isfinite(sample.values).sum())
    drawn = rng.binomial(len(errors), significance._odd_chances(seen, sample.others, rng, _DRAWS))
    low, high = central_interval(drawn, method="nearest")
    holds = low <= count <= high
    means = "the chance of spikes is right for torch's rounding too" if holds else "it is wrong"
    asks = f"of {len(errors)} errors, as many are spikes as the cell's chance of a spike predicts"
    return Answer("E", of.name, asks, count, low, high, np.nan, holds, means)


def _with_every_twin(of: Reprint) -> Answer:
    """E once more, which the plan did not ask: by the chance of spikes that twins of all seeds give."""
    answer = _spikes(of)
    means = "by twins of all seeds, this chance is " + ("right" if answer.holds else "wrong")
    return replace(answer, question="E, later", means=f"not in the plan: {means}")


def _whole(trained: list[PrintedValue], both: list[Reprint], more_moves: bool) -> Answer:
    """Does larger rounding explain what is printed?

    Our seeds of all cells that trained are moved as the reference moves its own, and printed.
    """
    moves = np.concatenate([of.moves for of in both])
    moved = [
        PrintedValue(what, replace(sample, values=np.column_stack([sample.own, sample.own[:, None] + moves])), printed)
        for what, sample, printed in trained
    ]
    judgement = significance.judge_rounding(moved)
    size, (low, high) = judgement.value, judgement.interval or (np.nan, np.nan)
    holds = more_moves and low <= size <= high
    means = (
        "larger rounding explains what is printed"
        if holds
        else "larger rounding is not shown to explain what is printed; whether the seeds are others is not said"
    )
    asks = (
        "A holds, and printed accuracies differ from ours as much (root mean square) as if our seeds had moved like "
        "the reference trainer's"
    )
    return Answer("whole", "all that trained", asks, size, low, high, np.nan, holds, means)


def tabulate_answers(results: Iterable[Answer]) -> pd.DataFrame:
    """A row for each answer; columns as in :class:`Answer`."""
    return pd.DataFrame([asdict(answer) for answer in results])


def as_markdown(table: pd.DataFrame) -> str:
    """The same to read.

    Args:
        table: Of :func:`tabulate_answers`.
    """
    columns = ["", "of", "asked", "found", "held to", "p", "holds", "what the plan says of it"]
    rows = []
    for _, row in table.iterrows():
        ends = [f"{row[end]:.4g}" for end in ("low", "high") if not np.isnan(row[end])]
        p = "" if np.isnan(row["p"]) else f"{row['p']:.2g}"
        holds = "yes" if row["holds"] else "no"
        found = f"{row['found']:.4g}"
        rows.append((row["question"], row["cell"], row["asks"], found, " to ".join(ends), p, holds, row["means"]))
    return markdown.table(columns, rows, "lllrlrll") + "\n"
