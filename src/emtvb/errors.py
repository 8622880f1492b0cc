"""Bad input: one line that names the setting, its value and the remedy."""

from __future__ import annotations

import zipfile
import zlib

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
    """

    def __init__(self, what: str, value: object, remedy: str) -> None:
        self.what = what
        self.value = value
        self.remedy = remedy
        shown = value or '""' if isinstance(value, str) else repr(value)
        line = " ".join(f"{what}: {shown}: {remedy}".split())
        # A name that is not UTF-8, as a file may have one, cannot be printed as it is.
        super().__init__(line.encode("utf-8", "backslashreplace").decode("utf-8"))
