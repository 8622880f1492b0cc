"""The demo notebook, run from top to bottom: it trains, reads and edits, and ends where its text says."""

from __future__ import annotations

import re
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


def check(text: str) -> None:
    """What its cells have to print: a circuit that is read, obeys its edit, and whose controls fail."""
    assert "linearly stored and editable" in text
    assert "cannot be read" not in text
    distance = re.search(r"memories from Phi: (\d\.\d+) of its length", text)
    assert distance
    assert float(distance[1]) < 0.5
    rows = r"^  (edits followed|random step|along another|without an edit)[^\d]*(\d\.\d+)"
    shares = dict(re.findall(rows, text, re.MULTILINE))
    assert float(shares["edits followed"]) == 1
    assert float(shares["random step"]) < 0.02
    assert float(shares["without an edit"]) == 0
    for kind in ("change", "stay"):
        counted = re.search(rf"outputs that should {kind}: (\d+); of these (\d+) did", text)
        assert counted
        assert counted[1] == counted[2] != "0"


def test_it_shows_a_circuit_that_can_be_read_and_edited(run: nbformat.NotebookNode) -> None:
    check(said(run))
    assert pictures(run) == 2


def test_it_ends_with_the_view_in_which_one_edits_by_hand(run: nbformat.NotebookNode) -> None:
    cells = [cell for cell in run.cells if cell.cell_type == "code"]
    (output,) = cells[-1].outputs
    assert "application/vnd.jupyter.widget-view+json" in output["data"]
    assert output["data"]["text/plain"].startswith("<view of Elman network, 48 neurons")


def test_what_is_stored_is_such_a_run_and_names_no_machine(run: nbformat.NotebookNode) -> None:
    stored = nbformat.read(NOTEBOOK, as_version=4)
    check(said(stored))
    assert pictures(stored) == 2
    text = NOTEBOOK.read_text()
    assert not any(word in text for word in ("/tmp", "/home", "/root", "Warning", "Traceback"))


def test_what_is_stored_was_printed_by_the_cells_as_they_stand(run: nbformat.NotebookNode) -> None:
    """And by the code as it stands: the training is the same to the last bit, so what is printed is the same too."""
    stored = nbformat.read(NOTEBOOK, as_version=4)
    assert [cell.source for cell in stored.cells] == [cell.source for cell in run.cells]
    assert said(stored) == said(run)


def test_it_uses_the_public_face_but_for_the_task_and_its_training() -> None:
    code = "\n".join(cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code")
    imported = set(re.findall(r"^(?:from|import) (emtvb[\w.]*)", code, re.MULTILINE))
    assert imported == {"emtvb", "emtvb.theory", "emtvb.theory.runs", "emtvb.training"}
    assert set(re.findall(r"emtvb\.(\w+)\(", code)) >= {"adapt", "record", "fit", "judge", "linearise", "edit", "view"}


@pytest.mark.parametrize("name", ["demo.ipynb", "own_network.ipynb"])
def test_a_notebook_opens_elsewhere_and_installs_what_it_needs(name: str) -> None:
    cells = nbformat.read(NOTEBOOK.with_name(name), as_version=4).cells
    for address in ("https://colab.research.google.com/github/", "https://mybinder.org/v2/gh/"):
        assert re.search(rf"\]\({re.escape(address)}[\w/?-]+(/|=)notebooks/{re.escape(name)}\)", cells[0].source)
    first = next(cell for cell in cells if cell.cell_type == "code")
    assert re.search(r'%pip install -q "emtvb\[notebook,\w+\] @ git\+https://', first.source)
