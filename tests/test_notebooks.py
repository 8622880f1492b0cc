"""The notebooks, run from top to bottom: each ends where its text says, and prints what is stored of it."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.long

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOKS / name, as_version=4)


def said(notebook: nbformat.NotebookNode) -> str:
    """Everything that its cells printed."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def pictures(notebook: nbformat.NotebookNode) -> int:
    return sum("image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", []))


def code(name: str) -> str:
    return "\n".join(cell.source for cell in read(name).cells if cell.cell_type == "code")


def run(name: str) -> nbformat.NotebookNode:
    notebook = read(name)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    return notebook


@pytest.fixture(scope="module")
def demo() -> nbformat.NotebookNode:
    return run("demo.ipynb")


@pytest.fixture(scope="module")
def own_network() -> nbformat.NotebookNode:
    return run("own_network.ipynb")


def check_demo(text: str) -> None:
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


def numbers(text: str, line: str) -> list[float]:
    """The numbers in the lines that begin so, after that."""
    found = re.findall(rf"^ *{re.escape(line)}(.*)$", text, re.MULTILINE)
    assert found, line
    return [float(number) for rest in found for number in re.findall(r"-?\d+\.?\d*", rest)]


def check_own_network(text: str) -> None:
    """Three bits of a network that is not ours are read, flipped, and found at rest."""
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


CHECKS = {"demo": check_demo, "own_network": check_own_network}


@pytest.mark.parametrize("name", CHECKS)
def test_it_comes_to_what_its_text_says_and_so_does_what_is_stored_which_names_no_machine(
    name: str, request: pytest.FixtureRequest
) -> None:
    for notebook in (request.getfixturevalue(name), read(f"{name}.ipynb")):
        CHECKS[name](said(notebook))
        assert pictures(notebook) == 2
    text = (NOTEBOOKS / f"{name}.ipynb").read_text()
    assert not any(word in text for word in ("/tmp", "/home", "/root", "Warning", "Traceback"))


def test_the_demo_ends_with_the_view_in_which_one_edits_by_hand(demo: nbformat.NotebookNode) -> None:
    cells = [cell for cell in demo.cells if cell.cell_type == "code"]
    (output,) = cells[-1].outputs
    assert "application/vnd.jupyter.widget-view+json" in output["data"]
    assert output["data"]["text/plain"].startswith("<view of Elman network, 48 neurons")


def test_what_is_stored_of_the_demo_was_printed_by_the_cells_as_they_stand(demo: nbformat.NotebookNode) -> None:
    """And by the code as it stands: the training is the same to the last bit, so what is printed is the same too."""
    stored = read("demo.ipynb")
    assert [cell.source for cell in stored.cells] == [cell.source for cell in demo.cells]
    assert said(stored) == said(demo)


def test_they_use_the_public_face_but_for_the_demos_task_and_its_training() -> None:
    imported = set(re.findall(r"^(?:from|import) (emtvb[\w.]*)", code("demo.ipynb"), re.MULTILINE))
    assert imported == {"emtvb", "emtvb.theory", "emtvb.theory.runs", "emtvb.training"}
    named = {"adapt", "record", "fit", "judge", "linearise", "edit", "view"}
    assert set(re.findall(r"emtvb\.(\w+)\(", code("demo.ipynb"))) >= named
    assert not re.search(r"from emtvb|import emtvb\.", code("own_network.ipynb"))


@pytest.mark.parametrize("name", ["demo.ipynb", "own_network.ipynb"])
def test_a_notebook_installs_what_it_needs(name: str) -> None:
    """From the clone; tests/test_publish.py says from where once it is published."""
    first = next(cell for cell in read(name).cells if cell.cell_type == "code")
    (package,) = re.findall(r'%pip install -q "(.*)\[notebook,\w+\]', first.source)
    assert package == "emtvb" or (NOTEBOOKS / package / "pyproject.toml").is_file()
