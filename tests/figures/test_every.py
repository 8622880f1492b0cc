"""What holds of every figure: it shows its CSV and nothing else, its text can be read, and it never fails."""

from __future__ import annotations

import dataclasses
import functools
import io
import itertools
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from emtvb import experiments
from emtvb.figures.style import house_style

from . import of_networks, of_tables
from .drawing import Drawing, Numbers, Shown

FIGURES: dict[str, Drawing] = {**of_networks.FIGURES, **of_tables.FIGURES}
FEW = ("T1", "T2")
MANY = tuple(f"T{i}" for i in range(1, 7))
LONG = ("T1", "compose-copy", "a name of $many words")
HANDED = {
    "few tasks": lambda drawing: drawing.make(FEW),
    "many tasks": lambda drawing: drawing.make(MANY),
    "long names": lambda drawing: drawing.make(LONG),
    "one row": lambda drawing: drawing.least(drawing.make(FEW)),
    "nothing": lambda drawing: drawing.nothing[0](drawing.make(FEW)),
}
"""What figures may be handed."""
TAKES_LONG = ("many tasks", "long names")
CASES = [
    pytest.param(name, handed, marks=pytest.mark.long if handed in TAKES_LONG else ())
    for name in FIGURES
    for handed in HANDED
    if handed != "nothing" or FIGURES[name].nothing
]

CRAMPED = {
    ("spectrum", "few tasks"): "two tasks with two networks each share one column of print",
    ("spectrum", "long names"): "a title is wider than its panel",
    ("weights", "long names"): "a name is higher than its row",
    ("wave", "long names"): "a title is wider than its panel",
    ("stream_raster", "long names"): "a name is higher than its row",
    ("hidden_state", "one row"): "the label beside a scale with three decimals",
}
"""Where words are cut or lie on others, and which."""

pytestmark = pytest.mark.filterwarnings("ignore:Animation was deleted")
all_figures = pytest.mark.parametrize("name", FIGURES)
all_tables = pytest.mark.parametrize("name", of_tables.FIGURES)


@functools.cache
def made(name: str, handed: str) -> tuple[Figure, pd.DataFrame]:
    """A figure, and its numbers as they are written."""
    drawing = FIGURES[name]
    shown = HANDED[handed](drawing)
    text = drawing.numbers(shown).to_csv(index=False, float_format="%.9g")
    return drawing.figure(shown), pd.read_csv(io.StringIO(text), dtype={"task": str, "run_id": str})


def pixels(figure: Figure) -> np.ndarray:
    """The picture as it is saved, but for its resolution."""
    with house_style():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.array(canvas.buffer_rgba())


@functools.cache
def written(name: str, handed: str) -> tuple[np.ndarray, list[tuple[str, Bbox]]]:
    """The picture; and every text in it with its place, without the lines that only keep a place free above it."""
    figure, _ = made(name, handed)
    drawn: dict[Text, None] = {}
    with pytest.MonkeyPatch.context() as patch:
        original = Text.draw
        patch.setattr(Text, "draw", lambda text, renderer: (drawn.setdefault(text), original(text, renderer)))
        seen = pixels(figure)
    found = []
    for text in drawn:
        said = text.get_text()
        if said.strip() and text.get_visible():
            (x0, y0), (x1, y1) = Text.get_window_extent(text, figure.canvas.get_renderer()).get_points()
            blank = (len(said) - len(said.lstrip("\n"))) / len(said.split("\n"))
            found.append((said, Bbox([[x0, y0], [x1, y1 - blank * (y1 - y0)]])))
    return seen, found


def picture(name: str) -> np.ndarray:
    return written(name, "few tasks")[0]


def differs(drawn: Numbers, other: Numbers) -> bool:
    both = zip(drawn, other, strict=True) if len(drawn) == len(other) else []
    return len(drawn) != len(other) or any(not np.array_equal(one, two, equal_nan=True) for one, two in both)


def test_every_figure_is_here() -> None:
    modules = {path for path in Path(experiments.__file__).parent.glob("*/figures/*.py") if path.stem != "__init__"}
    assert {Path(str(drawing.module.__file__)) for drawing in FIGURES.values()} == modules


def changed(values: Any) -> Any:
    """Other numbers, of which only 0 stays."""
    if isinstance(values, dict):
        return {name: changed(each) for name, each in values.items()}
    if isinstance(values, pd.Series):
        if not pd.api.types.is_numeric_dtype(values):
            return pd.Series(np.roll(values, 1), values.index)
        return 0.8 * values if values.dtype.kind == "f" else values + 1
    return 0.8 * values if isinstance(values, float) or np.iscomplexobj(values) else -values


def with_change(shown: Shown, column: str) -> Shown:
    if isinstance(shown, pd.DataFrame):
        return shown.assign(**{column: changed(shown[column])})
    if isinstance(shown, list):
        return [with_change(each, column) for each in shown]
    return dataclasses.replace(shown, **{column: changed(getattr(shown, column))})


@pytest.mark.parametrize(("name", "handed"), CASES)
def test_what_is_drawn_is_what_the_csv_says(name: str, handed: str) -> None:
    """Both ways: each number stands where it belongs, and no mark, bar, line or cell is there that it has not."""
    if handed == "nothing" and name in of_tables.FIGURES:
        return  # there is then no panel in which it could stand
    figure, table = made(name, handed)
    drawn, stated = FIGURES[name].drawn(figure), FIGURES[name].stated(table)
    assert len(drawn) == len(stated)
    for one, other in zip(drawn, stated, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


@pytest.mark.long
@all_figures
def test_a_changed_number_changes_the_picture(name: str) -> None:
    drawing = FIGURES[name]
    shown, drawn = drawing.make(FEW), drawing.drawn(made(name, "few tasks")[0])
    for column in drawing.columns:
        assert differs(drawn, drawing.drawn(drawing.figure(with_change(shown, column)))), column
    other = pixels(drawing.figure(functools.reduce(with_change, drawing.columns, shown)))
    assert other.shape != picture(name).shape or (other != picture(name)).any()


@pytest.mark.long
@all_tables
def test_the_order_of_rows_does_not_matter(name: str) -> None:
    drawing = FIGURES[name]
    table = drawing.make(FEW).reset_index(drop=True)
    mixed = table.sample(frac=1, random_state=0)
    if drawing.order:
        first = table.reset_index().groupby(list(drawing.order), dropna=False)["index"].transform("min")
        mixed = mixed.iloc[np.argsort(first[mixed.index], kind="stable")]
    figure, _ = made(name, "few tasks")
    other = drawing.figure(mixed)
    for one, two in zip(drawing.drawn(other), drawing.drawn(figure), strict=True):
        np.testing.assert_allclose(one, two)
    assert (pixels(other) != picture(name)).any(axis=2).mean() < 0.005, "but for marks that lie on each other"


@pytest.mark.long
@all_figures
def test_whatever_the_settings_the_picture_is_the_same(name: str) -> None:
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 5, "axes.grid": True, "image.cmap": "jet"}):
        np.testing.assert_array_equal(pixels(FIGURES[name].figure(FIGURES[name].make(FEW))), picture(name))


@pytest.mark.parametrize(("name", "handed"), CASES)
def test_no_text_is_cut_or_lies_on_another(name: str, handed: str, request: pytest.FixtureRequest) -> None:
    if (name, handed) in CRAMPED:
        request.applymarker(pytest.mark.xfail(reason=CRAMPED[name, handed], strict=True))
    texts, edge = written(name, handed)[1], made(name, handed)[0].bbox.padded(1)
    assert not [said for said, box in texts if not (edge.contains(*box.min) and edge.contains(*box.max))]
    inner = [(said, box.padded(-1)) for said, box in texts]
    assert not [(one, two) for (one, here), (two, there) in itertools.combinations(inner, 2) if here.overlaps(there)]


@pytest.mark.parametrize(
    ("handed", "tasks"),
    [
        ("few tasks", FEW),
        pytest.param("many tasks", MANY, marks=pytest.mark.long),
        pytest.param("long names", LONG, marks=pytest.mark.long),
    ],
)
@all_figures
def test_every_task_is_named(name: str, handed: str, tasks: tuple[str, ...]) -> None:
    said = re.sub(r"[\s\\]", "", "".join(words for words, _ in written(name, handed)[1]))
    for task in FIGURES[name].named(tasks):
        assert task.replace(" ", "") in said


@pytest.mark.parametrize("name", [name for name, drawing in FIGURES.items() if drawing.nothing])
def test_where_there_is_nothing_to_show_it_says_so(name: str) -> None:
    said = " ".join(words.replace("\n", " ") for words, _ in written(name, "nothing")[1])
    assert FIGURES[name].nothing[1] in said  # type: ignore[index]


@pytest.mark.long
@all_tables
def test_what_is_no_number_does_no_harm(name: str) -> None:
    drawing = FIGURES[name]
    table = drawing.make(FEW)
    columns = [column for column in drawing.columns if pd.api.types.is_float_dtype(table[column])]
    infinite = np.inf if name != "multipliers" else np.nan  # rates of networks that solve their task are finite
    for row, number in ((0, np.nan), (1, infinite)):
        table.loc[row, columns] = number
    pixels(drawing.figure(table))
