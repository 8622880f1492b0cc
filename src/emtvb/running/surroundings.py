"""Where results go, and what surrounds a run and spoils it: folders that are not what they should be, variables."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

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


def results_root() -> Path:
    """Where results go: the folder in EXPERIMENT_OUTPUT_DIR if it is set, else ``results``.

    Raises:
        InputError: Where that is no name of a folder.
    """
    given = os.environ.get("EXPERIMENT_OUTPUT_DIR") or "results"
    if not given.strip():
        raise InputError("EXPERIMENT_OUTPUT_DIR", repr(given), "blank; name a folder, or unset it")
    if "://" in given:
        raise InputError(
            "EXPERIMENT_OUTPUT_DIR", given, "an address; name a folder (docs/clusters.md has storage providers)"
        )
    if any(len(os.fsencode(part)) > 255 for part in given.split("/")):
        raise InputError("EXPERIMENT_OUTPUT_DIR", f"{given[:60]}...", "too long; choose a shorter name")
    try:
        given.encode()
        root = Path(given).expanduser()
        # Records are asked by a path's text: it has to be the one that every other path there begins with.
        return root if os.path.normpath(root) == str(root) else root.resolve()
    except UnicodeEncodeError:
        raise InputError(
            "EXPERIMENT_OUTPUT_DIR", given, "not text in UTF-8; choose a folder with another name"
        ) from None
    except RuntimeError:
        raise InputError(
            "EXPERIMENT_OUTPUT_DIR",
            given,
            "there is no such user; give a path from / on, or ./~ for a folder of that name",
        ) from None


def check_results_root(root: Path) -> None:
    """Raise InputError unless files can be made under ``root``; makes nothing.

    A root that is not there yet is judged by the folder that it would be made in.
    """
    source = "EXPERIMENT_OUTPUT_DIR" if os.environ.get("EXPERIMENT_OUTPUT_DIR") else "results folder"
    if set("{}") & set(str(root)):
        raise InputError(source, str(root), "Snakemake takes braces for wildcards; choose a folder without them")
    if not str(root).isprintable():
        raise InputError(source, repr(str(root)), "there are control characters in it; choose a folder without them")
    folder = root.absolute()
    try:
        for place in (root, *root.parents):
            if place.is_symlink() and not place.exists():
                remedy = f"{place} is a link to {place.readlink()}, which is not there; make that, or choose another"
                raise InputError(source, str(root), remedy)
        while not _exists(folder) and folder != folder.parent:
            folder = folder.parent
        if not folder.is_dir():
            raise InputError(source, str(root), f"{folder} is a file; choose a folder")
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, _ROOM)
    except OSError as error:
        remedy = "change its permissions or choose another"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            remedy = "nothing more can be written to its disk; make room or choose another"
        elif error.errno == errno.ENAMETOOLONG:
            remedy = "choose a shorter name"
        raise InputError(source, str(root), f"{folder} is not writable ({error.strerror}); {remedy}") from None


_ROOM = 2**20
"""Bytes that there must be room for at the start."""


def _exists(path: Path) -> bool:
    """Whether there is something at this path; unlike ``Path.exists``, where that cannot be looked up either."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        return True
    return True


def of_other_settings(folder: Path, settings: Mapping[str, Any]) -> str | None:
    """That an experiment's folder holds results of other settings than its config states; None where it does not.

    More entries in a list, such as more seeds, are no other settings.

    Args:
        folder: The experiment's folder.
        settings: The config's settings, as plain data.
    """
    try:
        there = json.loads((folder / "settings.json").read_text("utf-8"))
        other = [key for key, value in there.items() if not _keeps(settings.get(key), value)]
    except (OSError, ValueError, AttributeError):
        return None
    if not other:
        return None
    return (
        f"{folder} holds results of this name with other settings ({', '.join(other)}): running this config makes its "
        "tables and figures anew, without what it does not state; if that is not meant, give it a name of its own "
        "(experiment: ...)"
    )


def _keeps(stated: Any, before: Any) -> bool:
    """Whether a setting is what it was before; of a list or a mapping, whether nothing was taken away."""
    if isinstance(stated, dict) and isinstance(before, dict):
        return all(key in stated and _keeps(stated[key], value) for key, value in before.items())
    return stated == before or (
        isinstance(stated, list) and isinstance(before, list) and all(entry in stated for entry in before)
    )


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
    reason = " ".join(str(error).split())
    if path := environment.get("PYTHONPATH"):
        return f"PYTHONPATH: {path}: Python looks there before the clone's .venv, and {reason}; unset it"
    return f"import: {reason}: run `make install` in the clone"
