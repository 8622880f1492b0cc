"""Which clone is meant outside of Snakemake."""

from __future__ import annotations

from pathlib import Path

import pytest

from emtvb.making.clone import workflow_root

ROOT = Path(__file__).parents[2]


def test_the_workflow_of_another_project_is_not_taken_for_a_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "workflow" / "rules").mkdir(parents=True)
    (tmp_path / "workflow" / "rules" / "other.smk").touch()
    monkeypatch.chdir(tmp_path)
    assert workflow_root() == ROOT
