"""The notebook on a network of one's own, run from top to bottom: three bits are read, flipped, found at rest."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from .test_notebook import pictures, said

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "own_network.ipynb"


@pytest.fixture(scope="module")
def run() -> nbformat.NotebookNode:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    return notebook


def numbers(text: str, line: str) -> list[float]:
    """The numbers in the lines that begin so, after that."""
    found = re.findall(rf"^ *{re.escape(line)}(.*)$", text, re.MULTILINE)
    assert found, line
    return [float(number) for rest in found for number in re.findall(r"-?\d+\.?\d*", rest)]


def check(text: str) -> None:
    for bit in ("bit 1", "bit 2", "bit 3"):
        score, low, _, chance = numbers(text, f"{bit}          binary       acc")[:4]
        assert score > 0.99
        assert low > 0.98
        assert chance < 0.6
    assert "cannot be read: ['odd count']" in text
    assert min(numbers(text, "flips that the whole future obeys:")) > 0.9
    assert "the controls fail: True" in text
    for control in ("random step of the same size", "along another variable", "without an edit"):
        for share in re.findall(rf"^  {control} +(\S+)", text.split("flips that")[0], re.MULTILINE):
            assert float(share) < 0.05
    assert "stable fixed points: 8" in text
    assert len(set(re.findall(r"\(-?1, -?1, -?1\)", text))) == 8
    assert numbers(text, "saddles found between them:")[0] >= 8
    assert max(numbers(text, "kept of a small change, linearised:")) < 0.8
    ends = re.findall(r"^bit 1 set from -1 to (.*): .* as (.*)$", text, re.MULTILINE)
    assert [float(end) < -0.8 if float(start) < 0 else float(end) > 0.5 for start, end in ends] == [True] * 4


def test_it_reads_and_edits_a_network_that_is_not_ours(run: nbformat.NotebookNode) -> None:
    check(said(run))
    assert pictures(run) == 2


def test_what_is_stored_is_such_a_run_and_names_no_machine() -> None:
    stored = nbformat.read(NOTEBOOK, as_version=4)
    check(said(stored))
    assert pictures(stored) == 2
    text = NOTEBOOK.read_text()
    assert not any(word in text for word in ("/tmp", "/home", "/root", "Warning", "Traceback"))


def test_it_uses_the_public_face_alone() -> None:
    source = "\n".join(cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code")
    assert not re.search(r"from emtvb|import emtvb\.", source)
