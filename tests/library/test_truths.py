"""Systems whose truth is known (``benchmarks/truths.py``): what is there is found, and nothing else."""

from __future__ import annotations

import pytest
from benchmarks.truths import FALSE, NO_GROUPS, TRUE, UNSTORED, drawn


@pytest.mark.parametrize("name", TRUE)
def test_a_true_edit_is_claimed(name: str) -> None:
    for seed in range(2):
        readable, claimed, words = drawn(TRUE[name], seed)
        assert readable
        assert claimed, words


@pytest.mark.parametrize("name", FALSE)
def test_a_false_edit_is_not(name: str) -> None:
    for seed in range(2):
        _, claimed, words = drawn(FALSE[name], seed)
        assert not claimed, words


@pytest.mark.parametrize("name", UNSTORED)
def test_what_is_not_stored_is_neither_readable_nor_edited(name: str) -> None:
    """Of ten draws at most one is readable: one in a hundred is meant to be."""
    found = [drawn(UNSTORED[name], seed) for seed in range(10)]
    assert sum(readable for readable, _, _ in found) <= 1
    assert not any(claimed for _, claimed, _ in found)


@pytest.mark.parametrize("name", NO_GROUPS)
def test_labels_that_are_not_independent_need_groups(name: str) -> None:
    """While something drifts, they are readable of nothing unless groups say what is independent."""
    assert sum(drawn(NO_GROUPS[name], seed)[0] for seed in range(20)) >= 3


MANY = 20
"""Draws; ``python -m benchmarks.truths`` makes more."""


@pytest.mark.nightly
@pytest.mark.parametrize("name", TRUE)
def test_in_many_draws_a_true_edit_is_claimed(name: str) -> None:
    assert all(drawn(TRUE[name], seed)[1] for seed in range(MANY))


@pytest.mark.nightly
@pytest.mark.parametrize("name", FALSE)
def test_in_many_draws_a_false_edit_is_not(name: str) -> None:
    """A label that agrees with the stored bit in most trials is sometimes taken for it."""
    assert sum(drawn(FALSE[name], seed)[1] for seed in range(MANY)) <= (2 if "agrees" in name else 0)


@pytest.mark.nightly
@pytest.mark.parametrize("name", UNSTORED)
def test_in_many_draws_what_is_not_stored_is_neither(name: str) -> None:
    """One in a hundred is meant to be readable."""
    found = [drawn(UNSTORED[name], seed) for seed in range(2 * MANY)]
    assert sum(readable for readable, _, _ in found) <= 0.1 * len(found)
    assert not any(claimed for _, claimed, _ in found)
