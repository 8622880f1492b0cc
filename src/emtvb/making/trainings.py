"""When a training is current: its runs, trainer, accelerator and revision decide, and nothing else does.

What its record says besides (code, versions of libraries, names of rules, scripts and modules) is never compared: an
edit of a text, a file that moves or another version of torch trains nothing again. That the bits are as promised is
shown otherwise: by the compiled engine's proof before it trains, and by tests of what torch trains, which fail where a
revision is due (``promises``). No proof says in which order a shard's runs stand in its files, nor which of them are
one network: tests check this, and ``emtvb verify`` would show it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from emtvb.making.recipes import version_here

REVISION = "revision"
"""The param, perhaps null, by which a rule says that its jobs train."""
_DECIDE = ("accelerator", "proof", REVISION, "trainer")
"""Settings that decide beside the runs; one that is null is none."""
_TRAIN = ("numpy", "pytorch-lightning", "torch")
"""Libraries that the general trainers compute with."""


ReadRun: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""Reads a run of a training's settings, in each encoding that ever stood in a record; two that are equal are the same.
"""


def as_plain_data(entry: Mapping[str, Any]) -> Any:
    """A run of a training's settings as it is: where encodings never changed."""
    return entry


def runs_of_training(settings: Mapping[str, Any], read_run: ReadRun = as_plain_data) -> list[Any]:
    """The runs that a training's settings name; an ``order`` is plain data, and compared as it is.

    Args:
        settings: The training's.
        read_run: Reads a run of them.
    """
    if "order" in settings:
        return [settings["order"]]
    return [read_run(entry) for entry in (settings["runs"] if "runs" in settings else [settings["run"]])]


def deciding_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What decides beside the runs; where there is a proof, the engine trains, by either of its names."""
    decided = {name: settings[name] for name in _DECIDE if settings.get(name) is not None}
    if "proof" in decided:
        # auto and compiled differ in what they do on a machine without the engine, and records say who trained
        decided.pop("trainer", None)
    return decided


def changes_of_training(
    before: Mapping[str, Any], now: Mapping[str, Any], read_run: ReadRun = as_plain_data
) -> list[str]:
    """What of a training's settings is another now, in words.

    Args:
        before: The settings that its record has.
        now: Those that its rule has.
        read_run: Reads a run of either.
    """
    one, other = deciding_settings(before), deciding_settings(now)
    words = [f"setting {name}" for name in sorted({*one, *other}) if one.get(name) != other.get(name)]
    one_runs, other_runs = (runs_of_training(settings, read_run) for settings in (before, now))
    return [*words, *(["its runs"] if one_runs != other_runs else [])]


def state_version(settings: Mapping[str, Any]) -> str:
    """Names what decides the bits of a training: what its unfinished and finished runs are filed under.

    That is the proof among its settings, where there is one; else the revision, the accelerator and the libraries.
    """
    parts: Any = settings.get("proof")
    if parts is None:
        parts = [settings.get("accelerator"), settings.get(REVISION), {name: version_here(name) for name in _TRAIN}]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]
