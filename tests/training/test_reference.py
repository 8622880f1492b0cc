"""The paper's network on the general trainer: what the compiled engine is held to."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from emtvb.errors import InputError
from emtvb.theory import tasks
from emtvb.theory.networks import Network
from emtvb.theory.runs import Protocol, Run
from emtvb.training import checkpoint, general, stream
from emtvb.training.history import Row


class KilledError(Exception):
    pass


def kill_at(step: int):
    def report(row: Row) -> None:
        if row.step == step:
            raise KilledError

    return report


def assert_same(a: Network, b: Network) -> None:
    for name in ("W_uh", "W_hh", "W_r"):
        np.testing.assert_array_equal(a.arrays()[name], b.arrays()[name])


def test_the_published_first_losses(tmp_path: Path) -> None:
    run = Run(tasks.named("T3"), 64, 0.001, 0.98, 1, Protocol(epochs=1, batches_per_epoch=3))
    losses: list[float] = []
    general.train(run, tmp_path, lambda row: losses.append(row.loss))
    np.testing.assert_allclose(losses, [1.00142, 1.00072, 0.99795], atol=1e-5)


def test_it_is_a_plain_loop_of_the_protocol(tiny_run: Run, tmp_path: Path) -> None:
    """The protocol in a dozen lines of PyTorch, without Lightning."""
    network, history, _ = general.train(tiny_run, tmp_path)
    protocol, task = tiny_run.protocol, tiny_run.task
    generator, weights = stream.begin_stream(tiny_run)
    W_uh, W_hh, W_r = (torch.tensor(array, requires_grad=True) for array in weights.arrays().values())
    adam = torch.optim.Adam([W_uh, W_hh, W_r], lr=protocol.learning_rate, weight_decay=tiny_run.l2)
    levels = [0, 0]  # after the last batch, and before it
    losses, horizons = [], []
    for _ in range(protocol.epochs):
        stream.draw_epoch_start(generator)
        for batch in range(protocol.batches_per_epoch):
            u = stream.draw_inputs(generator, task, protocol.batch_size)
            horizon = protocol.curriculum[levels[0] if batch == 0 else levels[1]]
            y = torch.from_numpy(task.targets(u.numpy(), horizon))
            h, outputs = torch.zeros(protocol.batch_size, tiny_run.hidden_dim), []
            for t in range(task.s + horizon):
                x = u[t] if t < task.s else torch.zeros_like(u[0])
                h = torch.tanh(h @ W_hh.T + x @ W_uh.T)
                outputs.append(h @ W_r.T)
            o = torch.stack(outputs[task.s :])
            loss = ((o - y) ** 2).mean()
            adam.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_([W_uh, W_hh, W_r], protocol.gradient_clip)
            adam.step()
            accuracy = ((o >= 0) == (y > 0)).double().mean().item()
            losses.append(loss.item())
            horizons.append(horizon)
            levels = [min(levels[0] + (accuracy > tiny_run.threshold), 1), levels[0]]
    for ours, theirs in zip(network.arrays().values(), (W_uh, W_hh, W_r), strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), atol=1e-4)
    assert set(horizons) == {2, 4}
    for row in history:
        assert row.horizon == horizons[row.step]
        assert row.loss == pytest.approx(losses[row.step], abs=1e-4)


def test_killed_after_the_last_batch(tiny_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "EVERY_SECONDS", -1.0)
    whole, _, _ = general.train(tiny_run, tmp_path / "run")
    again, _, _ = general.train(tiny_run, tmp_path / "run", kill_at(0))
    assert_same(whole, again)


def test_the_global_random_state_has_no_say(tiny_run: Run, tmp_path: Path) -> None:
    torch.manual_seed(1)
    first, _, _ = general.train(tiny_run, tmp_path / "a")
    torch.manual_seed(2)
    second, _, _ = general.train(tiny_run, tmp_path / "b")
    assert_same(first, second)


def test_slurms_variables_are_not_taken_for_a_launch(
    tiny_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"NTASKS": "4", "JOB_ID": "7", "PROCID": "2", "LOCALID": "2", "NODEID": "1"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    network, _, _ = general.train(tiny_run, tmp_path)
    assert network.hidden_dim == tiny_run.hidden_dim


def test_it_starts_where_the_published_stream_does(tiny_run: Run, tmp_path: Path) -> None:
    """A twin's first recurrent weight is another number, and its losses are."""
    runs = [dataclasses.replace(tiny_run, twin=twin) for twin in (0, 1000)]
    losses: list[list[float]] = []
    for run in runs:
        losses.append([])
        general.train(run, tmp_path / run.run_id, lambda row, rows=losses[-1]: rows.append(row.loss))
    assert losses[0] != losses[1]
    np.testing.assert_allclose(losses[0][:5], losses[1][:5], atol=1e-3)


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_an_accelerator_that_is_not_there_is_one_line(tiny_run: Run, tmp_path: Path, name: str) -> None:
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        pytest.skip("this machine has one")
    for ask in (lambda: general.check_accelerator(name), lambda: general.train(tiny_run, tmp_path, accelerator=name)):
        with pytest.raises(InputError, match=f"^accelerator: {name}: not on this machine") as caught:
            ask()
        assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_on_the_cpu_by_name_and_by_lightnings_choice(tiny_run: Run, tmp_path: Path) -> None:
    network, _, (part,) = general.train(tiny_run, tmp_path / "cpu", environment={"cpu": "mine"}, accelerator="cpu")
    assert (part["engine"], part["accelerator"], part["cpu"]) == ("general", "cpu", "mine")
    chosen, _, (part,) = general.train(tiny_run, tmp_path / "auto", accelerator="auto")
    if part["accelerator"] == "cpu":
        assert_same(network, chosen)
