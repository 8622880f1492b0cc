"""What an edit costs (``benchmarks/edits.py``): jobs and seconds by module, from records."""

from __future__ import annotations

from pathlib import Path

from benchmarks.edits import main
from click.testing import CliRunner

from emtvb.making import provenance


def record(folder: Path, name: str, seconds: float, *code: str, of: tuple[str, ...] = ()) -> None:
    """What a job leaves that used this code."""
    output = folder / name
    output.parent.mkdir(parents=True, exist_ok=True)
    output.touch()
    recipe = {"rule": "rule", "settings": {}, "code": dict.fromkeys(code, "0"), "versions": {}}
    inputs = [str(folder / path) for path in of]
    provenance.record_job(recipe, {}, inputs, (str(output),), str(folder / "logs" / "rule.log"), seconds)


def test_the_most_costly_come_first_with_what_depends_on_them_and_without_trainings(tmp_path: Path) -> None:
    weights = "training/shard/weights.safetensors"
    record(tmp_path / "one", "a.csv", 60, "emtvb/a/x.py", "emtvb/a/y.py", "emtvb/b.py", "emtvb/making/jobs.py", "s.py")
    record(tmp_path / "two", weights, 900, "emtvb/trainer.py")
    record(tmp_path / "two", "b.csv", 90, "emtvb/a/x.py", "emtvb/making/packed_weights.py", of=(weights,))
    record(tmp_path / "two", "tables/c.csv", 300, "emtvb/b.py", of=("b.csv",))
    result = CliRunner().invoke(main, [str(tmp_path)])
    rows = [
        "| `a/` | 1-3 | 1-8 |",
        "| `making/` | 1-2 | 1-6 |",
        "| `b.py` | 2 | 6 |",
        "| `workflow/scripts/` | 1 | 1 |",
    ]
    assert result.output.splitlines()[2:] == rows
    short = CliRunner().invoke(main, [str(tmp_path), "--rows", "2"])
    assert short.output.splitlines()[2:] == [rows[0], "| anything else | at most 2 | at most 6 |"]
