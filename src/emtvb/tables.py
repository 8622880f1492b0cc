"""Runs' measurements become the paper's Table 1, published beside reproduced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

import pandas as pd

from emtvb.errors import InputError

CELL = ["task", "hidden_dim", "l2"]
"""A cell of Table 1 is what the runs that agree in these have in common."""


_PAPER_RUN = r"^(T[1-4])_h\d+_l2-[^_]+_thr-[^_]+_seed\d+$"
"""Run ids of the paper's tasks at its size under its protocol: only those have a published value beside them."""


def combine(runs: pd.DataFrame, measurements: pd.DataFrame) -> pd.DataFrame:
    """The run table with each run's measurements, in the run table's order.

    Raises:
        InputError: Where a run has no measurements, or more than one row of them.
    """
    if runs["run_id"].duplicated().any():
        repeated = runs.loc[runs["run_id"].duplicated(), "run_id"].iloc[0]
        raise InputError("run table", repeated, "occurs twice; run the enumerate stage")
    counts = measurements["run_id"].value_counts()
    if (counts > 1).any():
        raise InputError("measurements", counts.index[0], "measured twice; delete measurements/ and run again")
    missing = runs.loc[~runs["run_id"].isin(counts.index), "run_id"]
    if len(missing):
        raise InputError(
            "measurements", f"{len(missing)} runs, {missing.iloc[0]} first", "not measured; interpret them"
        )
    return runs.merge(measurements, on="run_id", how="left", validate="one_to_one")


def published() -> pd.DataFrame:
    """Table 1 as the paper prints it: spectral_error (NaN where it prints ---) and accuracy by cell."""
    with resources.files("emtvb.data").joinpath("table1.csv").open() as table:
        return pd.read_csv(table)


def table1(measured: pd.DataFrame) -> pd.DataFrame:
    """Table 1 of these runs, one row per cell (paper section 4).

    Per seed, the smallest spectral error and the largest accuracy over the thresholds; then the mean over seeds.

    Args:
        measured: Run table and measurements together, as :func:`combine` gives them.

    Returns:
        ``task, hidden_dim, l2``; ``spectral_error`` and ``accuracy``, both as the paper defines them;
        ``seeds_with_error``, how many seeds the error speaks of, of ``seeds``; ``optimal_spectral_error``, the sound
        error, which speaks of all; ``published_spectral_error`` and ``published_accuracy``, NaN where there is none.
    """
    by_seed = measured.groupby([*CELL, "seed"], sort=False).agg(
        spectral_error=("spectral_error", "min"),
        accuracy=("test_accuracy", "max"),
        optimal_spectral_error=("optimal_spectral_error", "min"),
    )
    cells = by_seed.groupby(CELL, sort=False).agg(
        spectral_error=("spectral_error", "mean"),
        accuracy=("accuracy", "mean"),
        seeds_with_error=("spectral_error", "count"),
        seeds=("accuracy", "size"),
        optimal_spectral_error=("optimal_spectral_error", "mean"),
    )
    paper = published().set_index(CELL).add_prefix("published_")
    own = measured.assign(paper_task=measured["run_id"].str.extract(_PAPER_RUN, expand=False))
    cells = cells.assign(paper_task=own.groupby(CELL, sort=False)["paper_task"].first()).reset_index()
    keys = ["paper_task", "hidden_dim", "l2"]
    return cells.join(paper.rename_axis(keys), on=keys).drop(columns="paper_task")


def as_markdown(table: pd.DataFrame) -> str:
    """Table 1 for a README: in every cell ours, the seeds it covers, and the published value."""
    rows = _rows(table, lambda l2: f"L2 {l2}", _markdown_cell)
    lines = [
        "| task | hidden | " + " | ".join(rows.columns) + " |",
        "|---|---:|" + "---|" * len(rows.columns),
    ]
    lines += [f"| {task} | {hidden} | " + " | ".join(row) + " |" for (task, hidden), *row in rows.itertuples()]
    return "\n".join([*lines, "", _caption(table), ""])


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
    rows = _rows(table, lambda l2: f"L2 {l2}", lambda row: f"{_ours(row)}\n{_published(row)}")
    return rows.rename_axis(columns=None).reset_index()


RUN_COLUMNS = ("run_id", "task", "task_id", "hidden_dim", "l2", "threshold", "seed", "shard")
MEASURED_COLUMNS = ("run_id", "test_accuracy", "spectral_error", "optimal_spectral_error")
TABLE1_COLUMNS = (
    *CELL, "spectral_error", "accuracy", "seeds_with_error", "seeds", "optimal_spectral_error",
    "published_spectral_error", "published_accuracy",
)  # fmt: skip


def read_table(path: Path | str, columns: Sequence[str]) -> pd.DataFrame:
    """A table that the workflow wrote; names and task ids stay text.

    Args:
        path: Its file.
        columns: Those that it must have.

    Raises:
        InputError: Where it is missing, damaged or another's.
    """
    try:
        table = pd.read_csv(path, dtype=dict.fromkeys(("run_id", "task", "task_id", "shard"), str))
    except (OSError, ValueError) as error:
        raise InputError("table", str(path), f"cannot be read ({error}); delete it and run the workflow") from None
    missing = [name for name in columns if name not in table.columns]
    if missing or table.empty:
        problem = f"has no column {missing[0]}" if missing else "has no rows"
        raise InputError("table", str(path), f"{problem}; delete it and run the workflow")
    return table


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
    return f"**{_ours(row)}; {_published(row)}".replace(") ", ")** ", 1)


def _latex_cell(row: pd.Series) -> str:
    return rf"\textbf{{{_ours(row)}; {_published(row)}".replace(") ", ")} ", 1)


def _ours(row: pd.Series) -> str:
    """Spectral error (accuracy) seeds with an error/seeds."""
    return f"{_error(row.spectral_error)} ({row.accuracy:.2f}) {row.seeds_with_error}/{row.seeds}"


def _published(row: pd.Series) -> str:
    if pd.isna(row.published_accuracy):
        return "paper: not given"
    return f"paper {_error(row.published_spectral_error)} ({row.published_accuracy:.2f})"


def _error(value: float) -> str:
    return "---" if pd.isna(value) else f"{value:.4f}"


def _caption(table: pd.DataFrame) -> str:
    most = int(table["seeds"].max())
    return (
        "Spectral error in radians (test accuracy), as the paper defines both: per seed the best over the thresholds, "
        f"then the mean over seeds (at most {most} here). n/m: the error exists for n of m seeds; --- for none. "
        "After the semicolon, what the paper prints."
    )
