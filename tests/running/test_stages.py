from __future__ import annotations

import json
from pathlib import Path

import pytest

from emtvb import config
from emtvb.running.stages import Stages
from emtvb.runs import runs_from_json, runs_to_json

CONFIGS = sorted((Path(__file__).parents[1] / "config").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_shards_recipe_holds_its_runs_as_they_are_written(path: Path) -> None:
    experiment = config.load(path)
    stages = Stages(experiment)
    for shard, runs in list(experiment.shards().items())[::37]:
        recipe = json.loads(stages.recipe("train_shard", {"shard": shard}))
        assert json.dumps(recipe["settings"]["runs"], sort_keys=True) == runs_to_json(runs)
        assert runs_from_json(json.dumps(recipe["settings"]["runs"])) == runs


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
