"""What surrounds a run and spoils it, in a line: a folder of somebody else's, variables that shadow or slow down."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from emtvb.errors import InputError


def check_folder(folder: Path = Path()) -> None:
    """Raise InputError where Snakemake could not keep its notes.

    Args:
        folder: Where it works.
    """
    notes = folder / ".snakemake"
    places = [notes, *(place for place in notes.iterdir() if place.is_dir())] if notes.is_dir() else [folder]
    for place in places:
        if not os.access(place, os.W_OK | os.X_OK):
            remedy = "you may not write to it, and Snakemake keeps its notes there; work in a clone of your own"
            raise InputError("working folder", str(place.absolute()), remedy)


def slow(environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """What in an environment makes training slower, a line each: results are the same."""
    for name in ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"):
        if value := environment.get(name):
            yield f"{name} is {value!r}: training is compiled for that CPU, and may be many times slower; unset it"
    for name in ("NUMBA_DISABLE_JIT", "NUMBA_OPT"):
        if (value := environment.get(name)) and (name, value) not in (("NUMBA_DISABLE_JIT", "0"), ("NUMBA_OPT", "3")):
            yield f"{name} is {value!r}: training is many times slower; unset it"


def of_import(error: ImportError, environment: Mapping[str, str] = os.environ) -> str:
    """Why something cannot be imported, and what to do, in a line."""
    said = " ".join(str(error).split())
    if path := environment.get("PYTHONPATH"):
        return f"PYTHONPATH: {path}: Python looks there before the clone's .venv, and {said}; unset it"
    return f"import: {said}: run `make install` in the clone"
