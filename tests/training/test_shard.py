from __future__ import annotations

import dataclasses
import hashlib
import logging
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from emtvb.errors import InputError
from emtvb.theory import networks
from emtvb.theory.networks import Network
from emtvb.theory.runs import Run
from emtvb.training import engine, history, shard
from emtvb.training.progress import Progress, duration_in_words
from emtvb.training.shard import Outputs


def train(runs: list[Run], folder: Path) -> dict[str, Network]:
    files = Outputs.of(folder, "x")
    shard.train_shard(runs, files, "version")
    return networks.load_networks(files.weights)


@pytest.fixture
def runs(tiny_run: Run) -> list[Run]:
    return [dataclasses.replace(tiny_run, seed=seed, l2=l2) for seed in (1, 2) for l2 in (0.0, 0.1)]


def test_a_runs_bits_do_not_depend_on_its_shard(runs: list[Run], tmp_path: Path) -> None:
    together = train(runs, tmp_path / "together")
    assert list(together) == sorted(run.run_id for run in runs)
    for run in reversed(runs):
        alone = train([run], tmp_path / f"alone{run.seed}{run.l2}")[run.run_id]
        for name, array in alone.arrays().items():
            assert array.tobytes() == together[run.run_id].arrays()[name].tobytes()


def test_only_new_runs_are_trained(runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []
    original = engine.train

    def count(run: Run, *rest, **settings):
        trained.append(run.run_id)
        return original(run, *rest, **settings)

    monkeypatch.setattr(engine, "train", count)
    train(runs[:2], tmp_path)
    before = Outputs.of(tmp_path, "x").history.read_text()
    train(runs, tmp_path)
    assert trained == [run.run_id for run in runs]
    assert Outputs.of(tmp_path, "x").history.read_text().startswith(before)


def test_the_reference_trainer_does_it_too_and_keeps_its_own_state(runs: list[Run], tmp_path: Path) -> None:
    ours = train(runs[:1], tmp_path)[runs[0].run_id]
    files = Outputs.of(tmp_path, "x")
    about = shard.train_shard(runs[:1], files, "another version", "reference", {"cpu": "mine"})
    theirs = networks.load_networks(files.weights)[runs[0].run_id]
    np.testing.assert_allclose(ours.W_hh, theirs.W_hh, atol=1e-4)
    assert len(list((files.weights.parent / "runs" / runs[0].run_id).iterdir())) == 2
    (part,) = about[runs[0].run_id]["trained"]
    assert (part["engine"], part["cpu"], part["seconds"] > 0) == ("general", "mine", True)


def test_without_the_engine_auto_takes_the_general_trainer_and_its_state_is_not_the_engines(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> None:
        raise InputError("trainer", "compiled", "cannot be had here (ImportError); trainer: reference is slower")

    def who(trainer: str = "auto") -> list[str]:
        about = shard.train_shard(runs[:2], Outputs.of(tmp_path, "x"), "version", trainer)
        return [part["engine"] for run in about.values() for part in run["trained"]]

    with monkeypatch.context() as here:
        here.setattr(engine, "check_engine", refuse)
        with caplog.at_level(logging.WARNING):
            assert who() == ["general"] * 2
        (line,) = caplog.messages
        assert "trainer: auto takes reference here" in line
        assert "cannot be had here (ImportError)" in line
        with pytest.raises(InputError, match="cannot be had here"):
            who("compiled")
        assert len(list((tmp_path / "training" / "x" / "runs").glob("*/*/run.json"))) == 2
    assert who() == ["compiled"] * 2, "what the general trainer finished is not the engine's"
    monkeypatch.setattr(engine, "check_engine", refuse)
    assert who() == ["general"] * 2


@pytest.mark.parametrize(("file", "cut"), [("network.safetensors", 3), ("history.csv", 30), ("run.json", 3)])
def test_a_damaged_finished_run_is_trained_again(
    runs: list[Run], tmp_path: Path, caplog: pytest.LogCaptureFixture, file: str, cut: int
) -> None:
    before = train(runs[:1], tmp_path)[runs[0].run_id]
    (kept,) = (tmp_path / "training" / "x" / "runs").glob(f"*/*/{file}")
    kept.write_bytes(kept.read_bytes()[:-cut])
    with caplog.at_level(logging.WARNING):
        after = train(runs[:1], tmp_path)[runs[0].run_id]
    assert "training it again" in caplog.text
    assert before.W_hh.tobytes() == after.W_hh.tobytes()


@pytest.mark.long
def test_a_job_that_a_kill_left_at_its_end_has_used_what_trained(runs: list[Run], tmp_path: Path) -> None:
    """Its record names the modules of its process, though no run is left to train."""
    program = (
        "import pickle, sys; from pathlib import Path; from emtvb.training import shard;"
        "runs = pickle.loads(Path(sys.argv[1]).read_bytes());"
        "shard.train_shard(runs, shard.Outputs.of(Path(sys.argv[2]), 'x'), 'version', 'compiled');"
        "print(*sorted(name for name in sys.modules if name.startswith('emtvb.')))"
    )
    (tmp_path / "runs").write_bytes(pickle.dumps(runs[:1]))
    command = [sys.executable, "-c", program, tmp_path / "runs", tmp_path / "shard"]
    first, again = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert first == again != ""


@pytest.mark.parametrize("change", [lambda a: a + np.float32(1e-3), lambda a: a[::-1]])
def test_a_network_that_was_changed_in_the_state_folder_is_noticed(
    runs: list[Run], tmp_path: Path, caplog: pytest.LogCaptureFixture, change
) -> None:
    before = train(runs[:1], tmp_path)[runs[0].run_id]
    (kept,) = (tmp_path / "training" / "x" / "runs").glob("*/*/network.safetensors")
    other = dataclasses.replace(before, W_hh=np.ascontiguousarray(change(before.W_hh)))
    networks.save_networks(kept, {runs[0].run_id: other})
    with caplog.at_level(logging.WARNING):
        after = train(runs[:1], tmp_path)[runs[0].run_id]
    assert "was changed after it was kept; training it again" in caplog.text
    assert before.digest() == after.digest() != other.digest()


def test_kept_runs_speak_for_themselves(runs: list[Run], tmp_path: Path) -> None:
    """Who trained a run is said by the run, not by the job that finds it finished."""
    files = Outputs.of(tmp_path, "x")
    first = shard.train_shard(runs[:1], files, "version", environment={"cpu": "the first", "torch": "1"})
    both = shard.train_shard(runs[:2], files, "version", environment={"cpu": "the second", "torch": "2"})
    assert both[runs[0].run_id] == first[runs[0].run_id]
    assert [both[run.run_id]["trained"][0]["cpu"] for run in runs[:2]] == ["the first", "the second"]
    assert both[runs[0].run_id]["trained"][0]["engine"] == "compiled"
    assert both[runs[0].run_id]["trained"][0]["lanes"] in (4, 8, 16)


def test_state_of_another_version_is_left_alone(runs: list[Run], tmp_path: Path) -> None:
    files = Outputs.of(tmp_path, "x")
    shard.train_shard(runs[:1], files, "one", environment={"cpu": "a"})
    about = shard.train_shard(runs[:1], files, "other", environment={"cpu": "b"})
    assert about[runs[0].run_id]["trained"][0]["cpu"] == "b"


def test_digests_are_those_of_the_weights(runs: list[Run], tmp_path: Path) -> None:
    trained = train(runs, tmp_path)
    rows = Outputs.of(tmp_path, "x").digests.read_text().splitlines()
    assert rows == ["run_id,weights_sha256", *(f"{run.run_id},{trained[run.run_id].digest()}" for run in runs)]
    one = trained[runs[0].run_id]
    content = b"".join(array.tobytes() for array in (one.W_uh, one.W_hh, one.W_r))
    assert one.digest() == hashlib.sha256(content).hexdigest()


def test_outlines_are_rows_of_the_curves(runs: list[Run], tmp_path: Path) -> None:
    train(runs[:2], tmp_path)
    files = Outputs.of(tmp_path, "x")
    whole, outline = history.read_history(files.history), history.read_history(files.outline)
    assert list(whole) == list(outline) == [run.run_id for run in runs[:2]]
    assert all([row.step for row in rows] == [0, 50, 59] for rows in whole.values())
    assert all(set(outline[name]) <= set(rows) for name, rows in whole.items())


def test_what_is_finished_is_on_the_disk_before_its_checkpoint_goes(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file of a finished run, and its name in the folder, is synced before the checkpoint is deleted."""
    done: list[str] = []
    sync, unlink = os.fsync, Path.unlink
    name_of = lambda handle: str(Path(f"/proc/self/fd/{handle}").readlink())  # noqa: E731
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append(name_of(handle)), sync(handle)))
    monkeypatch.setattr(
        Path, "unlink", lambda path, missing_ok=False: (done.append(f"gone {path.name}"), unlink(path, missing_ok))[-1]
    )
    monkeypatch.setattr("emtvb.training.checkpoint.EVERY_SECONDS", -1.0)
    train(runs[:1], tmp_path)
    (kept,) = (tmp_path / "training" / "x" / "runs").glob("*/*")
    before = done[: done.index("gone checkpoint.safetensors")]
    for name in ("history", "network", "run"):
        assert any(Path(path).name.startswith(f".{name}.") and Path(path).parent == kept for path in before)
    assert before.count(str(kept)) >= 3


def test_progress_says_where_it_stands(
    tiny_run: Run, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 5.0, 20.0, 40.0])
    monkeypatch.setattr("emtvb.training.progress.time.monotonic", lambda: next(clock))
    progress = Progress(2, 120)
    with caplog.at_level(logging.INFO):
        progress.start(tiny_run)
        for step in (10, 11, 30, 50):
            progress.step(history.Row(step, 0.5, 0.75, 4))
        progress.finish(tiny_run, history.Row(59, 0.1, 0.995, 4))
        progress.start(tiny_run)
    assert "step 31 of 60 (51%), horizon 4, accuracy 0.750, loss 0.5000" in caplog.text
    assert "step 51 of 60 (85%)" in caplog.text
    assert "run 2 of 2; mean accuracy so far 0.995" in caplog.text
    assert "70 s left" in caplog.text  # one step a second, 9 + 1 and another 60 to go
    assert "trained (1 of 2)" in caplog.text


def test_durations_are_words() -> None:
    assert [duration_in_words(s) for s in (4.4, 89, 600, 12000)] == ["4 s", "89 s", "10 min", "3 h 20 min"]
