"""The demo notebook, run from top to bottom: it trains, reads and edits, and ends where its text says."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "demo.ipynb"


def said(notebook: nbformat.NotebookNode) -> str:
    """Everything that its cells printed."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def pictures(notebook: nbformat.NotebookNode) -> int:
    return sum("image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", []))


@pytest.fixture(scope="module")
def run() -> nbformat.NotebookNode:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    return notebook


def test_it_shows_a_circuit_that_can_be_read_and_edited(run: nbformat.NotebookNode) -> None:
    text = said(run)
    assert "linearly stored and editable" in text
    assert "the network follows the theory in all of them: True" in text
    assert "read right: 1.0000" in text
    assert "do the same:         0.0%" in text
    assert pictures(run) == 4


def test_it_ends_with_the_view_in_which_one_edits_by_hand(run: nbformat.NotebookNode) -> None:
    cells = [cell for cell in run.cells if cell.cell_type == "code"]
    (output,) = cells[-1].outputs
    assert "application/vnd.jupyter.widget-view+json" in output["data"]
    assert output["data"]["text/plain"].startswith("<view of Elman network, 48 neurons")


def test_what_is_stored_is_such_a_run_and_names_no_machine(run: nbformat.NotebookNode) -> None:
    stored = nbformat.read(NOTEBOOK, as_version=4)
    assert pictures(stored) == 4
    assert "linearly stored and editable" in said(stored)
    text = NOTEBOOK.read_text()
    assert not any(word in text for word in ("/tmp", "/home", "/root", "Warning", "Traceback"))
