"""What different files say of one network."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from emtvb.audit.consistency import RunData, consistency
from emtvb.running import provenance
from emtvb.runs import Run
from emtvb.tasks import named


@pytest.mark.parametrize(
    ("error", "best", "wrong"),
    [
        ("0.25", "0.25", False),
        ("0.25", "0.2500001", False),
        ("0.3", "0.25", False),
        ("", "0.25", False),
        ("inf", "0.25", False),
        ("0.2", "0.25", True),
        ("0.25", "", True),
        ("0.25", "0", True),
        ("0.25", "-1", True),
        ("0.25", "inf", True),
        ("0.25", "words", True),
        ("0.0", "0.001", True),
        ("0.0", "0", False),
        ("1e-8", "0", False),
        ("-0.5", "0.25", True),
        ("-inf", "0.25", True),
    ],
)
def test_no_spectral_error_is_smaller_than_that_of_the_best_assignment(error: str, best: str, wrong: bool) -> None:
    data = RunData(measured={"a": {"run_id": "a", "spectral_error": error, "optimal_spectral_error": best}})
    said = [finding.problem for finding in consistency(data, {}).findings]
    assert [f"spectral_error is {error}, and no assignment" in problem for problem in said] == [True] * wrong


def test_rounding_twins_have_no_weights_of_an_experiment_beside_theirs(tmp_path: Path) -> None:
    """Else nobody would learn from them what rounding does."""
    twins = [Run(named("T1", 4, 4), 24, 0.0, 0.9, seed, twin=1) for seed in (1, 2, 3)]
    beside = [Run(named("T1", 4, 4), 24, 0.0, 0.9, seed).run_id for seed in (1, 2)]
    (tmp_path / "paper").mkdir()
    lines = ["run_id,weights_sha256", f"{beside[0]},a", f"{beside[1]},b", f"{twins[2].run_id},c"]
    (tmp_path / "paper" / "digests.csv").write_text("\n".join(lines))
    (tmp_path / "same").mkdir()
    other = twins[0].run_id.replace("0.9_", "0.98_")  # one network, where neither threshold is reached
    (tmp_path / "same" / "digests.csv").write_text("\n".join(["run_id,weights_sha256", f"{other},a"]))
    (tmp_path / "wide").mkdir()
    (tmp_path / "wide" / "digests.csv").write_text("run_id,weights_sha256,more\nx,e,b\n")
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / "digests.csv")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "digests.csv").write_bytes(b"\xff,")
    data = RunData(tmp_path / "twins", measured={run.run_id: {"largest_modulus": str(run.seed)} for run in twins})
    for run, digest in zip(twins, ("a", "d", "c"), strict=True):
        data.digests[run.run_id]["its weights"] = digest
    found = consistency(data, {"a": twins}).findings
    assert [(one.subject, one.problem) for one in found] == [
        (twins[0].run_id, f"has the weights of {beside[0]} of paper")
    ]


def test_networks_that_are_in_no_shard_have_weights_of_their_own(tmp_path: Path) -> None:
    """Whatever their files say of whom they are."""
    recipe = {"rule": "train_architecture", "settings": {}, "code": {"a.py": "0"}, "versions": {}}
    for name, scale, kind in (("one", 1, "f4"), ("two", 2, "f4"), ("copy", 1, "f8")):
        path = tmp_path / "architectures" / name / "weights.safetensors"
        path.parent.mkdir(parents=True)
        save_file({"W": np.arange(6, dtype=kind) * scale, "b": np.ones(2, kind)}, path, {"run_id": name})
        provenance.record(recipe, {"run": name}, [], [str(path)], str(tmp_path / "logs/train/a.log"), 1.0)
    check = consistency(RunData.read(tmp_path, provenance.read_all(tmp_path)[0], {}), {})
    first, second = (f"architectures/{name}/weights.safetensors" for name in ("copy", "one"))
    assert [(finding.subject, finding.problem) for finding in check.findings] == [
        (second, f"has the weights of {first}")
    ]
    assert check.checked == 3
