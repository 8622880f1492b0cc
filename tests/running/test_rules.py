from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from emtvb.errors import InputError
from emtvb.running.rules import read_rules

ROOT = Path(__file__).parents[2]
RULE = """rule draw:
    output:
        "a",
    params:
        recipe=recipe("draw"),
    script:
        "../scripts/draw.py"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workflow of one rule."""
    for name in ("rules", "scripts"):
        (tmp_path / "workflow" / name).mkdir(parents=True)
    (tmp_path / "Snakefile").write_text('include: "workflow/rules/draw.smk"\n')
    (tmp_path / "workflow/scripts/draw.py").write_text("pass\n")
    (tmp_path / "workflow/rules/draw.smk").write_text(RULE)
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    output:", "# at the margin\n    output:"),
        ("    output:\n", "    output:\n# at the margin\n\n"),
        ("rule draw:", "rule draw:  # said\n    # more\n"),
        ('"a",', "'a'"),
        ('"../scripts/draw.py"', "  # which\n        '../scripts/draw.py',"),
        ("rule draw:\n", 'rule draw:\n    """Draws."""\n'),
        ("    script:", "    threads: 3\n    script:"),
        ("    output:", "\n\n    output: # said"),
    ],
)
def test_what_changes_nothing_is_read_as_nothing(root: Path, old: str, new: str) -> None:
    before = read_rules(root)["draw"]
    assert old in RULE
    (root / "workflow/rules/draw.smk").write_text(RULE.replace(old, new, 1))
    after = read_rules(root)["draw"]
    assert (after.script, after.outputs) == (before.script, before.outputs)
    assert after.text.replace(" ,", "") == before.text.replace(" ,", "")
    assert before.script == root / "workflow/scripts/draw.py"


@pytest.mark.parametrize(
    ("old", "new"),
    [('"a"', '"b"'), ('"a",', '"a", "b"'), ("    script:", "    input: g(1)\n    script:"),
     ("    script:", "    shadow: 'full'\n    script:"), ('("draw"),', '("draw"),\n        more=1,')],
)  # fmt: skip
def test_what_may_change_something_is_read(root: Path, old: str, new: str) -> None:
    before = read_rules(root)["draw"]
    (root / "workflow/rules/draw.smk").write_text(RULE.replace(old, new, 1))
    assert read_rules(root)["draw"].text != before.text


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("rule draw:", "rule:", "draw.smk, line 1: rule:: give it a name"),
        ('rule draw:\n    output:\n        "a",\n', "rule draw: output: 'a'\nif x:\n", "a line of its own"),
        ('"../scripts/draw.py"', "SCRIPT", "script: SCRIPT: write its path as one plain string"),
        ('"../scripts/draw.py"', 'f"../scripts/draw.py"', "write its path as one plain string"),
        ('"../scripts/draw.py"', '"../scripts/{x}.py"', "no such file"),
        ("    script:\n", "    shell:\n", "rule draw: shell: what it runs"),
        ("    script:\n", "    run:\n", "rule draw: run: what it runs"),
        ("    output:", "    name: 'x'\n    output:", "write its name behind the word rule"),
        ('recipe("draw")', 'recipe("other")', r'give it a script, and params: recipe=recipe\("draw"\)'),
        ('    params:\n        recipe=recipe("draw"),\n', "", "rule draw: params: none"),
        ('("draw"),', '("draw"),\n        more=lambda wildcards: MORE,', "of other params, constants alone"),
        ("rule draw:", RULE.replace("rule draw", "checkpoint draw") + "\n\nrule draw:", "there are two of this name"),
        ("rule draw:", "use rule draw as other with:\n    output: 'b'\n\nrule draw:", "line 1: use rule draw: write"),
        ("rule draw:", "module other:\n    snakefile: 'x'\n\nrule draw:", "line 1: module other :: write"),
        ("rule draw:", "include: MORE\nrule draw:", "line 1: include MORE: name a .smk file"),
        ("rule draw:", "include: '../more/x.smk'\nrule draw:", "include '../more/x.smk': name a .smk file"),
        ("rule draw:", "for x in y:\n    include: f'{x}.smk'\nrule draw:", "line 2: include f'{x}.smk': name a .smk"),
        ("    output:", "    template_engine: 'jinja2'\n    output:", "rule draw: template_engine: what it runs"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_one_line(root: Path, old: str, new: str, says: str) -> None:
    assert old in RULE
    (root / "workflow/rules/draw.smk").write_text(RULE.replace(old, new, 1))
    with pytest.raises(InputError, match=says) as caught:
        read_rules(root)
    assert "\n" not in str(caught.value)


def test_an_f_string_is_one_word_whatever_python_reads_it(root: Path) -> None:
    """From 3.12 on, Python's tokenizer cuts them into pieces."""
    output = """f"{x}/a{y!r:>{4}}" "b", lambda w: f"c","""
    (root / "workflow/rules/draw.smk").write_text(RULE.replace('"a",', output))
    (line, *_) = read_rules(root)["draw"].text.splitlines()
    assert line == """output: f"{x}/a{y!r:>{4}}" 'b' , lambda w : f"c\""""


def test_other_pythons_read_the_same_rules() -> None:
    """Those that are here."""
    program = (
        "import sys, pathlib; from emtvb.running.rules import read_rules;"
        "print(sorted((rule.name, rule.text) for rule in read_rules(pathlib.Path(sys.argv[1])).values()))"
    )

    def read(python: str, **more: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **more}
        command = [python, "-c", program, str(ROOT)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    here = read(sys.executable)
    for minor in (11, 12, 13, 14):
        try:
            found = read(f"python3.{minor}", PYENV_VERSION=f"3.{minor}")
        except (OSError, subprocess.CalledProcessError):
            continue
        assert found == here
