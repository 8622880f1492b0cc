"""What counts of a source file: what it does, and not what it says."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from emtvb.running import source

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "emtvb"


def digest(folder: Path, text: str, name: str = "module.py") -> str:
    (folder / name).write_text(text)
    return source.digest_of(folder / name)


def test_another_python_reads_the_same(tmp_path: Path) -> None:
    """What Python 3.11 finds, with which the published results were made."""
    text = "def f(x=None, *, y: list[int] = []): return f'{x!r:>{4}} {y}' or (lambda: f())\nclass A: ...\n"
    assert digest(tmp_path, text) == "fcc559e5c487"


def test_a_file_that_is_not_there_and_one_that_is_no_python_have_digests(tmp_path: Path) -> None:
    assert source.digest_of(tmp_path / "nowhere.py") == source.ABSENT
    assert digest(tmp_path, "x = (") != digest(tmp_path, "x = ((")
    assert digest(tmp_path, "a,b\n1,2\n", "table.csv") != digest(tmp_path, "a,b\n1,3\n", "table.csv")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    assert source.digest_of(tmp_path / "bytes") != source.ABSENT


def test_comments_in_a_style_sheet_do_not_count(tmp_path: Path) -> None:
    before = digest(tmp_path, "font.size: 8\n", "a.mplstyle")
    assert digest(tmp_path, "# said\nfont.size: 8  # points\n\n", "a.mplstyle") == before
    assert digest(tmp_path, "font.size: 9\n", "a.mplstyle") != before
    quoted = 'date.x: "%d #%m"  # "said"\n'
    assert digest(tmp_path, quoted, "a.mplstyle") != digest(tmp_path, quoted.replace("m", "y"), "a.mplstyle")
    assert digest(tmp_path, quoted, "a.mplstyle") == digest(tmp_path, 'date.x: "%d #%m"\n', "a.mplstyle")


def test_how_a_module_is_written_down_does_not_count_and_what_it_then_says_does(tmp_path: Path) -> None:
    plain = "X = 'é'\n".encode()
    found = []
    for content in (
        plain,
        b"\xef\xbb\xbf" + plain,
        b"# -*- coding: utf-8 -*-\n" + plain,
        b"# coding: latin-1\n" + plain,
    ):
        (tmp_path / "a.py").write_bytes(content)
        found.append(source.digest_of(tmp_path / "a.py"))
    assert found[0] == found[1] == found[2] != found[3]
    assert digest(tmp_path, "+".join("1" * 10_000)) != digest(tmp_path, "+".join("2" * 10_000))  # too deep to read


def test_a_comment_in_the_pages_own_sources_counts(tmp_path: Path) -> None:
    """The page carries them as they are."""
    assert digest(tmp_path, "a {}", "a.css") != digest(tmp_path, "a {} /* said */", "a.css")


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ("w = 'a'\n    raise ValueError(w)", "w = 'b'\n    raise ValueError(w)", False),
        ("w = f'a {x}'\n    log.info(w)", "w = f'b {x}'\n    log.info(w)", False),
        ("w = 'a' if x else 'b'\n    assert x, w", "w = 'a' if x else 'c'\n    assert x, w", False),
        ("if x:\n        w = 'a'\n    else:\n        w = 'b'\n    raise ValueError(w)",
         "if x:\n        w = 'c'\n    else:\n        w = 'd'\n    raise ValueError(w)", False),
        ("locked(x, waiting='a')", "locked(x, waiting=f'b {x}')", False),
        ("w = 'a'\n    print(w)\n    raise ValueError(w)", "w = 'b'\n    print(w)\n    raise ValueError(w)", True),
        ("w = g(x)\n    raise ValueError(w)", "w = h(x)\n    raise ValueError(w)", True),
        ("w = 'a'\n    w += x\n    raise ValueError(w)", "w = 'b'\n    w += x\n    raise ValueError(w)", True),
        ("w = 'a'\n    return lambda: w", "w = 'b'\n    return lambda: w", True),
        ("global w\n    w = 'a'\n    raise ValueError(w)", "global w\n    w = 'b'\n    raise ValueError(w)", True),
        ("w = 1\n    raise ValueError(w)", "w = 2\n    raise ValueError(w)", True),
        ("w = 'a'\n    x.query('y == @w')", "w = 'b'\n    x.query('y == @w')", True),
        ("w = 'a'\n    locals()\n    raise ValueError(w)", "w = 'b'\n    locals()\n    raise ValueError(w)", True),
        ("w = 'a'\n    x.query('y == @w')\n    raise ValueError(w)",
         "w = 'b'\n    x.query('y == @w')\n    raise ValueError(w)", True),
        ("class A(Enum):\n        w = 'a'\n    raise ValueError(w)",
         "class A(Enum):\n        w = 'b'\n    raise ValueError(w)", True),
        ("locked(x, other='a')", "locked(x, other='b')", True),
        ("w = 'a'\n    raise Found(w)", "w = 'b'\n    raise Found(w)", True),
        ("locked('a')", "locked('b')", True),
        ("other(x, waiting='a')", "other(x, waiting='b')", True),
    ],
)  # fmt: skip
def test_words_that_reach_a_message_by_a_name_do_not_count(
    tmp_path: Path, before: str, after: str, counts: bool
) -> None:
    given = "import logging\nfrom emtvb.running.lock import locked\nlog = logging.getLogger()\n"
    frame = given + "def f(x):\n    {}\n    return x\n"
    assert (digest(tmp_path, frame.format(before)) != digest(tmp_path, frame.format(after))) is counts


def test_docstrings_count_where_they_are_read(tmp_path: Path) -> None:
    assert digest(tmp_path, "'a'\nX = f.__doc__\n") != digest(tmp_path, "'b'\nX = f.__doc__\n")
    assert digest(tmp_path, "'a'\nX = f\n") == digest(tmp_path, "'b'\nX = f\n")
    for reads in ("X = inspect.getdoc(f)", "from inspect import getdoc as said", "X = getattr(f, '__doc__')"):
        assert digest(tmp_path, f"'a'\n{reads}\n") != digest(tmp_path, f"'b'\n{reads}\n")


def test_the_face_of_the_package_counts_only_where_it_does_something() -> None:
    face = PACKAGE / "__init__.py"
    assert source.digest_of(face) == source.NOTHING
    for line in ("print()", "import torch", "_HOME = f()", "__all__ = [x]"):
        assert source._digest(".py", True, f"{face.read_text()}\n{line}\n".encode()) != source.NOTHING
    assert source._digest(".py", True, f"{face.read_text()}\n__version__ = '9'\n".encode()) == source.NOTHING


JOBS_IMPORT = ("jobs", "git", "lock", "node", "provenance", "recipes", "records", "source")


def test_what_does_not_count_only_defines_things_when_it_is_imported() -> None:
    """Modules that jobs import and that do not count may not do anything that changes how others compute."""
    names = [
        *(f"running/{name}.py" for name in JOBS_IMPORT),
        "errors.py",
        "promises.py",
        "training/events.py",
        "training/progress.py",
    ]
    harmless = {
        "Path", "TypeVar", "cache", "compile", "dir", "digest", "field", "frozenset", "getLogger", "set", "union",
        "values",
        "AfterValidator", "ConfigDict", "Field", "TypeAdapter",
    }  # fmt: skip
    for name in names:
        assert not source.counts(name)
        for statement in ast.parse((PACKAGE / name).read_text()).body:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
                continue
            calls = {source.called(node) for node in ast.walk(statement) if isinstance(node, ast.Call)}
            assert calls <= harmless, f"{name}, line {statement.lineno}: {ast.unparse(statement)}"


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
        ("raise KeyError('a')", "raise KeyError('b')", True),
        ("raise ExceptionGroup('a', x)", "raise ExceptionGroup('a', y)", True),
        ("log.info('a', logging.replace(x, y))", "log.info('a', logging.replace(x, z))", True),
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
        ("y = csv.DictReader(x); log.info('a', len(list(y)))", "y = csv.DictReader(x)", True),
        ("y = iter(x); log.info('a', [z for z in y])", "y = iter(x)", True),
        ("y = iter(x); log.info('a', sum(1 for _ in y))", "y = iter(x)", True),
        ("y = iter(x); log.info('a', *y)", "y = iter(x)", True),
        ("y = iter(x); log.info(f'a {[*y]}')", "y = iter(x)", True),
        ("y = iter(x); log.info('a', 1 in y)", "y = iter(x)", True),
        ("x.y = iter(x); log.info('a', list(x.y))", "x.y = iter(x)", True),
        ("y = values(); log.info('a', list(y))", "y = values()", True),
        ("log.info('a', [z for z in x], *x, 1 in x)", "log.info('a')", False),
        ("y = iter(x); log.info(f'a {y} {len(y)} {y is None}', y[1], str(y))", "y = iter(x)", False),
        ("log.info(f'a {x:{len(x)}}')", "log.info('a')", False),
        ("y = iter(x); log.info(f'a {x:{max(y)}}')", "y = iter(x)", True),
    ],
)
def test_what_an_exception_or_a_log_call_says_does_not_count(
    tmp_path: Path, before: str, after: str, counts: bool
) -> None:
    file = tmp_path / "module.py"

    def code(line: str) -> str:
        file.write_text(
            f"import logging\nlog = logging.getLogger()\ndef values():\n    yield 1\n"
            f"def f(x):\n    {line}\n    return x\n"
        )
        return source.digest_of(file)

    if after == "pass":  # which is a statement of its own
        file.write_text(
            "import logging\nlog = logging.getLogger()\ndef values():\n    yield 1\ndef f(x):\n    return x\n"
        )
        assert source.digest_of(file) == code(before)
    else:
        assert (code(before) != code(after)) is counts


@pytest.mark.parametrize(
    ("given", "before", "after"),
    [
        ("def f(log):", "log.info(1)", "log.info(2)"),
        ("log = f\nif f:", "log.info(1)", "log.info(2)"),
        ("def sum(x): ...\ndef f(x):", "log.info(sum(x))", "pass"),
        ("def f(x: Iterator[int]):", "log.info(list(x))", "log.info('')"),
        ("def f(x: Iterable[int]):", "log.info(','.join(x))", "log.info('')"),
        ("with f() as x:", "log.info([y for y in x])", "log.info('')"),
        ("from ours import *\nif True:", "log.info(1)", "log.info(2)"),
        ("try: f()\nexcept Odd as log:", "log.info(1)", "log.info(2)"),
        ("match f:\n  case [log, *_]:", "log.info(1)", "log.info(2)"),
        ("match f:\n  case {**log}:", "log.info(1)", "log.info(2)"),
        ("TYPE_CHECKING = True\nif TYPE_CHECKING:", "X = 1", "X = 2"),
        ("from ours import TYPE_CHECKING\nif TYPE_CHECKING:", "X = 1", "X = 2"),
        ("class ValueError(Exception): ...\nif True:", "raise ValueError(1)", "raise ValueError(2)"),
    ],
)
def test_a_name_that_is_given_anew_is_not_taken_for_what_it_usually_is(
    tmp_path: Path, given: str, before: str, after: str
) -> None:
    file, found = tmp_path / "module.py", []
    for line in (before, after):
        file.write_text(f"import logging\nlog = logging.getLogger()\n{given}\n    {line}\n")
        found.append(source.digest_of(file))
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
        found.append(source.digest_of(file))
    assert (found[0] != found[1]) is counts
