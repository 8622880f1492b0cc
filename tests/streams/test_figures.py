"""The figures of streams show their tables' numbers where they stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emtvb.experiments.streams import tables as streams
from emtvb.experiments.streams.figures import stream_marker, stream_raster, stream_recall

from .test_tables import make_measured


@pytest.fixture
def recall(tmp_path: Path) -> pd.DataFrame:
    rows = make_measured((8, 24, 64))
    streams.by_size(rows).to_csv(tmp_path / "streams.csv", index=False)
    streams.by_length(rows).to_csv(tmp_path / "lengths.csv", index=False)
    return stream_recall.read(tmp_path / "streams.csv", tmp_path / "lengths.csv")


def test_recall_is_of_the_stream_of_the_most_sizes(recall: pd.DataFrame) -> None:
    assert recall["stream"].unique().tolist() == ["T1-n6to10"]
    figure = stream_recall.draw(recall)
    first = figure.axes[0]
    lines = {line.get_label(): line for line in first.lines if str(line.get_label()).startswith("n =")}
    assert list(lines) == [f"n = {n}" for n in range(6, 11)]
    own = recall[recall["measure"] == "recall_9"].sort_values("hidden_dim")
    np.testing.assert_allclose(np.asarray(lines["n = 9"].get_ydata(), float), own["mean"])
    assert np.asarray(lines["n = 9"].get_xdata(), int).tolist() == [8, 24, 64]


def test_what_is_read_has_the_untrained_networks_beside_it(tmp_path: Path) -> None:
    rows = make_measured((8, 24, 64))
    rows["input_age"], rows["untrained_input_age"] = 0.9, 0.5 + rows["hidden_dim"] / 200
    streams.by_size(rows).to_csv(tmp_path / "streams.csv", index=False)
    streams.by_length(rows).to_csv(tmp_path / "lengths.csv", index=False)
    figure = stream_recall.draw(stream_recall.read(tmp_path / "streams.csv", tmp_path / "lengths.csv"))
    (axes,) = [axes for axes in figure.axes if axes.get_title().startswith("inputs")]
    own = next(line for line in axes.lines if line.get_label() == "age")
    (control,) = [line for line in axes.lines if line.get_linestyle() == "--" and len(line.get_xdata())]
    assert control.get_color() == own.get_color()
    np.testing.assert_allclose(np.asarray(control.get_ydata(), float), [0.54, 0.62, 0.82])


def looks(*names: str) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows = []
    for stream, epochs, sizes in (("T1-n2to2", 20, (8, 16, 24, 32)), ("T1-n2to2", 60, (64,))):
        for size in sizes:
            for step in range(10):
                for number in (1, 2):
                    values = {name: rng.uniform(0.5, 1) for name in names}
                    rows.append({"stream": stream, "epochs": epochs, "hidden_dim": size, "step": step, "number": number,
                                 "after": step + 1, "before": number, "length": 2, **values})  # fmt: skip
    return pd.DataFrame(rows)


def test_a_raster_has_the_table_s_cells() -> None:
    rows = looks("readable", "untrained")
    figure = stream_raster.draw(rows)
    panels = [axes for axes in figure.axes if axes.images and axes.get_ylabel() != "share of elements read right"]
    shown, controls = panels[::2], panels[1::2]
    assert [axes.get_title() for axes in panels[:2]] == list(stream_raster.KINDS.values())
    untrained = rows[rows["hidden_dim"] == 8].pivot(index="number", columns="step", values="untrained")
    np.testing.assert_allclose(controls[0].images[0].get_array(), untrained.to_numpy())
    assert [axes.get_ylabel() for axes in shown][-1] == "T1, n = 2\n64 neurons\n60 epochs"
    assert len(shown) == stream_raster.MOST + 1
    own = rows[rows["hidden_dim"] == 8].pivot(index="number", columns="step", values="readable")
    np.testing.assert_allclose(shown[0].images[0].get_array(), own.to_numpy())
    lines = [float(np.asarray(line.get_xdata())[0]) for line in shown[0].lines]
    assert lines == [1.5, 4.5, 6.5], "its marker, the next episode, the next marker"
    assert stream_raster.numbers(rows)["hidden_dim"].unique().tolist() == [8, 24, 32, 64]


def test_the_markers_map_stands_above_silence() -> None:
    rows = looks(*stream_marker.KINDS).query("step < 2")
    figure = stream_marker.draw(rows)
    for axes, kind in zip(figure.axes[:: stream_raster.MOST + 1], stream_marker.KINDS, strict=False):
        own = rows[rows["hidden_dim"] == 8].pivot(index="after", columns="before", values=kind)
        np.testing.assert_allclose(axes.images[0].get_array(), own.to_numpy())
