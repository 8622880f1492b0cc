"""What a job's record has to name: what was loaded for certain with what it names, and nothing that a job may leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emtvb.making.present_code import Present

SCRIPT = """\
from emtvb.core import spectrum
from emtvb.errors import InputError

with job(snakemake) as this:
    import emtvb.tables
"""
SPECTRUM = """\
from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
from emtvb.flushing import (
    flush,
)

if TYPE_CHECKING:
    from emtvb.theory import networks
if sys.platform == "darwin":
    import emtvb.mac


def late():
    import emtvb.figures.save
"""
MODULES = {
    "core/spectrum.py": SPECTRUM, "core/__init__.py": "", "__init__.py": "", "errors.py": "", "tables.py": "",
    "flushing.py": "", "mac.py": "", "theory/__init__.py": "", "theory/networks.py": "", "figures/__init__.py": "",
    "figures/save.py": "", "core/claims.yaml": "from emtvb import mac", "paper/wave.py": "", "paper/other/wave.py": "",
}  # fmt: skip
LOADED = [
    "emtvb/__init__.py", "emtvb/core/__init__.py", "emtvb/core/spectrum.py", "emtvb/errors.py", "emtvb/flushing.py",
    "emtvb/tables.py", "measure.py",
]  # fmt: skip


@pytest.fixture
def present(tmp_path: Path) -> Present:
    files = {"workflow/scripts/measure.py": SCRIPT} | {f"src/emtvb/{name}": text for name, text in MODULES.items()}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Present(tmp_path, tmp_path / "src")


def unnamed(present: Present, names: list[str], **settings: Any) -> list[str]:
    return present.unnamed({"code": dict.fromkeys(names, "0"), "settings": settings})


def test_what_is_loaded_with_a_script_has_to_be_named_and_what_may_be_left_unused_has_not(present: Present) -> None:
    assert unnamed(present, LOADED) == []
    assert unnamed(present, [*LOADED, "emtvb/core/claims.yaml", "./nowhere.py"]) == []


@pytest.mark.parametrize("name", [name for name in LOADED if name.startswith("emtvb")])
def test_each_name_that_is_taken_out_is_found(present: Present, name: str) -> None:
    assert unnamed(present, [other for other in LOADED if other != name]) == [name]


def test_of_a_record_that_names_a_script_alone_what_this_imports_is_found(present: Present) -> None:
    found = ["emtvb/__init__.py", "emtvb/core/__init__.py", "emtvb/core/spectrum.py", "emtvb/errors.py"]
    assert unnamed(present, ["measure.py"]) == [*found, "emtvb/tables.py"]


@pytest.mark.parametrize(
    ("param", "found"),
    [
        ("figures.save", ["emtvb/figures/save.py"]),
        ("emtvb.theory.networks:load", ["emtvb/theory/networks.py"]),
        ("paper.wave", ["emtvb/paper/wave.py"]),
        ("save", []),
        ("../figures/save.py", []),
        ("0.5", []),
        (["figures.save"], []),
    ],
)
def test_a_param_that_names_a_module_is_one_that_has_to_be_named(present: Present, param: Any, found: list) -> None:
    assert unnamed(present, LOADED, of=param) == found


def test_a_module_that_is_broken_now_is_no_end(present: Present, tmp_path: Path) -> None:
    (tmp_path / "src/emtvb/errors.py").write_text("import emtvb.mac (")
    assert unnamed(present, LOADED) == []
