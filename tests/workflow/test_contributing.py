"""What CONTRIBUTING.md says of adding things, followed in a copy of the clone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def numbers(shown: pd.DataFrame) -> pd.DataFrame:
    """What is plotted."""
    return shown


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
