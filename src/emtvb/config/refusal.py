"""The line that is said of a refused config: it names the key, its value, and what would be right."""

from __future__ import annotations

import difflib
import reprlib
import typing
from collections.abc import Iterator

from pydantic import BaseModel, ValidationError

from emtvb.errors import InputError


def in_one_line(error: ValidationError, model: type[BaseModel], where: str) -> InputError:
    """The first thing that is wrong, an unknown key before one that is missing.

    Args:
        error: What pydantic says.
        model: The model that refuses.
        where: How messages call the file.
    """
    errors = error.errors(include_url=False)
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    # Without the words for one of several forms of an entry, which pydantic puts in.
    place = [part for part in first["loc"] if not str(part).startswith("<")]
    value, remedy = reprlib.repr(first["input"]), first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        known = _section_keys(place[:-1], model)
        near = difflib.get_close_matches(str(place[-1]).lower().replace("-", "_"), known, n=1)
        value, remedy = "unknown key", f"did you mean {near[0]}?" if near else f"known keys are {', '.join(known)}"
    elif first["type"] == "missing":
        value, remedy = "missing", "add it"
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")
    return InputError(f"{where}: {key or 'the whole'}", value, remedy)


def _section_keys(place: list[int | str], model: type[BaseModel]) -> list[str]:
    for part in place:
        if part in model.model_fields:
            model = next(_models_in(model.model_fields[str(part)].annotation), model)
    return [*model.model_fields]


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """The models in a key's type, within lists and beside null."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _models_in(part)
