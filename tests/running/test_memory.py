from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emtvb import config, kinds
from emtvb.architectures.registry import ARCHITECTURES
from emtvb.errors import InputError
from emtvb.running import memory

ROOT = Path(__file__).parents[2]
GOOD = {
    "experiment": "try", "tasks": ["T1"], "hidden_dim": [64, 128], "l2": [0], "threshold": [0.9], "seeds": [1],
}  # fmt: skip
GB = 10**9
HUGE = 10**9


def check(given: dict[str, Any], has: int = 16 * GB) -> None:
    memory.check(config.check({**GOOD, **given}), "my.yaml", has)


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({"hidden_dim": [64, 10**6]}, "hidden_dim[1]: 1000000"),
        ({"hidden_dim": [10**30]}, "hidden_dim[0]: 1000000"),
        ({"training": {"batch_size": HUGE}}, "training.batch_size: 1000000000"),
        ({"training": {"batch_size": HUGE}, "trainer": "reference"}, "training.batch_size"),
        ({"training": {"curriculum": [10, HUGE]}}, "training.curriculum[1]: 1000000000"),
        ({"training": {"epochs": 10**12}}, "training.epochs"),
        ({"training": {"batches_per_epoch": 10**16}}, "training.batches_per_epoch"),
        ({"interpretation": {"horizon": HUGE}}, "interpretation.horizon: 1000000000"),
        ({"interpretation": {"sequences": HUGE}}, "interpretation.sequences: 1000000000"),
        *(({"architectures": {name: 10**6}}, f"architectures.{name}: 1000000") for name in ARCHITECTURES),
    ],
)
def test_what_cannot_fit_names_the_setting_and_what_fits(given: dict[str, Any], setting: str) -> None:
    with pytest.raises(InputError) as caught:
        check(given)
    message = str(caught.value)
    assert message.startswith(f"my.yaml: {setting}")
    assert "this machine has 16 GB" in message
    assert "at most" in message
    assert "\n" not in message


STREAM = {"task": "T1", "hidden_dim": [8, 64], "seeds": [0]}
ONION = {"seeds": [0], "sizes": [{"units": 48, "steps": 10}, {"units": 64, "steps": 10}]}


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({"streams": [STREAM, {**STREAM, "hidden_dim": [16, 10**7]}]}, "streams[1].hidden_dim[1]: 10000000"),
        ({"streams": [{**STREAM, "training": {"batch_size": HUGE}}]}, "streams[0].training.batch_size: 1000000000"),
        ({"streams": [{**STREAM, "episodes": {"total": HUGE}}]}, "streams[0].episodes.total: 1000000000"),
        (
            {"streams": [{**STREAM, "episodes": {"total": None, "outputs": HUGE}}]},
            "streams[0].episodes.outputs: 1000000000",
        ),
        ({"onions": {**ONION, "trials": HUGE}}, "onions.trials: 1000000000"),
        ({"onions": {**ONION, "judged": HUGE}}, "onions.judged: 1000000000"),
        ({"onions": {**ONION, "batch_size": HUGE}}, "onions.batch_size: 1000000000"),
    ],
)
def test_so_it_is_of_streams_and_onions(given: dict[str, Any], setting: str) -> None:
    with pytest.raises(InputError) as caught:
        memory.check(kinds.check({"experiment": "try", **given}), "my.yaml", 16 * GB)
    assert str(caught.value).startswith(f"my.yaml: {setting}: does not fit"), caught.value
    assert "at most" in str(caught.value)


@pytest.mark.parametrize("name", ["streams", "onions", "methods"])
def test_what_is_published_fits(name: str) -> None:
    memory.check(kinds.load(ROOT / "config" / f"{name}.yaml"), name, 2 * GB)


def test_what_is_said_to_fit_fits_and_one_more_does_not() -> None:
    with pytest.raises(InputError) as caught:
        check({"interpretation": {"horizon": HUGE}})
    most = int(str(caught.value).partition("at most ")[2].split()[0])
    check({"interpretation": {"horizon": most}})
    with pytest.raises(InputError):
        check({"interpretation": {"horizon": most + 1}})


def test_two_sizes_too_large_say_that_one_alone_does_not_help() -> None:
    with pytest.raises(InputError, match="make the rest smaller"):
        check({"hidden_dim": [10**6], "training": {"batch_size": HUGE}})


def test_the_papers_sizes_fit_a_small_machine() -> None:
    check({"architectures": dict.fromkeys(ARCHITECTURES, 128)}, GB)
    for trainer in ("compiled", "reference"):
        check({"trainer": trainer}, GB)


def test_the_least_is_no_more_than_the_engine_takes() -> None:
    """What is refused cannot fit: the estimate stays below what the compiled engine's own workspace has."""
    kernel = pytest.importorskip("emtvb.training.kernel")
    for batch, d, s, h, longest in ((64, 8, 8, 128, 100), (7, 3, 2, 40, 500), (1000, 4, 4, 300, 20)):
        arrays = [array for array in kernel.make_workspace(batch, d, s, h, longest) if hasattr(array, "nbytes")]
        beside = 3 * 4 * h * (h + 2 * d) + 24 * longest * d  # weights, moments and targets, which the engine holds
        inputs = s * batch * d
        taken = sum(array.nbytes for array in arrays) + beside + inputs
        assert 0.3 * taken < memory.trained(d, s, h, batch, longest) <= taken


def test_an_edit_far_ahead_is_one_line() -> None:
    memory.check_recording(10_000, 8, 8, 128, GB)
    with pytest.raises(InputError, match=r"--at: 1000000000: does not fit.*at most \d+ can"):
        memory.check_recording(HUGE, 8, 8, 128, 16 * GB)


def test_what_this_machine_has_is_a_size() -> None:
    assert 10**8 < memory.available() < 10**15
