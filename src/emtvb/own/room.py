"""Whether what is asked for fits into memory, before it is made."""

from __future__ import annotations

from emtvb.errors import InputError
from emtvb.running.memory import available


def check_room(numbers: int, setting: str, shown: str, remedy: str) -> None:
    """Raise InputError where so many numbers of single precision cannot be had at once.

    Args:
        numbers: How many at least; what is refused cannot fit.
        setting: Which setting asks for them.
        shown: Its value, and what the numbers are, such as "7, whose states are".
        remedy: What to do instead.
    """
    needed, free = 4 * numbers, available()
    if needed > free:
        shown = f"{shown} {needed / 2**30:.1f} GiB"
        raise InputError(setting, shown, f"{free / 2**30:.1f} GiB of memory can be had; {remedy}")
