"""What makes a job's outputs what they are: its recipe, of settings, code and library versions.

A rule's params are its recipe, so that Snakemake reruns what a change of it reaches; the record beside the outputs
holds it, so that an audit can tell which outputs would be made differently now. Only what a stage uses is in it.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from emtvb.architectures import runs as architectures
from emtvb.architectures.runs import ArchitectureRun
from emtvb.closure import PACKAGE, Closure, closure, digest
from emtvb.config import Experiment
from emtvb.provenance import installed
from emtvb.runs import Protocol, Run
from emtvb.sweep import shard_name
from emtvb.tasks import Task

ROOT = PACKAGE.parents[1]
"""The clone: where ``workflow/`` lies."""

_TRAINERS = {
    "reference": ("lockstep.py", "engine.py", "kernel.py", "plain.py"),
    "cuda": ("reference.py",),
}
"""By trainer, what is in the training package for others; not named are those of the engine."""

_OF_ARCHITECTURES = ("aggregate_architectures", "draw_architectures")
"""Rules without wildcards that run only where the experiment asks for other architectures."""

_CANNOT_MATTER = (
    "log", "threads", "resources", "priority", "localrule", "conda", "retries", "group", "message", "benchmark",
)  # fmt: skip
"""Directives of a rule that say where, when and how loudly it runs: no output depends on them."""


class Stages:
    """The recipes of one experiment's jobs."""

    def __init__(self, experiment: Experiment, root: Path = ROOT) -> None:
        self._experiment = experiment
        self._root = root
        self._code: dict[str, Closure] = {}

    def recipe(self, rule: str, wildcards: Mapping[str, str]) -> str:
        """A job's recipe as JSON text: ``rule``, ``settings``, ``code`` (a digest a file), ``versions`` of libraries.

        Args:
            rule: Its rule.
            wildcards: The values of that rule's wildcards.

        Raises:
            KeyError: Where the experiment has no such job.
        """
        code = self._closure(rule)
        versions = {name: version(name) for name in code.libraries}
        settings = self._settings(rule, wildcards)
        return json.dumps({"rule": rule, "settings": settings, "code": code.code, "versions": versions}, sort_keys=True)

    def jobs(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Every job of the experiment that leaves files: its rule and its wildcards' values."""
        values = {"shard": list(self._shards), "task": list(self._exemplars), "run": list(self._architectures)}
        for rule, text in self._rules.items():
            if rule in _OF_ARCHITECTURES and not self._architectures:
                continue
            output = re.search(r"^    output:\n((?:        .*\n?)+)", text, re.M)
            if output:
                names = sorted(set(re.findall(r"\{(\w+)\}", output[1])))
                for chosen in itertools.product(*[values[name] for name in names]):
                    yield rule, dict(zip(names, chosen, strict=True))

    def exemplar_shard(self, task: str) -> str:
        """The shard that trains a task's exemplar."""
        return shard_name(self._exemplars[task], self._experiment.seeds_per_shard)

    def _settings(self, rule: str, wildcards: Mapping[str, str]) -> dict[str, Any]:
        """What a job uses of the experiment; a rule that is not named here uses nothing but its inputs."""
        experiment = self._experiment
        match rule:
            case "state_settings":
                return experiment.model_dump(mode="json")
            case "enumerate_runs":
                return experiment.model_dump(
                    mode="json", exclude={"trainer", "interpretation", "exemplar", "architectures"}
                )
            case "train_shard":
                return {"runs": _runs(self._shards[wildcards["shard"]]), "trainer": experiment.trainer}
            case "measure_shard":
                runs = _runs(self._shards[wildcards["shard"]])
                return {"runs": runs, "interpretation": experiment.interpretation.model_dump()}
            case "look_at_exemplar":
                runs = _runs([self._exemplars[wildcards["task"]]])
                return {"runs": runs, "modulus": experiment.interpretation.modulus}
            case "train_architecture":
                return {"runs": self._architecture(wildcards["run"])}
            case "measure_architecture":
                runs = self._architecture(wildcards["run"])
                return {"runs": runs, "interpretation": experiment.interpretation.model_dump()}
        return {}

    @cached_property
    def _shards(self) -> dict[str, list[Run]]:
        return self._experiment.shards()

    @cached_property
    def _exemplars(self) -> dict[str, Run]:
        return self._experiment.exemplars()

    @cached_property
    def _architectures(self) -> dict[str, ArchitectureRun]:
        return {run.run_id: run for run in self._experiment.architecture_runs()}

    def _architecture(self, run_id: str) -> Any:
        return json.loads(architectures.to_json([self._architectures[run_id]]))

    @cached_property
    def _rules(self) -> dict[str, str]:
        """The text of every rule, without comments and without what cannot matter."""
        found = {}
        for file in sorted((self._root / "workflow" / "rules").glob("*.smk")):
            for name, body in re.findall(r"^rule (\w+):\n((?:[ \t]+.*\n|\n)*)", file.read_text("utf-8") + "\n", re.M):
                found[name] = _what_matters(body)
        return found

    def _closure(self, rule: str) -> Closure:
        """What the rule's script can reach, and the rule itself."""
        if rule not in self._code:
            text = self._rules[rule]
            scripts = [self._root / "workflow" / "rules" / name for name in re.findall(r'"([^"]+\.py)"', text)]
            others = _TRAINERS.get(self._experiment.trainer, ("reference.py", "lockstep.py"))
            found = closure(*scripts, without=[PACKAGE / "training" / name for name in others])
            self._code[rule] = Closure({f"rule {rule}": digest(text), **found.code}, found.libraries)
        return self._code[rule]


@cache
def version(library: str) -> str:
    """A library's installed version without the part that names a build."""
    return installed(library).split("+")[0]


def _what_matters(body: str) -> str:
    """A rule's directives but for those that cannot change an output, and but for comments and blank lines."""
    kept, keep = [], True
    for line in body.splitlines():
        code = re.sub(r"(^|\s)#.*", "", line).rstrip()
        directive = re.match(r"    (\w+):", code)
        if directive:
            keep = directive[1] not in _CANNOT_MATTER
        if keep and code:
            kept.append(code)
    return "\n".join(kept)


def _runs(runs: list[Run]) -> list[dict[str, Any]]:
    """Runs as ``runs.runs_to_json`` writes them; parts that many share are made once, for sweeps of many thousands."""
    return [{**vars(run), "task": _plain(run.task), "protocol": _plain(run.protocol)} for run in runs]


@cache
def _plain(part: Task | Protocol) -> dict[str, Any]:
    return asdict(part)
