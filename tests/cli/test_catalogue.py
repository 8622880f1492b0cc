from __future__ import annotations

import io
import pkgutil
import shutil
from pathlib import Path

import pandas as pd
import pytest

from emtvb import config
from emtvb.cli.network import training
from emtvb.config import sweep
from emtvb.config.architectures import ARCHITECTURES, network_class
from emtvb.experiments import catalogue
from emtvb.experiments.results import find_run, runs_in
from emtvb.files import write_text
from emtvb.making.packed_weights import PACKED
from emtvb.theory.network_measurement import MeasureSettings, measure_network
from emtvb.theory.networks import save_networks
from emtvb.training import general
from emtvb.training.architectures import saved_weights

from ..conftest import make_network
from .test_main import call

OWN = {
    "experiment": "own",
    "dimensions": 3,
    "variables": 3,
    "tasks": ["T1", "T2"],
    "hidden_dim": [12],
    "l2": [0, 0.001],
    "threshold": [0.9],
    "seeds": [1, 2],
    "twins": [0, 1],
    "training": {"epochs": 1, "batches_per_epoch": 3, "batch_size": 4, "curriculum": [3]},
    "interpretation": {"horizon": 6, "sequences": 8},
    "architectures": {"lstm": 10, "s4": 5},
}


def make(root: Path, settings: dict, measured: bool = True) -> Path:
    """An experiment's folder, of random networks: all but those of T2 without penalty have weights."""
    experiment = config.check_sweep(settings)
    folder = root / experiment.experiment
    shards = experiment.shards()
    sweep.write_run_table(folder / "runs.csv", shards)
    write_text(folder / "settings.json", config.dump_settings(experiment))
    rows, settled = [], MeasureSettings(horizon=6, sequences=8)
    for shard, runs in shards.items():
        trained = {run.run_id: make_network(3, run.hidden_dim, seed=i) for i, run in enumerate(runs)}
        rows += [measure_network(run, trained[run.run_id], settled).row() for run in runs]
        if not shard.startswith("T2_h12_l2-0_"):
            save_networks(folder / "training" / shard / "weights.safetensors", trained)
    if measured:
        pd.DataFrame(rows).to_csv(folder / "measurements.csv", index=False)
    for run in experiment.architecture_runs():
        if run.seed == 1:
            kind = pkgutil.resolve_name(ARCHITECTURES[run.architecture].module)
            made = network_class(run.architecture)
            network, _, _ = general.train_architecture(run, made, kind, folder / "runs" / run.run_id)
            saved_weights.save_trained(
                folder / "architectures" / run.run_id / "weights.safetensors", run.run_id, network
            )
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("results")
    make(root, OWN)
    return root


@pytest.fixture
def emtvb(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", str(root))
    return lambda arguments: call(arguments, monkeypatch, capsys)


def test_every_run_is_listed_once_with_what_was_measured_and_whether_it_can_be_opened(root: Path) -> None:
    table = catalogue.network_catalogue([root / "own"])
    assert list(table.columns) == list(catalogue.COLUMNS)
    assert table["run_id"].is_unique
    assert table["architecture"].value_counts().to_dict() == {"rnn": 16, "lstm": 8, "s4": 8}
    rnn = table[table["architecture"] == "rnn"]
    assert rnn["verdict"].notna().all()
    assert (rnn["weights"] == ~((rnn["task"] == "T2") & (rnn["l2"] == 0))).all()
    others = table[table["architecture"] != "rnn"]
    assert others["verdict"].isna().all()
    assert (others["weights"] == (others["seed"] == 1)).all()


def test_filters_are_of_one_mind_with_the_table(root: Path, emtvb) -> None:
    status, out, err = emtvb("networks --task T1 --l2 0.001 --seed 2 --csv")
    assert status == 0, err
    shown = pd.read_csv(io.StringIO(out))
    assert set(shown["run_id"]) == {
        *(
            run_id
            for run_id in runs_in(root / "own")
            if "T1-d3s3" in run_id and "l2-0.001" in run_id and "seed2" in run_id
        )
    }
    assert set(shown["task"]) == {"T1"}
    assert len(pd.read_csv(io.StringIO(emtvb("networks --task T1 --task T2 --csv")[1]))) == 32
    assert set(pd.read_csv(io.StringIO(emtvb("networks --twin 1 --csv")[1]))["twin"]) == {1}
    assert set(pd.read_csv(io.StringIO(emtvb("networks --architecture s4 --csv")[1]))["architecture"]) == {"s4"}
    assert pd.read_csv(io.StringIO(emtvb("networks --weights --csv")[1]))["weights"].all()
    solved = pd.read_csv(io.StringIO(emtvb("networks --solved --csv")[1]))
    unsolved = pd.read_csv(io.StringIO(emtvb("networks --unsolved --csv")[1]))
    assert len(solved) == 0
    assert len(unsolved) == 16  # those that are measured
    assert len(pd.read_csv(io.StringIO(emtvb("networks --verdict LEARN --csv")[1]))) == 16


def test_the_text_names_runs_whole_and_counts_them(root: Path, emtvb) -> None:
    status, out, _ = emtvb(f"networks {root / 'own'} --task T2 --l2 0")
    assert status == 0
    lines = out.splitlines()
    for run_id, found in runs_in(root / "own").items():
        listed = [line for line in lines if line.split()[0] == run_id]
        assert len(listed) == (found.run.task.name == "T2" and found.run.l2 == 0)
    assert lines[-1] == f"{len(lines) - 2} networks; 0 solve their task; the weights of 2 are here"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("networks --task T3", "--task: T3: no network has it; there are T1, T2"),
        ("networks --hidden 64", "--hidden: 64: no network has it; there are 5, 10, 12"),
        ("networks --verdict perfect", "--verdict: perfect: no network's has these words; there are did not learn"),
        ("networks nowhere", "results: nowhere: no such folder; name an experiment's"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(emtvb, arguments: str, says: str) -> None:
    status, out, err = emtvb(arguments)
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_an_experiment_that_is_damaged_hides_no_other(root: Path, emtvb, tmp_path: Path, monkeypatch) -> None:
    shutil.copytree(root / "own", tmp_path / "own")
    (tmp_path / "broken").mkdir()
    shutil.copy(root / "own" / "runs.csv", tmp_path / "broken")
    (tmp_path / "broken" / "settings.json").write_text("{")
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", str(tmp_path))
    status, out, err = emtvb("networks")
    assert status == 0
    assert out.splitlines()[-1].startswith("32 networks; ")
    assert err.count("\n") == 1
    assert err.startswith(f"warning: left out: config file: {tmp_path / 'broken' / 'settings.json'}")
    assert emtvb(f"networks {tmp_path / 'broken'}")[0] == 2


def test_without_results_it_says_so(emtvb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", str(tmp_path))
    status, _, err = emtvb("networks")
    assert status == 2
    assert "no experiment there" in err


@pytest.mark.parametrize(
    ("begins", "has"),
    [
        pytest.param("T1", "_twin1", marks=pytest.mark.long),
        ("lstm_T1", "seed1"),
        pytest.param("s4_T1", "seed1", marks=pytest.mark.long),
    ],
)
def test_every_kind_of_network_is_opened_by_its_id(root: Path, emtvb, tmp_path: Path, begins: str, has: str) -> None:
    run_id = next(run_id for run_id in runs_in(root / "own") if run_id.startswith(begins) and has in run_id)
    status, out, err = emtvb(f"interpret {run_id} --output {tmp_path / run_id}")
    assert status == 0, err
    assert pd.read_csv(tmp_path / run_id / "measurements.csv")["run_id"].tolist() == [run_id]
    status, out, err = emtvb(f"edit {run_id} --at 4 --variable 1 --flip 0 --output {tmp_path / run_id}")
    assert status == 0, err
    assert run_id in out
    assert find_run(f"{root / 'own'}/{run_id}").run.run_id == run_id


@pytest.mark.parametrize("command", ["interpret {}", "edit {} --at 1 --variable 1 --flip 0"])
def test_weights_that_are_not_here_are_one_line_with_what_makes_them(root: Path, emtvb, command: str) -> None:
    for run_id, found in runs_in(root / "own").items():
        if not found.weights.is_file():
            status, out, err = emtvb(command.format(run_id))
            assert (status, out) == (2, "")
            assert err.count("\n") == 1
            assert f"{found.weights}: not here; `snakemake" in err


def test_packed_weights_are_here(tmp_path: Path, root: Path) -> None:
    """As a fresh clone has them, which `interpret` and `edit` open."""
    shutil.copytree(root / "own", tmp_path / "own")
    here = catalogue.network_catalogue([tmp_path / "own"])["weights"]
    files = list((tmp_path / "own").glob("training/*/weights.safetensors"))
    for path in files:
        path.rename(path.with_name(PACKED))
    assert files
    assert here.equals(catalogue.network_catalogue([tmp_path / "own"])["weights"])


def test_a_run_of_the_papers_protocol_is_trained_again_by_one_command(tmp_path: Path, emtvb, monkeypatch) -> None:
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", str(tmp_path))
    settings = {"experiment": "sent", "tasks": ["T4"], "hidden_dim": [32], "l2": [10], "threshold": [0.9], "seeds": [3]}
    experiment = config.check_sweep(settings)
    sweep.write_run_table(tmp_path / "sent" / "runs.csv", experiment.shards())
    write_text(tmp_path / "sent" / "settings.json", config.dump_settings(experiment))
    (run,) = experiment.runs()
    _, _, err = emtvb(f"interpret {run.run_id}")
    said = err.partition("`emtvb ")[2].partition("`")[0]
    assert said.startswith("train ")
    shutil.rmtree(tmp_path / "sent")
    trained = []
    monkeypatch.setattr(training, "train_experiment", lambda experiment, folder: trained.extend(experiment.runs()))
    assert emtvb(said)[0] == 0
    assert trained == [run]
