"""What the rest of the package asks of networks on streams."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from emtvb import config
from emtvb.experiments.results import runs_in
from emtvb.experiments.streams import settings
from emtvb.files import write_text

from ..cli.test_main import call


def test_networks_are_listed_with_what_was_measured_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They have no threshold, no modes and no verdict."""
    stated = {"experiment": "flow", "streams": [{"task": "T1", "hidden_dim": [8], "seeds": [0, 1]}]}
    experiment, folder = settings.Streams.check(stated), tmp_path / "flow"
    write_text(folder / "settings.json", config.dump_settings(experiment))
    settings.write_run_table(folder / "runs.csv", experiment.shards())
    first, second = runs_in(folder)
    pd.DataFrame({"run_id": [first], "recall": [0.995], "solved": [1]}).to_csv(folder / "measurements.csv", index=False)
    lines = call(f"networks {folder}", monkeypatch, capsys)[1].splitlines()
    assert [line.split()[1:] for line in lines[1:3]] == [["0.9950", "-", "-", "-", "-"], [*"----", "not", "measured"]]
    assert [line.split()[0] for line in lines[1:3]] == [first, second]
    assert lines[-1].startswith("2 networks; 1 solve their task")
    refused = call(f"networks {folder} --threshold 0.5", monkeypatch, capsys)[2]
    assert "0.5: no network has it; there are none\n" in refused
