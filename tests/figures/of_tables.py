"""Figures of tables: what each is made of, and where its numbers are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb.experiments.streams.figures import stream_marker, stream_raster, stream_recall
from emtvb.experiments.sweep import milestones
from emtvb.experiments.sweep.constants import ALL
from emtvb.experiments.sweep.figures import (
    ablations,
    bases,
    comparison,
    dose,
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
from emtvb.figures.marks import MARKERS
from emtvb.paper.shares import SHOWN, TITLES
from emtvb.theory.memory_columns import AMPLITUDES, DURATIONS, FRESH_CONTENTS, LINEAR, PHI, TRAINED
from emtvb.theory.network_verdict import NOT_LEARNED, OTHERWISE, STORED

from .drawing import (
    Drawing,
    Numbers,
    bands,
    bars,
    cells,
    curves,
    curves_and_bands,
    first,
    groups,
    images,
    is_open,
    lines_of,
    marked,
    no_rows,
    of,
    of_panels,
    points,
    points_of,
    xy,
)
from .made_up import crossed, make_cells

SETTINGS = [(64, 0.0), (64, 0.001), (128, 0.0)]
"""Sizes and penalties."""
QUARTILES = ("quarter", "median", "three_quarters")
ENDS = ("low", "mean", "high")
NO_NETWORK = "no network of this experiment solves its task"


def no_task(_: Sequence[str]) -> Sequence[str]:
    return ()


def unlearned(table: pd.DataFrame) -> pd.DataFrame:
    """The same runs, had none learned its task."""
    return table.assign(verdict=NOT_LEARNED)


def upright(axes: Axes) -> np.ndarray:
    return points(axes, upright=True)


def in_bands(lines: Iterable[pd.DataFrame], place: str, middle: str, *ends: str) -> Numbers:
    """What :func:`curves_and_bands` reads of lines through middles, in bands if they have ends."""
    there = [line for line in lines if len(line)]
    return [of(line, place, middle) for line in there] + [of(line, place, *ends) for line in there if ends]


DASHES = ("-", "--", ":")


def in_dashes(panels: Iterable[Axes]) -> Numbers:
    """Of each panel that has lines these, bands, and the number of each line's dashes."""
    found = []
    for axes in filter(lines_of, panels):
        dashes = [
            dash for line in axes.lines for dash in DASHES if line.get_linestyle() == dash and line in lines_of(axes)
        ]
        found += [*curves(axes), *bands(axes), np.array([*map(DASHES.index, dashes)], float)]
    return found


REMOVED = [(basis, removed) for basis, (_, removals) in ablations.SHOWN.items() for removed in removals]


def make_ablated(tasks: Sequence[str]) -> pd.DataFrame:
    table = crossed(
        {"task": tasks, ("hidden_dim", "l2"): SETTINGS, ("basis", "removed"): REMOVED, "when": ["throughout", "later"]},
        ENDS,
    )
    everything = table[table["task"] == tasks[0]].assign(task="all", hidden_dim=np.nan)
    return pd.concat([table, everything, table.iloc[:1].assign(basis="span")], ignore_index=True)


def stated_ablated(table: pd.DataFrame) -> Numbers:
    removed = [*zip(table["basis"], table["removed"], strict=True)]
    table = table.assign(place=[*map(REMOVED.index, removed)], open=table["when"] != "throughout")
    panels = groups(table[table["task"] != "all"], "task")
    ordered = [rows.sort_values(["place", "hidden_dim", "l2", "open"]) for rows in panels]
    return [points_of(rows, "mean", "low", "high", is_open=rows["open"]) for rows in ordered]


def make_compared(tasks: Sequence[str]) -> pd.DataFrame:
    differs = ["itself", "penalty", "size", "seed", "untrained"]
    table = crossed(
        {"differs": differs, "task": ["all", *tasks], "measure": [*comparison.MEASURES]},
        ("low", "lower", "median", "upper", "high"), ("bar",),
    )  # fmt: skip
    table.loc[9, ["low", "lower", "median"]] = 0.0, 0.0, 1e-5  # below the axis
    return table.assign(alike=table["bar"], pairs=20 + table.index)


def shown_comparisons(figure: Figure) -> Numbers:
    alike = [patch.get_bbox().intervaly for axes in figure.axes for patch in axes.patches if patch.get_zorder() == 0.5]
    panels = figure.axes[:-1]  # the last has the key
    above = [float(text.get_text().rstrip("%")) for axes in panels for text in axes.texts]
    return [*map(upright, panels), np.array(alike), np.array(above)]


def stated_comparisons(table: pd.DataFrame) -> Numbers:
    every, table = table[table["task"] == "all"], table[table["task"] != "all"]
    order = [*comparison.GROUPS, *dict.fromkeys(table["task"])]
    every = every.sort_values("differs", key=lambda names: names.map(order.index), kind="stable")
    above = [100 * each for measure in comparison.MEASURES for each in every.loc[every["measure"] == measure, "alike"]]
    table = table.sort_values(["differs", "task"], key=lambda names: names.map(order.index))
    panels = [table[table["measure"] == measure] for measure in comparison.MEASURES]
    values = ["median", "lower", "upper", "low", "high"]
    alike = [(rows["bar"].min(), 1.02 * rows["bar"].max()) for rows in panels]
    points = [points_of(rows.assign(**rows[values].clip(lower=1e-3)), *values) for rows in panels]
    return [*points, np.array(alike), np.array(above).round()]


def make_rates(_: Sequence[str]) -> pd.DataFrame:
    models = [("exchangeable seeds", 5), ("same seeds", 20)]
    return crossed(
        {"what": [*evidence.NAMES], "population": "abc", ("model", "seeds"): models, "deviation": [0.0, 1.0, 2.0]},
        ("agrees",), ("differs",),
    )  # fmt: skip


def stated_rates(table: pd.DataFrame) -> Numbers:
    panels = [
        table[table["what"] == what].groupby(["deviation", "model", "seeds"])[question].agg(["mean", "min", "max"])
        for question in evidence.QUESTIONS for what in evidence.NAMES
    ]  # fmt: skip
    return [points_of(rows, "mean", "min", "max") for rows in panels]


def make_followed(tasks: Sequence[str]) -> pd.DataFrame:
    runs = [(task, f"{task}-{i}", int(i < 2)) for task in tasks for i in range(3)]
    table = crossed(
        {("task", "run_id", "solved"): runs, "step": [500, 2000, 8000, 20_000]},
        ("test_accuracy",), ("matched_spectral_error",), ("accuracy_quarter", "accuracy_whole"), ("cycle_multiplier",),
    )  # fmt: skip
    table["matched_spectral_error"] *= 0.05
    table["cycle_multiplier"] *= 2
    return table.assign(horizon=table["step"] // 100, measured_solved=0.6)


def shown_followed(figure: Figure) -> Numbers:
    accuracy, angles, moments, telling = figure.axes
    steps = [np.sort(xy(line)[:, 0]) for line in moments.lines]
    return [*curves(accuracy), *curves(angles), *steps, *curves(telling)]


def stated_followed(table: pd.DataFrame) -> Numbers:
    runs = [rows.sort_values("step") for _, rows in table.groupby(["solved", "run_id"])]
    told = [rows for _, rows in milestones.told_by_step(table).groupby("cut")]
    found = milestones.of_runs(table).query("solved == 1")
    reached = [
        np.sort(found.loc[found["task"] == task, name].dropna().to_numpy(float))
        for name in milestones.NAMES for task in sorted(set(table["task"]))
    ]  # fmt: skip
    accuracy, errors = (in_bands(runs, "step", column) for column in ("test_accuracy", "matched_spectral_error"))
    return [*accuracy, *errors, *reached, *in_bands(told, "step", "share")]


MARKS = [("o", forest._SEEDS), ("o", forest._OURS), ("D", forest._PRINTED), ("None", forest._MARGIN)]


def shown_cells(figure: Figure) -> Numbers:
    """By measure and kind of mark what stands in each row, from the top; and the bars of means."""
    found = []
    for axes in figure.axes[1:3]:
        for look in MARKS:
            lines = [line for line in axes.lines if (line.get_marker(), line.get_color()) == look]
            found += [np.sort(xy(line)[:, 0]) for line in lines]
        found.append(bars(axes)[:, :, 0])
    return found


def stated_cells(table: pd.DataFrame) -> Numbers:
    found = []
    for _, rows in table.groupby("measure"):
        seeds, ours, printed = (rows[rows["kind"] == kind] for kind in ("seed", "ours", "printed"))
        found += [np.sort(cell["value"].dropna().to_numpy(float)) for cell in groups(seeds, *forest.CELL)]
        found += [*of(ours, "value"), *of(printed, "value"), *of(printed, "low", "high"), of(ours, "low", "high")]
    return found


def make_gradients(tasks: Sequence[str]) -> pd.DataFrame:
    table = crossed(
        {"task": [*tasks, "all"], "l2": [0.0, 0.001], "when": ["initial", "trained"], "solves": [True, False],
         "lag": [1, 5, 20, 100]},
        QUARTILES, ("networks",),
    )  # fmt: skip
    table.loc[(table["lag"] == 100) & (table["l2"] > 0), ["quarter", "median"]] = 1e-20  # vanished
    table.loc[table["lag"] == 20, "quarter"] = 1e-20
    return table.assign(l2=table["l2"].where(table["task"] != "all"))


def stated_gradients(table: pd.DataFrame) -> Numbers:
    """Networks alike before training are drawn once; a line each for those that solve their task and for the others."""
    found, table = [], table.assign(quarter=table["quarter"].clip(lower=1e-10), fails=~table["solves"])
    for rows in groups(table[table["task"] != "all"], "task"):
        before = rows[rows["when"] == "initial"].sort_values("networks").groupby("lag").tail(1)
        after = [line for _, line in rows[rows["when"] != "initial"].groupby(["l2", "fails"])]
        dashed = [False, *(line["fails"].iloc[0] for line in after)]
        lines = [line[line["median"] > 1e-10].sort_values("lag") for line in (before, *after)]
        found += in_bands(lines, "lag", "median", "quarter", "three_quarters")
        found.append(np.array([dash for dash, line in zip(dashed, lines, strict=True) if len(line)], float))
    return found


def make_obeyed(tasks: Sequence[str]) -> pd.DataFrame:
    rates = (*interventions._RATES, interventions.OTHER)
    table = crossed(
        {"task": tasks, ("hidden_dim", "l2"): SETTINGS, "seed": [1, 2, 3]},
        ("unedited_success",), *((f"{method}_{rate}",) for method in interventions.METHODS for rate in rates),
    ).assign(threshold=0.98, verdict=STORED, test_accuracy=1.0)  # fmt: skip
    table.loc[table["seed"] == 1, ["data_edit_success", "power_edit_success"]] = 1.0, interventions.MOST
    table.loc[(table["hidden_dim"] == 128) & (table["task"] == tasks[0]), "verdict"] = NOT_LEARNED
    return table.assign(run_id=[f"run {i}" for i in table.index])


def shown_columns(figure: Figure) -> Numbers:
    """Of each column its way, whether it is open, how many obey most edits, the control, unedited; and its marks."""
    found = []
    for axes in figure.axes:
        ways = [line for line in marked(axes) if xy(line)[0, 1] == interventions.WAY]
        for place, way in sorted((xy(way)[0, 0], way) for way in ways):
            here = [line for line in lines_of(axes) if abs(xy(line)[:, 0].mean() - place) < 0.45]
            (count,) = [text.get_text() for text in axes.texts if text.get_position()[0] == place]
            control, unedited = (
                [xy(line)[0, 1] for line in here if line.get_marker() == kind] for kind in ("x", "None")
            )
            marks = [line for line in marked(axes) if line in here]
            ((marker, with_penalty),) = {(line.get_marker(), is_open(line)) for line in marks}
            shares = np.sort([y for line in marks if line is not way for y in xy(line)[:, 1]])
            found.append(np.array([MARKERS.index(marker), with_penalty, int(count), *control, *unedited, *shares]))
    return found


def stated_columns(table: pd.DataFrame) -> Numbers:
    table, found = table[table["solved"]], []
    table = table.assign(method=table["method"].map(list(interventions.METHODS).index))
    columns = [each for rows in groups(table, "task") for each in rows.groupby(["hidden_dim", "method", "l2"])]
    for (_, method, l2), rows in columns:
        shares, control = rows["edit_success"], rows["other_edit_success"]
        many = (shares >= interventions.MOST).sum()
        found.append(np.array([method, l2 > 0, many, control.max(), rows["unedited_success"].mean(), *sorted(shares)]))
    return found


def make_learned(tasks: Sequence[str]) -> pd.DataFrame:
    """The last penalty is one with which nothing is learned."""
    table = crossed(
        {"task": tasks, "hidden_dim": [32, 64], "l2": [0.0, 0.001, 0.1], "threshold": [0.9, 0.98],
         "step": [0, 100, 400, 999]},
        ("accuracy_25", "accuracy_50", "accuracy_75"), ("horizon",),
    ).assign(runs=3, solved=1.0)  # fmt: skip
    table.loc[table["l2"] == 0.1, "accuracy_75"] = 0.5
    return table.assign(horizon=(100 * table["horizon"]).astype(int))


def stated_learned(table: pd.DataFrame) -> Numbers:
    found, table = [], table[table["l2"] < 0.1]
    for _, rows in table.groupby("hidden_dim"):
        lines = [groups(of_task, "l2", "threshold") for of_task in groups(rows, "task")]
        found += [each for part in lines for each in in_bands(part, "step", *(f"accuracy_{i}" for i in (50, 25, 75)))]
        found += [each for part in lines for each in in_bands(part, "step", "horizon")]
    return found


def make_memories(tasks: Sequence[str]) -> pd.DataFrame:
    varied = [("duration", float(x)) for x in DURATIONS] + [("amplitude", x) for x in AMPLITUDES.values()]
    lines = crossed({("varied", "x"): varied, "task": tasks, "network": [TRAINED, LINEAR, PHI]}, QUARTILES)
    halves = crossed({"task": tasks, "network": [TRAINED, PHI], "run_id": "abcd"}, ("value",))
    return pd.concat([lines, halves.assign(varied="halfway")], ignore_index=True)


def shown_memories(figure: Figure) -> Numbers:
    *panels, halfway = figure.axes
    return [*in_dashes(panels), *(np.sort(xy(line)[:, 1]) for line in marked(halfway))]


def stated_memories(table: pd.DataFrame) -> Numbers:
    found, tasks = [], sorted(set(table.loc[table["network"] == TRAINED, "task"]))
    for varied in ("duration", "amplitude"):
        rows = table[table["varied"] == varied].sort_values("x")
        lines = [rows[(rows["task"] == task) & (rows["network"] == name)] for task in tasks for name in memory.SHOWN]
        lines = [line for line in lines if len(line)]
        found += in_bands(lines, "x", "median")
        found += [of(line, "x", "quarter", "three_quarters") for line in lines if line["network"].iloc[0] == TRAINED]
        found.append(np.array([[*memory.SHOWN].index(line["network"].iloc[0]) for line in lines], float))
    halves = table[(table["varied"] == "halfway") & (table["network"] == TRAINED)]
    return found + [np.sort(rows["value"].to_numpy(float)) for _, rows in halves.groupby("task")]


def make_doses(tasks: Sequence[str]) -> pd.DataFrame:
    gains = {("panel", "x"): [(panel, x) for panel in (dose.RATE, dose.SHARES) for x in (0.9, 1.0, 1.3)]}
    noises = {("panel", "x"): [(dose.NOISE, x) for x in (0.001, 0.03)]}
    factors = {("panel", "x"): [(dose.KEPT, x) for x in range(len(dose.FACTORS))]}
    rows = pd.concat(
        crossed({"task": of, "line": [dose.SOLID, dose.DASHED], **places}, ("low", "value", "high"))
        for of, places in ((tasks, gains), ([ALL], factors), (tasks, noises))
    )
    return rows[(rows["panel"] != dose.RATE) | (rows["line"] == dose.SOLID)].assign(networks=20).reset_index(drop=True)


def shown_doses(figure: Figure) -> Numbers:
    said = [sorted((text.xy[0], float(text.get_text().rstrip("%"))) for text in axes.texts) for axes in figure.axes]
    return [*in_dashes(figure.axes), np.array([number for of_panel in said for number in of_panel])]


def stated_doses(table: pd.DataFrame) -> Numbers:
    found = []
    for panel in (dose.RATE, dose.SHARES, dose.KEPT, dose.NOISE):
        rows = table[table["panel"] == panel].sort_values("x")
        lines = [
            rows[(rows["task"] == task) & (rows["line"] == line)]
            for task in sorted(set(rows["task"])) for line in (dose.SOLID, dose.DASHED)
        ]  # fmt: skip
        lines = [line for line in lines if len(line)]
        found += in_bands(lines, "x", "value")
        found += [of(line, "x", "low", "high") for line in lines if line["line"].iloc[0] == dose.SOLID]
        found.append(np.array([DASHES.index(line["line"].iloc[0]) for line in lines], float))
    kept = table[table["panel"] == dose.KEPT]
    said = kept.assign(said=(100 * kept["value"]).map("{:.0f}".format).astype(float))
    return [*found, np.array(sorted(map(tuple, of(said, "x", "said"))))]


TOLD = [f"{by}_told" for by in multipliers.TOLD]


def make_multipliers(tasks: Sequence[str]) -> pd.DataFrame:
    networks = crossed(
        {"task": tasks, "hidden_dim": [64, 128], "fresh_wide": [FRESH_CONTENTS, 3]},
        ("fresh_rate",), (multipliers.LASTS,),
    ).assign(of="network", measured_solved=0.98)  # fmt: skip
    law = crossed({"experiment": ["paper", "twins"]}, ("wide_low", "wide_high"), *((name,) for name in TOLD))
    law[TOLD] = (40 * law[TOLD]).round()
    networks["fresh_rate"] -= 0.6
    return pd.concat([networks, law.assign(of="experiment", networks=40.0)], ignore_index=True)


def shown_multipliers(figure: Figure) -> Numbers:
    left, right = figure.axes
    each = sorted((*xy(line)[0], line.get_markerfacecolor() == "none") for line in marked(left))
    controls = sorted(xy(line)[0].tolist() for line in right.lines if line.get_marker() in "x+|")
    return [np.array(each, float), points(right), np.array(controls)]


def stated_multipliers(table: pd.DataFrame) -> Numbers:
    networks, law = table[table["of"] == "network"], table[table["of"] == "experiment"]
    networks = networks.assign(some=networks["fresh_wide"] != FRESH_CONTENTS)
    each = sorted(of(networks, "fresh_rate", multipliers.LASTS, "some").tolist())
    below = {"returning_told": 0.2, "early_told": 0.2, "task_told": 0.0}
    law = law.assign(told=law["wide_told"] / law["networks"])
    controls = sorted(
        [share / 40, place + down] for name, down in below.items() for place, share in enumerate(law[name])
    )
    return [np.array(each), points_of(law, "told", "wide_low", "wide_high"), np.array(controls)]


def make_solved(tasks: Sequence[str]) -> pd.DataFrame:
    runs = crossed({"task": tasks, ("hidden_dim", "l2"): SETTINGS, "threshold": [0.9, 0.98], "seed": range(5)}, ("p",))
    verdict = np.select([runs["p"] < 0.4, runs["p"] < 0.7], [STORED, OTHERWISE], NOT_LEARNED)
    idle = (runs["hidden_dim"] == 128) & (runs["task"] == tasks[0])
    return runs.assign(verdict=np.where(idle, NOT_LEARNED, verdict), twin=0, run_id=[f"run {i}" for i in runs.index])


def stated_solutions(table: pd.DataFrame) -> Numbers:
    found = table[table["verdict"] != NOT_LEARNED]
    drawn = found[found.groupby(["task", "hidden_dim", "l2"])["found"].transform("sum") > 0]
    panels = [rows.sort_values(["hidden_dim", "l2", "threshold", "verdict"]) for rows in groups(drawn, "task")]
    return [points_of(rows, "value", "low", "high") for rows in panels]


DISTANCES = [column for _, *columns in bases.BASES.values() for column in columns]


def make_distances(tasks: Sequence[str]) -> pd.DataFrame:
    factors = {"task": tasks, ("hidden_dim", "l2"): SETTINGS, "seed": [1, 2, 3]}
    table = crossed(factors, *((column,) for column in DISTANCES)).assign(solved=1)
    table.loc[table["seed"] == 3, "solved"] = 0
    return table


def shown_near(figure: Figure) -> Numbers:
    return [curve for axes in figure.axes for curve in curves(axes)]


def stated_near(table: pd.DataFrame) -> Numbers:
    return [
        of(rows, "bar", "share")
        for gain in bases.GAINS
        for rows in groups(table[table["gain"] == gain], "group", "basis")
    ]


def make_shares(tasks: Sequence[str]) -> pd.DataFrame:
    table = crossed({"name": [*SHOWN], "task": tasks, ("hidden_dim", "l2"): SETTINGS}, ("low", "share", "high"))
    whole = table.assign(group="check", short="", networks=20 + table.index, holds=1 + table.index)
    first = whole["task"] == tasks[0]  # two statements share a panel, of a task each
    return whole[~first & (whole["name"] != "basis-repeat-copy") | first & (whole["name"] != "basis-composition")]


def shown_shares(figure: Figure) -> Numbers:
    counts = [[(text.get_position()[1], *text.get_text().split("/")) for text in axes.texts] for axes in figure.axes]
    return [*map(points, figure.axes), *(np.array(sorted(np.array(each, float).tolist()))[:, 1:] for each in counts)]


def stated_shares(table: pd.DataFrame) -> Numbers:
    table = table.sort_values(["task", "hidden_dim", "l2"])
    panels = [table[table["name"].map(SHOWN) == title] for title in TITLES]
    single = [rows[rows["task"] != ALL] for rows in panels]
    sums = [rows.loc[rows["task"] == ALL, ["holds", "networks"]].sum().to_numpy(float) for rows in panels]
    counts = [np.vstack([whole, *of(rows, "holds", "networks")]) for whole, rows in zip(sums, single, strict=True)]
    return [*(points_of(rows, "share", "low", "high") for rows in single), *counts]


# Networks on streams


def make_steps(tasks: Sequence[str], kinds: Iterable[str], places: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    streams = [(f"{task}-n2to2", 60 if i % 2 else 20) for i, task in enumerate(tasks)]
    factors = {("stream", "epochs"): streams, "hidden_dim": [8, 16], **places}
    return crossed(factors, *((kind,) for kind in kinds)).assign(length=2)


def make_raster(tasks: Sequence[str]) -> pd.DataFrame:
    return make_steps(tasks, stream_raster.KINDS, {"number": [1, 2], "step": range(10)})


def stated_raster(table: pd.DataFrame) -> Numbers:
    rows = groups(table, "stream", "epochs", "hidden_dim")
    return [cells(part, "number", "step", kind) for part in rows for kind in stream_raster.KINDS]


def make_markers(tasks: Sequence[str]) -> pd.DataFrame:
    return make_steps(tasks[:3], stream_marker.KINDS, {"after": [1, 2, 3], "before": [1, 2, 3]})


def stated_markers(table: pd.DataFrame) -> Numbers:
    rows = groups(table, "stream", "epochs", "hidden_dim")
    return [cells(part, "after", "before", kind) for kind in stream_marker.KINDS for part in rows]


def one_cell(table: pd.DataFrame) -> pd.DataFrame:
    """The steps of the networks of one size on one stream."""
    return table[(table["stream"] == table["stream"].iloc[0]) & (table["hidden_dim"] == 8)]


RECALL = [[f"recall_{n}" for n in range(6, 9)], *map(list, stream_recall.PANELS.values())]
"""The measures of each panel."""


def make_recall(_: Sequence[str]) -> pd.DataFrame:
    measures = [name for panel in RECALL for name in panel]
    controls = [f"untrained_{name}" for panel in RECALL[2:5] for name in panel]
    table = crossed({"measure": [*measures, *controls], "hidden_dim": [8, 24, 64]}, ENDS)
    return table.assign(stream="T1-n6to8", epochs=20)


def shown_recall(figure: Figure) -> Numbers:
    """Of each panel lines before training, lines after it, and the bars of these."""
    return [each for axes in figure.axes for each in (*curves(axes, "--"), *curves(axes, "-"), bars(axes)[:, :, 1])]


def stated_recall(table: pd.DataFrame) -> Numbers:
    found, table = [], table.sort_values("hidden_dim")
    for names in RECALL:
        own, controls = ([table[table["measure"] == before + name] for name in names] for before in ("", "untrained_"))
        found += [*in_bands(controls, "hidden_dim", "mean"), *in_bands(own, "hidden_dim", "mean")]
        found.append(of(pd.concat(own), "low", "high"))
    return found


FIGURES = {
    "ablations": Drawing(
        ablations, make_ablated, ENDS, of_panels(points), stated_ablated, first, ("task",),
        nothing=(no_rows, NO_NETWORK),
    ),
    "bases": Drawing(
        bases, make_distances, DISTANCES, shown_near, stated_near, lambda table: table.iloc[[0]], (), no_task,
        nothing=(lambda table: table.assign(solved=0), "no network here solves its task"),
    ),
    "comparison": Drawing(
        comparison, make_compared, ("low", "lower", "median", "upper", "high", "bar", "alike"), shown_comparisons,
        stated_comparisons, lambda table: table[(table["differs"] == "seed") & (table["task"] == "T1")], ("task",),
        nothing=(
            lambda table: table[table["differs"].isin(comparison.CONTROLS)], comparison.NOTHING.replace("\n", " ")
        ),
    ),
    "evidence": Drawing(
        evidence, make_rates, ("agrees", "differs"), of_panels(upright), stated_rates,
        lambda table: table[table["population"] == "a"].groupby("what").head(1), ("model", "seeds"), no_task,
    ),
    "dose": Drawing(
        dose, make_doses, ("value", "low", "high"), shown_doses, stated_doses,
        lambda table: table[table["task"].isin([table["task"].iloc[0], ALL])], nothing=(no_rows, NO_NETWORK),
    ),
    "following": Drawing(
        following, make_followed, ("test_accuracy", "matched_spectral_error"), shown_followed, stated_followed,
        lambda table: table[table["run_id"] == "T1-0"],
        nothing=(lambda table: table.assign(solved=0), "does not solve its task"),
    ),
    "forest": Drawing(
        forest, make_cells, ("value", "low", "high"), shown_cells, stated_cells,
        lambda table: make_cells(["T1"]).iloc[[0, 3, 5, 8]], (*forest.CELL,),
        nothing=(lambda table: table.assign(value=np.nan, low=np.nan, high=np.nan, with_value=0), "0/3"),
    ),
    "gradients": Drawing(
        gradients, make_gradients, QUARTILES, lambda figure: in_dashes(figure.axes), stated_gradients, first,
        ("task",), nothing=(no_rows, "no network of this experiment was followed"),
    ),
    "interventions": Drawing(
        interventions, make_obeyed,
        ("unedited_success", *(f"{method}_{rate}" for method in interventions.METHODS
                               for rate in ("edit_success", "other_edit_success"))),
        shown_columns, stated_columns, lambda table: table.iloc[[-1]], ("task",),
        nothing=(unlearned, "no run solves it"),
    ),
    "learning": Drawing(
        learning, make_learned, ("accuracy_25", "accuracy_50", "accuracy_75", "horizon"), curves_and_bands,
        stated_learned,
        lambda table: table[table["task"] == "T1"], ("task", "hidden_dim", "l2", "threshold", "step"),
        nothing=(lambda table: table.assign(solved=0.0, accuracy_75=0.5), "32 neurons"),
    ),
    "memory": Drawing(
        memory, make_memories, (*QUARTILES, "value"), shown_memories, stated_memories,
        lambda table: table[(table["task"] == table["task"].iloc[0]) & (table["network"] == TRAINED)],
        nothing=(no_rows, NO_NETWORK),
    ),
    "multipliers": Drawing(
        multipliers, make_multipliers,
        ("fresh_rate", multipliers.LASTS, "wide_low", "wide_high", *TOLD),
        shown_multipliers, stated_multipliers, lambda table: table.iloc[[0, -1]], ("experiment",),
        nothing=(no_rows, NO_NETWORK),
    ),
    "solutions": Drawing(
        solutions, make_solved, ("verdict",), of_panels(upright), stated_solutions, lambda table: table.iloc[-2:],
        ("task",), nothing=(unlearned, "64"),
    ),
    "statements": Drawing(
        statements, make_shares, ("low", "share", "high", "holds", "networks"), shown_shares, stated_shares,
        lambda table: table.groupby("name", sort=False).head(1), nothing=(no_rows, "no network here solves its task"),
    ),
    "stream_marker": Drawing(
        stream_marker, make_markers, [*stream_marker.KINDS], images, stated_markers,
        one_cell,
        ("stream", "epochs", "hidden_dim"), lambda tasks: tasks[:3],
    ),
    "stream_raster": Drawing(
        stream_raster, make_raster, [*stream_raster.KINDS], images, stated_raster,
        one_cell,
        ("stream", "epochs", "hidden_dim"),
    ),
    "stream_recall": Drawing(
        stream_recall, make_recall, ENDS, shown_recall, stated_recall,
        lambda table: table[table["hidden_dim"] == 8], (), no_task,
    ),
}  # fmt: skip
