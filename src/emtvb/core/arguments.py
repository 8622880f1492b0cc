"""What users hand in, checked; and what their functions raise, in one line."""

from __future__ import annotations

from typing import Any

from emtvb.errors import InputError


def check_type(given: Any, kind: type, setting: str, maker: str) -> None:
    """Raise InputError unless a function of the public face is given what another one makes."""
    if not isinstance(given, kind):
        raise InputError(setting, type(given).__name__, f"give what emtvb.{maker} returns")


def describe_error(error: Exception) -> str:
    """What a user's function raised, in one line of at most 160 characters."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:160]
