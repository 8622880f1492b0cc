"""Draws the two pictures of README, phi.svg and edit.svg: run `.venv/bin/python docs/images/draw.py` in a clone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from emtvb.theory import tasks

HERE = Path(__file__).parent
EDITS = HERE.parents[1] / "results" / "paper" / "figures" / "edits" / "T1.csv"
EDIT = "set variable 8"
STEPS = range(13, 45)
RED, BLUE, GREY, INK = "#c94741", "#3884bd", "#dddddd", "#222222"


def picture(width: int, height: int, parts: Iterable[str], title: str) -> str:
    """An SVG on white, which can be read on a dark page too, and on a phone if it is at most 500 wide."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="Helvetica, Arial, sans-serif" font-size="15" fill="{INK}" role="img">\n<title>{title}</title>\n'
        "<style>rect { shape-rendering: crispEdges }</style>\n"
        f'<rect width="{width}" height="{height}" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def text(x: float, y: float, words: str, anchor: str = "start", more: str = "") -> str:
    """A line of text whose foot is at y."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{more}>{words}</text>'


def square(x: float, y: float, size: float, colour: str, more: str = "") -> str:
    """A square with its upper left corner at (x, y)."""
    return f'<rect x="{x:g}" y="{y:g}" width="{size:g}" height="{size:g}" fill="{colour}"{more}/>'


def arrow(*points: tuple[float, float]) -> str:
    """A line through points, with a head at the last."""
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{INK}" stroke-width="1.3" marker-end="url(#head)"/>'


HEAD = (
    '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0,0 L10,5 L0,10 z"/></marker></defs>'
)


def colour(value: float) -> str:
    """Blue for -1, white for 0, red for 1."""
    end = RED if value > 0 else BLUE
    share = min(abs(value), 1.0)
    parts = (int(end[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 + share * (part - 255)):02x}" for part in parts)


def vector(x: float, y: float, values: Iterable[float], size: float) -> list[str]:
    """A vector as a column of squares."""
    return [square(x, y + size * row, size, colour(value)) for row, value in enumerate(values)]


def phi() -> str:
    """What a network has to keep and to do, and the same as a matrix."""
    task = tasks.named("T3", 8, 8)
    rng = np.random.default_rng(5)
    parts = [HEAD, text(20, 26, "One step of task T3, in which eight vectors are kept", more=' font-weight="bold"')]
    size, gap, left, top = 13, 42, 40, 88
    for variable in range(8):
        x = left + gap * variable
        parts += vector(x, top, rng.choice([-1, 1], size=8), size)
        parts.append(text(x + size / 2, top - 10, f"m{variable + 1}", "middle"))
        if variable:
            parts.append(arrow((x - 4, top + 4 * size), (x - gap + size + 5, top + 4 * size)))
    foot = top + 8 * size
    parts.append(text(left - 20, top - 28, "oldest"))
    last = left + 7 * gap
    parts.append(text(last + size + 20, top - 28, "newest", "end"))
    below = foot + 62
    parts.append(f'<rect x="{left + 82}" y="{below - 22}" width="190" height="34" fill="none" stroke="{INK}" rx="5"/>')
    parts.append(text(left + 177, below, "y = f(m1, ..., m8)", "middle"))
    for variable in range(8):
        x = left + gap * variable + size / 2
        parts.append(arrow((x, foot + 5), (left + 96 + 23 * variable, below - 24)))
    parts.append(
        arrow((left + 272, below - 5), (last + gap, below - 5), (last + gap, top + 52), (last + size + 5, top + 52))
    )
    parts.append(text(last + gap + 8, below - 42, "next m8,"))
    parts.append(text(last + gap + 8, below - 24, "the output"))
    parts.append(text(20, below + 42, "m1 leaves, the others move up by one place, y comes in last."))
    matrix = task.theory.phi
    cell, x0, y0 = 3.6, 20, below + 108
    side = cell * len(matrix)
    parts.append(text(x0, y0 - 14, "The same as a matrix: m(t+1) = Phi m(t)", more=' font-weight="bold"'))
    for row, column in zip(*np.nonzero(matrix), strict=True):
        parts.append(square(x0 + cell * column, y0 + cell * row, cell, RED if matrix[row, column] > 0 else BLUE))
    for block in range(9):
        at = cell * 8 * block
        parts.append(
            f'<path d="M{x0 + at:g},{y0:g} v{side:g} M{x0},{y0 + at:g} h{side:g}" stroke="{GREY}" fill="none"/>'
        )
    parts.append(text(x0 + side + 12, y0 + side / 2, "moves all vectors"))
    parts.append(text(x0 + side + 12, y0 + side - 10, "f: composes the new one"))
    parts.append(text(x0 + side + 12, y0 + 16, "red: +1, blue: -1, white: 0"))
    return picture(490, round(y0 + side) + 20, parts, "One step of a task, and its matrix Phi")


def edit() -> str:
    """A variable of a running network is replaced, and the network goes on with the new one."""
    table = pd.read_csv(EDITS)
    table = table[(table["edit"] == EDIT) & (table["basis"] == "by data")]

    def grid(series: str, by: str) -> np.ndarray:
        chosen = table[table["series"] == series]
        return chosen.pivot(index="dimension", columns=by, values="value").to_numpy()

    def strip(series: str) -> dict[int, np.ndarray]:
        chosen = table[table["series"] == series].pivot(index="step", columns="dimension", values="value")
        return {int(step): row for step, row in zip(chosen.index, chosen.to_numpy(), strict=True) if step in STEPS}

    parts = [HEAD, text(20, 26, "What a network stores", more=' font-weight="bold"')]
    size, top = 9, 64
    for x, series, words in ((20, "before", "before"), (122, "after", "after")):
        for variable, values in enumerate(grid(series, "variable").T):
            parts += vector(x + size * variable, top, values, size)
        parts.append(text(x, top - 9, words))
        frame = f'width="{size}" height="{8 * size}" fill="none" stroke="{INK}" stroke-width="2"'
        parts.append(f'<rect x="{x + 7 * size}" y="{top}" {frame}/>')
    parts.append(arrow((20 + 8 * size + 5, top + 4 * size), (118, top + 4 * size)))
    lines = (
        "Its hidden state holds", "eight vectors. The last is", "overwritten, in the state.", "",
        "Task T1: repeat the", "eight for ever.", "Red is +1, blue is -1.",
    )  # fmt: skip
    for line, words in enumerate(lines):
        parts.append(text(20, top + 8 * size + 28 + 20 * line, words))
    x0, small, height = 236, 8, 7
    parts.append(text(x0, 26, "What it gives out, step by step", more=' font-weight="bold"'))
    at = x0 + small * (20 - STEPS[0] + 1)
    rows = (
        ("network", "the network"),
        ("theory", "predicted"),
        ("unedited theory", "predicted, had it not been edited"),
    )
    for row, (series, words) in enumerate(rows):
        y = top + row * (8 * height + 28)
        parts.append(text(x0, y - 9, words))
        for step, values in strip(series).items():
            for dimension, value in enumerate(values):
                x, foot = x0 + small * (step - STEPS[0]), y + height * dimension
                parts.append(f'<rect x="{x}" y="{foot}" width="{small}" height="{height}" fill="{colour(value)}"/>')
        parts.append(f'<path d="M{at},{y - 4} v{8 * height + 8}" stroke="{INK}" stroke-width="2.5"/>')
    end = top + 3 * 8 * height + 2 * 28
    parts.append(text(at, end + 20, "edit", "middle"))
    return picture(x0 + small * len(STEPS) + 12, end + 34, parts, "An edit of a running network")


PICTURES = {"phi.svg": phi, "edit.svg": edit}

if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (HERE / name).write_text(draw(), "utf-8")
