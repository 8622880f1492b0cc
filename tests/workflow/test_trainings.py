"""No published network is to be trained again, whatever is rewritten, moved, renamed or installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emtvb.audit import config_of_results, currency
from emtvb.making import recorded, trainings
from emtvb.making.packed_weights import unpack
from emtvb.making.plan import Planned

from .conftest import ROOT, Project

pytestmark = pytest.mark.first

PUBLISHED = sorted(re.findall(r"^!/results/([\w-]+)/$", (ROOT / ".gitignore").read_text(), re.MULTILINE))
BY_TORCH = sorted({
    path.relative_to(ROOT / "results").parts[0] for path in (ROOT / "results").rglob("train_*.provenance.json")
    if not recorded.read_record(path).recipe["settings"].get("proof")
})  # fmt: skip
"""Experiments with networks that no proof vouches for."""


def planned(name: str, root: Path = ROOT) -> list[Planned]:
    """The jobs of a published experiment, by the workflow of a clone."""
    folder = ROOT / "results" / name
    unpack(folder)  # as each call of the workflow does
    return currency.planned_jobs(folder, config_of_results.held_to(folder, root))


def test_every_experiment_that_is_known_here_is_published() -> None:
    assert len(PUBLISHED) == 13


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_published_network_is_to_be_trained(name: str) -> None:
    jobs = [job for job in planned(name) if trainings.REVISION in job.settings]
    records = map(recorded.read_record, (ROOT / "results" / name).rglob("*.provenance.json"))
    assert len(jobs) == sum(record.rule in {job.rule for job in jobs} for record in records)
    assert [(job.title, job.stale, job.changes) for job in jobs if job.stale or job.changes] == []


def _rewrite(project: Project) -> None:
    """Edit every module that trains, move some, rename rules, scripts and params, and install other libraries."""
    package = project.folder / "src" / "emtvb"
    for file in (*package.glob("training/**/*.py"), *package.glob("experiments/*/*.py"),
                 package / "files.py", package / "theory" / "protocol.py", package / "weights.py"):  # fmt: skip
        file.write_text(f"{file.read_text()}\n\nUNUSED = 1\n")
    cells = package / "training" / "architectures"
    (cells / "gru.py").rename(cells / "gated.py")
    project.edit(
        "src/emtvb/config/architectures.py",
        "emtvb.training.architectures.gru:GRU",
        "emtvb.training.architectures.gated:GRU",
    )
    scripts, rules = (project.folder / "workflow" / name for name in ("scripts", "rules"))
    for name in ("train_shard", "train_architecture"):
        (scripts / f"{name}.py").rename(scripts / f"{name}_anew.py")
        for file in rules.glob("*.smk"):
            file.write_text(re.sub(rf"\b{name}\b", f"{name}_anew", file.read_text()))
    for library in ("torch", "numpy", "pytorch_lightning"):
        folder = project.folder / "src" / f"{library}-99.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {library.replace('_', '-')}\nVersion: 99.0\n")


@pytest.mark.long  # tests/making/test_trainings.py is quick
def test_no_training_is_stale_for_what_is_rewritten_moved_renamed_or_installed(project: Project) -> None:
    _rewrite(project)
    for name in BY_TORCH:
        # Each training by its weights, so that only trainings are planned; read as links, so that nothing is written.
        folder = project.folder / "results" / name
        for path in (ROOT / "results" / name).rglob("*"):
            if path.is_file() and "runs" not in path.relative_to(ROOT).parts:
                there = folder / path.relative_to(ROOT / "results" / name)
                there.parent.mkdir(parents=True, exist_ok=True)
                there.symlink_to(path)
        records = [path for path in recorded.record_files(folder) if path.name.startswith("train_")]
        made = [output for path in records for output in recorded.read_record(path).outputs]
        outputs = [output for output in made if output.endswith("weights.safetensors")]
        assert outputs
        result = project.snakemake("-n", *(f"results/{name}/{output}" for output in outputs),
                                   "--configfile", f"results/{name}/settings.json")  # fmt: skip
        text = result.stdout + result.stderr
        assert "Nothing to be done" in text, text
        assert "made with" in text
        assert "torch 2.13.0, here 99.0" in text
    project.edit(
        "src/emtvb/training/promises.py",
        "REVISIONS: Mapping[str, int] = {}",
        'REVISIONS: Mapping[str, int] = {"gru": 1}',
    )
    assert project.planned("--configfile", "results/architectures/settings.json")["train_architecture_anew"] == 2
