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
    for look, run in experiment.looks().items():
        assert run in experiment.shards()[Stages(experiment).shard_of(look)]


def test_a_network_with_another_penalty_is_a_job_of_its_own_and_only_figures_that_compare_show_it() -> None:
    experiment = config.load(Path(__file__).parents[2] / "config" / "paper.yaml")
    stages = Stages(experiment)
    wildcards = [made["look"] for rule, made in stages.jobs() if rule == "look_at_exemplar"]
    assert wildcards == [name for task in ("T1", "T2", "T3", "T4") for name in (task, f"{task}_l2-0.001")]
    settings = json.loads(stages.recipe("look_at_exemplar", {"look": "T2_l2-0.001"}))["settings"]
    assert from_entry(settings["run"]).run_id == "T2_h128_l2-0.001_thr-0.98_seed3"
    for rule in ("draw_weights", "draw_spectrum"):
        assert json.loads(stages.recipe(rule, {}))["settings"] == {"looks": wildcards}
    for rule in ("draw_composition", "state_codecheck"):
        assert json.loads(stages.recipe(rule, {}))["settings"] == {"tasks": ["T1", "T2", "T3", "T4"]}
    assert [made["task"] for rule, made in stages.jobs() if rule == "draw_edits"] == ["T1", "T2", "T3", "T4"]


def test_every_job_has_a_recipe_of_its_own_rule() -> None:
    stages = Stages(config.load(CONFIGS[0]))
    for rule, wildcards in stages.jobs():
        recipe = json.loads(stages.recipe(rule, wildcards))
        assert recipe["rule"] == rule
        assert f"rule {rule}" in recipe["code"]
