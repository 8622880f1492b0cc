"""Who imports whom, as far as ``lint-imports`` does not check it (pyproject.toml)."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "emtvb"
OF_THE_PAPER = ("core", "paper", "theory", "training")
"""Rooms that what runs and checks jobs knows nothing of; that it does not import them, ``lint-imports`` checks."""


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Late imports and imports for types included; lint-imports lets a package and its own modules pass."""
    graph = grimp.build_graph("emtvb", cache_dir=None)
    TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}).prepare()


def _strings(module: ast.Module) -> Iterator[str]:
    """The strings in a module that are no text about it."""
    texts = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in texts:
            yield node.value


@pytest.mark.parametrize("room", ["audit", "making"])
def test_what_runs_and_checks_jobs_names_no_room_of_the_paper_in_strings(room: str) -> None:
    """Such as code that another process is to run, or the place of a function."""
    names = [f"emtvb{mark}{name}" for mark in "./" for name in OF_THE_PAPER]
    found = [
        (path.name, text)
        for path in (PACKAGE / room).glob("*.py")
        for text in _strings(ast.parse(path.read_text("utf-8")))
        if any(name in text for name in names)
    ]
    assert found == []
