"""Kinds of experiments are folders: each is whole, and nobody else names one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emtvb.experiments import kinds

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "emtvb"
SHOWS = "page/stream_networks.py"
"""What the page shows of a kind is named by its KIND, and knows it."""


@pytest.mark.parametrize("name", kinds.kind_names())
def test_a_kind_is_called_as_its_folder_and_has_rules_and_a_config(name: str) -> None:
    kind = kinds.kind_by_name(name)
    assert kind.name == name
    rules = (ROOT / "workflow" / "rules" / f"{name}.smk").read_text()
    assert f"\nrule {name}:\n" in rules
    configs = [kinds.load_experiment(path) for path in (ROOT / "config").glob("*.yaml")]
    stated = [experiment for experiment in configs if type(experiment) is kind.settings]
    assert stated
    assert all(kinds.kind_of(experiment) is kind for experiment in stated)
    if name != kinds.SWEEP:
        assert name in kind.settings.model_fields
        assert (ROOT / "docs" / f"{name}.md").is_file()


@pytest.mark.parametrize("name", kinds.kind_sections())
def test_no_other_room_names_a_kind(name: str) -> None:
    """The Snakefile, the command, the audit and the page ask the list."""
    own = PACKAGE / "experiments" / name
    files = [*PACKAGE.rglob("*.py"), ROOT / "Snakefile", ROOT / "docs" / "pages.py",
             *(path for path in (ROOT / "workflow" / "rules").glob("*.smk") if path.stem != name)]  # fmt: skip
    naming = re.compile(rf"experiments\.{name}\b|experiments import {name}\b|[\"'/]{name}[\"'/]")
    found = [path.relative_to(PACKAGE.parent).as_posix() for path in files
             if own not in path.parents and naming.search(path.read_text("utf-8"))]  # fmt: skip
    assert [path for path in found if not path.endswith((SHOWS, "page/document.py"))] == []


def test_a_config_is_of_the_kind_whose_section_it_has() -> None:
    for name in kinds.kind_sections():
        assert type(kinds.load_experiment(ROOT / "config" / f"{name}.yaml")) is kinds.kind_by_name(name).settings
    assert kinds.kind_of(kinds.load_experiment(ROOT / "config" / "config.yaml")).name == kinds.SWEEP
