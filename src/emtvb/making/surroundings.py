"""Where results go, and what surrounds a run and spoils it: results of other settings, variables."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emtvb.errors import InputError, missing


def results_root() -> Path:
    """Where results go: the folder in EXPERIMENT_OUTPUT_DIR if it is set, else ``results``.

    Raises:
        InputError: Where that is an address: a folder of that name would be made here.
    """
    given = os.environ.get("EXPERIMENT_OUTPUT_DIR") or "results"
    if "://" in given:
        raise InputError("EXPERIMENT_OUTPUT_DIR", given, "an address; name a folder")
    root = Path(given).expanduser()
    # Records are asked by a path's text: it has to be the one that every other path there begins with.
    return root if os.path.normpath(root) == str(root) else root.resolve()


def check_results_root(root: Path) -> None:
    """Make the folder of results, and raise InputError unless a file of 1 MiB can be written into it."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root) as file:
            os.posix_fallocate(file.fileno(), 0, 2**20)
    except OSError as error:
        remedy = f"cannot write there ({error.strerror}); mend that, or name another folder in EXPERIMENT_OUTPUT_DIR"
        raise InputError("results folder", str(root), remedy) from None


def of_other_settings(folder: Path, settings: Mapping[str, Any]) -> str | None:
    """That an experiment's folder holds results of other settings than its config states; None where it does not.

    More entries in a list, such as more seeds, are no other settings.

    Args:
        folder: The experiment's folder.
        settings: The config's settings, as plain data.
    """
    try:
        there = json.loads((folder / "settings.json").read_text("utf-8"))
        other = [key for key, value in there.items() if not _keeps_setting(settings.get(key), value)]
    except (OSError, ValueError, AttributeError):
        return None
    if not other:
        return None
    return (
        f"{folder} holds results of this name with other settings ({', '.join(other)}): running this config makes its "
        "tables and figures anew, without what it does not state; if that is not meant, give it a name of its own "
        "(experiment: ...)"
    )


def _keeps_setting(stated: Any, before: Any) -> bool:
    """Whether a setting is what it was before; of a list or a mapping, whether nothing was taken away."""
    if isinstance(stated, dict) and isinstance(before, dict):
        return all(_keeps_setting(stated.get(key), value) for key, value in before.items())
    return stated == before or (
        isinstance(stated, list) and isinstance(before, list) and all(entry in stated for entry in before)
    )


def slowing_variables(environment: Mapping[str, str] = os.environ) -> Iterator[str]:
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
    return str(missing(error, "workflow"))
