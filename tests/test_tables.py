from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from emtvb import tables
from emtvb.errors import InputError


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"run_id,test_accuracy\n", b"\xff\xfe\x00"])
def test_damaged_tables_are_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "measurements.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"measurements\.csv") as caught:
        tables.read_table(path, tables.MEASURED_COLUMNS)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="cannot be read"):
        tables.read_table(tmp_path / "absent.csv", tables.MEASURED_COLUMNS)


def test_tables_of_networks_are_joined_with_their_names_as_text(tmp_path: Path) -> None:
    rows = ["007,0.5\n", "", "1,nan\n2,\n"]
    paths = [tmp_path / f"{number}.csv" for number in range(3)]
    for path, content in zip(paths, rows, strict=True):
        path.write_text(f"run_id,share\n{content}")
    joined = tables.read_tables(paths, ("run_id",), may_be_empty=True)
    assert joined["run_id"].tolist() == ["007", "1", "2"]
    assert joined["share"].dtype == float
    assert joined.index.tolist() == [0, 1, 2]
    none = tables.read_tables(paths[1:2], ("run_id",), may_be_empty=True)
    assert (len(none), [*none.columns]) == (0, ["run_id", "share"])
    with pytest.raises(InputError, match=r"1\.csv: has no rows"):
        tables.read_tables(paths, ("run_id",))
    with pytest.raises(InputError, match=r"0\.csv: has no column verdict"):
        tables.read_tables(paths, ("verdict",))


def test_combining_wants_every_run_once() -> None:
    names = [f"T1_h128_l2-0_thr-0.9_seed{seed}" for seed in range(1, 10)]
    runs = pd.DataFrame({"run_id": names, "task": "T1", "seed": range(1, 10)})
    measurements = pd.DataFrame({"run_id": names, "spectral_error": [float("nan"), *range(8)], "test_accuracy": 0.5})
    rows = runs.assign(spectral_error=measurements["spectral_error"], test_accuracy=0.5)
    shuffled = measurements.assign(task="T1", seed=range(1, 10)).sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(tables.combine(runs, shuffled), rows)
    with pytest.raises(InputError, match=r"2 runs, T1_h128_l2-0_thr-0\.9_seed1 first"):
        tables.combine(runs, measurements.iloc[[*range(1, 8)]])
    with pytest.raises(InputError, match="measured twice"):
        tables.combine(runs, pd.concat([measurements, measurements.iloc[:1]]))
    with pytest.raises(InputError, match="run table"):
        tables.combine(pd.concat([runs, runs.iloc[:1]]), measurements)
