"""Which clone is meant outside of Snakemake."""

from __future__ import annotations

from pathlib import Path

import pytest

from emtvb.making.clone import shadowing_files, workflow_root

ROOT = Path(__file__).parents[2]


def test_the_workflow_of_another_project_is_not_taken_for_a_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "workflow" / "rules").mkdir(parents=True)
    (tmp_path / "workflow" / "rules" / "other.smk").touch()
    monkeypatch.chdir(tmp_path)
    assert workflow_root() == ROOT


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("src/emtvb/tables/__init__.py", "src/emtvb/tables/__init__.py"),
        ("src/emtvb/tables.abi3.so", "src/emtvb/tables.abi3.so"),
        ("workflow/scripts/csv.py", "workflow/scripts/csv.py"),
        ("workflow/scripts/numpy/__init__.py", "workflow/scripts/numpy"),
        ("workflow/scripts/numexpr.py", "workflow/scripts/numexpr.py"),
        ("src/sitecustomize.py", "src/sitecustomize.py"),
        ("workflow/scripts/safetensors.py", "workflow/scripts/safetensors.py"),
        ("src/scipy.py", "src/scipy.py"),  # where PYTHONPATH names src
        ("src/emtvb/tables/notes.txt", None),  # Python takes the module before a folder that is no package
        ("workflow/scripts/own.py", None),
    ],
)
def test_what_is_imported_in_the_place_of_a_module_is_named(tmp_path: Path, file: str, named: str | None) -> None:
    for name in ("src/emtvb/tables.py", "src/emtvb/core/__init__.py", "workflow/scripts/draw.py", file):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [path.relative_to(tmp_path).as_posix() for path in shadowing_files(tmp_path)] == [*filter(None, [named])]
    assert list(shadowing_files(ROOT)) == []
