"""What an experiment's runs say about each of the paper's claims: each is judged."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from emtvb.columns import check_numbers
from emtvb.paper import significance, table1, twins, wording
from emtvb.paper.claim_results import ClaimResult, Criterion, Evidence, Finding, StatedClaim, Stratum
from emtvb.paper.claims import (
    Claims,
    Condition,
    Measure,
    Moment,
    Skipped,
    Statement,
    claims_by_bar_of,
    in_words,
    where_all_hold,
)
from emtvb.paper.shares import group_shares, holds_and_seeds
from emtvb.paper.significance import Answers, ClaimVerdict, Judgement
from emtvb.theory.literature_columns import ABLATED, FOLLOWED
from emtvb.theory.memory_columns import REMEMBERED
from emtvb.theory.network_verdict import AT_CHANCE

OF_OTHERS = {
    "measurements/ablations.csv": ABLATED,
    "measurements/gradients.csv": FOLLOWED,
    "measurements/memory.csv": REMEMBERED,
}
"""What is measured beside ``measurements.csv``: files in an experiment's folder, and their columns."""
_TABLE1 = ("tables/table1.csv",)
"""Where the cells of Table 1 are written down."""


def read_verdicts(folder: Path | str, claims: Claims | None = None) -> tuple[ClaimResult, ...]:
    """What the runs of an experiment say about every claim.

    Rounding twins are those of the experiment itself, and those of an experiment ``twins`` beside it.

    Args:
        folder: The experiment's, with ``runs.csv`` and ``measurements.csv``.
        claims: Of :func:`emtvb.paper.claims.load_claims`.

    Raises:
        InputError: Where these are missing or damaged, or claims.yaml is.
    """
    folder = Path(folder)
    own = folder / "runs.csv", folder / "measurements.csv"
    measured = twins.measured_with_twins(*own, twins.twin_files(folder))
    return evaluate_claims(
        with_others(measured, [folder / name for name in OF_OTHERS if (folder / name).is_file()]), claims
    )


def with_others(measured: pd.DataFrame, files: Iterable[Path | str]) -> pd.DataFrame:
    """Measurements, and beside them what was measured for claims of others; empty for networks that it is not of.

    Args:
        measured: Run table and measurements together.
        files: Those of :data:`OF_OTHERS` that are there.

    Raises:
        InputError: Where a file holds something else than numbers.
    """
    for path in files:
        more = check_numbers(pd.read_csv(path, dtype={"run_id": str}), path).set_index("run_id").astype(float)
        measured = measured.merge(more, on="run_id", how="left", validate="one_to_one")
    return measured.copy()  # in one piece: many columns were added one by one


def evaluate_claims(measured: pd.DataFrame, claims: Claims | None = None) -> tuple[ClaimResult, ...]:
    """What these runs say about every claim.

    Runs that are not the paper's own, by task or protocol, or that are measured otherwise, say nothing.

    Args:
        measured: Run table and measurements together, as ``tables.combine`` gives them; rounding twins among them.
        claims: Of :func:`emtvb.paper.claims.load_claims`; by default with the bar of solving a task by which these
            were measured.
    """
    claims = claims or claims_by_bar_of(measured)
    own = table1.paper_runs(measured)
    return tuple(
        itertools.chain(
            _table1(claims, measured),
            _whole(claims, measured),
            (_statement(claim, claims, own) for claim in claims.statements),
            (_count(claims.skipped, claims.rules.count), *_skipped_cells(claims, measured)),
        )
    )


def _finding(judgement: Judgement, ours: str, networks: int = 0, answers: Answers | None = None) -> Finding:
    """What is found, with our value in words; without a value where nothing is known."""
    unknown = bool(np.isnan(judgement.value))
    tendency, universality = answers or ("", "")
    return Finding(
        verdict=judgement.verdict,
        because=judgement.because,
        ours="" if unknown and not judgement.seeds else ours.replace("nan", "---"),
        value=None if unknown else judgement.value,
        interval=judgement.interval,
        seeds=judgement.seeds,
        networks=networks,
        tendency=tendency,
        universality=universality,
    )


def _table1(claims: Claims, measured: pd.DataFrame) -> Iterable[ClaimResult]:
    """Each printed value, errors and accuracies."""
    judged = table1.judge_cells(measured)
    networks = table1.as_published(measured).groupby(table1.CELL).size()
    by_seed = table1.best_by_seed(table1.as_published(measured))
    for cell in claims.table1.cells:
        title = wording.cell_title(*cell.key)
        name = f"table1-{cell.task}-{cell.hidden_dim}-{cell.l2:g}".replace(".", "_")
        rule_of_error = claims.rules.no_error if cell.error == "---" else claims.rules.spectral_error
        numbers: tuple[tuple[Measure, str, str, str], ...] = (
            ("spectral_error", "error", cell.error, rule_of_error),
            ("accuracy", "accuracy", cell.accuracy, claims.rules.accuracy),
        )
        seeds = _seeds_of(by_seed, cell.key)
        for (measure, short, printed, rule), judgement in zip(numbers, judged[cell.key], strict=True):
            yield ClaimResult(
                StatedClaim(
                    name=f"{name}-{short}",
                    group=measure.replace("_", " "),
                    source=f"{claims.table1.source}: {title}",
                    statement=wording.value_claimed(title, measure, printed),
                    quote=cell.printed,
                    published=printed,
                    printed=None if printed == "---" else float(printed),
                ),
                Criterion(in_words(rule), margin=_margin(measure, printed)),
                _finding(judgement, wording.as_printed(judgement.value, measure), int(networks.get(cell.key, 0))),
                Evidence(
                    files=_TABLE1,
                    rows=tuple((f"seed {seed}", wording.as_printed(x, measure)) for seed, x in seeds[measure].items()),
                ),
            )


def _margin(measure: Measure, printed: str) -> tuple[float, float] | None:
    """From where to where a value counts as the same as the printed one; None where that is no number."""
    if printed == "---":
        return None
    value = float(printed)
    if measure == "accuracy":
        return value - significance.ACCURACY_MARGIN, value + significance.ACCURACY_MARGIN
    return value / significance.ERROR_MARGIN, value * significance.ERROR_MARGIN


def _whole(claims: Claims, measured: pd.DataFrame) -> Iterable[ClaimResult]:
    """Errors and accuracies as a whole, and whether accuracies are those of the same seeds."""
    values = [value for pair in table1.cell_values(measured).values() for value in pair]
    errors = [value for value in values if value.what == "spectral_error" and not np.isnan(value.printed)]
    accuracies = [
        value
        for value in values
        if value.what == "accuracy" and len(value.sample.own) and value.sample.own.max() >= AT_CHANCE
    ]
    whole, rules = claims.whole, claims.rules
    rounding = significance.judge_rounding(accuracies)
    for of, group, judgement, form, published, rule in (
        (whole.errors, "whole", significance.judge_whole(errors), "{:.2f} times ours", "as ours", rules.whole),
        (whole.accuracies, "whole", significance.judge_whole(accuracies), "off by {:+.3f}", "as ours", rules.whole),
        (whole.rounding, "check", rounding, "{:.4f} off", "the same seeds", rules.rounding),
    ):
        yield ClaimResult(
            StatedClaim(
                name=of.name,
                group=group,
                source=f"{whole.source}: {of.short}",
                statement=of.statement,
                published=published,
            ),
            Criterion(in_words(rule)),
            _finding(judgement, form.format(judgement.value) if judgement.seeds else ""),
            Evidence(files=_TABLE1),
        )


def _statement(claim: Statement, claims: Claims, own: pd.DataFrame) -> ClaimResult:
    """A statement about networks: for how many of them it holds, in each group that is judged apart."""
    finding, evidence = _found_of(claim, claims, own[own["task"].isin(claim.tasks)])
    return ClaimResult(
        StatedClaim(
            name=claim.name,
            group=claim.group,
            source=claim.source,
            statement=claim.statement,
            quote=claim.quote,
            published=wording.share_named(claim),
        ),
        Criterion(
            rule=wording.statement_rule(claim, claims.rules),
            bar=claim.holds[0].bar,
            reason=claim.reason,
            operationalisation=claim.operationalisation,
        ),
        finding,
        evidence,
    )


def _found_of(claim: Statement, claims: Claims, networks: pd.DataFrame) -> tuple[Finding, Evidence]:
    """What networks on a statement's tasks say of it, and the evidence."""
    files = _measurement_files(claim)
    if missing := claim.missing_columns(networks):
        return _nothing_found(claim, f"not measured: no column {missing[0]}"), Evidence(files)
    about = networks[where_all_hold(claim.over, networks)]
    groups = _named_groups(claim.strata, about)
    evidence = Evidence(files, rows=_rows(claim, networks), neighbours=_at_every_bar(claim, groups))
    if networks.empty:
        return _nothing_found(claim, "none of its runs is in this experiment"), evidence
    if not groups:
        return _nothing_found(claim, "no network of this experiment is one that it speaks of"), evidence
    judgement, strata = _judge(claim, about, groups)
    judgement, strata = _unless_younger(claim.rule_since, claims.first_weights(about["seed"]), judgement, strata)
    answers = significance.answer_by_group([holds_and_seeds(claim.holds, of) for _, of in groups])
    ours = f"{judgement.value:.0%}" if judgement.seeds else ""
    beside = tuple((other.basis, _counted(other.holds, groups)) for other in claim.beside)
    return _finding(judgement, ours, len(about), answers), replace(evidence, strata=strata, beside=beside)


def _counted(conditions: Sequence[Condition], groups: Sequence[tuple[str, pd.DataFrame]]) -> str:
    """Of each group, how many of its networks meet conditions, in words."""
    counts = [(title, int(where_all_hold(conditions, of).sum()), len(of)) for title, of in groups]
    return "; ".join(f"{f'{title}: ' if len(groups) > 1 else ''}{holds} of {all_}" for title, holds, all_ in counts)


def _unless_younger(
    rule: Moment, weights: Moment | None, judgement: Judgement, strata: tuple[Stratum, ...] = ()
) -> tuple[Judgement, tuple[Stratum, ...]]:
    """A judgement, and those of groups; consistent becomes found where the rule is younger than the first weights."""
    if weights is None or rule.at <= weights.at:
        return judgement, strata
    strata = tuple(replace(of, verdict="found") if of.verdict == "consistent" else of for of in strata)
    if judgement.verdict == "consistent":
        because = f"{judgement.because}; {wording.found_on_its_networks(rule, weights)}"
        judgement = replace(judgement, verdict="found", because=because)
    return judgement, strata


def _nothing_found(claim: Statement, because: str) -> Finding:
    """What is said of a statement where there is no network to judge it by."""
    verdict: ClaimVerdict = "not determined" if claim.at_least else "no verdict"
    return Finding(verdict, because, tendency="not determined", universality="not determined")


def _measurement_files(claim: Statement) -> tuple[str, ...]:
    """Where what a claim is about was measured."""
    needed = set(claim.columns())
    return ("measurements.csv", *(path for path, columns in OF_OTHERS.items() if needed & set(columns)))


def _judge(
    claim: Statement, networks: pd.DataFrame, groups: Sequence[tuple[str, pd.DataFrame]]
) -> tuple[Judgement, tuple[Stratum, ...]]:
    """All groups are consistent, or one is inconsistent, or it is not determined; without a rule, shares alone."""
    judged, strata = [], []
    for title, of in groups:
        holds, seeds = holds_and_seeds(claim.holds, of)
        if claim.at_least:
            one = significance.judge_share(holds, seeds, claim.at_least, len(groups))
        else:
            one = significance.share_alone(holds, seeds)
        judged.append(one)
        strata.append(
            Stratum(title, int(holds.sum()), len(of), one.seeds, one.interval, one.verdict, _share_by_bar(claim, of))
        )
    if len(judged) == 1:
        return judged[0], tuple(strata)
    verdicts = {one.verdict for one in judged}
    verdict: ClaimVerdict = next(
        verdict for verdict in ("inconsistent", "not determined", "consistent", "no verdict") if verdict in verdicts
    )
    because = "; ".join(f"{stratum.title}: {one.because}" for stratum, one in zip(strata, judged, strict=True))
    share = float(where_all_hold(claim.holds, networks).mean())
    return Judgement(verdict, because, share, None, int(networks["seed"].nunique())), tuple(strata)


def _named_groups(columns: Sequence[str], networks: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The groups of networks that are judged apart, each with its title; none where there is no network."""
    if not columns or networks.empty:
        return [("all", networks)] if len(networks) else []
    return [(wording.stratum_title(columns, key), of) for key, of in networks.groupby(list(columns))]


def _share_by_bar(claim: Statement, networks: pd.DataFrame) -> tuple[tuple[float, float], ...]:
    """The share of networks for which it holds, against the bar of the first condition: its own, and others."""
    return tuple((bar, float(where_all_hold(at, networks).mean())) for bar, at in _with_other_bars(claim))


def _at_every_bar(claim: Statement, groups: Sequence[tuple[str, pd.DataFrame]]) -> tuple[tuple[float, str], ...]:
    """What is said of a claim at its own bar and at others."""
    found = []
    for bar, at in _with_other_bars(claim):
        answers = significance.answer_by_group([holds_and_seeds(at, of) for _, of in groups])
        found.append((bar, significance.badge_of_claim("no verdict", *answers)))
    return tuple(found)


def _with_other_bars(claim: Statement) -> list[tuple[float, list[Condition]]]:
    """The conditions of a claim with the bar of the first one moved: to its own, and to others."""
    first, *others = claim.holds
    bars = sorted({*claim.bars, first.bar}) if claim.bars and first.bar is not None else []
    return [(bar, [first.at(bar), *others]) for bar in bars]


def _rows(claim: Statement, networks: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    """By task, size and penalty, for how many of its networks it holds."""
    return tuple(
        (wording.cell_title(of.task, of.hidden_dim, of.l2), wording.share_found(of.holds, of.networks, of.low, of.high))
        for of in group_shares(claim, networks)
    )


def _count(skipped: Skipped, rule: str) -> ClaimResult:
    """Whether the paper's script runs as many trainings as the paper lists."""
    kinds = itertools.product(
        ("T1", "T2", "T3", "T4"), table1.SCRIPT_HIDDEN, table1.SCRIPT_L2, table1.SCRIPT_THRESHOLDS
    )
    ran = [not table1.was_skipped(*kind) for kind in kinds]
    seeds = significance.PUBLISHED_SEEDS
    count = skipped.count
    same = (len(ran) * seeds, sum(ran) * seeds) == (count.sweep, count.listed)
    because = f"the script's loops run {sum(ran) * seeds} of {len(ran) * seeds}"
    judgement = Judgement("consistent" if same else "inconsistent", because, sum(ran) * seeds, None, 0)
    return ClaimResult(
        StatedClaim(
            name=count.name,
            group="check",
            source=skipped.source,
            statement=count.statement,
            quote=skipped.quote,
            published=str(count.listed),
        ),
        Criterion(rule),
        _finding(judgement, f"{judgement.value:.0f}"),
    )


def _skipped_cells(claims: Claims, measured: pd.DataFrame) -> Iterable[ClaimResult]:
    """Whether cells print the same without the runs that the paper's script skips."""
    subset = table1.best_by_seed(table1.as_published(measured))
    every = table1.best_by_seed(table1.as_intended(measured))
    since = claims.skipped.rule_since
    rule = f"{in_words(claims.rules.skipped)} {wording.since(since)}"
    for cell in claims.skipped.cells:
        key = (cell.task, cell.hidden_dim, cell.l2)
        ran, whole = (_seeds_of(table, key)[cell.measure] for table in (subset, every))
        ran = ran[ran.index.isin(whole.index)]
        judgement, ours = _compare(ran, whole, cell.measure)
        judgement, _ = _unless_younger(since, claims.first_weights(whole.index), judgement)
        yield ClaimResult(
            StatedClaim(
                name=cell.name,
                group="check",
                source=claims.skipped.source,
                statement=wording.same_without_skipped(cell),
                published="the same",
            ),
            Criterion(rule),
            _finding(judgement, ours),
            Evidence(files=_TABLE1),
        )


def _compare(ran: pd.Series, whole: pd.Series, measure: Measure) -> tuple[Judgement, str]:
    """A cell without and with the skipped runs, and what it prints with them."""
    seeds = len(whole)
    without, with_them = (wording.as_printed(values.mean(), measure) for values in (ran, whole))
    verdict: ClaimVerdict = "consistent" if without == with_them else "inconsistent"
    because = f"{without} without them, {with_them} with them"
    if measure == "spectral_error":
        because += f", for {ran.notna().sum()} and {whole.notna().sum()} of {seeds} seeds"
    if seeds < significance.FEWEST_SEEDS:
        verdict, because = (
            "not determined",
            f"seeds that have both: {seeds}; {significance.FEWEST_SEEDS} are the fewest that tell",
        )
    return Judgement(verdict, because, float(whole.mean() - ran.mean()), None, seeds), with_them if seeds else ""


def _seeds_of(by_seed: pd.DataFrame, key: tuple[str, int, float]) -> pd.DataFrame:
    """The seeds of one cell, by seed."""
    rows = by_seed.reset_index()
    return rows[(rows[table1.CELL] == list(key)).all(axis=1)].set_index("seed")
