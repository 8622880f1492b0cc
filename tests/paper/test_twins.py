from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from emtvb import tables
from emtvb.errors import InputError
from emtvb.paper import twins

from .made_up import sweep
from .test_verdicts import twins as made_up

COLUMNS = [*tables.RUN_COLUMNS, "twin"]


def write(folder: Path, rows: pd.DataFrame) -> list[Path]:
    tables.write_csv(folder / "runs.csv", rows[COLUMNS])
    tables.write_csv(folder / "measurements.csv", rows.drop(columns=COLUMNS[1:]))
    return [folder / "runs.csv", folder / "measurements.csv"]


@pytest.fixture
def every() -> pd.DataFrame:
    return made_up(sweep(5), 0.0, 3)


def test_those_beside_an_experiment_are_found_and_added(tmp_path: Path, every: pd.DataFrame) -> None:
    own = write(tmp_path / "paper", every[every["twin"] == 0])
    assert twins.twin_files(tmp_path / "paper") == []
    beside = write(tmp_path / "twins", every[(every["twin"] > 0) | (every["seed"] == 1)].iloc[::-1])
    assert twins.twin_files(tmp_path / "paper") == [path.resolve() for path in beside]
    found = twins.measured_with_twins(*own, twins.twin_files(tmp_path / "paper"))
    assert len(found) == len(every)
    assert found["run_id"].is_unique
    assert found["run_id"].tolist()[: len(every[every["twin"] == 0])] == every.query("twin == 0")["run_id"].tolist()


def test_the_experiment_of_twins_has_none_beside_it(tmp_path: Path, every: pd.DataFrame) -> None:
    own = write(tmp_path / "twins", every)
    assert twins.twin_files(tmp_path / "twins") == []
    assert len(twins.measured_with_twins(*own)) == len(every)


@pytest.mark.parametrize("column", ["l2", "threshold"])
def test_a_table_writes_numbers_the_same_whether_twins_lie_beside_it_or_not(
    tmp_path: Path, every: pd.DataFrame, column: str
) -> None:
    own = write(tmp_path / "own", every[every["twin"] == 0].assign(**{column: 0}))
    others = write(tmp_path / "twins", every[every["twin"] == 1].assign(**{column: 0.001}))
    alone, beside = twins.measured_with_twins(*own), twins.measured_with_twins(*own, others)
    assert alone.to_csv() == beside[: len(alone)].to_csv()


def test_damage_is_one_clear_line(tmp_path: Path, every: pd.DataFrame) -> None:
    own = write(tmp_path / "paper", every)
    (tmp_path / "cut.csv").write_text("run_id\n")
    with pytest.raises(InputError, match=r"cut\.csv"):
        twins.measured_with_twins(*own, [tmp_path / "cut.csv", own[1]])
