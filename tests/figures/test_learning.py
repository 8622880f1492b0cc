from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from emtvb.experiments.sweep.figures import learning
from emtvb.figures import data

from .made_up import make_curves


def shown(curves: pd.DataFrame) -> pd.DataFrame:
    """Of networks that all solve their task."""
    return data.summarise_curves(curves).assign(solved=1.0)


def test_the_share_that_solves_a_task_is_of_each_group(tmp_path: Path) -> None:
    table = data.summarise_curves(make_curves(("T1",), (32, 64), (0.0,), seeds=2))
    table.to_csv(tmp_path / "learning.csv", index=False)
    measured = table.drop_duplicates("hidden_dim")[learning.CELL]
    measured = pd.concat([measured.assign(solved=1), measured.assign(solved=(measured["hidden_dim"] > 32).astype(int))])
    measured.to_csv(tmp_path / "measurements.csv", index=False)
    found = learning.read(tmp_path / "learning.csv", tmp_path / "measurements.csv")
    assert len(found) == len(table)
    assert (found["solved"] == np.where(found["hidden_dim"] > 32, 1.0, 0.5)).all()


def test_numbers_are_quartiles_over_runs() -> None:
    curves = make_curves(("T2", "T1"), (32,), (0.0, 0.1), seeds=5)
    table = data.summarise_curves(curves)
    assert table["task"].unique().tolist() == ["T2", "T1"]
    row = table.query("task == 'T1' and l2 == 0.1 and step == 500").iloc[0]
    values = curves.query("task == 'T1' and l2 == 0.1 and step == 500")
    assert row["runs"] == 5
    for measure in ("accuracy", "loss"):
        expected = np.percentile(values[measure], [25, 50, 75])
        np.testing.assert_allclose([row[f"{measure}_{percent}"] for percent in (25, 50, 75)], expected)


def test_numbers_mark_where_the_horizon_moves_up() -> None:
    curves = make_curves(("T1",), (64,), (0.0,), seeds=1)
    table = data.summarise_curves(curves)
    moved = np.flatnonzero(np.diff(curves["horizon"]) > 0) + 1
    assert len(moved)
    assert np.flatnonzero(table["moves_up"]).tolist() == moved.tolist()
    assert table["horizon"].tolist() == curves["horizon"].tolist()


def test_penalties_with_which_nothing_was_learned_are_left_out_and_named() -> None:
    curves = make_curves(("T1",), (32, 64), (0.0, 0.1, 10.0))
    curves.loc[curves["l2"] > 0, "accuracy"] = 0.5
    figure = learning.draw(shown(curves))
    assert "not drawn: L2 0.1, 10, where no accuracy leaves chance" in figure.get_suptitle().replace("\n", " ")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["L2 0, threshold 0.98"]
    curves["accuracy"] = 0.5
    figure = learning.draw(shown(curves))
    assert "not drawn" not in figure.get_suptitle()
    assert len(figure.legends[0].get_texts()) == 3


def test_diverged_and_unequal_runs_do_not_matter() -> None:
    curves = make_curves(("T1", "T2"), (32,), (0.0,), seeds=2)
    curves.loc[curves["seed"] == 2, ["loss", "accuracy"]] = np.nan
    curves.loc[curves.index[5], "loss"] = np.inf
    curves.loc[curves.index[7], "loss"] = 0.0
    curves = curves[(curves["task"] == "T1") | (curves["step"] < 300)]
    assert np.isfinite(data.summarise_curves(curves).query("step == 400")["loss_50"]).all()


def test_the_order_of_rows_does_not_matter() -> None:
    curves = make_curves(("T1",), (32, 64), (0.0, 0.1))
    shuffled = curves.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(data.summarise_curves(curves), data.summarise_curves(shuffled))


def test_the_figure_has_a_column_per_task_and_two_rows_per_size_that_learns() -> None:
    curves = make_curves(("T1", "T2"), (32, 64, 128), (0.0, 0.001))
    curves.loc[curves["hidden_dim"] == 32, "accuracy"] *= 0.9
    curves.loc[(curves["hidden_dim"] > 32) & (curves["step"] == curves["step"].max()), "accuracy"] = 1.0
    table = shown(curves).assign(solved=lambda table: np.where(table["hidden_dim"] > 32, 0.5, 0.05))
    figure = learning.draw(table)
    figure.canvas.draw()
    assert len(figure.axes) == 2 * 2 * 2
    assert [axes.get_title() for axes in figure.axes[:2]] == ["T1", "T2"]
    labels = ["64 neurons\naccuracy", "horizon", "128 neurons\naccuracy", "horizon"]
    assert [axes.get_ylabel() for axes in figure.axes[::2]] == labels
    assert figure.get_suptitle().endswith("not drawn: 32 neurons, where fewer than 10% solve a task")


def test_curves_differ_in_their_dashes_and_penalties_in_their_colours_too() -> None:
    curves = make_curves(("T1",), (64,), (0.0, 0.001), seeds=3)
    other = curves.assign(threshold=0.9, run_id=curves["run_id"] + "b")
    figure = learning.draw(shown(pd.concat([curves, other], ignore_index=True)))
    looks = {(str(line.get_color()), str(line._dash_pattern)) for line in figure.axes[0].lines}
    assert len({dash for _, dash in looks}) == len(looks) == 4
    assert len({colour for colour, _ in looks}) == 2
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == [f"L2 {l2}, threshold {threshold}" for l2 in ("0", "0.001") for threshold in ("0.9", "0.98")]
