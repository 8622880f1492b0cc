"""The recipes of CONTRIBUTING.md, each carried out in a copy of the clone, to its end."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from .conftest import CALL, ROOT, SMOKE, Project
from .test_plans import EXEMPLAR_FIGURES, INTERPRETED, TABLES

pytestmark = pytest.mark.first

MODULE = '''"""Accuracies of all runs, in order."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from emtvb.figures.style import house_style


def read(measurements: Path | str) -> pd.DataFrame:
    """What the figure shows."""
    return pd.read_csv(measurements)[["run_id", "test_accuracy"]]


@house_style()
def draw(shown: pd.DataFrame) -> Figure:
    """A step per run."""
    figure = Figure()
    figure.subplots().plot(sorted(shown["test_accuracy"]))
    return figure
'''


def a_figure(project: Project) -> None:
    (project.folder / "src/emtvb/experiments/sweep/figures/accuracies.py").write_text(MODULE)
    (project.folder / "workflow/report/accuracies.rst").write_text("**Accuracies.** A step is a network.\n")
    entry = '    "evidence": {"rates": rules.simulate_populations.output.rates},\n'
    more = '    "accuracies": {"measurements": rules.aggregate_measurements.output.measurements},\n'
    project.edit("workflow/rules/figures.smk", entry, entry + more)


def a_column(project: Project) -> None:
    for old, new in (
        ("        bases: By method", "        smallest_modulus: Of the eigenvalues of W_hh.\n        bases: By method"),
        ("    bases: dict[str, ", "    smallest_modulus: float\n    bases: dict[str, "),
        ("        bases=bases,", "        smallest_modulus=float(np.abs(eigenvalues).min()),\n        bases=bases,"),
        ("        bases=dict.fromkeys", "        smallest_modulus=nan,\n        bases=dict.fromkeys"),
    ):
        project.edit("src/emtvb/theory/network_measurement.py", old, new)


def a_task(project: Project) -> None:
    tasks = "src/emtvb/theory/tasks.py"
    project.edit(tasks, '"T4": (_MIXED, 38637, 145)', '"T4": (_MIXED, 38637, 145), "T5": (255, 1, 1)')
    project.edit(tasks, '"T3", "T4")', '"T3", "T4", "T5")')


GROUPS = ("statement", "check", "others")
CLAIM = """\
  - name: new-{group}
    group: {group}
    rule_since: {{at: {at}}}
    source: Somebody, section 2
    quote: 90% or more
    statement: W_hh of a network that solves its task has an eigenvalue of modulus 0.5.
    over:
      - {{column: solved, is: 1}}
    holds:
      - {{column: largest_modulus, at_least: 0.5}}
    reason: Half of the way from a matrix of zeros.
    bars: [0.4, 0.6]
    at_least: 0.9

"""


def a_claim(project: Project, at: str = "2026-12-03 10:00:00") -> None:
    """One of each group, before all others, of a time."""
    claims = "".join(CLAIM.format(group=group, at=at) for group in GROUPS)
    project.edit("src/emtvb/paper/claims.yaml", "statements:\n", f"statements:\n{claims}")


def an_architecture(project: Project) -> None:
    cells = "src/emtvb/training/architectures"
    shutil.copy(project.folder / cells / "gru.py", project.folder / cells / "mine.py")
    project.edit(f"{cells}/mine.py", "class GRU(", "class Mine(")
    entry = '    "gru": Architecture('
    more = '    "mine": Architecture("So many units", "emtvb.training.architectures.mine:Mine", "torch.nn:GRU"),\n'
    project.edit("src/emtvb/config/architectures.py", entry, more + entry)
    (project.folder / "docs").mkdir(exist_ok=True)
    shutil.copy(ROOT / "docs" / "manual.py", project.folder / "docs")
    assert _said(project, "docs/manual.py") == ""


@pytest.mark.long
def test_a_figure_is_drawn(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    a_figure(project)
    assert project.planned(*SMOKE) == {"draw_accuracies": 1, "state_verdicts": 1}
    _make(project, *SMOKE)
    figures = project.folder / "results/smoke/figures"
    assert (figures / "accuracies.csv").read_text().startswith("run_id,test_accuracy\n")
    assert (figures / "accuracies.png").is_file()
    assert project.planned(*SMOKE) == {}


@pytest.mark.long
def test_a_column_is_measured(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    a_column(project)
    assert project.planned(*SMOKE) == {**INTERPRETED, **TABLES, **EXEMPLAR_FIGURES}, "all that is measured"
    _make(project, "results/smoke/measurements.csv", *SMOKE)
    measured = pd.read_csv(project.folder / "results/smoke/measurements.csv")
    assert len(measured) == 12
    assert (measured["smallest_modulus"] <= measured["largest_modulus"]).all()


TINY = """
experiment: tiny
tasks: [T5]
hidden_dim: [16]
l2: [0]
threshold: [0.98]
seeds: [1]
training: {epochs: 1, batches_per_epoch: 5, batch_size: 8, curriculum: [3]}
interpretation: {horizon: 12, sequences: 64}
architectures: {mine: 4}
"""


@pytest.mark.long
def test_a_task_and_an_architecture_are_trained_measured_and_drawn(project: Project) -> None:
    a_task(project)
    an_architecture(project)
    (project.folder / CALL[-1]).write_text(TINY)
    _make(project, "architectures", "results/tiny/measurements.csv", *CALL)
    results = project.folder / "results/tiny"
    assert pd.read_csv(results / "measurements.csv")["run_id"].str.startswith("T5_h16_").all()
    (mine,) = pd.read_csv(results / "architectures/measurements.csv").to_dict("records")
    assert mine["run_id"].startswith("mine_T5_h4_")
    assert len(pd.read_csv(results / "architectures" / mine["run_id"] / "history.csv")) > 0
    assert "| MINE 1 |" in (results / "architectures/comparison.md").read_text()
    assert set(pd.read_csv(results / "figures/architectures.csv")["run_id"]) == {mine["run_id"]}


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        ("2026-12-03 10:00:00", "found"),
        pytest.param("2026-11-01 10:00:00", "consistent", marks=pytest.mark.long),
    ],
)
def test_a_claim_can_be_consistent_if_it_is_older_than_the_networks(project: Project, at: str, verdict: str) -> None:
    a_claim(project, at)
    code = (
        "from emtvb.paper.verdicts import read_verdicts; import sys;"
        "print({x.claim.name: x.finding.verdict for x in read_verdicts(sys.argv[1])})"
    )
    said = _said(project, "-c", code, str(ROOT / "results/paper"))
    for group in GROUPS:
        assert f"'new-{group}': '{verdict}'" in said, said


LOWER = """\
experiment: lower
dimensions: 3
variables: 3
tasks: [T1, T2]
hidden_dim: [24]
l2: [0]
threshold: [0.9]
seeds: [1, 2, 3]
training: {epochs: 2, batches_per_epoch: 30, batch_size: 32, learning_rate: 0.01, curriculum: [3, 6]}
interpretation: {horizon: 12, sequences: 64, solved: 0.98}
dose: true
follow: [{tasks: [T1], hidden_dim: [24], l2: [0], threshold: [0.9], seeds: [1]}]
"""
"""Of its networks one solves its task by this bar alone, some by any, and some do not."""


@pytest.mark.nightly
def test_another_bar_of_solved_is_a_key_and_nothing_says_otherwise(project: Project) -> None:
    (project.folder / "config/lower.yaml").write_text(LOWER)
    _make(project, "--configfile", "config/lower.yaml")
    results = project.folder / "results" / "lower"
    measured = pd.read_csv(results / "measurements.csv")
    solved = measured["test_accuracy"] >= 0.98
    assert measured["test_accuracy"].between(0.98, 0.99, inclusive="left").any()
    assert 0 < solved.sum() < len(solved)
    for path in ("measurements.csv", "tables/solutions.csv"):
        table = pd.read_csv(results / path)
        assert (table["solved"] == solved).all()
        assert ((table["verdict"] != "did not learn") == solved).all()
    ablated, remembered = (pd.read_csv(results / f"measurements/{name}.csv") for name in ("ablations", "memory"))
    assert list(ablated["run_id"]) == list(measured["run_id"][solved])
    assert set(ablated["run_id"]) <= set(remembered["run_id"])
    assert set(pd.read_csv(results / "tables/dose.csv")["run_id"]) == set(measured["run_id"][solved])
    assert (pd.read_csv(results / "tables/following.csv")["solved"] == 1).all()
    said = f"Result: {solved.sum()} of 6 networks solved the task (test accuracy of at least 0.98)"
    assert said in _said(project, "-c", EMTVB, "summary", "config/lower.yaml")
    assert _said(project, "-c", EMTVB, "networks", "results/lower", "--solved", "--csv").count("\n") == 1 + solved.sum()
    texts = [path for path in results.rglob("*.*") if path.suffix in (".html", ".json", ".md", ".tex")]
    assert len(texts) > 20
    bar = r"(?:at least|above|below|than|reach(?:es)?|&ge;|≥|>=?|&lt;|<)[^\d.]{0,9}0?\.%s(?!\d)"
    said = {
        other: [path.name for path in texts if re.search(bar % other, path.read_text("utf-8"))]
        for other in ("98", "99")
    }
    assert "verdicts.md" in said["98"]
    assert said["99"] == []


OLDER = (
    "figures/test_captions.py", "figures/test_panels.py", "theory/test_network_measurement.py", "theory/test_tasks.py",
    "sweep/test_memory.py", "paper/test_claims.py", "paper/test_shares.py", "paper/test_verdicts.py",
    "paper/test_verdict_page.py", "architectures", "training/test_revisions.py", "test_config.py",
)  # fmt: skip
"""Tests of figures, columns, tasks, claims and architectures."""


@pytest.mark.nightly
def test_older_tests_pass_when_all_recipes_were_followed(project: Project) -> None:
    for name in ("tests", "docs"):
        shutil.copytree(ROOT / name, project.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (project.folder / "results").symlink_to(ROOT / "results")
    losses = project.folder / "tests/training/losses.json"
    before = losses.read_text().splitlines()
    for follow in (a_figure, a_column, a_task, a_claim, an_architecture):
        follow(project)
    assert _said(project, "-m", "tests.training.test_revisions") == ""
    assert {line.rstrip(",") for line in before} < {line.rstrip(",") for line in losses.read_text().splitlines()}
    older = [f"tests/{name}" for name in OLDER]
    said = _said(project, "-m", "pytest", "-q", "-m", "not long", "-p", "no:cacheprovider", *older)
    assert " passed" in said.splitlines()[-1], said
    assert " failed" not in said.splitlines()[-1], said


KIND = {
    "src/emtvb/experiments/dice/__init__.py": '"""Dice."""\n',
    "src/emtvb/experiments/dice/settings.py": '''"""Dice as a config states them."""

from emtvb.config import Experiment
from emtvb.config.values import PositiveInt, Settings


class DiceSettings(Settings):
    """Dice."""

    sides: PositiveInt = 6
    """Sides of a die."""


class Dice(Experiment):
    """An experiment with dice."""

    dice: DiceSettings
    """What is thrown."""

    def in_words(self) -> str:
        """What it comes to."""
        return f"a die of {self.dice.sides} sides"
''',
    "src/emtvb/experiments/dice/kind.py": '''"""Dice, as the rest of the package asks for them."""

from emtvb.experiments.dice.settings import Dice
from emtvb.experiments.kind import Kind

KIND = Kind(
    name="dice", settings=Dice, table="dice.csv", summary=lambda _, folder: [f"{folder}/tables/dice.csv: what fell"]
)
''',
    "src/emtvb/experiments/dice/figures/__init__.py": '"""Figures of dice."""\n',
    "src/emtvb/experiments/dice/figures/falls.py": MODULE.replace("test_accuracy", "fell"),
    "workflow/report/falls.rst": "What fell.\n",
    "workflow/rules/dice.smk": """# Dice are thrown, and what fell is drawn.


rule throw:
    output:
        csv=results("tables/dice.csv"),
    log:
        results("logs/throw.log"),
    localrule: True
    params:
        sides=EXPERIMENT.dice.sides,
    script:
        "../scripts/throw.py"


FIGURES = {"falls": {"measurements": rules.throw.output.csv}}
TABLES = [rules.throw.output]


include: "settings.smk"
include: "drawing.smk"


rule dice:
    input:
        rules.state_settings.output,
        rules.throw.output,
        rules.figures.input,
    localrule: True
""",
    "workflow/scripts/throw.py": '''"""Throw a die (rule throw)."""

import pandas as pd

from emtvb import tables
from emtvb.making.jobs import job

with job(snakemake) as this:
    falls = range(1, this.settings["sides"] + 1)
    tables.write_csv(snakemake.output.csv, pd.DataFrame({"run_id": falls, "fell": falls}))
''',
    "config/dice.yaml": "experiment: mine\ndice: {sides: 4}\n",
}
"""All files of a kind of experiment, by their place."""


@pytest.mark.long
def test_a_kind_of_experiment_more_is_a_folder_and_its_rules(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    for place, text in KIND.items():
        (project.folder / place).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / place).write_text(text)
    call = ("--configfile", "config/dice.yaml")
    assert project.planned(*call) == {"throw": 1, "draw_falls": 1, "state_settings": 1}
    _make(project, *call)
    assert project.planned(*call) == {}
    assert project.planned(*call, "--config", "dice={sides: 5}") == {"throw": 1, "draw_falls": 1, "state_settings": 1}
    assert project.planned(*SMOKE) == {}, "no job of another kind depends on it"
    assert _said(project, "-c", EMTVB, "config", "check", "config/dice.yaml").endswith(
        "experiment mine: a die of 4 sides\n"
    )
    assert _said(project, "-c", EMTVB, "summary", "config/dice.yaml").endswith("/tables/dice.csv: what fell\n")
    audited = _said(project, "-c", EMTVB, "audit", "results/mine")
    assert "FAILED" not in audited
    assert "made again: passed, no problems in 5 files" in audited, audited
    (project.folder / "config" / "dice.yaml").write_text("experiment: mine\ndie: {}\n")
    assert "die: unknown key: did you mean dice?" in _said(project, "-c", EMTVB, "config", "check", "config/dice.yaml")


EMTVB = "from emtvb.__main__ import main; main()"


def _said(project: Project, *arguments: str) -> str:
    """What Python prints in the copy, with the copy's package."""
    here = {"PYTHONPATH": str(project.folder / "src"), "PATH": "/usr/bin:/bin", "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=project.folder, env=here, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def _make(project: Project, *arguments: str) -> None:
    made = project.snakemake(*arguments)
    assert made.returncode == 0, made.stderr
