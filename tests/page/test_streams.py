"""Streams on the page: what it runs, what it says should follow, and edits, beside the package's own schedules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emtvb.experiments.streams.runs import StreamRun
from emtvb.files import write_text
from emtvb.page import content
from emtvb.page.content import Shown
from emtvb.page.document import page_text
from emtvb.page.stream_networks import shown_stream
from emtvb.theory import tasks
from emtvb.theory.networks import Network, nearest_bits, rollout
from emtvb.theory.schedule import INPUT, MARKER, Episodes, Schedule, episode_schedule

from ..conftest import make_network
from .conftest import Opened

pytestmark = pytest.mark.long

Open = Callable[..., Opened]
PUBLISHED = Path(__file__).parents[2] / "results" / "streams" / "measurements" / "page.npz"
CLOSE = 1e-4
D, HIDDEN = 3, 9
KINDS = {
    "repeats": (Episodes((2, 4), 5, 60), tasks.named("T1", D, 4)),
    "composes with signs": (
        Episodes((3, 4), 6, 60), tasks.from_composition([(3, 1, -1), (1, 0, 1), (2, 2, 1)], D, 4),
    ),
    "neither marker nor echo": (Episodes((3, 3), 4, None, marker=False, echo=False), tasks.named("T1", D, 3)),
}  # fmt: skip


def run_of(kind: str) -> StreamRun:
    episodes, task = KINDS[kind]
    return StreamRun(task, episodes, HIDDEN, 0.0, 7)


@pytest.fixture(params=KINDS)
def stream(request: pytest.FixtureRequest, opened: Open, tmp_path: Path) -> tuple[Opened, Shown, StreamRun]:
    """A page with a network that learned nothing: arithmetic must be right all the same."""
    run = run_of(request.param)
    shown = shown_stream(run, "T", make_network(D, HIDDEN, 3))
    write_text(tmp_path / "edit.html", page_text([shown]))
    return opened(tmp_path / "edit.html"), shown, run


def plan_of(shown: Shown, run: StreamRun) -> tuple[Schedule, np.ndarray]:
    """The page's stream as Python has it, and what is shown."""
    whole = Episodes(run.episodes.lengths, run.episodes.outputs, None, run.episodes.marker, run.episodes.echo)
    plan = episode_schedule(run.task, whole, shown.about["lengths"])
    inputs = np.zeros((len(plan), 1, run.task.d), np.float32)
    inputs[plan.shows == INPUT, 0] = shown.about["picture"]
    inputs[plan.shows == MARKER] = -1
    return plan, inputs


def expected_of(page: Opened) -> list[Any]:
    return page.ask("view.timeline.steps.slice(1).map(step => step.expected && [...step.expected])")


def test_it_runs_as_rollout_does_and_expects_what_the_schedule_asks(
    stream: tuple[Opened, Shown, StreamRun],
) -> None:
    page, shown, run = stream
    plan, inputs = plan_of(shown, run)
    page.turn(f"#net={run.run_id}&step={len(plan)}")
    states, outputs = rollout(Network(**shown.weights), inputs)
    np.testing.assert_allclose(page.states()[1:], states[:, 0], rtol=0, atol=CLOSE)
    np.testing.assert_allclose(page.outputs(), outputs[:, 0], rtol=0, atol=CLOSE)
    targets = plan.targets(inputs)[:, 0]
    for step, (found, shows) in enumerate(zip(expected_of(page), plan.shows, strict=True)):
        asked = shows not in (INPUT, MARKER) and targets[step].any()
        assert (found is not None) == asked
        if asked:
            np.testing.assert_array_equal(found, targets[step])


def test_an_edit_goes_through_the_lengths_own_basis_and_changes_what_follows(
    stream: tuple[Opened, Shown, StreamRun],
) -> None:
    page, shown, run = stream
    plan, inputs = plan_of(shown, run)
    opens = shown.about["opens"]
    page.turn(f"#net={run.run_id}&edit={opens['at']}:flip:{opens['what']}&step={len(plan)}")
    at, (variable, dimension) = opens["at"], map(int, opens["what"].split("."))
    n, sizes, d = shown.about["lengths"][0], shown.about["sizes"], run.task.d
    first = sum(size * d for size in sizes if size < n)
    place = (variable - 1 - (run.task.s - n)) * d + dimension
    old = page.theory("plain")[at][(variable - 1) * d + dimension]
    step = -2 * old * shown.bases["data"]["basis"][:, first + place]
    before = page.states("unedited")[at]
    np.testing.assert_allclose(page.states()[at], before + step, rtol=0, atol=CLOSE)
    _, outputs = rollout(Network(**shown.weights), inputs[at:], page.states()[at][None].astype(np.float32))
    np.testing.assert_allclose(page.outputs()[at:], outputs[:, 0], rtol=0, atol=CLOSE)
    # It should change outputs of the first episode, and none of the next one's.
    steps = page.ask(
        "[...view.timeline.steps.keys()].filter(k => { const { expected, otherwise } = view.timeline.steps[k];"
        " return expected && !view.timeline.task.agrees(otherwise, expected) })"
    )
    assert steps
    assert all(at < k <= plan.places[0].stop for k in steps)


def test_what_is_read_is_the_basis(stream: tuple[Opened, Shown, StreamRun]) -> None:
    page, shown, run = stream
    place = plan_of(shown, run)[0].places[1]  # the longest episode
    page.turn(f"#net={run.run_id}&step={place.first_output + 1}")
    rows = shown.bases["data"]["dual"][-place.length * run.task.d :]
    read = rows @ (page.states()[place.first_output + 1] - shown.bases["data"]["centre"][-1])
    m = page.theory()[place.first_output + 1]
    wrong = (np.where(read >= 0, 1, -1) != m) & (m != 0)
    assert page.page.locator(".stored .wrong").count() == wrong.sum()
    assert f"{(~wrong & (m != 0)).sum()} of {(m != 0).sum()} elements" in page.said(".reading")


def test_it_cannot_be_edited_while_it_reads(stream: tuple[Opened, Shown, StreamRun]) -> None:
    page, shown, run = stream
    second = plan_of(shown, run)[0].places[1]
    page.turn(f"#net={run.run_id}&step={second.start + 1}")
    page.ask("view.edit({ kind: 'flip', what: '1.0' })")
    left = second.length - 1 + run.episodes.gap
    assert f"{left} more steps" in page.said("[role=status]")
    page.turn(f"#net={run.run_id}&edit={second.start + 1}:flip:4.0&step={second.start + 1}")
    assert page.ask("view.timeline.edits.length") == 0
    assert "Not all of the address" in page.said("[role=status]")


def test_the_end_marker_is_no_vector(opened: Open, tmp_path: Path) -> None:
    run = run_of("repeats")
    shown = shown_stream(run, "T1", make_network(D, HIDDEN, 3))
    assert all(1 in vector for vector in shown.about["picture"])
    write_text(tmp_path / "edit.html", page_text([shown]))
    page = opened(tmp_path / "edit.html")
    before = page.states()
    page.page.locator("button.minus").click()
    assert "end marker" in page.said("[role=status]")
    np.testing.assert_array_equal(page.states()[: len(before)], before)
    for _ in range(20):
        page.page.locator("button.random").click()
        shown_now = page.ask("view.timeline.inputs.filter(vector => vector).map(vector => [...vector])")
        markers = sum(all(value < 0 for value in vector) for vector in shown_now)
        assert markers == len(shown.about["lengths"])


def test_an_address_gives_back_vectors_edits_and_step(stream: tuple[Opened, Shown, StreamRun]) -> None:
    page, shown, run = stream
    page.page.locator("button.random").click()
    opens = shown.about["opens"]
    page.ask(f"view.edit({{ kind: 'flip', what: '{opens['what']}' }})")
    page.ask("view.stop()")
    page.turn("#" + "&".join(f"{name}={value}" for name, value in page.ask("view.state()").items() if value))
    assert [edit["at"] for edit in page.ask("view.timeline.edits")] == [opens["at"]]
    state, states = page.ask("view.state()"), page.states()
    page.go("#" + "&".join(f"{name}={value}" for name, value in state.items() if value is not None))
    np.testing.assert_array_equal(page.states(), states)
    assert page.ask("view.state()") == state
    assert run.run_id == state["net"]


def test_it_fits_narrow_screens_and_says_what_it_is(opened: Open, tmp_path: Path) -> None:
    run = run_of("repeats")
    write_text(tmp_path / "edit.html", page_text([shown_stream(run, "T1", make_network(D, HIDDEN, 3))]))
    page = opened(tmp_path / "edit.html", width=400)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.page.title() == page.said("h1") == "Edit a running network on streams"
    assert "others take their place" in page.said("header")
    assert not page.page.locator("section.running").is_visible()


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="results/streams has no page's networks here")
def test_every_published_network_opens_with_an_edit_and_the_best_obeys_it(opened: Open, tmp_path: Path) -> None:
    networks = content.read_networks(PUBLISHED)
    write_text(tmp_path / "edit.html", page_text(networks))
    page = opened(tmp_path / "edit.html")
    page.page.emulate_media(reduced_motion="reduce")
    for shown in networks:
        page.turn(f"#net={shown.about['id']}")
        page.page.locator("button.run").click()
        count = page.ask("view.timeline.share('edited', view.view)")
        assert count["changing"] > 0
        if shown is networks[0]:
            assert count["changed"] == count["changing"]
            assert count["follows"] == count["of"]
            assert page.ask("view.timeline.share('unedited', view.view).changed") == 0
    titles = page.page.locator("select").first.locator("option").all_inner_texts()
    assert len(set(titles)) == len(networks)
    # After an episode's last output the next one hears nothing of an edit.
    links = page.page.locator(".tries a")
    assert links.count() == 1 + len(networks)
    links.nth(1).click()
    page.page.wait_for_function("() => !document.getElementById('edit').emtvb.running")
    assert page.said(".score").startswith("No output should change;")
    edited, alone = (nearest_bits(page.outputs(name)) for name in ("edited", "unedited"))
    after = networks[0].about["lengths"][0] + 1 + networks[0].about["outputs"]
    asked = np.array([one is not None for one in expected_of(page)])
    assert (edited[after:] == alone[after:])[asked[after:]].all()
