from __future__ import annotations

from pathlib import Path

import pytest

from emtvb.running import restore
from emtvb.running.provenance import Record


@pytest.mark.parametrize("folder", ["results/paper", "/somewhere/results/paper"])
def test_an_input_of_another_experiment_is_remembered_as_the_rule_spells_it(folder: str) -> None:
    inputs = {"runs.csv": "a" * 64, "../twins/measurements.csv": "b" * 64}
    record = Record("draw", {}, {}, inputs, {}, "", 0.0, "", False, {})
    remembered = restore._remembered(record, Path(folder), "param")
    root = folder.removesuffix("paper")
    assert remembered.input == [f"{root}paper/runs.csv", f"{root}twins/measurements.csv"]
