"""Which networks go on the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emtvb import config
from emtvb.config import Sweep
from emtvb.config.sweep import shard_name
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.making.plan import Planned, plan_jobs
from emtvb.page.selection import chosen_runs, runs_of
from emtvb.theory import tasks
from emtvb.theory.network_verdict import NOT_LEARNED, OTHERWISE, STORED
from emtvb.theory.runs import Run

NAN = float("nan")
CONFIGS = [
    path
    for path in sorted((Path(__file__).parents[2] / "config").glob("*.yaml"))
    if isinstance(kinds.load_experiment(path), Sweep)  # others have no page
]


def run(task: str, l2: float, seed: int, hidden_dim: int = 128) -> Run:
    return Run(tasks.named(task), hidden_dim, l2, 0.98, seed)


def row(verdict: str, obeyed: float = 1.0, accuracy: float = 1.0, unedited: float = 1.0) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "data_edit_success": obeyed,
        "test_accuracy": accuracy,
        "unedited_success": unedited,
    }


def chosen(measured: dict[Run, dict[str, Any]], exemplars: tuple[Run, ...] = (), most: int = 9) -> list[Run]:
    rows = {run.run_id: row for run, row in measured.items()}
    return chosen_runs(list(measured), rows, [run.run_id for run in exemplars], most)


def test_one_of_each_task_without_and_with_penalty_and_one_without_the_circuit() -> None:
    measured = {
        run("T1", 0, 1): row(STORED, 0.9),
        run("T1", 0, 2): row(STORED, 1.0),
        run("T1", 0.001, 1): row(NOT_LEARNED),
        run("T2", 0.001, 1, 64): row(STORED),
        run("T2", 0.001, 2): row(STORED),
        run("T2", 0, 1): row(OTHERWISE, accuracy=0.994),
        run("T3", 0.001, 4): row(OTHERWISE, accuracy=1.0),
        run("T3", 0.001, 5): row(OTHERWISE, accuracy=1.0),
    }
    assert chosen(measured) == [run("T1", 0, 2), run("T2", 0.001, 2), run("T3", 0.001, 4)]


def test_the_exemplar_comes_first_if_it_has_the_circuit() -> None:
    measured = {run("T1", 0, 1): row(STORED, 0.95), run("T1", 0, 2): row(STORED, 1.0)}
    assert chosen(measured, (run("T1", 0, 1),)) == [run("T1", 0, 1)]
    measured[run("T1", 0, 1)] = row(NOT_LEARNED)
    assert chosen(measured, (run("T1", 0, 1),)) == [run("T1", 0, 2)]


def test_there_are_no_more_than_that_and_the_one_without_the_circuit_stays() -> None:
    measured = {run(task, l2, 1): row(STORED) for task in tasks.NAMED for l2 in (0, 0.001)}
    other = run("T3", 0.001, 9)
    measured[other] = row(OTHERWISE)
    assert len(chosen(measured)) == 9
    assert len(chosen(measured, most=4)) == 4
    assert chosen(measured, most=4)[-1] == other


def test_where_nothing_was_learned_the_most_accurate_is_shown_and_never_what_diverged() -> None:
    measured = {
        run("T1", 0, 1): row(NOT_LEARNED, NAN, 0.9, NAN),
        run("T1", 0, 2): row(NOT_LEARNED, 0.0, 0.6, 0.0),
        run("T2", 0, 2): row(NOT_LEARNED, 0.0, 0.7, 0.0),
    }
    assert chosen(measured) == [run("T2", 0, 2)]
    with pytest.raises(InputError, match="diverged"):
        chosen({run("T1", 0, 1): row(NOT_LEARNED, NAN, 0.5, NAN)})


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[config.Sweep], Planned]:
    """The job that chooses the networks of an experiment."""
    root = CONFIGS[0].parents[1]

    def job(experiment: config.Sweep) -> Planned:
        place = tmp_path_factory.mktemp("results")
        stated = place / "config.yaml"
        stated.write_text(config.dump_settings(experiment))
        jobs = plan_jobs(stated, root, place / experiment.experiment)
        return next(one for one in jobs if one.rule == "choose_networks")

    return job


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("paper", marks=pytest.mark.long),
        "smoke",  # the smallest
        pytest.param("repeat-copy", marks=pytest.mark.long),
    ],
)
def test_a_job_is_told_the_runs_of_the_exemplars_seeds_in_the_experiments_order(
    asked: Callable[[config.Sweep], Planned], name: str
) -> None:
    experiment = config.load_sweep(CONFIGS[0].with_name(f"{name}.yaml"))
    told = runs_of(asked(experiment).settings)
    seeds = {run.seed for run in experiment.exemplars().values()}
    shards = experiment.shards()
    assert list(told) == [shard for shard, runs in shards.items() if seeds & {run.seed for run in runs}]
    assert told == {shard: shards[shard] for shard in told}
    assert {shard_name(run, experiment.seeds_per_shard) for run in experiment.exemplars().values()} <= set(told)


@pytest.mark.long  # plans a whole experiment
def test_more_seeds_leave_it_as_it_is(asked: Callable[[config.Sweep], Planned]) -> None:
    experiment = config.load_sweep(CONFIGS[0].with_name("paper.yaml"))
    more = config.check_sweep({**experiment.model_dump(), "seeds": list(range(1, 26))})
    assert asked(experiment).settings == asked(more).settings
