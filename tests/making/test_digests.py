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


@pytest.mark.long
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
