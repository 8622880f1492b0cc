"""What users hand in, checked; and what their functions raise, in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from emtvb.errors import InputError


def check_type(given: Any, kind: type, setting: str, maker: str) -> None:
    """Raise InputError unless a function of the public face is given what another one makes."""
    if not isinstance(given, kind):
        raise InputError(setting, type(given).__name__, f"give what emtvb.{maker} returns")


def describe_error(error: Exception) -> str:
    """What a user's function raised, in one line of at most 160 characters."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:160]


def call(setting: str, function: Callable, *arguments: np.ndarray) -> Any:
    """What a user's function returns.

    Raises:
        InputError: In one line, where it fails.
    """
    name = getattr(function, "__name__", type(function).__name__)
    try:
        return function(*arguments)
    except InputError:
        raise
    except Exception as error:
        shapes = " and ".join(str(argument.shape) for argument in arguments)
        raise InputError(
            setting, f"{name} failed ({describe_error(error)})", f"it is called with arrays of shape {shapes}"
        ) from error
