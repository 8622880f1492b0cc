"""The jobs of an experiment, as Snakemake plans them: what each reads and makes, and why it would run now.

Snakemake is asked in a process of its own (``python -m emtvb.running.plan``), since it settles in the one that it runs
in.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emtvb import config
from emtvb.config import Experiment
from emtvb.errors import InputError
from emtvb.running.records import plain, script_of

Files = Mapping[str, str | list[str]]
"""Paths by the name that a script knows them by; of those without one, by their number."""


@dataclass(frozen=True)
class Planned:
    """A job of an experiment that leaves files.

    Attributes:
        rule: Its rule.
        wildcards: The values of that rule's wildcards.
        script: What it runs.
        inputs: What it reads, relative to the experiment's folder.
        outputs: What it makes, likewise.
        settings: Its rule's params.
        stale: Why it would run now, in words; nothing where it would not.
        changes: What it would use otherwise than was used, in words.
    """

    rule: str
    wildcards: Mapping[str, str]
    script: str
    inputs: Files
    outputs: Files
    settings: Mapping[str, Any]
    stale: str
    changes: tuple[str, ...]

    @property
    def title(self) -> str:
        """By its first output, which is how a reader finds it."""
        return next(iter(flat(self.outputs)), self.rule)


def flat(files: Files) -> list[str]:
    """All paths."""
    return [path for value in files.values() for path in ([value] if isinstance(value, str) else value)]


def drawing(jobs: Iterable[Planned]) -> list[str]:
    """The rules among these whose jobs make tables and figures alone."""
    return sorted(
        {job.rule for job in jobs if all(path.startswith(("figures/", "tables/")) for path in flat(job.outputs))}
    )


def import_path(root: Path) -> str:
    """Where a Snakemake of its own looks for modules: where this process does, but for the folder of the scripts.

    A job has that among its places, and no import is to find a script there.
    """
    scripts = (root / "workflow" / "scripts").resolve()
    return os.pathsep.join(path for path in sys.path if Path(path).resolve() != scripts)


def plan(experiment: Experiment, root: Path, folder: Path) -> list[Planned]:
    """All jobs of an experiment that leave files.

    Args:
        experiment: Its config.
        root: The clone of the workflow.
        folder: Where its results lie; other experiments may lie beside it.

    Raises:
        InputError: Where Snakemake cannot plan it; it says why.
    """
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "config.json").write_text(config.dump(experiment), encoding="utf-8")
        results = folder.resolve().parent
        if folder.resolve().name != experiment.experiment:
            results = place / "results"
            results.mkdir()
            (results / experiment.experiment).symlink_to(folder.resolve())
        command = [sys.executable, "-m", __name__, str(place / "config.json"), str(place / "plan.json"), str(root)]
        here = {**os.environ, "EXPERIMENT_OUTPUT_DIR": str(results), "PYTHONPATH": import_path(root)}
        done = subprocess.run(
            command, cwd=place, env=here, capture_output=True, text=True, errors="replace", check=False
        )
        try:
            jobs = json.loads((place / "plan.json").read_text("utf-8"))
        except (OSError, ValueError):
            lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
            said = next((line for line in lines if "error" in line.lower()), (lines or ["no answer"])[-1])
            raise InputError("workflow", str(root), f"Snakemake cannot plan this experiment ({said.strip()})") from None
        below = results / experiment.experiment
        return [_planned(job, below) for job in jobs]


def _planned(job: Mapping[str, Any], folder: Path) -> Planned:
    def relative(files: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: os.path.relpath(value, folder)
            if isinstance(value, str)
            else [os.path.relpath(p, folder) for p in value]
            for name, value in files.items()
        }

    return Planned(
        **{
            **job,
            "inputs": relative(job["inputs"]),
            "outputs": relative(job["outputs"]),
            "changes": tuple(job["changes"]),
        }
    )


def _main(file: str, answer: str, root: str) -> None:
    from snakemake.api import SnakemakeApi
    from snakemake.settings.enums import RerunTrigger
    from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings, WorkflowSettings

    triggers = frozenset({RerunTrigger.MTIME, RerunTrigger.PARAMS, RerunTrigger.INPUT})
    with SnakemakeApi(OutputSettings(dryrun=True)) as api:
        about = api.workflow(
            ResourceSettings(cores=1), ConfigSettings(configfiles=[Path(file)]),
            workflow_settings=WorkflowSettings(), snakefile=Path(root) / "Snakefile",
        )  # fmt: skip
        asked = DAGSettings(rerun_triggers=triggers, max_checksum_file_size=10**12, force_incomplete=True)
        about.dag(asked).execute_workflow("local", pseudo_executor="dryrun")
        dag = about._workflow.dag
        jobs = [_about(dag, job) for job in dag.jobs if job.output and job.rule.script]
    Path(answer).write_text(json.dumps(jobs), encoding="utf-8")


def _about(dag: Any, job: Any) -> dict[str, Any]:
    reason = dag.reason(job)
    return asdict(
        Planned(
            rule=job.rule.name,
            wildcards=dict(job.wildcards.items()),
            script=str(script_of(job.rule)),
            inputs=_named(job.input),
            outputs=_named(job.output),
            settings=plain(job.params, job.rule.name),
            stale=str(reason) if dag.needrun(job) else "",
            changes=tuple(sorted(map(str, getattr(reason.params_changed, "only_new", ())))),
        )
    )


def _named(files: Any) -> dict[str, str | list[str]]:
    named = {name: str(value) if isinstance(value, str) else [*map(str, value)] for name, value in files.items()}
    known = set(flat(named))
    return named | {str(i): str(path) for i, path in enumerate(files) if str(path) not in known}


if __name__ == "__main__":
    _main(*sys.argv[1:])
