from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from emtvb.errors import InputError
from emtvb.making.plan import Planned, drawing_rules, plan_jobs

ROOT = Path(__file__).parents[2]


def job(rule: str, inputs: list[str], outputs: list[str]) -> Planned:
    return Planned(rule, {}, inputs, outputs, {}, "", ())


def test_what_is_drawn_needs_what_no_drawing_makes(tmp_path: Path) -> None:
    jobs = [
        job("measure", ["training/a/weights.safetensors"], ["measurements/a.csv", "tables/a.csv"]),
        job("tabulate", ["measurements/a.csv", "../twins/runs.csv"], ["tables/b.csv"]),
        job("draw", ["tables/b.csv", "measurements/c.npz"], ["figures/b.png", "figures/b.csv"]),
    ]
    folder, needs = tmp_path / "paper", ["../twins/runs.csv", "measurements/a.csv", "measurements/c.npz"]
    with pytest.raises(InputError, match=r"twins/runs\.csv and 2 more files: not made yet; run the workflow on"):
        drawing_rules(jobs, folder)
    for name in needs:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    assert drawing_rules(jobs, folder) == ["draw", "tabulate"]


def test_one_plan_after_another_leaves_the_process_as_it_was(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The Snakefile sets variables and a folder, and Snakemake takes a signal for itself."""
    smoke = ROOT / "config" / "smoke.yaml"
    before = {**os.environ}, Path.cwd(), signal.getsignal(signal.SIGTERM)
    first, second = (plan_jobs(smoke, ROOT, tmp_path / "results" / "smoke") for _ in range(2))
    assert sorted(map(repr, first)) == sorted(map(repr, second))
    assert {job.rule for job in first} > {"train_shard", "measure_shard", "state_verdicts"}
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot plan this experiment .results folder: .*cannot write there"):
        plan_jobs(smoke, ROOT, tmp_path / "file" / "smoke")
    assert before == ({**os.environ}, Path.cwd(), signal.getsignal(signal.SIGTERM))
    assert capfd.readouterr() == ("", "")
