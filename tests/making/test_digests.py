"""A digest ignores comments, formatting and docstrings, and nothing else."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from emtvb.making import digests

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "emtvb"
MODULE = '''
"""A module."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)
LIMIT = 3
"""What a name stands for."""


class Pair:
    """Two numbers."""

    left: int
    right: float


def larger(pair: Pair, least: int = 0) -> float:
    """The larger one."""
    if pair.left < least:
        log.info("too small: %s", pair.left)
        raise ValueError(f"{pair.left} is below {least}")
    assert pair.right >= least, "too small"
    return max(pair.left, pair.right)  # of two
'''


def digest(text: str, name: str = "module.py") -> str:
    return digests.digest_of(Path(name), text.encode())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  # of two", ""),
        ("LIMIT = 3", "LIMIT = (\n    3\n)"),
        ('"""A module."""\n', ""),
        ('"""Two numbers."""', "'''Two\n    numbers, again.'''"),
        ('    """The larger one."""\n', ""),
        ('"""What a name stands for."""', '"""Another description."""'),
        ('"too small"', "'too small'"),
        ("\nlog =", "\n\n\n# the log\nlog ="),
    ],
)
def test_comments_formatting_and_docstrings_do_not_count(before: str, after: str) -> None:
    assert MODULE.count(before) == 1
    assert digest(MODULE.replace(before, after)) == digest(MODULE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("LIMIT = 3", "LIMIT: int = 3"),
        ("    left: int\n    right: float", "    right: float\n    left: int"),
        ("right: float", "right: int"),
        ("least: int = 0", "least: float = 0"),
        ('"too small: %s"', '"small: %s"'),
        ("is below", "is less than"),
        ('"too small"\n', '"small"\n'),
        ("max(", "min("),
        ("import logging", "import logging, math"),
        ('    """The larger one."""\n', "    'The'.lower()\n"),
    ],
)
def test_all_else_counts(before: str, after: str) -> None:
    assert MODULE.count(before) == 1
    assert digest(MODULE.replace(before, after)) != digest(MODULE)


def test_another_python_finds_the_same() -> None:
    """What Python 3.11 finds; those that are installed here are asked about every module of the package."""
    text = "def f(x=None, *, y: list[int] = []): return f'{x!r:>{4}} {y}' or (lambda: f())\nclass A: ...\n"
    assert digest(text) == "fcc559e5c487"
    code = (
        "import runpy, sys, pathlib\n"
        f"digest_of = runpy.run_path({str(PACKAGE / 'making' / 'digests.py')!r})['digest_of']\n"
        f"print(*(digest_of(path) for path in sorted(pathlib.Path({str(PACKAGE)!r}).rglob('*.py'))))\n"
    )
    here = [digests.digest_of(path) for path in sorted(PACKAGE.rglob("*.py"))]
    others = {path for path in Path("/usr/bin").glob("python3.*") if re.fullmatch(r"python3\.1[123]", path.name)}
    for python in {Path(sys.executable), *others}:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.split() == here, python


def test_of_what_is_no_python_every_byte_counts() -> None:
    for name, text in (("a.css", "a {}"), ("a.mplstyle", "font.size: 8\n"), ("a.csv", "a,b\n1,2\n")):
        assert digest(text, name) != digest(text + "# said\n", name)
    assert digests.digest_of(Path("a"), b"\xff\xfe") not in (digests.ABSENT, digests.digest_of(Path("a"), b"\xff"))
    assert digest("x = (") != digest("x = ((")
    assert digest("+".join("1" * 10_000)) != digest("+".join("2" * 10_000))  # too deep to read


def test_a_file_that_is_not_there_has_a_digest(tmp_path: Path) -> None:
    assert digests.digest_of(tmp_path / "nowhere.py") == digests.ABSENT


def test_how_a_module_is_encoded_does_not_count_and_what_it_then_says_does() -> None:
    plain = "X = 'é'\n".encode()
    found = [
        digests.digest_of(Path("a.py"), content)
        for content in (
            plain,
            b"\xef\xbb\xbf" + plain,
            b"# -*- coding: utf-8 -*-\n" + plain,
            b"# coding: latin-1\n" + plain,
        )
    ]
    assert found[0] == found[1] == found[2] != found[3]


LISTS = {"config/architectures.py", "training/promises.py"}


def test_what_runs_jobs_and_lists_for_rules_do_not_count_but_for_what_unpacks_weights() -> None:
    names = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    running = {name for name in names if name.startswith(("making/", "slurm/"))}
    assert {name for name in names if digests.counts_in_recipe(name)} == names - running - LISTS | {
        "making/packed_weights.py"
    }


def test_jobs_only_refuse_by_lists_that_do_not_count() -> None:
    """What a job makes of an entry would be made again by nobody: a rule hands it to its job."""
    imports = re.compile(r"^ *(from|import) .*\b(promises|config\.architectures|config import architectures)\b", re.M)
    files = [*PACKAGE.rglob("*.py"), *(ROOT / "workflow" / "scripts").glob("*.py")]
    found = {path.relative_to(path.parents[1]).as_posix() for path in files if imports.search(path.read_text())}
    outside_of_jobs = {
        "audit/determinism.py",
        "cli/networks.py",
        "network/training.py",
        "experiments/results.py",
    }
    refusing = {"config/experiment.py", "training/proof.py", "training/shard.py", "training/stream.py"}
    assert found == refusing | outside_of_jobs


def test_no_job_reads_docstrings() -> None:
    """They do not count."""
    reading = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(
            (isinstance(node, ast.Attribute) and node.attr in ("__doc__", "getdoc"))
            or (isinstance(node, ast.Name) and node.id == "__doc__")
            for node in ast.walk(ast.parse(path.read_text()))
        )
    ]
    assert reading == []


def test_what_runs_jobs_only_defines_things_when_it_is_imported() -> None:
    """What does not count may not do anything that changes how others compute."""
    harmless = {"Architecture", "Path", "TypeAdapter", "TypeVar", "cache", "getLogger", "resolve"}
    running = (f"making/{name}.py" for name in ("jobs", "git", "node", "provenance", "recipes", "digests"))
    for name in (*running, *LISTS):
        for statement in ast.parse((PACKAGE / name).read_text()).body:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
                continue
            calls = {
                node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
                for node in ast.walk(statement)
                if isinstance(node, ast.Call)
            }
            assert calls <= harmless, f"{name}, line {statement.lineno}: {ast.unparse(statement)}"
