"""What dry runs say: the size of the graph, what is stale after an edit, and bad input refused before any work."""

from __future__ import annotations

import contextlib
import html
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import psutil
import pytest

from emtvb.config import dump_settings, load_sweep
from emtvb.making import interruption, recipes
from emtvb.making.packed_weights import pack
from emtvb.making.plan import plan_jobs

from .conftest import ROOT, SMOKE, Project

pytestmark = pytest.mark.first

PAGE = {"choose_networks": 1, "draw_page": 1}
MEMORY = {"measure_circuits": 1, "aggregate_memory": 1, "tabulate_memory": 1, "draw_memory": 1, "draw_multipliers": 1}
INTERPRETED = {"measure_shard": 6, "measure_memory": 6, "look_at_exemplar": 6, **PAGE}
SOLUTIONS = {"tabulate_solutions": 1, "tabulate_outcomes": 1, "tabulate_deciding": 1}
OF_CELLS = {"tabulate": 1, "draw_forest": 1, "draw_solutions": 1}
COMPARED = {"compare_networks": 1, "tabulate_comparison": 1, "draw_comparison": 1}
JUDGED = {"state_verdicts": 1}
OTHERS = {"tabulate_others": 1, "draw_ablations": 1, "draw_gradients": 1}
TABLES = {
    "aggregate_measurements": 1, "draw_bases": 1, "draw_interventions": 1, "draw_learning": 1, **OF_CELLS, **JUDGED,
    **SOLUTIONS, **COMPARED, "aggregate_ablations": 1, **OTHERS, **MEMORY,
}  # fmt: skip
OF_MEASUREMENTS = {rule: count for rule, count in TABLES.items() if not rule.startswith("aggregate_")}
OF_MEASUREMENTS["aggregate_measurements"] = 1
EXEMPLAR_FIGURES = {
    "draw_composition": 1, "draw_spectrum": 1, "draw_weights": 1, "draw_hidden_state": 3, "draw_animation": 3,
    "draw_edits": 3, "draw_wave": 1,
}  # fmt: skip
FIGURES = {
    **EXEMPLAR_FIGURES,
    "draw_bases": 1,
    "draw_learning": 1,
    "draw_interventions": 1,
    "draw_comparison": 1,
    "draw_forest": 1,
    "draw_solutions": 1,
    "draw_ablations": 1,
    "draw_gradients": 1,
    "draw_memory": 1,
    "draw_multipliers": 1,
}
LEARNING = {"summarise_learning": 1, "draw_learning": 1}
GRADIENTS = {"follow_gradients": 1}
AFTER_TRAINING = {**INTERPRETED, **TABLES, **EXEMPLAR_FIGURES, **LEARNING, **GRADIENTS}
DIGESTS = {"list_digests": 1}
GROWN_TABLES = {**TABLES, **LEARNING, **DIGESTS, **GRADIENTS}
TRAINED = {"train_shard": 6, **AFTER_TRAINING, **DIGESTS}
OF_RUNS_ALONE = {"aggregate_ablations", "aggregate_memory", "list_digests"}
STATED = {"enumerate_runs": 1, "state_settings": 1,
          **{rule: count for rule, count in GROWN_TABLES.items() if rule not in OF_RUNS_ALONE}}  # fmt: skip
"""What rests on the jobs that read a config."""
ALL = {**TRAINED, "enumerate_runs": 1, "state_settings": 1}


@pytest.mark.long
def test_the_papers_sweep_is_hundreds_of_jobs_not_thousands(project: Project) -> None:
    jobs = project.planned("--configfile", "config/paper.yaml")
    assert jobs["train_shard"] == jobs["measure_shard"] == 192
    assert jobs["bootstrap_cells"] == jobs["simulate_populations"] == jobs["compare_weights"] == 1
    assert sum(jobs.values()) < 1000


@pytest.mark.long
def test_the_default_experiment_is_quick(project: Project) -> None:
    assert project.planned()["train_shard"] == 4
    assert project.planned("--config", "seeds=[1, 2]", "hidden_dim=[64]", "l2=[0, 0.1]")["train_shard"] == 8
    jobs = project.planned("--configfile", "config/repeat-copy.yaml")
    assert jobs["train_shard"] == 2
    assert jobs["bootstrap_cells"] == 0, "it has fewer seeds than the paper"
    assert jobs["compare_weights"] == 0, "it has one size"


@pytest.mark.long
@pytest.mark.parametrize(
    ("given", "drawn"),
    [
        (("--configfile", "config/paper.yaml"), {"statements", "evidence"}),
        (("--configfile", "config/reference.yaml"), {"statements"}),
        (("--configfile", "config/repeat-copy.yaml"), set()),
        ((), set()),
        (("--config", "training={epochs: 10}"), {"statements"}),
    ],
)
def test_a_figure_that_would_show_nothing_or_the_same_as_elsewhere_is_not_drawn(
    project: Project, given: tuple[str, ...], drawn: set[str]
) -> None:
    jobs = project.planned(*given)
    assert {name for name in ("statements", "evidence") if jobs[f"draw_{name}"]} == drawn
    assert jobs["simulate_populations"] == ("evidence" in drawn)


@pytest.mark.long
def test_of_rounding_twins_alone_there_are_tables_and_no_figures(project: Project) -> None:
    """And those who audit them are told the same jobs."""
    file = project.folder / "config" / "twins.yaml"
    jobs = project.planned("--configfile", "config/twins.yaml")
    assert jobs["train_shard"] == jobs["measure_shard"] == len(load_sweep(file).shards()) == 64
    shown = {"choose_networks", "look_at_exemplar", "draw_page"}
    assert [rule for rule in jobs if rule.startswith("draw_") or rule in shown] == []
    expected = Counter(job.rule for job in plan_jobs(file, ROOT, ROOT / "results" / "twins"))
    assert {rule: jobs[rule] for rule in jobs if rule in expected} == expected
    beside = project.planned("--configfile", "config/twins.yaml", "--config", "twins=[0, 1]")
    assert beside["draw_solutions"] == beside["draw_page"] == 1


@pytest.mark.long
def test_a_sweep_draws_the_figures_that_it_names_and_has_no_page_then(project: Project) -> None:
    jobs = project.planned("--configfile", "config/cycles.yaml")
    assert {rule for rule in jobs if rule.startswith("draw_")} == {"draw_memory", "draw_multipliers"}
    assert jobs["state_verdicts"] == jobs["choose_networks"] == 0
    assert jobs["tabulate_memory"] == 1
    refused = project.snakemake("-n", "--configfile", "config/cycles.yaml", "--config", "figures=[another]")
    assert "figures: another: not drawn of this experiment; write some of " in _said(refused, "another")


@pytest.mark.long
def test_what_becomes_of_memories_under_other_gains_is_measured_where_a_config_says_so(project: Project) -> None:
    shards = project.planned(*SMOKE)["measure_shard"]
    dose = {"measure_dose": shards, "tabulate_dose": 1, "draw_dose": 1}
    assert dose.keys().isdisjoint(project.planned(*SMOKE))
    jobs = project.planned(*SMOKE, "--config", "dose=True")
    assert {rule: jobs[rule] for rule in dose} == dose


@pytest.mark.long
def test_runs_are_followed_by_shard_and_a_list_that_grows_trains_no_run_of_the_sweep_again(project: Project) -> None:
    followed = {"follow_training", "measure_following", "tabulate_following", "draw_following"}
    assert followed.isdisjoint(project.planned(*SMOKE))
    jobs = project.planned("--configfile", "config/paper.yaml")
    assert {rule: jobs[rule] for rule in followed} == {
        "follow_training": 8, "measure_following": 8, "tabulate_following": 1, "draw_following": 1
    }  # fmt: skip


FOLLOWED = "follow=[{tasks: [T1], hidden_dim: [24], l2: [0], threshold: [0.9], seeds: [1]}]"


@pytest.mark.long
def test_a_followed_run_comes_to_the_weights_of_the_run_itself(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    results = project.folder / "results" / "smoke"
    done = project.snakemake("results/smoke/figures/following.png", *SMOKE, "--config", FOLLOWED)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(results / "tables" / "following.csv")
    assert table["step"].tolist() == [300]
    assert table["as_published"].tolist() == [1]
    (results / "training" / "T1_h24_l2-0_seeds1-5" / "followed.safetensors").unlink()
    kept = project.planned("results/smoke/figures/following.png", *SMOKE, "--config", FOLLOWED)
    assert kept["follow_training"] == 0, "its snapshots are not published"


LIBRARIES = (
    "torch", "pytorch_lightning", "matplotlib", "scipy", "numpy", "pandas", "jaxtyping", "safetensors", "click", "rich",
    "snakemake_executor_plugin_slurm",
)  # fmt: skip


@pytest.mark.long
def test_planning_needs_no_library_that_computes_and_reads_no_results(project: Project) -> None:
    """Snakemake itself, in a Python without them, and without its plugin for Slurm, which needs them."""
    refuse = (
        "import pkgutil, sys\n"
        f"for name in {LIBRARIES}:\n"
        "    sys.modules[name] = None\n"
        "there = pkgutil.iter_modules\n"
        "pkgutil.iter_modules = lambda *a: (m for m in there(*a) if m.name != 'snakemake_executor_plugin_slurm')\n"
        "from snakemake.cli import main\n"
        "main()\n"
    )
    (project.folder / "results").write_text("not a folder: reading it would fail")
    result = subprocess.run(
        [sys.executable, "-c", refuse, "--cores", "1", "-n", "--configfile", "config/paper.yaml"],
        cwd=project.folder,
        env={"PYTHONPATH": str(project.folder / "src"), "PATH": "/usr/bin:/bin", "EXPERIMENT_OUTPUT_DIR": "elsewhere",
             "HOME": str(project.folder)},
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "train_shard" in result.stdout


def _edit(file: str, old: str, new: str) -> Callable[[Project], object]:
    return lambda project: project.edit(file, old, new)


def _give_old_times(project: Project) -> None:
    """As a clone or a copy may have them: in no order at all."""
    times = random.Random(3)
    for path in project.folder.rglob("*"):
        if path.is_file():
            os.utime(path, (stamp := times.randrange(10**9, 16 * 10**8), stamp))


def _forget(project: Project) -> None:
    shutil.rmtree(project.folder / ".snakemake")


def _publish(project: Project) -> None:
    """Keep what results/paper keeps, as a clone has it: of the training, records, digests and packed weights."""
    _forget(project)
    for folder in project.folder.glob("results/*"):
        pack(folder)
    for path in project.folder.glob("results/*/training/*/*"):
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name in ("history.csv", "weights.safetensors"):
            path.unlink()
    _give_old_times(project)


CONFIG = "config/smoke.yaml"
EDITS: dict[str, tuple[Callable[[Project], object], dict[str, int]]] = {
    # what trains counts by what it is proved to do, and not by its text
    "engine": (_edit("src/emtvb/training/engine.py", "set_num_threads(1)", "set_num_threads(2)"), {}),
    "an engine that gives another bit": (
        _edit("src/emtvb/training/promises.py", 'str] = {"weak": "', 'str] = {"weak": "0'), TRAINED),
    "what streams are proved by": (
        _edit("src/emtvb/training/promises.py", 'FOLLOWING: Mapping[str, str] = {"weak": "',
              'FOLLOWING: Mapping[str, str] = {"weak": "0'), {**GRADIENTS, **OTHERS, **JUDGED}),
    "an architecture more": (
        _edit("src/emtvb/config/architectures.py", '    "s4":', '    "my": Architecture("", "", ""),\n    "s4":'),
        STATED),
    "an unused function in shard.py": (
        _edit("src/emtvb/training/shard.py", "def train_shard(", "def unused(): ...\n\n\ndef train_shard("), {}),
    "tasks": (_edit("src/emtvb/theory/tasks.py", "horizon < 0", "horizon < 1"),
              {"enumerate_runs": 1, "state_settings": 1, **AFTER_TRAINING}),
    "rollout": (_edit("src/emtvb/adapters/elman.py", "np.tanh(now, out=now)", "np.tanh(1 * now, out=now)"),
                {**INTERPRETED, **TABLES, **EXEMPLAR_FIGURES, **GRADIENTS}),
    "another version": (_edit("src/emtvb/exports.py", '__version__ = "', '__version__ = "1'), {}),
    "what the package's __init__ does": (_edit("src/emtvb/__init__.py", "import sys", "import sys\nprint(end='')"),
             {name: count for name, count in ALL.items() if name != "train_shard"}),
    "tasks in another order": (_edit(CONFIG, "  - T1\n  - T2\n", "  - T2\n  - T1\n"),
             {"enumerate_runs": 1, "state_settings": 1, **GROWN_TABLES, "draw_composition": 1,
              "draw_spectrum": 1, "draw_weights": 1, "draw_wave": 1, **PAGE}),
    "spectral error": (_edit("src/emtvb/core/spectrum.py", "> modulus", ">= modulus"),
                       {**INTERPRETED, **TABLES, **EXEMPLAR_FIGURES}),
    "figure": (_edit("src/emtvb/experiments/sweep/figures/spectrum.py", "import pandas", "import json\nimport pandas"),
               {"draw_spectrum": 1}),
    "style": (_edit("src/emtvb/figures/emtvb.mplstyle", "font.size", "font.weight: bold\nfont.size"), FIGURES),
    "one digit of what is published": (
        _edit("src/emtvb/paper/table1.csv", "0.97", "0.96"), {"tabulate": 1, "draw_forest": 1, **JUDGED}),
    "table": (_edit("src/emtvb/paper/table1.py", '"mean"', '"median"'),
              {**OF_CELLS, "tabulate_outcomes": 1, **JUDGED}),
    "script": (_edit("workflow/scripts/tabulate.py", "snakemake.output.md", "str(snakemake.output.md)"),
               {"tabulate": 1}),
    "an input by another name": (
        lambda project: project.edit("workflow/rules/page.smk", "rule draw_page:\n    input:\n        networks=",
                                     "rule draw_page:\n    input:\n        shown="), {"draw_page": 1}),
    "another script of the same rule": (
        lambda project: (shutil.copy(project.folder / "workflow/scripts/draw_page.py",
                                     project.folder / "workflow/scripts/other.py"),
                         project.edit("workflow/rules/page.smk", "scripts/draw_page.py", "scripts/other.py")),
        {"draw_page": 1}),
    "another name of a rule": (
        lambda project: (project.edit("workflow/rules/page.smk", "rule draw_page:", "rule write_page:"),
                         project.edit("workflow/rules/sweep.smk", "rules.draw_page.output",
                                      "rules.write_page.output")), {}),
    "a rule's resources": (_edit("workflow/rules/train.smk", "    threads: 1", "    threads: 2"), {}),
    "a rule's comment": (_edit("workflow/rules/page.smk", "rule draw_page:", "# said\nrule draw_page:"), {}),
    "modulus": (_edit(CONFIG, "  horizon: 12", "  horizon: 12\n  modulus: 0.8"),
                {"state_settings": 1, **INTERPRETED, **TABLES, **EXEMPLAR_FIGURES, **GRADIENTS}),
    "rate": (_edit(CONFIG, "learning_rate: 0.01", "learning_rate: 0.02"),
             {"enumerate_runs": 1, "state_settings": 1, **TRAINED}),
    "one task more": (_edit(CONFIG, "  - T2\n", "  - T2\n  - {name: new, id: [56, 0, 0]}\n"),
             {"enumerate_runs": 1, "state_settings": 1, "train_shard": 2, "measure_shard": 2, "measure_memory": 2,
              "look_at_exemplar": 2, **GROWN_TABLES, "draw_composition": 1, "draw_spectrum": 1, "draw_weights": 1,
              "draw_wave": 1, "draw_hidden_state": 1, "draw_animation": 1, "draw_edits": 1,
              **PAGE}),
    "one seed more, of another block": (_edit(CONFIG, "seeds: [1, 2]", "seeds: [1, 2, 11]"),
             {"enumerate_runs": 1, "state_settings": 1, "train_shard": 6, "measure_shard": 6, "measure_memory": 6,
              **GROWN_TABLES}),
    "readme": (lambda project: (project.folder / "README.md").write_text("new"), {}),
    "test": (lambda project: (project.folder / "tests").mkdir(), {}),
    "cli": (_edit("src/emtvb/cli/main.py", "def main", "def principal"), {}),
    "old times": (_give_old_times, {}),
    "memory lost": (_forget, {}),
    "the page": (_edit("src/emtvb/page/subjects.mjs", "MOST_STEPS = 1000", "MOST_STEPS = 2000"), {"draw_page": 1}),
    "trainings left out": (_publish, {}),
    "trainings left out, then a figure edited": (
        lambda project: (_publish(project), EDITS["figure"][0](project)), {"draw_spectrum": 1}),
}  # fmt: skip
GROWN = EDITS["one seed more, of another block"]
EDITS["trainings left out, then one seed more"] = (lambda project: (_publish(project), GROWN[0](project)), GROWN[1])


OF_STATE = {"old times", "memory lost", "trainings left out", "another name of a rule"}
"""Edits that change nothing and that do not go together with others."""
NOTHING = [edit for edit, (_, stale) in EDITS.items() if not stale and edit not in OF_STATE]
QUICK = {
    "an engine that gives another bit", "rollout", "trainings left out, then a figure edited",
}  # fmt: skip
"""One of each sort, for the quick suite."""


def test_edits_that_change_no_result_restale_nothing(finished: Project, tmp_path: Path) -> None:
    """All at once; only if that restales something, one by one, to say which."""

    def planned(*edits: str) -> Counter[str]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        project = Project.copy(folder, finished.folder)
        for edit in edits:
            EDITS[edit][0](project)
        return project.planned(*SMOKE)

    assert len(NOTHING) > 5
    if planned(*NOTHING):
        assert {edit: stale for edit in NOTHING if (stale := planned(edit))} == {}, "each of these restales something"
        pytest.fail(f"together they restale something: {NOTHING}")


@pytest.mark.parametrize(
    "edit",
    [pytest.param(edit, marks=() if edit in QUICK else pytest.mark.long) for edit in EDITS if edit not in NOTHING],
)
def test_an_edit_restales_what_depends_on_it_and_nothing_else(finished: Project, tmp_path: Path, edit: str) -> None:
    project = Project.copy(tmp_path, finished.folder)
    change, stale = EDITS[edit]
    change(project)
    assert _known(project.planned(*SMOKE)) == stale


def _known(jobs: Counter[str]) -> dict[str, int]:
    """Without figures that none of these tests names: of such a one its own test says when it is drawn."""
    return {rule: n for rule, n in jobs.items() if not rule.startswith("draw_") or rule in {*FIGURES, *PAGE}}


SHARD = "T1_h24_l2-0.001_seeds1-5"
TRAINED_AGAIN = {"train_shard": 1, "measure_shard": 1, "measure_memory": 1, **TABLES, **LEARNING, **DIGESTS}


def _said(result: subprocess.CompletedProcess[str], words: str) -> str:
    """The one line that has these words."""
    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    (line,) = (line for line in (result.stdout + result.stderr).splitlines() if words in line)
    return line


def _contents(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "damage", "remade"),
    [
        pytest.param(f"training/{SHARD}/weights.safetensors", _flip, TRAINED_AGAIN, marks=pytest.mark.long),
        pytest.param("measurements.csv", _flip, OF_MEASUREMENTS, marks=pytest.mark.long),
        pytest.param("figures/spectrum.csv", _truncate, {"draw_spectrum": 1}, marks=pytest.mark.long),
    ],
)
def test_a_file_that_is_not_what_its_record_says_is_refused_before_anything_is_run(
    finished: Project,
    tmp_path: Path,
    name: str,
    damage: Callable[[Path], None],
    remade: dict[str, int],
) -> None:
    """By name, whatever its time, and nothing is lost; once it is gone with its record, it is made again."""
    project = Project.copy(tmp_path, finished.folder)
    path = project.folder / "results/smoke" / name
    damage(path)
    os.utime(path, (10**9, 10**9))
    before = _contents(project.folder / "results")
    for call in (SMOKE, ("-n", *SMOKE)):
        line = _said(project.snakemake(*call), "not what its record")
        assert line.startswith(f"error: results file: results/smoke/{name}: ")
    assert before == _contents(project.folder / "results")
    (record,) = (Path(word) for word in line.split() if word.endswith(".provenance.json"))
    (project.folder / record).unlink()
    path.unlink()
    planned = project.planned(*SMOKE)
    assert remade.items() <= planned.items()
    assert planned["train_shard"] == remade.get("train_shard", 0)


@pytest.mark.long
def test_who_forces_a_job_has_its_damaged_outputs_made_again(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    _flip(project.folder / f"results/smoke/training/{SHARD}/weights.safetensors")
    name = f"results/smoke/training/{SHARD}/weights.safetensors"
    assert TRAINED_AGAIN.items() <= project.planned("--forcerun", name, *SMOKE).items()
    assert project.planned("--force", name, *SMOKE) == {"train_shard": 1}
    assert project.planned("--forceall", *SMOKE)["train_shard"] == 6
    _said(project.snakemake("-n", "--forcerun", "draw_spectrum", *SMOKE), "not what its record")


@pytest.mark.long
def test_figures_are_not_drawn_from_damaged_measurements(finished: Project, tmp_path: Path) -> None:
    """What `make figures` allows makes no measurements: it would read them as they are."""
    project = Project.copy(tmp_path, finished.folder)
    allowed = "tables", "tabulate", "figures", *FIGURES
    drawing = "figures", "tables", "--forceall", *SMOKE, "--allowed-rules", *allowed
    _flip(project.folder / "results/smoke/figures/spectrum.csv")
    assert project.planned(*drawing)["draw_spectrum"] == 1
    _flip(project.folder / "results/smoke/measurements.csv")
    there = _contents(project.folder / "results/smoke/figures")
    assert "results/smoke/measurements.csv" in _said(project.snakemake(*drawing), "not what its record")
    assert _contents(project.folder / "results/smoke/figures") == there


@pytest.mark.long
def test_text_among_measurements_is_one_line_that_stands_last(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    path = project.folder / f"results/smoke/measurements/{SHARD}.csv"
    header, first, *rest = path.read_text().splitlines()
    values = first.split(",")
    values[header.split(",").index("spectral_error")] = "lots"
    path.write_text("\n".join([header, ",".join(values), *rest, ""]))
    path.with_suffix(".provenance.json").unlink()
    result = project.snakemake("results/smoke/measurements.csv", *SMOKE)
    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    last = [line for line in result.stderr.splitlines() if line][-6:]
    (line,) = (line for line in last if "is 'lots': not a number" in line)
    assert line.startswith(f"error: table results/smoke/measurements/{SHARD}.csv: spectral_error of ")


@pytest.mark.long
def test_reasons_are_short_and_say_what_changed(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    drawing = "src/emtvb/experiments/sweep/figures/learning.py"
    for path, before, after, reason in (
        (drawing, "import pandas", "import json\nimport pandas", f"draw_learning: made otherwise now: {drawing[4:]}"),
        (
            CONFIG,
            "  horizon: 12",
            "  horizon: 12\n  modulus: 0.8",
            "measure_shard: made otherwise now: setting interpretation",
        ),
    ):
        project.edit(path, before, after)
        result = project.snakemake("-n", *SMOKE)
        lines = (result.stdout + result.stderr).splitlines()
        reasons = [line for line in lines if "Params have changed" in line]
        assert reasons
        assert max(map(len, reasons)) < 400
        assert reason in lines


@pytest.mark.long
def test_a_notebooks_matplotlib_backend_is_nothing_to_jobs(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    figure = project.folder / "results/smoke/figures/composition.png"
    figure.unlink()
    result = project.snakemake(
        "results/smoke/figures/composition.png", *SMOKE, MPLBACKEND="module://matplotlib_inline.nowhere"
    )
    assert result.returncode == 0, result.stderr
    assert figure.is_file()


@pytest.mark.long
def test_a_job_that_is_killed_leaves_no_record_of_what_it_was_to_make(finished: Project, tmp_path: Path) -> None:
    """Else its outputs, half made, would be taken for damaged ones."""
    project = Project.copy(tmp_path, finished.folder)
    project.edit("workflow/scripts/state_settings.py", "with job(snakemake)", "import os\n\nwith job(snakemake)")
    text = (project.folder / "workflow/scripts/state_settings.py").read_text()
    (project.folder / "workflow/scripts/state_settings.py").write_text(f"{text}    os.kill(os.getpid(), 9)\n")
    record = project.folder / "results/smoke/settings.provenance.json"
    assert record.is_file()
    assert project.snakemake("results/smoke/settings.json", *SMOKE).returncode != 0
    assert not record.exists()


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "made"),
    [("measurements.csv", {"aggregate_measurements": 1}), ("measurements/learning.csv", {"summarise_learning": 1}),
     ("training/T1_h24_l2-0_seeds1-5/weights.safetensors", {})],
)  # fmt: skip
def test_a_missing_table_is_made_again_and_missing_weights_are_not(
    finished: Project, tmp_path: Path, name: str, made: dict[str, int]
) -> None:
    """Weights may be left out of what is published: only who asks for them by name has them trained."""
    project = Project.copy(tmp_path, finished.folder)
    (project.folder / "results/smoke" / name).unlink()
    planned = project.planned(*SMOKE)
    assert planned == {} if not made else made.items() <= planned.items()
    assert not {"train_shard", "measure_shard"} & set(planned)


@pytest.mark.long
def test_a_profile_without_our_triggers_is_told(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    (project.folder / "own").mkdir()
    (project.folder / "own" / "config.yaml").write_text("printshellcmds: true\n")
    result = project.snakemake(*SMOKE, "-n", "--workflow-profile", "own")
    assert result.returncode == 0, result.stderr
    said = [line for line in (result.stderr + result.stdout).splitlines() if "rerun-triggers" in line]
    assert len(said) == 1
    assert "profiles/default" in said[0]


@pytest.mark.nightly
def test_one_call_makes_all_that_is_stale(finished: Project, tmp_path: Path) -> None:
    """A grown sweep in a clone without the state of trainings: what is new is trained, and what stands is not."""
    project = Project.copy(tmp_path, finished.folder)
    for state in (project.folder / "results").glob("smoke/training/*/runs"):
        shutil.rmtree(state)
    before = {path: path.read_bytes() for path in (project.folder / "results").rglob("digests.csv")}
    project.edit("config/smoke.yaml", "seeds: [1, 2]", "seeds: [1, 2, 3]")
    project.edit("config/smoke.yaml", "  - T2\n", "")
    (unfinished := project.folder / "results/smoke/figures/.wave.mgxkwq7z.png").touch()
    result = project.snakemake(*SMOKE)
    assert result.returncode == 0, result.stderr
    assert not unfinished.exists()
    assert "already trained, and taken from where they lie: 8 runs" in result.stderr
    assert result.stderr.count("already trained (2 of 3)") == 4
    assert result.stderr.count(": training (run 3 of 3") == 4
    assert project.planned(*SMOKE) == {}
    project.edit("config/smoke.yaml", "seeds: [1, 2, 3]", "seeds: [2, 1]")
    assert project.planned("--until", "train_shard", *SMOKE) == {"train_shard": 4}
    result = project.snakemake("--until", "list_digests", *SMOKE)
    assert result.returncode == 0, result.stderr
    assert ": training (run" not in result.stderr
    digests = {path: path.read_bytes() for path in before if path.parent.name.startswith(("T1", "mixed"))}
    assert {path: before[path] for path in digests} == digests


@pytest.mark.long
@pytest.mark.parametrize(("limit", "free"), [((), sys.maxsize), (("--max-jobs-per-timespan", "1/1s"), 1)])
def test_the_usual_limit_of_new_jobs_a_second_is_lifted_and_a_callers_stays(
    project: Project, limit: tuple[str, ...], free: int
) -> None:
    quick = [f"results/smoke/{name}" for name in ("runs.csv", "settings.json")]
    result = project.snakemake("--verbose", *limit, *SMOKE, "--", *quick)
    assert result.returncode == 0, result.stderr
    selected = re.findall(r"^Resources after job selection: .*'_job_count': (\d+)", result.stderr, re.MULTILINE)
    assert {*selected} == {str(free)}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--config", "seed=3"], "seed: unknown key: did you mean seeds?"),
        pytest.param(["--config", "seeds=[010]"], "010 at line 1 would be read as 8", marks=pytest.mark.long),
        pytest.param(["--configfile", "twice.yaml"], "the key seeds occurs twice, at line 7", marks=pytest.mark.long),
    ],
)
def test_bad_settings_stop_before_any_work(project: Project, arguments: list[str], says: str) -> None:
    own = "experiment: own\ntasks: [T1]\nhidden_dim: [8]\nl2: [0]\nthreshold: [0.9]\n"
    (project.folder / "twice.yaml").write_text(f"{own}seeds: [1]\nseeds: [2]\n")
    result = project.snakemake(*arguments)
    assert result.returncode != 0
    said = (result.stdout + result.stderr).splitlines()  # a dry run says it on standard output
    assert len([line for line in said if says in line]) == 1
    assert "Traceback" not in result.stderr
    assert not (project.folder / "results").exists()


@pytest.mark.long
def test_a_gpu_that_is_not_there_is_missed_once(project: Project) -> None:
    result = project.snakemake(*SMOKE, "--config", "trainer=reference", "accelerator=cuda", CUDA_VISIBLE_DEVICES="")
    _said(result, "accelerator: cuda: not on this machine")
    assert not list((project.folder / "results").rglob("*.csv"))


@pytest.mark.long
def test_an_unwritable_results_folder_stops_before_any_work(project: Project) -> None:
    result = project.snakemake(*SMOKE, EXPERIMENT_OUTPUT_DIR="/proc/emtvb")
    assert result.returncode != 0
    assert "results folder: /proc/emtvb" in result.stderr


@pytest.mark.long
def test_ctrl_c_while_jobs_are_planned_is_a_line(project: Project) -> None:
    for _ in range(5):  # on a busy machine the plan can be made before the key is heard
        planning = project.start("--dry-run", "--configfile", "config/paper.yaml")
        assert planning.stdout is not None  # of a dry run
        while "Building DAG of jobs" not in planning.stdout.readline():
            assert planning.poll() is None
        planning.send_signal(signal.SIGINT)
        _, err = planning.communicate(timeout=60)
        if planning.returncode != 0:
            break
    assert recipes.STOPPED in err.splitlines()  # asyncio may say more, in its first moments


@pytest.mark.long
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_while_jobs_run_is_a_few_lines(project: Project, times: int) -> None:
    running = project.start(*SMOKE, "--until", "train_shard")
    assert running.stderr is not None
    while "rule train_shard" not in running.stderr.readline():
        assert running.poll() is None
    snakemake = psutil.Process(running.pid)
    # Two jobs run at once. A log is there as soon as the job has taken over from what Snakemake puts before its script.
    while len([*(project.folder / "results").rglob("train_shard/*.log")]) < 2:
        assert running.poll() is None
        time.sleep(0.1)
    jobs = []
    for child in snakemake.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # some end meanwhile
            if "train_shard.py" in str(child.cmdline()[1:2]):
                jobs.append(child)
    running.send_signal(signal.SIGINT)
    if times == 2:
        while "Terminating processes" not in running.stderr.readline():
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == interruption.STATUS
    for job in jobs:  # as a terminal does
        with contextlib.suppress(psutil.NoSuchProcess):
            job.send_signal(signal.SIGINT if times == 1 else signal.SIGKILL)
    _, err = running.communicate(timeout=60)
    assert running.returncode != 0
    assert "Traceback" not in err
    assert "Error in rule" not in err
    assert ("stopped at once" in err) == (times == 2)
    assert len(err.partition("Terminating processes")[2].splitlines()) <= 8


@pytest.mark.long
@pytest.mark.parametrize("name", ["tmp", ".snakemake"])
def test_a_full_disk_that_is_not_of_the_results_is_no_page_of_words(project: Project, name: str) -> None:
    """A full TMPDIR is left for another folder: of two jobs a solver chooses, which writes its problem to a file."""
    full = project.folder / name
    full.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", full], check=False).returncode != 0:
        pytest.skip("a full disk is a mount, which takes root")
    try:
        (full / "file").write_bytes(bytes(4096))
        quick = [f"results/smoke/{name}" for name in ("runs.csv", "settings.json")]
        result = project.snakemake(*SMOKE, "--", *quick, TMPDIR=str(project.folder / "tmp"))
    finally:
        subprocess.run(["umount", full], check=True)
    assert "Traceback" not in result.stderr
    assert (result.returncode == 0) is (name == "tmp"), result.stderr
    assert name == "tmp" or "No space left on device" in result.stderr.splitlines()[-1]


@pytest.mark.long
def test_a_config_that_takes_the_name_of_other_results_is_told_in_the_first_lines(
    project: Project, tmp_path: Path
) -> None:
    settings = dump_settings(load_sweep(ROOT / "config" / "smoke.yaml").model_copy(update={"hidden_dim": [999]}))
    (tmp_path / "smoke").mkdir()
    (tmp_path / "smoke" / "settings.json").write_text(settings)
    result = project.snakemake(*SMOKE, "-n", EXPERIMENT_OUTPUT_DIR=str(tmp_path))
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    assert f"warning: {tmp_path / 'smoke'} holds results of this name with other settings (hidden_dim): " in said
    assert said.count("warning: ") == 1


@pytest.mark.long
def test_the_conda_environment_is_the_clones_own(tmp_path: Path) -> None:
    """Conda gives Python; the script beside its file installs the package at the versions of requirements.txt."""
    import tomllib

    import yaml

    envs = ROOT / "workflow" / "envs"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    given = yaml.safe_load((envs / "emtvb.yaml").read_text())
    assert set(given) == {"channels", "dependencies"}
    assert given["dependencies"] == [f"python {project['requires-python']}", "pip"]
    (tmp_path / "requirements.txt").write_text(
        "a==1 \\\n    --hash=sha256:0\nb==2 ; sys_platform == 'x' \\\n    --hash=c\n"
    )
    (tmp_path / "pip").write_text('#!/bin/sh\necho "$1 $2 $4 $5" > called\ncat "$3" >> called\n')
    (tmp_path / "pip").chmod(0o755)
    command = ["bash", str(envs / "emtvb.post-deploy.sh")]
    subprocess.run(command, check=True, cwd=tmp_path, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    lines = [line.strip() for line in (tmp_path / "called").read_text().splitlines()]
    assert lines == ["install -c --editable .[workflow]", "a==1", "b==2 ; sys_platform == 'x'"]


COLLECT = {"tables", "figures", "architectures", "solutions", "sweep"}
"""Rules that make no file; `all` leads past them."""

OF_MANY_SEEDS = {"bootstrap_cells", "simulate_populations"}
"""Rules of a config with five seeds or more, which the picture's has not."""


@pytest.mark.long
def test_the_picture_of_the_rules_is_of_these_rules(project: Project) -> None:
    """docs/images/rulegraph.svg, which ``make rulegraph`` draws."""
    result = project.snakemake("--rulegraph", "--configfile", "config/architectures.yaml")
    assert result.returncode == 0, result.stderr
    picture = html.unescape((ROOT / "docs" / "images" / "rulegraph.svg").read_text())
    now = _edges(re.findall(r'(\d+)\[label = "(\w+)"', result.stdout), re.findall(r"(\d+) -> (\d+)", result.stdout))
    drawn = _edges(
        re.findall(r"<title>(\d+)</title>.*?<text[^>]*>(\w+)</text>", picture, re.DOTALL),
        re.findall(r"<title>(\d+)->(\d+)</title>", picture),
    )
    assert drawn == now
    rules = project.snakemake("--list-rules", "--configfile", "config/architectures.yaml").stdout.split()
    assert {rule for edge in now for rule in edge} == {*rules} - COLLECT - OF_MANY_SEEDS


def _edges(names: list[tuple[str, str]], edges: list[tuple[str, str]]) -> set[tuple[str, str]]:
    named = dict(names)
    return {(named[one], named[other]) for one, other in edges}
