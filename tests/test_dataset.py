from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from docs import dataset

from emtvb.errors import InputError

from .library.test_extras import run

PUBLISHED = Path(__file__).parents[1] / "results" / "repeat-copy"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("published")
    shutil.copytree(PUBLISHED, place / "results" / "repeat-copy", ignore=shutil.ignore_patterns("figures", "logs"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPERIMENT_OUTPUT_DIR", str(place / "results"))
        dataset.write(place / "networks")
    return place / "networks"


def test_the_index_has_every_network_and_its_file(folder: Path) -> None:
    index = pd.read_csv(folder / "networks.csv")
    measured = pd.read_csv(PUBLISHED / "measurements.csv")
    assert sorted(index["run_id"]) == sorted(measured["run_id"])
    merged = index.merge(measured, on="run_id", suffixes=("", "_measured"))
    assert merged["test_accuracy"].tolist() == merged["test_accuracy_measured"].tolist()
    assert (merged["verdict"] == merged["verdict_measured"]).all()
    for _, row in index.iterrows():
        assert hashlib.sha256((folder / row["file"]).read_bytes()).hexdigest() == row["sha256"]


@pytest.mark.long  # its example runs without a clone
def test_the_card_has_a_head_and_its_example_runs_without_a_clone(folder: Path) -> None:
    card = (folder / "README.md").read_text()
    head = yaml.safe_load(card.split("---")[1])
    (table,) = head["configs"]
    assert (folder / table["data_files"]).is_file()
    index = pd.read_csv(folder / "networks.csv", nrows=0)
    assert {*re.findall(r"`(\w+)`", card)} >= {*index.columns}
    (example,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    result = run(example, folder.parent)
    assert result.returncode == 0, result.stderr
    assert "digit" in result.stdout or "variable" in result.stdout


def test_a_folder_with_something_in_it_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="is not empty; name a new one"):
        dataset.write(folder)
