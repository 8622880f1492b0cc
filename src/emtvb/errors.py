"""Bad input: one line that names the setting, its value and the remedy."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

DAMAGED = (
    OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a file of arrays (.npz) raises, wherever it is damaged."""


class InputError(ValueError):
    """Something that a user gave cannot be used.

    The message is one line: what (a setting, a file), the value found there, and what to do.

    Args:
        what: The setting or file, as its user knows it.
        value: What was found there.
        remedy: What would be right, in the user's terms.

    Example:
        >>> import emtvb
        >>> emtvb.load("nothing.npz")
        Traceback (most recent call last):
            ...
        emtvb.errors.InputError: path: nothing.npz: no such file; give the one that save wrote
    """

    def __init__(self, what: str, value: object, remedy: str) -> None:
        self.what = what
        self.value = value
        self.remedy = remedy
        shown = value or '""' if isinstance(value, str) else repr(value)
        super().__init__(printable(" ".join(f"{what}: {shown}: {remedy}".split())))


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Imports of an extra's libraries, which a plain installation leaves out, as the body of a ``with`` statement.

    Args:
        name: Of the extra in pyproject.toml that brings them.

    Raises:
        InputError: Where one of them is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise missing(error, name) from None


def missing(error: ImportError, name: str) -> InputError:
    """The line for an import that fails where an extra is not installed."""
    reason = " ".join(str(error).split())
    return InputError("import", reason, f'pip install "emtvb[{name}]"; in a clone, pip install -e ".[{name}]"')


def printable(text: str) -> str:
    """A line in which letters are spelled out that a terminal would obey, or that are no UTF-8: a name may hold any."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
