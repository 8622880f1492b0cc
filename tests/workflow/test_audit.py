"""The audit of the smoke experiment: silent on what is sound, and naming whatever is not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from emtvb import config, networks
from emtvb.audit import audit, determinism
from emtvb.audit.determinism import Sample
from emtvb.audit.report import Audit
from emtvb.training.shard import Outputs, train_shard

from .conftest import ROOT, Project

SMOKE = ("--configfile", "config/smoke.yaml")
TABLE = "tables/table1.csv"
WEIGHTS = "training/T1_h24_l2-0_seeds1-5/weights.safetensors"
OTHER_WEIGHTS = "training/T2_h24_l2-0_seeds1-5/weights.safetensors"


@pytest.fixture
def folder(finished: Project, tmp_path: Path) -> Path:
    """A copy of the smoke experiment's results."""
    shutil.copytree(finished.folder / "results" / "smoke", tmp_path / "smoke")
    return tmp_path / "smoke"


def audited(folder: Path, runs: int = 0) -> Audit:
    return audit.audit(folder, config.load(ROOT / "config" / "smoke.yaml"), Sample(runs=runs))


def found(audit: Audit) -> dict[str, str]:
    """All findings: what is wrong, by subject."""
    return {finding.subject: finding.problem for check in audit.checks for finding in check.findings}


def test_an_untouched_experiment_passes(folder: Path) -> None:
    result = audited(folder, runs=1)
    assert found(result) == {}
    assert result.passed
    assert [check.checked > 0 for check in result.checks] == [True, True, True]


def verify(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from emtvb.cli import main; main()", "verify", "--results", str(folder)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=600)


def test_verify_trains_published_runs_and_says_of_each_whether_it_is_the_same(folder: Path) -> None:
    runs = pd.read_csv(folder / "runs.csv")["run_id"]
    done = verify(folder, runs[0], runs[5])
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()[:2]) == sorted(f"{run}: the same, to the last bit" for run in runs[[0, 5]])
    assert done.stdout.splitlines()[2:] == ["2 of 2 runs came out as published"]
    assert all(f"{run}: training (run 1 of 1)" in done.stderr for run in runs[[0, 5]])
    assert len(verify(folder, "--sample", "1", "--seed", "3").stdout.splitlines()) == 2


def test_verify_knows_a_run_by_its_digest_alone(folder: Path) -> None:
    """As it is published, without weights and learning curves; of another digest, it fails."""
    run = pd.read_csv(folder / "runs.csv").iloc[0]
    outputs = Outputs.of(folder, run["shard"])
    for path in (outputs.weights, outputs.history, outputs.outline):
        path.unlink()
    assert verify(folder, run["run_id"]).returncode == 0
    digest = determinism.digests(folder, run["shard"])[run["run_id"]]
    outputs.digests.write_text(outputs.digests.read_text().replace(digest, "0" * 64))
    done = verify(folder, run["run_id"])
    assert done.returncode == 1
    assert f"its weights have the digest {digest[:12]}, and 000000000000 was published" in done.stdout
    assert "0 of 1 runs came out as published" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "error: verify: nothing: give one of RUN_ID, --sample, --all"),
        (["--all", "--sample", "1"], "error: verify: --sample and --all: give one of"),
        (["T9_h1"], "error: run: T9_h1: not in "),
    ],
)
def test_verify_refuses_what_names_no_run(folder: Path, arguments: list[str], says: str) -> None:
    done = verify(folder, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(says)
    assert len(done.stderr.splitlines()) == 1


def _change_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _swap(one: Path, other: Path) -> None:
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def _write_words(path: Path) -> None:
    """Words in place of all of a table's numbers."""
    table = pd.read_csv(path)
    words = table.astype(str).assign(**dict.fromkeys(table.columns[1:], "words"))
    words.to_csv(path, index=False)


def _edit_record(path: Path, change: Callable[[dict], object]) -> None:
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("harm", "subject", "problem"),
    [
        (lambda f: _change_a_byte(f / TABLE), TABLE, "its sha256 differs"),
        (lambda f: _swap(f / WEIGHTS, f / OTHER_WEIGHTS), WEIGHTS, "its sha256 differs"),
        (lambda f: _swap(f / WEIGHTS, f / OTHER_WEIGHTS), OTHER_WEIGHTS, "its sha256 differs"),
        (lambda f: (f / "tables/table1.provenance.json").unlink(), TABLE, "no record says who made it"),
        (lambda f: (f / "tables/table1.provenance.json").unlink(), "tabulate", "its record is gone"),
        (lambda f: (f / "figures/weights.provenance.json").write_text("{}"), "figures/weights.provenance.json",
         "damaged record"),
        (lambda f: _edit_record(f / "figures/weights.provenance.json", lambda r: r["recipe"].pop("code")),
         "figures/weights.provenance.json", "damaged record"),
        (lambda f: _edit_record(f / "figures/weights.provenance.json", lambda r: r.update(made="yesterday")),
         "figures/weights.provenance.json", "damaged record"),
        (lambda f: shutil.copy(f / "figures/weights.provenance.json", f / "tables/other.provenance.json"),
         "tables/other.provenance.json", "is the record of figures/weights.pdf, which lies elsewhere"),
        (lambda f: _swap(f / "figures/weights.provenance.json", f / "figures/spectrum.provenance.json"),
         "figures/weights.provenance.json", "is the record of figures/spectrum.pdf, which lies elsewhere"),
        (lambda f: _write_words(f / "measurements.csv"), "measurements.csv", "its sha256 differs"),
        (lambda f: (f / TABLE).unlink(), TABLE, "missing; tabulate made it"),
        (lambda f: [path.unlink() for path in (f / "figures").glob("weights.*")], "draw_weights", "not made yet"),
        (lambda f: (f / "figures/mine.png").write_bytes(b"x"), "figures/mine.png", "no record says who made it"),
        (lambda f: _edit_record(f / "training/T1_h24_l2-0_seeds1-5/train_shard.provenance.json",
                                lambda r: r["outputs"].update({WEIGHTS: "0" * 64})),
         "measurements/T1_h24_l2-0_seeds1-5.csv", "another version of training/T1_h24_l2-0_seeds1-5/weights"),
        (lambda f: _edit_record(f / "figures/weights.provenance.json",
                                lambda r: r["recipe"]["versions"].update(matplotlib="1.0")),
         "figures/weights.pdf", "matplotlib was 1.0 and is"),
        (lambda f: _edit_record(f / "tables/table1.provenance.json",
                                lambda r: r["recipe"]["code"].update({"emtvb/paper/table1.csv": "0"})),
         "tables/table1.csv", "its code has changed: emtvb/paper/table1.csv"),
        (lambda f: _edit_record(f / "measurements/T1_h24_l2-0_seeds1-5.provenance.json",
                                lambda r: r["recipe"]["settings"]["interpretation"].update(horizon=7)),
         "measurements/T1_h24_l2-0_seeds1-5.csv", "setting interpretation.horizon was 7 and is 12"),
        (lambda f: _edit_record(f / "runs.provenance.json", lambda r: r.update(rule="gone")),
         "runs.csv", "no longer part of this experiment"),
    ],
    ids=["a byte", "weights swapped", "the other of them", "record deleted", "its job", "record damaged",
         "record without code", "record of no time", "record copied", "records swapped", "words for numbers",
         "table deleted", "figure and record deleted", "a stranger", "another version", "library", "published value",
         "setting", "rule"],
)  # fmt: skip
def test_what_is_wrong_is_found_and_named(
    folder: Path, harm: Callable[[Path], object], subject: str, problem: str
) -> None:
    harm(folder)
    result = audited(folder)
    assert problem in found(result)[subject]
    assert not result.passed


def test_what_is_left_out_on_purpose_is_not_missed(folder: Path) -> None:
    (folder / "left_out.txt").write_text("# too large\ntraining/*/weights.safetensors\n")
    for path in folder.glob("training/*/weights.safetensors"):
        path.unlink()
    result = audited(folder)
    assert found(result) == {}
    assert "6 outputs are left out" in result.checks[0].note


def _leave_out(folder: Path) -> None:
    """All of the training but its records."""
    (folder / "left_out.txt").write_text("training/*/weights.safetensors\ntraining/*/history.csv\n")
    for path in [*folder.glob("training/*/weights.safetensors"), *folder.glob("training/*/history.csv")]:
        path.unlink()


def test_trainings_that_are_left_out_are_still_compared(folder: Path) -> None:
    _leave_out(folder)
    result = audited(folder, runs=2)
    assert found(result) == {}
    assert result.checks[2].checked == 2
    _change_losses(folder, "measurements/learning/*.csv")
    assert any("when trained again" in problem for problem in found(audited(folder, runs=1)).values())


def _change_losses(folder: Path, curves: str = "training/*/history.csv") -> None:
    """In the last digits, in every learning curve."""
    for path in folder.glob(curves):
        curves = pd.read_csv(path)
        curves["loss"] *= 1 + 1e-6
        curves.to_csv(path, index=False)


def test_a_training_that_does_not_come_out_again_is_found(folder: Path) -> None:
    _change_losses(folder)
    result = audited(folder, runs=1)
    assert any("when trained again" in problem for problem in found(result).values())


def test_weights_that_do_not_come_out_again_are_found(folder: Path) -> None:
    for path in folder.glob("training/*/weights.safetensors"):
        trained = networks.load_networks(path)
        for network in trained.values():
            network.W_r[0, 0] += 1e-6
        networks.save_networks(path, trained)
    result = audited(folder, runs=1)
    assert any("W_r differ when trained again" in problem for problem in found(result).values())


@pytest.mark.parametrize("name", ["history.csv", "weights.safetensors"])
def test_trainings_that_cannot_be_read_are_named_and_the_audit_goes_on(folder: Path, name: str) -> None:
    paths = list(folder.glob(f"training/*/{name}"))
    for path in paths:
        path.write_bytes(b"run_id,step\n\xff\x00\n")
    result = audited(folder, runs=1)
    assert "cannot be read" in result.checks[2].findings[0].problem
    assert {path.relative_to(folder).as_posix() for path in paths} <= set(found(result))


def _trained_by(folder: Path, **others: str) -> None:
    """Records say that other machines or engines trained the runs."""
    for path in folder.glob("training/*/*.provenance.json"):
        _edit_record(
            path, lambda record: [part.update(others) for run in record["runs"].values() for part in run["trained"]]
        )


def test_other_bits_of_the_compiled_engine_are_a_fault_wherever_they_were_made(folder: Path) -> None:
    _trained_by(folder, cpu="another", machine="another", torch="0.1")
    _change_losses(folder)
    assert not audited(folder, runs=1).checks[2].passed


def test_elsewhere_other_bits_of_another_engine_are_no_fault(folder: Path) -> None:
    _trained_by(folder, engine="torch", cpu="another")
    _change_losses(folder)
    check = audited(folder, runs=1).checks[2]
    assert check.passed
    assert "no fault, since it was made elsewhere (cpu another" in check.note


def test_published_digests_are_compared_where_weights_and_curves_are_left_out(folder: Path) -> None:
    for pattern in ("training/*/weights.safetensors", "training/*/history.csv", "measurements/learning/*.csv"):
        for path in folder.glob(pattern):
            path.unlink()
    assert audited(folder, runs=1).checks[2].passed
    for path in folder.glob("training/*/digests.csv"):
        path.write_text(path.read_text().replace("a", "b"))
    assert any("was published" in problem for problem in found(audited(folder, runs=1)).values())


def test_a_run_that_diverged_is_equal_to_itself(tmp_path: Path) -> None:
    """Its losses and weights are no numbers."""
    settings = {
        "experiment": "diverged", "dimensions": 2, "variables": 2, "tasks": ["T1"], "hidden_dim": [4], "l2": [0],
        "threshold": [0.9], "seeds": [1],
        "training": {"epochs": 1, "batches_per_epoch": 60, "learning_rate": 1e30, "gradient_clip": None},
    }  # fmt: skip
    experiment = config.check(settings)
    ((shard, runs),) = experiment.shards().items()
    files = Outputs.of(tmp_path, shard)
    train_shard(runs, files, "version")
    assert not networks.load_networks(files.weights)[runs[0].run_id].is_finite()
    assert determinism.again(tmp_path, [(shard, runs[0])], "auto") == [(runs[0].run_id, None)]


def test_a_modified_tree_is_named(finished: Project, tmp_path: Path) -> None:
    """In a clone: an edit that is not committed redraws one figure, and the audit says so until it is committed."""
    project = Project.copy(tmp_path, finished.folder)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(project.folder)]
    (project.folder / ".gitignore").write_text("results/\n.snakemake/\n__pycache__/\n*.egg-info/\n")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *command], check=True)
    project.edit("src/emtvb/figures/spectrum.py", "import pandas", "import json\nimport pandas")
    assert project.snakemake(*SMOKE).returncode == 0
    result = project.snakemake("audit", *SMOKE)
    assert result.returncode != 0
    assert "figures/spectrum.pdf: made from uncommitted changes" in result.stderr
    subprocess.run([*git, "commit", "-qam", "edited"], check=True)
    result = project.snakemake("audit", *SMOKE)
    assert result.returncode == 0, result.stderr
    report = json.loads((project.folder / "results/smoke/audit/audit.json").read_text())
    assert report["passed"]
    assert {check["name"] for check in report["checks"]} == {"integrity", "currency", "determinism"}


def test_an_audit_makes_nothing_stale(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    assert project.snakemake("audit", *SMOKE).returncode == 0
    assert project.planned(*SMOKE) == {}


def test_nothing_to_audit_is_one_line(project: Project) -> None:
    result = project.snakemake("audit", *SMOKE)
    assert result.returncode != 0
    assert "no output of the workflow lies there; run it first" in result.stderr
    assert "Traceback" not in result.stderr.split("Error in rule")[0]
