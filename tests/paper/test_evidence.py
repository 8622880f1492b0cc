"""False verdicts: sweeps drawn from published values must not be called unlike them, and shifted ones must."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtvb.paper import evidence, table1

NAN = float("nan")
Draw = Callable[[np.random.Generator, int], np.ndarray]


def accuracies(mean: float) -> Draw:
    """Seeds whose accuracies have this mean: most at the top, a tail below; all at chance where the mean is."""

    def draw(rng: np.random.Generator, seeds: int) -> np.ndarray:
        if mean <= 0.51:
            return mean + rng.normal(0, 0.001, seeds)
        fail = min(1.0, (1 - mean) / 0.15)
        failed = rng.uniform(0.7 if fail < 1 else 2 * mean - 1, 1, seeds)
        return np.where(rng.random(seeds) < fail, failed, 1 - rng.uniform(0, 0.001, seeds))

    return draw


def errors(mean: float, share: float = 1.0, spread: float = 0.7) -> Draw:
    """Log-normal errors with this mean, of which this share of the seeds has one."""

    def draw(rng: np.random.Generator, seeds: int) -> np.ndarray:
        found = mean * np.exp(rng.normal(-(spread**2) / 2, spread, seeds))
        return np.where(rng.random(seeds) < share, found, NAN)

    return draw


def verdicts(judge: Callable, ours: Draw, theirs: Draw, seeds: int, digits: int, repeats: int = 40) -> Counter:
    """Of sweeps of our seeds, beside what 20 seeds of theirs would have printed."""
    rng = np.random.default_rng(7)
    found: Counter = Counter()
    for _ in range(repeats):
        published = theirs(rng, 20)
        printed = NAN if np.isnan(published).all() else round(float(np.nanmean(published)), digits)
        found[judge(ours(rng, seeds), printed).verdict] += 1 / repeats
    return found


PAPER = table1.published()
ACCURACIES = sorted(set(PAPER["accuracy"]))
ERRORS = sorted(set(PAPER["spectral_error"].dropna()))


@pytest.mark.parametrize("mean", ACCURACIES)
@pytest.mark.parametrize(("seeds", "mostly"), [(5, 0.6), (10, 0.8), (20, 0.85)])
def test_sweeps_drawn_from_a_published_accuracy_reproduce_it(mean: float, seeds: int, mostly: float) -> None:
    found = verdicts(evidence.judge_accuracy, accuracies(mean), accuracies(mean), seeds, 2)
    assert found["reproduced"] >= mostly
    assert found["not reproduced"] <= 0.05


@pytest.mark.parametrize("mean", ACCURACIES)
def test_sweeps_far_from_a_published_accuracy_do_not(mean: float) -> None:
    other = mean - 0.2 if mean > 0.7 else mean + 0.3
    found = verdicts(evidence.judge_accuracy, accuracies(other), accuracies(mean), 20, 2)
    assert found["not reproduced"] >= 0.9
    for seeds in (5, 10):
        assert verdicts(evidence.judge_accuracy, accuracies(other), accuracies(mean), seeds, 2)["reproduced"] <= 0.1


@pytest.mark.parametrize("mean", ERRORS)
@pytest.mark.parametrize(("share", "seeds", "mostly"), [(1, 5, 0.6), (1, 20, 0.95), (0.6, 20, 0.75)])
def test_sweeps_drawn_from_a_published_error_reproduce_it(mean: float, share: float, seeds: int, mostly: float) -> None:
    found = verdicts(evidence.judge_error, errors(mean, share), errors(mean, share), seeds, 4)
    assert found["reproduced"] >= mostly
    assert found["not reproduced"] <= 0.05


@pytest.mark.parametrize("mean", ERRORS)
@pytest.mark.parametrize("factor", [0.1, 10])
def test_sweeps_far_from_a_published_error_do_not(mean: float, factor: float) -> None:
    found = verdicts(evidence.judge_error, errors(mean * factor), errors(mean), 10, 4)
    assert found["not reproduced"] >= 0.9
    assert found["reproduced"] == 0


def test_even_a_wide_spread_seldom_gives_a_false_verdict() -> None:
    wide = errors(0.003, spread=1.0)
    for seeds in (5, 10, 20):
        assert verdicts(evidence.judge_error, wide, wide, seeds, 4, repeats=200)["not reproduced"] <= 0.05


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
@pytest.mark.parametrize("seeds", [5, 20])
def test_a_cell_without_errors_is_not_refuted_by_chance(share: float, seeds: int) -> None:
    """Over sweeps in which the paper, by luck, found none."""
    rng, draw = np.random.default_rng(3), errors(0.003, share)
    found = Counter(
        evidence.judge_error(draw(rng, seeds), NAN).verdict for _ in range(4000) if np.isnan(draw(rng, 20)).all()
    )
    unconditional = (1 - share) ** 20
    assert found["not reproduced"] / max(found.total(), 1) * unconditional <= 0.025


def test_no_errors_and_errors_everywhere() -> None:
    assert evidence.judge_error(np.full(5, NAN), NAN).verdict == "reproduced"
    assert evidence.judge_error(np.full(20, 0.01), NAN).verdict == "not reproduced"
    assert evidence.judge_error(np.array([0.01, *[NAN] * 19]), NAN).verdict == "cannot tell"
    assert evidence.judge_error(np.full(20, NAN), 0.003).verdict == "cannot tell"


@given(st.lists(st.floats(0.4, 1), max_size=4), st.floats(0.5, 1))
def test_few_seeds_never_tell(values: list[float], published: float) -> None:
    ours = np.array(values, float)
    assert evidence.judge_accuracy(ours, published).verdict == "cannot tell"
    assert evidence.judge_error(ours, published).verdict == "cannot tell"
    assert evidence.judge_error(ours, NAN).verdict == "cannot tell"


@given(st.lists(st.floats(0.45, 1), min_size=5, max_size=20))
def test_ours_as_published_is_reproduced_or_too_wide(values: list[float]) -> None:
    ours = np.array(values)
    found = evidence.judge_accuracy(ours, round(float(ours.mean()), 2))
    assert found.interval is not None
    low, high = found.interval
    assert low <= found.value + 1e-12
    assert found.value <= high + 1e-12
    assert low >= 0.45 - 1e-12
    assert high <= 1 + 1e-12
    assert found.verdict == ("reproduced" if high - low <= 0.3 else "cannot tell")


@given(
    st.lists(st.one_of(st.just(NAN), st.floats(1e-4, 1)), min_size=1, max_size=20),
    st.one_of(st.just(NAN), st.floats(1e-4, 1)),
)
def test_any_errors_give_a_verdict_and_a_reason(values: list[float], published: float) -> None:
    found = evidence.judge_error(np.array(values), published)
    assert found.verdict in ("reproduced", "not reproduced", "cannot tell")
    assert found.because
    assert found.seeds == (len(values) if np.isnan(published) else np.isfinite(values).sum())
    if found.verdict == "reproduced" and not np.isnan(published):
        assert published / 2.2 <= found.value <= 2.2 * published + 1e-4


@given(st.lists(st.floats(0.5, 1), min_size=5, max_size=12), st.randoms())
def test_a_verdict_does_not_change_from_call_to_call(values: list[float], shuffle: object) -> None:
    ours = np.array(values)
    assert evidence.judge_accuracy(ours, 0.8) == evidence.judge_accuracy(ours.copy(), 0.8)


def test_the_interval_covers_the_mean() -> None:
    rng, draw = np.random.default_rng(11), accuracies(0.93)
    truth = float(draw(rng, 200_000).mean())
    covered = [
        low <= truth <= high
        for _ in range(200)
        for low, high in [evidence.judge_accuracy(draw(rng, 8), 0.93).interval or (NAN, NAN)]
    ]
    assert np.mean(covered) >= 0.95


def shares(
    rng: np.random.Generator, share: float, seeds: int, each: int, apart: float
) -> tuple[np.ndarray, np.ndarray]:
    """Networks, some seeds being better than others."""
    of_seed = rng.beta(share / apart, (1 - share) / apart, seeds) if apart else np.full(seeds, share)
    return (rng.random((seeds, each)) < of_seed[:, None]).ravel(), np.repeat(np.arange(seeds), each)


@pytest.mark.parametrize("apart", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("seeds", [5, 20])
def test_the_interval_of_a_share_covers_it_though_networks_share_seeds(apart: float, seeds: int) -> None:
    rng = np.random.default_rng(5)
    covered = []
    for _ in range(300):
        found = evidence.judge_share(*shares(rng, 0.7, seeds, 12, apart), at_least=0.9)
        assert found.interval is not None
        covered.append(found.interval[0] <= 0.7 <= found.interval[1])
    assert np.mean(covered) >= 0.93


def test_shares_at_their_ends() -> None:
    seed = np.repeat(np.arange(6), 20)
    assert evidence.judge_share(np.ones(120, bool), seed, 0.9).verdict == "reproduced"
    assert evidence.judge_share(np.zeros(120, bool), seed, 0.9).verdict == "not reproduced"
    assert evidence.judge_share(np.arange(120) % 10 > 0, seed, 0.9).verdict == "cannot tell"
    assert evidence.judge_share(np.ones(0, bool), seed[:0], 0.9).verdict == "cannot tell"
    assert evidence.judge_share(np.ones(80, bool), seed[:80], 0.9).verdict == "cannot tell"


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 8)), max_size=60), st.floats(0, 1))
def test_any_share_gives_an_interval_around_it(networks: list[tuple[bool, int]], at_least: float) -> None:
    holds, seed = np.array([h for h, _ in networks], bool), np.array([s for _, s in networks], int)
    found = evidence.judge_share(holds, seed, at_least)
    if found.interval is not None:
        low, high = found.interval
        assert 0 <= low <= holds.mean() + 1e-12
        assert holds.mean() - 1e-12 <= high <= 1
