"""What makes a job's outputs what they are: its recipe, of settings, code and library versions.

A rule's params are its recipe, so that Snakemake reruns what a change of it reaches; the record beside the outputs
holds it, so that an audit can tell which outputs would be made differently now. Only what a stage uses is in it.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from emtvb.architectures.runs import ArchitectureRun
from emtvb.config import Experiment
from emtvb.protocol import Binding, Protocol
from emtvb.running import recipes
from emtvb.running.recipes import ROOT, Recipe
from emtvb.runs import Run
from emtvb.sweep import shard_name

_OF_ARCHITECTURES = ("aggregate_architectures", "compare_architectures", "draw_architectures", "measure_rnn")
"""Rules without wildcards that run only where the experiment asks for other architectures."""

_SHOWING = ("animate", "choose_networks", "look_at_exemplar", "state_codecheck")
"""Rules that look at single networks for figures and the page, beside those that draw (``draw_...``)."""

_OF_ALL_TASKS = ("draw_composition", "state_codecheck")
"""Rules that show or name all tasks, in the order of the experiment's."""

_OF_ALL_LOOKS = ("draw_spectrum", "draw_weights")
"""Rules that show all networks that are looked at closely, in that order too."""


class Stages:
    """The recipes of one experiment's jobs."""

    def __init__(self, experiment: Experiment, root: Path = ROOT) -> None:
        self._experiment = experiment
        self._root = root
        self._code: dict[str, dict[str, Any]] = {}

    def recipe(self, rule: str, wildcards: Mapping[str, str]) -> Recipe:
        """A job's recipe as JSON text: ``rule``, ``settings``, ``code`` (a digest a file), ``versions`` of libraries.

        Args:
            rule: Its rule.
            wildcards: The values of that rule's wildcards.

        Raises:
            KeyError: Where the experiment has no such job.
            InputError: Where the rule's code does what cannot be followed.
        """
        if rule not in self._code:
            self._code[rule] = recipes.code_and_versions(rule, self._experiment.trainer, self._root)
        settings = self._settings(rule, wildcards)
        return Recipe.of({"rule": rule, "settings": settings, **self._code[rule]})

    def jobs(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Every job of the experiment that leaves files: its rule and its wildcards' values.

        Twins alone are for tables: their figures would be as good as those of the runs that they are twins of.
        """
        values = {
            "shard": list(self._shards), "look": list(self._looks), "task": list(self._experiment.exemplars()),
            "run": list(self._architectures),
        }  # fmt: skip
        for rule in recipes.rules(self._root).values():
            if rule.outputs is None or (rule.name in _OF_ARCHITECTURES and not self._architectures):
                continue
            showing = rule.name in _SHOWING or (rule.name.startswith("draw_") and rule.name not in _OF_ARCHITECTURES)
            if showing and not self.shown:
                continue
            for chosen in itertools.product(*[values[name] for name in rule.outputs]):
                yield rule.name, dict(zip(rule.outputs, chosen, strict=True))

    @property
    def shown(self) -> bool:
        """Whether there are figures and a page: not of rounding twins alone."""
        return 0 in self._experiment.twins

    def shard_of(self, look: str) -> str:
        """The shard that trains a network that is looked at closely."""
        return shard_name(self._looks[look], self._experiment.seeds_per_shard)

    def twins_beside(self, folder: Path, *names: str) -> list[str]:
        """Files of an experiment ``twins`` beside this one, which has rounding twins of its runs, where all are there.

        Args:
            folder: Where this experiment's results lie.
            names: The files; by default run table and measurements.

        Returns:
            Their paths, relative to ``folder``.
        """
        paths = [f"../twins/{name}" for name in names or ("runs.csv", "measurements.csv")]
        there = all((folder.parent / "twins" / path.removeprefix("../twins/")).is_file() for path in paths)
        return paths if there and self._experiment.experiment != "twins" else []

    def page_shards(self) -> list[str]:
        """The shards that the page's networks are chosen from: those of the exemplars' block of seeds.

        So a sweep that gets more seeds leaves the page as it is.
        """
        seeds = {run.seed for run in self._experiment.exemplars().values()}
        return [shard for shard, runs in self._shards.items() if seeds & {run.seed for run in runs}]

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
                runs = [_order(run) for run in self._shards[wildcards["shard"]]]
                return {"runs": runs, "trainer": experiment.trainer}
            case "measure_shard":
                runs = [_entry(run) for run in self._shards[wildcards["shard"]]]
                return {"runs": runs, "interpretation": experiment.interpretation.model_dump()}
            case "study_solutions":
                runs = [_entry(run) for run in self._shards[wildcards["shard"]]]
                return {"runs": runs, "modulus": experiment.interpretation.modulus}
            case "look_at_exemplar":
                run = _entry(self._looks[wildcards["look"]])
                return {"run": run, "modulus": experiment.interpretation.modulus}
            case "choose_networks":
                return {
                    "tasks": {task.name: {**_plain(task), "name": task.name} for task in experiment.task_list()},
                    "protocol": _plain(experiment.protocol),
                    "shards": [[shard, [_brief(run) for run in self._shards[shard]]] for shard in self.page_shards()],
                    "exemplars": [run.run_id for run in self._experiment.exemplars().values()],
                }
            case "train_architecture":
                architecture_run = self._architectures[wildcards["run"]]
                return {"run": _order(architecture_run), "architecture": architecture_run.architecture}
            case "measure_architecture":
                architecture_run = self._architectures[wildcards["run"]]
                run = {**_entry(architecture_run), "architecture": architecture_run.architecture}
                return {"run": run, "interpretation": experiment.interpretation.model_dump()}
            case "measure_rnn":
                shards = {shard: [_entry(run) for run in runs] for shard, runs in self._shards.items()}
                return {"shards": shards, "interpretation": experiment.interpretation.model_dump()}
        if rule in _OF_ALL_TASKS:
            return {"tasks": list(experiment.exemplars())}
        if rule in _OF_ALL_LOOKS:
            return {"looks": list(self._looks)}
        if rule in _OF_ARCHITECTURES:
            return {"runs": list(self._architectures)}
        return {}

    @cached_property
    def _shards(self) -> dict[str, list[Run]]:
        return self._experiment.shards()

    @cached_property
    def _looks(self) -> dict[str, Run]:
        return self._experiment.looks()

    @cached_property
    def _architectures(self) -> dict[str, ArchitectureRun]:
        return {run.run_id: run for run in self._experiment.architecture_runs()}


def _order(run: Run) -> dict[str, Any]:
    """A run as a training job is handed it; parts that many share are made once, for sweeps of many thousands."""
    return {**_settings(run), "run_id": run.run_id, "task": _plain(run.task)}


def _entry(run: Run) -> dict[str, Any]:
    """A run as ``runs.to_entry`` writes it."""
    return {**_settings(run), "task": {**_plain(run.task), "name": run.task.name}}


def _brief(run: Run) -> dict[str, Any]:
    """A run by what it does not share with others."""
    settings = {**_settings(run), "task": run.task.name}
    del settings["protocol"]
    return settings


def _settings(run: Run) -> dict[str, Any]:
    settings = {
        "hidden_dim": run.hidden_dim, "l2": run.l2, "threshold": run.threshold, "seed": run.seed,
        "protocol": _plain(run.protocol),
    }  # fmt: skip
    return {**settings, "twin": run.twin} if run.twin else settings


@cache
def _plain(part: Binding | Protocol) -> dict[str, Any]:
    plain = asdict(part)
    plain.pop("name", None)
    return json.loads(json.dumps(plain))
