"""What an edit costs (``benchmarks/edits.py``): jobs and seconds by module, from records."""

from __future__ import annotations

from pathlib import Path

from benchmarks.edits import main
from click.testing import CliRunner

from emtvb.running import provenance


def record(folder: Path, name: str, seconds: float, *code: str) -> None:
    """What a job leaves that used this code."""
    output = folder / name
    output.parent.mkdir(parents=True, exist_ok=True)
    output.touch()
    recipe = {"rule": "rule", "settings": {}, "code": dict.fromkeys(code, "0"), "versions": {}}
    provenance.record(recipe, {}, (), (str(output),), str(folder / "logs" / "rule.log"), seconds)


def test_the_most_costly_come_first_and_trainings_are_left_out(tmp_path: Path) -> None:
    record(tmp_path / "one", "a.csv", 60, "emtvb/a/x.py", "emtvb/a/y.py", "emtvb/b.py", "emtvb/running/jobs.py", "s.py")
    record(tmp_path / "two", "tables/b.csv", 90, "emtvb/a/x.py", "emtvb/b.py", "emtvb/running/packed.py")
    record(tmp_path / "two", "training/shard/weights.safetensors", 900, "emtvb/a/x.py")
    result = CliRunner().invoke(main, [str(tmp_path)])
    rows = [
        "| `b.py` | 2 | 2 |",
        "| `a/` | 1 to 2 | 1 to 2 |",
        "| `running/` | 1 | 2 |",
        "| `workflow/scripts/` | 1 | 1 |",
    ]
    assert result.output.splitlines()[2:] == rows
    short = CliRunner().invoke(main, [str(tmp_path), "--rows", "2"])
    assert short.output.splitlines()[2:] == [rows[0], "| anything else | at most 2 | at most 2 |"]
