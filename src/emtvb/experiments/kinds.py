"""The kinds of experiments: folders here that state one. What a config states is one by the section that it has."""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from emtvb import config, experiments
from emtvb.config import Experiment
from emtvb.errors import InputError
from emtvb.experiments.kind import Kind

SWEEP = "sweep"
"""The kind of a config without a section of another one."""


@cache
def kind_names() -> list[str]:
    """The names of all kinds, in alphabetical order."""
    places = [Path(place) for place in experiments.__path__]
    return sorted(
        module.name
        for module in pkgutil.iter_modules(experiments.__path__)
        if any((place / module.name / "kind.py").is_file() for place in places)
    )


def kind_sections() -> list[str]:
    """The sections of configs that make one another kind than a sweep: the names of these kinds."""
    return [name for name in kind_names() if name != SWEEP]


def kind_by_name(name: str) -> Kind:
    """The kind of a name."""
    kind: Kind = pkgutil.resolve_name(f"{experiments.__name__}.{name}.kind:KIND")
    return kind


def all_kinds() -> list[Kind]:
    """All kinds, by name."""
    return [kind_by_name(name) for name in kind_names()]


def with_sections() -> list[type[Experiment]]:
    """The settings of all kinds whose configs have a section of their own."""
    return [kind_by_name(name).settings for name in kind_sections()]


def kind_of(experiment: Experiment) -> Kind:
    """The kind of an experiment."""
    return kind_by_name(_kind_of_keys(type(experiment).model_fields))


def experiment_from_config(stated: Any, where: str = "config") -> Experiment:
    """The experiment that a config states.

    Args:
        stated: What a config file holds.
        where: How messages call it.

    Raises:
        InputError: At the first thing that is wrong.
    """
    keys: Mapping[Any, Any] = stated if isinstance(stated, Mapping) else {}
    name = _kind_of_keys(keys)
    if name == SWEEP:
        for key in keys:
            near = difflib.get_close_matches(str(key).lower(), kind_sections(), n=1, cutoff=0.8)
            if near:
                raise InputError(f"{where}: {key}", "unknown key", f"did you mean {near[0]}?")
    return kind_by_name(name).settings.check(stated, where)


def load_experiment(path: Path | str) -> Experiment:
    """The experiment of a config file.

    Raises:
        InputError: Where it cannot be read or states no valid experiment.
    """
    return experiment_from_config(config.read_config(path), str(path))


def _kind_of_keys(keys: Mapping[Any, Any]) -> str:
    """The kind whose section is among keys. No other kind is imported for it: so no job depends on one."""
    return next((name for name in kind_sections() if name in keys), SWEEP)
