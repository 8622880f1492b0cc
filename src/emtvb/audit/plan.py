"""What each job has to read and to make, as the workflow's rules say it: a record that says else is found out.

The rules are read as text and their inputs and outputs computed as Snakemake would, for one experiment, with paths
relative to its folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from emtvb.config import Experiment
from emtvb.errors import InputError
from emtvb.running import recipes
from emtvb.running.rules import read_names
from emtvb.running.stages import Stages

Files = Mapping[str, str | list[str]]
"""Paths by the name that a script knows them by."""


@dataclass(frozen=True)
class Planned:
    """A job of an experiment.

    Attributes:
        rule: Its rule.
        wildcards: The values of that rule's wildcards.
        script: What it runs.
        inputs: What it reads.
        outputs: What it makes.
    """

    rule: str
    wildcards: Mapping[str, str]
    script: Path
    inputs: Files
    outputs: Files

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Tells it from all other jobs."""
        return self.rule, tuple(sorted(self.wildcards.items()))

    @property
    def title(self) -> str:
        """By its first output, which is how a reader finds it."""
        return next(iter(flat(self.outputs)), self.rule)


def flat(files: Files) -> list[str]:
    """All paths."""
    return [path for value in files.values() for path in ([value] if isinstance(value, str) else value)]


class Plan:
    """All jobs of one experiment.

    Args:
        experiment: Its config.
        root: The clone of the workflow.
        folder: Where its results lie; rounding twins may lie beside it, and are read then.

    Attributes:
        stages: Their recipes.
    """

    def __init__(self, experiment: Experiment, root: Path, folder: Path | None = None) -> None:
        self._folder = folder.resolve() if folder else None
        self.stages = Stages(experiment, root)
        self._experiment = experiment
        self._root = root
        self._rules = recipes.rules(root)
        self._files: dict[tuple[str, str], _Files] = {}

    @cached_property
    def jobs(self) -> list[Planned]:
        """Every job that leaves files."""
        return [self._job(rule, wildcards) for rule, wildcards in self.stages.jobs()]

    def _job(self, rule: str, wildcards: Mapping[str, str]) -> Planned:
        script = self._rules[rule].script
        assert script is not None, rule
        inputs, outputs = (self._of(rule, part).filled(wildcards) for part in ("reads", "makes"))
        return Planned(rule, dict(wildcards), script, inputs, outputs)

    def _of(self, rule: str, part: str) -> _Files:
        """A rule's inputs or outputs, wildcards and all."""
        if (rule, part) not in self._files:
            text = getattr(self._rules[rule], part)
            self._files[rule, part] = self._value(f"_Files{text}" if text else "_Files()", f"rule {rule}")
        return self._files[rule, part]

    def _value(self, text: str, where: str) -> Any:
        try:
            return eval(text, self._words)  # of this clone's own rules, which Snakemake executes, too
        except (AttributeError, NameError, SyntaxError, TypeError) as error:
            remedy = "an audit has to know what its jobs read; see emtvb.audit.plan for the words that rules may use"
            raise InputError(where, str(error), remedy) from None

    @cached_property
    def _words(self) -> dict[str, Any]:
        """What rules speak of, beside what their files give a name to themselves."""
        from snakemake.io import expand

        plan, experiment = self, self._experiment

        class Words(dict):
            def __missing__(self, name: str) -> Any:
                if name not in plan._named:
                    raise KeyError(name)
                self[name] = plan._value(plan._named[name], name)
                return self[name]

        return Words(
            _Files=_Files,
            rules=_Rules(self._of),
            expand=expand,
            results=lambda path: path,
            report=lambda path, **_: path,
            figure=lambda path, suffix, **_: f"figures/{path}.{suffix}",
            EXPERIMENT=experiment,
            SHARDS=experiment.shards(),
            EXEMPLARS=experiment.exemplars(),
            LOOKS=experiment.looks(),
            STAGES=self.stages,
            twins_beside=lambda *names: (
                self.stages.twins_beside(self._folder.resolve(), *names) if self._folder else []
            ),
        )

    @cached_property
    def _named(self) -> Mapping[str, str]:
        return read_names(self._root)


class _Files:
    """The inputs or outputs of a rule, with names for some, as rules write them."""

    def __init__(self, *unnamed: Any, **named: Any) -> None:
        self._all = {**{str(i): value for i, value in enumerate(unnamed)}, **named}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._all:
            raise AttributeError(name)
        return self._all[name]

    def __iter__(self) -> Iterator[Any]:
        for value in self._all.values():
            yield from [value] if isinstance(value, str) else value

    def filled(self, wildcards: Mapping[str, str]) -> dict[str, str | list[str]]:
        """Paths with the values of wildcards in them."""
        given = _Wildcards(wildcards)

        def fill(value: Any) -> Any:
            if callable(value):
                return value(given)
            return value.format(**wildcards) if isinstance(value, str) else [fill(one) for one in value]

        return {name: fill(value) for name, value in self._all.items()}


class _Wildcards(dict):
    def __getattr__(self, name: str) -> str:
        return self[name]


class _Rules:
    """``rules.NAME.output.name``."""

    def __init__(self, of: Callable[[str, str], _Files]) -> None:
        self._files_of = of

    def __getattr__(self, rule: str) -> Any:
        return _Rule(self._files_of, rule)


class _Rule:
    def __init__(self, of: Callable[[str, str], _Files], rule: str) -> None:
        self._files_of, self._name = of, rule

    @property
    def input(self) -> _Files:
        return self._files_of(self._name, "reads")

    @property
    def output(self) -> _Files:
        return self._files_of(self._name, "makes")
