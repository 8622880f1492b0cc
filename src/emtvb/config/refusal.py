"""What is said of configs that are refused: a line that names the setting, its value, and what would be right."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from emtvb.errors import InputError

Place = tuple[int | str, ...]
"""Where a value stands, as pydantic says it: keys, and numbers of entries."""


def in_one_line(error: ValidationError, model: type[BaseModel], where: str) -> InputError:
    """The first thing that is wrong, with the number of others.

    Args:
        error: What pydantic says.
        model: The model that refuses.
        where: How messages call the file.
    """
    errors = error.errors(include_url=False)
    first = _misspelt(errors) or errors[0]
    place = _without_tags(first["loc"])
    more = f" (and {len(errors) - 1} more after it)" if len(errors) > 1 else ""
    value, remedy = _shown(first["input"]), _in_words(first, place, model)
    if first["type"] == "extra_forbidden":
        value, remedy = "unknown key", _suggestion(place, model)
    elif first["type"] == "invalid_key":
        return InputError(f"{where}: the key {_shown(first['input'])}", "is no text", f"put it in quotes{more}")
    elif first["type"] == "missing":
        value, remedy = "missing", f"add it{_meaning(place, model)}"
    return InputError(f"{where}: {_dotted(place)}", value, remedy + more)


def of_yaml(error: Exception, where: str) -> InputError:
    """What a file is that cannot be read as YAML.

    Args:
        error: What reading it raised.
        where: How messages call the file.
    """
    if isinstance(error, yaml.MarkedYAMLError):
        place, begins = error.problem_mark or error.context_mark, error.context_mark if error.problem else None
        line = f", line {place.line + 1}" if place else ""
        within = f", in what begins at line {begins.line + 1}" if begins and place and begins.line != place.line else ""
        problem = str(error.problem or error.context).replace("character '\\t'", "a tab, which is a character")
        remedy = f"not YAML ({problem}{within}); write it as config/config.yaml is written"
        return InputError("config file", f"{where}{line}", remedy)
    if isinstance(error, yaml.YAMLError):
        return InputError("config file", where, f"not YAML ({error})")
    if isinstance(error, RecursionError):
        return InputError("config file", where, "its lists and mappings are nested too deep; write it flat")
    # a date that is none, a number of too many digits
    return InputError("config file", where, f"cannot be read ({error}); put text in quotes")


def _misspelt(errors: Sequence[ErrorDetails]) -> ErrorDetails | None:
    """The unknown key that is meant for the one that is missing first, where there is one: else it looks left out."""
    if errors[0]["type"] != "missing":
        return None
    *section, missing = errors[0]["loc"]
    beside = [error for error in errors if error["type"] == "extra_forbidden" and [*error["loc"][:-1]] == section]
    return next((error for error in beside if _nearest(error["loc"][-1], [str(missing)])), None)


def _nearest(key: int | str, known: Sequence[str]) -> str | None:
    """The known key that one is most like, whatever its case and dashes; None where none is."""
    near = difflib.get_close_matches(str(key).lower().replace("-", "_"), known, n=1, cutoff=0.5)
    return near[0] if near else None


def _shown(value: object) -> str:
    """A value as YAML writes it; of a mapping that has a name, that."""
    if isinstance(value, Mapping) and isinstance(value.get("name"), str):
        return str(value["name"])
    match value:
        case None:
            shown = "null"
        case bool():
            shown = str(value).lower()
        case str():
            shown = f'"{value}"'
        case date():
            shown = value.isoformat()
        case _:
            shown = repr(value)
    return shown if len(shown) < 80 else shown[:77] + "..."


_BOUNDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than_equal": lambda limits: f"should be {limits['ge']} or more",
    "greater_than": lambda limits: f"should be more than {limits['gt']}",
    "less_than_equal": lambda limits: f"should be {limits['le']} or less",
    "less_than": lambda limits: f"should be less than {limits['lt']}",
    "too_short": lambda limits: _entries("should have at least", limits["min_length"]),
    "too_long": lambda limits: _entries("should have at most", limits["max_length"]),
    "string_too_long": lambda limits: f"should have at most {limits['max_length']} characters",
    "literal_error": lambda limits: f"should be {limits['expected'].replace(chr(39), '')}",
}
_TYPES: Mapping[str, str] = {
    "int_type": "should be a whole number, such as 64",
    "float_type": "should be a number, such as 0.001",
    "finite_number": "should be a finite number",
    "string_type": "should be text",
    "string_too_short": "should not be empty",
    "bool_type": "should be true or false",
    "list_type": "should be a list, such as [1, 2]",
}


def _entries(words: str, count: int) -> str:
    return f"{words} {count} {'entry' if count == 1 else 'entries'}"


def _in_words(error: ErrorDetails, place: Place, model: type[BaseModel]) -> str:
    """What would be right, without words of a programming language."""
    kind = error["type"]
    if kind == "list_type" and isinstance(error["input"], str | int | float):
        return f"should be a list, such as [{error['input']}]"
    if kind in _BOUNDS:
        return _BOUNDS[kind](error.get("ctx", {}))
    if kind in _TYPES:
        return _TYPES[kind]
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        known = ", ".join(_section((*place, ""), model).model_fields)
        return f"should be keys with values, such as {{key: value}}; known keys are {known}"
    if kind == "string_pattern_mismatch":
        pattern = str(error.get("ctx", {}).get("pattern", ""))
        if pattern.startswith("^[^"):
            return "should be one word, without spaces, quotes and control characters"
        if not pattern.startswith("^[A-Za-z0-9]"):
            return f"should be of the form {pattern}"
        allowed = pattern.rpartition("[")[2]
        marks = [mark for mark in "._+-" if mark in allowed.removeprefix("A-Za-z0-9")]
        listed = ", ".join(["letters, digits", *marks[:-1]])
        return f"a name should have {listed} and {marks[-1]} alone, and begin with a letter or a digit"
    if kind == "tuple_type":
        return f"should be a list of whole numbers{_meaning(place, model)}"
    message = error["msg"].removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _without_tags(place: Place) -> Place:
    """A place without the words for one of several forms of an entry, which pydantic puts in."""
    return tuple(part for part in place if not (isinstance(part, str) and part.startswith("<")))


def _dotted(place: Place) -> str:
    """A place as its user would write it."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the whole"


def _section(place: Place, model: type[BaseModel]) -> type[BaseModel]:
    """The model in which the last key of a place stands."""
    for part in place[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = next(_models_in(model.model_fields[part].annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a key's type, within lists and beside null."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _models_in(part)


def _meaning(place: Place, model: type[BaseModel]) -> str:
    """What a key means, where its model says so."""
    while place and isinstance(place[-1], int):
        place = place[:-1]
    field = _section(place, model).model_fields.get(str(place[-1])) if place else None
    return f": {' '.join(field.description.split()).rstrip('.')}" if field and field.description else ""


def _suggestion(place: Place, model: type[BaseModel]) -> str:
    """What an unknown key may have been meant for."""
    known = list(_section(place, model).model_fields)
    name = str(place[-1]).rpartition(".")[2]
    sections = [
        key
        for key, field in model.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        and name in field.annotation.model_fields
    ]  # fmt: skip
    if len(place) == 1 and sections and not difflib.get_close_matches(name, known, cutoff=0.85):
        section = sections[0]
        return f"it belongs to {section}; write {section}: {{{name}: ...}}, or --config '{section}={{{name}: ...}}'"
    near = _nearest(place[-1], known)
    return f"did you mean {near}?" if near else f"known keys are {', '.join(known)}"
