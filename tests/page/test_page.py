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

from emtvb.adapters.elman import Elman
from emtvb.core.editing.continuation import FUTURE
from emtvb.files import write_text
from emtvb.page.content import Shown
from emtvb.page.document import page_text
from emtvb.theory import interventions
from emtvb.theory.networks import Network, nearest_bits, rollout
from emtvb.theory.sequences import record_inputs

from .conftest import ODD_TASKS, Opened, made_up
from .test_arithmetic import inputs_of, memories_of, task_of

Open = Callable[..., Opened]
ROWS = ("theory", "edited", "unedited", "random")
SCREENS = list(itertools.product((1280, 400), ("light", "dark")))
STORED = "What it stores: a column is a variable, the oldest first"


def cell(page: Opened, board: str, variable: int, dimension: int) -> Locator:
    what = "variable" if board == STORED else "vector"
    return page.page.get_by_role("group", name=board).get_by_role(
        "button", name=re.compile(f"^{what} {variable}, dimension {dimension}:")
    )


def check_future(page: Opened, shown: Shown, at: int, change: Callable[..., Any]) -> None:
    """After an edit at that output step the page ran on as Python says, and counts what Python counts."""
    task, system = task_of(shown.about), Elman(Network(**shown.weights))
    recording = record_inputs(system, task, inputs_of(shown.about, 0)[: task.s], at)
    done = interventions.edit_first_sequence(
        system, task.theory, memories_of(shown, "data", task), recording, at, change
    )
    page.run_on(at + FUTURE, shown.about["s"])
    future = page.outputs()[shown.about["s"] + at :]
    assert (nearest_bits(future) == nearest_bits(done.outputs)).all()
    right = (nearest_bits(done.outputs) == done.expected).all(axis=1)
    should = (nearest_bits(done.expected) != nearest_bits(done.unedited)).any(axis=1)
    left = (nearest_bits(page.outputs("unedited")[shown.about["s"] + at :]) == done.expected).all(axis=1)
    random = (nearest_bits(page.outputs("random")[shown.about["s"] + at :]) == done.expected).all(axis=1)
    for name, obeys in {"edited": right, "unedited": left, "random": random}.items():
        said = page.said(f".row.{name} .count")
        assert f"{(obeys & should).sum()} of {should.sum()} changed as they should" in said
        assert f"{(obeys & ~should).sum()} of {(~should).sum()} stayed" in said
    of = should.sum()
    assert page.said(".score") == (
        f"{(right & should).sum()} of {of} outputs that should change did; "
        f"left alone {(left & should).sum()} of {of}; at random {(random & should).sum()} of {of}."
    )
    assert page.said("[role=status]") == page.said(".score")


@pytest.mark.long
@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_a_mouse_flips_a_bit_and_the_future_is_pythons(
    opened: Open, paper: list[Shown], paper_page: Path, width: int, scheme: str
) -> None:
    page = opened(paper_page, "#step=27", width, scheme)
    cell(page, STORED, 5, 3).click()
    check_future(page, paper[0], 27, lambda m: interventions.negate_element(task_of(paper[0].about).theory, m, 5, 3))
    assert page.ask("view.state().edit") == "27:flip:5.3"


@pytest.mark.long
@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_a_keyboard_does_all_that_a_mouse_does(opened: Open, paper_page: Path, width: int, scheme: str) -> None:
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
    assert page.ask("view.state().edit") == "27:flip:5.3"
    page.go("#step=30")
    page.page.locator("#edit").focus()
    tab_to("8 signs")
    keys.press("Control+a")
    keys.type("++--++--")
    tab_to("Set")
    keys.press("Space")
    assert page.ask("view.state().edit") == "30:set:8:++--++--"


@pytest.mark.long
def test_the_form_sets_swaps_halves_and_flips_and_a_click_halves_one_bit(opened: Open, paper_page: Path) -> None:
    """As the address then says; what such an edit does is what test_arithmetic.py tests."""
    page = opened(paper_page)
    for button, edit in {"set": "set:3:-+-+-+-+", "swap": "swap:3:6", "halve": "halve:3", "flip": "flip:3"}.items():
        page.go("#step=25")
        page.page.locator("select.variable").select_option("3")
        page.page.locator("select.other").select_option("6")
        page.page.locator(f"button.{button}").click()
        assert page.ask("view.state().edit") == f"25:{edit}"
    page.go("#step=25")
    page.page.locator("select.kind").select_option("halve")
    cell(page, STORED, 2, 4).click()
    assert page.ask("view.state().edit") == "25:halve:2.4"


@pytest.mark.long
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
    cell(page, board, 8, 7).scroll_into_view_if_needed()
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


@pytest.mark.long
def test_nothing_is_counted_before_an_edit(opened: Open, paper_page: Path) -> None:
    page = opened(paper_page)
    for state, begins in {"": 1, "#step=40": 17}.items():
        page.go(state)
        assert [page.said(f".row.{name} .count") for name in ROWS] == [f"no edit yet; from step {begins}", "", "", ""]
        assert page.said(".score") == ""
    page.go()
    page.page.locator("button.run").click()
    page.page.wait_for_function("() => document.querySelector('.row.edited .count').textContent.includes(' of ')")


@pytest.mark.long
def test_it_runs_stops_steps_and_goes_back(opened: Open, paper_page: Path) -> None:
    page = opened(paper_page, "#step=-8")
    assert "reading vector 0" in page.said(".time .clock")
    cell(page, STORED, 5, 3).click()
    assert "8 more steps" in page.said("[role=status]")
    page.page.locator("button.step").click()
    assert "reading vector 1 of 8" in page.said(".time .clock")
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
    assert page.ask("[view.timeline.now, view.timeline.edits.length, view.running]") == [0, 0, False]


@pytest.mark.long
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


@pytest.mark.long
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


@pytest.mark.long
def test_every_suggestion_leads_to_a_state_of_the_page(opened: Open, paper_page: Path) -> None:
    page = opened(paper_page)
    links = page.page.locator(".tries a")
    assert links.count() >= 3
    for i in range(links.count()):
        href = links.nth(i).get_attribute("href")
        links.nth(i).click()
        assert page.page.evaluate("location.hash").startswith(str(href).split("&step")[0])
        assert page.ask("view.timeline.edits.length") == 1
        assert page.ask("view.running")
        assert page.said("[role=status]") == links.nth(i).inner_text()


@pytest.mark.long
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


@pytest.mark.long
def test_a_screen_reader_is_told_what_everything_is(opened: Open, paper_page: Path) -> None:
    page = opened(paper_page, "#edit=24:flip:3.4&step=124")
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
    assert re.search(r'img "Network, edited: 13 of 13 changed as they should', tree)
    page.page.locator("button.step").click()
    live = page.page.get_by_role("status")
    assert live.get_attribute("aria-live") == "polite"
    assert re.fullmatch(r"output step 125: [-+]{8}, as it should\.", live.inner_text())


def hold_time(page: Opened, fragment: str = "") -> Callable[[int], None]:
    """Open a page whose clock stands still; returns what lets so many milliseconds pass there."""
    page.page.clock.install(time=0)
    page.page.clock.pause_at(1000)
    page.go(fragment)
    return page.page.clock.run_for


@pytest.mark.parametrize("width", [1280, pytest.param(400, marks=pytest.mark.long)])
def test_it_opens_paused_before_an_edit_that_a_button_makes(opened: Open, paper_page: Path, width: int) -> None:
    page = opened(paper_page, width=width)
    assert page.ask("[view.view, view.timeline.edits.length, view.running]") == [32, 0, False]
    assert "step" not in page.page.evaluate("location.hash"), "so that it opens so again"
    assert page.said(".score") == ""
    (square,) = page.page.locator(".stored .next").all()
    assert (square.get_attribute("aria-label") or "").startswith("variable 3, dimension 4:")
    assert page.said("button.run") == "Edit and run"
    page.page.locator("button.run").click()
    assert page.page.locator(".stored .next").count() == 0
    assert page.ask("view.state().edit") == "24:flip:3.4"
    page.run_on(124, 8)
    assert page.said(".score") == "13 of 13 outputs that should change did; left alone 0 of 13; at random 0 of 13."
    assert page.said("[role=status]") == page.said(".score")


@pytest.mark.long
def test_every_network_of_it_opens_with_an_edit_that_changes_something(
    opened: Open, paper: list[Shown], paper_page: Path
) -> None:
    page = opened(paper_page)
    for shown in paper:
        page.turn(f"#net={shown.about['id']}")
        page.page.locator("button.run").click()
        page.run_on(124, 8)
        share = page.ask("view.timeline.share('edited', view.timeline.now)")
        assert share["changing"] > 0
        if shown.about.get("stored"):
            assert share["changed"] == share["changing"]


@pytest.mark.long
def test_who_wants_no_motion_sees_the_end_at_once(opened: Open, paper_page: Path) -> None:
    page = opened(paper_page)
    page.page.emulate_media(reduced_motion="reduce")
    page.go()
    page.page.locator("button.run").click()
    assert page.ask("[view.view, view.running]") == [132, False]
    page.page.locator(".tries a").nth(1).click()
    assert page.ask("[view.view, view.running]") == [132, False]
    assert "24:swap:8:7" in page.page.evaluate("location.hash")


@pytest.mark.long
@pytest.mark.parametrize("height", [700, 800, 900])
def test_cause_and_effect_are_on_one_screen(opened: Open, paper_page: Path, height: int) -> None:
    """Beside each other on a wide screen; on a narrow one the board stays above the strips that are scrolled to."""
    for width in (1280, 400):
        page = opened(paper_page, "#edit=24:flip:3.4&step=124", width)
        page.page.set_viewport_size({"width": width, "height": height})
        if width == 400:
            page.page.locator(".strips").evaluate("strips => strips.scrollIntoView({ block: 'end' })")
        boxes = [page.page.locator(".stored .board").bounding_box()]
        boxes += [page.page.locator(f".row.{name} canvas").bounding_box() for name in ROWS]
        for box in boxes:
            assert box
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= height
        board, strips = boxes[0], boxes[1:]
        for strip in strips:
            assert strip["x"] >= board["x"] + board["width"] or strip["y"] >= board["y"] + board["height"]


@pytest.mark.long
def test_on_a_phone_a_square_is_wide_as_a_thumb_and_what_follows_a_click_comes_into_sight(
    opened: Open, paper_page: Path
) -> None:
    page = opened(paper_page, "", 390)
    page.page.set_viewport_size({"width": 390, "height": 844})
    page.page.emulate_media(reduced_motion="reduce")
    square = page.page.locator(".stored .board button").nth(20)
    box = square.bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 32
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    square.click()
    for place in (".stored .board", *(f".row.{name} canvas" for name in ROWS)):
        shown = page.page.locator(place).bounding_box()
        assert shown
        assert shown["y"] >= 0
        assert shown["y"] + shown["height"] <= 845  # of a pixel, parts


@pytest.mark.long
@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_the_result_is_beside_the_board_and_targets_are_large_enough(
    opened: Open, paper_page: Path, width: int, scheme: str
) -> None:
    page = opened(paper_page, "#edit=24:flip:3.4&step=124", width, scheme)
    board, score = (page.page.locator(place).bounding_box() for place in (".stored .board", ".score"))
    assert board
    assert score
    beside = score["x"] >= board["x"] + board["width"] and score["y"] < board["y"] + board["height"]
    assert beside == (width == 400)
    assert abs(score["y"] - board["y"] - board["height"]) < 60 or beside
    small = page.page.evaluate(
        """() => [...document.querySelectorAll("button, a, select, input, summary, textarea")]
          .filter(element => element.offsetParent).map(element => [element.outerHTML, element.getBoundingClientRect()])
          .filter(([, box]) => box.width < 24 || box.height < 24)"""
    )
    assert small == []


@pytest.mark.long
def test_counts_begin_with_the_first_output_that_should_change(opened: Open, paper_page: Path) -> None:
    page = opened(paper_page, "#edit=24:flip:3.4&step=26")
    assert page.said(".score") == page.said(".row.edited .count") == ""
    page.page.locator("button.step").click()
    assert page.said(".score").startswith("1 of 1 outputs that should change did;")
    assert page.said(".row.edited .count") == "1 of 1 changed as they should, 2 of 2 stayed"


@pytest.mark.long
@pytest.mark.parametrize("output_step", [24, 40, 60, 124])
def test_strips_are_filled_to_a_third_at_least(opened: Open, paper_page: Path, output_step: int) -> None:
    page = opened(paper_page, f"#edit=24:flip:3.4&step={output_step}")
    share = page.page.locator(".row.edited canvas").evaluate(
        """c => { const { data } = c.getContext("2d").getImageData(0, c.height / 2 + 2, c.width, 1);
          let last = 0;
          for (let x = 4; x < c.width - 4; x++) if (data[4 * x + 3] === 255) last = x;
          return last / c.width }"""
    )
    assert share > 1 / 3


@pytest.mark.long
def test_a_keyboard_never_goes_under_the_board(opened: Open, paper_page: Path) -> None:
    page = opened(paper_page, "#edit=24:flip:3.4&step=124", 400)
    page.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    keys = page.page.keyboard
    page.page.locator(".share").focus()
    for _ in range(6):
        keys.press("Shift+Tab")
        hidden = page.page.evaluate(
            """() => { const focused = document.activeElement, box = focused.getBoundingClientRect();
              const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
              return !(focused === top || focused.contains(top)) }"""
        )
        assert not hidden


@pytest.mark.long
def test_a_click_shows_what_it_changed_before_it_runs_on(opened: Open, paper_page: Path) -> None:
    page = opened(paper_page)
    run_for = hold_time(page)
    for running in (False, True):
        page.go("#step=27")
        if running:
            page.page.locator("button.run").click()
            run_for(1000)
            assert page.ask("view.view") > 35
        at = page.ask("view.view")
        cell(page, STORED, 5, 3).click()
        run_for(1000)
        assert page.ask("[view.view, view.timeline.edits[0].at, view.running]") == [at, at, True]
        assert page.page.locator(".stored .edited").count() == 1
        assert "edited" in (cell(page, STORED, 5, 3).get_attribute("class") or "").split()
        run_for(2000)
        assert page.ask("view.view") > at
        assert page.page.locator(".stored .edited").count() == 0


@pytest.mark.long
def test_run_starts_over_at_the_end_and_shows_the_edit_again(opened: Open, paper_page: Path) -> None:
    page = opened(paper_page)
    run_for = hold_time(page, "#edit=24:flip:3.4,26:flip:2.1&step=126")
    outputs = page.outputs()
    page.page.locator("button.run").click()
    assert page.ask("[view.view - 8, view.running, view.timeline.edits.length]") == [16, True, 2]
    run_for(1500)
    assert page.ask("view.view - 8") == 24  # where it stands still, since it was edited there
    page.page.get_by_label("Steps a second").select_option("60")
    run_for(20_000)
    assert page.ask("[view.view - 8, view.running, view.timeline.edits.length]") == [126, False, 2]
    np.testing.assert_array_equal(page.outputs(), outputs)
    page.page.locator("button.back").click()
    page.page.locator("button.run").click()
    run_for(60_000)
    assert page.ask("[view.view, view.running]") == [1000, False]
    page.page.locator("button.run").click()
    assert page.ask("[view.view, view.running]") == [0, True]


@pytest.mark.long
def test_back_stays_on_the_page_and_goes_to_what_was_seen(opened: Open, paper: list[Shown], paper_page: Path) -> None:
    page = opened(paper_page, "#step=30")
    seen = [page.page.evaluate("location.hash")]
    acts: list[Callable[[], Any]] = [
        lambda: page.page.locator(".tries a").nth(2).click(),
        lambda: page.page.get_by_role("combobox", name="Network").select_option(paper[-1].about["id"]),
        lambda: cell(page, STORED, 7, 3).click(),
        lambda: page.page.locator("button.undo").click(),
        lambda: page.page.locator("button.minus").click(),
    ]
    for act in acts:
        act()
        page.ask("view.stop()")
        seen.append(page.page.evaluate("location.hash"))
    assert len(set(seen)) == len(seen)
    for hash_before in seen[-2::-1]:
        page.page.evaluate("history.back()")
        page.page.wait_for_function("wanted => location.hash === wanted", arg=hash_before)
        wanted = dict(part.split("=", 1) for part in hash_before[1:].split("&"))
        page.page.wait_for_function(
            "wanted => { const state = document.getElementById('edit').emtvb.state();"
            " return state.net === wanted.net && (state.edit ?? '') === (wanted.edit ?? '') }",
            arg=wanted,
        )
    page.page.evaluate("history.forward()")
    page.page.wait_for_function("wanted => location.hash === wanted", arg=seen[1])


@pytest.mark.long
def test_the_link_to_what_is_seen_is_shared(opened: Open, paper_page: Path) -> None:
    page = opened(paper_page, "#edit=24:flip:3.4&step=60")
    page.page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async text => (window.copied = text) } })"
    )
    page.page.locator("button.share").click()
    page.page.wait_for_function("window.copied")
    link = page.page.evaluate("window.copied")
    assert link == page.page.evaluate("location.href")
    assert "is copied" in page.said("[role=status]")
    page.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
    page.page.locator("button.share").click()
    field = page.page.get_by_label("The link to what is seen")
    field.wait_for()
    assert field.input_value() == link
    assert page.page.evaluate("document.activeElement.selectionEnd") == len(link)
    states = page.states()
    page.go(link.removeprefix(paper_page.as_uri()))
    np.testing.assert_array_equal(page.states(), states)


@pytest.mark.long
def test_what_is_misread_is_marked_and_counted(opened: Open, tmp_path: Path) -> None:
    task = ODD_TASKS[2]
    shown, _, memories = made_up(task, 7)
    write_text(tmp_path / "edit.html", page_text([shown]))
    page = opened(tmp_path / "edit.html", "#step=20")
    read = memories.read(page.states()[23])
    wrong = (np.where(read >= 0, 1, -1) != page.theory()[23]) & memories.stored
    assert 0 < wrong.sum() < memories.stored.sum()
    assert page.page.locator(".stored .wrong").count() == wrong.sum()
    assert f"{(~wrong & memories.stored).sum()} of {memories.stored.sum()} stored" in page.said(".reading")


@pytest.mark.long
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
