"""What the recipes of CONTRIBUTING.md plan of the published experiments, to the job: a table of docs/staleness.md.

python -m tests.workflow.test_costs   # prints it
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emtvb import markdown

from .conftest import ROOT, Project
from .test_accept import rename
from .test_contributing import a_claim, a_column, a_figure, a_task, an_architecture

pytestmark = pytest.mark.first

HEADER = ("a change, as CONTRIBUTING.md has it", "jobs of `paper`", "jobs of the others", "rules of `paper`")
CHANGES: dict[str, Callable[[Project], object]] = {
    "nothing": lambda _: None,
    "a figure more": a_figure,
    "a claim more": a_claim,
    "an architecture more": an_architecture,
    "a column of `measurements.csv` more": a_column,
    "a named task more": a_task,
    "a function of core renamed": lambda project: rename(project, "whole_number", "an_integer"),
}
"""Each is carried out alone, in a copy of the clone."""


def planned(project: Project) -> dict[str, Counter[str]]:
    """What a dry run would do of each published experiment."""
    names = sorted(path.parent.name for path in ROOT.glob("results/*/settings.json"))
    names = [name for name in names if (ROOT / "config" / f"{name}.yaml").is_file()]
    place = {"EXPERIMENT_OUTPUT_DIR": str(ROOT / "results")}
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda name: project.planned("--configfile", f"config/{name}.yaml", **place), names)
        return dict(zip(names, answers, strict=True))


def row(change: str, plans: dict[str, Counter[str]]) -> tuple[str, ...]:
    """A row of the table."""
    counts = {name: sum(plan.values()) for name, plan in plans.items()}
    rules = [f"{count} `{rule}`" if count > 1 else f"`{rule}`" for rule, count in sorted(plans["paper"].items())]
    named = ", ".join(rules) if len(rules) < 5 else f"{len(rules)} rules, and no training"
    return change, str(counts["paper"]), str(sum(counts.values()) - counts["paper"]), named or "none"


def table(folder: Path) -> str:
    """The table, in a folder where a clone may be copied to."""
    rows = []
    for change, follow in CHANGES.items():
        place = folder / str(len(rows))
        place.mkdir()
        project = Project.copy(place, compiled=False)
        follow(project)
        plans = planned(project)
        assert not [rule for plan in plans.values() for rule in plan if rule.startswith(("train", "follow_training"))]
        rows.append(row(change, plans))
        shutil.rmtree(project.folder)
    return markdown.table(HEADER, rows)


@pytest.mark.nightly
def test_each_change_plans_what_it_concerns(tmp_path: Path) -> None:
    assert table(tmp_path) in (ROOT / "docs" / "staleness.md").read_text("utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(table(Path(name)))
