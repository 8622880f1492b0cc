"""A figure becomes three files: to print, to look at, and its numbers."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from emtvb.figures.style import house_style
from emtvb.files import atomic

_PDF = {"Creator": "emtvb", "Producer": None, "CreationDate": None, "ModDate": None}
"""None leaves out what matplotlib writes by itself: its version, and the time."""


@house_style()
def save_figure(figure: Figure, numbers: pd.DataFrame, stem: Path | str) -> tuple[Path, Path, Path]:
    """Write ``<stem>.pdf``, ``<stem>.png`` (300 dpi) and ``<stem>.csv``, each whole or not at all.

    The same figure and numbers give the same bytes: the files carry no date and no version.

    Args:
        figure: What a module of this package drew.
        numbers: What it plotted, tidy.
        stem: The path without a suffix; a dot in its name is part of the name.

    Returns:
        The three paths.
    """
    pdf, png, csv = (Path(f"{stem}.{suffix}") for suffix in ("pdf", "png", "csv"))
    with atomic(pdf) as temporary:
        figure.savefig(temporary, format="pdf", metadata=_PDF)
    with atomic(png) as temporary:
        _save_png(figure, temporary)
    save_numbers(numbers, csv)
    return pdf, png, csv


def _save_png(figure: Figure, path: Path) -> None:
    """A picture of 256 colours: less than half of the bytes, and no colour moves by more than the eye sees."""
    drawn, about = BytesIO(), PngInfo()
    figure.savefig(drawn, format="png")
    about.add_text("Software", "emtvb")
    with Image.open(drawn) as picture:
        # by coverage: by the usual median cut, colours that few pixels have are lost
        few = picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
        few.save(path, "png", optimize=True, dpi=picture.info["dpi"], pnginfo=about)


def save_numbers(numbers: pd.DataFrame, path: Path | str) -> None:
    """Write plotted numbers as CSV, with as many digits as single precision holds."""
    with atomic(path) as temporary:
        numbers.to_csv(temporary, index=False, float_format="%.9g", lineterminator="\n")
