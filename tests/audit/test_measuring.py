"""What the audit allows for rounding where it measures networks again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emtvb import config, runs
from emtvb.audit import measuring, worker
from emtvb.interpret.measure import accuracy
from emtvb.interpret.systems import Elman
from emtvb.networks import Network
from emtvb.running.from_history import bring_back
from emtvb.runs import Run
from emtvb.tasks import named

PAPER = Path(__file__).parents[2] / "results" / "paper"
HORIZON, SEQUENCES = 100, 64
RUN = Run(named("T1", 4, 4), 24, 0.0, 0.9, 1)


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


@pytest.mark.parametrize("seed", range(20))
def test_a_chaotic_network_that_rounds_otherwise_is_the_same(seed: int) -> None:
    network = _network(4.0, seed)
    allowed = measuring.moved_by_rounding(RUN, network, HORIZON, SEQUENCES)
    one, other = (accuracy(Elman(n), RUN.task, HORIZON, SEQUENCES) for n in (network, _shuffled(network, seed)))
    row = {"test_accuracy": repr(one)}
    assert not measuring._difference(row, {"test_accuracy": other, "_rounding": allowed})
    assert measuring._difference(row, {"test_accuracy": one + 1.5 * allowed, "_rounding": allowed})


def test_what_is_allowed_matters_where_a_network_is_chaotic_and_nowhere_else() -> None:
    moved = [
        abs(
            accuracy(Elman(network), RUN.task, HORIZON, SEQUENCES)
            - accuracy(Elman(_shuffled(network, seed)), RUN.task, HORIZON, SEQUENCES)
        )
        for seed in range(20)
        for network in [_network(4.0, seed)]
    ]
    assert max(moved) > 1e-3
    assert all(measuring.moved_by_rounding(RUN, _network(0.9, s), HORIZON, SEQUENCES) < 1e-3 for s in range(20))


def test_a_worker_takes_the_kernels_of_the_workflows_jobs_whatever_it_inherits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a chaotic network many a sign hangs on rounding, and so on the kernels; the published ones come out again."""
    cpu = Path("/proc/cpuinfo")
    if not cpu.is_file() or not {"avx2", "fma"} <= set(cpu.read_text().split()):
        pytest.skip("this CPU lacks AVX2")
    shard = "T4_h32_l2-0_seeds6-10"
    weights = PAPER / "training" / shard / "weights.safetensors"
    if not weights.is_file():
        bring_back(PAPER)
    experiment = config.load(PAPER / "settings.json")
    part = experiment.shards()[shard]
    how = experiment.interpretation.model_dump(include={"modulus", "horizon", "sequences"})
    order = {
        "weights": str(weights), "runs": [runs.to_entry(run) for run in part], "whole": False,
        "tested": [run.run_id for run in part],
    }  # fmt: skip
    found = []
    for inherited in ("Prescott", "Haswell"):
        monkeypatch.setenv("OPENBLAS_CORETYPE", inherited)
        found.append(worker.ask("measure", {"orders": [order], "how": how, "seeds": [6]}))
    assert found[0] == found[1]
    published = pd.read_csv(PAPER / "measurements.csv", dtype=str).set_index("run_id")
    for one in found[0]:
        assert not measuring._difference(published.loc[one["run_id"]].fillna("").to_dict(), one["row"])
    assert max(one["row"]["_rounding"] for one in found[0]) > 1e-3
