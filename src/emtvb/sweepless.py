"""What experiments that are no sweep have in common: no grid at the top, and one section of their own."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from emtvb.architectures.runs import ArchitectureRun
from emtvb.config import Experiment, Settings
from emtvb.errors import InputError
from emtvb.runs import Run


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
        raise _one_line(error, kind, where) from None


def _one_line(error: ValidationError, kind: type[Settings], where: str) -> InputError:
    """The first thing that is wrong: the setting, its value, what would be right."""
    first, *more = error.errors(include_url=False)
    location = [part for part in first["loc"] if part not in ("<named>", "<own>")]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")
    message, value = first["msg"].removeprefix("Value error, "), repr(first["input"])
    if first["type"] == "extra_forbidden":
        section = _section(kind, [part for part in location[:-1] if isinstance(part, str)])
        value, message = "unknown key", f"known keys are {', '.join(section.model_fields)}"
    elif first["type"] == "missing":
        value, message = "missing", "add it"
    value = value if len(value) < 80 else value[:77] + "..."
    others = f" (and {len(more)} more after it)" if more else ""
    return InputError(f"{where}: {path}", value, message[0].lower() + message[1:] + others)


def _section(kind: type[Settings], names: Sequence[str]) -> type[Settings]:
    """The settings that lie at the end of a path of keys."""
    for name in names:
        kind = next(_settings_in(kind.model_fields[name].annotation), kind)
    return kind


def _settings_in(annotation: Any) -> Iterator[type[Settings]]:
    """The settings in a field's type, within lists and beside None."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _settings_in(part)
