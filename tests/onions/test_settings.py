"""A config of networks that repeat: strict, in one line, and no sweep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emtvb import config
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.experiments.onions import settings, training

OWN: dict[str, Any] = {"seeds": [1], "sizes": [{"units": 4, "steps": 3}]}
ROOT = Path(__file__).parents[2]


def stated(**more: Any) -> dict[str, Any]:
    return {"experiment": "mine", "onions": {**OWN, **more}}


def test_it_has_networks_and_no_runs() -> None:
    experiment = kinds.check(stated(seeds=[1, 2]))
    assert isinstance(experiment, settings.Onions)
    assert (experiment.runs(), experiment.shards(), experiment.architecture_runs()) == ([], {}, [])
    assert kinds.check(json.loads(config.dump(experiment))) == experiment
    orders = experiment.onions.orders()
    assert list(orders) == ["gru4_seed1", "gru4_seed2"]
    order = training.Order(**orders["gru4_seed2"])
    assert (order.units, order.seed, order.steps, order.symbols, order.longest) == (4, 2, 3, 30, 9)


def test_other_configs_are_what_they_were() -> None:
    assert type(kinds.load(ROOT / "config" / "paper.yaml")) is config.Sweep
    with pytest.raises(InputError, match="no keys"):
        kinds.check(["onions"])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({**stated(), "l2": [1]}, r"config: l2: unknown key: known keys are experiment, onions"),
        ({"onions": OWN}, "config: experiment: missing: add it"),
        ({"experiment": "mine", "onions": {"seeds": [1]}}, "config: onions.sizes: missing: add it"),
        (stated(seeds=[]), r"config: onions.seeds: \[\]: List should have at least 1 item"),
        (stated(seeds=[1, 1]), "onions.seeds: .*: 1 occurs twice; remove one"),
        (stated(sizes=2 * OWN["sizes"]), "onions.sizes: .*: 4 occurs twice; remove one"),
        (stated(symbols=2), "onions.symbols: 2: Input should be greater than or equal to 3"),
        (stated(longest=1), "onions.longest: 1: Input should be greater than or equal to 2"),
        (stated(rate=1), "onions.rate: unknown key: known keys are symbols, longest"),
        (stated(sizes=[{"units": 4, "steps": 3, "l": 1}]), r"onions.sizes\[0\].l: unknown key: known keys are units"),
        (stated(learning_rate=0), "onions.learning_rate: 0: Input should be greater than 0"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        kinds.check(given)
    assert "\n" not in str(caught.value)


def test_every_key_stands_in_the_docs_with_its_meaning() -> None:
    page = (ROOT / "docs" / "onions.md").read_text()
    for model in (settings.OnionsSettings, settings.SizeSettings):
        for key, field in model.model_fields.items():
            assert f"| `{key}` | " in page
            assert f" | {' '.join(field.description.split())} |" in page
