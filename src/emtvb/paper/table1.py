"""Runs' measurements become the paper's Table 1, published beside reproduced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

from emtvb import markdown
from emtvb.paper import significance
from emtvb.paper.significance import Judgement, PrintedValue

CELL = ["task", "hidden_dim", "l2"]
"""A cell of Table 1 is what the runs that agree in these have in common."""

SCRIPT_HIDDEN, SCRIPT_L2, SCRIPT_THRESHOLDS = (128, 64, 32), (0.0, 0.001, 0.1, 10.0), (0.9, 0.98)
"""What the published job script loops over for each seed and task, outermost first."""

_ARRAY = 20
"""Jobs among which the script deals its experiments out, 1 to 20: those whose number leaves 0 are nobody's."""

MEASURED = {"measured_horizon": 200, "measured_sequences": 640, "measured_modulus": 0.9}
"""How the paper measures (its section 4), by column: what is measured otherwise says nothing about its numbers."""

_PAPER_RUN = r"^(T[1-4])_h\d+_l2-[^_]+_thr-[^_]+_seed\d+$"
"""Run ids of the paper's tasks at its size under its protocol: only those have a published value beside them."""


def published_table1() -> pd.DataFrame:
    """Table 1 as the paper prints it: spectral_error (NaN where it prints ---) and accuracy by cell."""
    with resources.files("emtvb.paper").joinpath("table1.csv").open() as table:
        return pd.read_csv(table)


def was_skipped(task: str, hidden_dim: int, l2: float, threshold: float) -> bool:
    """Whether the published job script never ran the runs with these settings.

    It numbers its experiments by seed, task (five, though four exist), hidden size, L2 penalty and threshold, and job k
    of 1 to 20 takes those whose number leaves k when divided by 20. A seed has 120 numbers, so that it is the same runs
    for every seed.

    Args:
        task: ``T1`` to ``T4``.
        hidden_dim: Neurons.
        l2: The L2 penalty.
        threshold: The curriculum's.
    """
    if hidden_dim not in SCRIPT_HIDDEN or l2 not in SCRIPT_L2 or threshold not in SCRIPT_THRESHOLDS:
        return False
    place = int(task.removeprefix("T")) - 1
    for values, value in ((SCRIPT_HIDDEN, hidden_dim), (SCRIPT_L2, l2), (SCRIPT_THRESHOLDS, threshold)):
        place = place * len(values) + values.index(value)
    return place % _ARRAY == 0


def paper_runs(measured: pd.DataFrame) -> pd.DataFrame:
    """The paper's own runs by task, size and protocol, measured as it does, the task as the paper calls it."""
    own = measured.assign(task=measured["run_id"].str.extract(_PAPER_RUN, expand=False))
    return own[own["task"].notna() & own["threshold"].isin(SCRIPT_THRESHOLDS) & _measured_alike(measured)]


def _measured_alike(measured: pd.DataFrame) -> pd.Series:
    """Which runs are measured as the paper measures; a table without these columns is taken to be."""
    alike = pd.Series(True, index=measured.index)
    for column, value in MEASURED.items():
        alike &= measured.get(column, pd.Series(value, index=measured.index)) == value
    return alike


def as_published(measured: pd.DataFrame) -> pd.DataFrame:
    """The runs on which the published table rests: the paper's own, without those that its script skipped.

    Seeds for which one of a cell's runs is missing are left out: their best would be the best of fewer runs.

    Args:
        measured: Run table and measurements together, as ``tables.combine`` gives them.
    """
    return _whole_seeds(measured, lambda cell: [t for t in SCRIPT_THRESHOLDS if not was_skipped(*cell, t)])


def as_intended(measured: pd.DataFrame) -> pd.DataFrame:
    """The runs on which the published table would rest had its script skipped none, as :func:`as_published`."""
    return _whole_seeds(measured, lambda _: list(SCRIPT_THRESHOLDS))


def _whole_seeds(measured: pd.DataFrame, thresholds: Callable[[tuple[str, int, float]], list[float]]) -> pd.DataFrame:
    """The paper's own runs with a cell's thresholds, of seeds that have them all."""
    own = paper_runs(measured)
    wanted = [thresholds(cell) for cell in zip(own["task"], own["hidden_dim"], own["l2"], strict=True)]
    own = own.assign(wanted=[len(of_cell) for of_cell in wanted])
    own = own[np.array([t in of_cell for t, of_cell in zip(own["threshold"], wanted, strict=True)], bool)]
    whole = own.groupby([*CELL, "seed"])["run_id"].transform("count") == own["wanted"]
    return own[whole].drop(columns="wanted")


def best_by_seed(measured: pd.DataFrame) -> pd.DataFrame:
    """Per cell and seed, the smallest errors and the largest accuracy over the thresholds (paper section 4)."""
    return measured.groupby([*CELL, "seed"], sort=False).agg(
        spectral_error=("spectral_error", "min"),
        accuracy=("test_accuracy", "max"),
        optimal_spectral_error=("optimal_spectral_error", "min"),
    )


def without_twins(measured: pd.DataFrame) -> pd.DataFrame:
    """The runs that are no rounding twins of others; all, where the table does not say which are (no column twin).

    In an experiment of twins alone, those that were moved as far as the first.
    """
    if "twin" not in measured:
        return measured
    own = measured["twin"] == 0
    return measured[own if own.any() or measured.empty else measured["twin"] == measured["twin"].iloc[0]]


def judge_cells(measured: pd.DataFrame) -> dict[tuple[str, int, float], tuple[Judgement, Judgement]]:
    """For each published cell, what the runs on which it rests say about its spectral error and its accuracy.

    Args:
        measured: Run table and measurements together, as ``tables.combine`` gives them; rounding twins among them.
    """
    values = cell_values(measured)
    judged = significance.judge_table([value for pair in values.values() for value in pair])
    return dict(zip(values, zip(judged[::2], judged[1::2], strict=True), strict=True))


def cell_values(measured: pd.DataFrame) -> dict[tuple[str, int, float], tuple[PrintedValue, PrintedValue]]:
    """For each published cell, our seeds of its error and of its accuracy beside what is printed.

    Args:
        measured: As for :func:`judge_cells`.
    """
    cells = list(published_table1()[CELL].itertuples(index=False, name=None))
    roundings = [_by_cell(best_by_seed(as_published(runs))) for runs in _by_twin(measured)]
    errors, accuracies = (
        significance.cell_samples(what, [_of_cell(roundings, cell, what) for cell in cells])
        for what in ("spectral_error", "accuracy")
    )
    values: dict[tuple[str, int, float], tuple[PrintedValue, PrintedValue]] = {}
    for i, cell in enumerate(cells):
        error, accuracy = (float(published_table1()[what].iloc[i]) for what in ("spectral_error", "accuracy"))
        values[cell] = (
            PrintedValue("spectral_error", errors[i], error),
            PrintedValue("accuracy", accuracies[i], accuracy),
        )
    return values


def _by_twin(measured: pd.DataFrame) -> list[pd.DataFrame]:
    """The runs themselves, and then for every number of a twin those twins, under the names of the runs."""
    twins = measured.get("twin", pd.Series(0, index=measured.index))
    groups = [measured[twins == 0]]
    for number in sorted(set(twins[twins != 0])):
        of = measured[twins == number]
        groups.append(of.assign(run_id=of["run_id"].str.removesuffix(f"_twin{number}")))
    return groups


ByCell = dict[tuple[str, int, float], pd.DataFrame]


def _by_cell(by_seed: pd.DataFrame) -> ByCell:
    """Each cell's seeds, ascending."""
    cells: dict[Any, pd.DataFrame] = dict(iter(by_seed.reset_index("seed").groupby(CELL, sort=False)))
    return {cell: of.set_index("seed").sort_index() for cell, of in cells.items()}


def _of_cell(roundings: list[ByCell], cell: tuple[str, int, float], what: str) -> np.ndarray:
    """A cell's values: a row per seed, a column for the runs and one for each number of a twin."""
    runs, *twins = roundings
    if cell not in runs:
        return np.empty((0, 1))
    seeds = runs[cell].index
    others = [of[cell][what].reindex(seeds) for of in twins if cell in of]
    return np.column_stack([of.to_numpy(float) for of in (runs[cell][what], *others)])


def tabulate_table1(measured: pd.DataFrame, unlike: Sequence[str] = ()) -> pd.DataFrame:
    """Table 1 of these runs, one row per cell (paper section 4).

    Per seed, the smallest spectral error and the largest accuracy over the thresholds; then the mean over seeds.

    Args:
        measured: Run table and measurements together, as ``tables.combine`` gives them.
        unlike: In what the runs differ from the paper's, in words, where they do.

    Returns:
        ``task, hidden_dim, l2``; ``spectral_error`` and ``accuracy``, both as the paper defines them;
        ``seeds_with_error``, how many seeds the error speaks of, of ``seeds``; ``optimal_spectral_error``, the sound
        error, which speaks of all; ``published_spectral_error`` and ``published_accuracy``, NaN where there is none.
        Then of the runs on which the published cell rests (:func:`as_published`), NaN where there are none:
        ``as_published_`` error, accuracy and seeds; the 95% intervals of what 20 seeds like ours would print,
        ``spectral_error_low``, ``_high``, ``accuracy_low``, ``_high``; the verdicts ``spectral_error_verdict`` and
        ``accuracy_verdict``. Last ``not_compared``: why a cell that the paper prints has no published value beside it
        here; empty elsewhere.
    """
    judged = judge_cells(measured)
    measured = without_twins(measured)
    cells = _means(measured)
    paper = published_table1().set_index(CELL).add_prefix("published_")
    subset = _means(as_published(measured)).drop(columns="optimal_spectral_error").add_prefix("as_published_")
    verdicts = pd.DataFrame.from_dict(
        {key: _verdict_columns(*judgements) for key, judgements in judged.items()}, orient="index"
    )
    beside = paper.join(subset).join(verdicts.set_axis(pd.MultiIndex.from_tuples(verdicts.index, names=CELL)))
    own = measured.assign(paper_task=measured["run_id"].str.extract(_PAPER_RUN, expand=False))
    cells = cells.assign(paper_task=own.groupby(CELL, sort=False)["paper_task"].first()).reset_index()
    keys = ["paper_task", "hidden_dim", "l2"]
    table = cells.join(beside.rename_axis(keys), on=keys).drop(columns="paper_task")
    is_printed = pd.MultiIndex.from_frame(table[CELL]).isin(paper.index)
    more = f" and {len(unlike) - 2} more differences" if len(unlike) > 2 else ""
    why = ", ".join(unlike[:2]) + more or "other runs than the paper's"
    return table.assign(not_compared=np.where(is_printed & table["published_accuracy"].isna(), why, ""))


def _means(measured: pd.DataFrame) -> pd.DataFrame:
    return (
        best_by_seed(measured)
        .groupby(CELL, sort=False)
        .agg(
            spectral_error=("spectral_error", "mean"),
            accuracy=("accuracy", "mean"),
            seeds_with_error=("spectral_error", "count"),
            seeds=("accuracy", "size"),
            optimal_spectral_error=("optimal_spectral_error", "mean"),
        )
    )


def _verdict_columns(error: Judgement, accuracy: Judgement) -> dict[str, object]:
    columns: dict[str, object] = {}
    for name, judgement in (("spectral_error", error), ("accuracy", accuracy)):
        columns[f"{name}_low"], columns[f"{name}_high"] = judgement.interval or (np.nan, np.nan)
        columns[f"{name}_verdict"] = judgement.verdict
    return columns


def as_markdown(table: pd.DataFrame) -> str:
    """Table 1 for a README: in every cell ours, the seeds it covers, and the published value."""
    rows = _rows(table, lambda l2: f"L2 {l2}", _markdown_cell)
    text = markdown.table(
        ["task", "hidden", *rows.columns],
        ((task, hidden, *row) for (task, hidden), *row in rows.itertuples()),
        "lr" + "l" * len(rows.columns),
    )
    return f"{text}\n\n{_caption(table)}\n"


def as_latex(table: pd.DataFrame) -> str:
    """Table 1 as a LaTeX tabular; needs booktabs."""
    rows = _rows(table, lambda l2: f"$L_2 = {l2}$", _latex_cell)
    lines = [
        f"% {_caption(table)}",
        r"\begin{tabular}{lr" + "l" * len(rows.columns) + "}",
        r"\toprule",
        "task & hidden & " + " & ".join(rows.columns) + r" \\",
        r"\midrule",
    ]
    lines += [
        f"{task.replace('_', chr(92) + '_')} & {hidden} & " + " & ".join(row) + r" \\"
        for (task, hidden), *row in rows.itertuples()
    ]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Table 1 for a terminal: cells of two lines, ours and the published value."""
    rows = _rows(
        table,
        lambda l2: f"L2 {l2}",
        lambda row: "\n".join(filter(None, (_ours_in_words(row), _published_in_words(row), _as_published(row)))),
    )
    return rows.rename_axis(columns=None).reset_index()


COLUMNS = (
    *CELL, "spectral_error", "accuracy", "seeds_with_error", "seeds", "optimal_spectral_error",
    "published_spectral_error", "published_accuracy", "as_published_spectral_error", "as_published_accuracy",
    "as_published_seeds_with_error", "as_published_seeds", "spectral_error_verdict", "accuracy_verdict",
)  # fmt: skip


def _rows(table: pd.DataFrame, heading: Callable[[str], str], cell: Callable[[pd.Series], str]) -> pd.DataFrame:
    """Cells of text: a row per task and hidden size, a column per L2, all in order of first appearance."""
    text = table.assign(cell=table.apply(cell, axis=1), column=[heading(_number(l2)) for l2 in table["l2"]])
    wide = text.pivot(index=["task", "hidden_dim"], columns="column", values="cell").fillna("")
    order = pd.MultiIndex.from_frame(text[["task", "hidden_dim"]].drop_duplicates())
    return wide.loc[order, text["column"].drop_duplicates()]


def _number(value: float) -> str:
    """The shortest text that reads back the same."""
    return repr(float(value)).removesuffix(".0")


def _markdown_cell(row: pd.Series) -> str:
    return f"**{'; '.join((_ours_in_words(row), *_beside(row)))}".replace(") ", ")** ", 1)


def _latex_cell(row: pd.Series) -> str:
    return rf"\textbf{{{'; '.join((_ours_in_words(row), *_beside(row)))}".replace(") ", ")} ", 1)


def _ours_in_words(row: pd.Series) -> str:
    """Spectral error (accuracy) seeds with an error/seeds."""
    return f"{_error(row.spectral_error)} ({row.accuracy:.2f}) {row.seeds_with_error}/{row.seeds}"


def _beside(row: pd.Series) -> list[str]:
    """What stands beside ours."""
    return [text for text in (_published_in_words(row), _as_published(row)) if text]


def _published_in_words(row: pd.Series) -> str:
    """What the paper prints, and what our runs say to it."""
    if pd.isna(row.published_accuracy):
        why = row.get("not_compared", "")
        return f"paper: not compared ({why})" if isinstance(why, str) and why else "paper: not given"
    marks = " ".join(_mark(row, name) for name in ("spectral_error", "accuracy"))
    return f"paper {_error(row.published_spectral_error)} ({row.published_accuracy:.2f}) [{marks}]"


def _mark(row: pd.Series, name: str) -> str:
    """A verdict's sign."""
    return _MARKS.get(row[f"{name}_verdict"], str(row[f"{name}_verdict"]))


_MARKS = {"consistent": "=", "inconsistent": "!", "not determined": "?"}


DEFINITIONS = (
    "= consistent: what 20 seeds like ours could print is within the margin (0.05 in accuracy, a factor of two in "
    "error) of what is printed; ! inconsistent: what is printed is outside what they could print, corrected for 48 "
    "values; ? not determined: 20 seeds vary by more than the margin."
)
"""The signs, each in one sentence."""


def _as_published(row: pd.Series) -> str:
    """The cell without the runs that the published script skipped, where that is another cell."""
    if pd.isna(row.as_published_accuracy):
        return ""
    cell = f"{_error(row.as_published_spectral_error)} ({row.as_published_accuracy:.2f})"
    if _ours_in_words(row).startswith(f"{cell} "):
        return ""
    return f"without skipped runs {cell} {row.as_published_seeds_with_error:.0f}/{row.as_published_seeds:.0f}"


def _error(value: float) -> str:
    return "---" if pd.isna(value) else f"{value:.4f}"


def _caption(table: pd.DataFrame) -> str:
    most = int(table["seeds"].max())
    return (
        "Spectral error in radians, and the test accuracy in brackets, as the paper defines both: for each seed the "
        f"best value over the thresholds, then the mean over the seeds (at most {most} here). n/m: the error exists "
        "for n of m seeds; ---: for none. After the semicolon stands what the paper prints, then our verdict on the "
        f"error and our verdict on the accuracy. {DEFINITIONS} The paper's script skips some of the runs. The verdicts "
        "are about the runs that it does not skip; where those give other numbers, the cell shows these numbers too."
    )
