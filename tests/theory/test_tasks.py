from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtvb.errors import InputError
from emtvb.theory import tasks
from emtvb.theory.tasks import Task

from .theory import any_task

PUBLISHED = {  # as the authors' code has it: (variable, dimension, sign) of output dimensions 0 to 7
    "T1": ((255, 0, 0), "(1,0,+)(1,1,+)(1,2,+)(1,3,+)(1,4,+)(1,5,+)(1,6,+)(1,7,+)"),
    "T2": ((9241421688590303745, 0, 0), "(1,0,+)(2,1,+)(3,2,+)(4,3,+)(5,4,+)(6,5,+)(7,6,+)(8,7,+)"),
    "T3": ((9241421688590303745, 262676, 189), "(5,4,-)(4,3,+)(3,2,-)(1,0,-)(2,1,-)(6,5,-)(8,7,+)(7,6,-)"),
    "T4": ((9241421688590303745, 38637, 145), "(6,5,-)(7,6,+)(1,0,+)(2,1,+)(3,2,-)(4,3,+)(5,4,+)(8,7,-)"),
}


def published_composition(task_id: tuple[int, int, int], d: int) -> list[tuple[int, int, int]]:
    """The published decoding, written from its description alone, by arithmetic on digits."""
    a, b, c = task_id
    choice = [i for i, bit in enumerate(reversed(f"{a:b}")) if bit == "1"]
    k = 0
    while b:
        b, g = divmod(b, d)
        choice[k], choice[k + g] = choice[k + g], choice[k]
        k += 1
    return [(i // d + 1, i % d, -1 if (c // 2**j) % 2 else 1) for j, i in enumerate(choice)]


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_papers_compositions(name: str) -> None:
    task_id, text = PUBLISHED[name]
    task = tasks.named(name)
    assert task.task_id == task_id
    assert "".join(f"({v},{k},{'+' if g > 0 else '-'})" for v, k, g in task.composition) == text


@given(any_task(5, least=1))
def test_id_and_composition_are_inverse(task: Task) -> None:
    again = tasks.from_id(task.task_id, task.d, task.s)
    assert again.composition == task.composition
    if task.d > 1:
        assert [tuple(row) for row in task.composition] == published_composition(task.task_id, task.d)


@given(any_task(5, least=1), st.integers(0, 9))
def test_batches_have_zero_where_nothing_is_said_or_scored(task: Task, horizon: int) -> None:
    x, y = task.batch(np.random.default_rng(0), 4, horizon)
    assert x.shape == y.shape == (task.s + horizon, 4, task.d)
    assert x.dtype == y.dtype == np.float32
    assert set(np.unique(x[: task.s])) <= {-1.0, 1.0}
    assert not x[task.s :].any()
    assert not y[: task.s].any()
    assert np.isin(y[task.s :], (-1.0, 1.0)).all()


def test_names_at_other_sizes() -> None:
    assert tasks.named("T1", 6, 7).task_id == (63, 0, 0)
    assert tasks.named("repeat-copy").name == "T1"
    assert [row[:2] for row in tasks.named("T2", 3, 5).composition] == [(1, 0), (2, 1), (3, 2)]
    assert tasks.from_id((255, 0, 0), 8, 8).name == "T1"
    assert tasks.from_id((510, 0, 0), 8, 8).name == "d8s8-510-0-0"


@pytest.mark.parametrize(
    ("task_id", "d", "s", "says"),
    [
        ((254, 0, 0), 8, 8, "exactly d = 8 ones"),
        ((511, 0, 0), 8, 8, "exactly d = 8 ones"),
        ((0, 0, 0), 3, 3, "exactly d = 3 ones"),
        ((255 << 57, 0, 0), 8, 8, "largest is s*d - 1 = 63"),
        ((7, 7, 0), 3, 3, None),  # digits 1, 2 at places 0, 1: 2 reaches past the end
        ((7, 3 * 2, 0), 3, 3, "digit 2 at place 1"),
        ((7, 27, 0), 3, 3, "digit 1 at place 3"),
        ((1, 1, 0), 1, 3, "digit 1 at place 0"),
        ((7, 0, 8), 3, 3, "4 binary digits"),
        ((-7, 0, 0), 3, 3, "negative"),
        ((7, 0), 3, 3, "three integers"),
        ((7, 0, 0), 0, 3, "positive integer"),
    ],
)
def test_bad_ids(task_id: tuple, d: int, s: int, says: str | None) -> None:
    with pytest.raises(InputError) as caught:
        tasks.id_to_composition(task_id, d, s)
    assert "\n" not in str(caught.value)
    assert says is None or says in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([(1, 0, 1)], "one row per output dimension, d = 2"),
        ([(1, 0, 1), (4, 1, 1)], "row 1: variable 4"),
        ([(1, 0, 1), (0, 1, 1)], "row 1: variable 0"),
        ([(1, 0, 1), (1, 2, 1)], "row 1: dimension 2"),
        ([(1, 0, 1), (1, 1, 0)], "row 1: sign 0"),
        ([(1, 0, 1), (1, 0, -1)], "read twice"),
        ([(1, 0), (1, 1, 1)], "three integers"),
    ],
)
def test_bad_compositions(rows: list, says: str) -> None:
    with pytest.raises(InputError, match=says):
        tasks.from_composition(rows, 2, 3)


def test_unknown_names_say_what_is_known() -> None:
    with pytest.raises(InputError, match=", ".join(tasks.NAMED)):
        tasks.named("T0")
    with pytest.raises(InputError, match="d = s = 8"):
        tasks.named("T3", 3, 3)
    with pytest.raises(InputError, match="s >= d"):
        tasks.named("T2", 4, 3)


def test_targets_want_the_tasks_own_shape() -> None:
    with pytest.raises(InputError, match=r"s=8, batch, d=8"):
        tasks.named("T1").targets(np.ones((7, 2, 8)), 3)
