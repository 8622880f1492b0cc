"""The batches of a stream are the authors', number for number, and go on from where they stood."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from emtvb.experiments.streams.runs import StreamRun
from emtvb.theory import tasks
from emtvb.theory.schedule import MARKER, Episodes
from emtvb.theory.stream_order import StreamProtocol
from emtvb.training import episodes, stream


def run(seed: int, name: str = "T1", laid_out: Episodes | None = None, size: int = 64, each: int = 100) -> StreamRun:
    laid_out = laid_out or Episodes()
    own = tasks.named(name)
    task = tasks.from_composition(own.composition, 8, laid_out.lengths[1], own.name)
    return StreamRun(task, laid_out, 16, 0.0, seed, StreamProtocol(2, each, size))


@pytest.mark.parametrize(
    ("chosen", "digest"),
    [
        (run(0), "668d90c955d33abd"),
        (run(29000), "a8828a9e9392aa23"),
        (run(5000, "T3", Episodes((8, 10))), "25cb1daa8662e7ce"),
    ],
    ids=["T1 seed 0", "T1 seed 29000", "T3 seed 5000"],
)
def test_the_first_hundred_batches_are_the_authors(chosen: StreamRun, digest: str) -> None:
    """Digests of what their dataset gives (branch batch-training) after their model was drawn."""
    batches, _ = episodes.begin_batches(chosen)
    batches.begin_epoch(first=True)
    found = hashlib.sha256()
    for _ in range(100):
        plan, shown = batches.next()
        inputs = episodes.dense_inputs(plan, shown)
        found.update(inputs.astype(np.int8).tobytes())
        found.update(plan.targets(inputs).astype(np.int8).tobytes())
    assert found.hexdigest()[:16] == digest


def test_an_epoch_is_followed_by_a_validation() -> None:
    """Digests of the first batches of three epochs of five, as Lightning runs the authors' code with seed 1000."""
    batches, _ = episodes.begin_batches(run(1000, each=5))
    found = []
    for epoch in range(3):
        batches.begin_epoch(first=epoch == 0)
        drawn = [batches.next() for _ in range(5)]
        inputs = episodes.dense_inputs(*drawn[0])
        content = inputs.astype(np.int8).tobytes() + drawn[0][0].targets(inputs).astype(np.int8).tobytes()
        found.append(hashlib.sha256(content).hexdigest()[:12])
    assert found == ["a0d25a2a764b", "a8faef221d5d", "f33fcbd13d71"]


def test_batches_go_on_from_where_they_stood() -> None:
    first, _ = episodes.begin_batches(run(3, size=4, each=2))
    first.begin_epoch(first=True)
    first.next()
    state = first.state()
    other, _ = episodes.begin_batches(run(3, size=4, each=2))
    other.take(state)
    for batches in (first, other):
        batches.next()
        batches.begin_epoch(first=False)
    (one, shown), (same, again) = first.next(), other.next()
    assert one.places == same.places
    np.testing.assert_array_equal(shown, again)


def test_no_input_is_the_markers_vector() -> None:
    batches, _ = episodes.begin_batches(run(1))
    batches.begin_epoch(first=True)
    for _ in range(3):
        plan, shown = batches.next()
        inputs = episodes.dense_inputs(plan, shown)
        np.testing.assert_array_equal((inputs == -1).all(axis=2), np.tile(plan.shows[:, None] == MARKER, (1, 64)))


def test_initial_weights_are_those_of_the_papers_networks() -> None:
    _, network = episodes.begin_batches(run(7))
    import torch

    expected = stream.draw_network(torch.Generator().manual_seed(7), 8, 16)
    assert network.digest() == expected.digest()
