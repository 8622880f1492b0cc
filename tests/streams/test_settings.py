"""A config of streams: strict, in one line, and what it states comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emtvb import config
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.experiments.streams import settings
from emtvb.experiments.streams.runs import StreamRun
from emtvb.experiments.streams.settings import Streams
from emtvb.theory import stream_order as order

CONFIG = Path(__file__).parents[2] / "config" / "streams.yaml"


def stated(**more: Any) -> dict[str, Any]:
    return {"experiment": "mine", "streams": [{"task": "T1", "hidden_dim": [8], "seeds": [0], **more}]}


def test_the_published_config() -> None:
    experiment = kinds.load_experiment(CONFIG)
    assert isinstance(experiment, Streams)
    theirs = experiment.streams[0].runs()
    assert {run.hidden_dim for run in theirs} == {8, 16, 24, 32, 40, 48, 56, 64, 72}
    assert {(run.protocol.epochs, run.episodes.lengths) for run in theirs} == {(20, (6, 10))}
    assert theirs[0].run_id == "T1-n6to10_h8_l2-0_seed0", (
        "nothing but lengths, size, penalty and seed differs from theirs"
    )
    assert kinds.experiment_from_config(json.loads(config.dump_settings(experiment))) == experiment
    by_shard = experiment.shards()
    assert sorted(run.run_id for part in by_shard.values() for run in part) == sorted(
        run.run_id for run in experiment.runs()
    )
    assert [run.seed for run in by_shard["T1-n6to10_h8_l2-0_seeds0-4999"]] == [0, 1000, 2000, 3000, 4000]
    # The page takes the largest networks of each grid.
    assert experiment.page_shards() == [
        "T1-n6to10_h72_l2-0_seeds0-4999", "T1-n6to10_h128_l2-0_seeds0-4999",
        "T1-n6to10_h128_l2-0_seeds0-4999_p5864df7a", "T1-n8to8_h72_l2-0_seeds0-4999", "T3-n8to10_h128_l2-0_seeds0-4999",
    ]  # fmt: skip


def test_a_run_comes_back_from_plain_data() -> None:
    grid = stated(task={"name": "mine", "composition": [[2, 1, -1], [1, 0, 1]]}, dimensions=2, l2=[0.5],
                  episodes={"lengths": [2, 3], "total": None, "echo": False}, training={"plateau": None})  # fmt: skip
    (run,) = kinds.experiment_from_config(grid).runs()
    assert isinstance(run, StreamRun)
    handed = order.stream_from_entry(json.loads(json.dumps(order.stream_to_entry(run))))
    assert (handed.run_id, handed.episodes, handed.protocol) == (run.run_id, run.episodes, run.protocol)
    assert isinstance(handed, order.StreamSetup)


def test_run_ids_differ_where_anything_does() -> None:
    changes: list[dict[str, Any]] = [
        {}, {"seeds": [1]}, {"l2": [0.1]}, {"hidden_dim": [9]}, {"task": "T2"},
        {"episodes": {"lengths": [7, 10]}}, {"episodes": {"outputs": 14}}, {"episodes": {"total": 301}},
        {"episodes": {"echo": False}}, {"episodes": {"marker": False}}, {"training": {"epochs": 3}},
        {"training": {"plateau": {"patience": 3}}},
    ]  # fmt: skip
    changes[4]["episodes"] = {"lengths": [8, 10]}
    ids = [kinds.experiment_from_config(stated(**change)).runs()[0].run_id for change in changes]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({**stated(), "seeds": [1]}, r"config: seeds: unknown key: known keys are experiment, seeds_per_shard"),
        (stated(hidden=[8]), r"streams\[0\].hidden: unknown key: did you mean hidden_dim"),
        ({"experiment": "mine", "streams": [*stated()["streams"], *stated(episodes={"lengths": [10, 6]})["streams"]]},
         r"streams\[1\].episodes.lengths: \[10, 6\]: "),
        (stated(episodes={"lengths": [10, 6]}), r"episodes.lengths: \[10, 6\]: give the shortest and the longest"),
        (stated(episodes={"total": 12}), "episodes.total: 12: give at least 21"),
        (stated(task="T3"), r"episodes.lengths: \[6, 10\]: the task reads variable 8 of the last n targets"),
        (stated(task="T7"), "task: T7: unknown name"),
        ({"experiment": "mine", "streams": 2 * stated()["streams"]}, "run T1-n6to10_h8_l2-0_seed0 occurs twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        kinds.experiment_from_config(given)
    assert "\n" not in str(caught.value)


def test_the_table_of_runs_is_held_to_the_settings(tmp_path: Path) -> None:
    experiment = kinds.experiment_from_config(stated(seeds=[0, 1]))
    settings.write_run_table(tmp_path / "runs.csv", experiment.shards())
    assert experiment.read_runs(tmp_path / "runs.csv") == experiment.shards()
    with pytest.raises(InputError, match="does not name the runs of the settings"):
        kinds.experiment_from_config(stated(seeds=[0, 2])).read_runs(tmp_path / "runs.csv")
