from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from emtvb.errors import InputError
from emtvb.theory import protocol, tasks
from emtvb.theory.runs import Run
from emtvb.training import general, stream


def batches(run: Run, count: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """The first batches that the general trainer draws for a run."""
    generator, _ = stream.begin_stream(run)
    training = general._Training(run, torch.nn.Linear(1, 1), generator, "cpu")
    drawn = []
    for _ in range(count):
        drawn.append(training._draw())
        training.steps_done += 1
    return drawn


@pytest.mark.parametrize(("d", "hidden", "seed"), [(8, 128, 1), (8, 64, 7), (3, 5, 0), (1, 1, 123)])
def test_initial_weights_are_those_of_torch_modules_after_seeding(d: int, hidden: int, seed: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        rnn = torch.nn.RNN(d, hidden, bias=False)
        readout = torch.nn.Linear(hidden, d, bias=False)
        after = torch.get_rng_state()
    generator, network = stream.begin_stream(Run(tasks.named("T1", d, 2), hidden, 0, 0.9, seed))
    for ours, theirs in zip(
        network.arrays().values(), (rnn.weight_ih_l0, rnn.weight_hh_l0, readout.weight), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs.detach().numpy())
    assert torch.equal(generator.get_state(), after)


def test_batches_are_those_of_a_dataloader_over_the_published_dataset(tiny_run: Run) -> None:
    """The published stream, drawn as the published code draws it: a DataLoader over an iterable dataset, per epoch."""
    task, protocol = tiny_run.task, tiny_run.protocol

    class Dataset(torch.utils.data.IterableDataset):
        def __iter__(self):
            for _ in range(protocol.batches_per_epoch):
                yield torch.randint(0, 2, size=(task.s, protocol.batch_size, task.d)) * 2 - 1

    with torch.random.fork_rng():
        torch.manual_seed(tiny_run.seed)
        torch.nn.RNN(task.d, tiny_run.hidden_dim, bias=False)
        torch.nn.Linear(tiny_run.hidden_dim, task.d, bias=False)
        loader = torch.utils.data.DataLoader(Dataset())
        expected = [batch.squeeze(0).float() for _ in range(2) for batch in loader]

    found = [x[: task.s] for x, _ in batches(tiny_run, 2 * protocol.batches_per_epoch)]
    assert len(found) == len(expected) == 2 * protocol.batches_per_epoch
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


def test_another_stream_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stream.check_published_stream()
    monkeypatch.setattr(stream, "draw_many", lambda *_: torch.zeros(4, 2, 17, 3, dtype=torch.int8))
    with pytest.raises(InputError, match="other random numbers than the published"):
        stream.check_published_stream()


@pytest.mark.parametrize("twin", [-3, 1, 2])
def test_a_twin_differs_in_one_weight_by_units_in_the_last_place(tiny_run: Run, twin: int) -> None:
    generator, network = stream.begin_stream(tiny_run)
    other_generator, other = stream.begin_stream(dataclasses.replace(tiny_run, twin=twin))
    assert torch.equal(generator.get_state(), other_generator.get_state())
    one, two = (np.concatenate([a.ravel().view(np.int32) for a in n.arrays().values()]) for n in (network, other))
    moved = np.flatnonzero(one != two)
    assert moved.tolist() == [network.W_uh.size]  # the first of W_hh
    assert abs(int(one[moved[0]]) - int(two[moved[0]])) == abs(twin)
    assert np.sign(other.W_hh[0, 0] - network.W_hh[0, 0]) == np.sign(twin)


def orthogonal(run: Run) -> Run:
    return dataclasses.replace(run, protocol=dataclasses.replace(run.protocol, start="orthogonal"))


def test_an_orthogonal_start_is_the_published_one_with_orthonormal_rows() -> None:
    published = Run(tasks.named("T4"), 64, 0, 0.98, 1)
    generator, network = stream.begin_stream(published)
    other_generator, other = stream.begin_stream(orthogonal(published))
    assert torch.equal(generator.get_state(), other_generator.get_state())
    np.testing.assert_array_equal(other.W_uh, network.W_uh)
    np.testing.assert_array_equal(other.W_r, network.W_r)
    W = other.W_hh.astype(np.float64)
    np.testing.assert_allclose(W @ W.T, np.eye(64), atol=1e-6)
    for row in (0, 1, 63):  # each row lies in the span of the published ones up to it, and along its own
        before = network.W_hh[: row + 1].astype(np.float64)
        share = np.linalg.lstsq(before.T, W[row], rcond=None)[0]
        np.testing.assert_allclose(share @ before, W[row], atol=1e-5)
        assert share[-1] > 0


def test_an_orthogonal_start_has_the_same_bits_everywhere() -> None:
    """Published runs of results/start began with them; another digest needs a revision of theirs."""
    _, network = stream.begin_stream(orthogonal(Run(tasks.named("T1"), 64, 0, 0.98, 1)))
    assert network.digest()[:16] == "38943fc9001a1ac5"


def test_the_published_start_stands_in_no_id_and_no_record() -> None:
    run = Run(tasks.named("T1"), 64, 0, 0.98, 1)
    assert run.run_id == "T1_h64_l2-0_thr-0.98_seed1"
    assert "start" not in protocol.order_to_entry(run)["protocol"]
    other = orthogonal(run)
    assert other.run_id != run.run_id
    assert protocol.order_from_entry(protocol.order_to_entry(other)).protocol == other.protocol
    assert protocol.order_from_entry(protocol.order_to_entry(run)).protocol == run.protocol
