"""What a real experiment is deposited as: a crate that is valid and that the experiment can be run from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from emtvb.audit.integrity import read_records
from emtvb.crate import METADATA, write_crate

from ..validator import CONTEXT, problems
from .conftest import Project


@pytest.fixture(scope="module")
def crate(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crate")
    experiment = finished.folder / "results" / "smoke"
    records, _ = read_records(experiment)
    write_crate(folder, experiment, records, finished.folder)
    return folder


def test_it_is_valid(crate: Path) -> None:
    assert problems(crate) == []
    metadata = json.loads((crate / METADATA).read_text())
    terms = {*CONTEXT["@context"], *metadata["@context"][1]}
    assert {key for entity in metadata["@graph"] for key in entity if key[0] != "@"} <= terms


def test_it_tells_of_every_job(crate: Path, project: Project) -> None:
    metadata = json.loads((crate / METADATA).read_text())
    told = [entity["@id"] for entity in metadata["@graph"] if entity["@id"].startswith("#job/")]
    assert len(told) == project.planned("--configfile", "config/smoke.yaml").total()


def test_it_stands_alone(crate: Path, project: Project, tmp_path: Path) -> None:
    alone = Project(shutil.copytree(crate, tmp_path / "alone"))
    assert alone.planned("--configfile", "results/settings.json") == project.planned(
        "--configfile", "config/smoke.yaml"
    )
