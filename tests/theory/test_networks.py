from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from emtvb.adapters.elman import Elman
from emtvb.errors import InputError
from emtvb.experiments.sweep import ablations, shard
from emtvb.flushing import flushed
from emtvb.theory import networks, tasks
from emtvb.theory.memories_by_weights import power_iteration
from emtvb.theory.network_measurement import MeasureSettings, measure_network
from emtvb.theory.realisation import memories_by_realisation
from emtvb.theory.runs import Run

from ..conftest import make_network


@pytest.mark.parametrize("seed", range(5))
def test_rollout_is_torchs(seed: int) -> None:
    """Each step from the same state: over many steps this network multiplies the rounding errors of both."""
    network = make_network(3, 7)
    rnn = torch.nn.RNN(3, 7, bias=False)
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(torch.from_numpy(network.W_uh))
        rnn.weight_hh_l0.copy_(torch.from_numpy(network.W_hh))
        x = np.random.default_rng(seed).normal(size=(11, 4, 3)).astype(np.float32)
        hidden, outputs = networks.rollout(network, x)
        start = np.concatenate([np.zeros_like(hidden[:1]), hidden[:-1]])
        expected, _ = rnn(torch.from_numpy(x.reshape(1, 44, 3)), torch.from_numpy(start.reshape(1, 44, 7)))
    np.testing.assert_allclose(hidden.reshape(1, 44, 7), expected.numpy(), atol=1e-6)
    np.testing.assert_allclose(outputs, hidden @ network.W_r.T, atol=1e-6)


@pytest.mark.parametrize(("recurrent", "fades"), [(0.01, True), (1.5, False)])
def test_a_network_at_rest_stays_there_until_an_input_comes(recurrent: float, fades: bool) -> None:
    """A network that is asked for one step at a time takes the same steps; it rests at zero, or where tanh stops it."""
    network = make_network(3, 7)
    resting = networks.Network(network.W_uh, recurrent * np.eye(7, dtype=np.float32), network.W_r)
    x = np.zeros((240, 4, 3), dtype=np.float32)
    x[[0, 1, 140]] = np.random.default_rng(0).normal(size=(3, 4, 3))
    hidden, outputs = networks.rollout(resting, x)
    state = np.zeros((4, 7), dtype=np.float32)
    for t, now in enumerate(x):
        (state,), (given,) = networks.rollout(resting, now[None], state)
        np.testing.assert_array_equal(hidden[t], state)
        np.testing.assert_array_equal(outputs[t], given)
    for last in (139, 239):
        np.testing.assert_array_equal(hidden[last], hidden[last - 1])
        assert hidden[last].any() != fades
    assert (hidden[140] != hidden[139]).all()
    states, read = Elman(resting).coast(hidden[140], 99)
    np.testing.assert_array_equal(states, hidden[141:])
    np.testing.assert_allclose(read, outputs[141:], atol=1e-6)


def test_numbers_below_the_least_normal_one_are_zero_while_a_network_runs() -> None:
    """As they are while it is trained."""
    half, least = np.float32(0.5), np.finfo(np.float32).tiny
    weights = [np.eye(2, dtype=np.float32) * value for value in (least, half, half)]
    hidden, _ = networks.rollout(networks.Network(*weights), np.ones((3, 1, 2), dtype=np.float32))
    np.testing.assert_array_equal(hidden, np.full_like(hidden, least))  # half of what was before is zero
    smaller = networks.Network(weights[0] / 2, *weights[1:])
    assert not networks.rollout(smaller, np.ones((3, 1, 2), dtype=np.float32))[0].any()
    assert (hidden / 2).all(), "outside of it they are what they were"


def test_denormal_numbers_are_zero_in_a_block_and_come_back_after_an_error() -> None:
    denormal, one = np.full(9, 1e-40, dtype=np.float32), np.float32(1)
    results = np.ones_like(denormal)

    @flushed()
    def fail() -> None:
        assert not (denormal * one).any()
        with flushed():
            assert not (denormal * np.float32(1e30)).any()
            np.multiply(np.full_like(denormal, 2e-38), np.float32(0.1), out=results)
        assert not (denormal * one).any()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not results.any()
    assert (denormal * one).all()


def test_an_output_of_zero_counts_as_plus_one() -> None:
    np.testing.assert_array_equal(networks.nearest_bits(np.array([-1e-9, -0.0, 0.0, 2.0])), [-1, 1, 1, 1])


def test_networks_survive_their_file_bit_for_bit(tmp_path: Path) -> None:
    stored = {"a": make_network(3, 5, 1), "b": make_network(2, 4, 2)}
    networks.save_networks(tmp_path / "w.safetensors", stored)
    for run_id, network in networks.load_networks(tmp_path / "w.safetensors").items():
        for name, array in network.arrays().items():
            np.testing.assert_array_equal(array, stored[run_id].arrays()[name])
    assert list(networks.load_networks(tmp_path / "w.safetensors", ["b"])) == ["b"]


def weights(**others: np.ndarray) -> dict[str, np.ndarray]:
    """What a file holds of a run a, but for these."""
    return {f"a/{name}": array for name, array in {**make_network(3, 5).arrays(), **others}.items()}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path: path.write_bytes(b""), "damaged"),
        (lambda path: path.write_bytes(b"not safetensors at all"), "damaged"),
        (lambda path: path.write_bytes((8).to_bytes(8, "little") + b"{}"), "damaged"),
        (lambda path: path.write_bytes(b"\x10\0\0\0\0\0\0\0" + b"x" * 16), "damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:-7]), "damaged"),
        (lambda path: save_file({"layer.weight": np.zeros((2, 2), np.float32)}, path), "not a network"),
        (lambda path: save_file(weights(W_r=np.zeros((3, 5))), path), "must be float32"),
        (lambda path: save_file(weights(W_r=np.zeros((3, 4), np.float32)), path), "must be W_uh"),
    ],
)
def test_bad_files_are_one_line(tmp_path: Path, spoil: Callable[[Path], object], says: str) -> None:
    path = tmp_path / "w.safetensors"
    networks.save_networks(path, {"a": make_network()})
    spoil(path)
    with pytest.raises(InputError, match=rf"w\.safetensors.*{says}") as caught:
        networks.load_networks(path)
    assert "\n" not in str(caught.value)


def test_missing_files_and_runs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        networks.load_networks(tmp_path / "w.safetensors")
    networks.save_networks(tmp_path / "w.safetensors", {"a": make_network()})
    with pytest.raises(InputError, match="has no run c; it holds a"):
        networks.load_networks(tmp_path / "w.safetensors", ["c"])


T1 = tasks.named("T1")
RUN = Run(T1, 5, 0.0, 0.9, 1)
HANDED = {
    "power iteration": lambda network: power_iteration(network, T1.theory),
    "a realisation": lambda network: memories_by_realisation(network, T1.theory),
    "measurements": lambda network: measure_network(RUN, network, MeasureSettings()),
    "a shard": lambda network: shard.measure_shard([RUN], {RUN.run_id: network}, MeasureSettings()),
    "ablations": lambda network: ablations.ablation_row(RUN, network, 0.9, 5),
}
"""To what weights are handed."""


@pytest.mark.parametrize("handed", HANDED)
def test_weights_of_another_task_are_refused(handed: str) -> None:
    with pytest.raises(InputError, match="task T1 has d = 8"):
        HANDED[handed](make_network(3, 5))


def test_a_diverged_network_is_kept_and_says_so(tmp_path: Path) -> None:
    network = make_network(3, 5)
    assert network.is_finite()
    network.W_r[1, 2] = np.inf
    networks.save_networks(tmp_path / "w.safetensors", {"a": network})
    assert not networks.load_networks(tmp_path / "w.safetensors")["a"].is_finite()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "w.safetensors"
    networks.save_networks(path, {"a": make_network()})
    before = path.read_bytes()

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space"):
        networks.save_networks(path, {"b": make_network()})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_untrained_network_is_of_the_same_shape_and_precision_with_weights_as_torch_draws_them() -> None:
    trained = make_network(8, 64)
    drawn = [Elman(trained).untrained(seed).network for seed in (0, 0, 1)]
    for name, weights in trained.arrays().items():
        first, same, other = (network.arrays()[name] for network in drawn)
        assert (first.shape, first.dtype) == (weights.shape, weights.dtype) == (weights.shape, np.float32)
        np.testing.assert_array_equal(first, same)
        assert np.abs(first - other).mean() > 0.05
        assert 0.95 / 8 < np.abs(first).max() <= 1 / 8
