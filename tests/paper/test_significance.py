"""Both questions' error rates, where the truth is known; verdicts at their ends; and that no generator decides one."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from docs import pages
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from emtvb.paper import error_rates, significance, table1, twins
from emtvb.paper.significance import Judgement, Measure, PrintedValue, Sample, holm_correction, judge_table
from emtvb.theory.network_verdict import AT_CHANCE

NAN = float("nan")
ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results" / "paper"
TEXT = " ".join(pages.without_comments((ROOT / "docs" / "evidence.md").read_text()).split())
SWEEPS = 240
POPULATIONS: list[tuple[Measure, str]] = [
    *(("accuracy", name) for name in error_rates.ACCURACIES),
    *(("spectral_error", name) for name in error_rates.ERRORS),
]  # type: ignore[list-item]
MODELS = [("exchangeable seeds", 5), ("exchangeable seeds", 10), ("exchangeable seeds", 20), ("same seeds", 20)]


@cache
def published() -> dict[tuple[str, int, float], tuple[PrintedValue, PrintedValue]]:
    """The seeds of the published sweep and their twins, cell by cell."""
    own, others = (
        [ROOT / "results" / name / file for file in ("runs.csv", "measurements.csv")] for name in ("paper", "twins")
    )
    return table1.cell_values(twins.measured_with_twins(*own, others))


def simulated(what: Measure, name: str, model: str, seeds: int, deviation: float) -> dict[str, float]:
    population = {**error_rates.ACCURACIES, **error_rates.ERRORS}[name]
    return error_rates.verdict_rates(
        error_rates.made_up_sweeps(what, population, model, seeds, deviation, SWEEPS, seed=5), draws=500
    )


def most(rate: float, count: int) -> float:
    """What a true rate this large may look like in so many cases, in 99 of 100."""
    return float(stats.binom.ppf(0.99, count, rate)) / count


BOUNDS: dict[tuple[str, str, int], tuple[float, float, float]] = {
    ("accuracy", "exchangeable seeds", 5): (0.09, 0.07, 0.01),
    ("accuracy", "exchangeable seeds", 10): (0.08, 0.04, 0.01),
    ("accuracy", "exchangeable seeds", 20): (0.12, 0.05, 0.01),
    ("accuracy", "same seeds", 20): (0.01, 0.06, 0.01),
    ("spectral_error", "exchangeable seeds", 5): (0.05, 0.02, 0.01),
    ("spectral_error", "exchangeable seeds", 10): (0.075, 0.03, 0.01),
    ("spectral_error", "exchangeable seeds", 20): (0.09, 0.03, 0.01),
    ("spectral_error", "same seeds", 20): (0.05, 0.03, 0.01),
}
"""No true rate is above these: inconsistent without deviation, consistent at one margin, and at two.

A little above the worst population's in 600 to 7000 sweeps with other random numbers. The aim of 5% is missed by false
inconsistent of accuracies of which many seeds are lost, or that come in two groups, and of errors that spread over
decades, or that a third of the seeds lack; and, hardly, by false consistent of accuracies.
"""
WRONG = ((0, "differs"), (1, "agrees"), (2, "agrees"))
"""Deviations in margins, and the verdict that is wrong there, by its published column."""


@pytest.mark.parametrize(  # many simulated sweeps each
    ("model", "seeds"),
    [pytest.param(*case, marks=() if case == ("exchangeable seeds", 20) else pytest.mark.long) for case in MODELS],
)
@pytest.mark.parametrize(("what", "name"), POPULATIONS)
def test_both_questions_err_no_more_often_than_is_stated_for_a_measure_and_number_of_seeds(
    what: Measure, name: str, model: str, seeds: int
) -> None:
    for (deviation, verdict), bound in zip(WRONG, BOUNDS[what, model, seeds], strict=True):
        assert simulated(what, name, model, seeds, deviation)[verdict] <= most(bound, SWEEPS)


def test_published_error_rates_are_within_the_same_bounds() -> None:
    """Of each population and number of seeds, as chance allows in so many sweeps."""
    table = pd.read_csv(RESULTS / "figures" / "evidence.csv")
    assert {tuple(key) for key in table[["what", "model", "seeds"]].drop_duplicates().to_numpy()} == set(BOUNDS)
    for row in table.to_dict("records"):
        for (deviation, verdict), bound in zip(WRONG, BOUNDS[row["what"], row["model"], row["seeds"]], strict=True):
            if row["deviation"] == deviation:
                assert row[verdict] <= most(bound, row["sweeps"]), row


def test_where_the_aim_of_5_percent_is_missed_the_docs_say_so() -> None:
    table = pd.read_csv(RESULTS / "figures" / "evidence.csv")
    plain = table[(table["deviation"] == 0) & (table["what"] == "accuracy") & (table["model"] == "exchangeable seeds")]
    worst = plain.groupby("seeds")["differs"].max()
    assert f"(up to {np.floor(100 * worst[5] + 0.5):.0f}% with five seeds)" in TEXT  # 12.5% is said as 13%
    mean = plain.groupby("seeds")["differs"].mean()
    said = f"{worst[5]:.1%} with five seeds, {worst[10]:.1%} with ten and {worst[20]:.1%} with 20; the mean"
    assert said in TEXT
    assert f"with five seeds ({mean[5]:.1%})" in TEXT
    assert mean[mean > 0.05].index.tolist() == [5]


TABLES = 60


@pytest.fixture(scope="module")
def bootstrapped() -> pd.DataFrame:
    return error_rates.bootstrap_rates(published(), (TABLES, TABLES), seed=3, draws=500).set_index(
        [*table1.CELL, "measure"]
    )


@pytest.mark.long
def test_neither_rate_is_above_5_percent_where_a_published_cells_own_seeds_are_the_population(
    bootstrapped: pd.DataFrame,
) -> None:
    assert len(bootstrapped) == 24 + 12
    assert (bootstrapped["sweeps"] > 0.9 * TABLES).all()
    for rate in ("false_inconsistent", "false_consistent"):
        bound = most(0.05, TABLES)
        assert (bootstrapped[rate] <= bound).all(), bootstrapped[bootstrapped[rate] > bound]
        assert bootstrapped[rate].mean() <= 0.03


def test_no_published_rate_is_above_5_percent_and_doubtful_ones_rest_on_more_tables() -> None:
    table = pd.read_csv(RESULTS / "figures" / "forest.csv").dropna(subset="sweeps")
    assert len(table) == 24 + 12
    assert table["sweeps"].ge(error_rates.TABLES[0] * 0.9).all()
    assert f"the largest of 72 rates is {table[['false_inconsistent', 'false_consistent']].max(axis=None):.1%}" in TEXT
    for rate in ("false_inconsistent", "false_consistent"):
        assert table[rate].le(0.05).all()
        error = np.sqrt(table[rate] * (1 - table[rate]) / table["sweeps"])
        doubtful = (table[rate] - 0.05).abs() < 2.9 * error
        assert table.loc[doubtful, "sweeps"].ge(error_rates.TABLES[1] * 0.9).all()


@pytest.mark.long
def test_there_is_power_where_seeds_are_alike(bootstrapped: pd.DataFrame) -> None:
    power = bootstrapped["power"].unstack()
    assert (power["accuracy"].drop(index=("T4", 64, 0.0)) >= 0.5).all()
    stable = [("T1", 128, 0.0), ("T3", 128, 0.0), ("T3", 128, 0.001), ("T4", 128, 0.0), ("T4", 128, 0.001)]
    assert (power["spectral_error"].loc[stable] >= 0.3).all()


@pytest.mark.long
def test_laxer_rules_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as one that knows of no spikes, or one that takes what is printed for agreement if it is near ours."""
    with monkeypatch.context() as patch:
        patch.setattr(significance, "_odd_chances", lambda own, others, rng, draws: np.zeros(draws))
        found = error_rates.bootstrap_rates(published(), (40, 40), seed=3, draws=300).set_index(
            [*table1.CELL, "measure"]
        )
        assert found.loc[("T2", 128, 0.0, "spectral_error"), "false_inconsistent"] > most(0.05, 40)
    monkeypatch.setattr(significance.Prediction, "beyond", lambda self, printed: 0.0)
    assert simulated("spectral_error", "wide", "exchangeable seeds", 20, 1)["agrees"] > 2 * most(0.05, SWEEPS)


@pytest.mark.long  # judges it with 20 generators
def test_no_verdict_on_the_published_table_depends_on_the_generator() -> None:
    """Twenty others give the same 48 verdicts, and the same on the table as a whole."""
    values = [value for pair in published().values() for value in pair]
    parts = [
        [value for value in values if value.what == what and np.nanmax(value.sample.own, initial=0) > least]
        for what, least in (("spectral_error", 0), ("accuracy", AT_CHANCE))
    ]
    said = {
        tuple(
            judged.verdict
            for judged in (
                *judge_table(values, seed=seed),
                *(significance.judge_whole(part, seed=seed) for part in parts),
                significance.judge_rounding(parts[1], draws=2000, seed=seed),
            )
        )
        for seed in range(20)
    }
    assert len(said) == 1


def test_twins_enter_verdicts_on_errors_as_on_accuracies() -> None:
    """As second outcomes of their seeds: a spike of a twin is a spike of the cell."""
    rng = np.random.default_rng(0)
    errors, accuracies = 0.002 * np.exp(rng.normal(0, 0.1, 20)), 1 - rng.exponential(1e-4, 20)
    for what, own, other in (("spectral_error", errors, 0.05), ("accuracy", accuracies, 0.6)):
        alone, spiked = (np.column_stack([own, np.full(20, NAN)]) for _ in range(2))
        spiked[:3, 1] = other
        printed = round(float(own.mean()), significance.DIGITS[what])  # type: ignore[index]
        narrow, wide = (
            judge_table([PrintedValue(what, Sample(of, ((0, 100),)), printed)], draws=4000)[0]  # type: ignore[arg-type]
            for of in (alone, spiked)
        )
        assert narrow.verdict == "consistent"
        assert narrow.interval
        assert wide.interval
        assert wide.interval[1] - wide.interval[0] > narrow.interval[1] - narrow.interval[0]
        assert wide.value == narrow.value


def test_odd_seeds_are_drawn_towards_those_of_other_cells() -> None:
    """Cells alike are pooled; where they are not, a cell's own seeds decide."""
    rng = np.random.default_rng(1)

    def rate(own: tuple[int, int], *others: tuple[int, int]) -> float:
        return float(significance._odd_chances(own, others, rng, 20_000).mean())

    none = rate((0, 20))
    assert rate((0, 20), *[(0, 20)] * 6) < none / 2
    assert rate((0, 20), *[(4, 20)] * 6) > 2 * none
    assert rate((10, 20), *[(0, 20)] * 6) > 0.3
    assert rate((0, 200), (15, 20), (10, 20), (0, 20)) < 0.02


def test_what_is_simulated_is_what_was_measured() -> None:
    """The spread of errors, spikes, and the least accuracy, as the published runs and docs/evidence.md have them."""
    rng = np.random.default_rng(1)
    spreads = [np.nanstd(np.log(of.draw(rng, 5000))) for of in error_rates.ERRORS.values()]
    factors: list[float] = []
    least = 1.0
    for error, accuracy in published().values():
        own = error[1].own[np.isfinite(error[1].own)]
        if len(own) >= 5:
            assert 0.6 * min(spreads) <= np.log(own).std() <= 1.2 * max(spreads)
            spiked = significance.odd_seeds("spectral_error", error.sample.values)
            factors += list(error.sample.values[spiked] / np.median(own))
        if np.nanmax(accuracy[1].values, initial=0) >= AT_CHANCE:
            least = min(least, float(np.nanmin(accuracy[1].values)))
    assert f"the least accuracy is {least:.3f}" in TEXT
    assert f"{len(factors)} errors of seeds and twins are spikes, the largest {max(factors):.0f} times" in TEXT
    beyond = 1 - np.log(max(factors) / significance.SPIKED) / np.log(significance.SPIKE / significance.SPIKED)
    assert beyond == pytest.approx(1 / (len(factors) + 1), abs=0.05)


def test_simulated_rounding_is_like_the_twins_that_were_measured() -> None:
    rng = np.random.default_rng(2)
    errors, accuracies = (
        np.concatenate([of[which][1].values for of in published().values() if of[which][1].values.shape[1] == 2])
        for which in (0, 1)
    )
    pairs = errors[np.isfinite(errors).all(axis=1)]
    apart = np.exp(np.abs(np.log(pairs[:, 1] / pairs[:, 0])))
    both = error_rates.error_rounding(1 / 80)(rng, np.ones((20_000, 2)))
    drawn = np.exp(np.abs(np.log(both[:, 1] / both[:, 0])))
    for factor in (2, significance.SPIKED):
        assert stats.binomtest(int((apart > factor).sum()), len(apart), (drawn > factor).mean()).pvalue > 0.05
    losses = np.abs(np.diff(accuracies[np.isfinite(accuracies).all(axis=1)], axis=1)).ravel()
    runs = error_rates.accuracy_rounding(rng, np.ones((20_000, 2)))
    for step in (0.01, 0.05):
        share = (np.abs(runs[:, 0] - runs[:, 1]) > step).mean()
        assert stats.binomtest(int((losses > step).sum()), len(losses), share).pvalue > 0.05
    assert (
        f"{(losses > 0.01).sum()} of {len(losses)} pairs of accuracies differ by more than 0.01 and "
        f"{(losses > 0.05).sum()} by more than 0.05; {(apart > 2).sum()} of {len(apart)} pairs of errors differ by "
        "more than a factor of two"
    ) in TEXT


def one(what: Measure, values: list[float] | np.ndarray, printed: float, correct: bool = False) -> Judgement:
    sample = Sample(np.array(values, float).reshape(len(values), 1))
    return judge_table([PrintedValue(what, sample, printed)], draws=4000, correct=correct)[0]


def test_no_errors_and_errors_everywhere() -> None:
    assert one("spectral_error", [NAN] * 20, NAN).verdict == "consistent"
    assert one("spectral_error", [NAN] * 5, NAN).verdict == "not determined"
    assert one("spectral_error", [0.01] * 20, NAN).verdict == "inconsistent"
    assert one("spectral_error", [0.01, *[NAN] * 19], NAN).verdict == "not determined"
    assert one("spectral_error", [NAN] * 20, 0.003).verdict == "not determined"


@pytest.mark.parametrize(("share", "seeds"), [(0.02, 5), (0.1, 10), (0.4, 20), (0.1, 20)])
def test_coverage_seldom_errs_in_either_direction(share: float, seeds: int) -> None:
    """A paper whose seeds have errors as often as ours is not refuted; where 15% have one, --- is not confirmed."""
    rng, count = np.random.default_rng(3), 500
    refuted = confirmed = 0
    for _ in range(count):
        ours = np.where(rng.random(seeds) < share, 0.002 * np.exp(rng.normal(0, 0.5, seeds)), NAN)
        if (rng.random(20) >= share).all():
            refuted += significance.judge_against("spectral_error", Sample(ours[:, None]), [NAN], 50) == [
                "inconsistent"
            ]
        lucky = np.where(rng.random(seeds) < significance.COVERAGE_MARGIN, 0.002, NAN)
        confirmed += significance.judge_against("spectral_error", Sample(lucky[:, None]), [NAN], 50) == ["consistent"]
    assert refuted / count <= most(0.05, count)
    assert confirmed / count <= most(0.05, count)


def test_the_correction_is_for_all_values_of_the_table() -> None:
    p = np.array([0.01, 0.02, NAN, 0.04, 0.0])
    corrected, times = holm_correction(p)
    np.testing.assert_allclose(corrected, [0.03, 0.04, NAN, 0.04, 0.0])
    np.testing.assert_allclose(times, [3, 2, NAN, 1, 4])
    odd = PrintedValue("spectral_error", Sample(np.full((20, 1), 0.002) * np.linspace(0.7, 1.4, 20)[:, None]), 0.0006)
    plain = PrintedValue("spectral_error", Sample(np.full((20, 1), NAN)), NAN)
    alone, among = (judge_table([odd, *[plain] * more], draws=4000)[0] for more in (0, 47))
    assert alone.verdict == "inconsistent"
    assert among.p == alone.p


def test_the_table_as_a_whole_is_judged_by_all_its_values() -> None:
    rng = np.random.default_rng(4)

    def errors(factor: float) -> list[PrintedValue]:
        seeds = [0.002 * np.exp(rng.normal(0, 0.4, (20, 1))) for _ in range(12)]
        samples = significance.cell_samples("spectral_error", seeds)
        return [PrintedValue("spectral_error", of, round(factor * float(of.own.mean()), 4)) for of in samples]

    as_it_is, off, far = (significance.judge_whole(errors(factor), draws=4000) for factor in (1, 2, 4))
    assert as_it_is.verdict == "consistent"
    assert as_it_is.value == pytest.approx(1, abs=0.2)
    assert off.verdict != "consistent"
    assert far.verdict == "inconsistent"
    assert significance.judge_whole([]).verdict == "not determined"


def test_other_seeds_are_told_from_the_same_ones_rounded_otherwise() -> None:
    rng = np.random.default_rng(5)
    ours = [np.clip(rng.normal(0.9, 0.04, (20, 1)), 0, 1) for _ in range(16)]
    cells = [np.column_stack([of, of + rng.normal(0, 2e-4, of.shape)]) for of in ours]
    samples = significance.cell_samples("accuracy", cells)
    for printed, verdict in (
        ([float(of.mean()) for of in ours], "consistent"),
        ([float(rng.normal(0.9, 0.04, 20).mean()) for _ in ours], "inconsistent"),
    ):
        values: list[PrintedValue] = [
            PrintedValue("accuracy", of, round(mean, 2)) for of, mean in zip(samples, printed, strict=True)
        ]
        assert significance.judge_rounding(values, draws=2000).verdict == verdict
    assert significance.judge_rounding([PrintedValue("accuracy", Sample(ours[0]), 0.9)]).verdict == "not determined"


@given(st.lists(st.floats(0.4, 1), max_size=4), st.floats(0.5, 1))
def test_few_seeds_never_tell(values: list[float], published: float) -> None:
    for what, printed in (("accuracy", published), ("spectral_error", published), ("spectral_error", NAN)):
        assert one(what, values, printed).verdict == "not determined"


@settings(deadline=None)
@given(st.lists(st.floats(0.4, 1), min_size=5, max_size=20))
def test_an_interval_lies_where_accuracies_can(values: list[float]) -> None:
    found = one("accuracy", values, 0.9)
    assert found.interval
    assert min(*values, 0.5) - 0.006 <= found.interval[0] <= found.value + 0.006
    assert found.value - 0.006 <= found.interval[1] <= 1.006


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.just(NAN), st.floats(1e-4, 1)), min_size=1, max_size=20),
    st.one_of(st.just(NAN), st.floats(1e-4, 1)),
)
def test_any_errors_give_a_verdict_and_a_reason(values: list[float], published: float) -> None:
    found = one("spectral_error", values, published)
    assert found.verdict in significance.CLAIM_VERDICTS
    assert found.because
    assert str(one("spectral_error", values, published)) == str(found)


def shares(
    rng: np.random.Generator, share: float, seeds: int, each: int, apart: float
) -> tuple[np.ndarray, np.ndarray]:
    """Networks, some seeds being better than others."""
    of_seed = rng.beta(share / apart, (1 - share) / apart, seeds) if apart else np.full(seeds, share)
    return (rng.random((seeds, each)) < of_seed[:, None]).ravel(), np.repeat(np.arange(seeds), each)


@pytest.mark.parametrize("seeds", [5, 10, 20])
def test_a_statement_is_seldom_confirmed_or_refuted_by_chance(seeds: int) -> None:
    rng = np.random.default_rng(8)
    found = [significance.judge_share(*shares(rng, 0.9, seeds, 8, 0.05), at_least=0.9).verdict for _ in range(400)]
    assert found.count("consistent") / 400 <= most(0.05, 400)
    assert found.count("inconsistent") / 400 <= most(0.05, 400)


def test_shares_at_their_ends() -> None:
    seed = np.repeat(np.arange(6), 20)
    assert significance.judge_share(np.ones(120, bool), seed, 0.9).verdict == "consistent"
    assert significance.judge_share(np.zeros(120, bool), seed, 0.9).verdict == "inconsistent"
    assert significance.judge_share(np.arange(120) % 10 > 0, seed, 0.9).verdict == "not determined"
    assert significance.judge_share(np.ones(0, bool), seed[:0], 0.9).verdict == "not determined"
    assert significance.judge_share(np.ones(80, bool), seed[:80], 0.9).verdict == "not determined"


@pytest.mark.parametrize(
    ("verdict", "share", "said"),
    [
        ("no verdict", 1.0, "most, perhaps all"),
        ("no verdict", 0.8, "most, not all"),
        ("no verdict", 0.5, "not determined"),
        ("no verdict", 0.2, "not most"),
        ("inconsistent", 1.0, "inconsistent"),
        ("not determined", 1.0, "not determined"),
    ],
)
def test_a_badge_is_the_verdict_or_what_the_share_says(
    verdict: significance.ClaimVerdict, share: float, said: str
) -> None:
    holds, seed = np.arange(200) < 200 * share, np.arange(200) % 20
    assert significance.badge_of_claim(verdict, *significance.answer_by_group([(holds, seed)])) == said
    assert said in significance.BADGES


def test_a_claim_that_asks_for_no_share_has_its_verdict_for_a_badge() -> None:
    assert [significance.badge_of_claim(verdict, "", "") for verdict in significance.CLAIM_VERDICTS[:3]] == list(
        significance.CLAIM_VERDICTS[:3]
    )


def test_answers_at_their_ends() -> None:
    seed = np.repeat(np.arange(6), 20)
    holds, fails, half = np.ones(120, bool), np.zeros(120, bool), np.arange(120) % 2 > 0
    assert significance.answer_by_group([(holds, seed)]) == ("yes", "not contradicted")
    assert significance.answer_by_group([(fails, seed)]) == ("no", "no")
    assert significance.answer_by_group([(half, seed)]) == ("not determined", "no")
    assert significance.answer_by_group([(holds, seed), (fails, seed)]) == ("no", "no"), "one group decides"
    assert significance.answer_by_group([(holds, seed), (half, seed)]) == ("not determined", "no"), (
        "most networks of each group"
    )
    assert (
        significance.answer_by_group([])
        == significance.answer_by_group([(holds[:80], seed[:80])])
        == ("not determined", "not determined")
    )


@given(st.integers(10, 400), st.integers(5, 20), st.data())
def test_neither_one_exception_nor_no_exception_contradicts_a_claim_of_all_networks(
    networks: int, seeds: int, data: st.DataObject
) -> None:
    holds, seed = np.ones(networks, bool), np.arange(networks) % seeds
    assert significance.answer_by_group([(holds, seed)]).universality == "not contradicted"
    holds[data.draw(st.integers(0, networks - 1))] = False
    assert significance.answer_by_group([(holds, seed)]).universality == "not contradicted"


@given(st.lists(st.booleans(), min_size=10, max_size=80), st.integers(0, 79))
def test_a_network_more_for_which_it_holds_never_speaks_against_a_claim(networks: list[bool], place: int) -> None:
    """Where every network has a seed of its own, and so counts in full."""
    order = {"no": 0, "not determined": 1, "not contradicted": 2, "yes": 2}
    holds, seed = np.array(networks), np.arange(len(networks))
    before = significance.answer_by_group([(holds, seed)])
    holds[place % len(holds)] = True
    after = significance.answer_by_group([(holds, seed)])
    assert all(order[a] >= order[b] for a, b in zip(after, before, strict=True))
    assert after.universality != "yes"
    assert significance.answer_by_group([(holds, seed), (~holds, seed)]).tendency != "yes"


def test_answers_seldom_err_and_are_given_where_shares_are_clear() -> None:
    count = 200
    rates = error_rates.answer_rates(count).set_index(["true_share", "networks"])
    assert rates.loc[0.5, ["tendency_yes", "tendency_no"]].to_numpy().max() <= most(0.025, count)
    assert rates.loc[1.0, "universality_no"].max() <= most(0.025, count), "all exceptions are mismeasured"
    assert rates.loc[0.75, "tendency_yes"].loc[[113, 223]].min() > 0.9
    assert rates.loc[0.9, "universality_no"].loc[[113, 223]].min() > 0.9


def test_if_one_exception_decided_mismeasured_networks_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """The share that measuring can get wrong is 1% in the simulation; the rule does not know of it."""
    answer = significance.answer_by_group

    def strict(groups: Any) -> significance.Answers:
        with mock.patch.object(significance, "MISMEASURED", 0.0):
            return answer(groups)

    monkeypatch.setattr(significance, "answer_by_group", strict)
    rates = error_rates.answer_rates(50).set_index(["true_share", "networks"])
    assert rates.loc[(1.0, 113), "universality_no"] > 0.5


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 8)), max_size=60), st.floats(0, 0.99))
def test_any_share_gives_an_interval_around_it(networks: list[tuple[bool, int]], at_least: float) -> None:
    holds, seed = np.array([h for h, _ in networks], bool), np.array([s for _, s in networks], int)
    found = significance.judge_share(holds, seed, at_least)
    if found.interval is not None:
        low, high = found.interval
        assert 0 <= low <= holds.mean() + 1e-12
        assert holds.mean() - 1e-12 <= high <= 1


def test_rates_as_a_table_have_a_row_for_each_model_and_number_of_seeds() -> None:
    rates = pd.DataFrame(
        [
            (what, name, model, seeds, deviation, 10, agrees, differs, 1 - agrees - differs)
            for what in ("accuracy", "spectral_error")
            for name, agrees, differs in (("a", 0.0, 0.04), ("b", 0.5, 0.02))
            for model, seeds in (("exchangeable seeds", 5), ("same seeds", 20))
            for deviation in (0.0, 1.0, 2.0)
        ],
        columns=error_rates._COLUMNS,
    )
    lines = error_rates.as_markdown(rates).splitlines()
    assert lines[2:] == [
        f"| {what} | {who} | 4.0% (3.0%) | 50.0% (25.0%) | 50.0% (25.0%) | 0% to 50% | 2% to 4% |"
        for what in ("accuracy", "error")
        for who in ("5, others", "20, the same")
    ]
