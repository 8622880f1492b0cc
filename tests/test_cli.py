from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emtvb import cli, networks

EMTVB = Path(sys.executable).with_name("emtvb")
TINY = "--dimensions 2 --variables 2 --hidden 12 --epochs 2 --batches-per-epoch 120 --curriculum 3,5 --threshold 0.9"


def call(arguments: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """The command in this process: exit status, standard output and standard error."""
    monkeypatch.setattr(sys, "argv", ["emtvb", *arguments.split()])
    monkeypatch.setattr(cli, "console", cli.Console(highlight=False, soft_wrap=True, width=200))
    try:
        cli.main()
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    return status, *capsys.readouterr()


@pytest.fixture
def emtvb(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", str(tmp_path / "results"))
    return lambda arguments: call(arguments, monkeypatch, capsys)


def test_tasks_lists_and_explains(emtvb) -> None:
    status, out, _ = emtvb("tasks")
    assert status == 0
    assert "9241421688590303745-262676-189" in out
    status, out, _ = emtvb("tasks T4")
    assert "x0(t) = -x5(t-3), x1(t) = x6(t-2), x2(t) = x0(t-8)" in out
    assert "36 of its eigenvalues have modulus 1" in out
    assert emtvb("tasks 9241421688590303745-38637-145")[1] == out
    assert "d = 3" in emtvb("tasks repeat-copy --dimensions 3 --variables 4")[1]


def test_train_then_interpret(emtvb, tmp_path: Path) -> None:
    status, out, err = emtvb(f"train --task T1 --seed 3 {TINY}")
    assert status == 0, err
    (folder,) = (tmp_path / "results").iterdir()
    assert str(folder) in out
    weights = next(folder.glob("training/*/weights.safetensors"))
    before = weights.read_bytes()
    assert emtvb(f"train --task T1 --seed 3 {TINY}")[0] == 0
    assert weights.read_bytes() == before

    status, out, err = emtvb(f"interpret {folder}")
    assert status == 0, err
    assert "test accuracy" in out
    made = folder / "interpretation" / folder.name
    for name in ("spectrum.png", "weights.pdf", "hidden_state.png", "exemplar.npz", "measurements.csv"):
        assert (made / name).stat().st_size > 0
        assert name in out
    assert pd.read_csv(made / "measurements.csv")["run_id"].tolist() == [folder.name]
    assert emtvb(f"interpret {folder.name} --output {tmp_path / 'there'}")[0] == 0
    assert emtvb(f"interpret {folder / folder.name} --output {tmp_path / 'there'}")[0] == 0


def test_seeds_and_sizes_reach_the_network(emtvb, tmp_path: Path) -> None:
    for seed in (1, 2):
        assert emtvb(f"train --task T1 --seed {seed} {TINY} --output {tmp_path / str(seed)}")[0] == 0
    one, two = (
        next(iter(networks.load_networks(next((tmp_path / s).glob("training/*/weights.safetensors"))).values()))
        for s in "12"
    )
    assert one.W_hh.shape == (12, 12)
    assert not np.array_equal(one.W_hh, two.W_hh)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("train --task T1 --hidden 0", "hidden_dim[0]: 0"),
        ("train --task T1 --hidden few", "'few' is not a valid integer"),
        ("train --task T1 --threshold 1.5", "threshold[0]: 1.5"),
        ("train --task T1 --l2 -1", "l2[0]: -1"),
        ("train --task T1 --seed -1", "seeds[0]: -1"),
        ("train --task T9", "T9: unknown name"),
        ("train --task T3 --dimensions 3", "the paper defines it for d = s = 8 only"),
        ("train --task 254-0-0", "exactly d = 8 ones"),
        ("train --task 255-x", "write three integers"),
        ("train --task T1 --curriculum 10,x", "--curriculum: 10,x"),
        ("train --task T1 --curriculum 0", "curriculum[0]: 0"),
        ("train --task T1 --trainer magic", "trainer"),
        ("train --task T1 --output /proc/emtvb", "cannot write there"),
        ("train", "Missing option '--task'"),
        ("interpret nothing", "no such run"),
        ("config check nothing.yaml", "cannot be read"),
        ("tasks T9", "unknown name"),
        ("tasks --dimensions 0", "positive integer"),
        ("unknown", "No such command"),
    ],
)
def test_bad_input_is_one_line(emtvb, tmp_path: Path, arguments: str, says: str) -> None:
    status, out, err = emtvb(arguments)
    assert status == 2
    assert says in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert out == ""
    assert not (tmp_path / "results").exists()


def test_what_was_computed_is_not_touched(emtvb, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert emtvb(f"train --task T1 {TINY} --output {folder}")[0] == 0
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    status, _, err = emtvb(f"train --task T2 {TINY} --output {folder}")
    assert status == 2
    assert "choose another folder" in err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_damaged_weights_and_foreign_ones(emtvb, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert emtvb(f"train --task T1 {TINY} --output {folder}")[0] == 0
    weights = next(folder.glob("training/*/weights.safetensors"))
    content = weights.read_bytes()
    weights.write_bytes(content[:-5])
    status, _, err = emtvb(f"interpret {folder}")
    assert status == 2
    assert "damaged" in err
    ((run_id, _),) = networks.load_networks(_restored(weights, content)).items()
    from .conftest import make_network

    networks.save_networks(weights, {run_id: make_network(3, 5)})
    status, _, err = emtvb(f"interpret {folder}")
    assert (status, "task T1 has d = 2" in err) == (2, True)
    weights.unlink()
    assert "no such file; train the run first" in emtvb(f"interpret {folder}")[2]


def _restored(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_config_check(emtvb, tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    status, out, _ = emtvb(f"config check {root / 'config' / 'paper.yaml'} {root / 'config' / 'smoke.yaml'}")
    assert status == 0
    assert "1920 runs in 192 training jobs" in out
    assert emtvb(f"config folder {root / 'config' / 'smoke.yaml'}")[1].strip() == str(tmp_path / "results" / "smoke")
    status, _, err = emtvb(f"summary {root / 'config' / 'smoke.yaml'}")
    assert status == 2
    assert "run the workflow on this config first" in err


def test_the_installed_command_says_its_version() -> None:
    result = subprocess.run([EMTVB, "--version"], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("emtvb, version ")
    assert "interpret" in subprocess.run([EMTVB], capture_output=True, text=True, check=True).stdout
