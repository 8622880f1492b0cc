"""What is said of configs that are refused: a line that names the key, its value, and what would be right."""

from __future__ import annotations

import difflib
import json
import typing
from collections.abc import Iterator

import yaml
from pydantic import BaseModel, ValidationError

from emtvb.errors import InputError

Place = tuple[int | str, ...]
"""Where a value stands, as pydantic says it: keys, and numbers of entries."""


def in_one_line(error: ValidationError, model: type[BaseModel], where: str) -> InputError:
    """The first thing that is wrong, an unknown key before one that is missing, and how many more there are.

    Args:
        error: What pydantic says.
        model: The model that refuses.
        where: How messages call the file.
    """
    errors = error.errors(include_url=False)
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    # Without the words for one of several forms of an entry, which pydantic puts in.
    place = tuple(part for part in first["loc"] if not str(part).startswith("<"))
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    value, remedy = _shown(first["input"]), message[:1].lower() + message[1:]
    if first["type"] == "extra_forbidden":
        value, remedy = "unknown key", _suggestion(place, model)
    elif first["type"] == "missing":
        value, remedy = "missing", "add it"
    elif first["type"] in ("model_type", "model_attributes_type"):
        remedy = f"should be keys with values; known keys are {', '.join(_section((*place, ''), model).model_fields)}"
    more = f" (and {len(errors) - 1} more after it)" if len(errors) > 1 else ""
    return InputError(f"{where}: {_dotted(place)}", value, remedy + more)


def of_yaml(error: Exception, where: str) -> InputError:
    """What a file is that cannot be read as YAML.

    Args:
        error: What reading it raised.
        where: How messages call the file.
    """
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = f", line {mark.line + 1}" if mark else ""
    problem = (error.problem or error.context) if isinstance(error, yaml.MarkedYAMLError) else error
    remedy = f"cannot be read ({problem}); write it as config/config.yaml is written, with text in quotes"
    return InputError("config file", where + line, remedy)


def _shown(value: object) -> str:
    """A value as a config file may write it, at most 80 characters of it."""
    try:
        shown = json.dumps(value, default=str)
    except ValueError:  # a list that holds itself
        shown = repr(value)
    return shown if len(shown) < 80 else f"{shown[:77]}..."


def _dotted(place: Place) -> str:
    """A place as its user would write it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".") or "the whole"


def _section(place: Place, model: type[BaseModel]) -> type[BaseModel]:
    """The model in which the last key of a place stands."""
    for part in place[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = next(_models_in(model.model_fields[part].annotation), model)
    return model


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """The models in a key's type, within lists and beside null."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _models_in(part)


def _suggestion(place: Place, model: type[BaseModel]) -> str:
    """What an unknown key may have been meant for, here or in a section."""
    known, key = [*_section(place, model).model_fields], str(place[-1])
    within = {
        f"{name}: {{{field}: ...}}"
        for name, about in (model.model_fields.items() if len(place) == 1 else ())
        for section in _models_in(about.annotation)
        for field in section.model_fields
        if field == key.rpartition(".")[2]
    }
    for cutoff, others in ((0.85, sorted(within)), (0.5, [])):
        if near := difflib.get_close_matches(key.lower().replace("-", "_"), known, n=1, cutoff=cutoff) or others:
            return f"did you mean {near[0]}?"
    return f"known keys are {', '.join(known)}"
