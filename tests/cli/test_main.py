from __future__ import annotations

import errno
import importlib
import os
import pkgutil
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
import torch
from rich.console import Console

from emtvb.cli import main as cli
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.experiments.checks import Checks
from emtvb.experiments.results import find_run
from emtvb.making import provenance
from emtvb.making.packed_weights import WEIGHTS, pack
from emtvb.theory import networks

EMTVB = Path(sys.executable).with_name("emtvb")
SOURCES = Path(cli.__file__).parents[1]
COMMANDS = [
    name
    for _, name, is_package in pkgutil.iter_modules([str(Path(cli.__file__).parent)], "emtvb.cli.")
    if not is_package
]
PUBLISHED = Path(__file__).parents[2] / "results" / "paper"
TINY = "--dimensions 2 --variables 2 --hidden 12 --epochs 2 --batches-per-epoch 120 --curriculum 3,5 --threshold 0.9"
VERDICTS = ("linearly stored and editable", "solves the task without it", "did not learn")
LONG = "--task T1 --hidden 64 --seed 1 --epochs 50"


def call(
    arguments: str | Sequence[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    """The command in this process: exit status, standard output and standard error."""
    words = arguments.split() if isinstance(arguments, str) else arguments
    monkeypatch.setattr(sys, "argv", ["emtvb", *words])
    for name in COMMANDS:
        module = importlib.import_module(name)
        monkeypatch.setattr(module, "console", Console(highlight=False, soft_wrap=True, width=200), raising=False)
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
    for words in ("test accuracy", "by data", "the paper's", "realised", "edits obeyed", "elements read right"):
        assert words in out
    assert any("seed3" in line and line.rstrip().endswith(VERDICTS) for line in out.splitlines())
    made = folder / "interpretation" / folder.name
    for name in ("spectrum.png", "weights.pdf", "hidden_state.png", "edits.png", "exemplar.npz", "measurements.csv"):
        assert (made / name).stat().st_size > 0
        assert name in out
    assert out.splitlines()[-1].startswith(f"open first {made / 'edits.png'}: ")
    assert pd.read_csv(made / "measurements.csv")["run_id"].tolist() == [folder.name]
    assert emtvb(f"interpret {folder.name} --output {tmp_path / 'there'}")[0] == 0
    assert emtvb(f"interpret {folder / folder.name} --output {tmp_path / 'there'}")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("train --task T1 --hidden 0", "hidden_dim[0]: 0"),
        ("train --task T9", "T9: unknown name"),
        ("train --task T3 --dimensions 3", "the paper defines it for d = s = 8 only"),
        ("train --task 255-x", "write three integers"),
        ("train --task T1 --curriculum 10,x", "--curriculum: 10,x"),
        ("train --task T1 --accelerator cuda", "accelerator: cuda: nothing trains on it"),
        ("train --task T1 --output /proc/emtvb", "cannot write there"),
        (f"train --task T1 --output {SOURCES}", "holds files that are no run's; choose a new folder, or an empty one"),
        (f"train --task T1 --output {PUBLISHED}", "holds 1920 runs; choose another folder"),
        ("verify --all --results /nowhere", "--results: /nowhere: no such folder"),
        (f"audit {SOURCES}", "holds no experiment (no settings.json)"),
        ("train --task T1 --seed 4294967296", "seeds[0]: 4294967296"),
        ("interpret nothing", "no such file, and no network of this name"),
        (f"interpret {SOURCES}", "a folder that holds no runs (no runs.csv); name a run"),
        ("interpret nothing.pt --task T1", "weights file: nothing.pt: no such file; name one, or a run"),
        (f"edit {PUBLISHED} --page --task T1", "--task: T1: "),
        (f"verify --results {PUBLISHED} --sample 1921", "--sample: 1921: "),
        (f"verify --results {PUBLISHED} --all --seed 5", "--seed: 5: chooses a sample; give --sample, too"),
        (f"verify --results {PUBLISHED}", "verify: nothing: give one of RUN_ID, --sample, --all"),
        (f"verify --results {PUBLISHED} --all --sample 1", "verify: --sample and --all: give one of"),
        (f"verify --results {PUBLISHED} T9_h1", "run: T9_h1: not in "),
        (f"audit {PUBLISHED} --quick --runs 5", "audit: --quick and --runs: --quick makes nothing again"),
        ("config check nothing.yaml", "cannot be read"),
        ("tasks t1", "task: t1: did you mean T1?"),
        ("tasks --dimensions 0", "positive integer"),
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


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("unknown", "No such command 'unknown'"),
        ("train", "Missing option '--task'"),
        ("train --task T1 --hidden few", "'few' is not a valid integer"),
        ("train --task T1 --sed 1", "Did you mean"),
        ("edit x --at -1 --variable 2 --flip 0", "-1 is not in the range x>=0"),
        ("edit x --at 1 --variable 2 --flip 0 --basis mine", "is not one of 'data', 'power', 'realisation'"),
    ],
)
def test_a_wrong_command_line_is_told_by_click(emtvb, arguments: str, says: str) -> None:
    status, out, err = emtvb(arguments)
    assert (status, out) == (2, "")
    assert says in err.splitlines()[-1]


def test_a_message_spells_out_what_a_name_would_do_to_a_terminal() -> None:
    error = InputError("run", "\x1b[2Jpassed\x07\udcff", "name\nanother")
    assert str(error) == r"run: \x1b[2Jpassed\x07\udcff: name another"


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("interpret", "--task T1"),
        ("interpret", "--dimensions 2"),
        ("edit --at 6 --variable 2 --flip 1", "--variables 2"),
        ("edit --page", "--nonlinearity tanh"),
    ],
)
def test_what_is_said_of_a_file_is_refused_for_a_run(
    emtvb, trained: Path, tmp_path: Path, command: str, option: str
) -> None:
    status, out, err = emtvb(f"{command} {trained} {option} --output {tmp_path / 'new'}")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {option.replace(' ', ': ')}: {trained} is no file of weights")
    assert not (tmp_path / "new").exists()


def test_a_nonlinearity_is_refused_for_what_is_no_rnn(emtvb, tmp_path: Path) -> None:
    torch.manual_seed(0)
    for kind in (torch.nn.LSTM, torch.nn.RNN):
        network = torch.nn.ModuleDict({"rnn": kind(2, 6), "readout": torch.nn.Linear(6, 2)})
        torch.save(network.state_dict(), tmp_path / f"{kind.__name__}.pt")
    of = "--task T1 --dimensions 2 --variables 2 --nonlinearity relu --at 2 --variable 9 --flip 0"
    status, out, err = emtvb(f"edit {tmp_path / 'LSTM.pt'} {of}")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: --nonlinearity: relu: ")
    assert "error: --variable: 9: " in emtvb(f"edit {tmp_path / 'RNN.pt'} {of}")[2]
    status, out, err = emtvb(f"edit {tmp_path / 'RNN.pt'} {of.replace('--nonlinearity relu', '')}")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: --nonlinearity: not given: ")


@pytest.mark.parametrize("value", ["/dev/null", "{tmp}/link/x"])
def test_a_results_root_that_cannot_be_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    given = value.format(tmp=tmp_path)
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", given)
    for command, says in (("train --task T1", f"output folder: {given}"), ("networks", f"results: {given}: ")):
        status, out, err = call(command, monkeypatch, capsys)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert err.startswith(f"error: {says}")


def test_published_networks_are_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("EXPERIMENT_OUTPUT_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    run_id = "T4_h64_l2-0_thr-0.98_seed4"
    assert run_id in call("networks --task T4", monkeypatch, capsys)[1]
    said = call(f"interpret {run_id} --task T4", monkeypatch, capsys)[2]
    assert said == f"error: --task: T4: {run_id} is no file of weights, and has its own; leave it out\n"


def test_nothing_is_trained_where_there_is_nothing_to_compare_with(
    emtvb, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(tiny / "settings.json", tmp_path)
    monkeypatch.setattr("emtvb.making.processes.Processes.begin", None)  # nothing can be begun
    status, out, err = emtvb(f"verify --results {tmp_path} --all")
    assert (status, err) == (1, "")
    assert out.splitlines()[0].endswith(": nothing of it lies there to compare with")
    assert out.splitlines()[1:] == ["0 of 1 runs came out as published"]


def test_an_experiment_without_runs_has_none_to_train_again(emtvb, tiny: Path, monkeypatch) -> None:
    monkeypatch.setattr("emtvb.experiments.kinds.kind_of", lambda _: Checks())
    status, _, err = emtvb(f"verify --results {tiny} --all")
    assert status == 2
    assert f"--results: {tiny}: holds no runs to train again; name others" in err


def test_what_torch_trained_on_another_machine_is_not_checked(emtvb, tiny: Path, monkeypatch) -> None:
    def another(_, chosen, *rest):
        yield from ((run_id, "its learning curve is another") for run_id in chosen)

    monkeypatch.setattr("emtvb.experiments.training_again.TrainedNetworks.train_again", another)
    monkeypatch.setattr("emtvb.experiments.training_again.made_elsewhere", lambda *_: "cpu A, here B")
    status, out, _ = emtvb(f"verify --results {tiny} --all")
    assert status == 3
    assert "not checked, it was made elsewhere (cpu A, here B); its learning curve is another" in out
    assert out.endswith("0 of 1 runs came out as published, 1 not checked\n")


def test_a_terminal_that_does_not_know_its_width_shows_all() -> None:
    result = subprocess.run(
        [EMTVB, "tasks"], env={**os.environ, "COLUMNS": "0"}, capture_output=True, text=True, check=True
    )
    assert "T4" in result.stdout


def test_a_summary_says_nothing_before_all_of_it_can_be_said(emtvb, tmp_path: Path) -> None:
    folder = tmp_path / "results" / "repeat-copy"
    shutil.copytree(PUBLISHED.with_name("repeat-copy") / "tables", folder / "tables")
    (folder / "measurements.csv").write_text("a,b\n")
    config = Path(__file__).parents[2] / "config"
    status, out, err = emtvb(f"summary {config / 'repeat-copy.yaml'}")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "measurements.csv: has no column run_id" in err
    for kind in kinds.kind_sections():
        status, out, err = emtvb(f"summary {config / f'{kind}.yaml'}")
        assert (status, out) == (2, "")
        assert "not made yet; run the workflow on this config first" in err


def test_a_config_that_takes_a_published_name_for_something_else_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", str(PUBLISHED.parent))
    config = Path(__file__).parents[2] / "config" / "repeat-copy.yaml"
    assert call(f"config check {config}", monkeypatch, capsys)[2] == ""
    (tmp_path / "mine.yaml").write_text(
        "experiment: repeat-copy\ntasks: [T1]\nhidden_dim: [8]\nl2: [0]\nthreshold: [0.98]\nseeds: [3]\n"
    )
    status, out, err = call(f"config check {tmp_path / 'mine.yaml'}", monkeypatch, capsys)
    assert status == 0
    assert "experiment repeat-copy: 1 runs" in out
    assert err.startswith(
        f"warning: {PUBLISHED.with_name('repeat-copy')} holds results of this name with other settings"
    )
    assert "tasks, hidden_dim" in err


def test_damaged_weights_and_foreign_ones(emtvb, tiny: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny, tmp_path / "mine"))
    weights = next(folder.glob("training/*/weights.safetensors"))
    content = weights.read_bytes()
    weights.write_bytes(content[:-5])
    status, _, err = emtvb(f"interpret {folder}")
    assert status == 2
    assert "damaged" in err
    ((run_id, _),) = networks.load_networks(_restored(weights, content)).items()
    from ..conftest import make_network

    networks.save_networks(weights, {run_id: make_network(3, 5)})
    status, _, err = emtvb(f"interpret {folder}")
    assert (status, "task T1 has d = 2" in err) == (2, True)
    weights.unlink()
    assert "not here" in emtvb(f"interpret {folder}")[2]


def _restored(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_config_check(emtvb, tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    status, out, _ = emtvb(f"config check {root / 'config' / 'paper.yaml'} {root / 'config' / 'smoke.yaml'}")
    assert status == 0
    assert "1920 runs in 192 training jobs" in out
    assert emtvb(f"config folder {root / 'config' / 'smoke.yaml'}")[1].strip() == str(tmp_path / "results" / "smoke")


def test_the_installed_command_says_its_version() -> None:
    result = subprocess.run([EMTVB, "--version"], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("emtvb, version ")
    assert "interpret" in subprocess.run([EMTVB, "--help"], capture_output=True, text=True, check=True).stdout


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


@pytest.mark.parametrize(
    ("what", "basis"), [("--flip 1", "data"), ("--set +-", "data"), ("--swap 1", "data"), ("--flip 1", "realisation")]
)
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
        ("--at 6 --variable 3 --flip 0", "--variable: 3: variables run from 1 (oldest) to s = 2"),
        ("--at 6 --variable 1 --swap 3", "--swap: 3: variables run from 1 (oldest) to s = 2"),
        ("--at 6 --variable 1 --flip 2", "--flip: 2: dimensions run from 0 to 1"),
        ("--at 6 --variable 1 --set +x", "--set: +x: write one + or - for each dimension"),
        ("--at 6 --variable 1 --set +", "--set: +: give d = 2 signs, + or -, one for each dimension"),
        ("--at 6 --variable 1 --swap 1", "--swap: 1: is the variable itself; name another"),
    ],
)
def test_what_cannot_be_edited_is_one_clear_line(emtvb, trained: Path, arguments: str, says: str) -> None:
    status, out, err = emtvb(f"edit {trained} {arguments}")
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


@pytest.mark.long
def test_a_network_with_too_few_neurons_has_no_basis_and_says_so(emtvb, tmp_path: Path) -> None:
    small = "--dimensions 3 --variables 3 --hidden 5 --epochs 1 --batches-per-epoch 20 --curriculum 3 --threshold 0.9"
    assert emtvb(f"train --task T1 {small} --output {tmp_path / 'small'}")[0] == 0
    status, out, err = emtvb(f"interpret {tmp_path / 'small'}")
    assert status == 0, err
    assert "did not learn" in out
    status, _, err = emtvb(f"edit {tmp_path / 'small'} --at 6 --variable 1 --flip 0")
    assert status == 2
    assert "5 neurons for 9 elements to store: there can be no basis" in err


def test_what_may_not_be_written_is_told_at_once(emtvb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "repeat-copy"
    folder.mkdir()
    shutil.copy(PUBLISHED.with_name("repeat-copy") / "settings.json", folder)

    def read_only(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("emtvb.files.tempfile.TemporaryFile", read_only)
    status, out, err = emtvb(f"audit {folder} --quick")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "cannot write there (Read-only file system)" in err


@pytest.mark.long  # tests/training/test_kill.py has quick ones
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_training_that_is_interrupted_keeps_its_checkpoint(tmp_path: Path, number: int) -> None:
    arguments = [EMTVB, "train", *LONG.split(), "--output", tmp_path / "mine"]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if any(tmp_path.rglob("checkpoint.*")) or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "error: interrupted; call the same command again"
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


def test_the_runs_own_folder_may_be_trained_into_and_no_other_run_touches_it(emtvb, tiny: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny, tmp_path / "mine"))
    assert emtvb(f"train --task T1 {TINY} --output {folder}")[0] == 0
    for says in ("choose another folder", "holds another experiment"):
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        status, _, err = emtvb(f"train --task T2 {TINY} --output {folder}")
        assert (status, err.count("\n")) == (2, 1)
        assert says in err
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
        (folder / "runs.csv").unlink(missing_ok=True)


def test_a_refused_edit_leaves_no_folder(emtvb, trained: Path, tmp_path: Path) -> None:
    status, _, err = emtvb(f"edit {trained} --at 5 --variable 9 --flip 0 --output {tmp_path / 'new' / 'deep'}")
    assert (status, err.count("\n")) == (2, 1)
    assert not (tmp_path / "new").exists()


def test_a_full_disk_is_one_line_with_a_path(emtvb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("emtvb.cli.network.training.train_experiment", full)
    status, _, err = emtvb(f"train --task T1 {TINY} --output {tmp_path / 'new'}")
    assert (status, err.count("\n")) == (2, 1)
    assert f"No space left on device: '{tmp_path / 'new'}'; mend that and run again: it goes on where it stopped" in err


@pytest.mark.long
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
        find_run(str(folder)).network()
    message = str(caught.value)
    assert f"snakemake --cores all '{weights}' --configfile '{folder}/settings.json'" in message


@pytest.fixture
def published(trained: Path, tmp_path: Path) -> Path:
    """The file of packed weights of an experiment, whose weights are only there so."""
    folder = tmp_path / "published"
    shutil.copytree(trained, folder)
    (weights,) = folder.glob(f"training/*/{WEIGHTS}")
    recipe = {"rule": "train_shard", "settings": {"proof": {"engine": "a"}}, "code": {}, "versions": {}}
    provenance.record_job(recipe, {}, [], [str(weights)], str(folder / "logs" / "train_shard.log"), 1.0)
    (packed,) = pack(folder)
    weights.unlink()
    return packed


def test_packed_weights_are_read_where_nothing_can_be_written(
    published: Path, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emtvb.experiments.results.os.access", lambda path, mode: False)
    network = find_run(str(published.parents[2])).network()
    assert not published.with_name(WEIGHTS).exists()
    assert network.digest() == find_run(str(trained)).network().digest()


def test_packed_weights_whose_record_is_gone_are_named(published: Path) -> None:
    published.with_name("weights.provenance.json").unlink()
    with pytest.raises(InputError, match=rf"weights: {published}: the record beside it is missing or damaged; take"):
        find_run(str(published.parents[2])).network()


def test_damaged_weights_beside_packed_ones_are_to_be_deleted_alone(published: Path) -> None:
    published.with_name(WEIGHTS).write_bytes(b"")
    entry = find_run(str(published.parents[2]))
    with pytest.raises(InputError, match=r"delete it alone: it is unpacked again from weights\.planes\.xz"):
        entry.network()
    published.with_name(WEIGHTS).unlink()
    entry.network()


def test_without_a_clone_and_results_it_is_said_where_these_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EXPERIMENT_OUTPUT_DIR", raising=False)
    monkeypatch.setattr("emtvb.experiments.results.ROOT", tmp_path)
    for command in ("networks", "verify --sample 1", "audit results/paper", "interpret T1_h8_l2-0_thr-0.98_seed1"):
        status, _, err = call(command, monkeypatch, capsys)
        assert (status, err.count("\n")) == (2, 1)
        assert "they come with the repository, not with pip" in err


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network as quickly trained as can be."""
    folder = tmp_path_factory.mktemp("tiny") / "mine"
    subprocess.run([EMTVB, *f"train --task T1 {TINY} --output {folder}".split()], check=True, capture_output=True)
    return folder


@pytest.mark.long
def test_a_damaged_run_table_has_a_remedy_that_works(emtvb, tiny: Path, tmp_path: Path) -> None:
    """For a folder of `emtvb train`, too, where there is no stage to run."""
    folder = tmp_path / "mine"
    shutil.copytree(tiny, folder)
    for content in ("", "run_id\n", "run_id,task\na,b\n", "\x00"):
        (folder / "runs.csv").write_text(content)
        for command in (f"interpret {folder}", f"train --task T1 {TINY} --output {folder}"):
            status, _, err = emtvb(command)
            assert (status, err.count("\n")) == (2, 1)
            assert "runs.csv" in err
            assert "enumerate" not in err
    (folder / "runs.csv").unlink()
    assert emtvb(f"train --task T1 {TINY} --output {folder}")[0] == 0
    assert emtvb(f"interpret {folder}")[0] == 0


def test_doctor_prints_a_line_each_and_fails_on_errors(emtvb, monkeypatch: pytest.MonkeyPatch) -> None:
    from emtvb.slurm import doctor

    found = [doctor.Finding("ok", "Slurm", "is here"), doctor.Finding("warning", "MinJobAge", "is\n low")]
    monkeypatch.setattr(doctor, "examine", lambda experiment, profiles: iter(found))
    root = Path(__file__).parents[2]
    status, out, _ = emtvb(f"doctor {root / 'config' / 'smoke.yaml'}")
    assert (status, out.splitlines()) == (0, ["ok      Slurm: is here", "warning MinJobAge: is low"])
    found.append(doctor.Finding("error", "disk", "is full"))
    assert emtvb(f"doctor {root / 'config' / 'smoke.yaml'}")[0] == 1
