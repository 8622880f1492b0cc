"""What ``git archive`` gives, to upload for a DOI: it is opened, edited, audited and drawn, without git or training."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from emtvb import __version__

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]
VENV = Path(sys.prefix)
RUN = "T3_h128_l2-0.001_thr-0.98_seed1"


class Unpacked:
    """An archive of what is committed, in a folder that is no clone; it runs with this environment's libraries."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if name != "EXPERIMENT_OUTPUT_DIR"}
        variables = {**inherited, "PYTHONPATH": str(self.folder / "src"), "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
        return subprocess.run(
            command, cwd=self.folder, env=variables, capture_output=True, text=True, check=False, timeout=900
        )

    def emtvb(self, *arguments: str, status: int = 0) -> str:
        """What the command prints."""
        done = self(VENV / "bin" / "emtvb", *arguments)
        assert done.returncode == status, done.stderr + done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    folder = tmp_path_factory.mktemp("unpacked")
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True, timeout=300)
    subprocess.run(["tar", "-x"], cwd=folder, input=packed.stdout, check=True, timeout=300)
    return Unpacked(folder)


def test_it_says_what_it_is(unpacked: Unpacked) -> None:
    assert all((unpacked.folder / name).is_file() for name in ("CITATION.cff", "LICENSE"))
    about = json.loads((unpacked.folder / ".zenodo.json").read_text())
    assert (about["version"], about["upload_type"]) == (__version__, "software")


def test_its_networks_are_listed_as_ones_that_can_be_opened(unpacked: Unpacked) -> None:
    last = unpacked.emtvb("networks", "results/paper", "--solved").splitlines()[-1]
    assert last == "336 networks; 336 solve their task; the weights of 336 are here"


def test_it_passes_an_audit(unpacked: Unpacked) -> None:
    said = unpacked.emtvb("audit", "results/paper", "--quick", status=3)
    for check in ("intact", "current"):
        assert f"\n{check}: passed" in f"\n{said}", said
    assert "incomplete: nothing is wrong with our own results" in said


def test_a_network_in_it_is_measured_as_it_was(unpacked: Unpacked) -> None:
    assert "linearly stored and editable" in unpacked.emtvb("interpret", RUN)
    measured = pd.read_csv(unpacked.folder / "results/paper/interpretation" / RUN / "measurements.csv").iloc[0]
    row = pd.read_csv(unpacked.folder / "results/paper/measurements.csv").set_index("run_id").loc[RUN]
    for name, value in row.drop(["task", "hidden_dim", "l2", "threshold", "seed"]).items():
        expected = value if isinstance(value, str) else pytest.approx(value, rel=1e-3, abs=1e-3, nan_ok=True)
        assert measured[name] == expected, name


def test_the_edit_that_the_pages_name_is_made(unpacked: Unpacked) -> None:
    page = (unpacked.folder / "docs" / "networks.md").read_text("utf-8")
    found = re.search(r"^\.venv/bin/emtvb (edit .*)$", page, re.MULTILINE)
    assert found is not None
    assert "output vectors are the theory's for the edited variables" in unpacked.emtvb(*found[1].split())


@pytest.mark.nightly
def test_its_tables_and_figures_are_drawn_again_without_training(unpacked: Unpacked) -> None:
    """Those of the paper's sweep, as ``make figures`` does it."""
    folder = unpacked.folder / "results" / "paper"
    drawn = {path: path.read_bytes() for part in ("figures", "tables") for path in (folder / part).rglob("*.csv")}
    del drawn[folder / "tables" / "foretelling.csv"]  # kept as data: no job makes it any more
    pictures = list((folder / "figures").rglob("*.png"))
    for path in (*drawn, *pictures):
        path.unlink()
    made = unpacked("make", "-o", VENV / ".runs", "figures", f"VENV={VENV}", "CORES=2")
    assert made.returncode == 0, made.stdout + made.stderr
    assert "train_shard" not in made.stdout + made.stderr
    assert len(pictures) > 20
    assert all(path.is_file() for path in pictures)
    for path, before in drawn.items():
        pd.testing.assert_frame_equal(pd.read_csv(path), pd.read_csv(pd.io.common.BytesIO(before)), rtol=1e-4)
