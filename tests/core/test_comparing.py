"""Networks that are known to be the same circuit, and others that are not."""

from __future__ import annotations

import warnings
from pathlib import Path

import jaxtyping
import numpy as np
import pandas as pd
import pytest
import torch

import emtvb
from emtvb.core import untrained_control
from emtvb.errors import InputError
from emtvb.theory import tasks
from emtvb.theory.networks import Network

from ..conftest import circuit, make_network, saturated_circuit
from ..library.made_up import adapted, make_register, tape

T1, T2 = (tasks.named(name, d=3, s=3) for name in ("T1", "T2"))
ALL = ["spectrum", "step", "decoded step", "dynamics"]


def fitted(network: Network, task: tasks.Task = T2) -> emtvb.Fitted:
    return emtvb.fit(emtvb.record(network, task, horizon=20))


def rotated(network: Network, seed: int = 0) -> Network:
    n = network.hidden_dim
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0]
    arrays = turn @ network.W_uh, turn @ network.W_hh @ turn.T, network.W_r @ turn.T
    return Network(*(array.astype(np.float32) for array in arrays))


@pytest.fixture(scope="module")
def one() -> emtvb.Fitted:
    return fitted(circuit(T2, 24)[0])


@pytest.mark.parametrize("other", [rotated(circuit(T2, 24)[0]), circuit(T2, 30, seed=1)[0]], ids=["rotated", "larger"])
def test_a_circuit_in_another_basis_or_among_more_neurons_is_the_same(one: emtvb.Fitted, other: Network) -> None:
    found = emtvb.compare(one, fitted(other), untrained=False)
    assert found.alike
    # Every mode lasts: then any system with these eigenvalues has these dynamics, once states are whitened.
    assert repr(found).startswith(
        "<Comparison: the same circuit, by spectrum, step, decoded step; nothing is told by dynamics ("
    )
    assert all(distance.value < 0.02 for distance in found.distances)
    assert found["step"].floor > 0.01  # other trials give other memories
    assert all(found[measure].floor < 0.1 < found[measure].least for measure in ("step", "decoded step"))
    assert found["dynamics"].control < 0.02
    assert np.isnan([found["spectrum"].control, found["step"].control]).all()


def test_a_network_that_holds_nothing_is_not() -> None:
    network = make_network(hidden_dim=24)
    drawn = Network(*(array / np.float32(np.sqrt(24)) for array in (network.W_uh, network.W_hh, network.W_r)))
    found = emtvb.compare(fitted(circuit(T1, 24)[0], T1), fitted(drawn, T1))
    assert repr(found).startswith("<Comparison: not the same circuit, by spectrum, step, decoded step, dynamics (")
    assert not found.alike
    assert all(distance.share > 0.5 for distance in found.distances)
    assert found["spectrum"].untrained == pytest.approx(np.pi, abs=0.5)  # which has no long-term eigenvalue


def test_another_tasks_circuit_is_not_by_what_it_does_either() -> None:
    """Phi of T1 and of T2 between the same labels: networks of both, run on T1's labels."""
    rng = np.random.default_rng(0)
    inputs = np.zeros((16, 300, 3), np.float32)
    inputs[:3] = rng.choice([-1, 1], size=(3, 300, 3))
    labels = {f"{v}.{k}": np.tile(inputs[v, :, k], (16, 1)) for v in range(3) for k in range(3)}
    labels = {name: np.where(np.arange(16)[:, None] % 3 == 2, values, np.nan) for name, values in labels.items()}
    fits = [emtvb.fit(emtvb.record(network, inputs, labels)) for network in (circuit(T1, 24)[0], circuit(T2, 24)[0])]
    found = emtvb.compare(*fits, untrained=False)
    assert not found.alike
    assert {"spectrum", "dynamics"} <= {distance.measure for distance in found.distances if distance.share > 0.5}


def test_weights_that_amplify_are_told_from_what_the_network_does() -> None:
    """tanh takes back what the weights of one of them amplify by 1.6."""
    found = emtvb.compare(fitted(saturated_circuit(T1)[0], T1), fitted(circuit(T1, 24)[0], T1), untrained=False)
    assert found.finding == (
        "alike in part: by spectrum, not by step; nothing is told by dynamics; by decoded step no nearer than the "
        "variables alone, without a network"
    )
    assert found["step"].value == pytest.approx(0.6 / np.sqrt((1.6**2 + 1) / 2), abs=0.01)


def test_states_that_do_the_same_under_inputs_are_the_same() -> None:
    """What inputs write is left out; another unit and offset of a number changes nothing."""
    inputs, labels = tape()
    fits = [
        emtvb.fit(emtvb.record(adapted(make_register(seed=seed)), inputs, {**labels, "number": number}))
        for seed, number in ((0, labels["number"]), (1, 3 * labels["number"] - 5))
    ]
    found = emtvb.compare(*fits)
    assert found.alike
    assert found.directions == 4
    assert np.isnan(found["step"].untrained)  # a function has no weights that could be drawn
    slow = emtvb.compare(*fits, delays=2, directions=3)
    assert slow.directions == 3


def test_what_the_units_of_a_number_are_does_not_matter() -> None:
    """A number that moves another one: its step is in the units of the first network's labels."""
    rng = np.random.default_rng(0)
    turn = np.array([[0.9, 0.5], [0.0, 0.9]])
    inputs = np.zeros((12, 200, 2))
    inputs[0] = rng.normal(size=(200, 2))
    held = np.stack([inputs[0] @ np.linalg.matrix_power(turn, t).T for t in range(12)])
    system = emtvb.adapt(lambda u, h: (h, h @ turn.T + u), state=2)
    fits = [
        emtvb.fit(emtvb.record(system, inputs, {"a": held[..., 0], "b": unit * held[..., 1]})) for unit in (1.0, 100.0)
    ]
    assert emtvb.compare(*fits)["step"].value < 1e-6


def test_a_table_has_a_row_for_each_measure(one: emtvb.Fitted) -> None:
    found = emtvb.compare(one, one, untrained=False)
    rows = found.to_dataframe()
    assert rows["measure"].tolist() == ALL
    assert rows["alike"].tolist() == [True, True, True, False]
    assert list(rows) == [
        "measure", "unit", "distance", "floor", "chance", "least_chance", "untrained", "share", "alike",
        "control",
    ]  # fmt: skip
    assert isinstance(rows, pd.DataFrame)
    assert "the same circuit" in found._repr_html_()
    assert repr(found["step"]).endswith(": alike>")
    assert "without a network" in repr(found["dynamics"])


def test_it_is_saved_and_comes_back(one: emtvb.Fitted, tmp_path: Path) -> None:
    found = emtvb.compare(one, one, untrained=False)
    back = emtvb.load(emtvb.save(found, tmp_path / "found"))
    assert repr(back) == repr(found)
    assert [repr(distance) for distance in back.distances] == [repr(distance) for distance in found.distances]


@pytest.mark.parametrize("seed", range(3))
def test_what_keeps_and_what_fades_are_not_alike_because_both_are_linear_in_the_variables(seed: int) -> None:
    """Whitened, a half and a whole identity are the same map: so have the variables alone, without any network."""
    rng = np.random.default_rng(seed)
    inputs = np.zeros((12, 200, 2))
    inputs[0] = rng.choice([-1, 1], size=(200, 2))
    fits = []
    for kept, size in ((1.0, 6), (0.7, 9)):
        into = rng.normal(size=(size, 2))
        system = emtvb.adapt(lambda u, h, kept=kept, into=into: (kept * h + u @ into.T,) * 2, state=size)
        fits.append(emtvb.fit(emtvb.record(system, inputs, {"a": inputs[0, :, 0], "b": inputs[0, :, 1]})))
    found = emtvb.compare(*fits)
    assert found["dynamics"].value < 0.01  # and yet
    assert not found["dynamics"].alike
    assert found.finding.startswith("not the same circuit, by ")


@pytest.mark.parametrize("always", [True, False])
def test_untrained_networks_stand_beside_a_comparison_at_any_size(
    always: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a network that is not cheap one is drawn, where an edit would have none."""
    monkeypatch.setattr(untrained_control, "CHEAP", 0)
    torch.manual_seed(0)
    inputs = np.random.default_rng(0).normal(size=(6, 60, 2)).astype(np.float32)
    system = emtvb.adapt(torch.nn.GRU(2, 5), torch.nn.Linear(5, 1))
    mine = emtvb.fit(emtvb.record(system, inputs, {"x": inputs[..., 0], "y": inputs[..., 1]}))
    assert len(untrained_control.fit_untrained(mine, None, always=always)) == always
    if always:
        assert np.isfinite(emtvb.compare(mine, mine)["step"].untrained)


def test_where_nothing_lasts_the_spectrum_tells_nothing() -> None:
    fades = [emtvb.adapt(lambda u, h, w=w: (h, 0.5 * h @ w + u), state=2) for w in (np.eye(2), np.diag([1, -1.0]))]
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(8, 100, 2))
    fits = [emtvb.fit(emtvb.record(system, inputs, {"x": inputs[..., 0]})) for system in fades]
    found = emtvb.compare(*fits)
    assert not found["spectrum"].tells
    assert np.isnan(found["spectrum"].value)
    assert np.isnan(found["spectrum"].ceiling)
    assert "nothing is told by spectrum" in found.finding


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda a: emtvb.compare(a, fitted(circuit(T1, 24)[0], T1)), "other: fitted on T2 and T1: compare networks"),
        (lambda a: emtvb.compare(a, a, modulus=-1), "modulus: -1: give a number from 0"),
        (lambda a: emtvb.compare(a, a, directions=99), "directions: 99: states vary in "),
        (lambda a: emtvb.compare(a, a, delays=0), "delays: 0: give a whole number, 1 or more"),
        (lambda a: emtvb.compare(a, a, delays=1000), "delays: 1000: there are "),
        (lambda a: emtvb.compare(a, a, seed=-1), "seed: -1: give a whole number"),
        (lambda a: emtvb.compare(a, a)["size"], "measure: size: no such measure; there are spectrum"),
    ],
)
def test_bad_input_is_one_line(one: emtvb.Fitted, call, line: str) -> None:
    with pytest.raises(InputError) as caught:
        call(one)
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_things_of_another_kind_are_refused(one: emtvb.Fitted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    for call, line in (
        (lambda: emtvb.compare(one, one.trials), "other: Trials: give what emtvb.fit returns"),
        (lambda: emtvb.compare(3, one), "one: int: give what emtvb.fit returns"),
        (lambda: emtvb.compare(one, one, untrained=2), "untrained: 2: give True, False or None"),
        (lambda: emtvb.compare(one, one, modulus="all"), "modulus: all: give a number from 0, such as 0.9"),
    ):
        with pytest.raises(InputError) as caught:
            call()
        assert str(caught.value) == line


def test_other_variables_are_refused_by_name() -> None:
    inputs, labels = tape(trials=100)
    register = adapted(make_register())
    whole = emtvb.fit(emtvb.record(register, inputs, labels))
    part = emtvb.fit(emtvb.record(register, inputs, {"bit": labels["bit"]}))
    other = emtvb.fit(emtvb.record(register, inputs, {**labels, "number": labels["bit"]}))
    with pytest.raises(InputError, match=r"other: variables bit: give one that was recorded with bit, word, number"):
        emtvb.compare(whole, part)
    with pytest.raises(InputError, match=r"other: number is binary with 2 values: in the first it is continuous"):
        emtvb.compare(whole, other)


def test_too_few_steps_and_states_that_stand_still_are_refused() -> None:
    inputs = np.random.default_rng(0).choice([-1.0, 1.0], size=(2, 40, 1))
    system = emtvb.adapt(lambda u, h: (u, u), state=1)
    short = emtvb.fit(emtvb.record(system, inputs, {"x": inputs[..., 0]}))
    with pytest.raises(InputError, match="trials: 2 steps: record 3 or more"):
        emtvb.compare(short, short)


def test_it_warns_of_nothing(one: emtvb.Fitted) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        emtvb.compare(one, one)
