"""Training that is killed for real: SIGKILL, a file-size limit that stands for a full disk, two processes at once."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emtvb.lock import locked
from emtvb.theory import networks, protocol
from emtvb.theory.runs import Run
from emtvb.training import shard

TRAIN = """
import json, resource, sys
from pathlib import Path
from emtvb.making.jobs import logged
from emtvb.lock import locked
from emtvb.theory import protocol
from emtvb.training import checkpoint, shard
checkpoint.EVERY_SECONDS = 0.0
folder, most_bytes = Path(sys.argv[1]), int(sys.argv[3])
if most_bytes:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
with logged(folder / "log"):
    runs = [protocol.order_from_entry(entry) for entry in json.loads(sys.argv[2])]
    shard.train_shard(runs, shard.Outputs.of(folder, "x"), "version")
"""


@pytest.fixture
def runs(tiny_run: Run) -> list[Run]:
    """Two runs of a few seconds each."""
    protocol = dataclasses.replace(tiny_run.protocol, epochs=4, batches_per_epoch=1000, curriculum=(20, 40))
    return [dataclasses.replace(tiny_run, hidden_dim=32, seed=seed, protocol=protocol) for seed in (1, 2)]


def start(folder: Path, runs: list[Run], most_bytes: int = 0) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    command = [
        sys.executable,
        "-c",
        TRAIN,
        str(folder),
        json.dumps([protocol.order_to_entry(run) for run in runs]),
        str(most_bytes),
    ]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def checkpoint_steps(folder: Path) -> set[float]:
    return {path.stat().st_mtime for path in folder.glob("training/x/runs/*/*/checkpoint.safetensors")}


def wait_for_new_checkpoint(folder: Path, process: subprocess.Popen[str]) -> None:
    before = checkpoint_steps(folder)
    while process.poll() is None and checkpoint_steps(folder) <= before:
        time.sleep(0.01)


def finish(folder: Path, runs: list[Run]) -> tuple[bytes, bytes, str]:
    process = start(folder, runs)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    files = shard.Outputs.of(folder, "x")
    return files.weights.read_bytes(), files.history.read_bytes(), err


@pytest.mark.long
def test_sigkill_twice_loses_nothing(runs: list[Run], tmp_path: Path) -> None:
    whole = finish(tmp_path / "whole", runs)
    for _ in range(2):
        process = start(tmp_path / "parts", runs)
        wait_for_new_checkpoint(tmp_path / "parts", process)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert not shard.Outputs.of(tmp_path / "parts", "x").weights.exists()
    again = finish(tmp_path / "parts", runs)
    assert again[:2] == whole[:2]
    assert "going on from step" in again[2]


@pytest.mark.long
def test_a_full_disk_is_one_line_and_loses_nothing(runs: list[Run], tmp_path: Path) -> None:
    """No file may grow past 20 kB, which a checkpoint does when its learning curve grows."""
    whole = finish(tmp_path / "whole", runs[:1])
    process = start(tmp_path / "full", runs[:1], most_bytes=20_000)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 1, err
    assert "it goes on where it stopped" in err
    assert "Traceback" not in err
    assert finish(tmp_path / "full", runs[:1])[:2] == whole[:2]


def test_a_shard_that_another_process_trains_is_waited_for(tiny_run: Run, tmp_path: Path) -> None:
    state = tmp_path / "training" / "x" / "runs"
    state.mkdir(parents=True)
    with locked(state / ".lock"):
        process = start(tmp_path, [tiny_run])
        assert process.stderr is not None
        assert "another process is training this shard; waiting" in process.stderr.readline()
        assert list(state.iterdir()) == [state / ".lock"]
    process.communicate(timeout=300)
    assert process.returncode == 0


@pytest.mark.long  # tests/training/test_shard.py trains only what is new, too
def test_finished_runs_survive_a_kill(runs: list[Run], tmp_path: Path) -> None:
    shard.train_shard(runs[:1], shard.Outputs.of(tmp_path / "parts", "x"), "version")
    process = start(tmp_path / "parts", runs)
    wait_for_new_checkpoint(tmp_path / "parts", process)
    process.kill()
    process.communicate()
    _, _, err = finish(tmp_path / "parts", runs)
    assert f"{runs[0].run_id}: already trained" in err
    assert len(networks.load_networks(shard.Outputs.of(tmp_path / "parts", "x").weights)) == 2
