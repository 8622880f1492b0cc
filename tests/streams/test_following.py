"""The compiled engine on streams, held to the authors' losses and to torch."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from emtvb.experiments.streams.runs import StreamRun
from emtvb.theory import tasks
from emtvb.theory.schedule import Episodes
from emtvb.theory.stream_order import Plateau, StreamProtocol
from emtvb.training import engine, episodes, history, kernel, stream_state
from emtvb.weights import Network

AUTHORS = (
    1.0346782207489014, 1.0324949026107788, 1.0284076929092407, 1.0259286165237427, 1.024256706237793,
    1.0206780433654785, 1.0173847675323486, 1.0154008865356445, 1.0131936073303223, 1.0094965696334839,
    1.007428765296936, 1.005298137664795, 1.0040417909622192, 1.0002845525741577, 0.9975016713142395,
)  # fmt: skip
"""Losses of the authors' code: 16 neurons, seed 1000, three epochs of five batches, each with its validation."""


def trained(run: StreamRun) -> stream_state.StreamTraining:
    """A training at its end, with the row of every batch."""
    training = stream_state.StreamTraining(run, kernel)
    while training.steps_done < run.protocol.steps:
        training.advance()
    return training


@pytest.fixture(autouse=True)
def _every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "EVERY", 1)


def test_losses_are_those_of_the_authors_code() -> None:
    run = StreamRun(tasks.named("T1", 8, 10), Episodes(), 16, 0.0, 1000, StreamProtocol(3, 5))
    found = trained(run)
    np.testing.assert_allclose([row.loss for row in found.kept], AUTHORS, rtol=1e-6)
    assert found.kept[0].accuracy == pytest.approx(0.4760392099056604)
    assert found.kept[-1].accuracy == pytest.approx(0.5173578477443609)


@pytest.mark.parametrize(
    ("laid_out", "composition", "l2", "clip"),
    [
        (Episodes((3, 5), 6, 60), [(1, 0, 1), (1, 1, 1), (1, 2, 1)], 0.0, 0.05),
        (Episodes((3, 5), 6, 60), [(3, 1, -1), (1, 0, 1), (2, 2, 1)], 0.01, None),
        (Episodes((3, 4), 5, None, echo=False), [(2, 0, 1), (1, 1, -1), (1, 2, 1)], 0.0, 1.0),
        (Episodes((3, 3), 4, None, marker=False, echo=False), [(1, 0, 1), (1, 1, 1), (1, 2, 1)], 0.001, 1.0),
    ],
    ids=["stream", "targets of 0 beside others", "one episode", "the paper's own"],
)
def test_it_trains_as_torch_does(
    laid_out: Episodes, composition: list[tuple[int, int, int]], l2: float, clip: float | None
) -> None:
    """Weights after a few epochs, beside torch's autograd, Adam, clipping and ReduceLROnPlateau."""
    protocol = StreamProtocol(4, 3, 5, 3e-2, clip, Plateau(patience=0))
    run = StreamRun(tasks.from_composition(composition, 3, laid_out.lengths[1]), laid_out, 11, l2, 4, protocol)
    found, expected = trained(run), by_torch(run)
    np.testing.assert_allclose([row.loss for row in found.kept], expected[0], rtol=2e-5)
    for ours, theirs in zip(found.weights, expected[1], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)
    assert found.arrays()["rate"][0] == pytest.approx(expected[2])


def by_torch(run: StreamRun) -> tuple[list[float], list[np.ndarray], float]:
    """The losses, weights and learning rate of a training in torch alone."""
    batches, network = episodes.begin_batches(run)
    how, plateau = run.protocol, run.protocol.plateau or Plateau()
    layer, readout = nn.RNN(network.d, run.hidden_dim, bias=False), nn.Linear(run.hidden_dim, run.task.d, bias=False)
    parameters = [*layer.parameters(), *readout.parameters()]
    with torch.no_grad():
        for parameter, array in zip(parameters, network.arrays().values(), strict=True):
            parameter.copy_(torch.from_numpy(array))
    adam = torch.optim.Adam(parameters, lr=how.learning_rate, weight_decay=run.l2)
    falling = torch.optim.lr_scheduler.ReduceLROnPlateau(
        adam, factor=plateau.factor, patience=plateau.patience, min_lr=plateau.least
    )
    losses = []
    for epoch in range(how.epochs):
        batches.begin_epoch(first=epoch == 0)
        for _ in range(how.batches_per_epoch):
            plan, shown = batches.next()
            inputs = episodes.dense_inputs(plan, shown)
            targets = torch.from_numpy(plan.targets(inputs))
            mask = (targets.abs().sum(dim=-1) > 0).float()
            error = ((readout(layer(torch.from_numpy(inputs))[0]) - targets) ** 2).mean(dim=-1)
            loss = (error * mask).sum() / mask.sum()
            adam.zero_grad()
            loss.backward()
            if how.gradient_clip is not None:
                nn.utils.clip_grad_norm_(parameters, how.gradient_clip)
            adam.step()
            losses.append(loss.item())
        falling.step(losses[-1])
    return losses, [parameter.detach().numpy() for parameter in parameters], adam.param_groups[0]["lr"]


@given(
    st.lists(st.floats(0, 2, width=32) | st.just(math.nan), min_size=1, max_size=30),
    st.sampled_from((0.5, 0.1)),
    st.integers(0, 3),
    st.sampled_from((0.0, 1e-6, 1e-4)),
)
def test_the_rate_falls_where_torchs_does(losses: list[float], factor: float, patience: int, least: float) -> None:
    rate = stream_state.Rate(1e-3, Plateau(factor, patience, least))
    adam = torch.optim.Adam([torch.zeros(1)], lr=1e-3)
    falling = torch.optim.lr_scheduler.ReduceLROnPlateau(adam, factor=factor, patience=patience, min_lr=least)
    for loss in losses:
        rate.update(loss)
        falling.step(loss)
        assert rate.value == adam.param_groups[0]["lr"]


def test_a_training_that_is_killed_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = StreamProtocol(2, 6, 5, 3e-2, 1.0, Plateau(patience=0))
    run = StreamRun(tasks.named("T1", 3, 4), Episodes((2, 4), 5, 40), 9, 0.0, 1, protocol)
    whole = trained(run)
    monkeypatch.setattr("emtvb.training.checkpoint.EVERY_SECONDS", 0.0)
    monkeypatch.setattr(engine, "compiled_kernel", lambda: kernel)

    def stop(row: history.Row) -> None:
        if row.step == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.train(run, tmp_path, stop)
    network, rows, _ = engine.train(run, tmp_path)
    assert rows == whole.kept
    assert network.digest() == Network(*whole.weights).digest()
