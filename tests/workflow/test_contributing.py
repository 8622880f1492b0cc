"""What CONTRIBUTING.md says of adding things, followed in a copy of the clone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd

from .conftest import ROOT, Project

SMOKE = ("--configfile", "config/smoke.yaml")
MODULE = '''"""Accuracies of all runs, in order."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from emtvb.core.style import style


def read(measurements: Path | str) -> pd.DataFrame:
    """What the figure shows."""
    return pd.read_csv(measurements)[["run_id", "test_accuracy"]]


@style()
def draw(shown: pd.DataFrame) -> Figure:
    """A step per run."""
    figure = Figure()
    figure.subplots().plot(sorted(shown["test_accuracy"]))
    return figure
'''


def test_a_figure_more_is_a_module_a_caption_and_an_entry(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    (project.folder / "src/emtvb/experiments/sweep/figures/accuracies.py").write_text(MODULE)
    (project.folder / "workflow/report/accuracies.rst").write_text("Accuracies.\n")
    entry = '    "evidence": {"rates": rules.simulate_populations.output.rates},\n'
    more = '    "accuracies": {"measurements": rules.aggregate_measurements.output.measurements},\n'
    project.edit("workflow/rules/figures.smk", entry, entry + more)
    assert project.planned(*SMOKE) == {"draw_accuracies": 1, "state_verdicts": 1}
    drawn = project.snakemake(*SMOKE)
    assert drawn.returncode == 0, drawn.stderr
    assert (project.folder / "results/smoke/figures/accuracies.csv").read_text().startswith("run_id,test_accuracy\n")
    assert project.planned(*SMOKE) == {}


def test_a_named_task_more_is_an_entry_and_a_name(project: Project) -> None:
    project.edit(
        "src/emtvb/theory/tasks.py", '"T4": (_MIXED, 38637, 145)', '"T4": (_MIXED, 38637, 145), "T5": (255, 1, 1)'
    )
    project.edit("src/emtvb/theory/tasks.py", '"T3", "T4")', '"T3", "T4", "T5")')
    jobs = project.planned("--config", "tasks=[T5]")
    assert jobs["train_shard"] == 1
    said = project.snakemake("--dry-run", "--config", "tasks=[T5]").stdout
    assert "/T5_h128_" in said


def test_a_claim_more_is_an_entry(project: Project) -> None:
    path = project.folder / "src/emtvb/paper/claims.yaml"
    before = "  - name: spectrum-arguments\n"
    claim = (
        "  - name: new\n    group: check\n    short: Networks exist\n    source: ours\n    statement: There are some.\n"
        "    operationalisation: None is needed.\n    over:\n      - {column: test_accuracy, at_least: 0}\n"
        "    holds:\n      - {column: test_accuracy, at_least: 0}\n    at_least: 0.9\n\n"
    )
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, claim + before, 1))
    code = (
        "from emtvb.paper import verdicts\n"
        f"found = {{one.name: one for one in verdicts.read({str(ROOT / 'results' / 'paper')!r})}}\n"
        "print('new' in found)"
    )
    here = {"PYTHONPATH": str(project.folder / "src"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=here, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True", done.stderr


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
follow: [{tasks: [T1], hidden_dim: [24], l2: [0], threshold: [0.9], seeds: [1]}]
"""
"""Of its networks one solves its task by this bar alone, some by any, and some do not."""


def test_another_bar_of_solved_is_a_key_and_nothing_says_otherwise(project: Project) -> None:
    (project.folder / "config/lower.yaml").write_text(LOWER)
    made = project.snakemake("--configfile", "config/lower.yaml")
    assert made.returncode == 0, made.stderr
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
    assert (pd.read_csv(results / "tables/following.csv")["solved"] == 1).all()
    said = f"Result: {solved.sum()} of 6 networks solved the task (test accuracy of at least 0.98)"
    assert said in _emtvb(project, "summary", "config/lower.yaml")
    assert _emtvb(project, "networks", "results/lower", "--solved", "--csv").count("\n") == 1 + solved.sum()
    texts = [path for path in results.rglob("*.*") if path.suffix in (".csv", ".html", ".json", ".md", ".tex")]
    assert len(texts) > 60
    other = re.compile(r"(?<![\d.])0?\.99(?!\d)")
    assert [path for path in texts if other.search(path.read_text("utf-8"))] == []


def test_an_architecture_more_is_a_class_and_an_entry(project: Project) -> None:
    cells = project.folder / "src/emtvb/training/architectures"
    (cells / "mine.py").write_text((cells / "gru.py").read_text().replace("class GRU:", "class Mine:"))
    project.edit(
        "src/emtvb/config/architectures.py",
        '    "gru": Architecture(',
        '    "mine": Architecture("So many units", "emtvb.training.architectures.mine:Mine", "torch.nn:GRU"),\n'
        '    "gru": Architecture(',
    )
    jobs = project.planned("--config", "architectures={mine: 4}")
    assert jobs["train_architecture"] == jobs["measure_architecture"] == jobs["train_shard"] == 4
    assert jobs["draw_architectures"] == 1


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


def test_a_kind_of_experiment_more_is_a_folder_and_its_rules(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    for place, text in KIND.items():
        (project.folder / place).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / place).write_text(text)
    call = ("--configfile", "config/dice.yaml")
    assert project.planned(*call) == {"throw": 1, "draw_falls": 1, "state_settings": 1}
    made = project.snakemake(*call)
    assert made.returncode == 0, made.stderr
    assert project.planned(*call) == {}
    assert project.planned(*call, "--config", "dice={sides: 5}") == {"throw": 1, "draw_falls": 1, "state_settings": 1}
    assert project.planned(*SMOKE) == {}, "no job of another kind depends on it"
    assert _emtvb(project, "config", "check", "config/dice.yaml").endswith("experiment mine: a die of 4 sides\n")
    assert _emtvb(project, "summary", "config/dice.yaml").endswith("/tables/dice.csv: what fell\n")
    audited = _emtvb(project, "audit", "results/mine")
    assert "FAILED" not in audited
    assert "made again: passed, no problems in 5 files" in audited, audited
    (project.folder / "config" / "dice.yaml").write_text("experiment: mine\ndie: {}\n")
    assert "die: unknown key: did you mean dice?" in _emtvb(project, "config", "check", "config/dice.yaml")


def _emtvb(project: Project, *words: str) -> str:
    """What the copy's command prints."""
    code = "from emtvb.__main__ import main; main()"
    here = {"PYTHONPATH": str(project.folder / "src"), "PATH": "/usr/bin:/bin", "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=project.folder, env=here, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr
