"""What users hand in as an array: taken where it is a plain one, else refused in one line, wherever it is handed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from torch import nn
from torch.masked import masked_tensor

import emtvb
from emtvb.core.arguments import as_numbers, as_numpy
from emtvb.core.memories import VariableMemories
from emtvb.errors import InputError

NUMBERS = np.arange(6.0).reshape(2, 3)
HIDDEN = np.ma.masked_array(NUMBERS, mask=NUMBERS > 4)


def of_torch(change: Callable[[torch.Tensor], Any]) -> Callable[[], Any]:
    return lambda: change(torch.tensor(NUMBERS))


class OfAnotherLibrary:
    """What numpy takes for an array, as it takes those of JAX."""

    shape = NUMBERS.shape

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return NUMBERS.astype(dtype or NUMBERS.dtype)


PLAIN = {
    "of numpy": lambda: NUMBERS,
    "lists": NUMBERS.tolist,
    "a mask that hides nothing": lambda: np.ma.masked_array(NUMBERS, mask=NUMBERS > 9),
    "a matrix": lambda: np.asmatrix(NUMBERS),
    "a data frame": lambda: pd.DataFrame(NUMBERS),
    "of another library, such as JAX": OfAnotherLibrary,
    "a tensor": of_torch(lambda tensor: tensor),
    "with a gradient": of_torch(lambda tensor: tensor.requires_grad_()),
    "a parameter": of_torch(nn.Parameter),
    "in half precision": of_torch(lambda tensor: tensor.bfloat16()),
    "the imaginary part of a conjugate": of_torch(lambda tensor: torch.complex(tensor, -tensor).conj().imag),
}


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_array_is_taken_as_it_is(name: str) -> None:
    found = as_numbers(PLAIN[name](), "inputs", "(a, b)")
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, NUMBERS)


NOT_PLAIN = {
    "masked": (lambda: HIDDEN, "MaskedArray"),
    "a list of masked ones": (lambda: [HIDDEN, HIDDEN], "list"),
    "a list in which one is masked": (lambda: [[1.0, np.ma.masked], [1.0, 2.0]], "list"),
    "sparse of scipy's": (lambda: sparse.csr_array(NUMBERS), "csr_array"),
    "a sparse matrix of scipy's": (lambda: sparse.coo_matrix(NUMBERS), "coo_matrix"),
    "sparse": (of_torch(lambda tensor: tensor.to_sparse()), "Tensor"),
    "sparse by rows": (of_torch(lambda tensor: tensor.to_sparse_csr()), "Tensor"),
    "quantised": (of_torch(lambda t: torch.quantize_per_tensor(t.float(), 0.1, 0, torch.qint8)), "Tensor"),
    "without numbers": (of_torch(lambda tensor: tensor.to("meta")), "Tensor"),
    "nested": (of_torch(lambda tensor: torch.nested.nested_tensor([tensor, tensor[:1]])), "Tensor"),
    "masked of torch's": (of_torch(lambda tensor: masked_tensor(tensor, tensor > 2)), "MaskedTensor"),
    "a list of sparse ones": (of_torch(lambda tensor: [tensor.to_sparse()]), "list"),
    "a list of those without numbers": (of_torch(lambda tensor: [tensor.to("meta")]), "list"),
}


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support", "ignore:.*prototype stage", "ignore:.*quantized tensor")
@pytest.mark.parametrize("name", NOT_PLAIN)
def test_what_is_no_plain_array_is_refused_in_a_line(name: str) -> None:
    make, kind = NOT_PLAIN[name]
    with pytest.raises(InputError, match=rf"^inputs: {kind} is no plain array.*: give a plain array of numbers$"):
        as_numpy(make(), "inputs")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (NUMBERS * 1j, "of type complex128: give real numbers, (a, b)"),
        (NUMBERS.astype(object), "of type object: give real numbers, (a, b)"),
        (np.array(["1"]), "of type <U1: give real numbers, (a, b)"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), "of type datetime64[D]: give real numbers, (a, b)"),
        ([sparse.csr_array(NUMBERS)], "of type object: give real numbers, (a, b)"),
        (None, "of type object: give real numbers, (a, b)"),
        (np.where(NUMBERS > 4, np.nan, NUMBERS), "not all of them finite: give finite numbers, (a, b)"),
        (np.where(NUMBERS > 4, -np.inf, NUMBERS), "not all of them finite: give finite numbers, (a, b)"),
        (pd.DataFrame(NUMBERS).convert_dtypes(), "of type object: give real numbers, (a, b)"),
        (pd.array([1, None], dtype="Int64"), "not all of them finite: give finite numbers, (a, b)"),
        ([[1.0, 2.0], [3.0]], "lists of different lengths: give an array of one shape"),
    ],
)
def test_what_are_no_finite_real_numbers_is_refused_in_a_line(given: Any, says: str) -> None:
    with pytest.raises(InputError) as caught:
        as_numbers(given, "inputs", "(a, b)")
    assert str(caught.value) == f"inputs: {says}"


TIME, TRIALS, SIZE = 8, 40, 4
BITS = np.random.default_rng(0).choice([-1.0, 1.0], size=(TRIALS, 2))
X = np.zeros((TIME, TRIALS, 2))
X[0] = BITS
LABELS = {"a": BITS[:, 0], "b": BITS[:, 1]}
W = np.linalg.qr(np.random.default_rng(1).normal(size=(SIZE, 2)))[0]


def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h = h + u @ W.T
    return h @ W, h


@pytest.fixture(scope="module")
def system() -> emtvb.Adapted:
    return emtvb.adapt(step, state=SIZE, input_dim=2)


@pytest.fixture(scope="module")
def fitted(system: emtvb.Adapted) -> emtvb.Fitted:
    return emtvb.fit(emtvb.record(system, X, LABELS))


def hidden(*shape: int) -> np.ma.MaskedArray:
    """Numbers of a shape, of which the first is masked."""
    numbers = np.ma.masked_array(np.zeros(shape), mask=False)
    numbers[(0,) * len(shape)] = np.ma.masked
    return numbers


def located(fitted: emtvb.Fitted, encoder: np.ndarray) -> emtvb.Fitted:
    m = fitted.memories
    found = emtvb.Located(VariableMemories(encoder, m.decoder, m.stored, m.centre))
    return emtvb.fit(fitted.trials, method=lambda _trials, _times: found)


HANDED_IN: dict[str, Callable[[emtvb.Adapted, emtvb.Fitted], Any]] = {
    "inputs of record": lambda s, _: emtvb.record(s, hidden(*X.shape), LABELS),
    "labels of record": lambda s, _: emtvb.record(s, X, hidden(*X.shape)),
    "labels by name": lambda s, _: emtvb.record(s, X, {"a": hidden(TRIALS)}),
    "groups": lambda s, _: emtvb.record(s, X, LABELS, groups=hidden(TRIALS)),
    "split": lambda s, _: emtvb.record(s, X, LABELS, split=hidden(TRIALS)),
    "times of record": lambda s, _: emtvb.record(s, X, LABELS, times=hidden(2)),
    "states of Trials.of": lambda _s, _f: emtvb.Trials.of(hidden(TIME, TRIALS, SIZE), LABELS),
    "outputs of Trials.of": lambda _s, f: emtvb.Trials.of(X, LABELS, hidden(*X.shape)),
    "labels of Trials.of": lambda _s, _f: emtvb.Trials.of(X, {"a": hidden(TRIALS)}),
    "trials that are selected": lambda _, f: f.trials.select(hidden(2)),
    "times of fit": lambda _, f: emtvb.fit(f.trials, hidden(2)),
    "times of judge": lambda _, f: emtvb.judge(f, hidden(2)),
    "states that are read": lambda _, f: f.read(hidden(3, SIZE)),
    "states that are erased": lambda _, f: emtvb.erase(f, "a")(hidden(3, SIZE)),
    "times of edit": lambda _, f: emtvb.edit(f, hidden(2), flip="a"),
    "a value that is set": lambda _, f: emtvb.edit(f, 2, set={"a": hidden(TRIALS // 2)}),
    "inputs of edit": lambda _, f: emtvb.edit(f, 2, flip="a", inputs=hidden(5, 2), expected=lambda v, u: v),
    "what inputs= returns": lambda _, f: emtvb.edit(f, 2, flip="a", inputs=lambda y: hidden(*y.shape)),
    "what expected= returns": lambda _, f: emtvb.edit(f, 2, flip="a", expected=lambda v, u: hidden(len(u), *v.shape)),
    "what agrees= returns": lambda _, f: emtvb.edit(f, 2, flip="a", agrees=lambda o, e: hidden(*o.shape[:2])),
    "states of fixed_points": lambda s, _: emtvb.fixed_points(s, hidden(3, SIZE)),
    "inputs of fixed_points": lambda s, _: emtvb.fixed_points(s, np.zeros((3, SIZE)), hidden(2)),
    "states of cycles": lambda s, _: emtvb.cycles(s, hidden(3, SIZE), 2),
    "inputs of cycles": lambda s, _: emtvb.cycles(s, np.zeros((3, SIZE)), 2, hidden(2)),
    "states of linearise": lambda _, f: emtvb.linearise(f, hidden(3, SIZE)),
    "inputs of run": lambda s, _: s.run(hidden(*X.shape)),
    "state of run": lambda s, _: s.run(X, hidden(TRIALS, SIZE)),
    "state of coast": lambda s, _: s.coast(hidden(TRIALS, SIZE), 2),
    "inputs of jacobian": lambda s, _: s.jacobian(np.zeros((3, SIZE)), hidden(3, 2)),
    "state of adapt": lambda _s, _f: emtvb.adapt(step, state=hidden(1, SIZE)),
    "a function of state": lambda _s, _f: emtvb.adapt(step, state=lambda trials: hidden(trials, SIZE)),
    "what a step gives out": lambda _s, _f: emtvb.adapt(lambda u, h: (hidden(*u.shape), h), state=SIZE).run(X),
    "the state that a step returns": lambda _s, _f: emtvb.adapt(lambda u, h: (u, hidden(*h.shape)), state=SIZE).run(X),
    "what the readout gives": lambda _s, _f: emtvb.adapt(step, lambda o: hidden(*o.shape), state=SIZE).run(X),
    "what whole= gives": lambda _s, _f: emtvb.adapt(step, state=SIZE, whole=lambda x: hidden(*x.shape)).run(X),
    "what a method returns": lambda _, f: located(f, hidden(SIZE, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", HANDED_IN)
def test_whatever_is_handed_in_comes_by_there(name: str, system: emtvb.Adapted, fitted: emtvb.Fitted) -> None:
    with pytest.raises(InputError, match="MaskedArray") as caught:
        HANDED_IN[name](system, fitted)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["sparse", "quantised", "without numbers", "nested"])
@pytest.mark.parametrize("place", ["state", "output", "new state"])
def test_so_do_tensors_of_a_step(kind: str, place: str) -> None:
    changes: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
        "sparse": lambda tensor: tensor.to_sparse(),
        "quantised": lambda tensor: torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8),
        "without numbers": lambda tensor: tensor.to("meta"),
        "nested": lambda tensor: torch.nested.nested_tensor([*tensor]),
    }
    given = {where: changes[kind] if where == place else lambda t: t for where in ("state", "output", "new state")}

    def of_tensors(u: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return given["output"](u), given["new state"](h + u.sum(1, keepdim=True))

    with pytest.raises(InputError, match="Tensor is no plain array"):
        emtvb.adapt(of_tensors, state=given["state"](torch.zeros(1, SIZE))).run(X)
