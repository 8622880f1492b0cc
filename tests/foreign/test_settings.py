"""A config of networks of other packages: strict, in one line, and no sweep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from emtvb import config
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.experiments.foreign import cells, settings, tasks, training

OWN: dict[str, Any] = {"seeds": [1], "cells": ["gru"], "tasks": [{"name": "match", "steps": 3}]}
ROOT = Path(__file__).parents[2]


def stated(**more: Any) -> dict[str, Any]:
    return {"experiment": "mine", "foreign": {**OWN, **more}}


def test_an_order_for_each_cell_and_task() -> None:
    experiment = kinds.check(stated(cells=["gru", "mgu"], seeds=[1, 2]))
    assert isinstance(experiment, settings.Foreign)
    assert experiment.in_words() == "4 networks with tasks and cells of other packages"
    assert kinds.check(json.loads(config.dump(experiment))) == experiment
    orders = experiment.foreign.orders()
    assert list(orders) == ["match_gru", "match_mgu"]
    order = training.Order(**orders["match_mgu"])
    assert (order.task, order.cell, order.steps, order.seeds) == ("match", "mgu", 3, [1, 2])


def test_configs_name_what_there_is() -> None:
    assert set(get_args(settings.Cell)) == set(cells.CELLS)
    assert set(get_args(settings.TaskSettings.model_fields["name"].annotation)) == set(tasks.TASKS)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (stated(seeds=[1, 1]), "foreign.seeds: .*: 1 occurs twice; remove one"),
        (stated(tasks=2 * OWN["tasks"]), "foreign.tasks: .*: match occurs twice; remove one"),
        (stated(cells=["lstm"]), r"foreign.cells\[0\]: 'lstm': Input should be 'gru', 'rates', 'cfc' or 'mgu'"),
        (stated(drawn=2000), "drawn is 2000; give trials \\+ judged at least"),
        (stated(trials=2), "foreign.trials: 2: Input should be greater than or equal to 100"),
    ],
)
def test_what_is_wrong_is_one_line(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        kinds.check(given)
    assert "\n" not in str(caught.value)


def test_every_key_stands_in_the_docs_with_its_meaning() -> None:
    page = (ROOT / "docs" / "foreign.md").read_text()
    for model in (settings.ForeignSettings, settings.TaskSettings):
        for key in model.model_fields:
            assert f"| `{key}` | " in page
