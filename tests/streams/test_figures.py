"""The figures of streams show their tables' numbers where they stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from emtvb.experiments.streams import stream_tables as streams
from emtvb.experiments.streams.figures import stream_raster, stream_recall

from ..figures.made_up import crossed
from .test_stream_tables import make_measured


def test_recall_is_of_the_stream_of_the_most_sizes_with_untrained_networks_beside_it(tmp_path: Path) -> None:
    rows = make_measured((8, 24, 64))
    rows["input_age"], rows["untrained_input_age"] = 0.9, 0.5 + rows["hidden_dim"] / 200
    streams.by_size(rows).to_csv(tmp_path / "streams.csv", index=False)
    streams.by_length(rows).to_csv(tmp_path / "lengths.csv", index=False)
    recall = stream_recall.read(tmp_path / "streams.csv", tmp_path / "lengths.csv")
    assert recall["stream"].unique().tolist() == ["T1-n6to10"]
    figure = stream_recall.draw(recall)
    labels = [str(line.get_label()) for line in figure.axes[0].lines]
    assert [label for label in labels if label.startswith("n =")] == [f"n = {n}" for n in range(6, 11)]
    (axes,) = [axes for axes in figure.axes if axes.get_title().startswith("inputs")]
    own = next(line for line in axes.lines if line.get_label() == "age")
    (control,) = [line for line in axes.lines if line.get_linestyle() == "--" and len(line.get_xdata())]
    assert control.get_color() == own.get_color()
    np.testing.assert_allclose(np.asarray(control.get_ydata(), float), [0.54, 0.62, 0.82])


def test_a_raster_has_some_of_the_sizes_and_lines_where_an_episode_ends() -> None:
    cells = [(20, size) for size in (8, 16, 24, 32)] + [(60, 64)]
    rows = crossed(
        {("epochs", "hidden_dim"): cells, "step": range(10), "number": (1, 2)}, ("readable",), ("untrained",)
    )
    rows = rows.assign(stream="T1-n2to2", length=2)
    figure = stream_raster.draw(rows)
    panels = [axes for axes in figure.axes if axes.images and axes.get_ylabel() != "share of elements read right"]
    shown = panels[::2]
    assert [axes.get_title() for axes in panels[:2]] == list(stream_raster.KINDS.values())
    assert [axes.get_ylabel() for axes in shown][-1] == "T1, n = 2\n64 neurons\n60 epochs"
    assert len(shown) == stream_raster.MOST + 1
    lines = [float(np.asarray(line.get_xdata())[0]) for line in shown[0].lines]
    assert lines == [1.5, 4.5, 6.5], "its marker, the next episode, the next marker"
    assert stream_raster.numbers(rows)["hidden_dim"].unique().tolist() == [8, 24, 32, 64]
