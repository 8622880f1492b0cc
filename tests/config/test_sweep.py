from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtvb import config
from emtvb.config import sweep
from emtvb.errors import InputError
from emtvb.theory import tasks
from emtvb.theory.runs import Protocol, Run, from_entry, shortest_number, to_entry

T1 = tasks.named("T1")
BASE = Run(T1, 128, 0.0, 0.98, 1)


def test_run_ids_are_readable() -> None:
    assert BASE.run_id == "T1_h128_l2-0_thr-0.98_seed1"
    assert Run(tasks.named("T3"), 64, 0.001, 0.9, 20).run_id == "T3_h64_l2-0.001_thr-0.9_seed20"


def test_shards_are_called_by_the_first_and_the_last_of_their_seeds() -> None:
    """As what is published is called."""
    assert sweep.shard_name(BASE, 5) == "T1_h128_l2-0_seeds1-5"
    assert sweep.shard_name(dataclasses.replace(BASE, seed=20, l2=0.001), 5) == "T1_h128_l2-0.001_seeds16-20"
    assert sweep.shard_name(dataclasses.replace(BASE, seed=3), 1) == "T1_h128_l2-0_seed3"


@pytest.mark.parametrize(
    "change",
    [
        {"task": tasks.named("T2")},
        {"task": tasks.named("T1", 8, 5)},
        {"task": tasks.from_id((510, 0, 0), 8, 8)},
        {"hidden_dim": 64},
        {"l2": 1e-9},
        {"threshold": 0.9800000000000001},
        {"seed": 2},
        {"protocol": Protocol(epochs=9)},
        {"protocol": Protocol(gradient_clip=None)},
        {"protocol": Protocol(curriculum=(10, 20))},
    ],
)
def test_a_run_id_depends_on_every_setting(change: dict) -> None:
    assert dataclasses.replace(BASE, **change).run_id != BASE.run_id


def test_a_run_id_depends_on_settings_alone() -> None:
    mine = tasks.from_id((255, 0, 0), 8, 8, "mine")
    assert Run(mine, 128, 0, 0.98, 1).run_id == BASE.run_id


@given(st.integers(0, 10**6), st.integers(1, 50))
def test_a_shard_holds_a_block_of_seeds(seed: int, size: int) -> None:
    name = sweep.shard_name(dataclasses.replace(BASE, seed=seed), size)
    block = [s for s in range(max(0, seed - size), seed + size + 1) if _shard(s, size) == name]
    assert seed in block
    assert block == list(range(block[0], block[0] + len(block)))
    assert len(block) == (size if seed else 1)
    assert "--" not in name
    assert "s-" not in name


def _shard(seed: int, size: int) -> str:
    return sweep.shard_name(dataclasses.replace(BASE, seed=seed), size)


def test_the_papers_sweep() -> None:
    experiment = config.load_sweep(Path(__file__).parents[2] / "config" / "paper.yaml")
    runs = experiment.runs()
    assert len({run.run_id for run in runs}) == 1920
    assert sum(len(shard) for shard in experiment.shards().values()) == 1920
    assert len(experiment.shards()) < 500


def test_new_runs_leave_other_shards_as_they_are() -> None:
    def shards(
        seeds: range, hidden: tuple[int, ...], names: tuple[str, ...], l2: tuple[float, ...] = (0, 0.1)
    ) -> dict[str, list[str]]:
        runs = sweep.run_grid([tasks.named(n) for n in names], hidden, l2, (0.9,), seeds, Protocol())
        return {shard: [run.run_id for run in members] for shard, members in sweep.runs_by_shard(runs, 10).items()}

    before = shards(range(1, 11), (64,), ("T1",))
    for after in (
        shards(range(1, 21), (64,), ("T1",)),
        shards(range(1, 11), (32, 64), ("T2", "T1")),
        shards(range(1, 11), (64,), ("T1",), (10, 0.1, 0)),
    ):
        assert before.items() < after.items()


def test_repeated_runs_are_refused() -> None:
    with pytest.raises(InputError, match=r"T1_h64_l2-0_thr-0\.9_seed1 occurs twice"):
        sweep.run_grid([T1, tasks.from_id((255, 0, 0), 8, 8, "again")], (64,), (0,), (0.9,), (1,), Protocol())


def test_the_run_table_reads_back(tmp_path: Path) -> None:
    experiment = config.load_sweep(Path(__file__).parents[2] / "config" / "smoke.yaml")
    path = tmp_path / "runs.csv"
    sweep.write_run_table(path, experiment.shards())
    assert experiment.read_runs(path) == experiment.shards()
    with path.open() as table:
        reader = csv.reader(table)
        assert next(reader) == ["run_id", "task", "task_id", "hidden_dim", "l2", "threshold", "seed", "shard", "twin"]


def test_a_run_table_of_other_settings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    sweep.write_run_table(path, sweep.runs_by_shard([BASE], 1))
    with pytest.raises(InputError, match="delete it: the workflow"):
        sweep.read_run_table(path, 8, 8, Protocol(epochs=1))
    path.write_text(path.read_text().replace("255-0-0", "255-0"))
    with pytest.raises(InputError, match="255-0"):
        sweep.read_run_table(path, 8, 8, Protocol())


HEADER = "run_id,task,task_id,hidden_dim,l2,threshold,seed,shard,twin\n"
ROW = "T1_h128_l2-0_thr-0.98_seed1,T1,255-0-0,128,0,0.98,1,all,0\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a,b\n1,2\n", "must have the columns"),
        (b"", "must have the columns"),
        (HEADER.encode(), "at least one run"),
        ((HEADER + ROW + ROW).encode(), "line 3: T1_h128_l2-0_thr-0.98_seed1 occurs twice"),
        ((HEADER + ROW[:30] + "\n").encode(), "line 2: has empty or extra cells"),
        ((HEADER + ROW.replace(",all", "")).encode(), "line 2: has empty or extra cells"),
        ((HEADER + ROW.replace("all", "all,more")).encode(), "line 2: has empty or extra cells"),
        ((HEADER + ROW.replace("128,0", "few,0")).encode(), "invalid literal"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_damaged_run_table_is_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        sweep.read_run_table(path, 8, 8, Protocol())
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_stay_short_enough_for_files() -> None:
    big = tasks.named("T1", 12, 20)
    rows = [(20 - i, i, -1) for i in range(12)]
    own = tasks.from_composition(rows, 12, 20)
    assert len(dataclasses.replace(BASE, task=own).run_id) < 100
    assert own.name != tasks.from_composition([*rows[:-1], (9, 11, 1)], 12, 20).name
    assert dataclasses.replace(BASE, task=big).run_id == "T1-d12s20_h128_l2-0_thr-0.98_seed1"


def test_minus_zero_is_zero() -> None:
    assert shortest_number(-0.0) == shortest_number(0) == "0"


@given(st.floats(0, 1e12, allow_nan=False))
def test_numbers_read_back(value: float) -> None:
    assert float(shortest_number(value)) == value


def test_runs_survive_json() -> None:
    runs = config.load_sweep(Path(__file__).parents[2] / "config" / "smoke.yaml").runs()
    runs.append(dataclasses.replace(BASE, protocol=Protocol(gradient_clip=None, curriculum=(3, 5))))
    assert [from_entry(json.loads(json.dumps(to_entry(run)))) for run in runs] == runs
