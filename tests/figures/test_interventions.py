from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from emtvb.experiments.sweep.figures import interventions
from emtvb.theory.network_verdict import NOT_LEARNED, STORED

from .drawing import marked, xy
from .of_tables import make_obeyed


def crosses(figure: Figure) -> list[float]:
    """The controls of a figure of one panel, from the left."""
    return [float(xy(line)[0, 1]) for line in figure.axes[0].lines if line.get_marker() == "x"]


def said_in_key(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_key_says_how_many_networks_obey_most_edits_and_half() -> None:
    measured = make_obeyed(["T1", "T2"])
    measured["data_edit_success"] = [0.9, 0.5, 0.0] * 6
    first = said_in_key(interventions.draw(measured))[0]
    # the first task's three networks with 128 neurons do not solve it
    assert first == "basis by data: 5 of 15 obey nine in ten, 10 half"


def test_numbers_have_a_row_per_run_and_method() -> None:
    measured = make_obeyed(["T1", "T2"])
    table = interventions.numbers(measured)
    assert set(interventions.COLUMNS) <= set(measured.columns)
    assert len(table) == 3 * len(measured)
    for method in interventions.METHODS:
        rows = table[table["method"] == method].set_index("run_id")
        for column in ("edit_success", "random_edit_success", "other_edit_success"):
            assert rows[column].tolist() == measured[f"{method}_{column}"].tolist()
    assert table.groupby("verdict")["solved"].first().to_dict() == {NOT_LEARNED: False, STORED: True}


def test_columns_do_not_reach_into_each_other() -> None:
    measured = make_obeyed(["T1"])
    many = pd.concat([measured.assign(run_id=measured["run_id"] + str(i)) for i in range(20)], ignore_index=True)
    lines = [xy(line)[:, 0] for line in marked(interventions.draw(many).axes[0]) if len(xy(line)) > 1]
    columns = sorted((min(places), max(places)) for places in lines)
    assert len(columns) == 2 * 3  # cells that are solved, methods
    assert all(left[1] < right[0] for left, right in itertools.pairwise(columns))
    assert all(high - low > 0 for low, high in columns)


def test_the_control_is_the_one_that_can_fail_where_it_was_measured() -> None:
    measured = make_obeyed(["T1"])
    other = [f"{method}_{interventions.OTHER}" for method in interventions.METHODS]
    figure = interventions.draw(measured)
    assert said_in_key(figure)[-1] == "control, a step along another variable (largest share)"
    figure = interventions.draw(measured.drop(columns=other))
    assert said_in_key(figure)[-1] == "control, a step in a random direction (largest share)"
    most = measured[measured["verdict"] == STORED].groupby("l2")[
        [f"{m}_random_edit_success" for m in interventions.METHODS]
    ]
    np.testing.assert_allclose(crosses(figure), most.max().to_numpy().T.ravel())


def test_cells_in_which_no_run_solves_its_task_have_no_column() -> None:
    figure = interventions.draw(make_obeyed(["T1", "T2"]))
    assert figure.get_suptitle() == "not drawn: neurons and penalties with which no run solves the task"
    labels = [[label.get_text() for label in axes.get_xticklabels()] for axes in figure.axes]
    both = "64 neurons\nL2 0: 3 of 3\nL2 0.001: 3 of 3"
    assert labels == [[both], [both, "128 neurons\nL2 0: 3 of 3"]]
    assert interventions.draw(make_obeyed(["T1"]).query("hidden_dim == 64")).get_suptitle() == ""
