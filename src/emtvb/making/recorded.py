"""Records of jobs, read: by what plans, audits and sums up, and by no job (``provenance.py`` writes them)."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from emtvb.errors import InputError
from emtvb.making.provenance import SUFFIX, Record

_STATE = ("runs", "logs", "audit")
"""Folders in which no stage's outputs lie: state of trainings, logs, and what is said about the rest."""
_UNFINISHED = r"\..+\.[a-z0-9_]{8}\.\w+"
"""What ``files.atomic`` calls a file until it is whole."""

_FORM = TypeAdapter(Record)


def read_record(path: Path) -> Record:
    """A record.

    Raises:
        InputError: Where it is damaged.
    """
    try:
        record = _FORM.validate_json(path.read_bytes())
        if not (record.recipe["code"] or record.recipe["settings"].get("proof")):
            raise ValueError("its recipe names no code, and no proof that vouches for its outputs")
        return record
    except (OSError, ValueError) as error:
        reason = _in_words(error) if isinstance(error, ValidationError) else str(error)
        raise InputError(
            "record", str(path), f"cannot be read ({reason}); snakemake --force and its outputs' paths write it anew"
        ) from None


def is_as_written(path: Path) -> bool:
    """Whether the keys of a record stand in the order in which the workflow writes them."""
    keys = list(json.loads(path.read_bytes()))
    return keys == [name for name in Record.__dataclass_fields__ if name in keys]


def _in_words(error: ValidationError) -> str:
    """What is wrong first, and where in a record."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"]


def record_files(folder: Path) -> Iterator[Path]:
    """The records below an experiment's folder."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _STATE)
        yield from (Path(place) / name for name in sorted(files) if name.endswith(SUFFIX))


def read_all(folder: Path) -> tuple[dict[Path, Record], dict[Path, InputError]]:
    """The records below an experiment's folder, and what is wrong with those that cannot be read."""
    records: dict[Path, Record] = {}
    damaged: dict[Path, InputError] = {}
    for path in record_files(folder):
        try:
            records[path] = read_record(path)
        except InputError as error:
            damaged[path] = error
    return records, damaged


def delete_unfinished(folder: Path) -> None:
    """Delete the files below an experiment's folder that a job was writing when it was killed."""
    for path in folder.rglob(".*"):
        if re.fullmatch(_UNFINISHED, path.name):
            path.unlink(missing_ok=True)


def trained_by(records: Iterable[Record]) -> dict[str, int]:
    """How many runs each engine trained, by its name; of a run that several trained, all of theirs."""
    engines: Counter[str] = Counter()
    for record in records:
        for about in record.runs.values():
            names = dict.fromkeys(str(part.get("engine", "unknown")) for part in about.get("trained", ()))
            engines[" and ".join(names) or "unknown"] += 1
    return dict(engines.most_common())
