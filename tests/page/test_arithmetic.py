"""The page's arithmetic in a browser beside the package's own, for networks, tasks and edits of any kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from emtvb.adapters.elman import Elman
from emtvb.core.editing.continuation import FUTURE
from emtvb.core.memories import VariableMemories
from emtvb.files import write_text
from emtvb.page.content import Shown
from emtvb.page.document import page_text
from emtvb.theory.interventions import edit_first_sequence, negate_element, put_values, swap_variables
from emtvb.theory.networks import Network, nearest_bits, rollout
from emtvb.theory.sequences import record_inputs
from emtvb.theory.tasks import Task, from_composition

from .conftest import ODD_TASKS, Opened, made_up

Open = Callable[..., Opened]
STEPS = 200
CLOSE = 1e-4


def inputs_of(about: dict, steps: int) -> np.ndarray:
    x = np.zeros((about["s"] + steps, 1, about["d"]), dtype=np.float32)
    x[: about["s"], 0] = about["picture"]
    return x


some_and_every_network = pytest.mark.parametrize(
    "share",
    [pytest.param(slice(None, None, 4), id="some"), pytest.param(slice(None), id="every", marks=pytest.mark.long)],
)


@some_and_every_network
def test_networks_of_the_page_run_as_rollout_does(
    opened: Open, paper: list[Shown], paper_page: Path, share: slice
) -> None:
    page = opened(paper_page)
    for shown in paper[share]:
        page.turn(f"#net={shown.about['id']}&step={STEPS}")
        states, outputs = rollout(Network(**shown.weights), inputs_of(shown.about, STEPS))
        assert page.states().shape[0] == shown.about["s"] + STEPS + 1
        np.testing.assert_allclose(page.states()[1:], states[:, 0], rtol=0, atol=CLOSE)
        assert (nearest_bits(page.outputs()) == nearest_bits(outputs[:, 0])).all()


def flip_one(task: Task, variable: int, dimension: int, m: np.ndarray) -> np.ndarray:
    return negate_element(task.theory, m, variable, dimension)


def task_of(about: dict) -> Task:
    d, rows = about["d"], slice(-about["d"], None)
    reads = zip(about["source"][rows], about["signs"][rows], strict=True)
    return from_composition([(i // d + 1, i % d, sign) for i, sign in reads], d, about["s"], about["task"])


def memories_of(shown: Shown, basis: str, task: Task) -> VariableMemories:
    kept, parts = task.theory.persistent, shown.bases[basis]
    hidden = len(parts["centre"])
    full = np.zeros((hidden, kept.size)), np.zeros((kept.size, hidden))
    full[0][:, kept], full[1][kept] = parts["basis"], parts["dual"]
    return VariableMemories(*full, kept, parts["centre"].astype(np.float64))


@some_and_every_network
def test_networks_of_the_page_are_edited_as_interventions_do_through_every_basis(
    opened: Open, paper: list[Shown], paper_page: Path, share: slice
) -> None:
    page = opened(paper_page)
    for shown in paper[share]:
        task, system = task_of(shown.about), Elman(Network(**shown.weights))
        at, element = task.theory.settled_step + 3, int(np.flatnonzero(task.theory.persistent)[3])
        variable, dimension = element // task.d + 1, element % task.d
        recording = record_inputs(system, task, inputs_of(shown.about, 0)[: task.s], at)
        for basis in shown.bases:
            page.turn(
                f"#net={shown.about['id']}&basis={basis}&edit={at}:flip:{variable}.{dimension}&step={at + FUTURE}"
            )
            memories = memories_of(shown, basis, task)
            done = edit_first_sequence(
                system, task.theory, memories, recording, at, partial(flip_one, task, variable, dimension)
            )
            after = slice(task.s + at, None)
            assert (nearest_bits(page.outputs()[after]) == nearest_bits(done.outputs)).all()
            assert (page.theory()[after][1:, -task.d :] == done.expected).all()
            assert (page.theory("plain")[after][1:, -task.d :] == done.unedited).all()
            followed = (nearest_bits(done.outputs) == done.expected).all(axis=1)
            assert page.ask("view.timeline.share('edited', view.timeline.now).follows") == followed.sum()
            read = page.ask(
                "[...view.timeline.basis.read(view.timeline.steps[given[0]].states.unedited, given[1])]",
                task.s + at,
                task.s * task.d,
            )
            read = np.array([np.nan if value is None else value for value in read])
            np.testing.assert_allclose(
                read[memories.stored], memories.read(recording.states[at, 0])[memories.stored], rtol=1e-3, atol=1e-3
            )


EDITS = {
    "flip": lambda task: ("flip:1", lambda m: _all(task, m, -1.0)),
    "flip one": lambda task: (
        f"flip:{task.s}.{task.d - 1}",
        lambda m: negate_element(task.theory, m, task.s, task.d - 1),
    ),
    "set": lambda task: (f"set:{task.s}:{'+' * task.d}", lambda m: put_values(task.theory, m, task.s, [1] * task.d)),
    "swap": lambda task: (f"swap:1:{task.s}", lambda m: swap_variables(task.theory, m, 1, task.s)),
    "halve": lambda task: ("halve:1", lambda m: _all(task, m, 0.5)),
}


def _all(task: Task, m: np.ndarray, factor: float) -> np.ndarray:
    after = m.copy()
    after[..., : task.d] *= factor
    return after


@pytest.mark.parametrize(
    "task",
    [pytest.param(task, marks=() if task.name in ("mixed", "one") else pytest.mark.long) for task in ODD_TASKS],
    ids=lambda task: task.name,
)
def test_edits_of_any_task_at_any_time_are_those_of_interventions(opened: Open, tmp_path: Path, task: Task) -> None:
    shown, network, memories = made_up(task, 7)
    write_text(tmp_path / "edit.html", page_text([shown]))
    page = opened(tmp_path / "edit.html")
    system = Elman(network)
    for at in (0, 1, task.theory.settled_step, task.theory.settled_step + task.s + 1):
        recording = record_inputs(system, task, inputs_of(shown.about, 0)[: task.s], at)
        for make in EDITS.values():
            text, change = make(task)
            done = edit_first_sequence(system, task.theory, memories, recording, at, change)
            page.turn(f"#edit={at}:{text}&step={at + FUTURE}")
            if "changes nothing" in page.said("[role=status]"):
                assert not (change(done.before) != done.before)[memories.stored].any()
                continue
            after = slice(task.s + at, None)
            np.testing.assert_allclose(page.theory()[task.s + at], done.after, atol=1e-12)
            np.testing.assert_allclose(page.theory()[after][1:, -task.d :], done.expected, atol=1e-12)
            np.testing.assert_allclose(page.outputs()[after][:5], done.outputs[:5], rtol=1e-3, atol=1e-3)


def test_edits_one_after_the_other_add_up_and_an_address_with_both_is_the_same(opened: Open, tmp_path: Path) -> None:
    task = ODD_TASKS[2]
    shown, network, memories = made_up(task, 9, seed=3)
    write_text(tmp_path / "edit.html", page_text([shown]))
    page = opened(tmp_path / "edit.html", "#edit=12:flip:2.1,15:swap:1:3&step=20")
    states = page.states()
    recording = record_inputs(Elman(network), task, inputs_of(shown.about, 0)[: task.s], 12)
    m = recording.labels[12]
    after = negate_element(task.theory, m, 2, 1)
    state = recording.states[12] + memories.change(m, after)
    state, _ = Elman(network).coast(state, 3)
    m = after @ np.linalg.matrix_power(task.theory.phi, 3).T
    state = state[-1] + memories.change(m, swap_variables(task.theory, m, 1, 3))
    np.testing.assert_allclose(states[task.s + 15], state[0], atol=1e-4)
    assert page.ask("view.state().edit") == "12:flip:2.1,15:swap:1:3"


def test_inputs_of_another_amplitude_are_those_of_the_network_and_of_the_address(opened: Open, tmp_path: Path) -> None:
    task = ODD_TASKS[1]
    shown, network, _memories = made_up(task, 11)
    write_text(tmp_path / "edit.html", page_text([shown]))
    page = opened(tmp_path / "edit.html", "#step=20")
    choice = page.page.get_by_role("combobox", name="All inputs times")
    for factor in (0.25, 4.0, 1.0):
        choice.select_option(f"{factor:g}")
        inputs = np.zeros((task.s + 20, 1, task.d), np.float32)
        inputs[: task.s] = factor * inputs_of(shown.about, 0)[: task.s]
        states, _ = Elman(network).drive(inputs)
        np.testing.assert_allclose(page.states()[1:], states[:, 0], atol=1e-4)
        assert ("amplitude" in page.page.evaluate("location.hash")) == (factor != 1)
        assert choice.input_value() == f"{factor:g}"
    page.turn("#step=20&amplitude=0.5")
    assert choice.input_value() == "0.5"
    assert np.abs(page.theory()).max() == 0.5
    page.turn("#step=20&amplitude=3")
    assert choice.input_value() == "1", "what is not offered is as at the beginning"


def test_the_random_push_is_as_long_as_the_edit_and_in_another_direction_each_time(
    opened: Open, tmp_path: Path
) -> None:
    task = ODD_TASKS[1]
    shown, network, _memories = made_up(task, 11)
    write_text(tmp_path / "edit.html", page_text([shown]))
    page = opened(tmp_path / "edit.html")
    directions = []
    for seed in (0, 1, 2):
        page.turn(f"#edit=20:flip:4.2&step=25&random={seed}")
        step = task.s + 20
        change = page.states("edited")[step] - page.states("unedited")[step]
        pushed = page.states("random")[step] - page.states("unedited")[step]
        assert np.linalg.norm(pushed) == pytest.approx(np.linalg.norm(change), rel=1e-5)
        directions.append(pushed / np.linalg.norm(pushed))
        _, outputs = Elman(network).coast(page.states("random")[step][None].astype(np.float32), 5)
        np.testing.assert_allclose(page.outputs("random")[step:], outputs[:, 0], atol=1e-4)
    cosines = np.array(directions) @ np.array(directions).T
    assert (np.abs(cosines[np.triu_indices(3, 1)]) < 0.95).all()
