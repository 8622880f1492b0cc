"""The public face: what it exports, when it is imported, and that it does what the workflow does."""

from __future__ import annotations

import ast
import doctest
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import emtvb
from emtvb.exports import HOME
from emtvb.theory import tasks
from emtvb.theory.network_measurement import DATA, MeasureSettings, measure_network
from emtvb.theory.networks import Network
from emtvb.theory.runs import Protocol, Run

from ..conftest import saturated_circuit

ROOT = Path(__file__).parents[2]

SCRIPT = """\
import numpy as np, torch, emtvb
from torch import nn
def cell(u, state, W=0.5 * torch.randn(20, 20), U=torch.randn(20, 3)):
    h = torch.tanh(state["h"] @ W.T + u @ U.T)
    return h[:, :3], {"h": h, "trace": 0.9 * state["trace"] + h[:, :1]}
begin = lambda n: {"h": torch.zeros(n, 20), "trace": torch.zeros(n, 1)}
x = np.random.default_rng(0).choice([-1.0, 1.0], size=(12, 400, 3))
lstm = emtvb.adapt(nn.LSTM(3, 20, batch_first=True), nn.Linear(20, 3))
for system in (emtvb.adapt(nn.GRU(3, 20, 2), nn.Linear(20, 3)), lstm, emtvb.adapt(nn.RNN(3, 20, nonlinearity="relu"),
               nn.Linear(20, 3)), emtvb.adapt(cell, state=begin)):
    fitted = emtvb.fit(emtvb.record(system, x, x[..., :2], names=["a", "b"]))
    print(system, emtvb.judge(fitted), emtvb.edit(fitted, at=6, flip="a", expected=lambda v, u: u), sep="\\n")
"""


def test_a_script_of_fifteen_lines_adapts_fits_edits_and_judges_four_kinds(tmp_path: Path) -> None:
    assert len(SCRIPT.splitlines()) <= 15
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines() if line.startswith("<")] == [
        "<GRU", "<LSTM", "<RNN", "<cell",
    ]  # fmt: skip
    assert done.stdout.count("flip a:") == 4
    assert done.stdout.count("95% interval") == 4


def as_torch(network: Network, task: tasks.Task, batch_first: bool) -> emtvb.Adapted:
    rnn = nn.RNN(task.d, network.hidden_dim, bias=False, batch_first=batch_first)
    readout = nn.Linear(network.hidden_dim, task.d, bias=False)
    with torch.no_grad():
        for parameter, array in zip([*rnn.parameters(), *readout.parameters()], network.arrays().values(), strict=True):
            parameter.copy_(torch.tensor(array))
    return emtvb.adapt(rnn, readout)


@pytest.fixture(scope="module")
def trained() -> tuple[Run, Network]:
    """A circuit with noise in its weights, so that no measure is 0 or 1 by construction."""
    task = tasks.named("T1", 3, 3)
    network, _ = saturated_circuit(task, per_element=3, seed=1)
    rng = np.random.default_rng(0)
    noisy = Network(
        network.W_uh,
        network.W_hh + 0.11 * rng.normal(size=network.W_hh.shape).astype(np.float32),
        network.W_r,
    )
    return Run(task, network.hidden_dim, 0.0, 0.98, 1, Protocol(curriculum=(10, 20))), noisy


def test_a_network_of_ours_is_judged_as_the_workflow_does(trained: tuple[Run, Network]) -> None:
    run, network = trained
    measured = measure_network(run, network, MeasureSettings(horizon=40))
    expected = {name: value for name, value in asdict(measured.bases[DATA]).items() if name not in _OF_WEIGHTS}
    judged = emtvb.judge(emtvb.fit(emtvb.record(network, run.task, horizon=40)))
    assert judged.task is not None
    assert asdict(judged.task.measures) == expected
    assert judged.task.verdict == measured.verdict
    assert judged.task.test_accuracy == measured.test_accuracy
    assert judged.task.unedited_success == measured.unedited_success
    assert 0 < judged.task.measures.edit_success < 1
    assert np.mean([r.score for r in judged.readings]) == pytest.approx(measured.bases[DATA].decoding_accuracy)
    assert len(judged.readings) == run.task.theory.persistent.sum()


@pytest.mark.parametrize("batch_first", [True, False])
def test_so_is_the_same_network_in_torch(trained: tuple[Run, Network], batch_first: bool) -> None:
    run, network = trained
    expected = emtvb.judge(emtvb.fit(emtvb.record(network, run.task, horizon=40)))
    system = as_torch(network, run.task, batch_first)
    judged = emtvb.judge(emtvb.fit(emtvb.record(system, run.task, horizon=40)))
    assert judged.task is not None
    assert expected.task is not None
    for name, value in asdict(expected.task.measures).items():
        assert getattr(judged.task.measures, name) == pytest.approx(value, abs=5e-3, rel=1e-3), name
    assert judged.task.verdict == expected.task.verdict


PAPER = ROOT / "results" / "paper"


@pytest.mark.long
@pytest.mark.parametrize("run_id", ["T3_h128_l2-0_thr-0.98_seed2", "T2_h128_l2-0_thr-0.9_seed1"])
def test_a_published_network_has_its_published_measures(run_id: str) -> None:
    row = pd.read_csv(PAPER / "measurements.csv").set_index("run_id").loc[run_id]
    network = emtvb.load(f"{PAPER}/{run_id}").system.network
    judged = emtvb.judge(emtvb.fit(emtvb.record(network, tasks.named(run_id[:2]))))
    assert judged.task is not None
    for name, value in asdict(judged.task.measures).items():
        assert value == pytest.approx(row[f"data_{name}"], rel=1e-2, abs=5e-3), name
    assert judged.task.test_accuracy == pytest.approx(row["test_accuracy"], abs=1e-4)
    assert judged.task.verdict == row["verdict"]


_OF_WEIGHTS = ("map_error", "gain", "shape_error")


def test_what_it_exports_is_there_and_documented() -> None:
    for name in emtvb.__all__:
        assert getattr(emtvb, name).__doc__, name
    assert set(emtvb.__all__) == set(HOME)
    assert set(emtvb.__all__) <= set(dir(emtvb))
    with pytest.raises(AttributeError, match="module 'emtvb' has no attribute 'adept'"):
        _ = emtvb.adept
    for name in ("adapt", "record", "fit", "judge", "edit", "fixed_points", "linearise"):
        assert "Args:" in getattr(emtvb, name).__doc__


@pytest.mark.parametrize("name", emtvb.__all__)
def test_its_example_gives_what_it_shows(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where examples save files
    (example,) = doctest.DocTestFinder(recurse=False).find(getattr(emtvb, name), name, globs={})
    assert 1 < len(example.examples) < 8
    assert example.examples[-1].want or example.examples[-1].exc_msg
    said: list[str] = []
    assert doctest.DocTestRunner().run(example, out=said.append).failed == 0, "".join(said)


def test_the_stub_says_the_same() -> None:
    stub = ast.parse((ROOT / "src" / "emtvb" / "__init__.pyi").read_text())
    homes = {alias.name: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert homes == HOME
    (names,) = (ast.literal_eval(node.value) for node in stub.body if isinstance(node, ast.Assign))
    assert sorted(names) == emtvb.__all__


def test_the_guide_names_every_function() -> None:
    guide = (ROOT / "docs" / "own-network.md").read_text()
    for name in emtvb.__all__:
        if name[0].islower():
            assert f"`{name}(" in guide


def test_what_the_guide_shows_of_other_packages_is_python() -> None:
    """The blocks of the language `py`; those of `python` are run (test_extras.py)."""
    blocks = re.findall(r"```py\n(.*?)```", (ROOT / "docs" / "own-network.md").read_text(), re.DOTALL)
    assert len(blocks) == 6
    for code in blocks:
        compile(code, "guide", "exec")
        assert len([line for line in code.splitlines() if line]) <= 8


def test_dir_is_the_face_alone() -> None:
    assert {name for name in dir(emtvb) if name[0] != "_"} == set(HOME)


def test_importing_the_package_imports_nothing_else() -> None:
    heavy = {"torch", "numpy", "pandas", "emtvb.core"}
    code = f"import sys, emtvb; print(*({heavy} & set(sys.modules)), emtvb.__version__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [emtvb.__version__]


def test_numpy_functions_need_no_torch() -> None:
    code = (
        "import sys, numpy as np, emtvb; emtvb.adapt(lambda u, h: (h, h), state=3, input_dim=2); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


def test_what_it_exports_are_names_and_a_version() -> None:
    """The module does not count for jobs (``source.counts``): it may hold nothing else."""
    docstring, version, home, note = ast.parse((ROOT / "src" / "emtvb" / "exports.py").read_text()).body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(note, ast.Expr)
    for statement, name in ((version, "__version__"), (home, "HOME")):
        assert isinstance(statement, ast.Assign)
        assert ast.unparse(statement.targets[0]) == name
        ast.literal_eval(statement.value)


def test_no_job_uses_what_it_exports() -> None:
    """What is exported does not count: a job that went by it would not see that a name leads elsewhere now."""
    for path in [*(ROOT / "src" / "emtvb").rglob("*.py"), *(ROOT / "workflow" / "scripts").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "emtvb":
                assert not HOME.keys() & {alias.name for alias in node.names}, path
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "emtvb":
                assert node.attr not in HOME, path
