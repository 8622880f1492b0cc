"""The kinds of experiments that a config states: a sweep of runs; or, by the section that it has, another one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emtvb import config
from emtvb.config import Experiment
from emtvb.errors import InputError
from emtvb.experiments.methods import settings as methods
from emtvb.experiments.onions import settings as onions
from emtvb.experiments.streams import settings as streams

_KINDS = (streams, onions, methods)


def check(stated: Any, where: str = "config") -> Experiment:
    """The experiment that a config states.

    Args:
        stated: What a config file holds.
        where: How messages call it.

    Raises:
        InputError: At the first thing that is wrong.
    """
    if isinstance(stated, Mapping):
        for kind in _KINDS:
            if kind.KEY in stated:
                return kind.check(stated, where)
        for key in stated:
            near = difflib.get_close_matches(str(key).lower(), [kind.KEY for kind in _KINDS], n=1, cutoff=0.8)
            if near:
                raise InputError(f"{where}: {key}", "unknown key", f"did you mean {near[0]}?")
    return config.check(stated, where)


def load(path: Path | str) -> Experiment:
    """The experiment of a config file.

    Raises:
        InputError: Where it cannot be read or states no valid experiment.
    """
    return check(config.read(path), str(path))
