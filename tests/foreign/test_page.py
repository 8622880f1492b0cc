"""The recipe of docs/foreign.md runs as it stands, where neurogym is installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emtvb.experiments.foreign import cells

PAGE = Path(__file__).parents[2] / "docs" / "foreign.md"


def test_the_recipe_has_fifteen_lines_and_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) == 15
    compile(code, "recipe", "exec")
    pytest.importorskip("neurogym")
    exec(code, {"net": cells.network("gru", 3, 8, 3, 1)})
    printed = capsys.readouterr().out
    assert printed.startswith("variable")
    assert "flip sample: 300 edits" in printed


def test_the_page_is_short() -> None:
    words = re.sub(
        r"<!--.*?-->|```.*?```|^\|[^\n]*$", "", PAGE.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE
    ).split()
    assert len(words) < 1200
