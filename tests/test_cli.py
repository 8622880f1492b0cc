from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest

from emtvb import cli, networks
from emtvb.errors import InputError
from emtvb.results import find_run

EMTVB = Path(sys.executable).with_name("emtvb")
SOURCES = Path(cli.__file__).parent
PUBLISHED = Path(__file__).parents[1] / "results" / "paper"
TINY = "--dimensions 2 --variables 2 --hidden 12 --epochs 2 --batches-per-epoch 120 --curriculum 3,5 --threshold 0.9"
LONG = "--task T1 --hidden 64 --seed 1 --epochs 50"


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
        ("train --task T1 --trainer cuda", "accelerator: cuda"),
        ("train --task T1 --accelerator cuda", "accelerator: cuda: nothing trains on it"),
        ("train --task T1 --output /proc/emtvb", "cannot write there"),
        ("train", "Missing option '--task'"),
        ("train --task T1 --output /dev/null", "output folder: /dev/null: is no folder"),
        (f"train --task T1 --output {SOURCES}", "holds files that are no run's; choose a new folder, or an empty one"),
        (f"train --task T1 --output {PUBLISHED}", "holds 1920 runs; choose another folder"),
        ("config check /dev/zero", "config file: /dev/zero: a device or a pipe; name a file"),
        ("summary /dev/zero", "a device or a pipe"),
        ("doctor /dev/null", "a device or a pipe"),
        ("interpret /dev/zero", "run: /dev/zero: a device, a pipe or a broken link"),
        ("edit /dev/zero --page --task T1", "run: /dev/zero: a device, a pipe or a broken link"),
        ("verify --all --results /nowhere", "--results: /nowhere: no such folder"),
        (f"verify --all --results {SOURCES}", "holds no experiment (no settings.json)"),
        (f"audit {SOURCES}", "holds no experiment (no settings.json)"),
        (f"networks {SOURCES}", "holds no experiment (no runs.csv)"),
        ("networks /nowhere", "no such folder"),
        ("config docs /dev/null", "output folder: /dev/null: is no folder"),
        ("train --task T1 --hidden 1000000", "emtvb train: hidden_dim[0]: 1000000: does not fit"),
        ("train --task T1 --batch-size 1000000000", "training.batch_size: 1000000000: does not fit"),
        ("train --task T1 --curriculum 10,1000000000", "training.curriculum[1]: 1000000000: does not fit"),
        ("train --task T1 --seed 4294967296", "seeds[0]: 4294967296"),
        ("train --task T1 --l2 1e308", "l2[0]: 1e+308"),
        ("interpret nothing", "no such run"),
        ("config check \udcff.yaml", "config file: \\udcff.yaml: cannot be read"),
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
    assert "not here" in emtvb(f"interpret {folder}")[2]


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


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network that learned its task."""
    folder = tmp_path_factory.mktemp("trained") / "mine"
    arguments = (
        "train --task T1 --dimensions 2 --variables 2 --hidden 16 --epochs 2 --batches-per-epoch 400"
        f" --curriculum 3,6,12 --threshold 0.95 --output {folder}"
    )
    subprocess.run([EMTVB, *arguments.split()], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("what", ["--flip 1", "--set +-", "--swap 1"])
@pytest.mark.parametrize("basis", ["data", "realisation"])
def test_an_edit_says_what_the_network_did_beside_the_theory(
    emtvb, trained: Path, tmp_path: Path, what: str, basis: str
) -> None:
    status, out, err = emtvb(f"edit {trained} --at 6 --variable 2 {what} --basis {basis} --output {tmp_path}")
    assert status == 0, err
    steps = [line.split() for line in out.splitlines() if "+" in line or "-" in line]
    assert sum("differs" in words for words in steps) >= 1
    assert "of 100 output vectors are the theory's for the edited variables" in out
    for suffix in ("png", "pdf", "csv"):
        assert (tmp_path / f"edit.{suffix}").stat().st_size > 0
    table = pd.read_csv(tmp_path / "edit.csv")
    table = table[table["step"] > 6]
    network, theory = (table.loc[table["series"] == series, "value"] for series in ("network", "theory"))
    early = slice(0, 12)
    assert ((network.to_numpy() >= 0) == (theory.to_numpy() > 0))[early].mean() > 0.9


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--at 6 --variable 2", "edit: nothing: give one of --flip, --set, --swap"),
        ("--at 6 --variable 2 --flip 0 --swap 1", "edit: --flip --swap: give one of"),
        ("--at -1 --variable 2 --flip 0", "--at: -1: give output steps, 0 or more"),
        ("--at 1000000000000 --variable 2 --flip 0", "--at: 1000000000000: does not fit"),
        ("--at 6 --variable 3 --flip 0", "variable: 3: variables run from 1 (oldest) to s = 2"),
        ("--at 6 --variable 1 --flip 2", "dimension: 2: dimensions run from 0 to 1"),
        ("--at 6 --variable 1 --set +x", "--set: +x: write one + or - for each dimension"),
        ("--at 6 --variable 1 --set +", "give d = 2 values, each 1 or -1"),
        ("--at 6 --variable 1 --swap 1", "changes no element that a later output depends on"),
        ("--at 6 --variable 1 --flip 0 --basis mine", "is not one of 'data', 'power', 'realisation'"),
    ],
)
def test_what_cannot_be_edited_is_one_clear_line(emtvb, trained: Path, arguments: str, says: str) -> None:
    status, out, err = emtvb(f"edit {trained} {arguments}")
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_interpret_names_the_verdict_and_every_basis(emtvb, trained: Path, tmp_path: Path) -> None:
    status, out, err = emtvb(f"interpret {trained} --output {tmp_path}")
    assert status == 0, err
    for words in ("by data", "the paper's", "realised", "edits obeyed", "elements read right"):
        assert words in out
    verdicts = ("linearly stored and editable", "solves the task without it", "did not learn")
    assert sum("seed1_p" in line and any(verdict in line for verdict in verdicts) for line in out.splitlines()) >= 1
    assert (tmp_path / "edits.png").stat().st_size > 0


def test_a_network_with_too_few_neurons_has_no_basis_and_says_so(emtvb, tmp_path: Path) -> None:
    small = "--dimensions 3 --variables 3 --hidden 5 --epochs 1 --batches-per-epoch 20 --curriculum 3 --threshold 0.9"
    assert emtvb(f"train --task T1 {small} --output {tmp_path / 'small'}")[0] == 0
    status, out, err = emtvb(f"interpret {tmp_path / 'small'}")
    assert status == 0, err
    assert "did not learn" in out
    status, _, err = emtvb(f"edit {tmp_path / 'small'} --at 6 --variable 1 --flip 0")
    assert status == 2
    assert "5 neurons for 9 elements to store: there can be no basis" in err


def test_a_results_root_that_is_none_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for value in (os.fsdecode(b"/tmp/\xff"), "~nobody-of-this-name/x"):
        monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", value)
        status, out, err = call("interpret nothing", monkeypatch, capsys)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert err.startswith("error: EXPERIMENT_OUTPUT_DIR: ")


def test_sizes_that_do_not_fit_are_told_by_config_check(emtvb, tmp_path: Path) -> None:
    smoke = (Path(__file__).parents[1] / "config" / "smoke.yaml").read_text()
    (tmp_path / "big.yaml").write_text(smoke.replace("hidden_dim: [24]", "hidden_dim: [1000000]"))
    status, out, err = emtvb(f"config check {tmp_path / 'big.yaml'}")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "big.yaml: hidden_dim[0]: 1000000: does not fit" in err
    assert "at most" in err


def test_figures_of_nothing_measured_are_one_line(emtvb) -> None:
    """What `make figures` asks before it calls Snakemake."""
    config = Path(__file__).parents[1] / "config" / "smoke.yaml"
    status, out, err = emtvb(f"config check --measured {config}")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "runs.csv and 5 more files: not made yet; make reproduce CONFIG=" in err


def test_pack_says_what_it_packed_and_needs_a_folder(emtvb, tmp_path: Path) -> None:
    assert emtvb(f"pack {tmp_path}")[:2] == (0, "packed: 0 files\n")
    status, _, error = emtvb(f"pack {tmp_path / 'nowhere'}")
    assert status == 2
    assert "nowhere: no such folder; run the workflow first" in error


@pytest.mark.parametrize(("command", "goes_on"), [("train --task T1", True), ("audit .", False), ("verify", False)])
def test_an_interrupted_command_says_what_the_next_call_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, goes_on: bool
) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "commands", interrupted)
    status, _, err = call(command, monkeypatch, capsys)
    assert status == 130
    assert ("goes on from the last checkpoint" in err) is goes_on
    assert ("begins anew" in err) is not goes_on


@pytest.mark.parametrize("error", [KeyboardInterrupt, click.Abort])
def test_what_click_makes_of_an_interruption_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: type[BaseException]
) -> None:
    def interrupted(*_: object) -> None:
        raise error

    monkeypatch.setattr(cli.tasks, "check_size", interrupted)
    status, out, err = call("train --task T1", monkeypatch, capsys)
    assert (status, out) == (130, "")
    assert err.strip() == "error: interrupted; the same command goes on from the last checkpoint"


def test_a_training_that_is_interrupted_says_one_line_and_goes_on(tmp_path: Path) -> None:
    arguments = [EMTVB, "train", *LONG.split(), "--output", tmp_path / "mine"]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if any(tmp_path.rglob("checkpoint.*")) or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "error: interrupted; the same command goes on from the last checkpoint"
    assert "Traceback" not in err
    assert any(tmp_path.rglob("checkpoint.*"))


def test_a_trainer_that_is_not_here_leaves_nothing_behind(
    emtvb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    status, _, err = emtvb(f"train --task T1 {TINY} --trainer reference --accelerator cuda")
    last = err.splitlines()[-1]
    assert status == 2
    assert last.startswith("error: accelerator: cuda: not on this machine")
    assert last.endswith("use cpu, or auto")
    assert not (tmp_path / "results").exists()


def test_an_empty_folder_or_the_runs_own_may_be_trained_into(emtvb, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for _ in range(2):
        assert emtvb(f"train --task T1 {TINY} --output {folder}")[0] == 0
    (folder / "runs.csv").unlink()
    status, _, err = emtvb(f"train --task T2 {TINY} --output {folder}")
    assert (status, err.count("\n")) == (2, 1)
    assert "holds another experiment" in err


def test_a_refused_edit_leaves_no_folder(emtvb, trained: Path, tmp_path: Path) -> None:
    status, _, err = emtvb(f"edit {trained} --at 5 --variable 9 --flip 0 --output {tmp_path / 'new' / 'deep'}")
    assert (status, err.count("\n")) == (2, 1)
    assert not (tmp_path / "new").exists()


def test_a_full_disk_is_one_line_with_a_path(tmp_path: Path) -> None:
    """Held by a limit on the size of files, at which the system fails as on a disk that is full."""
    script = f"ulimit -f 1; exec {EMTVB} config docs {tmp_path / 'docs'}"
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert f"'{tmp_path / 'docs'}'; mend that and run again" in result.stderr
    assert not (tmp_path / "docs").exists()


def test_a_machine_out_of_memory_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for error in (MemoryError("12 GiB for an array"), RuntimeError("DefaultCPUAllocator: can't allocate memory")):

        def full(error: Exception = error, **_: object) -> None:
            raise error

        monkeypatch.setattr(cli, "commands", full)
        status, _, err = call("train", monkeypatch, capsys)
        assert (status, err.count("\n")) == (2, 1)
        assert err.startswith("error: out of memory (")


def test_a_notebooks_matplotlib_backend_is_nothing_to_the_command(trained: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [EMTVB, "edit", trained, "--at", "6", "--variable", "2", "--flip", "1", "--output", tmp_path],
        env={**os.environ, "MPLBACKEND": "module://nowhere.backend"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr


def test_weights_that_were_left_out_are_named_with_a_call_that_trains_them(trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "published here"
    shutil.copytree(trained, folder)
    (weights,) = folder.glob("training/*/weights.safetensors")
    weights.unlink()
    weights.with_name("train_shard.provenance.json").write_text("{}")
    with pytest.raises(InputError) as caught:
        find_run(str(folder), folder).network()
    message = str(caught.value)
    assert f"snakemake --cores all '{weights}' --configfile '{folder}/settings.json'" in message


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network as quickly trained as can be."""
    folder = tmp_path_factory.mktemp("tiny") / "mine"
    subprocess.run([EMTVB, *f"train --task T1 {TINY} --output {folder}".split()], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("content", ["", "run_id\n", "run_id,task\na,b\n", "\x00"])
def test_a_damaged_run_table_has_a_remedy_that_works(emtvb, tiny: Path, tmp_path: Path, content: str) -> None:
    """For a folder of `emtvb train`, too, where there is no stage to run."""
    folder = tmp_path / "mine"
    shutil.copytree(tiny, folder)
    (folder / "runs.csv").write_text(content)
    for command in (f"interpret {folder}", f"train --task T1 {TINY} --output {folder}"):
        status, _, err = emtvb(command)
        assert (status, err.count("\n")) == (2, 1)
        assert "enumerate" not in err
    (folder / "runs.csv").unlink()
    assert emtvb(f"train --task T1 {TINY} --output {folder}")[0] == 0
    assert emtvb(f"interpret {folder}")[0] == 0


def test_doctor_prints_a_line_each_and_fails_on_errors(emtvb, monkeypatch: pytest.MonkeyPatch) -> None:
    from emtvb.running import doctor

    found = [doctor.Finding("ok", "Slurm", "is here"), doctor.Finding("warning", "MinJobAge", "is\n low")]
    monkeypatch.setattr(doctor, "examine", lambda experiment, profiles: iter(found))
    root = Path(__file__).parents[1]
    status, out, _ = emtvb(f"doctor {root / 'config' / 'smoke.yaml'}")
    assert (status, out.splitlines()) == (0, ["ok      Slurm: is here", "warning MinJobAge: is low"])
    found.append(doctor.Finding("error", "disk", "is full"))
    assert emtvb(f"doctor {root / 'config' / 'smoke.yaml'}")[0] == 1
