"""The one look of every figure, whatever the reader's own matplotlib settings are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib.style
from matplotlib.colors import LinearSegmentedColormap

SHEET = Path(__file__).with_name("emtvb.mplstyle")

COLUMN = 3.3
"""Width of one column of print, inches."""
PAGE = 7.0
"""Width of a page of print, inches."""

SIGNED = LinearSegmentedColormap.from_list(
    "signed", ["#08284f", "#1f5fa6", "#7fb2d6", "#f7f7f7", "#fbcbb3", "#ef8465", "#cf3a2b"]
)
"""Map of signed values: red positive, blue negative, white zero. In print without colour blue is the darker one."""
ABSENT = "#c8c8c8"
"""Where there is no number."""
SHADE = "0.93"
"""Behind rows and columns that belong together."""
ABOVE, BELOW = "#F5B700", "#00D2C3"
"""What is beyond the limits of :data:`SIGNED`, whose own ends are dark: a bright colour each."""
EXPECTED = "#000000"
"""What the theory says."""
FOUND = "#D55E00"
"""What a network does."""
OTHER = "#7FB3D9"
"""What a network does and the theory does not speak of."""
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#F0E442")
"""Okabe and Ito's, for groups."""


@contextmanager
def house_style() -> Iterator[None]:
    """Within it, or in a function decorated with ``@house_style()``, matplotlib draws and saves by our sheet alone."""
    with matplotlib.style.context([SHEET], after_reset=True):
        yield
