"""Numbers that are too small for full precision count as zero while a network runs, as they do while it is trained.

Below 1.2e-38 a number of single precision is *denormal*: it has fewer digits, and some CPUs compute with it a hundred
times as slowly. The training engine takes such numbers as zero (docs/training.md). So does this package where it runs
one of the paper's networks: its trajectory is then computed by the rule that the network was trained with.
"""

from __future__ import annotations

import contextlib
import ctypes
import platform
import struct
import sys
from collections.abc import Iterator

_PLACES = {
    ("linux", "x86_64"): (28, "I", 1 << 15 | 1 << 6),
    ("linux", "aarch64"): (0, "I", 1 << 24),
    ("darwin", "x86_64"): (4, "I", 1 << 15 | 1 << 6),
    ("darwin", "arm64"): (8, "Q", 1 << 24),
}
"""By system and CPU, where C's ``fenv_t`` holds the control register, how it is packed, and the bits that flush: x86's
MXCSR with FTZ for results and DAZ for operands, ARM's FPCR with FZ for both. Those of macOS are read in its SDK's
``fenv.h`` (version 11.3), and were not run."""
_PLACE = _PLACES.get((sys.platform, platform.machine()))
_SIZE = 64
"""Bytes, more than any ``fenv_t`` has."""


@contextlib.contextmanager
def flushed() -> Iterator[None]:
    """In the block, this thread takes denormal numbers as zero, as operands and as results; then all is as before.

    In double precision such numbers lie below 2.2e-308. On a system that :data:`_PLACES` does not name, the block does
    nothing: networks whose states have all but faded then run slowly, and their outputs can have other signs.
    """
    if _PLACE is None:
        yield
        return
    offset, form, bits = _PLACE
    c = ctypes.CDLL(None)
    before = ctypes.create_string_buffer(_SIZE)
    c.fegetenv(before)
    now = ctypes.create_string_buffer(before.raw, _SIZE)
    struct.pack_into(form, now, offset, struct.unpack_from(form, before, offset)[0] | bits)
    c.fesetenv(now)
    try:
        yield
    finally:
        c.fesetenv(before)
