"""What an experiment's runs say about each of the paper's claims."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emtvb import tables
from emtvb.paper import evidence, table1
from emtvb.paper.claims import Claims, Condition, Measure, Rules, Skipped, Statement, in_words, load
from emtvb.paper.evidence import Judgement, Verdict


@dataclass(frozen=True)
class ClaimResult:
    """What our runs say about one published number or statement.

    Attributes:
        name: Stable and unique; also the claim's anchor on the page.
        group: ``accuracy`` and ``spectral error`` for cells of Table 1, ``statement``, or ``caveat`` for what the
            published numbers hide.
        source: Where it is published.
        quote: What stands there, in short.
        statement: What is claimed, in words of our own.
        published: The published value, as printed; empty where there is none.
        ours: Our value, in the same form; empty where there is none.
        interval: Our value's 95% confidence interval; None where there is none.
        seeds: Seeds that our value speaks of.
        networks: Networks that it speaks of.
        rule: When it counts as reproduced, in words.
        verdict: What that rule says.
        because: Why, in words.
        files: Where to look, relative to the experiment's folder.
    """

    name: str
    group: str
    source: str
    quote: str
    statement: str
    published: str
    ours: str
    interval: tuple[float, float] | None
    seeds: int
    networks: int
    rule: str
    verdict: Verdict
    because: str
    files: tuple[str, ...] = ()


def read(folder: Path | str, claims: Claims | None = None) -> tuple[ClaimResult, ...]:
    """What the runs of an experiment say about every claim.

    Args:
        folder: The experiment's, with ``runs.csv`` and ``measurements.csv``.
        claims: Of :func:`load`.

    Raises:
        InputError: Where these are missing or damaged, or claims.yaml is.
    """
    runs = tables.read_table(Path(folder) / "runs.csv", tables.RUN_COLUMNS)
    measurements = tables.read_table(Path(folder) / "measurements.csv", tables.MEASURED_COLUMNS)
    return evaluate(tables.combine(runs, measurements), claims)


def evaluate(measured: pd.DataFrame, claims: Claims | None = None) -> tuple[ClaimResult, ...]:
    """What these runs say about every claim.

    Runs that are not the paper's own, by task or protocol, say nothing.

    Args:
        measured: Run table and measurements together, as ``tables.combine`` gives them.
        claims: Of :func:`load`.
    """
    claims = claims or load()
    own = table1.paper_runs(measured)
    return tuple(
        itertools.chain(
            _table1(claims, measured),
            (_statement(claim, claims.rules, own) for claim in claims.statements),
            (_count(claims.skipped, claims.rules), *_skipped_cells(claims, measured)),
        )
    )


def _table1(claims: Claims, measured: pd.DataFrame) -> Iterable[ClaimResult]:
    judged = table1.judge_cells(measured)
    networks = table1.as_published(measured).groupby(table1.CELL).size()
    for cell in claims.table1.cells:
        title = f"{cell.task}, {cell.hidden_dim} neurons, L2 {cell.l2:g}"
        name = f"table1-{cell.task}-{cell.hidden_dim}-{cell.l2:g}".replace(".", "_")
        error, accuracy = judged[cell.key]
        common = {
            "source": f"{claims.table1.source}: {title}",
            "quote": cell.printed,
            "networks": int(networks.get(cell.key, 0)),
            "files": ("tables/table1.csv",),
        }
        without = cell.error == "---"
        yield _result(
            f"{name}-error", "spectral error", error, f"{error.value:.4f}", published=cell.error, **common,
            statement=f"No network of {title} gives a spectral error."
            if without else f"The mean spectral error of {title} is {cell.error} rad.",
            rule=in_words(claims.rules.no_error if without else claims.rules.spectral_error),
        )  # fmt: skip
        yield _result(
            f"{name}-accuracy", "accuracy", accuracy, f"{accuracy.value:.2f}", published=cell.accuracy, **common,
            statement=f"The mean test accuracy of {title} is {cell.accuracy}.", rule=in_words(claims.rules.accuracy),
        )  # fmt: skip


def _statement(claim: Statement, rules: Rules, own: pd.DataFrame) -> ClaimResult:
    networks, missing = own[own["task"].isin(claim.tasks)], _missing(claim, own)
    if missing:
        judgement = Judgement("cannot tell", f"not measured: no column {missing[0]}", np.nan, None, 0)
        networks = networks.iloc[:0]
    elif networks.empty:
        judgement = Judgement("cannot tell", "none of its runs is in this experiment", np.nan, None, 0)
    else:
        networks = networks[_all(claim.over, networks)]
        holds = _all(claim.holds, networks)
        judgement = evidence.judge_share(holds.to_numpy(bool), networks["seed"].to_numpy(), claim.at_least)
        by_task = ", ".join(f"{task} {of.sum()}/{len(of)}" for task, of in holds.groupby(networks["task"]))
        judgement = Judgement(
            judgement.verdict,
            judgement.because + (f" ({by_task})" if networks["task"].nunique() > 1 else ""),
            judgement.value, judgement.interval, judgement.seeds,
        )  # fmt: skip
    where = f" on {', '.join(claim.tasks)}" if len(claim.tasks) < 4 else ""
    about = f"About networks with {_and(claim.over)}{where}; it holds for one with {_and(claim.holds)}. "
    return _result(
        claim.name, claim.group, judgement, f"{judgement.value:.0%}", source=claim.source, quote=claim.quote,
        statement=claim.statement, published=f"at least {claim.at_least:.0%} (our bar)", networks=len(networks),
        rule=about + in_words(rules.share, at_least=claim.at_least), files=("measurements.csv",),
    )  # fmt: skip


def _count(skipped: Skipped, rules: Rules) -> ClaimResult:
    kinds = itertools.product(
        ("T1", "T2", "T3", "T4"), table1.SCRIPT_HIDDEN, table1.SCRIPT_L2, table1.SCRIPT_THRESHOLDS
    )
    ran = [not table1.skipped(*kind) for kind in kinds]
    seeds = evidence.PUBLISHED_SEEDS
    same = (len(ran) * seeds, sum(ran) * seeds) == (skipped.count.sweep, skipped.count.listed)
    because = f"the script's loops run {sum(ran) * seeds} of {len(ran) * seeds}"
    judgement = Judgement("reproduced" if same else "not reproduced", because, sum(ran) * seeds, None, 0)
    return _result(
        skipped.count.name, "caveat", judgement, f"{judgement.value:.0f}", source=skipped.source, quote=skipped.quote,
        statement=skipped.count.statement, published=str(skipped.count.listed), networks=0, rule=rules.count,
    )  # fmt: skip


def _skipped_cells(claims: Claims, measured: pd.DataFrame) -> Iterable[ClaimResult]:
    subset = table1.best_by_seed(table1.as_published(measured))
    every = table1.best_by_seed(table1.as_intended(measured))
    for cell in claims.skipped.cells:
        key = (cell.task, cell.hidden_dim, cell.l2)
        title = f"{cell.task}, {cell.hidden_dim} neurons, L2 {cell.l2:g}"
        ran, whole = (_seeds_of(table, key)[cell.measure] for table in (subset, every))
        ran = ran[ran.index.isin(whole.index)]
        judgement, text = _compare(ran, whole, cell.measure)
        yield _result(
            cell.name, "caveat", judgement, text, source=claims.skipped.source, quote="", published="the same",
            statement=f"Without the skipped runs, the {cell.measure.replace('_', ' ')} of {title} prints the same.",
            networks=0, rule=in_words(claims.rules.skipped), files=("tables/table1.csv",),
        )  # fmt: skip


def _compare(ran: pd.Series, whole: pd.Series, measure: Measure) -> tuple[Judgement, str]:
    """A cell without and with the skipped runs."""
    digits, seeds = {"accuracy": 2, "spectral_error": 4}[measure], len(whole)
    without, with_them = (f"{values.mean():.{digits}f}".replace("nan", "---") for values in (ran, whole))
    verdict: Verdict = "reproduced" if without == with_them else "not reproduced"
    because = f"{without} without them, {with_them} with them"
    if measure == "spectral_error":
        because += f", for {ran.notna().sum()} and {whole.notna().sum()} of {seeds} seeds"
    if seeds < evidence.FEWEST_SEEDS:
        verdict, because = (
            "cannot tell",
            f"seeds that have both: {seeds}; {evidence.FEWEST_SEEDS} are the fewest that tell",
        )
    return Judgement(verdict, because, float(whole.mean() - ran.mean()), None, seeds), with_them if seeds else ""


def _seeds_of(by_seed: pd.DataFrame, key: tuple[str, int, float]) -> pd.DataFrame:
    """The seeds of one cell, by seed."""
    rows = by_seed.reset_index()
    return rows[(rows[table1.CELL] == list(key)).all(axis=1)].set_index("seed")


def _missing(claim: Statement, networks: pd.DataFrame) -> list[str]:
    needed = [name for condition in (*claim.over, *claim.holds) for name in condition.columns()]
    return [name for name in needed if name not in networks.columns]


def _all(conditions: Iterable[Condition], networks: pd.DataFrame) -> pd.Series:
    return functools.reduce(lambda a, b: a & b, (condition.true_of(networks) for condition in conditions))


def _and(conditions: Iterable[Condition]) -> str:
    return " and ".join(condition.in_words() for condition in conditions)


def _result(name: str, group: str, judgement: Judgement, ours: str, **about: Any) -> ClaimResult:
    return ClaimResult(
        name=name,
        group=group,
        ours=ours.replace("nan", "---") if judgement.seeds or not np.isnan(judgement.value) else "",
        interval=judgement.interval,
        seeds=judgement.seeds,
        verdict=judgement.verdict,
        because=judgement.because,
        **about,
    )
