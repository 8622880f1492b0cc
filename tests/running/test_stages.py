from __future__ import annotations

import json
from pathlib import Path

import pytest

from emtvb import config, protocol
from emtvb.running.stages import Stages
from emtvb.runs import from_entry, to_entry

CONFIGS = sorted((Path(__file__).parents[2] / "config").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_shards_recipe_holds_its_runs_as_they_are_written(path: Path) -> None:
    experiment = config.load(path)
    stages = Stages(experiment)
    for shard, runs in list(experiment.shards().items())[::37]:
        recipe = json.loads(stages.recipe("train_shard", {"shard": shard}))
        assert recipe["settings"]["runs"] == [protocol.entry(run) for run in runs]
        orders = [protocol.order(entry) for entry in recipe["settings"]["runs"]]
        assert [protocol.entry(order) for order in orders] == recipe["settings"]["runs"]
        measured = json.loads(stages.recipe("measure_shard", {"shard": shard}))
        assert measured["settings"]["runs"] == [to_entry(run) for run in runs]
        assert [from_entry(entry) for entry in measured["settings"]["runs"]] == runs


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_exemplar_is_in_the_shard_that_is_named_for_it(path: Path) -> None:
    experiment = config.load(path)
    for task, run in experiment.exemplars().items():
        assert run in experiment.shards()[Stages(experiment).exemplar_shard(task)]


def test_every_job_has_a_recipe_of_its_own_rule() -> None:
    stages = Stages(config.load(CONFIGS[0]))
    for rule, wildcards in stages.jobs():
        recipe = json.loads(stages.recipe(rule, wildcards))
        assert recipe["rule"] == rule
        assert f"rule {rule}" in recipe["code"]
