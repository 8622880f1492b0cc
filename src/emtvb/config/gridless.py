"""What experiments that are no sweep have in common: no grid at the top, and one section of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from emtvb.config import Experiment
from emtvb.errors import InputError
from emtvb.theory.architecture_runs import ArchitectureRun
from emtvb.theory.runs import Run


class Sweepless(Experiment):
    """An experiment without a sweep: it has an experiment's name, and none of the paper's runs."""

    tasks: list[Any] = Field([], max_length=0)
    hidden_dim: list[Any] = Field([], max_length=0)
    l2: list[Any] = Field([], max_length=0)
    threshold: list[Any] = Field([], max_length=0)
    seeds: list[Any] = Field([], max_length=0)

    def runs(self) -> list[Any]:
        """None."""
        return []

    def architecture_runs(self) -> list[ArchitectureRun]:
        """None."""
        return []

    def exemplars(self) -> dict[str, Run]:
        """None."""
        return {}

    def looks(self) -> dict[str, Run]:
        """None."""
        return {}


Kind = TypeVar("Kind", bound=Sweepless)


def check(kind: type[Kind], stated: Mapping[str, Any], keys: Sequence[str], remedy: str, where: str) -> Kind:
    """The experiment of a kind that a config states.

    Args:
        kind: Which.
        stated: What a config file holds.
        keys: Those that it may have at the top.
        remedy: What to do with another one.
        where: How messages call the config.

    Raises:
        InputError: At the first thing that is wrong.
    """
    foreign = sorted({*stated} - {*keys})
    if foreign:
        raise InputError(f"{where}: {foreign[0]}", stated[foreign[0]], remedy)
    try:
        return kind.model_validate(dict(stated))
    except ValidationError as error:
        from emtvb.config.refusal import in_one_line

        raise in_one_line(error, kind, where) from None
