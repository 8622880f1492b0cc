"""Networks learn, to the same bits, and their weights come back from their file."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from emtvb.errors import InputError
from emtvb.experiments.foreign import cells, tasks, training

TASK = tasks.TASKS["flip-flop"]
ORDER = training.Order("flip-flop_rates", "flip-flop", "rates", 16, (1, 2), 200, 1, 32, 300, 0.02, 1.0)


def test_networks_learn_and_are_the_same_when_trained_again(tmp_path: Path) -> None:
    drawn = TASK.draw(300, 1)
    networks, curves, parts = training.train(ORDER, drawn)
    again, _, _ = training.train(ORDER, drawn.select(slice(200)))  # the others are not learned from
    assert list(networks) == [1, 2]
    for seed in networks:
        for one, other in zip(networks[seed].parameters(), again[seed].parameters(), strict=True):
            assert torch.equal(one, other)
        assert curves[f"flip-flop_rates_seed{seed}"][-1].accuracy > 0.9
    assert parts[0]["accelerator"] == "cpu"

    training.save(tmp_path / "weights.safetensors", ORDER, networks)
    back = training.load(tmp_path / "weights.safetensors", ORDER, 3, 3)
    x = torch.from_numpy(drawn.inputs)
    for seed in networks:
        assert torch.equal(back[seed](x), networks[seed](x))
    with pytest.raises(InputError, match=r"not of flip-flop_rates .* put it back, or train again"):
        training.load(tmp_path / "weights.safetensors", replace(ORDER, units=8), 3, 3)
    with pytest.raises(InputError, match="no such file; train the networks first"):
        training.load(tmp_path / "none.safetensors", ORDER, 3, 3)


@pytest.mark.parametrize(("cell", "package"), [("cfc", "ncps.torch"), ("mgu", "torchrecurrent")])
def test_a_missing_package_is_one_line(cell: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=r'pip install "emtvb\[foreign\]"'):
        cells.network(cell, 3, 8, 2, 0)


@pytest.mark.parametrize(("cell", "package"), [("gru", ""), ("rates", ""), ("cfc", "ncps"), ("mgu", "torchrecurrent")])
def test_each_cell_is_adapted_and_does_in_steps_what_it_does_in_one(cell: str, package: str) -> None:
    if package:
        pytest.importorskip(package)
    module = cells.network(cell, 3, 8, 2, 0)
    x = np.random.default_rng(0).normal(size=(6, 5, 3)).astype(np.float32)
    states, outputs = cells.adapted(cell, module).run(x)
    assert states.shape[2] == 8
    assert outputs == pytest.approx(module(torch.from_numpy(x)).detach().numpy(), abs=1e-5)
