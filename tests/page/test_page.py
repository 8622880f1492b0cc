"""The page as a reader uses it: with a mouse or a keyboard, on a small screen, in the dark; and nothing leaves it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator

from emtvb.files import write_text
from emtvb.interpret import interventions
from emtvb.interpret.interventions import FUTURE
from emtvb.interpret.recording import record
from emtvb.interpret.systems import Elman
from emtvb.networks import Network, rollout, signs
from emtvb.page.content import Shown
from emtvb.page.document import document

from .conftest import ODD_TASKS, Opened, made_up
from .test_arithmetic import inputs_of, memories_of, task_of

Open = Callable[..., Opened]
SCREENS = list(itertools.product((1280, 400), ("light", "dark")))
STORED = "What it stores: a column is a variable, the oldest first"


def cell(page: Opened, board: str, variable: int, dimension: int) -> Locator:
    what = "variable" if board == STORED else "vector"
    return page.page.get_by_role("group", name=board).get_by_role(
        "button", name=re.compile(f"^{what} {variable}, dimension {dimension}:")
    )


def after_edit(shown: Shown, at: int, change: Callable[..., Any]) -> interventions.Edit:
    """What Python says of an edit through our basis."""
    task, system = task_of(shown.about), Elman(Network(**shown.weights))
    recording = record(system, task, inputs_of(shown.about, 0)[: task.s], at)
    return interventions.edit(system, task, memories_of(shown, "data", task), recording, at, change)


def check_future(page: Opened, shown: Shown, at: int, change: Callable[..., Any]) -> None:
    """After an edit at that output step the page ran on as Python says, and counts what Python counts."""
    done = after_edit(shown, at, change)
    page.run_on(at + FUTURE, shown.about["s"])
    future = page.outputs()[shown.about["s"] + at :]
    assert (signs(future) == signs(done.outputs)).all()
    followed = int((signs(done.outputs) == done.expected).all(axis=1).sum())
    assert f"follows the edit: {followed} of {FUTURE} vectors" in page.said(".row.edited .count")
    left = page.outputs("unedited")[shown.about["s"] + at :]
    already = int((signs(left) == done.expected).all(axis=1).sum())
    assert f"follows the edit: {already} of {FUTURE} vectors" in page.said(".row.unedited .count")


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_a_mouse_flips_a_bit_and_the_future_is_pythons(
    opened: Open, paper: list[Shown], paper_page: Path, width: int, scheme: str
) -> None:
    page = opened(paper_page, "#step=27", width, scheme)
    cell(page, STORED, 5, 3).click()
    check_future(page, paper[0], 27, lambda m: interventions.flip(task_of(paper[0].about), m, 5, 3))
    assert page.ask("view.state().edit") == "27:flip:5.3"


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_a_keyboard_does_all_that_a_mouse_does(
    opened: Open, paper: list[Shown], paper_page: Path, width: int, scheme: str
) -> None:
    shown, task = paper[0], task_of(paper[0].about)
    page = opened(paper_page, "#step=27", width, scheme)
    keys = page.page.keyboard

    def tab_to(name: str) -> None:
        for _ in range(60):
            keys.press("Tab")
            focused = page.page.evaluate(
                "(e => e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent)"
                "(document.activeElement)"
            )
            if re.match(name, focused.strip()):
                return
        raise AssertionError(f"Tab never came to {name}")

    page.page.locator("#edit").focus()
    tab_to("variable 1, dimension 0")
    for key in ["ArrowRight"] * 4 + ["ArrowDown"] * 3:
        keys.press(key)
    keys.press("Enter")
    check_future(page, shown, 27, lambda m: interventions.flip(task, m, 5, 3))
    page.go("#step=30")
    page.page.locator("#edit").focus()
    tab_to("8 signs")
    keys.press("Control+a")
    keys.type("++--++--")
    tab_to("Set")
    keys.press("Space")
    check_future(page, shown, 30, lambda m: interventions.put(task, m, 8, [1, 1, -1, -1, 1, 1, -1, -1]))


def test_the_form_sets_swaps_halves_and_flips(opened: Open, paper: list[Shown], paper_page: Path) -> None:
    shown, task = paper[0], task_of(paper[0].about)
    page = opened(paper_page)

    def halve(m: np.ndarray) -> np.ndarray:
        after = m.copy()
        after[..., 2 * task.d : 3 * task.d] *= 0.5
        return after

    def flip_all(m: np.ndarray) -> np.ndarray:
        after = m.copy()
        after[..., 2 * task.d : 3 * task.d] *= -1
        return after

    for button, change in {
        ".set": lambda m: interventions.put(task, m, 3, [-1, 1] * 4),
        ".swap": lambda m: interventions.swap(task, m, 3, 6),
        ".flip": flip_all,
    }.items():
        page.go("#step=25")
        page.page.locator("select.variable").select_option("3")
        page.page.locator("select.other").select_option("6")
        page.page.locator(f"button{button}").click()
        check_future(page, shown, 25, change)
    page.go("#step=25")
    page.page.locator("select.variable").select_option("3")
    page.page.locator("button.halve").click()
    page.run_on(25 + FUTURE, task.s)
    done = after_edit(shown, 25, halve)
    np.testing.assert_array_equal(signs(page.outputs()[task.s + 25 :]), signs(done.outputs))
    np.testing.assert_allclose(page.theory()[task.s + 26 :, -task.d :], done.expected)


def test_a_click_can_halve_one_bit(opened: Open, paper_page: Path) -> None:
    page = opened(paper_page, "#step=25")
    page.page.locator("select.kind").select_option("halve")
    cell(page, STORED, 2, 4).click()
    assert page.ask("view.state().edit") == "25:halve:2.4"
    page.ask("view.stop()")
    m, plain = page.theory()[33], page.theory("plain")[33]
    assert np.flatnonzero(m != plain).tolist() == [12]
    assert m[12] == plain[12] / 2


def test_vectors_are_drawn_and_typed_and_run_as_rollout_does(
    opened: Open, paper: list[Shown], paper_page: Path
) -> None:
    shown = paper[0]
    page = opened(paper_page, "#step=40")
    u = np.array(shown.about["picture"], dtype=np.float32)

    def check() -> None:
        x = np.zeros((48, 1, 8), dtype=np.float32)
        x[:8, 0] = u
        states, _ = rollout(Network(**shown.weights), x)
        np.testing.assert_allclose(page.states()[1:49], states[:, 0], rtol=0, atol=1e-4)

    board = "Input: 8 vectors of 8"
    start, end = (cell(page, board, v, 0).bounding_box() for v in (2, 6))
    mouse = page.page.mouse
    assert start
    assert end
    mouse.move(start["x"] + 5, start["y"] + 5)
    mouse.down()
    mouse.move(end["x"] + 5, end["y"] + 5, steps=20)
    mouse.up()
    u[1:6, 0] = -u[1, 0]
    check()
    cell(page, board, 8, 7).focus()
    page.page.keyboard.press("Space")
    u[7, 7] *= -1
    check()
    page.page.get_by_text("Type them").click()
    page.page.locator("textarea").fill("\n".join(["+-+-+-+-"] * 8))
    page.page.locator("button.type").click()
    u[:] = [1, -1] * 4
    check()
    page.page.locator("textarea").fill("+-+-")
    page.page.locator("button.type").click()
    assert "8 lines of 8" in page.said("[role=status]")
    check()
    page.go("#" + page.ask("Object.entries(view.state()).map(pair => pair.join('=')).join('&')"))
    check()
    page.page.locator("button.minus").click()
    u[:] = -1
    check()


def test_it_runs_stops_steps_and_goes_back(opened: Open, paper_page: Path) -> None:
    page = opened(paper_page, "#step=-8")
    assert "reading vector 0" in page.said(".clock")
    cell(page, STORED, 5, 3).click()
    assert "8 more steps" in page.said("[role=status]")
    page.page.locator("button.step").click()
    assert "reading vector 1 of 8" in page.said(".clock")
    page.page.get_by_label("Steps a second").select_option("60")
    page.page.locator("button.run").click()
    page.page.wait_for_function("() => document.getElementById('edit').emtvb.timeline.now > 20")
    page.page.locator("button.run").click()
    now = page.ask("view.timeline.now")
    page.page.wait_for_timeout(200)
    assert page.ask("[view.timeline.now, view.running]") == [now, False]
    page.page.get_by_label("Step that is shown").press("ArrowLeft")
    assert page.ask("view.view") == now - 1
    cell(page, STORED, 5, 3).click()  # of a step that is past: what came after it is forgotten
    page.ask("view.stop()")
    assert page.ask("view.timeline.edits[0].at") == now - 1
    page.page.locator("button.back").click()
    assert page.ask("[view.timeline.now, view.timeline.edits.length]") == [0, 0]


@pytest.mark.parametrize(
    ("fragment", "says"),
    [
        ("#net=nobody", "no network nobody"),
        ("#net=%", "no network %"),
        ("#edit=20:flip:3.1,21:flip", "no variable"),
        ("#edit=20:flip:9.1", "no variable 9.1"),
        ("#edit=20:flip:x", "no variable x"),
        ("#edit=20:set:3:+", "8 signs"),
        ("#edit=20:explode:3", "no edit explode"),
        ("#edit=-2:flip:3.1", "no edit at output step -2"),
        ("#edit=1e9:flip:3.1", "no edit at output step"),
        ("#edit=20", "no"),
        ("#input=zz", "input zz"),
        ("#input=00", "input 00"),
        ("#step=many&random=x&&=&%", ""),
    ],
)
def test_an_address_that_cannot_be_is_said_and_breaks_nothing(
    opened: Open, paper_page: Path, fragment: str, says: str
) -> None:
    page = opened(paper_page, fragment)
    assert says in page.said("[role=status]")
    assert page.ask("view.timeline.now") > 0


def test_an_address_that_changes_is_followed_and_says_what_is_seen(
    opened: Open, paper: list[Shown], paper_page: Path
) -> None:
    page = opened(paper_page)
    last = paper[-1].about["id"]
    wanted = f"#net={last}&basis=power&input=0123456789abcdef&edit=20:swap:7:8,24:set:8:+-+-+-+-&step=90&random=2"
    page.page.evaluate("hash => location.hash = hash", wanted)
    page.page.wait_for_function("() => document.getElementById('edit').emtvb.timeline.now === 98")
    assert page.page.evaluate("location.hash") == wanted
    assert page.page.get_by_role("combobox", name="Network").input_value() == last
    assert page.page.get_by_role("combobox", name="Basis").input_value() == "power"
    reading = page.ask("view.timeline.inputs.map(vector => [...vector])")
    bits = "".join("1" if value > 0 else "0" for vector in reading for value in vector)
    assert f"{int(bits, 2):016x}" == "0123456789abcdef"


def test_every_suggestion_leads_to_a_state_of_the_page(opened: Open, paper_page: Path) -> None:
    page = opened(paper_page)
    links = page.page.locator(".tries a")
    assert links.count() >= 3
    for i in range(links.count()):
        href = links.nth(i).get_attribute("href")
        links.nth(i).click()
        assert page.page.evaluate("location.hash").startswith(str(href).split("&step")[0])
        assert page.ask("view.timeline.edits.length") == 1
        assert page.said("[role=status]") == ""


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_it_fits_the_screen_and_has_the_scheme(opened: Open, paper_page: Path, width: int, scheme: str) -> None:
    page = opened(paper_page, "#edit=24:flip:5.3&step=124", width, scheme)
    assert page.page.evaluate("document.documentElement.scrollWidth") == width
    ground = page.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground)[:3])) < 3 * 128) == (scheme == "dark")
    for canvas in page.page.locator("canvas").all():
        colours = canvas.evaluate(
            "c => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size"
        )
        assert colours > 3
        box = canvas.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_a_screen_reader_is_told_what_everything_is(opened: Open, paper_page: Path) -> None:
    page = opened(paper_page, "#edit=24:flip:5.3&step=124")
    unnamed = page.page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, textarea, canvas, section")].filter(element =>
          !(element.getAttribute("aria-label") || element.labels?.[0]?.textContent.trim() || element.textContent.trim()
            || document.getElementById(element.getAttribute("aria-labelledby")))).map(element => element.outerHTML)"""
    )
    assert unnamed == []
    names = page.page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert len(names) == len(set(names))
    tree = page.page.locator("body").aria_snapshot()
    assert 'heading "Edit a running network" [level=1]' in tree
    assert re.search(r'button "variable 5, dimension 3: (plus|minus), reads -?\d\.\d\d"', tree)
    assert re.search(r'img "Network, edited: follows the edit: \d+ of 100 vectors', tree)


def test_what_is_misread_is_marked_and_counted(opened: Open, tmp_path: Path) -> None:
    task = ODD_TASKS[2]
    shown, _, memories = made_up(task, 7)
    write_text(tmp_path / "edit.html", document([shown]))
    page = opened(tmp_path / "edit.html", "#step=20")
    read = memories.read(page.states()[23])
    wrong = (np.where(read >= 0, 1, -1) != page.theory()[23]) & memories.kept
    assert 0 < wrong.sum() < memories.kept.sum()
    assert page.page.locator(".stored .wrong").count() == wrong.sum()
    assert f"{(~wrong & memories.kept).sum()} of {memories.kept.sum()} stored" in page.said(".reading")


def test_the_policy_forbids_what_the_page_does_not_do(opened: Open, paper_page: Path, tmp_path: Path) -> None:
    """And the tests would tell of a request: the same page with one, with and without its policy."""
    text = paper_page.read_text()
    assert "default-src 'none'" in text
    greedy = text.replace("<header>", '<header><img src="http://example.invalid/x.png">')
    (tmp_path / "greedy.html").write_text(greedy)
    (tmp_path / "open.html").write_text(greedy.replace('http-equiv="Content-Security-Policy"', ""))
    refused, asked = opened(tmp_path / "greedy.html"), opened(tmp_path / "open.html")
    address = "http://example.invalid/x.png"
    assert address in asked.complaints
    assert asked.failures[address] != "csp"
    assert refused.failures[address] == "csp"
    refused.complaints.clear()
    asked.complaints.clear()
