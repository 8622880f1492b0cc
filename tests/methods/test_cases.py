"""Networks that are compared on do what they should, and what should follow is what follows."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from emtvb.errors import InputError
from emtvb.experiments.methods import cases, synthetic, trained_networks
from emtvb.experiments.methods.settings import NetworkSettings
from emtvb.theory import tasks
from emtvb.theory.runs import Run

from ..conftest import saturated_circuit


@pytest.mark.parametrize("code", ["plain", "product", "rotation", "redundant"])
def test_a_made_store_gives_out_what_it_was_shown(code: str) -> None:
    case = cases.case(NetworkSettings(name="it", kind="store", code=code, condition=100.0), 0)
    _, outputs = case.network.run(case.shown[0].astype(np.float32))
    for i, name in enumerate(("v", "w", "x")):
        assert (np.sign(outputs[..., i]) == case.labels[0][name]).all()


def test_the_condition_is_that_of_the_map() -> None:
    made = synthetic.Store("plain", 1e3, 1.0)
    assert np.linalg.cond(made.mixing.double().numpy()) == pytest.approx(1e3, rel=1e-3)


@pytest.mark.parametrize("kind", ["flip-flop", "match", "mixer"])
def test_a_network_that_is_trained_here_has_what_it_needs(kind: str) -> None:
    case = cases.case(NetworkSettings(name="it", kind=kind, units=4, steps=2), 0)
    trials = case.recorded(case.network)
    assert set(case.edited) <= {v.name for v in trials.variables}
    assert np.isfinite(case.loss)
    values = trials.values(trials.test.labels[case.at])
    assert case.future(values, trials.test_inputs[case.at + 1 :]).shape == trials.test.outputs[case.at + 1 :].shape
    assert trials.test.states.shape[2] == case.recorded(case.untrained).test.states.shape[2]
    trained, untrained = (
        dict(system.source["network"].named_parameters()) for system in (case.network, case.untrained)
    )
    assert all(not torch.equal(trained[name], weights) for name, weights in untrained.items())
    if kind == "mixer":
        assert untrained["fade"].tolist() == torch.linspace(-6, 0, 4).tolist()
        assert not untrained["bonus"].any()


def test_futures_are_the_targets_of_the_tasks() -> None:
    rng = np.random.default_rng(0)
    pulses, bits, targets = trained_networks.flip_flop(rng, 5)
    np.testing.assert_array_equal(trained_networks.set_by(pulses[9:], bits[8]), targets[9:])
    inputs, first, targets = trained_networks.delayed_match(rng, 5)
    np.testing.assert_array_equal(trained_networks.matches(first[8], inputs[9:]), targets[9:])
    assert set(np.unique(targets[trained_networks.TEST :])) == {-1, 1}
    assert not targets[: trained_networks.TEST].any()


def test_training_lowers_the_error() -> None:
    torch.manual_seed(0)
    network = trained_networks.Recurrent(3, 3, 8)
    first = trained_networks.train(network, trained_networks.flip_flop, 1, 0)
    assert trained_networks.train(network, trained_networks.flip_flop, 60, 0) < 0.8 * first


def test_a_published_network_is_edited_as_its_task_says() -> None:
    task = tasks.named("T1", 3, 3)
    network, _ = saturated_circuit(task)
    case = cases._published(network, task, 0)
    trials = case.recorded(case.network)
    assert (case.at, len(case.edited)) == (5, 2)
    assert len({name.rpartition(".")[2] for name in case.edited}) == 2
    values = trials.values(trials.test.labels[case.at])
    expected = case.future(values, trials.test_inputs[case.at + 1 :])
    np.testing.assert_array_equal(np.sign(trials.test.outputs[case.at + 1 :]), expected)
    np.testing.assert_array_equal(expected[: 2 * task.s], expected[task.s : 3 * task.s])


def test_packed_weights_that_are_none_are_one_line(tmp_path) -> None:
    file = tmp_path / "weights.planes.xz"
    file.write_bytes(b"nothing")
    with pytest.raises(InputError, match="does not hold T1_h8"):
        cases.opened(file, Run(tasks.named("T1"), 8, 0.0, 0.98, 1))
