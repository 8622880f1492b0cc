"""The proof notices what is broken in the engine, and is remembered for what it was held for."""

from __future__ import annotations

import dataclasses
import functools
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from emtvb.theory.protocol import Setup
from emtvb.theory.stream_order import StreamSetup
from emtvb.training import checkpoint, engine, kernel, proof, stream
from emtvb.training.checkpoint import Checkpoint
from emtvb.training.promises import ENGINE, FOLLOWING, promised_digests
from emtvb.training.proof import Memory, case_digests, digest_of_cases, proof_cases, stream_cases

pytestmark = pytest.mark.long

torch.set_num_threads(1)


def begin(run: Setup | StreamSetup) -> engine.Training:
    return engine.begin(run, kernel)


def test_the_engine_gives_what_is_promised() -> None:
    assert case_digests(begin, proof_cases()) == ENGINE
    assert case_digests(begin, stream_cases()) == FOLLOWING
    assert proof.proof_holds(begin)
    assert len(kernel.advance.signatures) <= 1, "is compiled once for both"


@pytest.mark.parametrize("promise", ["ENGINE", "FOLLOWING"])
def test_both_promises_must_hold(promise: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, promise, {**getattr(proof, promise), "strong": "0" * 16})
    assert not proof.proof_holds(begin)


def test_which_digests_vouch_for_a_penalty() -> None:
    assert set(promised_digests(0.0)) == set(promised_digests(0.001)) == {"weak"}
    assert promised_digests(0.1) == promised_digests(10.0) == ENGINE
    for name, chosen in proof_cases().items():
        for case in chosen:
            assert name in promised_digests(case.run.l2)


def test_it_has_what_the_papers_trainings_have() -> None:
    every = [case for chosen in proof_cases().values() for case in chosen]
    full = [case for case in every if (case.run.task.d, case.run.task.s, case.run.protocol.batch_size) == (8, 8, 64)]
    assert {case.run.hidden_dim for case in full} == {32, 64, 128}
    assert {case.run.l2 for case in full} == {0.0, 0.001, 0.1, 10.0}
    assert any(case.run.twin for case in full)
    for case in full:
        training = begin(case.run)
        training.take(training.arrays(), case.first, [])
        row = training.advance()
        assert training.steps_done < case.last
        while training.steps_done < case.last:
            row = training.advance()
        assert row.horizon == 100
        assert {10, 20, 40, 60, 100} <= set(case.run.protocol.curriculum)


@functools.cache
def right(name: str, place: int) -> str:
    """The digest of one case alone."""
    return digest_of_cases(begin, [proof_cases()[name][place]])


def no_twin(monkeypatch: pytest.MonkeyPatch) -> None:
    own = stream.begin_stream
    monkeypatch.setattr(stream, "begin_stream", lambda run: own(dataclasses.replace(run, twin=0)))


def nothing_drawn_between_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "draw_epoch_start", lambda generator: None)


def batches_one_by_one_in_another_order(monkeypatch: pytest.MonkeyPatch) -> None:
    own = stream.draw_many
    monkeypatch.setattr(stream, "draw_many", lambda *arguments: own(*arguments).flip(0))


def every_batch_begins_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    own = kernel.advance

    def advance(state: kernel.State, *others: Any) -> None:
        state.level[1] = state.level[0]
        own(state, *others)

    monkeypatch.setattr(kernel, "advance", advance)


def no_new_loader_at_the_end_of_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    own = engine.TaskTraining._begin_epoch

    def begin_epoch(training: engine.TaskTraining) -> None:
        before = training._level[1]
        own(training)
        training._level[1] = before

    monkeypatch.setattr(engine.TaskTraining, "_begin_epoch", begin_epoch)


def loses(change: Callable[[dict[str, np.ndarray]], None], steps: int = 0) -> Callable[[pytest.MonkeyPatch], None]:
    """Checkpoints that lose something."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        own = checkpoint.save_checkpoint

        def save(path: Path, key: str, state: Checkpoint) -> None:
            arrays = {name: array.copy() for name, array in state.arrays.items()}
            change(arrays)
            own(path, key, state._replace(arrays=arrays, steps_done=state.steps_done - steps))

        monkeypatch.setattr(checkpoint, "save_checkpoint", save)

    return patch


def zero(*names: str) -> Callable[[dict[str, np.ndarray]], None]:
    def change(arrays: dict[str, np.ndarray]) -> None:
        for name in names:
            arrays[name][...] = 0

    return change


def seed_again(arrays: dict[str, np.ndarray]) -> None:
    arrays["generator"][...] = torch.Generator().manual_seed(1).get_state().numpy()


WRONG_ENGINES = {
    "no twin": no_twin,
    "nothing drawn between epochs": nothing_drawn_between_epochs,
    "another order of batches": batches_one_by_one_in_another_order,
    "every batch begins an epoch": every_batch_begins_an_epoch,
    "no new loader at the end of an epoch": no_new_loader_at_the_end_of_an_epoch,
    "a checkpoint loses first moments": loses(zero("moments.0", "moments.2", "moments.4")),
    "a checkpoint loses a second moment": loses(zero("moments.3")),
    "a checkpoint loses the place in the curriculum": loses(zero("level")),
    "a checkpoint loses the generator": loses(seed_again),
    "a checkpoint is one step off": loses(zero(), steps=1),
}


@pytest.mark.parametrize("name", WRONG_ENGINES)
def test_it_notices_an_engine_that_is_wrong(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = proof_cases()["weak"]
    before = [right("weak", place) for place in range(len(chosen))]
    WRONG_ENGINES[name](monkeypatch)
    assert any(digest_of_cases(begin, [case]) != was for case, was in reversed(list(zip(chosen, before, strict=True))))


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    """One that vouches, for compiled code that stands for numba's."""
    (tmp_path / "kernel.advance-7.py311.nbi").write_bytes(b"index")
    (tmp_path / "kernel.advance-7.py311.1.nbc").write_bytes(b"machine code")
    memory = Memory(tmp_path, ("platform", "cpu", "+feature"))
    assert not memory.vouches()
    memory.keep()
    assert memory.vouches()
    return memory


def kept(folder: Path) -> Path:
    (path,) = folder.glob("proof-*.json")
    return path


def test_a_proof_is_remembered_for_this_machine_alone(memory: Memory, tmp_path: Path) -> None:
    assert Memory(tmp_path, ("platform", "cpu", "+feature")).vouches()
    for other in (("x", "cpu", "+feature"), ("platform", "x", "+feature"), ("platform", "cpu", "x")):
        assert not Memory(tmp_path, other).vouches()


@pytest.mark.parametrize("name", ["numba", "llvmlite", "numpy", "torch"])
def test_a_proof_is_forgotten_with_another_library(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    own = proof.metadata.version
    monkeypatch.setattr(proof.metadata, "version", lambda asked: "0" if asked == name else own(asked))
    assert not Memory(tmp_path, ("platform", "cpu", "+feature")).vouches()


@pytest.mark.parametrize("promise", ["ENGINE", "FOLLOWING"])
def test_a_proof_is_forgotten_with_another_promise(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, promise: str
) -> None:
    monkeypatch.setattr(proof, promise, {**getattr(proof, promise), "weak": "0" * 16})
    assert not memory.vouches()


@pytest.mark.parametrize("name", ["kernel.advance-7.py311.nbi", "kernel.advance-7.py311.1.nbc"])
def test_a_proof_is_forgotten_with_other_compiled_code(memory: Memory, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"other")
    assert not memory.vouches()
    (tmp_path / name).unlink()
    assert not memory.vouches()


@pytest.mark.parametrize("name", proof.FILES)
def test_a_proof_is_forgotten_with_another_source(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    copy = tmp_path / "package"
    shutil.copytree(proof.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(proof, "PACKAGE", copy)
    assert memory.vouches()
    changed = copy / name
    changed.write_bytes(changed.read_bytes() + b"# one more line\n")
    assert not memory.vouches()


def test_all_that_trains_is_among_the_sources() -> None:
    """All that the engine imports, but what does not train: errors, events, and what is promised."""
    script = (
        "import sys, emtvb.training.engine, emtvb.training.stream_state, emtvb.training.kernel; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    imported = {name for name in done.stdout.split() if name.split(".")[0] == "emtvb"}
    others = {
        "emtvb",
        "emtvb.errors",
        "emtvb.training.promises",
        "emtvb.theory",
        "emtvb.training",
        "emtvb.training.events",
    }
    files = {name.partition(".")[2].replace(".", "/") + ".py" for name in imported - others}
    assert files == set(proof.FILES)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", None])
def test_a_torn_or_foreign_file_counts_for_nothing(memory: Memory, tmp_path: Path, content: bytes | None) -> None:
    path = kept(tmp_path)
    path.write_bytes(path.read_bytes()[:-5] if content is None else content)
    assert not memory.vouches()
    memory.keep()
    assert memory.vouches()


def test_where_nothing_can_be_written_nothing_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    memory = Memory(tmp_path / "file" / "folder", ("platform", "cpu", "+feature"))
    memory.keep()
    assert not memory.vouches()


def test_the_proof_is_held_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    held = []
    own = proof.proof_holds
    monkeypatch.setattr(proof, "proof_holds", lambda begin: held.append(1) or own(begin))
    monkeypatch.setattr(proof, "Memory", lambda _, target: Memory(tmp_path, target))
    for _ in range(2):
        engine.compiled_kernel.cache_clear()
        engine.check_engine()
    engine.compiled_kernel.cache_clear()
    assert held == [1]
