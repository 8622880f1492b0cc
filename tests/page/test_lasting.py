"""The gain of a network on the page, and whether its memory lasts: beside a sweep's analysis, and as it is used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from emtvb.adapters.elman import Elman
from emtvb.experiments.sweep import latching
from emtvb.experiments.sweep.memory import largest_modulus
from emtvb.files import write_text
from emtvb.page.content import Shown
from emtvb.page.document import VIEW, bundled_modules, page_text
from emtvb.page.networks import describe_task
from emtvb.theory import circuits, tasks
from emtvb.theory.networks import Network
from emtvb.theory.tasks import Task

from .conftest import ODD_TASKS, Opened, made_up
from .test_arithmetic import inputs_of, task_of

Open = Callable[..., Opened]
GAINS = (0.9, 1.0, 1.1, 1.3, 1.5)
SLIDER = "Strength of its feedback (gain)"
YES, WRONG, NO = "Yes, it lasts", "Held, but wrong", "No, it is lost"


class OfPicture(latching.Latching):
    """The sweep's analysis of a content that is given."""

    def __init__(self, task: Task, network: Network, vectors: np.ndarray) -> None:
        super().__init__("", task, network.double())
        contents = np.repeat(np.asarray(vectors, float)[:, None], latching.CONTENTS, axis=1)
        self.__dict__["inputs"] = contents

    def verdicts(self, gains: tuple[float, ...]) -> list[tuple[str, float]]:
        """At each gain what becomes of it, and which share of its last bits is right."""
        found = self.outcomes(self.written(latching.WRITE, self.network, gains))
        every = zip(found.lasting, found.kept, found.margin, strict=True)
        words = [("lasts" if lasting else "wrong" if kept else "lost", margin) for lasting, kept, margin in every]
        return words[:: latching.CONTENTS]


def answer(page: Opened) -> str:
    """What the page says of it, once it has run on."""
    page.page.wait_for_function("() => !document.querySelector('.answer').textContent.includes('runs on')")
    return page.said(".answer")


@pytest.mark.long
def test_what_becomes_of_a_memory_is_what_the_sweep_finds_at_every_gain(
    opened: Open, paper: list[Shown], paper_page: Path
) -> None:
    page = opened(paper_page)
    seen = set()
    for shown in paper:
        own = largest_modulus(Network(**shown.weights))
        picture = inputs_of(shown.about, 0)[: shown.about["s"], 0]
        gains = tuple(gain for gain in GAINS if gain != round(own, 2))  # its own is its own to the last digit
        expected = OfPicture(task_of(shown.about), Network(**shown.weights), picture).verdicts((own, *gains))
        for gain, (verdict, right) in zip((None, *gains), expected, strict=True):
            page.turn(f"#net={shown.about['id']}&step=0" + (f"&gain={gain:.2f}" if gain else ""))
            found = page.ask("view.lasting()")
            assert found["verdict"] == verdict, (shown.about["id"], gain)
            # what is lost may go ways of its own, by the last digit of its numbers
            assert found["right"] == pytest.approx(right, abs=0.2 if verdict == "lost" else 0.005)
            seen.add(verdict)
    assert seen == {"lasts", "wrong", "lost"}


@pytest.mark.long
def test_after_an_edit_it_is_the_edited_memory_that_is_asked_of(
    opened: Open, paper: list[Shown], paper_page: Path
) -> None:
    page = opened(paper_page)
    shown = next(one for one in paper if one.about["task"] == "T3")
    task, system = task_of(shown.about), Elman(Network(**shown.weights))
    page.turn(f"#net={shown.about['id']}&edit=30:set:5:+-+-+-+-,40:flip:2.3&step=60")
    at = shown.about["s"] + 40
    _, outputs = system.coast(page.states()[at][None].astype(np.float32), latching.END - 40)
    m = page.theory()[at] @ np.linalg.matrix_power(task.theory.phi, latching.END - 40 - 99).T
    right = []
    for output in outputs[-100:, 0]:
        right.append(np.sign(output) == np.sign(m[-task.d :]))
        m = task.theory.phi @ m
    assert page.ask("view.lasting()") == {"right": np.mean(right), "verdict": "lasts"}
    assert np.mean(right) == 1
    without = page.ask(
        "view.timeline.steps[given[0]].plain.some((v, i) => v !== view.timeline.steps[given[0]].m[i])", at
    )
    assert without, "else the memory that was not edited would do"
    page.turn(f"#net={shown.about['id']}&edit=30:set:5:+-+-+-+-,40:halve:2&step=35")
    earlier = page.ask("view.lasting()")
    assert earlier["verdict"] == "lasts", "what comes after the step that is seen does not count"


@pytest.mark.parametrize("task", ODD_TASKS, ids=lambda task: task.name)
def test_another_gain_multiplies_the_recurrent_weights_from_the_first_step_on(
    opened: Open, tmp_path: Path, task: Task
) -> None:
    shown, network, _ = made_up(task, 9)
    own = largest_modulus(network)
    assert shown.as_json()["gain"] == pytest.approx(own, abs=1e-6)
    write_text(tmp_path / "edit.html", page_text([shown]))
    page = opened(tmp_path / "edit.html", "#step=30&gain=1.23")
    x = inputs_of(shown.about, 30)
    for factor in (1.23 / own, 1.0):
        arrays = network.arrays()
        states, _ = Elman(Network(**{**arrays, "W_hh": (factor * arrays["W_hh"]).astype(np.float32)})).drive(x)
        np.testing.assert_allclose(page.states()[1:], states[:, 0], atol=1e-4)
        page.turn("#step=30")


@pytest.mark.parametrize("task", [*ODD_TASKS, *map(tasks.named, tasks.NAMED)], ids=lambda task: task.name)
def test_the_period_is_that_of_the_theory(browser: Browser, task: Task) -> None:
    """Those of 3,000 steps and more are none."""
    page = browser.new_page()
    script = bundled_modules(*(path for path in VIEW if path.stem in ("network", "lasting")))
    page.add_script_tag(content=f"{script}\nglobalThis.found = about => period(new Task(about));", type="module")
    page.wait_for_function("() => globalThis.found")  # a module runs after its tag is there
    about = describe_task(Elman(made_up(task, 5)[1]), task)
    found = page.evaluate(
        "about => { const found = globalThis.found(about); return found === Infinity ? null : found }", about
    )
    page.close()
    expected = circuits.phi_period(task)
    assert found == (expected if expected <= latching.END else None)


@pytest.mark.long
def test_a_slider_changes_the_gain_by_mouse_and_keyboard(opened: Open, paper: list[Shown], paper_page: Path) -> None:
    name = next(one.about["id"] for one in paper if one.about["task"] == "T3")
    page = opened(paper_page, f"#net={name}&step=40")
    slider, trained = page.page.get_by_role("slider", name=SLIDER), page.page.get_by_role("button", name="As trained")
    own = page.ask("view.timeline.system.W_hh[5]")
    assert answer(page).startswith(YES)
    assert trained.is_disabled()
    slider.focus()
    page.page.keyboard.press("Home")
    assert page.page.evaluate("location.hash").endswith("&step=40&gain=0.90")
    assert slider.get_attribute("aria-valuetext") == page.said(".lasting .clock") == "0.90, trained 1.26"
    assert answer(page).startswith(NO)
    assert "0.0% of the bits are right" in answer(page)
    page.page.keyboard.press("ArrowRight")
    assert page.page.evaluate("location.hash").endswith("gain=0.91")
    box = slider.bounding_box()
    assert box
    page.page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    assert page.page.evaluate("location.hash").endswith("gain=1.50")
    assert answer(page).startswith(WRONG)
    page.page.evaluate("history.back()")
    page.page.wait_for_function("() => document.getElementById('edit').emtvb.state().gain === '0.91'")
    trained.focus()
    page.page.keyboard.press("Enter")
    assert "gain" not in page.page.evaluate("location.hash")
    assert page.ask("view.timeline.system.W_hh[5]") == own
    assert answer(page).startswith(YES)


@pytest.mark.long
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (768, "dark"), (390, "dark")])
def test_its_own_gain_is_marked_where_the_slider_has_it(
    opened: Open, paper: list[Shown], paper_page: Path, width: int, scheme: str
) -> None:
    """Also where it is more than others' sliders offer."""
    page = opened(paper_page, "", width, scheme)
    for shown in paper:
        page.turn(f"#net={shown.about['id']}&step=40")
        slider = page.page.get_by_role("slider", name=SLIDER)
        least, most, value = (float(slider.evaluate(f"s => s.{of}")) for of in ("min", "max", "value"))
        own = largest_modulus(Network(**shown.weights))
        assert least <= 0.9
        assert most >= 1.5
        assert value == round(own, 2)
        boxes = [
            slider.bounding_box(),
            page.page.locator(".own").bounding_box(),
            page.page.locator(".lasting").bounding_box(),
        ]
        (track, mark, panel) = (box for box in boxes if box)
        at = track["x"] + 8 + (track["width"] - 16) * (own - least) / (most - least)
        assert mark["x"] + mark["width"] / 2 == pytest.approx(at, abs=2)
        assert mark["x"] >= panel["x"]
        assert mark["x"] + mark["width"] <= panel["x"] + panel["width"]


@pytest.mark.long
@pytest.mark.parametrize("gain", ["7", "x", "0.89", ""])
def test_a_gain_that_cannot_be_is_said(opened: Open, paper_page: Path, gain: str) -> None:
    page = opened(paper_page, f"#step=40&gain={gain}")
    assert " ".join(f"no gain {gain} of this network".split()) in page.said("[role=status]")
    assert page.ask("view.state()").get("gain") is None


@pytest.mark.long
def test_a_gain_stays_while_its_network_does(opened: Open, paper: list[Shown], paper_page: Path) -> None:
    page = opened(paper_page, "#gain=1.3")
    assert page.said("button.run") == "Edit and run"
    page.page.get_by_role("slider", name=SLIDER).press("ArrowLeft")
    assert page.said("button.run") == "Edit and run", "the edit that is proposed is still to be made"
    page.page.locator("button.run").click()
    page.ask("view.stop()")
    page.page.get_by_role("combobox", name="Basis").select_option("power")
    assert page.ask("[view.state().gain, view.timeline.edits.length]") == ["1.29", 1]
    page.page.get_by_role("combobox", name="Network").select_option(paper[-1].about["id"])
    assert page.ask("view.state()").get("gain") is None


@pytest.mark.long
def test_while_it_reads_nothing_is_asked_and_the_sentence_on_all_networks_leads_there(
    opened: Open, paper: list[Shown], tmp_path: Path
) -> None:
    for found in (None, "../../docs/memory.md"):
        write_text(tmp_path / "edit.html", page_text(paper[:1], found=found))
        page = opened(tmp_path / "edit.html", "#step=-3")
        assert page.said(".answer") == "It is reading its input."
        links = [link.get_attribute("href") for link in page.page.locator(".lasting a").all()]
        assert links == ([found] if found else [])
        assert "What was found of all networks is in docs/memory.md." in page.said(".lasting .hint")
