"""Which seed a network shows, and what the audit allows for rounding where networks are measured again."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from emtvb.audit import seeds
from emtvb.interpret.measure import accuracy
from emtvb.interpret.systems import Elman
from emtvb.networks import Network
from emtvb.runs import Run
from emtvb.tasks import named
from emtvb.training import stream

HORIZON, SEQUENCES = 100, 64
TASK = named("T1", 4, 4)
RUN = Run(TASK, 24, 0.0, 0.9, 1)


def _trained(seed: int, hidden_dim: int, kept: float) -> Network:
    """As if from a seed: so much of the initial weights, and noise."""
    begun = stream.draw_network(torch.Generator().manual_seed(seed), TASK.d, hidden_dim)
    noise = np.random.default_rng(7)
    return Network(
        *(
            (kept * array + (1 - kept) * noise.normal(0, array.std(), array.shape)).astype(np.float32)
            for array in begun.arrays().values()
        )
    )


@pytest.mark.parametrize(
    ("hidden_dim", "l2", "seed", "kept", "says"),
    [
        (64, 0.0, 1, 0.5, ""),
        (64, 0.001, 99, 0.5, "show no trace of its seed"),
        (64, 0.0, 1, 0.0, "show no trace of its seed"),
        (64, 0.1, 99, 0.5, ""),
        (24, 0.0, 99, 0.5, ""),
        (24, 0.1, 2, 0.5, "its weights began as those of seed 2"),
    ],
    ids=["its own", "a foreign seed", "noise", "a large penalty", "small", "another of the experiment's"],
)
def test_a_network_shows_its_own_seed(hidden_dim: int, l2: float, seed: int, kept: float, says: str) -> None:
    runs = [Run(TASK, hidden_dim, l2, 0.9, number) for number in (1, 2)]
    networks = {runs[0].run_id: _trained(seed, hidden_dim, kept), runs[1].run_id: _trained(2, hidden_dim, 0.5)}
    check = seeds.seeds(runs, networks)
    assert [finding.subject for finding in check.findings] == ([runs[0].run_id] if says else [])
    assert all(says in finding.problem for finding in check.findings)
    assert (check.checked, check.of, check.incomparable) == (2, 2, 0)


def test_a_network_that_shows_another_seed_besides_its_own_is_named() -> None:
    """Weights of one seed, to which a forger added some of the initial ones of the seed that they should be of."""
    runs = [Run(TASK, 64, 0.0, 0.9, number) for number in (1, 2)]
    both = Network(*(a + b for a, b in zip(_arrays(1), _arrays(2), strict=True)))
    (finding,) = seeds.seeds(runs, {runs[0].run_id: both, runs[1].run_id: _trained(2, 64, 0.5)}).findings
    assert finding.subject == runs[0].run_id
    assert finding.problem == "its weights show a trace of seed 2, besides that of its own"


def _arrays(seed: int) -> list[np.ndarray]:
    return [*_trained(seed, 64, 0.5).arrays().values()]


def _network(gain: float, seed: int) -> Network:
    """A random one: it forgets below a gain of 1, and is chaotic well above."""
    rng = np.random.default_rng(seed)
    return Network(
        *(
            rng.normal(0, spread, shape).astype(np.float32)
            for spread, shape in ((1, (24, 4)), (gain / np.sqrt(24), (24, 24)), (1, (4, 24)))
        )
    )


def _shuffled(network: Network, seed: int) -> Network:
    """The same with its neurons in another order: sums are taken in another one, and nothing else differs."""
    order = np.random.default_rng(seed).permutation(network.hidden_dim)
    return Network(network.W_uh[order], network.W_hh[np.ix_(order, order)].copy(), network.W_r[:, order].copy())


def test_a_chaotic_network_that_rounds_otherwise_is_the_same_and_no_other_is_excused() -> None:
    distances = []
    for seed in range(12):
        network = _network(4.0, seed)
        one, other = (accuracy(Elman(n), TASK, HORIZON, SEQUENCES) for n in (network, _shuffled(network, seed)))
        distances.append(abs(one - other))
        assert distances[-1] <= 1e-4 + seeds.moved_by_rounding(RUN, network, HORIZON, SEQUENCES)
        assert seeds.moved_by_rounding(RUN, _network(0.9, seed), HORIZON, SEQUENCES) < 1e-3
    assert max(distances) > 1e-3, "what is allowed matters"


def test_rounding_moves_nothing_of_a_network_that_is_not_there() -> None:
    of = seeds.moved([RUN], {}, HORIZON, SEQUENCES)
    assert of(RUN.run_id) == of("nobody") == 0.0
    network = _network(4.0, 0)
    there = seeds.moved([RUN], {RUN.run_id: network}, HORIZON, SEQUENCES)
    assert there(RUN.run_id) == seeds.moved_by_rounding(RUN, network, HORIZON, SEQUENCES) > 0.0


@pytest.mark.parametrize(("d", "hidden_dim"), [(3, 24), (4, 25)])
def test_weights_of_another_task_or_size_are_named(d: int, hidden_dim: int) -> None:
    network = stream.draw_network(torch.Generator().manual_seed(1), d, hidden_dim)
    (finding,) = seeds.seeds([RUN], {RUN.run_id: network}).findings
    assert finding.subject == RUN.run_id
    assert finding.problem == f"its weights are of a network with d = {d} and {hidden_dim} neurons"
