"""A checkout with Snakemake alone, as the workflow catalog has it: it lints, plans, and shows the config's schema."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ..environments import Environment, distributions
from .conftest import ROOT, Project

pytestmark = [pytest.mark.first, pytest.mark.long]  # in an environment with Snakemake alone

CONFIGS = ("config", "smoke", "streams")
"""Of each kind that needs no other experiment's results."""


@pytest.fixture(scope="module")
def snakemake(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with Snakemake and what it requires: neither numpy nor this package."""
    libraries = distributions(name="snakemake")
    assert not {"numpy", "scipy", "emtvb"} & libraries
    return Environment(tmp_path_factory.mktemp("snakemake") / "environment", None, libraries)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Project.copy(tmp_path_factory.mktemp("checkout"), compiled=False).folder


def test_the_checkout_is_linted_and_planned(snakemake: Environment, checkout: Path) -> None:
    linted = snakemake(checkout, "snakemake", "--lint")
    assert linted.returncode == 0, linted.stderr
    graph = snakemake(checkout, "snakemake", "--rulegraph")
    assert "train_shard" in graph.stdout, graph.stderr
    for name in CONFIGS:
        planned = snakemake(checkout, "snakemake", "-n", "--configfile", f"config/{name}.yaml")
        assert planned.returncode == 0, f"{name}: {planned.stderr}"
        assert "Job stats" in planned.stdout, planned.stdout


def test_no_job_is_run_without_the_package(snakemake: Environment, checkout: Path) -> None:
    result = snakemake(checkout, "snakemake", "--cores", "1", "--configfile", "config/smoke.yaml")
    assert result.returncode != 0
    assert "package: emtvb is not installed here: no job can be run; make install sets it up" in result.stderr
    assert not [*checkout.glob("results/smoke/*.csv")]


def test_a_missing_package_is_one_line(snakemake: Environment, tmp_path: Path) -> None:
    folder = Project.copy(tmp_path, compiled=False).folder
    (folder / "src/emtvb/config/values.py").write_text("import numpy\n")  # as a library that is not there
    result = snakemake(folder, "snakemake", "--lint")
    assert result.returncode != 0
    assert "package: numpy: cannot be imported (No module named 'numpy'); make install sets it up" in result.stderr
    assert "Traceback" not in result.stderr


def test_its_table_of_settings_can_be_read() -> None:
    """It follows no reference and takes descriptions as cells of a table."""
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())

    def properties(part: dict) -> list[tuple[str, dict]]:
        found = list(part.get("properties", {}).items())
        return found + [more for _, inner in found for more in properties(inner)]

    names = dict(properties(schema))
    assert {"hidden_dim", "training", "learning_rate", "horizon", "lstm"} < set(names)
    for name, setting in names.items():
        assert "\n" not in setting.get("description", ""), name
        assert "$ref" not in setting


def test_its_file_names_what_works() -> None:
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert (ROOT / "config" / "README.md").is_file()
    words = re.findall(r"\w+", (ROOT / "README.md").read_text().lower())
    assert {"snakemake", "workflow"} <= {*words}, "the catalog looks for repositories with these words in README"
