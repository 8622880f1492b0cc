"""Figures of tables: what each is made of, and where its numbers are."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb.experiments.streams.figures import stream_marker, stream_raster, stream_recall
from emtvb.experiments.sweep import milestones
from emtvb.experiments.sweep.figures import (
    ablations,
    comparison,
    evidence,
    following,
    forest,
    gradients,
    interventions,
    learning,
    memory,
    multipliers,
    solutions,
    statements,
)
from emtvb.paper.verdicts import SHOWN
from emtvb.theory.memory_columns import AMPLITUDES, DURATIONS, FRESH_CONTENTS, LINEAR, PHI, TRAINED
from emtvb.theory.verdict import NOT_LEARNED, OTHERWISE, STORED

from .drawing import (
    Drawing,
    Numbers,
    bands,
    bars,
    curves,
    curves_and_bands,
    first,
    groups,
    images,
    is_open,
    marked,
    no_rows,
    of_panels,
    points,
    points_of,
    xy,
)
from .drawing import cells as cells_of
from .made_up import crossed, make_cells

SETTINGS = [(64, 0.0), (64, 0.001), (128, 0.0)]
"""Sizes and penalties."""


def make_ablated(tasks: Sequence[str]) -> pd.DataFrame:
    removed = [(basis, removed) for basis, (_, removals) in ablations.SHOWN.items() for removed in removals]
    table = crossed(
        {"task": tasks, ("hidden_dim", "l2"): SETTINGS, ("basis", "removed"): removed, "when": ["throughout", "later"]},
        ("low", "mean", "high"),
    )
    everything = table[table["task"] == tasks[0]].assign(task="all", hidden_dim=np.nan)
    return pd.concat([table, everything, table.iloc[:1].assign(basis="span")], ignore_index=True)


def stated_ablated(table: pd.DataFrame) -> Numbers:
    places = [(basis, removed) for basis, (_, removals) in ablations.SHOWN.items() for removed in removals]
    pairs = table[["basis", "removed"]].itertuples(index=False, name=None)
    table = table.assign(place=[places.index(pair) for pair in pairs], open=table["when"] != "throughout")
    ordered = [rows.sort_values(["place", "hidden_dim", "l2", "open"]) for rows in groups(table, "task")]
    return [points_of(rows, "mean", "low", "high", is_open=rows["open"]) for rows in ordered]


def make_compared(tasks: Sequence[str]) -> pd.DataFrame:
    differs = ["itself", "penalty", "size", "seed", "untrained"]
    table = crossed(
        {"differs": differs, "task": ["all", *tasks], "measure": [*comparison.MEASURES]},
        ("low", "lower", "median", "upper", "high"), ("bar",),
    )  # fmt: skip
    return table.assign(
        median=table["median"].where(table.index != 9, 1e-5), low=table["low"].where(table.index != 9, 0.0)
    )


def shown_comparisons(figure: Figure) -> Numbers:
    found = []
    for axes in figure.axes:
        (alike,) = [patch for patch in axes.patches if patch.get_zorder() == 0.5] or [None]
        found += [points(axes, upright=True), np.array(alike.get_bbox().intervaly if alike else [])]
    return found


def stated_comparisons(table: pd.DataFrame) -> Numbers:
    table, found = table[table["task"] != "all"], []
    order, tasks = list(comparison.GROUPS), list(dict.fromkeys(table["task"]))
    for measure in comparison.MEASURES:
        rows = table[table["measure"] == measure]
        rows = rows.sort_values(["differs", "task"], key=lambda names: names.map((order + tasks).index))
        values = ["median", "lower", "upper", "low", "high"]
        rows, alike = rows.assign(**{name: rows[name].clip(lower=1e-3) for name in values}), rows["bar"].dropna()
        found += [points_of(rows, *values), np.array([alike.min(), 1.02 * alike.max()] if len(alike) else [])]
    return found


def make_rates(_: Sequence[str]) -> pd.DataFrame:
    return crossed(
        {"what": [*evidence.NAMES], "population": ["a", "b", "c"],
         ("model", "seeds"): [("exchangeable seeds", 5), ("same seeds", 20)], "deviation": [0.0, 1.0, 2.0]},
        ("agrees",), ("differs",),
    )  # fmt: skip


def stated_rates(table: pd.DataFrame) -> Numbers:
    found = []
    for question, what in itertools.product(evidence.QUESTIONS, evidence.NAMES):
        rows = table[table["what"] == what].groupby(["deviation", "model", "seeds"])[question]
        found.append(points_of(rows.agg(["mean", "min", "max"]), "mean", "min", "max"))
    return found


def make_followed(tasks: Sequence[str]) -> pd.DataFrame:
    runs = [(task, f"{task}-{i}", int(i < 2)) for task in tasks for i in range(3)]
    table = crossed(
        {("task", "run_id", "solved"): runs, "step": [500, 2000, 8000, 20_000]},
        ("test_accuracy",), ("matched_spectral_error",), ("accuracy_quarter", "accuracy_whole"), ("cycle_multiplier",),
    )  # fmt: skip
    errors, multipliers = table["matched_spectral_error"] / 20, 2 * table["cycle_multiplier"]
    table = table.assign(horizon=table["step"] // 100, measured_solved=0.6, cycle_multiplier=multipliers)
    return table.assign(matched_spectral_error=errors)[["run_id", "task", "solved", "step", *milestones.READ]]


def shown_followed(figure: Figure) -> Numbers:
    accuracy, angles, moments, telling = figure.axes
    steps = [np.sort(xy(line)[:, 0]) for line in moments.lines]
    return [*curves(accuracy), *curves(angles), *steps, *curves(telling)]


def stated_followed(table: pd.DataFrame) -> Numbers:
    runs = [rows.sort_values("step") for _, rows in table.groupby(["solved", "run_id"])]
    found, told = milestones.of_runs(table), milestones.told(table)
    found = found[found["solved"] == 1]
    return [
        *(rows[["step", name]].to_numpy(float) for name in ("test_accuracy", "matched_spectral_error") for rows in runs),
        *(np.sort(found.loc[found["task"] == task, name].dropna().to_numpy(float))
          for name in milestones.NAMES for task in sorted(set(table["task"]))),
        *(rows[["step", "share"]].to_numpy(float) for _, rows in told.groupby("cut")),
    ]  # fmt: skip


def shown_cells(figure: Figure) -> Numbers:
    """Of a forest plot: by measure and kind of mark what stands in each row, from the top."""
    found = []
    for axes in figure.axes[1:3]:
        for marker, colour in (
            ("o", forest._SEEDS),
            ("o", forest._OURS),
            ("D", forest._PRINTED),
            ("None", forest._MARGIN),
        ):
            lines = [line for line in axes.lines if (line.get_marker(), line.get_color()) == (marker, colour)]
            found += [np.sort(xy(line)[:, 0]) for line in lines]
        found.append(bars(axes)[:, :, 0])
    return found


def stated_cells(table: pd.DataFrame) -> Numbers:
    found = []
    for measure in ("accuracy", "spectral_error"):
        of = {kind: groups(rows, *forest.CELL) for kind, rows in table[table["measure"] == measure].groupby("kind")}
        found += [np.sort(rows["value"].dropna().to_numpy(float)) for rows in of["seed"]]
        found += [rows["value"].to_numpy(float) for kind in ("ours", "printed") for rows in of.get(kind, [])]
        found += [rows[["low", "high"]].to_numpy(float)[0] for rows in of.get("printed", [])]
        found.append(pd.concat(of["ours"])[["low", "high"]].to_numpy(float))
    return found


def make_gradients(tasks: Sequence[str]) -> pd.DataFrame:
    table = crossed(
        {"task": [*tasks, "all"], "l2": [0.0, 0.001], "when": ["initial", "trained"], "solves": [True, False],
         "lag": [1, 5, 20, 100]},
        ("quarter", "median", "three_quarters"), ("networks",),
    )  # fmt: skip
    vanished = (table["lag"] == 100) & (table["l2"] > 0)
    table.loc[vanished, ["quarter", "median"]] = 1e-20
    return table.assign(l2=table["l2"].where(table["task"] != "all"))


def stated_gradients(table: pd.DataFrame) -> Numbers:
    found = []
    for rows in groups(table, "task"):
        before = rows[rows["when"] == "initial"].sort_values("networks").groupby("lag").tail(1)
        after = rows[rows["when"] != "initial"].assign(fails=~rows["solves"])
        lines = [before, *(line for _, line in after.groupby(["l2", "fails"]))]
        lines = [line[line["median"] > 1e-10].sort_values("lag") for line in lines]
        found += [line[["lag", "median"]].to_numpy(float) for line in lines if len(line)]
        ends = ["quarter", "three_quarters"]
        found += [
            line.assign(quarter=line["quarter"].clip(lower=1e-10))[["lag", *ends]].to_numpy(float)
            for line in lines
            if len(line)
        ]
    return found


def make_obeyed(tasks: Sequence[str]) -> pd.DataFrame:
    rates = [
        f"{method}_{rate}" for method in interventions.METHODS for rate in (*interventions._RATES, interventions.OTHER)
    ]
    table = crossed(
        {"task": tasks, ("hidden_dim", "l2"): SETTINGS, "seed": [1, 2, 3]},
        ("unedited_success",),
        *((rate,) for rate in rates),
    ).assign(threshold=0.98, verdict=STORED, test_accuracy=1.0)
    table["run_id"] = [f"run {i}" for i in table.index]
    table.loc[table["seed"] == 1, "data_edit_success"] = 1.0
    table.loc[(table["hidden_dim"] == 128) & (table["task"] == tasks[0]), "verdict"] = NOT_LEARNED
    return table


def shown_columns(figure: Figure) -> Numbers:
    """Each column's way, whether it is open, how many networks obey every edit, the control, unedited; and its marks."""
    found = []
    for axes in figure.axes:
        ways = [line for line in marked(axes) if xy(line)[0, 1] == interventions.WAY]
        for way in sorted(ways, key=lambda line: xy(line)[0, 0]):
            place = xy(way)[0, 0]
            here = [line for line in axes.lines if len(xy(line)) and abs(xy(line)[:, 0].mean() - place) < 0.45]
            (count,) = [text.get_text() for text in axes.texts if text.get_position()[0] == place]
            control = [xy(line)[0, 1] for line in here if line.get_marker() == "x"]
            unedited = [xy(line)[0, 1] for line in here if line.get_marker() == "None" and len(xy(line)) == 2]
            shares = np.sort([y for line in marked(axes) if line in here and line is not way for y in xy(line)[:, 1]])
            looks = {(line.get_marker(), is_open(line)) for line in marked(axes) if line in here}
            ((marker, with_penalty),) = looks
            found.append(np.array(["os^".index(marker), with_penalty, int(count), *control, *unedited, *shares]))
    return found


def stated_columns(table: pd.DataFrame) -> Numbers:
    table, found = table[table["solved"]], []
    for of_task in groups(table, "task"):
        for (_, method, l2), rows in of_task.assign(
            method=of_task["method"].map(list(interventions.METHODS).index)
        ).groupby(["hidden_dim", "method", "l2"]):
            shares, control = rows["edit_success"], rows["other_edit_success"].fillna(rows["random_edit_success"])
            below = np.sort(shares[~(shares >= 1)].to_numpy(float))
            most = [control.max()] if np.isfinite(control).any() else []
            found.append(
                np.array([method, l2 > 0, (shares >= 1).sum(), *most, rows["unedited_success"].mean(), *below])
            )
    return found


def make_learned(tasks: Sequence[str]) -> pd.DataFrame:
    return crossed(
        {"task": tasks, "hidden_dim": [32, 64], "l2": [0.0, 0.001], "threshold": [0.9, 0.98], "step": [0, 100, 400, 999]},
        ("accuracy_25", "accuracy_50", "accuracy_75"), ("horizon",),
    ).assign(horizon=lambda table: (100 * table["horizon"]).round().astype(int), runs=3, solved=1.0)  # fmt: skip


def stated_curves(table: pd.DataFrame) -> Numbers:
    found = []
    for (_, rows), measure in itertools.product(table.groupby("hidden_dim"), learning.HEIGHTS):
        for of_task in groups(rows, "task"):
            lines = groups(of_task, "l2", "threshold")
            middle = "accuracy_50" if measure == "accuracy" else measure
            found += [line[["step", middle]].to_numpy(float) for line in lines]
            if measure == "accuracy":
                found += [line[["step", "accuracy_25", "accuracy_75"]].to_numpy(float) for line in lines]
    return found


def make_memories(tasks: Sequence[str]) -> pd.DataFrame:
    varied = [("duration", float(x)) for x in DURATIONS] + [("amplitude", x) for x in AMPLITUDES.values()]
    lines = crossed(
        {("varied", "x"): varied, "task": tasks, "network": [TRAINED, LINEAR, PHI]},
        ("quarter", "median", "three_quarters"),
    ).assign(networks=4)  # fmt: skip
    return pd.concat(
        [lines, crossed({"task": tasks, "network": [TRAINED, PHI], "run_id": "abcd"}, ("value",)).assign(varied="halfway")],
        ignore_index=True,
    )  # fmt: skip


def shown_memories(figure: Figure) -> Numbers:
    *panels, halfway = figure.axes
    lines = [each for axes in panels for each in (*curves(axes), *bands(axes))]
    return [*lines, *(np.sort(xy(line)[:, 1]) for line in marked(halfway))]


def stated_memories(table: pd.DataFrame) -> Numbers:
    tasks, found = sorted(set(table.loc[table["network"] == TRAINED, "task"])), []
    for varied in ("duration", "amplitude"):
        rows = table[table["varied"] == varied].sort_values("x")
        lines = [
            rows[(rows["task"] == task) & (rows["network"] == name)]
            for task in tasks
            for name in (TRAINED, LINEAR, PHI)
        ]
        found += [line[["x", "median"]].to_numpy(float) for line in lines if len(line)]
        ends = ["x", "quarter", "three_quarters"]
        found += [line[ends].to_numpy(float) for line in lines if len(line) and line["network"].iloc[0] == TRAINED]
    halves = table[(table["varied"] == "halfway") & (table["network"] == TRAINED)]
    return found + [np.sort(rows["value"].to_numpy(float)) for _, rows in halves.groupby("task")]


def make_multipliers(tasks: Sequence[str]) -> pd.DataFrame:
    networks = crossed(
        {"task": tasks, "hidden_dim": [64, 128], "fresh_attracting": [FRESH_CONTENTS, 3]},
        ("fresh_rate",),
        (multipliers.LASTS,),
    )
    networks = networks.assign(of="network", fresh_rate=networks["fresh_rate"] - 0.6, measured_solved=0.98)
    told = [(f"{by}_told",) for by in multipliers.TOLD]
    law = crossed({"experiment": ["paper", "twins"]}, ("attracting_low", "attracting_high"), *told)
    law = law.assign(of="experiment", networks=40.0, **{name: (40 * law[name]).round() for (name,) in told})
    return pd.concat([networks, law], ignore_index=True)


def shown_multipliers(figure: Figure) -> Numbers:
    left, right = figure.axes
    each = sorted((*xy(line)[0], line.get_markerfacecolor() == "none") for line in marked(left))
    controls = [xy(line)[0] for line in right.lines if line.get_marker() in "x+|"]
    return [np.array(each, float), points(right), np.array(controls)]


def stated_multipliers(table: pd.DataFrame) -> Numbers:
    networks, law = table[table["of"] == "network"], table[table["of"] == "experiment"]
    some = networks["fresh_attracting"] != FRESH_CONTENTS
    each = sorted(zip(networks["fresh_rate"], networks[multipliers.LASTS], some, strict=True))
    told = law.assign(told=law["attracting_told"] / law["networks"])
    controls = [
        (row[f"{by}_told"] / row["networks"], place + below)
        for place, (_, row) in enumerate(law.iterrows()) for by, below in (("returning", 0.2), ("early", 0.2), ("task", 0))
    ]  # fmt: skip
    return [np.array(each, float), points_of(told, "told", "attracting_low", "attracting_high"), np.array(controls)]


def make_solved(tasks: Sequence[str]) -> pd.DataFrame:
    runs = crossed(
        {"task": tasks, ("hidden_dim", "l2"): SETTINGS, "threshold": [0.9, 0.98], "seed": range(1, 6)}, ("p",)
    )
    verdict = np.select([runs["p"] < 0.4, runs["p"] < 0.7], [STORED, OTHERWISE], NOT_LEARNED)
    idle = (runs["hidden_dim"] == 128) & (runs["task"] == tasks[0])
    return runs.assign(verdict=np.where(idle, NOT_LEARNED, verdict), twin=0, run_id=[f"run {i}" for i in runs.index])


def stated_solutions(table: pd.DataFrame) -> Numbers:
    found = []
    for rows in groups(table, "task"):
        solved = rows[(rows["verdict"] != NOT_LEARNED) & (rows["found"] > 0)]
        if len(solved):
            rows = rows.merge(solved[["hidden_dim", "l2"]].drop_duplicates())
        rows = rows[rows["verdict"] != NOT_LEARNED].assign(kind=rows["verdict"] == OTHERWISE)
        rows = rows.sort_values(["hidden_dim", "l2", "threshold", "kind"])
        found.append(points_of(rows, "value", "low", "high"))
    return found


def make_shares(tasks: Sequence[str]) -> pd.DataFrame:
    table = crossed({"name": [*SHOWN], "task": tasks, ("hidden_dim", "l2"): SETTINGS}, ("low", "share", "high"))
    table["networks"] = 20 + table.index
    return table.assign(holds=(table["share"] * table["networks"]).round().astype(int))


def shown_shares(figure: Figure) -> Numbers:
    found = []
    for axes in figure.axes:
        texts = sorted(axes.texts, key=lambda text: text.get_position()[1])
        found += [points(axes), np.array([text.get_text().split("/") for text in texts], float)]
    return found


def stated_shares(table: pd.DataFrame) -> Numbers:
    found = []
    for name in SHOWN:
        rows = table[table["name"] == name].sort_values(["task", "hidden_dim", "l2"])
        found += [points_of(rows, "share", "low", "high"), rows[["holds", "networks"]].to_numpy(float)]
    return found


# Networks on streams


def make_steps(tasks: Sequence[str], kinds: Sequence[str], places: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    streams = [(f"{task}-n2to2", epochs) for task, epochs in zip(tasks, itertools.cycle((20, 60)))]
    table = crossed({("stream", "epochs"): streams, "hidden_dim": [8, 16], **places}, *((kind,) for kind in kinds))
    return table.assign(length=2)


def make_raster(tasks: Sequence[str]) -> pd.DataFrame:
    return make_steps(tasks, [*stream_raster.KINDS], {"number": [1, 2], "step": range(10)})


def stated_raster(table: pd.DataFrame) -> Numbers:
    rows = groups(table, "stream", "epochs", "hidden_dim")
    return [cells_of(part, "number", "step", kind) for part in rows for kind in stream_raster.KINDS]


def make_markers(tasks: Sequence[str]) -> pd.DataFrame:
    return make_steps(tasks, [*stream_marker.KINDS], {"after": [1, 2, 3], "before": [1, 2, 3]})


def stated_markers(table: pd.DataFrame) -> Numbers:
    rows = groups(table, "stream", "epochs", "hidden_dim")
    return [cells_of(part, "after", "before", kind) for kind in stream_marker.KINDS for part in rows]


RECALL = [f"recall_{n}" for n in range(6, 9)]


def make_recall(_: Sequence[str]) -> pd.DataFrame:
    measures = [
        *RECALL,
        *(before + name for panel in stream_recall.PANELS.values() for name in panel for before in ("", "untrained_")),
    ]
    table = crossed({"measure": measures, "hidden_dim": [8, 24, 64]}, ("low", "mean", "high"))
    return table[~table["measure"].str.startswith("untrained_edit")].assign(stream="T1-n6to8", epochs=20)


def shown_recall(figure: Figure) -> Numbers:
    found = []
    for axes in figure.axes:
        lines, ends = curves(axes, "-"), bars(axes)[:, :, 1]
        found += [*curves(axes, "--"), *lines]
        found.append(ends)
    return found


def stated_recall(table: pd.DataFrame) -> Numbers:
    found = []
    for measures in (RECALL, *stream_recall.PANELS.values()):
        own, controls = (
            [
                rows
                for name in measures
                if len(rows := table[table["measure"] == before + name].sort_values("hidden_dim"))
            ]
            for before in ("", "untrained_")
        )
        found += [rows[["hidden_dim", "mean"]].to_numpy(float) for rows in (*controls, *own)]
        found.append(pd.concat([table.iloc[:0], *own])[["low", "high"]].to_numpy(float))
    return found


def unlearned(table: pd.DataFrame) -> pd.DataFrame:
    """The same runs, had none learned its task."""
    return table.assign(verdict=NOT_LEARNED)


def upright(axes: Axes) -> np.ndarray:
    return points(axes, upright=True)


def no_task(_: Sequence[str]) -> Sequence[str]:
    return ()


def one_run(table: pd.DataFrame) -> pd.DataFrame:
    """All rows of the first run."""
    return table[table["run_id"] == table["run_id"].iloc[0]]


NO_NETWORK = "no network of this experiment solves its task"
ENDS = ("low", "mean", "high")
FIGURES = {
    "ablations": Drawing(
        ablations, make_ablated, ENDS, of_panels(points), stated_ablated, first, ("task",), nothing=(no_rows, NO_NETWORK),
    ),
    "comparison": Drawing(
        comparison, make_compared, ("low", "lower", "median", "upper", "high", "bar"), shown_comparisons,
        stated_comparisons, lambda table: table[(table["differs"] == "seed") & (table["task"] == "T1")], ("task",),
        nothing=(lambda table: table[table["differs"].isin(comparison.CONTROLS)], comparison.NOTHING),
    ),
    "evidence": Drawing(
        evidence, make_rates, ("agrees", "differs"), of_panels(upright), stated_rates,
        lambda table: table[table["population"] == "a"].groupby("what").head(1), ("model", "seeds"), no_task,
    ),
    "following": Drawing(
        following, make_followed, ("test_accuracy", "matched_spectral_error"), shown_followed,
        stated_followed, one_run, nothing=(lambda table: table.assign(solved=0), "does not solve its task"),
    ),
    "forest": Drawing(
        forest, make_cells, ("value", "low", "high"), shown_cells, stated_cells,
        lambda table: make_cells(["T1"]).iloc[[0, 3, 5, 8]], (*forest.CELL,),
        nothing=(lambda table: table.assign(value=np.nan, low=np.nan, high=np.nan, with_value=0), "0/3"),
    ),
    "gradients": Drawing(
        gradients, make_gradients, ("quarter", "median", "three_quarters"), curves_and_bands, stated_gradients, first,
        ("task",), nothing=(lambda table: table.assign(solves=False), "does not"),
    ),
    "interventions": Drawing(
        interventions, make_obeyed,
        ("unedited_success", *(f"{method}_{rate}" for method in interventions.METHODS
                               for rate in ("edit_success", "other_edit_success"))),
        shown_columns, stated_columns, lambda table: table.iloc[[-1]], ("task",),
        nothing=(unlearned, "no run solves it"),
    ),
    "learning": Drawing(
        learning, make_learned, ("accuracy_25", "accuracy_50", "accuracy_75", "horizon"), curves_and_bands, stated_curves,
        first, ("task", "hidden_dim", "l2", "threshold", "step"),
        nothing=(lambda table: table.assign(solved=0.0, accuracy_75=0.5), "32 neurons"),
    ),
    "memory": Drawing(
        memory, make_memories, ("quarter", "median", "three_quarters", "value"), shown_memories, stated_memories,
        lambda table: table[(table["task"] == table["task"].iloc[0]) & (table["network"] == TRAINED)],
        nothing=(no_rows, NO_NETWORK),
    ),
    "multipliers": Drawing(
        multipliers, make_multipliers,
        ("fresh_rate", multipliers.LASTS, "attracting_low", "attracting_high", *(f"{by}_told" for by in multipliers.TOLD)),
        shown_multipliers, stated_multipliers, lambda table: table.iloc[[0, -1]], ("experiment",),
        nothing=(no_rows, NO_NETWORK),
    ),
    "solutions": Drawing(
        solutions, make_solved, ("verdict",), of_panels(upright), stated_solutions, lambda table: table.iloc[[-1]],
        ("task",), nothing=(unlearned, "64"),
    ),
    "statements": Drawing(
        statements, make_shares, ("low", "share", "high", "holds", "networks"), shown_shares, stated_shares,
        lambda table: table.groupby("name", sort=False).head(1), nothing=(no_rows, "no network here solves its task"),
    ),
    "stream_marker": Drawing(
        stream_marker, lambda tasks: make_markers(tasks[:3]), [*stream_marker.KINDS], images, stated_markers,
        lambda table: table[(table["stream"] == table["stream"].iloc[0]) & (table["hidden_dim"] == 8)],
        ("stream", "epochs", "hidden_dim"), lambda tasks: tasks[:3],
    ),
    "stream_raster": Drawing(
        stream_raster, make_raster, [*stream_raster.KINDS], images, stated_raster,
        lambda table: table[(table["stream"] == table["stream"].iloc[0]) & (table["hidden_dim"] == 8)],
        ("stream", "epochs", "hidden_dim"),
    ),
    "stream_recall": Drawing(
        stream_recall, make_recall, ENDS, shown_recall, stated_recall, first, (), no_task,
    ),
}  # fmt: skip
