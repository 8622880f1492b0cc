from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from emtvb.experiments.sweep.figures import forest
from emtvb.paper import significance
from emtvb.paper.forest import COLUMNS, UNJUDGED

NAN = float("nan")


def make_rows(
    printed: tuple[float, float] | None = (0.98, 0.003), errors: tuple[float, ...] = (0.002, 0.004, NAN),
    interval: tuple[float, float] = (0.001, 0.009), verdict: str | None = "not determined",
    tasks: tuple[str, ...] = ("T1",),
) -> pd.DataFrame:  # fmt: skip
    """The rows of a cell per task."""
    found = []
    for task in tasks:
        about = {"task": task, "hidden_dim": 64, "l2": 0.0}
        for measure, values, ends in (
            ("accuracy", (0.99, 1.0, 0.9), (0.85, 1.0)), ("spectral_error", errors, interval),
        ):  # fmt: skip
            here = {**about, "measure": measure}
            found += [{**here, "kind": "seed", "seed": i + 1, "value": value} for i, value in enumerate(values)]
            there = np.array(values)[np.isfinite(values)]
            mean = there.mean() if len(there) else NAN
            counts = {"with_value": len(there), "seeds": len(values), "verdict": verdict}
            found.append({**here, "kind": "ours", "value": mean, "low": ends[0], "high": ends[1], **counts})
            if printed:
                value = printed[measure == "spectral_error"]
                low, high = (value - 0.05, value + 0.05) if measure == "accuracy" else (value / 2, value * 2)
                found.append({**here, "kind": "printed", "value": value, "low": low, "high": high})
    return pd.DataFrame(found, columns=COLUMNS).astype({"seed": "Int64", "with_value": "Int64", "seeds": "Int64"})


def parts(figure: Figure) -> tuple[Axes, Axes, Axes, Axes]:
    """Names, accuracies, errors, and what has no error."""
    names, accuracies, errors, none = figure.axes
    return names, accuracies, errors, none


def drawn(axes: Axes, marker: str, colour: str | None = None) -> list[float]:
    lines = [line for line in axes.lines if line.get_marker() == marker and colour in (None, line.get_color())]
    return [float(x) for line in lines for x in np.asarray(line.get_xdata(), float)]


def words(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_every_verdict_has_a_sign_of_its_own() -> None:
    """A value of Table 1 always has a verdict, unless it cannot be judged here."""
    assert set(forest.SIGNS) == {*significance.VERDICTS, UNJUDGED} - {"no verdict"}
    assert len(set(forest.SIGNS.values())) == len(forest.SIGNS)


def test_coverage_and_verdict_stand_beside_their_row() -> None:
    names, *_ = parts(forest.draw(make_rows(verdict="inconsistent")))
    said = words(names)
    assert "2/3" in said
    assert said.count("\N{NOT EQUAL TO}") == 2
    figure = forest.draw(make_rows(verdict="consistent"))
    assert words(parts(figure)[0]).count("=") == 2
    assert any(text.get_text().startswith("= consistent") for text in figure.texts)


def test_cells_and_prints_without_an_error_stand_apart() -> None:
    rows = make_rows(printed=(0.98, NAN), errors=(NAN, NAN, NAN), interval=(NAN, NAN))
    names, _, errors, none = parts(forest.draw(rows))
    assert [line.get_marker() for line in none.lines] == ["o", "D"]
    assert not [line for line in errors.lines if np.isfinite(np.asarray(line.get_xdata(), float)).any()]
    assert "0/3" in words(names)
    assert [label.get_text() for label in none.get_xticklabels()] == ["none"]


def test_intervals_that_go_further_end_in_an_arrow() -> None:
    _, _, errors, _ = parts(forest.draw(make_rows(interval=(1e-9, 3.0))))
    low, high = errors.get_xlim()
    assert drawn(errors, "<") == [low]
    assert drawn(errors, ">") == [high]
    assert low > 1e-4
    assert high < 0.1
    _, _, errors, _ = parts(forest.draw(make_rows(interval=(0.0019, 0.0041))))
    assert not drawn(errors, "<") + drawn(errors, ">")


def test_nothing_is_claimed_where_nothing_is_printed_or_judged() -> None:
    figure = forest.draw(make_rows(printed=None, interval=(NAN, NAN), verdict=None).assign(low=NAN, high=NAN))
    names, accuracies, errors, _ = parts(figure)
    assert not drawn(accuracies, "D") + drawn(errors, "D")
    assert not set(words(names)) & set(forest.SIGNS.values())
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["our seeds (3)", "their mean"]


def test_each_setting_is_named_where_it_changes() -> None:
    rows = pd.concat([make_rows(tasks=("T1", "T2")), make_rows(tasks=("T2",)).assign(l2=0.001)], ignore_index=True)
    said = words(parts(forest.draw(rows))[0])
    assert [said.count(word) for word in ("T1", "T2", "64", "0", "0.001")] == [1, 1, 2, 2, 1]


def test_it_is_as_wide_as_a_column_and_its_letters_can_be_read() -> None:
    figure = forest.draw(make_rows(tasks=tuple(f"T{i}" for i in range(10))))
    assert figure.get_figwidth() == 3.3
    texts = [text for axes in figure.axes for text in (*axes.texts, axes.title)] + figure.texts
    assert min(text.get_fontsize() for text in texts if text.get_text()) >= 7


@pytest.mark.parametrize(
    "errors", [(4.3e-4, 6.5e-4), (2e-4, 0.3), (2e-5, 0.9), (0.002, 0.004), (0.011, 0.09), (0.5, 0.6)]
)
def test_the_axis_of_errors_is_labelled_and_its_labels_do_not_touch(errors: tuple[float, float]) -> None:
    figure = forest.draw(make_rows(printed=None, errors=(*errors, NAN), interval=errors))
    axes = parts(figure)[2]
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    low, high = axes.get_xlim()
    labels = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
    boxes = [label.get_window_extent(canvas.get_renderer()) for at, label in labels if low <= at <= high]
    assert boxes
    assert all(one.x1 + 1 < other.x0 for one, other in pairwise(boxes))
