"""What a process used is written down, and held to what lies here now."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emtvb.making import digests, present_code, recipes
from emtvb.making.present_code import Present

ROOT = Path(__file__).parents[2]
AS_A_JOB = """
import sys
sys.modules["__main__"].snakemake = "a job"
exec(open({script!r}).read())
import json
from importlib import metadata
from pathlib import Path
from emtvb.making import jobs, recipes
print(json.dumps(recipes.recipe_of_process(Path({clone!r}), Path({clone!r}) / "results")))
"""


EVERY_JOB = {
    "emtvb/__init__.py", "emtvb/errors.py", "emtvb/files.py",
    *(f"emtvb/making/{name}.py" for name in ("__init__", "digests", "git", "jobs", "node", "provenance", "recipes")),
}  # fmt: skip
"""What runs a job is code that it uses."""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / "workflow" / "scripts").mkdir(parents=True)
    return tmp_path


def used(clone: Path, script: str) -> dict[str, dict[str, str]]:
    """What a job of a clone uses that runs a script, besides what every job uses."""
    path = clone / "workflow" / "scripts" / "mine.py"
    path.write_text(script)
    code = AS_A_JOB.format(script=str(path), clone=str(clone))
    here = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(path.parent)])}
    done = subprocess.run([sys.executable, "-c", code], env=here, cwd=clone, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    for name in EVERY_JOB:
        del found["code"][name]
    return found


def test_modules_that_were_imported_are_named_however_that_was_asked_for(clone: Path) -> None:
    script = (
        "def f():\n    exec('import re')\n    __import__('importlib').import_module('emtvb.' + 'theory.tasks')\nf()"
    )
    assert set(used(clone, script)["code"]) == {
        "emtvb/theory/__init__.py",
        "emtvb/theory/protocol.py",
        "emtvb/theory/tasks.py",
    }


@pytest.mark.parametrize(("what", "says"), [("KeyboardInterrupt", recipes.STOPPED), ("OSError", "Traceback (most")])
def test_ctrl_c_while_a_job_imports_is_a_word_and_another_error_is_as_it_is(what: str, says: str) -> None:
    code = f"import __main__; __main__.snakemake = 'a job'; import emtvb; raise {what}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert done.stderr.startswith(says)
    assert ("Traceback" in done.stderr) is (what == "OSError")


def test_modules_that_were_not_imported_are_not_named(clone: Path) -> None:
    assert used(clone, "import emtvb.errors\ndef f():\n    from emtvb.theory import tasks")["code"] == {}


def test_files_are_named_by_where_they_lie_and_not_by_links_to_them(clone: Path, tmp_path_factory: Any) -> None:
    """Links to a file, to a folder, and from elsewhere; a file elsewhere that a link leads to is none of ours."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (clone / "tables").mkdir()
    for name in ("a.csv", "b.csv", "c.csv"):
        (clone / "tables" / name).write_text("1")
    (elsewhere / "d.csv").write_text("1")
    (clone / "link.csv").symlink_to("tables/a.csv")
    (clone / "folder").symlink_to("tables")
    (elsewhere / "link.csv").symlink_to(clone / "tables" / "c.csv")
    (clone / "out.csv").symlink_to(elsewhere / "d.csv")
    opened = "link.csv", "folder/b.csv", str(elsewhere / "link.csv"), "out.csv"
    script = "import emtvb.errors\n" + "".join(f"open({name!r})\n" for name in opened)
    assert set(used(clone, script)["code"]) == {"tables/a.csv", "tables/b.csv", "tables/c.csv"}


def test_files_that_were_opened_are_named_wherever_their_name_comes_from(clone: Path) -> None:
    (clone / "tables").mkdir()
    (clone / "tables" / "a.csv").write_text("1")
    script = (
        "import emtvb.errors\nfrom pathlib import Path\nfrom importlib import resources\n"
        "open('tables/' + 'a' + '.csv')\nPath('tables', 'a.csv').read_text()\n"
        "(resources.files('emtvb.paper') / ('table' + '1.csv')).read_text()\n"
        "try:\n    open('nowhere')\nexcept OSError:\n    pass\n"
    )
    code = used(clone, script)["code"]
    assert set(code) == {"tables/a.csv", "./nowhere", "emtvb/paper/__init__.py", "emtvb/paper/table1.csv"}
    assert code["./nowhere"] == digests.ABSENT
    assert Present(clone).changes({"code": {"./nowhere": digests.ABSENT}, "versions": {}}) == []
    (clone / "nowhere").write_text("now it is")
    assert Present(clone).changes({"code": {"./nowhere": digests.ABSENT}, "versions": {}}) == ["./nowhere"]


def test_a_module_beside_the_scripts_is_named(clone: Path) -> None:
    (clone / "workflow/scripts/helper").mkdir()
    (clone / "workflow/scripts/helper/__init__.py").write_text("from . import inner\n")
    (clone / "workflow/scripts/helper/inner.py").write_text("X = 1\n")
    code = used(clone, "import emtvb.errors, helper")["code"]
    assert set(code) == {"workflow/scripts/helper/__init__.py", "workflow/scripts/helper/inner.py"}
    assert Present(clone).changes({"code": code, "versions": {}}) == []
    (clone / "workflow/scripts/helper/inner.py").write_text("X = 2\n")
    assert Present(clone).changes({"code": code, "versions": {}}) == ["workflow/scripts/helper/inner.py"]


def test_results_and_what_is_no_code_are_not_named(clone: Path) -> None:
    (clone / "results").mkdir()
    (clone / "results" / "a.csv").write_text("1")
    assert used(clone, "import emtvb.errors, sys\nopen('results/a.csv')\nopen(sys.executable)")["code"] == {}


def test_libraries_that_compute_are_named(clone: Path) -> None:
    versions = used(clone, "import emtvb.errors, numpy, yaml, rich")["versions"]
    assert versions == {"numpy": recipes.version_here("numpy")}
    (clone / "workflow/scripts/helper.py").write_text("import matplotlib\n")
    versions = used(clone, "import emtvb.errors, helper")["versions"]
    assert {"matplotlib", "pillow", "numpy"} == set(versions)


def test_what_runs_jobs_counts_and_what_plans_them_is_not_imported(clone: Path) -> None:
    """So an edit of a message of planning makes nothing stale."""
    assert used(clone, "import emtvb.errors")["code"] == {}, "and it fails where a job imports more"
    code = dict.fromkeys(EVERY_JOB, "0")
    assert Present(clone).changes({"code": code, "versions": {}}) == sorted(EVERY_JOB)


@pytest.mark.parametrize("script", sorted((ROOT / "workflow" / "scripts").glob("*.py")), ids=lambda path: path.stem)
def test_scripts_use_of_snakemake_what_records_hold(script: Path) -> None:
    """Threads, resources and the whole config would decide bytes, and no record would say so."""
    asked = {
        node.attr
        for node in ast.walk(ast.parse(script.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "snakemake"
    }
    assert asked <= {"input", "output", "wildcards"}


def test_jobs_import_nothing_of_the_science_to_write_their_records() -> None:
    """Else an edit of it would make every output stale."""
    code = "import sys, emtvb.making.jobs; print(*(m for m in sys.modules if m.startswith('emtvb.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name for name in done.stdout.split() if not name.startswith("emtvb.making")} == {
        "emtvb.errors",
        "emtvb.files",
    }


def test_a_folder_that_is_deleted_elsewhere_is_no_file_of_the_clone(clone: Path) -> None:
    """Its parts are opened by their bare names, below a folder that is open."""
    script = (
        "import emtvb.errors, shutil, tempfile\nfrom pathlib import Path\n"
        "folder = Path(tempfile.mkdtemp())\n(folder / 'training' / 'shard').mkdir(parents=True)\n"
        "shutil.rmtree(folder)\n"
    )
    assert used(clone, script)["code"] == {}


def test_other_versions_are_said_and_change_nothing(clone: Path) -> None:
    here = {name: recipes.version_here(name) for name in ("numpy", "torch")}
    made = [{**here, "numpy": version} for version in ("1.0", "0.9", "1.0")]
    assert present_code.other_versions(made) == f"numpy 0.9 and 1.0, here {here['numpy']}"
    assert present_code.other_versions([here]) == ""
    assert Present(clone).changes({"code": {}, "versions": made[0]}) == []


@pytest.mark.parametrize("compiled", [False, True])
def test_a_file_that_is_edited_while_a_job_runs_is_recorded_as_it_was_used(tmp_path: Path, compiled: bool) -> None:
    """A module, from its text or its bytecode, and a table, of this copy of the package; the script itself."""
    package = tmp_path / "src" / "emtvb"
    shutil.copytree(ROOT / "src" / "emtvb", package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "workflow" / "scripts").mkdir(parents=True)
    edited = {"emtvb/tables.py": package / "tables.py", "emtvb/paper/table1.csv": package / "paper" / "table1.csv"}
    mine = tmp_path / "workflow" / "scripts" / "mine.py"
    edited["mine.py"] = mine
    script = (
        "import emtvb.errors, emtvb.tables\nfrom pathlib import Path\n"
        f"Path({str(edited['emtvb/paper/table1.csv'])!r}).read_text()\n"
        "import subprocess\n"  # as an editor does it, unseen by this process
        f"for name in {[*map(str, edited.values())]}:\n"
        "    subprocess.run(['sh', '-c', 'printf \"\\\\nX = 1\\\\n\" >> \"$1\"', 'sh', name], check=True)\n"
        "import json\nfrom emtvb.making import recipes\n"
        f"print(json.dumps(recipes.recipe_of_process(Path({str(tmp_path)!r}))['code']))\n"
    )
    mine.write_text("import sys\nsys.modules['__main__'].snakemake = 'a job'\n" + script)
    before = {name: digests.digest_of(path) for name, path in edited.items()}
    here = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}
    if compiled:
        subprocess.run([sys.executable, "-c", "import emtvb.tables"], env=here, check=True)
    done = subprocess.run([sys.executable, str(mine)], env=here, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert {name: found[name] for name in edited} == before
    assert all(digests.digest_of(path) != before[name] for name, path in edited.items())


SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_all_that_a_script_does_is_in_its_job(script: Path) -> None:
    """What it opened before its first import of ours would be in no record."""
    docstring, *statements = ast.parse(script.read_text()).body
    assert isinstance(docstring, ast.Expr)
    allowed = ast.Import, ast.ImportFrom, ast.FunctionDef, ast.With
    statements = [node for node in statements if not ast.unparse(node).startswith("log = logging.getLogger(")]
    assert all(isinstance(statement, allowed) for statement in statements), "imports, functions, and one job"
    (block,) = (statement for statement in statements if isinstance(statement, ast.With))
    assert [ast.unparse(item.context_expr) for item in block.items] == ["job(snakemake)"]


def test_every_rule_that_runs_a_script_has_a_log_of_its_experiment() -> None:
    """By which a job knows the folder of its experiment."""
    for file in (ROOT / "workflow" / "rules").glob("*.smk"):
        for rule in re.split(r"^ *rule\b", file.read_text(), flags=re.MULTILINE)[1:]:
            if "script:" in rule and "../scripts/" in rule:
                assert re.search(r"log:\n\s+results\(f?\"logs/", rule), (file.name, rule[:40])
                assert not re.search(r"\b(directory|touch|pipe|service)\(|shadow:", rule), (file.name, rule[:40])


def test_everything_here_is_what_two_machines_are_held_to() -> None:
    here = present_code.recipe_of_everything(ROOT)
    assert {"emtvb/theory/tasks.py", "emtvb/figures/emtvb.mplstyle", "tabulate.py"} <= set(here["code"])
    assert {path.name for path in (ROOT / "src/emtvb/making").glob("*.py")} == {
        Path(name).name for name in here["code"] if name.startswith("emtvb/making/")
    }
    assert not any(name.startswith("results/") for name in here["code"])
    assert set(here["versions"]) == set(digests.LIBRARIES.values())


def test_results_of_a_clone_are_no_code_wherever_a_job_writes(tmp_path: Path) -> None:
    """What lies beside an experiment is linked into another folder of results, and comes to its own path there."""
    table = tmp_path / "results" / "twins" / "runs.csv"
    assert recipes.name_in_recipe(table, tmp_path, tmp_path.parent / "elsewhere") is None
    assert (
        recipes.name_in_recipe(tmp_path / "config" / "a.csv", tmp_path, tmp_path.parent / "elsewhere") == "config/a.csv"
    )
