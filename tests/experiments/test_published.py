"""Published networks by their names: found wherever results lie, opened from packed weights, and what was measured."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import emtvb
from emtvb.errors import InputError
from emtvb.experiments import results
from emtvb.experiments.published import Published
from emtvb.making.packed_weights import WEIGHTS
from emtvb.theory import tasks

pytestmark = pytest.mark.long  # what is published, and the guide, by the public face

PUBLISHED = Path(__file__).parents[2] / "results"
RNN = "T1_h128_l2-0_thr-0.98_seed1_p0c258465"
ELSEWHERE = "lstm_T1_h128_l2-0_thr-0.98_seed1_p0c258465"


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without results."""
    monkeypatch.delenv("EXPERIMENT_OUTPUT_DIR", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in a wheel: the package lies in no clone."""
    monkeypatch.setattr(results, "ROOT", tmp_path / "site-packages")


def copied(folder: Path) -> Path:
    """The published experiment of other architectures as a clone has it: with packed weights alone."""
    unkept = shutil.ignore_patterns("figures", "weights.safetensors")
    made = shutil.copytree(PUBLISHED / "architectures", folder / "architectures", ignore=unkept)
    for path in PUBLISHED.glob(f"architectures/architectures/*/{WEIGHTS}"):
        shutil.copy(path, made / "architectures" / path.parent.name)
    return folder


def test_a_network_knows_its_task_and_its_training() -> None:
    network = emtvb.load("T4_h64_l2-0_thr-0.98_seed4")
    assert network.run(np.ones((3, 2, 8), dtype=np.float32))[0].shape == (3, 2, 64)
    assert (network.task, network.settings.seed, network.state_dim) == (tasks.named("T4"), 4, 64)


def test_weights_are_unpacked_where_a_clone_has_them_packed(tmp_path: Path, alone: None) -> None:
    copied(tmp_path / "results")
    assert not list(tmp_path.glob(f"results/architectures/training/*/{WEIGHTS}"))
    again = emtvb.load(RNN)
    expected = results.find_run(str(PUBLISHED / "architectures" / RNN)).network()
    assert np.array_equal(again.system.network.W_hh, expected.W_hh)
    assert emtvb.load(f"results/architectures/{RNN}").name == RNN


def test_it_is_found_where_results_are_said_to_be_then_here_then_in_the_packages_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "ROOT", tmp_path / "clone")
    (tmp_path / "clone" / "workflow" / "rules").mkdir(parents=True)
    found = []
    for folder in ("clone/results", "results", "said"):
        copied(tmp_path / folder)
        if folder == "said":
            monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", "said")
        found.append(results.find_run(ELSEWHERE).folder.resolve().parent)
    assert found == [tmp_path / folder for folder in ("clone/results", "results", "said")]
    shutil.rmtree(tmp_path / "said" / "architectures")
    assert results.find_run(ELSEWHERE).folder.resolve().parent == tmp_path / "results"


def test_a_run_of_two_experiments_is_asked_for_by_its_folder(tmp_path: Path, alone: None) -> None:
    copied(tmp_path / "results")
    shutil.copytree(tmp_path / "results" / "architectures", tmp_path / "results" / "more")
    with pytest.raises(InputError, match=r"is in 2 experiments; write results/architectures/\S+ or results/more/"):
        emtvb.load(RNN)
    assert isinstance(emtvb.load(f"results/more/{RNN}"), Published)


def test_a_run_and_its_reprint_by_the_reference_trainer_are_told_apart(tmp_path: Path, alone: None) -> None:
    """The id alone means the run of the compiled engine."""
    copied(tmp_path / "results")
    shutil.copytree(tmp_path / "results" / "architectures", tmp_path / "results" / "again")
    settings = tmp_path / "results" / "again" / "settings.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "trainer": "reference"}))
    assert results.find_run(RNN).folder.name == "architectures"
    assert results.find_run(f"results/again/{RNN}").folder.name == "again"
    shutil.rmtree(tmp_path / "results" / "architectures")
    assert results.find_run(RNN).folder.name == "again"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("T4_h64_l2-0_thr-0.98_seed44", "near are T4_h64_l2-0_thr-0.98_seed4, "),
        (f"{ELSEWHERE}0", f"near are {ELSEWHERE}, "),
        ("?", "`emtvb networks` lists all"),
    ],
)
def test_a_name_that_is_none_is_one_line_with_names_that_are_near(name: str, near: str) -> None:
    with pytest.raises(InputError) as caught:
        emtvb.load(name)
    assert str(caught.value).startswith(f"network: {name}: no such file, and no network of this name; {near}")


def test_without_results_one_line_says_where_they_come_from(alone: None) -> None:
    with pytest.raises(InputError, match="they come with the repository, not with pip") as caught:
        emtvb.load("T4_h64_l2-0_thr-0.98_seed4")
    assert "\n" not in str(caught.value)


def test_a_file_goes_first_and_a_network_beside_a_name_is_refused(tmp_path: Path) -> None:
    network = emtvb.load(RNN)
    trials = emtvb.record(network, horizon=2)
    emtvb.save(trials, tmp_path / f"{RNN}.npz")
    again = emtvb.load(RNN, network)
    assert again.system is network
    assert np.array_equal(again.test.states, trials.test.states)
    with pytest.raises(InputError, match=r"system: given beside a network's name: .* leave it out"):
        emtvb.load(ELSEWHERE, network)


def test_a_network_that_knows_no_task_has_to_be_given_one() -> None:
    with pytest.raises(
        InputError, match="inputs: none: <lambda> has no task of its own; give inputs and labels, or a T"
    ):
        emtvb.record(emtvb.adapt(lambda u, h: (h, h), state=3))
