"""The guide's own code, run as it stands, in an empty folder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import emtvb

GUIDE = (Path(__file__).parents[2] / "docs" / "own-network.md").read_text()


def test_its_code_runs_and_shows_what_it_says(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert len(blocks) == 6
    (tmp_path / "guide.py").write_text("\n".join(blocks))
    done = subprocess.run([sys.executable, "guide.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^first +binary +acc +1\.000 .* 0-29$", done.stdout, re.MULTILINE)
    followed = re.search(r"edits followed +(\S+)", done.stdout)
    assert followed
    assert float(followed[1]) > 0.9
    assert " from 64 starts; " in done.stdout
    assert re.search(r"^(not the same circuit|alike in part).*$", done.stdout, re.MULTILINE)
    assert done.stdout.splitlines()[-1] == "did not learn"


def test_it_names_every_function() -> None:
    for name in emtvb.__all__:
        if name[0].islower():
            assert f"`{name}(" in GUIDE
