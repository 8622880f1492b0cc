"""A browser, and networks to put on a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from emtvb import config
from emtvb.adapters.elman import Elman
from emtvb.config.sweep import shard_name
from emtvb.core.memories import VariableMemories
from emtvb.files import write_text
from emtvb.page import content
from emtvb.page.content import Shown
from emtvb.page.document import page_text
from emtvb.page.networks import arrays_of, describe_task, shown_run
from emtvb.theory import networks, tasks
from emtvb.theory.networks import Network
from emtvb.theory.tasks import Task

from ..conftest import make_network

PAPER = Path(__file__).parents[2] / "results" / "paper"


class Opened:
    """A page in a browser: what it does, and that it does nothing else."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page, self.file = page, file
        self.complaints: list[str] = []
        self.failures: dict[str, str] = {}
        page.on("requestfailed", lambda request: self.failures.__setitem__(request.url, request.failure))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith("file:") or self.complaints.append(request.url))

    def go(self, fragment: str = "") -> None:
        """Open it anew in the state that a fragment names."""
        self.page.goto("about:blank")
        self.page.goto(self.file.as_uri() + fragment)
        self.page.wait_for_function("() => document.getElementById('edit').emtvb")

    def turn(self, fragment: str) -> None:
        """Take the page that is open to another state."""
        parts = dict(part.split("=", 1) for part in fragment.removeprefix("#").split("&"))
        self.ask("view.go(given[0])", parts)

    def ask(self, script: str, *given: Any) -> Any:
        """What an expression of ``view``, the view, is there."""
        return self.page.evaluate(
            f"given => {{ const view = document.getElementById('edit').emtvb; return {script} }}", [*given]
        )

    def states(self, which: str = "edited") -> np.ndarray:
        """(step, state), the first is before any input."""
        return np.array(self.ask("view.timeline.steps.map(step => [...step.states[given[0]]])", which))

    def outputs(self, which: str = "edited") -> np.ndarray:
        """(step, d), the first is that of the first input."""
        return np.array(self.ask("view.timeline.steps.slice(1).map(step => [...step.outputs[given[0]]])", which))

    def theory(self, which: str = "m") -> np.ndarray:
        """(step, memory)."""
        return np.array(self.ask("view.timeline.steps.map(step => [...step[given[0]]])", which))

    def said(self, place: str) -> str:
        return self.page.locator(place).inner_text()

    def run_on(self, output_step: int, d_s: int) -> None:
        """Let it run, at its fastest, until it has reached an output step."""
        self.page.get_by_label("Steps a second").select_option("60")
        self.page.wait_for_function(
            "wanted => { const view = document.getElementById('edit').emtvb;"
            " return view.timeline.now >= wanted && !view.running }",
            arg=output_step + d_s, timeout=60_000,
        )  # fmt: skip


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Opens a page, of a width, in a scheme; at the end nothing was complained of and nothing left it."""
    contexts, pages = [], []

    def open_page(file: Path, fragment: str = "", width: int = 1280, scheme: Any = "light") -> Opened:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        found = Opened(context.new_page(), file)
        pages.append(found)
        found.go(fragment)
        return found

    yield open_page
    for page in pages:
        assert page.complaints == []
    for context in contexts:
        context.close()


def made_up(task: Task, hidden_dim: int, seed: int = 0) -> tuple[Shown, Network, VariableMemories]:
    """A network that learned nothing, with a basis of nothing: arithmetic must be right all the same."""
    network = make_network(task.d, hidden_dim, seed)
    rng = np.random.default_rng(seed)
    kept = task.theory.persistent
    basis, dual = rng.normal(size=(hidden_dim, kept.size)), rng.normal(size=(kept.size, hidden_dim))
    basis[:, ~kept] = dual[~kept] = 0
    arrays = (basis, dual, rng.normal(size=hidden_dim))
    basis, dual, centre = (array.astype(np.float32).astype(np.float64) for array in arrays)
    memories = VariableMemories(basis, dual, kept, centre)
    about = {"id": f"{task.name}-{hidden_dim}", **describe_task(Elman(network), task), "bases": {"data": {}}}
    return Shown(about, network.arrays(), {"data": arrays_of(memories)}), network, memories


@pytest.fixture(scope="session")
def paper() -> list[Shown]:
    """The networks of the published page; where it has none yet, those that the published figures show."""
    made = PAPER / "measurements" / "page.npz"
    if made.is_file():
        return content.read_networks(made)
    experiment = config.load_sweep(PAPER / "settings.json")
    found = []
    for run in experiment.exemplars().values():
        path = PAPER / "training" / shard_name(run, experiment.seeds_per_shard) / "weights.safetensors"
        found.append(shown_run(run, networks.load_networks(path, [run.run_id])[run.run_id]))
    return found


@pytest.fixture(scope="session")
def paper_page(paper: list[Shown], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "edit.html"
    write_text(path, page_text(paper))
    return path


ODD_TASKS = [
    tasks.named("T1", 2, 3),
    tasks.named("T2", 3, 4),
    tasks.from_composition([(2, 1, -1), (1, 0, 1), (3, 2, -1)], 3, 3, "mixed"),
    tasks.from_composition([(1, 1, 1), (3, 1, -1)], 2, 4, "one dimension read twice"),
    tasks.from_composition([(1, 0, -1)], 1, 1, "one"),
]
"""Sizes and compositions that the paper does not have; in one not all that is observable persists."""
