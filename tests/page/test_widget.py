"""The view in a notebook: the widget's own module in a browser, talking to the widget's own Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page
from torch import nn

import emtvb
from emtvb.errors import InputError
from emtvb.page.widget import Editor
from emtvb.theory import interventions
from emtvb.theory.networks import Network, nearest_bits
from emtvb.theory.sequences import record_inputs

from ..conftest import make_network, saturated_circuit
from .conftest import ODD_TASKS

pytestmark = pytest.mark.long

HARNESS = """
<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><style>%s</style><div id="edit"></div>
<script type="module">%s</script>
"""
MODEL = """
const heard = new Set();
const model = {
  values: JSON.parse(%s),
  get(name) { return this.values[name] },
  set(name, value) { this.values[name] = value },
  save_changes() {},
  on(_, listener) { heard.add(listener) },
  off(_, listener) { heard.delete(listener) },
  async send(question) {
    const reply = JSON.parse(await globalThis.python(JSON.stringify(question)));
    heard.forEach(listener => listener(reply));
  },
};
globalThis.model = model;
globalThis.finish = (%s).render({ model, el: document.getElementById("edit") });
"""


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Callable[[Editor], Page]]:
    """Shows a widget as a notebook would, but for the notebook: its messages go through a function of the page's."""
    complaints: list[str] = []
    pages = []

    def show(editor: Editor) -> Page:
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        pages.append(page)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        replies: list[Any] = []
        editor.send = lambda content, buffers=None: replies.append(content)  # type: ignore[method-assign]

        def answer(text: str) -> str:
            editor._hear(editor, json.loads(text), [])
            return json.dumps(replies.pop())

        page.expose_function("python", answer)
        values = json.dumps({"networks": editor.networks, "first": editor.first, "state": {}})
        module = str(editor._esm).replace("export default ", "const exported = ")
        script = module + MODEL % (json.dumps(values).replace("<", "\\u003c"), "exported")
        (tmp_path / "widget.html").write_text(HARNESS % (editor._css, script))
        page.goto((tmp_path / "widget.html").as_uri())
        page.wait_for_function("() => document.getElementById('edit').emtvb")
        return page

    yield show
    assert complaints == []
    for page in pages:
        page.close()


def ask(page: Page, script: str) -> Any:
    return page.evaluate(f"() => {{ const view = document.getElementById('edit').emtvb; return {script} }}")


def until(page: Page, script: str) -> None:
    page.wait_for_function(f"() => {{ const view = document.getElementById('edit').emtvb; return {script} }}")


def series(page: Page, what: str) -> np.ndarray:
    return np.array(ask(page, f"view.timeline.steps.slice(1).map(step => [...step.{what}])"))


def test_a_network_of_the_papers_kind_runs_in_the_browser(shown: Callable[[Editor], Page]) -> None:
    task = ODD_TASKS[0]
    network, _ = saturated_circuit(task)
    editor = emtvb.view(network, task, edit="12:flip:2.1", step=60)
    page = shown(editor)
    assert ask(page, "view.timeline.now") == 63
    assert ask(page, "view.timeline.share('edited', view.timeline.now)")["follows"] == 48
    assert page.evaluate("() => model.values.state.edit") == "12:flip:2.1"
    assert page.evaluate("() => { finish(); return model.values.state.step }") == 60


class Leaky:
    """A system that a browser cannot run: a leaky network of numpy's with two kinds of state."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def step(self, u: np.ndarray, state: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, Any]:
        h, trace = state
        h = np.tanh(h @ self.network.W_hh.T + u @ self.network.W_uh.T)
        return h @ self.network.W_r.T, (h, 0.5 * trace + 0.5 * h)


def test_any_other_runs_in_the_kernel_as_python_says(shown: Callable[[Editor], Page]) -> None:
    task = ODD_TASKS[0]
    network, _ = saturated_circuit(task)
    size = network.hidden_dim
    system = emtvb.adapt(
        Leaky(network).step, state=lambda n: (np.zeros((n, size)), np.zeros((n, size))), input_dim=task.d
    )
    fitted = emtvb.fit(emtvb.record(system, task, horizon=60))
    page = shown(emtvb.view(fitted))
    at = task.theory.settled_step + 2
    page.evaluate(f"() => document.getElementById('edit').emtvb.go({{step: '{at}'}})")
    until(page, f"view.timeline.now === {task.s + at}")
    page.get_by_label("Steps a second").select_option("60")
    page.get_by_role("button", name="variable 2, dimension 1:").click()
    until(page, f"view.timeline.now === {task.s + at + 100} && !view.running")
    recording = record_inputs(
        system, task, np.array(ask(page, "view.timeline.inputs.map(u => [...u])"), dtype=np.float32)[:, None], at
    )
    theory = task.theory
    done = interventions.edit_first_sequence(
        system, theory, fitted.memories, recording, at, lambda m: interventions.negate_element(theory, m, 2, 1)
    )
    np.testing.assert_allclose(series(page, "outputs.edited")[task.s + at :], done.outputs, atol=1e-3)
    np.testing.assert_array_equal(series(page, "expected")[task.s + at :], done.expected)
    np.testing.assert_allclose(series(page, "states.unedited")[task.s + at - 1], recording.states[at, 0], atol=1e-4)
    followed = (nearest_bits(done.outputs) == done.expected).all(axis=1).sum()
    assert ask(page, "view.timeline.share('edited', view.timeline.now)")["follows"] == followed > 95


def remembering() -> tuple[emtvb.Fitted, Callable[..., np.ndarray]]:
    """A GRU that holds a bit, a word and a number by itself: variables of a user's own, all three kinds."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    steps, trials = 20, 400
    x = np.zeros((steps, trials, 3), dtype=np.float32)
    x[0] = np.stack([rng.choice([-1, 1], trials), rng.integers(0, 3, trials) - 1, rng.normal(size=trials)], axis=1)
    x[1:] = 0.02 * rng.normal(size=(steps - 1, trials, 3))

    def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = 0.999 * h + np.where(np.abs(u) > 0.3, u, 0) @ np.eye(3, 5)
        return h[:, :3], h

    words = np.array(["left", "none", "right"])[(x[0, :, 1] + 1).astype(int)]
    labels = {
        "bit": np.repeat(x[:1, :, 0], steps, axis=0),
        "word": np.repeat(words[None], steps, axis=0),
        "number": np.where(np.abs(x[:1, :, 2]) > 0.3, x[:1, :, 2], 0).repeat(steps, axis=0),
    }
    fitted = emtvb.fit(emtvb.record(emtvb.adapt(step, state=5), x, labels))

    def keep(values: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        codes = {"left": -1.0, "none": 0.0, "right": 1.0}
        held = np.array([[bit, codes[word], number] for bit, word, number in values], dtype=np.float64)
        return np.repeat(held[None], len(inputs), axis=0)

    return fitted, keep


def test_a_users_own_variables_are_read_edited_and_held_against_their_theory(shown: Callable[[Editor], Page]) -> None:
    fitted, keep = remembering()
    page = shown(emtvb.view(fitted, expected=keep))
    trials = fitted.trials
    until(page, "view.timeline.now === 6")
    np.testing.assert_allclose(series(page, "states.edited"), trials.test.states[:6, 0], atol=1e-5)
    assert "3 of 3 variables read as their labels say" in page.locator(".reading").inner_text()
    page.locator("select.trial").select_option("4")
    until(page, "view.timeline.now === 6 && view.state().trial === 4")
    np.testing.assert_allclose(series(page, "states.edited"), trials.test.states[:6, 4], atol=1e-5)
    page.get_by_label("Steps a second").select_option("60")
    page.locator("select.variable").select_option("word")
    page.locator("input.value").fill("nonsense")
    page.locator("button.set").click()
    assert "its values are left, none, right" in page.locator("[role=status]").inner_text()
    word = trials.values(trials.test.labels[5, 4:5])[0, 1]
    wanted = "left" if word != "left" else "right"
    page.locator("input.value").fill(wanted)
    page.locator("button.set").click()
    until(page, "view.timeline.now === 20 && !view.running && view.timeline.steps.at(-1).expected")
    before = trials.test.labels[5, 4:5]
    after = before.copy()
    after[:, trials.slices[1]] = trials.variables[1].encode(np.array([wanted]))
    state = trials.test.states[5, 4:5] + fitted.memories.change(before, after)
    _, outputs = trials.system.run(trials.test_inputs[6:, 4:5], state.astype(np.float32))
    np.testing.assert_allclose(series(page, "outputs.edited")[6:], outputs[:, 0], atol=1e-4)
    expected = keep(trials.values(after), trials.test_inputs[6:, 4:5])
    should = np.array(ask(page, "view.timeline.steps.slice(7).map(step => [...step.expected])"))
    np.testing.assert_allclose(should, expected[:, 0], atol=1e-6)
    shares = {name: ask(page, f"view.timeline.share('{name}', 20)") for name in ("edited", "unedited")}
    assert shares["edited"]["follows"] == shares["edited"]["of"] == 14
    assert shares["unedited"]["follows"] == 0


def test_without_a_theory_nothing_is_counted(shown: Callable[[Editor], Page]) -> None:
    fitted, _ = remembering()
    page = shown(emtvb.view(fitted))
    until(page, "view.timeline.now === 6")
    page.get_by_role("button", name="bit: reads").click()
    until(page, "view.timeline.now >= 10")
    assert ask(page, "view.timeline.share('edited', view.timeline.now).of") == 0
    assert page.locator(".score").inner_text() == ""


def test_what_a_users_code_raises_is_one_line_where_it_was_asked_for(shown: Callable[[Editor], Page]) -> None:
    task = ODD_TASKS[0]
    network, _ = saturated_circuit(task)
    broken = False

    def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if broken:
            raise ValueError("no current")
        h = np.tanh(h @ network.W_hh.T + u @ network.W_uh.T)
        return h @ network.W_r.T, h

    system = emtvb.adapt(step, state=network.hidden_dim, input_dim=task.d)
    page = shown(emtvb.view(emtvb.fit(emtvb.record(system, task, horizon=60))))
    broken = True
    page.evaluate("() => document.getElementById('edit').emtvb.go({step: '30'})")
    page.get_by_text("The network failed: InputError: network: step failed").wait_for()
    broken = False
    page.get_by_role("button", name="Back to the start").click()
    page.evaluate("() => document.getElementById('edit').emtvb.go({step: '3'})")
    until(page, f"view.timeline.now === {task.s + 3}")


def nn_module() -> Any:
    torch.manual_seed(1)
    return emtvb.adapt(nn.GRU(2, 9), nn.Linear(9, 2))


def test_bad_input_is_one_line() -> None:
    with pytest.raises(InputError, match="say what the network was trained on"):
        emtvb.view(make_network())
    with pytest.raises(InputError, match="no network of this name"):
        emtvb.view("nobody")
    with pytest.raises(InputError, match="give its own task"):
        emtvb.view(make_network(d=3), ODD_TASKS[0])
