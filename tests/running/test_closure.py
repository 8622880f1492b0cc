from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from emtvb.errors import InputError
from emtvb.running import closure, recipes

ROOT = Path(__file__).parents[2]
RULES = sorted(name for name, rule in recipes.rules(ROOT).items() if rule.script and name != "audit")  # never stale

TRAINING = {
    "emtvb/files.py",
    "emtvb/protocol.py",
    "emtvb/training/__init__.py",
    "emtvb/training/checkpoint.py",
    "emtvb/training/curves.py",
    "emtvb/training/engine.py",
    "emtvb/training/history.py",
    "emtvb/training/kernel.py",
    "emtvb/training/loop.py",
    "emtvb/training/shard.py",
    "emtvb/training/stream.py",
    "emtvb/weights.py",
}
NAMING = {"emtvb/protocol.py", "emtvb/runs.py", "emtvb/tasks.py", "emtvb/files.py"}
CONFIG = {
    *NAMING,
    "emtvb/architectures/__init__.py",
    "emtvb/architectures/runs.py",
    "emtvb/config.py",
    "emtvb/sweep.py",
}
MEASURING = {*NAMING, "emtvb/networks.py", "emtvb/weights.py", "emtvb/tables.py"} | {
    f"emtvb/interpret/{name}.py"
    for name in (
        "__init__", "extraction", "interventions", "judging", "linearisation", "measure", "memories", "realisation",
        "recording", "spectrum", "systems", "verdict",
    )
}  # fmt: skip
LOOKING = {*MEASURING, "emtvb/columns.py", "emtvb/interpret/exemplar.py"} - {
    "emtvb/tables.py",
    *(f"emtvb/interpret/{name}.py" for name in ("judging", "measure", "spectrum", "verdict")),
}
DRAWING = {"emtvb/files.py"} | {
    f"emtvb/figures/{name}" for name in ("__init__.py", "data.py", "emtvb.mplstyle", "panels.py", "save.py", "style.py")
}
PAGE = {"emtvb/files.py", "emtvb/page/__init__.py", "emtvb/page/content.py"}
ARCHITECTURES = {f"emtvb/architectures/{name}.py" for name in ("__init__", "lstm", "s4", "weights")}
TABLES = {"emtvb/files.py", "emtvb/tables.py"}
STUDY = {"emtvb/study/__init__.py", "emtvb/study/words.py"}
WHAT_EACH_RULE_REACHES = {
    "enumerate_runs": CONFIG,
    "state_settings": CONFIG,
    "train_shard": TRAINING,
    "train_architecture": {
        *ARCHITECTURES, "emtvb/files.py", "emtvb/protocol.py", "emtvb/weights.py",
        *(f"emtvb/training/{name}.py" for name in
          ("__init__", "architectures", "batches", "checkpoint", "curriculum", "history", "loop", "stream")),
    },
    "measure_shard": MEASURING,
    "look_at_exemplar": LOOKING,
    "choose_networks": {
        *LOOKING, *PAGE, "emtvb/interpret/verdict.py", "emtvb/page/choosing.py", "emtvb/page/showing.py",
    } - {"emtvb/columns.py"},
    "draw_page": {*PAGE, *(f"emtvb/page/{name}" for name in
                           ("document.py", "edit.css", "edit.html", "network.mjs", "start.mjs", "view.mjs"))},
    "measure_architecture": {
        *MEASURING, *ARCHITECTURES, "emtvb/architectures/runs.py", "emtvb/interpret/architectures.py",
        "emtvb/interpret/exemplar.py",
    },
    "measure_rnn": {
        *MEASURING, *ARCHITECTURES, "emtvb/architectures/runs.py", "emtvb/interpret/architectures.py",
    } - {"emtvb/architectures/weights.py"},
    "study_solutions": {*MEASURING, "emtvb/interpret/solutions.py"} - {
        f"emtvb/interpret/{name}.py" for name in ("judging", "linearisation", "measure", "realisation", "spectrum")
    },
    "compare_architectures": {*TABLES, "emtvb/study/__init__.py", "emtvb/study/architectures.py"},
    "tabulate_solutions": TABLES,
    "tabulate_outcomes": {
        *TABLES, *STUDY, "emtvb/study/outcomes.py",
        *(f"emtvb/paper/{name}" for name in ("__init__.py", "evidence.py", "table1.csv", "table1.py")),
    },
    "tabulate_deciding": {*TABLES, *STUDY, "emtvb/study/deciding.py"},
    "tabulate_foretelling": {*TABLES, *STUDY, "emtvb/study/foretelling.py"},
    "aggregate_measurements": {*TABLES, "emtvb/columns.py"},
    "aggregate_architectures": TABLES,
    "list_digests": TABLES,
    "state_codecheck": {"emtvb/files.py", "emtvb/paper/__init__.py", "emtvb/paper/codecheck.py"},
    "summarise_learning": {*TABLES, "emtvb/figures/__init__.py", "emtvb/figures/data.py"},
    "tabulate": {*TABLES, "emtvb/columns.py", *(f"emtvb/paper/{name}" for name in
                              ("__init__.py", "evidence.py", "table1.csv", "table1.py", "twins.py"))},
    "animate": {*DRAWING, "emtvb/figures/animation.py"},
    **{f"draw_{name}": {*DRAWING, f"emtvb/figures/{name}.py"} for name in
       ("architectures", "composition", "edits", "hidden_state", "learning", "spectrum", "weights")},
    "draw_evidence": {
        "emtvb/files.py", "emtvb/paper/__init__.py", "emtvb/paper/evidence.py", "emtvb/paper/operating.py",
        *(f"emtvb/figures/{name}" for name in ("__init__.py", "emtvb.mplstyle", "evidence.py", "save.py", "style.py")),
    },
    "draw_interventions": {*DRAWING, "emtvb/figures/interventions.py", "emtvb/columns.py", "emtvb/tables.py"},
    "draw_forest": {*DRAWING, *TABLES, "emtvb/figures/forest.py", *(f"emtvb/paper/{name}" for name in
                    ("__init__.py", "evidence.py", "forest.py", "table1.csv", "table1.py", "twins.py"))},
    "draw_solutions": {*DRAWING, *TABLES, "emtvb/figures/solutions.py", *(f"emtvb/paper/{name}" for name in
                       ("__init__.py", "evidence.py", "solutions.py", "table1.csv", "table1.py", "twins.py"))},
}  # fmt: skip
"""What is stale after an edit of a file. A rule that comes to reach more is noticed here; see that it has to."""


@pytest.mark.parametrize("rule", RULES)
def test_what_each_stage_reaches(rule: str) -> None:
    code = set(recipes.code_and_versions(rule, "compiled")["code"])
    script = recipes.rules(ROOT)[rule].script
    assert script
    assert code == {*WHAT_EACH_RULE_REACHES[rule], f"rule {rule}", script.name}


def test_libraries_are_those_that_compute() -> None:
    by_rule = {rule: set(recipes.code_and_versions(rule, "compiled")["versions"]) for rule in RULES}
    assert by_rule["train_shard"] == {"llvmlite", "numba", "numpy", "torch"}
    assert not {"torch", "matplotlib"} & by_rule["tabulate"]
    assert "torch" not in by_rule["measure_shard"]
    assert {"matplotlib", "pandas", "pillow", "kiwisolver"} <= by_rule["animate"]
    assert "pytorch-lightning" in recipes.code_and_versions("train_shard", "reference")["versions"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and the workflow: one for all tests, so that what is not edited is read once."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "src" / "emtvb", folder / "src" / "emtvb", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "workflow", folder / "workflow")
    return folder


@pytest.fixture
def project(copy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The copy, which closure takes for the project; afterwards it is as it was."""
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    for module in (closure, recipes):
        monkeypatch.setattr(module, "PACKAGE", copy / "src" / "emtvb")
    yield copy
    for path in copy.rglob("*"):
        if path.is_file() and path not in before:
            path.unlink()
    for path, content in before.items():
        if path.read_bytes() != content:
            path.write_bytes(content)
    recipes.forget()


def digests(project: Path, trainer: str = "compiled") -> dict[str, dict[str, str]]:
    recipes.forget()
    closure._all_data_files.cache_clear()
    return {rule: recipes.code_and_versions(rule, trainer, project)["code"] for rule in RULES}


def stale(project: Path, file: str, old: str, new: str, trainer: str = "compiled") -> set[str]:
    """The rules whose code an edit changes."""
    before, path = digests(project, trainer), project / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    after = digests(project, trainer)
    return {rule for rule in RULES if before[rule] != after[rule]}


MEASURED = {
    "measure_shard", "look_at_exemplar", "measure_architecture", "measure_rnn", "study_solutions", "choose_networks",
}  # fmt: skip
NAMED = {*MEASURED, "enumerate_runs", "state_settings"}
ALL_TRAINED = {"train_shard", "train_architecture"}
IN_TRAINING = "src/emtvb/training"
TRAIN_SMK = "workflow/rules/train.smk"
EDITS: dict[str, tuple[str, str, str, set[str]]] = {
    # what can change a weight, or the form of what is written
    "a product's terms": (f"{IN_TRAINING}/kernel.py", "UNROLL = 4", "UNROLL = 8", {"train_shard"}),
    "the loop": (f"{IN_TRAINING}/loop.py", "training.steps_done < steps", "training.steps_done <= steps", ALL_TRAINED),
    "the stream": (f"{IN_TRAINING}/stream.py", "bits.mul_(2)", "bits.mul_(3)", ALL_TRAINED),
    "a twin's weight": (f"{IN_TRAINING}/stream.py", "W_hh[0, 0] = np", "W_hh[0, 1] = np", ALL_TRAINED),
    "the default rate": ("src/emtvb/protocol.py", "learning_rate: float = 1e-3", "learning_rate: float = 1e-2",
                         {*ALL_TRAINED, *NAMED}),
    "a weights file": ("src/emtvb/weights.py", "emtvb-networks-1", "emtvb-networks-2", {*ALL_TRAINED, *MEASURED}),
    # what cannot
    "an error in tasks": ("src/emtvb/tasks.py", "give three integers, [a, b, c]", "give [a, b, c]", set()),
    "a check in tasks": ("src/emtvb/tasks.py", "horizon < 0", "horizon < 1", NAMED),
    "an error in networks": ("src/emtvb/networks.py", "no such file; train", "not there; train", set()),
    "Task.describe": ("src/emtvb/tasks.py", 'return ", ".join(parts)', 'return "; ".join(parts)', NAMED),
    "networks.rollout": ("src/emtvb/networks.py", "np.tanh(state @ W_hh", "np.tanh(1 * state @ W_hh", MEASURED),
    "tables.write_csv": ("src/emtvb/tables.py", "index=False", 'index=False, na_rep=""',
                         {"measure_shard", "measure_architecture", "aggregate_measurements", "aggregate_architectures",
                          "summarise_learning", "tabulate", "draw_interventions", "draw_forest", "draw_solutions",
                          "list_digests", "measure_rnn", "compare_architectures",
                          "study_solutions", "tabulate_solutions", "tabulate_outcomes", "tabulate_deciding",
                          "tabulate_foretelling"}),
    "the lock": ("src/emtvb/running/lock.py", "fcntl.LOCK_EX | fcntl.LOCK_NB", "fcntl.LOCK_NB | fcntl.LOCK_EX", set()),
    "a log line in shard": (f"{IN_TRAINING}/shard.py", "training it again", "training it once more", set()),
    "what a log line says besides": (f"{IN_TRAINING}/shard.py", "folder, error)", "folder.name, error)", set()),
    "a log line in the engine": (f"{IN_TRAINING}/engine.py", "numba is not installed", "numba is missing", set()),
    "an error in the stream": (f"{IN_TRAINING}/stream.py",
                               'raise InputError("torch", torch', 'raise InputError("t", torch',
                               set()),
    "the other engine": (f"{IN_TRAINING}/plain.py", "BETA1 = 0.9", "BETA1 = 0.8", set()),
    "the reference trainer": (f"{IN_TRAINING}/reference.py", "self.rnn(x)", "self.rnn(x * 2)", set()),
    "lockstep": (f"{IN_TRAINING}/lockstep.py", "1.0 - BETA1", "1.0 - BETA2", set()),
    "the curriculum of other trainers": (f"{IN_TRAINING}/curriculum.py", "self.level += 1", "self.level += 2",
                                         {"train_architecture"}),
    "TensorBoard's events": (f"{IN_TRAINING}/events.py", '("loss", ', '("mse", ', set()),
    "progress": (f"{IN_TRAINING}/progress.py", "EVERY_SECONDS = 10.0", "EVERY_SECONDS = 5.0", set()),
    "a comment": (f"{IN_TRAINING}/kernel.py", "UNROLL = 4", "# four\nUNROLL = 4", set()),
    "a docstring": (f"{IN_TRAINING}/loop.py", "Train to the end", "Train until the end", set()),
    "formatting": (f"{IN_TRAINING}/loop.py", "(training.kept)", "( training.kept )", set()),
    "a run's name": ("src/emtvb/runs.py", 'f"h{self', 'f"H{self', NAMED),
    "a key's description": ("src/emtvb/config.py", "Adam's learning rate.", "The rate.",
                            {"enumerate_runs", "state_settings"}),
    "spectrum": ("src/emtvb/interpret/spectrum.py", "> modulus", ">= modulus",
                 {"measure_shard", "measure_architecture", "measure_rnn"}),
    "a printed value": ("src/emtvb/paper/table1.csv", "0.0005", "0.0006",
                        {"tabulate", "tabulate_outcomes", "draw_forest", "draw_solutions"}),
    "a comment in the style sheet": ("src/emtvb/figures/emtvb.mplstyle", "font", "# said\nfont", set()),
    "the style sheet": ("src/emtvb/figures/emtvb.mplstyle", "font.size", "font.weight: bold\nfont.size",
                        {name for name in RULES if name.startswith("draw_") or name == "animate"} - {"draw_page"}),
    "the page's arithmetic": ("src/emtvb/page/network.mjs", "Math.tanh(sum)", "Math.sin(sum)", {"draw_page"}),
    "the page's view": ("src/emtvb/page/view.mjs", "MOST_STEPS = 1000", "MOST_STEPS = 2000", {"draw_page"}),
    "the page's colours": ("src/emtvb/page/edit.css", "--plus: 178", "--plus: 179", {"draw_page"}),
    "the page's words": ("src/emtvb/page/edit.html", "Edit a running", "Change a running", {"draw_page"}),
    "which networks are chosen": ("src/emtvb/page/choosing.py", "MOST = 9", "MOST = 8", {"choose_networks"}),
    "the notebook's view": ("src/emtvb/page/widget.mjs", "render", "rendered", set()),
    "a script's format": ("workflow/scripts/tabulate.py", "tabulate(", "tabulate (", set()),
    "the command line": ("src/emtvb/cli.py", "def main", "def principal", set()),
    # what the rules say
    "a rule's docstring": (TRAIN_SMK, "rule train_shard:\n", 'rule train_shard:\n    "trains"\n', set()),
    "a comment at a rule's end": (TRAIN_SMK, 'train_shard.py"\n', 'train_shard.py"\n    # the end\n', set()),
    "a comment at the margin within a rule": (
        TRAIN_SMK, "    output:\n        weights", "    output:\n# said\n        weights", set()),
    "a comment behind a rule's name": (TRAIN_SMK, "rule train_shard:", "rule train_shard:  # said", set()),
    "single quotes": (TRAIN_SMK, '"../scripts/train_shard.py"', "'../scripts/train_shard.py'", set()),
    "a rule's threads": (TRAIN_SMK, "    threads: 1", "    threads: 2", set()),
    "a rule's output": (TRAIN_SMK, 'outline=results("measurements/l', 'outline=results("measurements/L',
                        {"train_shard"}),
    # the face of the package, which runs before everything
    "the package's version": ("src/emtvb/__init__.py", '__version__ = "', '__version__ = "9', set()),
    "what the package's __init__ does": ("src/emtvb/__init__.py", "__version__", "print()\n__version__", set(RULES)),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_reaches_the_stages_that_use_it(project: Path, edit: str) -> None:
    file, old, new, expected = EDITS[edit]
    assert stale(project, file, old, new) == expected


@pytest.mark.parametrize(
    ("trainer", "file", "expected"),
    [
        ("torch", "plain", True), ("torch", "kernel", False), ("torch", "engine", True), ("compiled", "engine", True),
        ("reference", "reference", True), ("reference", "engine", False), ("reference", "curriculum", True),
        ("cuda", "lockstep", True), ("cuda", "plain", True), ("cuda", "reference", False), ("compiled", "plain", False),
    ],
)  # fmt: skip
def test_the_engine_that_trains_counts_and_no_other(project: Path, trainer: str, file: str, expected: bool) -> None:
    path = f"{IN_TRAINING}/{file}.py"
    changed = stale(
        project, path, "from __future__ import annotations", "from __future__ import annotations\nX = 1", trainer
    )
    assert ("train_shard" in changed) is expected


def test_kept_runs_are_filed_under_what_trains_them_alone(project: Path) -> None:
    def version() -> str:
        digests(project)
        code = recipes.code_and_versions("train_shard", "auto", project)
        return recipes.training_version({**code, "settings": {"trainer": "auto", "runs": []}})

    before = version()
    assert before == recipes.training_version(recipes.of_training("compiled"))
    for file, old, new in [
        ("workflow/rules/train.smk", "history.csv", "curves.csv"),
        ("workflow/scripts/train_shard.py", "this.runs = ", "this.runs = 1 * "),
    ]:
        assert stale(project, file, old, new) == {"train_shard"}
        assert version() == before
    stale(project, *EDITS["the stream"][:3])
    assert version() != before


def test_the_place_and_time_of_files_do_not_count(project: Path) -> None:
    before = digests(project)
    for path in project.rglob("*.py"):
        path.touch()
    assert digests(project) == before
    with pytest.MonkeyPatch.context() as original:
        for module in (closure, recipes):
            original.setattr(module, "PACKAGE", ROOT / "src" / "emtvb")
        assert digests(ROOT) == before


def test_another_python_reads_the_same(tmp_path: Path) -> None:
    """What Python 3.11 finds, with which the published results were made."""
    file = tmp_path / "module.py"
    file.write_text("def f(x=None, *, y: list[int] = []): return f'{x!r:>{4}} {y}' or (lambda: f())\nclass A: ...\n")
    assert closure.closure(file).code == {"module.py": "fcc559e5c487"}


@pytest.mark.parametrize(
    "line",
    [
        "import emtvb.figures.new as y", "from emtvb.figures import new as z", "if len('a'):\n    from .new import X",
        "try:\n    import emtvb.figures.new\nexcept ImportError:\n    pass", "import emtvb.figures as f\nX = f.new",
        "from emtvb import figures\nX = lambda: figures.new.X", "class A:\n    import emtvb.figures.new as q",
    ],
)  # fmt: skip
def test_imports_are_followed_wherever_they_stand(project: Path, line: str) -> None:
    (project / "src/emtvb/figures/new.py").write_text("X = 1\n")
    weights = project / "src/emtvb/figures/weights.py"
    weights.write_text(f"{weights.read_text()}\n{line}\n")
    assert stale(project, "src/emtvb/figures/new.py", "1", "2") == {"draw_weights"}


@pytest.mark.parametrize("line", ["from emtvb import fit", "import emtvb\nX = lambda: emtvb.fit", "from .. import fit"])
def test_what_the_package_hands_on_is_followed(project: Path, line: str) -> None:
    weights = project / "src/emtvb/figures/weights.py"
    weights.write_text(f"{weights.read_text()}\n{line}\n")
    assert stale(project, "src/emtvb/own/fitting.py", "import numpy", "import json\nimport numpy") == {"draw_weights"}


def test_a_library_that_nobody_has_named_counts(project: Path) -> None:
    weights = project / "src/emtvb/figures/weights.py"
    weights.write_text(f"{weights.read_text()}\ndef f():\n    import docutils, not_installed\n")
    versions = recipes.code_and_versions("draw_weights", "compiled", project)["versions"]
    assert {"docutils", "not_installed"} <= set(versions)
    assert versions["not_installed"] == "none"


@pytest.mark.parametrize("line", ["from . import new", "from .new import X", "from ..figures.new import X"])
def test_relative_imports_are_followed(project: Path, line: str) -> None:
    (project / "src/emtvb/figures/new.py").write_text("X = 1\n")
    weights = project / "src/emtvb/figures/weights.py"
    weights.write_text(f"{weights.read_text()}\n{line}\n")
    assert stale(project, "src/emtvb/figures/new.py", "1", "2") == {"draw_weights"}


@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("import helper", "helper.py"),
        ("from helper import X", "helper.py"),
        ("from help.er import X", "help/er.py"),
        ("import help", "help/__init__.py"),
        ("import within", "helper.py"),
        ("import within.deeper", "within/beside.py"),
    ],
)
def test_a_module_beside_the_scripts_is_followed(project: Path, line: str, made: str) -> None:
    for name, text in [("__init__", "import helper\n"), ("deeper", "from . import beside\n")]:
        (project / "workflow/scripts/within").mkdir(exist_ok=True)
        (project / f"workflow/scripts/within/{name}.py").write_text(text)
    helper = project / "workflow" / "scripts" / made
    helper.parent.mkdir(exist_ok=True)
    helper.write_text("X = 1\n")
    script = project / "workflow/scripts/draw_weights.py"
    script.write_text(f"{line}\n{script.read_text()}")
    assert stale(project, f"workflow/scripts/{made}", "1", "2") == {"draw_weights"}


def test_what_runs_where_no_type_checker_reads_counts(project: Path) -> None:
    path = project / "src/emtvb/figures/weights.py"
    block = "\nif TYPE_CHECKING:\n    X = 1\nelse:\n    Y = 1\n"
    path.write_text(f"from typing import TYPE_CHECKING\n{path.read_text()}{block}")
    assert stale(project, "src/emtvb/figures/weights.py", "X = 1", "X = 2") == set()
    assert stale(project, "src/emtvb/figures/weights.py", "Y = 1", "Y = 2") == {"draw_weights"}


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ("log.info('a')", "log.info('b', 1 + x)", False),
        ("log.info('a')", "pass", False),
        ("log.info('a', f(x))", "log.info('b', f(x))", False),
        ("log.info('a', f(x))", "log.info('a', g(x))", True),
        ("log.info('a', x)", "log.info('a', (x := 2))", True),
        ("log.info('a', next(x))", "log.info('a')", True),
        ("raise ValueError('a')", "raise ValueError(f'b {x} {len(x)}')", False),
        ("raise ValueError('a')", "raise KeyError('a')", True),
        ("raise ValueError('a') from None", "raise ValueError('a') from x", True),
        ("print('a')", "print('b')", True),
        ("x.info('a')", "x.info('b')", True),
        ("'said'", "'said otherwise'", False),
        ("assert x, 'a'", "assert x, 'b'", False),
        ("assert x, f()", "assert x, g()", True),
        ("log.info('a', x.get(1))", "log.info('a')", False),
        ("log.info('a', x.get())", "log.info('a')", True),  # a queue's, which takes something away
        ("log.info('a', x.replace('b'))", "log.info('a')", True),  # a path's
        ("raise Found(1)", "raise Found(2)", True),  # which a handler may take
        ("raise StopIteration(1)", "raise StopIteration(2)", True),
        ("raise module.Found(1)", "raise module.Found(2)", True),
        ("raise _Found(1)", "raise _Found(2)", True),
        ("raise make_error(1)", "raise make_error(2)", True),
        ("raise OSError(1, 'a')", "raise OSError(2, 'a')", True),
        ("raise FileNotFoundError(1, 'a')", "raise FileNotFoundError(2, 'a')", True),
        ("raise ImportError('a', name='b')", "raise ImportError('a', name='c')", True),
        ("raise AttributeError('a', obj=1)", "raise AttributeError('a', obj=2)", True),
        ("y = iter(x); log.info('a', list(y))", "y = iter(x)", True),
    ],
)
def test_what_an_exception_or_a_log_call_says_does_not_count(
    tmp_path: Path, before: str, after: str, counts: bool
) -> None:
    file = tmp_path / "module.py"

    def code(line: str) -> str:
        file.write_text(f"import logging\nlog = logging.getLogger()\ndef f(x):\n    {line}\n    return x\n")
        return closure.closure(file).code["module.py"]

    if after == "pass":  # which is a statement of its own
        file.write_text("import logging\nlog = logging.getLogger()\ndef f(x):\n    return x\n")
        assert closure.closure(file).code["module.py"] == code(before)
    else:
        assert (code(before) != code(after)) is counts


@pytest.mark.parametrize(
    ("given", "before", "after"),
    [
        ("def f(log):", "log.info(1)", "log.info(2)"),
        ("log = f\nif f:", "log.info(1)", "log.info(2)"),
        ("def sum(x): ...\ndef f(x):", "log.info(sum(x))", "pass"),
        ("def f(x: Iterator[int]):", "log.info(list(x))", "log.info('')"),
        ("TYPE_CHECKING = True\nif TYPE_CHECKING:", "X = 1", "X = 2"),
        ("class ValueError(Exception): ...\nif True:", "raise ValueError(1)", "raise ValueError(2)"),
    ],
)
def test_a_name_that_is_given_anew_is_not_taken_for_what_it_usually_is(
    tmp_path: Path, given: str, before: str, after: str
) -> None:
    file, found = tmp_path / "module.py", []
    for line in (before, after):
        file.write_text(f"import logging\nlog = logging.getLogger()\n{given}\n    {line}\n")
        found.append(closure.closure(file).code["module.py"])
    assert found[0] != found[1]


@pytest.mark.parametrize(
    ("makes", "counts"),
    [
        ("return InputError('a', x, 'b')", False),
        ("'Words.'\n    return InputError('a', x, 'b')", False),
        ("return Odd(x)", True),
        ("global Y\n    Y = x\n    return InputError('a', 'b', 'c')", True),
        ("return module.InputError('a', x, 'b')", True),
    ],
)
def test_what_a_function_is_told_that_makes_an_error_counts_but_for_words(
    tmp_path: Path, makes: str, counts: bool
) -> None:
    file, found = tmp_path / "module.py", []
    for told in (1, 2):
        file.write_text(f"def odd(x):\n    {makes}\n\n\ndef f():\n    raise odd({told})\n")
        found.append(closure.closure(file).code["module.py"])
    assert (found[0] != found[1]) is counts


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import importlib\nimportlib.import_module('emtvb.' + x)", "line 2: importlib.import_module: what"),
        ("__import__(x)", r"line 1: __import__: "),
        ("exec(open('other.py').read())", r"line 1: exec: "),
        ("eval('f')()", r"line 1: eval: "),
        ("import runpy\nrunpy.run_path('other.py')", r"line 1: import runpy: "),
        ("from emtvb.tasks import *", r"from emtvb.tasks import \*: .* import what it needs by name"),
        ("from pathlib import Path\nPath(__file__).with_name(f'{x}.csv')", "whole name as one string"),
        ("from pathlib import Path\nPath(__file__).parent / (x + '.csv')", "whole name as one string"),
        ("from importlib import resources\nresources.files('emtvb.paper').joinpath(x)", "whole name as one string"),
        ("from importlib import resources\n(resources.files('emtvb.paper') / f'{x}.csv').read_text()", "whole name"),
        ("import os\nopen(os.path.join(os.path.dirname(__file__), x))", "whole name as one string"),
        ("from importlib import import_module as im\nim(x)", "line 1: import importlib.import_module: "),
        ("import importlib\nim = importlib.import_module", "line 2: importlib.import_module: "),
        ("import importlib\ngetattr(importlib, 'import_' + 'module')(x)", "line 2: importlib: "),
        ("import importlib.machinery", "line 1: import importlib.machinery: "),
        ("import importlib.util as u\nu.spec_from_file_location(x)", "spec_from_file_location"),
        ("import builtins\nbuiltins.exec(x)", "line 1: import builtins: "),
        ("run = exec\nrun(x)", "line 1: exec: "),
        ("import sys\nsys.modules[x]", "line 2: sys.modules: "),
        ("from sys import modules as m\nm[x]", "line 1: import sys.modules: "),
        ("import sys as s\ns.path.insert(0, x)", "line 2: sys.path: "),
        ("import pkgutil\npkgutil.resolve_name(x)", "line 1: import pkgutil: "),
        ("import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'emtvb.figures.new'])", "import subprocess: "),
        ("import os\nos.system('python -m emtvb.figures.new')", "line 2: os.system: "),
        ("import os\nos.execv('python', x)", "line 2: os.execv: "),
        ("import emtvb\nx = emtvb.__file__", "line 2: emtvb.__file__: "),
        ("import emtvb\nx = emtvb.__path__[0]", "line 2: emtvb.__path__: "),
        ("x = __spec__.origin", "line 1: __spec__: "),
        ("import inspect\nx = inspect.getfile(f)", "line 2: inspect.getfile: "),
        ("def f(): 'a'\nx = f.__doc__", "line 2: f.__doc__: "),
        ("try:\n    f()\nexcept ValueError as e:\n    x = e.args[0]", "line 4: e.args: .* what an exception says"),
        ("x = open(snakemake.scriptdir + '/x.csv')", "line 1: snakemake.scriptdir: "),
        ("from pathlib import Path\nPath(__file__).with_name('table1' + '.csv')", "whole name as one string"),
        ("from pathlib import Path\nPath(__file__).with_name('%s.csv' % 'table1')", "whole name as one string"),
        ("from pathlib import Path\nPath(__file__).with_name('{}.csv'.format('table1'))", "whole name as one string"),
        ("from pathlib import Path\nPath(__file__).with_name('table1.csv').with_suffix('.txt')", "whole name as one"),
        ("from pathlib import Path\nPath(__file__).parent.glob('*.csv')", "whole name as one string"),
        ("from pathlib import Path\n(Path(__file__).parent / 'paper').iterdir()", "whole name as one string"),
        ("from pathlib import Path\nPath(__file__).with_name('no.such')", "whole name as one string"),
        ("from pathlib import Path\nPath(__file__).with_name('table1.csv')", "keep it in the package"),  # of a script
        ("from importlib.resources import files as f\nf('emtvb.paper') / x", "whole name as one string"),
        ("import importlib.resources as r\nr.files('emtvb.paper') / (x + '.csv')", "whole name as one string"),
        ("from importlib import resources\nresources.read_text('emtvb.paper', x)", "importlib.resources.read_text"),
        ("from importlib import resources\nf = resources.files", "importlib.resources.files"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "module.py"
    file.write_text(f"{text}\n")
    with pytest.raises(InputError, match=says) as caught:
        closure.closure(file)
    assert str(caught.value).startswith("module.py, line ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("line", ["from emtvb import __version__", "import emtvb\nx = emtvb.__all__"])
def test_what_the_package_says_of_itself_is_no_code_of_a_stage(tmp_path: Path, line: str) -> None:
    (tmp_path / "module.py").write_text(f"{line}\n")
    with pytest.raises(InputError, match=r"module.py: emtvb.__.*__: what the package says of itself"):
        closure.closure(tmp_path / "module.py")


def test_a_data_file_counts_whatever_its_name(project: Path) -> None:
    for name in ("table", "numbers.dat"):
        (project / "src/emtvb/figures" / name).write_text("1\n")
        path = project / "src/emtvb/figures/weights.py"
        path.write_text(f"{path.read_text()}\nfrom pathlib import Path\nX = Path(__file__).with_name('{name}')\n")
        assert stale(project, f"src/emtvb/figures/{name}", "1", "2") == {"draw_weights"}


@pytest.mark.parametrize(
    "line",
    [
        "Path(__file__).parent / 'sub/table.csv'", "Path(__file__).parent.joinpath('sub', 'table.csv')",
        "open('src/emtvb/figures/sub/table.csv')", "Path('./src/emtvb/figures/sub/table.csv').read_text()",
        "resources.files('emtvb.figures').joinpath('sub').joinpath('table.csv').open()",
    ],
)  # fmt: skip
def test_a_data_file_in_a_folder_counts(project: Path, line: str) -> None:
    (project / "src/emtvb/figures/sub").mkdir(exist_ok=True)
    (project / "src/emtvb/figures/sub/table.csv").write_text("1\n")
    path = project / "src/emtvb/figures/weights.py"
    path.write_text(f"{path.read_text()}\nfrom importlib import resources\nfrom pathlib import Path\nX = {line}\n")
    assert stale(project, "src/emtvb/figures/sub/table.csv", "1", "2") == {"draw_weights"}


def test_what_is_not_counted_only_defines_things_when_it_is_imported() -> None:
    """Modules that a stage imports and that do not count may not do anything that changes how others compute."""
    left_out = {f"training/{name}" for names in recipes._OTHERS.values() for name in names}
    harmless = {
        "Path", "TypeVar", "cache", "compile", "dir", "field", "frozenset", "getLogger", "set", "union", "values",
    }  # fmt: skip
    for name in sorted({*closure.UNCOUNTED, *left_out}):
        for statement in ast.parse((ROOT / "src" / "emtvb" / name).read_text()).body:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
                continue
            if name == "training/kernel.py":  # which is only imported where it trains
                continue
            calls = {closure._called(node) for node in ast.walk(statement) if isinstance(node, ast.Call)}
            assert calls <= harmless, f"{name}, line {statement.lineno}: {ast.unparse(statement)}"


@pytest.mark.parametrize("name", sorted(closure.UNCOUNTED))
def test_what_says_and_records_is_not_counted(project: Path, name: str) -> None:
    path = project / "src/emtvb" / name
    before = digests(project)
    path.write_text(f"{path.read_text()}\nX = 1\n")
    assert digests(project) == before
