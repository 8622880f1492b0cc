"""The types of settings: numbers that are read strictly, names, and the model that all sections are built on."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, model_serializer


def _scientific_number(value: object) -> object:
    """A number written 1e-3, which YAML 1.1 reads as text."""
    return float(value) if isinstance(value, str) and re.fullmatch(r"[-+]?\d+\.?\d*[eE][-+]?\d+", value) else value


_SMALLEST, _LARGEST = 2.0**-126, 2.0**128 - 2.0**104
"""Of single precision, in which networks are trained; the compiled engine takes what is smaller for 0."""


def _single_precision(value: float) -> float:
    """A number that stays one in single precision."""
    if value and not _SMALLEST <= abs(value) <= _LARGEST:
        raise ValueError(
            f"networks are trained in single precision: its size has to be in {_SMALLEST:.3g} to {_LARGEST:.3g}"
        )
    return value


PositiveInt = Annotated[StrictInt, Field(ge=1)]
Number = Annotated[float, BeforeValidator(_scientific_number), Field(strict=True, allow_inf_nan=False)]
Fraction = Annotated[Number, Field(gt=0, le=1)]
Twin = Annotated[StrictInt, Field(ge=-1000, le=1000)]
Single = Annotated[Number, AfterValidator(_single_precision)]
NonNegative = Annotated[Single, Field(ge=0)]
Positive = Annotated[Single, Field(gt=0)]
Seed = Annotated[StrictInt, Field(ge=0, lt=2**32)]
"""torch draws from the lower 32 bits of a seed."""
TaskName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", max_length=60)]
ExperimentName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$", max_length=200)]


class Settings(BaseModel):
    """Strict: an unknown key is an error, and numbers are not read from text.

    A docstring below a key says what it means; messages and ``docs/config.md`` take it from there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_serializer(mode="wrap")
    def _without_nulls(self, write: Callable[[Settings], dict[str, Any]]) -> dict[str, Any]:
        """All keys but those that are null by default: so a key more that nobody sets changes no file and no job."""
        keys = type(self).model_fields
        return {key: value for key, value in write(self).items() if value is not None or keys[key].default is not None}


Entry = TypeVar("Entry", bound=Hashable)


def first_repeated(entries: Sequence[Entry]) -> Entry | None:
    """The first entry that was there before, or None."""
    seen: set[Entry] = set()
    for entry in entries:
        if entry in seen:
            return entry
        seen.add(entry)
    return None
