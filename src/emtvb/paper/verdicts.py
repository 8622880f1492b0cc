"""What an experiment's runs say about each of the paper's claims."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from emtvb import markdown
from emtvb.columns import check_numbers
from emtvb.core.intervals import clustered_share_interval
from emtvb.paper import significance, table1, twins
from emtvb.paper.claims import Claims, Condition, Measure, Rules, Skipped, Statement, in_words, load_claims
from emtvb.paper.significance import Answer, ClaimVerdict, Judgement
from emtvb.theory.literature_columns import ABLATED, FOLLOWED
from emtvb.theory.memory_columns import REMEMBERED
from emtvb.theory.network_verdict import AT_CHANCE

Kind = Literal[
    "published table values", "Table 1 as a whole", "published statements", "our own checks", "claims of others"
]  # fmt: skip
KINDS: dict[Kind, tuple[str, ...]] = {
    "published table values": ("spectral error", "accuracy"),
    "Table 1 as a whole": ("whole",),
    "published statements": ("statement",),
    "our own checks": ("check",),
    "claims of others": ("others",),
}
"""Kinds of claims, which are counted apart, and the groups that each has."""
OF_OTHERS = {
    "measurements/ablations.csv": ABLATED,
    "measurements/gradients.csv": FOLLOWED,
    "measurements/memory.csv": REMEMBERED,
}
"""What is measured beside ``measurements.csv``: files in an experiment's folder, and their columns."""


@dataclass(frozen=True)
class Stratum:
    """What networks of one group say about a statement.

    Attributes:
        title: Which group: ``L2 0.001``.
        holds: For how many it holds.
        networks: Of how many.
        seeds: Theirs.
        interval: 95%, of the share; None where there are too few.
        verdict: Of this group alone.
        curve: Per bar, the share that meets it.
    """

    title: str
    holds: int
    networks: int
    seeds: int
    interval: tuple[float, float] | None
    verdict: ClaimVerdict
    curve: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class ClaimResult:
    """What our runs say about one published number or statement, or about one of our own checks.

    Attributes:
        name: Stable and unique; also the claim's anchor on the page.
        group: ``accuracy`` and ``spectral error`` for cells of Table 1, ``whole`` for all of them together,
            ``statement`` for what the paper says, ``check`` for what we ask besides, ``others`` for what others say.
        source: Where it is published.
        quote: What stands there, in short.
        statement: What is claimed, in words of our own.
        published: The published value, as printed; empty where there is none.
        ours: Our value, in the same form; empty where there is none.
        interval: 95%: for a number, of what the paper would have printed if its seeds were like ours; for a statement,
            of the share of networks for which it holds, where all are judged together. None where there is none.
        seeds: Seeds that our value speaks of.
        networks: Networks that it speaks of.
        rule: When it is consistent and when inconsistent, in words.
        verdict: What that rule says.
        because: Why, in words.
        files: Where to look, relative to the experiment's folder.
        value: Ours as a number; None where there is none.
        printed: The published one as a number; None where there is none.
        margin: From where to where a published value counts as the same as this; None for statements.
        operationalisation: Which bars are ours and not the paper's.
        reason: Why the bar is where it is.
        bar: That of the first condition; None where there is none.
        neighbours: Bars with what is said of the claim there, its own among them; empty where it has no others.
        strata: The groups of networks that were judged apart.
        rows: The networks by task, size and penalty with the share's interval, or the seeds, with what was measured of
            them: the evidence.
        tendency: Of a claim about networks, whether it holds for most; empty of others.
        universality: Whether it holds for all; empty of claims that are not about networks.
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
    verdict: ClaimVerdict
    because: str
    files: tuple[str, ...] = ()
    value: float | None = None
    printed: float | None = None
    margin: tuple[float, float] | None = None
    operationalisation: str = ""
    reason: str = ""
    bar: float | None = None
    neighbours: tuple[tuple[float, str], ...] = ()
    strata: tuple[Stratum, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    tendency: Answer | Literal[""] = ""
    universality: Answer | Literal[""] = ""

    @property
    def kind(self) -> Kind:
        """The kind that it is counted with."""
        return next(kind for kind, groups in KINDS.items() if self.group in groups)

    @property
    def badge(self) -> str:
        """What is said of it in a word or two: :func:`significance.badge_of_claim`."""
        return significance.badge_of_claim(self.verdict, self.tendency, self.universality)


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
    claims = claims or _by_the_bar_of(measured)
    own = table1.paper_runs(measured)
    return tuple(
        itertools.chain(
            _table1(claims, measured),
            _whole(claims, measured),
            (_statement(claim, claims.rules, own) for claim in claims.statements),
            (_count(claims.skipped, claims.rules), *_skipped_cells(claims, measured)),
        )
    )


def _by_the_bar_of(measured: pd.DataFrame) -> Claims:
    """The claims, with the bar of solving a task by which these networks were measured."""
    return load_claims(solved=float(measured["measured_solved"].iloc[0]))


def count_verdicts(results: Iterable[ClaimResult]) -> dict[Kind, dict[ClaimVerdict, int]]:
    """How many claims of each kind have each verdict."""
    tallies: dict[Kind, dict[ClaimVerdict, int]] = {
        kind: dict.fromkeys(significance.CLAIM_VERDICTS, 0) for kind in KINDS
    }
    for result in results:
        tallies[result.kind][result.verdict] += 1
    return tallies


def count_answers(results: Iterable[ClaimResult]) -> dict[Kind, dict[str, dict[Answer, int]]]:
    """How many claims of each kind have each answer, by the question: ``tendency``, ``universality``."""
    given = [(result.kind, result) for result in results if result.tendency]
    return {
        kind: {
            question: {
                answer: count
                for answer in significance.ANSWERS
                if (count := sum(getattr(of, question) == answer for own, of in given if own == kind))
            }
            for question in significance.Answers._fields
        }
        for kind in dict.fromkeys(kind for kind, _ in given)
    }


def _table1(claims: Claims, measured: pd.DataFrame) -> Iterable[ClaimResult]:
    judged = table1.judge_cells(measured)
    networks = table1.as_published(measured).groupby(table1.CELL).size()
    by_seed = table1.best_by_seed(table1.as_published(measured))
    for cell in claims.table1.cells:
        title = f"{cell.task}, {cell.hidden_dim} neurons, L2 {cell.l2:g}"
        name = f"table1-{cell.task}-{cell.hidden_dim}-{cell.l2:g}".replace(".", "_")
        without = cell.error == "---"
        no_error = f"No network of {title} gives a spectral error."
        errors = no_error if without else f"The mean spectral error of {title} is {cell.error} rad."
        of_errors = claims.rules.no_error if without else claims.rules.spectral_error
        accuracies = f"The mean test accuracy of {title} is {cell.accuracy}."
        numbers: tuple[tuple[Measure, str, str, str, str], ...] = (
            ("spectral_error", "error", cell.error, of_errors, errors),
            ("accuracy", "accuracy", cell.accuracy, claims.rules.accuracy, accuracies),
        )
        seeds = _seeds_of(by_seed, cell.key)
        for (measure, what, printed, rule, statement), judgement in zip(numbers, judged[cell.key], strict=True):
            yield _result(
                f"{name}-{what}", measure.replace("_", " "), judgement, _as_printed(judgement.value, measure),
                source=f"{claims.table1.source}: {title}", quote=cell.printed, statement=statement, published=printed,
                networks=int(networks.get(cell.key, 0)), rule=in_words(rule), files=("tables/table1.csv",),
                printed=None if printed == "---" else float(printed), margin=_margin(measure, printed),
                rows=tuple((f"seed {seed}", _as_printed(x, measure)) for seed, x in seeds[measure].items()),
            )  # fmt: skip


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
        yield _result(
            of.name, group, judgement, form.format(judgement.value) if judgement.seeds else "",
            source=f"{whole.source}: {of.short}", quote="", statement=of.statement,
            published=published, networks=0, rule=in_words(rule), files=("tables/table1.csv",),
        )  # fmt: skip


def _as_printed(value: float, measure: Measure) -> str:
    return f"{value:.{significance.DIGITS[measure]}f}".replace("nan", "---")


def _margin(measure: Measure, printed: str) -> tuple[float, float] | None:
    if printed == "---":
        return None
    value = float(printed)
    if measure == "accuracy":
        return value - significance.ACCURACY_MARGIN, value + significance.ACCURACY_MARGIN
    return value / significance.ERROR_MARGIN, value * significance.ERROR_MARGIN


def _statement(claim: Statement, rules: Rules, own: pd.DataFrame) -> ClaimResult:
    networks = own[own["task"].isin(claim.tasks)]
    missing = _missing_columns(claim, networks)
    strata: list[Stratum] = []
    if missing:
        judgement = Judgement(_verdict_of_nothing(claim), f"not measured: no column {missing[0]}", np.nan, None, 0)
        networks = networks.iloc[:0]
    elif networks.empty:
        judgement = Judgement(_verdict_of_nothing(claim), "none of its runs is in this experiment", np.nan, None, 0)
    else:
        networks = networks[where_all_hold(claim.over, networks)]
        judgement, strata = _judge(claim, networks)
    groups = [] if missing else [_holds_and_seeds(claim, of) for _, of in _named_groups(claim.strata, networks)]
    tendency, universality = significance.answer_by_group(groups)
    where = f" on {', '.join(claim.tasks)}" if len(claim.tasks) < 4 else ""
    apart = f", each {_and_names(claim.strata)} apart" if claim.strata else ""
    over, holds = _conditions_in_words(claim.over), _conditions_in_words(claim.holds)
    about = f"About networks with {over}{where}{apart}; it holds for one with {holds}. "
    first = claim.holds[0]
    return _result(
        claim.name, claim.group, judgement, f"{judgement.value:.0%}" if judgement.seeds else "",
        source=claim.source, quote=claim.quote, statement=claim.statement, networks=len(networks),
        published=_share_named(claim),
        files=_measurement_files(claim), operationalisation=claim.operationalisation,
        rule=f"{about}{_rule_in_words(claim, rules)} {in_words(rules.answers)}",
        tendency=tendency, universality=universality,
        reason=claim.reason, bar=first.bar, neighbours=() if missing else _at_every_bar(claim, networks),
        strata=tuple(strata), rows=() if missing else _by_group(claim, networks),
    )  # fmt: skip


def _share_named(claim: Statement) -> str:
    if claim.at_least is None:
        return "no share named"
    return f"at least {100 * claim.at_least:g}%" + (" (our bar)" if claim.group == "check" else "")


def _rule_in_words(claim: Statement, rules: Rules) -> str:
    return in_words(rules.share, at_least=claim.at_least) if claim.at_least else in_words(rules.no_rule)


def _holds_and_seeds(claim: Statement, networks: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """For which of the networks that it speaks of a statement holds, and their seeds."""
    return where_all_hold(claim.holds, networks).to_numpy(bool), networks["seed"].to_numpy()


def _measurement_files(claim: Statement) -> tuple[str, ...]:
    """Where what a claim is about was measured."""
    needed = {name for condition in (*claim.over, *claim.holds) for name in condition.columns()}
    return ("measurements.csv", *(path for path, columns in OF_OTHERS.items() if needed & set(columns)))


def _verdict_of_nothing(claim: Statement) -> ClaimVerdict:
    """The verdict where nothing is known."""
    return "not determined" if claim.at_least else "no verdict"


def _judge(claim: Statement, networks: pd.DataFrame) -> tuple[Judgement, list[Stratum]]:
    """All groups are consistent, or one is inconsistent, or it is not determined; without a rule, shares alone."""
    groups = _named_groups(claim.strata, networks)
    if not groups:
        return Judgement(
            _verdict_of_nothing(claim), "no network of this experiment is one that it speaks of", np.nan, None, 0
        ), []
    judged, strata = [], []
    for title, of in groups:
        holds, seeds = _holds_and_seeds(claim, of)
        if claim.at_least:
            one = significance.judge_share(holds, seeds, claim.at_least, len(groups))
        else:
            one = significance.share_alone(holds, seeds)
        judged.append(one)
        strata.append(
            Stratum(title, int(holds.sum()), len(of), one.seeds, one.interval, one.verdict, _share_by_bar(claim, of))
        )
    if len(judged) == 1:
        return judged[0], strata
    verdicts = {one.verdict for one in judged}
    verdict: ClaimVerdict = next(
        verdict for verdict in ("inconsistent", "not determined", "consistent", "no verdict") if verdict in verdicts
    )
    because = "; ".join(f"{stratum.title}: {one.because}" for stratum, one in zip(strata, judged, strict=True))
    share = float(where_all_hold(claim.holds, networks).mean())
    return Judgement(verdict, because, share, None, int(networks["seed"].nunique())), strata


def _named_groups(columns: Sequence[str], networks: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    if not columns or networks.empty:
        return [("all", networks)] if len(networks) else []
    return [
        (", ".join(_named(column, value) for column, value in zip(columns, key, strict=True)), of)
        for key, of in networks.groupby(list(columns))
    ]


def _named(column: str, value: Any) -> str:
    return {"l2": f"L2 {value:g}" if column == "l2" else "", "hidden_dim": f"{value} neurons"}.get(column, str(value))


def _and_names(columns: Iterable[str]) -> str:
    return " and ".join({"l2": "penalty", "hidden_dim": "size"}.get(column, column) for column in columns)


def _share_by_bar(claim: Statement, networks: pd.DataFrame) -> tuple[tuple[float, float], ...]:
    """The share of networks for which it holds, against the bar of the first condition: its own, and others."""
    return tuple((bar, float(where_all_hold(at, networks).mean())) for bar, at in _with_other_bars(claim))


def _at_every_bar(claim: Statement, networks: pd.DataFrame) -> tuple[tuple[float, str], ...]:
    """What is said of a claim at its own bar and at others."""
    groups = _named_groups(claim.strata, networks)
    found = []
    for bar, at in _with_other_bars(claim):
        answers = significance.answer_by_group(
            [(where_all_hold(at, of).to_numpy(bool), of["seed"].to_numpy()) for _, of in groups]
        )
        found.append((bar, significance.badge_of_claim("no verdict", *answers)))
    return tuple(found)


def _with_other_bars(claim: Statement) -> list[tuple[float, list[Condition]]]:
    """The conditions of a claim with the bar of the first one moved: to its own, and to others."""
    first, *others = claim.holds
    bars = sorted({*claim.bars, first.bar}) if claim.bars and first.bar is not None else []
    return [(bar, [first.at(bar), *others]) for bar in bars]


def statement_shares(measured: pd.DataFrame, claims: Claims | None = None) -> pd.DataFrame:
    """For how many networks each statement holds, by task, size and penalty.

    Args:
        measured: As for :func:`evaluate_claims`.
        claims: Of :func:`emtvb.paper.claims.load_claims`.

    Returns:
        A row per statement or check and group of networks: ``name``, ``group``, ``short``, ``task``, ``hidden_dim``,
        ``l2``; it ``holds`` for so many of its ``networks`` of ``seeds`` seeds, a ``share`` with its 95% interval
        ``low`` to ``high``, and of this group alone ``tendency`` and ``universality``. Statements whose columns are
        missing have no rows.
    """
    own = table1.paper_runs(measured)
    rows: list[tuple[object, ...]] = []
    for claim in (claims or _by_the_bar_of(measured)).statements:
        networks = own[own["task"].isin(claim.tasks)]
        if not _missing_columns(claim, networks):
            rows += [(claim.name, claim.group, claim.short, *row) for row in _group_shares(claim, networks)]
    return pd.DataFrame(rows, columns=["name", "group", "short", *_GroupShare._fields])


SHOWN = {
    "phi-in-the-right-basis": "W_hh is Phi in the realised basis",
    "spectrum-arguments": "the spectrum has Phi's angles",
    "coverage": "the published error exists",
    "same-circuit": "stores linearly, obeys edits through the basis by data",
    "memories-cause": "obeys most edits through the paper's basis",
}
"""Statements about all networks that solve their task, and what a table calls them."""


def shares_as_markdown(shares: pd.DataFrame) -> str:
    """What :func:`statement_shares` gives of the statements in :data:`SHOWN`, a row per task, size and penalty."""
    rows = []
    known = shares[shares["name"].isin(SHOWN)]
    for (task, size, l2), of in known.groupby(table1.CELL):
        by_name = of.set_index("name")
        cells = [
            f"{row.holds}/{row.networks} ({row.low:.0%} to {row.high:.0%})" if row is not None else ""
            for row in (by_name.loc[name] if name in by_name.index else None for name in SHOWN)
        ]
        rows.append((task, size, f"{l2:g}", *cells))
    return markdown.table(["task", "neurons", "L2", *SHOWN.values()], rows, "lrr" + "r" * len(SHOWN))


class _GroupShare(NamedTuple):
    """For how many networks of a task, size and penalty a statement holds: columns of :func:`statement_shares`."""

    task: str
    hidden_dim: int
    l2: float
    holds: int
    networks: int
    seeds: int
    share: float
    low: float
    high: float
    tendency: significance.Answer
    universality: significance.Answer


def _group_shares(claim: Statement, networks: pd.DataFrame) -> Iterable[_GroupShare]:
    of = networks[where_all_hold(claim.over, networks)]
    for key, group in of.groupby(table1.CELL):
        holds, seeds = _holds_and_seeds(claim, group)
        low, high = clustered_share_interval(holds, seeds)
        answers = significance.answer_by_group([(holds, seeds)])
        counts = int(holds.sum()), len(holds), len(np.unique(seeds))
        yield _GroupShare._make((*key, *counts, float(holds.mean()), low, high, *answers))


def _by_group(claim: Statement, networks: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    """By task, size and penalty, for how many of its networks it holds."""
    return tuple(
        (
            f"{of.task}, {of.hidden_dim} neurons, L2 {of.l2:g}",
            f"{of.holds} of {of.networks} ({of.low:.0%} to {of.high:.0%})",
        )
        for of in _group_shares(claim, networks)
    )


def _count(skipped: Skipped, rules: Rules) -> ClaimResult:
    kinds = itertools.product(
        ("T1", "T2", "T3", "T4"), table1.SCRIPT_HIDDEN, table1.SCRIPT_L2, table1.SCRIPT_THRESHOLDS
    )
    ran = [not table1.was_skipped(*kind) for kind in kinds]
    seeds = significance.PUBLISHED_SEEDS
    same = (len(ran) * seeds, sum(ran) * seeds) == (skipped.count.sweep, skipped.count.listed)
    because = f"the script's loops run {sum(ran) * seeds} of {len(ran) * seeds}"
    judgement = Judgement("consistent" if same else "inconsistent", because, sum(ran) * seeds, None, 0)
    return _result(
        skipped.count.name, "check", judgement, f"{judgement.value:.0f}", source=skipped.source, quote=skipped.quote,
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
            cell.name, "check", judgement, text, source=claims.skipped.source, quote="", published="the same",
            statement=f"Without the skipped runs, the {cell.measure.replace('_', ' ')} of {title} prints the same.",
            networks=0, rule=in_words(claims.rules.skipped), files=("tables/table1.csv",),
        )  # fmt: skip


def _compare(ran: pd.Series, whole: pd.Series, measure: Measure) -> tuple[Judgement, str]:
    """A cell without and with the skipped runs."""
    seeds = len(whole)
    without, with_them = (_as_printed(values.mean(), measure) for values in (ran, whole))
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


def _missing_columns(claim: Statement, networks: pd.DataFrame) -> list[str]:
    needed = [name for condition in (*claim.over, *claim.holds) for name in condition.columns()]
    return [name for name in needed if name not in networks.columns]


def where_all_hold(conditions: Iterable[Condition], networks: pd.DataFrame) -> pd.Series:
    """Of which networks all conditions are true."""
    return functools.reduce(lambda a, b: a & b, (condition.true_of(networks) for condition in conditions))


def _conditions_in_words(conditions: Iterable[Condition]) -> str:
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
        value=None if np.isnan(judgement.value) else judgement.value,
        **about,
    )
