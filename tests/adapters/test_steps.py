"""A state has one layout, that of its start, however a step orders what it returns and however trials are run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import emtvb
from emtvb.errors import InputError

TRIALS, TIME, D = 7, 5, 2


class Leaf(NamedTuple):
    """An array of a state: the shape of one trial, and its numbers."""

    shape: tuple[int, ...]
    dtype: str


class Pair(NamedTuple):
    one: Any
    other: Any


leaves = st.builds(Leaf, st.sampled_from([(), (1,), (3,), (2, 2)]), st.sampled_from(["float32", "float64"]))
wide = st.builds(Leaf, st.sampled_from([(), (3,)]), st.sampled_from(["float64", "complex128"]))


def nestings(array: st.SearchStrategy[Leaf]) -> st.SearchStrategy[Any]:
    """States of such arrays in tuples, lists, dicts and named tuples; None among them is nothing."""
    keys = st.sampled_from(["h", "c", "trace", "0", "z"])
    return st.recursive(
        array,
        lambda inner: st.one_of(
            st.tuples(inner, inner),
            st.lists(inner, min_size=1, max_size=3),
            st.dictionaries(keys, inner | st.none(), min_size=1, max_size=4),
            st.builds(Pair, inner, inner),
        ),
        max_leaves=6,
    ).filter(lambda form: any(True for _ in arrays_of(form, Leaf)))


def arrays_of(form: Any, kind: Any) -> list[Any]:
    """The arrays of a state in the order in which it is written."""
    if form is None or isinstance(form, kind):
        return [] if form is None else [form]
    return [found for part in (form.values() if isinstance(form, dict) else form) for found in arrays_of(part, kind)]


def rebuilt(form: Any, kind: Any, make: Callable[[Any], Any], turned: bool = False) -> Any:
    """The same form with other arrays; its dicts in the other order, if it is turned."""
    if form is None or isinstance(form, kind):
        return None if form is None else make(form)
    if isinstance(form, dict):
        pairs = [(key, rebuilt(value, kind, make, turned)) for key, value in form.items()]
        return dict(reversed(pairs) if turned else pairs)
    inner = [rebuilt(value, kind, make, turned) for value in form]
    return type(form)(*inner) if isinstance(form, Pair) else type(form)(inner)


def begun(form: Any, trials: int, turned: bool) -> Any:
    """A state in which each trial begins elsewhere, and the same for any number of trials."""
    rng = np.random.default_rng(0)

    def first(leaf: Leaf) -> np.ndarray:
        every = rng.normal(size=(2, TRIALS, *leaf.shape))[:, :trials]
        return (every[0] + 1j * every[1] if leaf.dtype.startswith("c") else every[0]).astype(leaf.dtype)

    # drawn in the order of the form, whatever the order of the dicts is
    drawn = iter([first(leaf) for leaf in arrays_of(form, Leaf)])
    return rebuilt(rebuilt(form, Leaf, lambda _: next(drawn)), np.ndarray, lambda array: array, turned)


def stepped(library: Any, turned: bool, u: Any, state: Any) -> tuple[Any, Any]:
    """Each array is mixed with the sum of all, weighted by where it stands; what comes out may be ordered otherwise."""
    kind = Tensor if library is torch else np.ndarray
    order: list[tuple[str, Any]] = []

    def walk(part: Any, name: str) -> None:
        if part is None or isinstance(part, kind):
            order.extend([] if part is None else [(name, part)])
            return
        pairs = part.items() if isinstance(part, dict) else enumerate(part)
        for key, inner in pairs:
            walk(inner, f"{name}.{key}")

    walk(state, "")
    total = sum(
        (1 + place) * array.reshape(len(array), -1).real.sum(1)
        for place, (_, array) in enumerate(sorted(order, key=lambda pair: pair[0]))
    )

    def moved(array: Any) -> Any:
        drive = (library.tanh(total) + u[:, 0]).reshape(-1, *[1] * (array.ndim - 1))
        new = 0.7 * array + 0.2 * drive + 0.1j * drive * (1 if "complex" in str(array.dtype) else 0)
        new = new if "complex" in str(array.dtype) else new.real
        return new.to(array.dtype) if library is torch else new.astype(array.dtype)

    return library.stack([total, u[:, 1]], 1), rebuilt(state, kind, moved, turned)


def check_near(found: np.ndarray, expected: np.ndarray, share: float) -> None:
    """Each channel by its own scale."""
    scale = np.abs(expected).reshape(-1, expected.shape[-1]).max(axis=0, initial=0.0)
    assert (np.abs(found.astype(np.float64) - expected) <= share * scale + 1e-300).all()


@settings(max_examples=60, deadline=None)
@given(
    form=nestings(leaves) | nestings(wide),
    library=st.sampled_from([np, torch]),
    turned=st.booleans(),
    start_turned=st.booleans(),
    batch=st.integers(1, TRIALS),
)
@pytest.mark.filterwarnings("ignore:.*verified")
def test_runs_agree_in_any_batches_for_every_form_of_state(
    form: Any, library: Any, turned: bool, start_turned: bool, batch: int
) -> None:
    def begin(trials: int) -> Any:
        state = begun(form, trials, start_turned and trials > 2)  # nor need it begin in one order
        return rebuilt(state, np.ndarray, torch.tensor) if library is torch else state

    def step(u: Any, state: Any) -> tuple[Any, Any]:
        return stepped(library, turned, u, state)

    is_double = all(leaf.dtype in ("float64", "complex128") for leaf in arrays_of(form, Leaf))
    x = np.random.default_rng(1).normal(size=(TIME, TRIALS, D)).astype(np.float64 if is_double else np.float32)
    labels = {"bit": np.arange(TRIALS) % 2}
    mask = np.arange(TRIALS) < 4
    whole, parted = (
        emtvb.record(emtvb.adapt(step, state=begin), x, labels, split=mask, batch=given) for given in (None, batch)
    )
    state, states, outputs = begin(TRIALS), [], []
    first = rebuilt(begin(2), Tensor if library is torch else np.ndarray, lambda _: Leaf((), ""))
    for u in x:
        given = torch.tensor(u) if library is torch else u
        output, state = step(given, state)
        outputs.append(np.asarray(output))
        states.append(in_order(first, state))
    share = 1e-10 if is_double else 1e-5
    for trials in (whole, parted):
        for part, chosen in ((trials.train, mask), (trials.test, ~mask)):
            check_near(part.states, np.stack(states)[:, chosen], share)
            check_near(part.outputs, np.stack(outputs)[:, chosen], share)


def in_order(first: Any, state: Any) -> np.ndarray:
    """A state as a row of each trial, in the order of another one of the same form."""
    if first is None:
        return np.zeros((TRIALS, 0))
    if isinstance(first, Leaf):
        row = np.asarray(state).reshape(TRIALS, -1)
        return np.concatenate([row.real, row.imag], axis=1) if np.iscomplexobj(row) else row
    pairs = first.items() if isinstance(first, dict) else enumerate(first)
    return np.concatenate([in_order(inner, state[key]) for key, inner in pairs], axis=1)


def test_the_order_of_keys_that_a_step_returns_does_not_matter() -> None:
    """The smallest case: it was recorded wrongly in batches, and right at once."""

    def step(u: np.ndarray, state: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        return state["h"], {"c": 0.9 * state["c"], "h": 0.5 * state["h"] + state["c"] + u[:, :1]}

    start = np.random.default_rng(0).normal(size=(40, 2, 3))
    system = emtvb.adapt(step, state=lambda n: {"h": start[:n, 0], "c": start[:n, 1]})
    x = np.random.default_rng(1).normal(size=(6, 40, 1))
    at_once, in_tens = (emtvb.record(system, x, {"bit": np.arange(40) % 2}, batch=n) for n in (None, 10))
    np.testing.assert_allclose(at_once.test.outputs, in_tens.test.outputs, atol=1e-12)
    np.testing.assert_allclose(at_once.test.states, in_tens.test.states, atol=1e-12)
    assert list(system.parts) == ["h", "c"]


def test_two_arrays_of_one_name_are_refused() -> None:
    zeros = np.zeros((1, 3))
    with pytest.raises(InputError, match=r"state: two arrays called a\.b: give its keys names that tell them apart"):
        emtvb.adapt(lambda u, s: (u, s), state={"a": {"b": zeros}, "a.b": zeros})
    with pytest.raises(InputError, match=r"state: h of 2 trials, and c of 3: give the same arrays of any number"):
        emtvb.adapt(lambda u, s: (u, s), state=lambda n: {"h" if n < 3 else "c": np.zeros((n, 2))})


CELLS = [nn.GRUCell(D, 4), nn.GRUCell(4, 4)]


class Held:
    """No module, with modules in a dict."""

    def __init__(self, **parts: nn.Module) -> None:
        self.parts = {"inner": parts}

    def __call__(self, u: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        h = self.parts["inner"]["cell"](u, state)
        return h, h


def in_a_list(cells: list[nn.Module]) -> Callable:
    def step(u: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        h = next(cell(u, state) for cell in cells)
        return h, h

    return step


def through_a_global(u: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    h = (lambda: CELLS[0](u, state))()
    return h, h


def in_a_partial(cell: nn.Module) -> Callable:
    inner = {"f": lambda u, h: cell(u, h)}

    def step(u: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        h = inner["f"](u, state)
        return h, h

    return lambda u, h: step(u, h)


@pytest.mark.parametrize(
    "step",
    [
        in_a_list([CELLS[0]]),
        through_a_global,
        Held(cell=CELLS[0]),
        Held(cell=CELLS[0]).__call__,
        in_a_partial(CELLS[0]),
    ],
)
@pytest.mark.filterwarnings("ignore:.*verified")
def test_a_step_of_torch_is_known_wherever_its_modules_are(step: Callable) -> None:
    x = np.random.default_rng(0).normal(size=(TIME, TRIALS, D)).astype(np.float32)
    np.testing.assert_array_equal(emtvb.adapt(step, state=4).run(x)[1], emtvb.adapt(CELLS[0]).run(x)[1])


def test_a_step_of_torch_that_cannot_be_known_says_what_to_give() -> None:
    def step(u: Any, state: Any) -> tuple[Any, Any]:
        h = globals()["CELLS"][0](u, state)
        return h, h

    with pytest.raises(InputError, match=r"they are numpy's: if it computes with torch, give its state= as tensors$"):
        emtvb.adapt(step, state=4).run(np.zeros((TIME, TRIALS, D), np.float32))
    system = emtvb.adapt(step, state=torch.zeros(1, 4))
    assert system.run(np.zeros((TIME, TRIALS, D), np.float32))[1].shape == (TIME, TRIALS, 4)
