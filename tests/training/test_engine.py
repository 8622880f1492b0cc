from __future__ import annotations

import dataclasses
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numba.core.caching import UserProvidedCacheLocator
from safetensors.numpy import load_file, save_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from emtvb.errors import InputError
from emtvb.theory import tasks
from emtvb.theory.networks import Network
from emtvb.theory.runs import Run
from emtvb.training import checkpoint, engine, general, kernel, proof, stream
from emtvb.training.history import Row


@pytest.fixture
def run(tiny_run: Run) -> Run:
    """Long enough for several checkpoints: 240 steps in three epochs, with a move of the curriculum."""
    return dataclasses.replace(tiny_run, protocol=dataclasses.replace(tiny_run.protocol, batches_per_epoch=80))


class KilledError(Exception):
    pass


def bits(network: Network) -> bytes:
    return b"".join(array.tobytes() for array in network.arrays().values())


def train_in_parts(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, stop: int) -> int:
    """Train with a checkpoint after every report, and die at the first report from this step on."""
    monkeypatch.setattr(checkpoint, "EVERY_SECONDS", -1.0)

    def report(row: Row) -> None:
        if row.step >= stop:
            raise KilledError

    with pytest.raises(KilledError):
        engine.train(run, folder, report)
    return stop


@pytest.mark.parametrize("clip", [0.3, None])
def test_the_engine_agrees_with_the_general_trainer(run: Run, tmp_path: Path, clip: float | None) -> None:
    """240 steps with L2, a move of the curriculum, and clipping or not, on the published stream."""
    run = dataclasses.replace(run, protocol=dataclasses.replace(run.protocol, gradient_clip=clip))
    expected, history, _ = general.train(run, tmp_path / "general")
    found, rows, _ = engine.train(run, tmp_path / "compiled")
    for name, array in expected.arrays().items():
        np.testing.assert_allclose(found.arrays()[name], array, atol=1e-4)
    assert [(row.step, row.horizon) for row in rows] == [(row.step, row.horizon) for row in history]
    assert {row.horizon for row in rows} == {2, 4}
    np.testing.assert_allclose([row.loss for row in rows], [row.loss for row in history], rtol=1e-4)


def test_batches_drawn_in_bulk_are_those_drawn_one_by_one() -> None:
    task = tasks.named("T1", 5, 3)
    one, many = torch.Generator().manual_seed(3), torch.Generator().manual_seed(3)
    together = stream.draw_many(many, task, 7, 12)
    for batch in together:
        expected = torch.randint(0, 2, (3, 7, 5), generator=one) * 2 - 1
        assert torch.equal(batch.long(), expected)
    assert torch.equal(one.get_state(), many.get_state())


@pytest.mark.parametrize("stop", [0, 60, 79, 100, 239])
def test_killed_and_resumed_gives_the_same_bytes(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    whole, history, _ = engine.train(run, tmp_path / "whole")
    train_in_parts(run, tmp_path / "parts", monkeypatch, stop)
    steps: list[int] = []
    again, history_again, *_ = engine.train(run, tmp_path / "parts", lambda row: steps.append(row.step))
    assert bits(whole) == bits(again)
    assert history == history_again
    assert steps[0] >= stop - 50


def make_foreign(path: Path) -> None:
    """A whole checkpoint of another run."""
    arrays = load_file(path)
    checkpoint.save_checkpoint(path, "T1_other compiled", checkpoint.Checkpoint(arrays, 150, {}))


def pretend_to_be_done(path: Path) -> None:
    """More steps than were taken, by one byte of the text."""
    content = path.read_bytes()
    assert content.count(b'steps_done\\": 1') == 1
    path.write_bytes(content.replace(b'steps_done\\": 1', b'steps_done\\": 2'))


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        make_foreign,
        pretend_to_be_done,
        flip_a_bit,
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        lambda path: save_file({"x": np.zeros(3)}, path),
    ],
    ids=["foreign", "steps", "bit", "torn", "empty", "other"],
)
def test_a_bad_checkpoint_is_set_aside(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, damage
) -> None:
    whole, *_ = engine.train(run, tmp_path / "whole")
    train_in_parts(run, tmp_path / "parts", monkeypatch, 120)
    damage(tmp_path / "parts" / "checkpoint.safetensors")
    with caplog.at_level(logging.WARNING):
        again, *_ = engine.train(run, tmp_path / "parts")
    assert bits(whole) == bits(again)
    assert "set aside" in caplog.text
    assert (tmp_path / "parts" / "checkpoint.set-aside").exists()


@pytest.fixture
def chooses_anew() -> Iterator[None]:
    engine.compiled_kernel.cache_clear()
    yield
    engine.compiled_kernel.cache_clear()


def test_an_engine_that_cannot_be_had_is_one_line_and_no_other_trains(
    monkeypatch: pytest.MonkeyPatch, chooses_anew
) -> None:
    monkeypatch.setitem(sys.modules, "emtvb.training.kernel", None)
    monkeypatch.delattr("emtvb.training.kernel", raising=False)
    with pytest.raises(InputError, match=r"trainer: compiled: cannot be had here .* trainer: reference is slower"):
        engine.check_engine()


def test_other_bits_than_promised_are_refused_before_training(monkeypatch: pytest.MonkeyPatch, chooses_anew) -> None:
    """What is remembered of a proof is of other promises; that the proof notices is what test_proof.py tests."""
    monkeypatch.setattr(proof, "ENGINE", {**proof.ENGINE, "strong": "0" * 16})
    monkeypatch.setattr(proof, "proof_holds", lambda begin: False)
    compiled_again = []
    monkeypatch.setattr(kernel.advance, "recompile", lambda: compiled_again.append(kernel))
    with pytest.raises(InputError, match="does not give the bits here that it gives elsewhere"):
        engine.check_engine()
    assert compiled_again == [kernel]


def test_no_jit_is_refused(monkeypatch: pytest.MonkeyPatch, chooses_anew) -> None:
    monkeypatch.setattr("numba.config.DISABLE_JIT", True)
    with pytest.raises(InputError, match="NUMBA_DISABLE_JIT: 1: nothing is compiled then; unset it"):
        engine.check_engine()


TRAIN = """
import sys
from collections.abc import Iterator
from pathlib import Path
from emtvb.theory import tasks
from emtvb.theory.runs import Protocol, Run
from emtvb.training import engine
protocol = Protocol(epochs=1, batches_per_epoch=10, batch_size=4, curriculum=(2,))
network, _, parts = engine.train(Run(tasks.named("T1", 2, 2), 5, 0.0, 0.9, 1, protocol), Path(sys.argv[1]))
print(parts[0]["engine"], network.digest())
"""


def _train(cache: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Train in a process of its own, with this cache of compiled code; what is compiled anew is not optimized."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "NUMBA_OPT": "0"}
    command = [sys.executable, "-c", TRAIN, str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=300)


@pytest.fixture(scope="module")
def whole_cache(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A cache of compiled code, and what a training says with it."""
    folder = tmp_path_factory.mktemp("whole")
    cache = folder / "cache" / UserProvidedCacheLocator.get_suitable_cache_subpath(kernel.__file__)
    engine.compiled_kernel()
    shutil.copytree(kernel.advance.stats.cache_path, cache, ignore=shutil.ignore_patterns("*.pyc"))
    return folder / "cache", _train(folder / "cache", folder / "training").stdout


@pytest.mark.long  # each compiles it anew
@pytest.mark.parametrize(
    ("suffix", "keep"),
    [
        ("nbi", 0),
        ("nbc", -9),
        *(pytest.param(*torn, marks=pytest.mark.nightly) for torn in (("nbi", -9), ("nbc", 30))),
    ],
)
def test_a_torn_cache_of_compiled_code_is_mended_and_the_engine_stays(
    tmp_path: Path, whole_cache: tuple[Path, str], suffix: str, keep: int
) -> None:
    """As a full disk or a killed process leaves it, in its index or in its code."""
    cache, before = whole_cache
    shutil.copytree(cache, tmp_path / "cache")
    torn = sorted((tmp_path / "cache").rglob(f"kernel.advance*.{suffix}"))
    assert torn
    for path in torn:
        path.write_bytes(path.read_bytes()[:keep])
    mended = _train(tmp_path / "cache", tmp_path / "training")
    assert mended.stdout == before
    assert before.startswith("compiled ")
    assert "Traceback" not in mended.stderr


def test_tensorboard_can_read_the_events(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train_in_parts(run, tmp_path, monkeypatch, 120)
    _, rows, _ = engine.train(run, tmp_path)
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert {"loss", "accuracy", "horizon"} <= set(events.Tags()["scalars"])
    assert [event.step for event in events.Scalars("accuracy")] == [row.step for row in rows]
    np.testing.assert_allclose([event.value for event in events.Scalars("loss")], [row.loss for row in rows], rtol=1e-6)
