"""What an experiment's results say in a few lines."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from emtvb import config, tables
from emtvb.experiments.sweep import summary
from emtvb.paper import table1
from emtvb.theory import network_verdict

ROOT = Path(__file__).parents[2]
MARKS = r"\[(\D)[\d.e+]* (\D)[\d.e+]*\]"
"""Two signs in a cell; a number may stand behind each."""
SETTINGS = {
    "experiment": "some", "tasks": ["T1", "T2"], "hidden_dim": [128], "l2": [0], "threshold": [0.98], "seeds": [3],
}  # fmt: skip


def results(folder: Path, *verdicts: str) -> Path:
    folder.mkdir()
    solved = [int(word != network_verdict.NOT_LEARNED) for word in verdicts]
    rows = {"run_id": [f"run{number}" for number in range(len(verdicts))], "verdict": verdicts, "solved": solved}
    pd.DataFrame(rows).to_csv(folder / "measurements.csv", index=False)
    return folder


def test_networks_are_counted_by_what_they_learned(tmp_path: Path) -> None:
    folder = results(
        tmp_path / "some",
        network_verdict.STORED,
        network_verdict.STORED,
        network_verdict.OTHERWISE,
        network_verdict.NOT_LEARNED,
    )
    experiment = config.check_sweep({**SETTINGS, "interpretation": {"solved": 0.98}})
    first, *rest = summary.summary_lines(experiment, folder)
    assert first.startswith("Result: 3 of 4 networks solved the task (test accuracy of at least 0.98)")
    assert "2 of these 3 store every variable linearly" in first
    assert len(rest) == 3


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({}, ["needs 20 seeds, and this run has 1"]),
        ({"seeds": list(range(1, 20))}, ["needs 20 seeds, and this run has 19"]),
        ({"seeds": list(range(1, 21))}, []),
        ({"seeds": list(range(1, 21)), "training": {"epochs": 5}}, ["other settings"]),
        ({"training": {"batch_size": 32}}, ["needs 20 seeds", "other settings"]),
    ],
)
def test_what_is_no_test_of_the_paper_says_so(tmp_path: Path, change: dict, reasons: list[str]) -> None:
    line = summary.summary_lines(
        config.check_sweep({**SETTINGS, **change}), results(tmp_path / "some", network_verdict.STORED)
    )[1]
    assert all(reason in line for reason in reasons)
    assert ("no test" in line) == bool(reasons)


def test_one_looks_first_at_what_is_there(tmp_path: Path) -> None:
    experiment, folder = config.check_sweep(SETTINGS), results(tmp_path / "some", network_verdict.STORED)
    for name in ("tables/table1.md", "figures/forest.png", "figures/edits/T1.png", "edit.html"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        assert str(path) in summary.summary_lines(experiment, folder)[2]


def test_every_sign_in_the_table_stands_in_its_legend() -> None:
    cells = table1.as_text(tables.read_table(ROOT / "results/paper/tables/table1.csv", table1.COLUMNS)).to_string()
    legend = " ".join(summary.LEGEND)
    signs = {sign for pair in re.findall(MARKS, cells) for sign in pair}
    assert signs
    assert signs <= set(summary.SIGNS.values())
    for sign, word in zip(("=", "!", "?"), ("consistent", "inconsistent", "not determined"), strict=True):
        assert f"{sign} {word}" in legend
    assert bool(re.search(r"\?\d", cells)) == ("behind ?" in legend)
    for words in ("---", "not given", "paper"):
        assert words in cells
        assert words in legend
    assert "`not compared`" in legend


def test_a_sign_means_the_verdict_that_the_table_has() -> None:
    table = tables.read_table(ROOT / "results/paper/tables/table1.csv", table1.COLUMNS)
    cells = "\n".join(table1.as_text(table).iloc[:, 2:].stack())
    given = table[table["published_accuracy"].notna()]
    pairs = [f"[{summary.SIGNS[a]} {summary.SIGNS[b]}]" for a, b in zip(
        given["spectral_error_verdict"], given["accuracy_verdict"], strict=True)]  # fmt: skip
    assert sorted(f"[{error} {accuracy}]" for error, accuracy in re.findall(MARKS, cells)) == sorted(pairs)
