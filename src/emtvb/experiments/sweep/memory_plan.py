"""What came of each prediction of docs/plan-memory.md, by its own measure and number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from emtvb import markdown, tables
from emtvb.experiments.sweep import milestones
from emtvb.experiments.sweep.constants import ALL
from emtvb.experiments.sweep.memory import NEARLY
from emtvb.experiments.sweep.memory_tables import BARS
from emtvb.experiments.sweep.milestones import DROP
from emtvb.theory.memory_columns import TRAINED, amplitude_column, lasting_column

DISTINCT = {"cycles-9x4": 9, "cycles-12x3": 12, "cycles-18x2": 18, "cycle-36": 36}
"""The tasks whose Phi has 36 modes, and how many of its eigenvalues differ."""
T1_ACCURACY = 0.917
"""The mean accuracy of T1 that A3 names."""
READ = (
    amplitude_column("whole"),
    amplitude_column("quarter"),
    "cycle_multiplier",
    lasting_column(1000),
    lasting_column(3000),
)
"""Columns of ``tables/memory.csv`` that predictions are about."""
FEWEST = 3
"""Networks that a share is judged by, at least."""


class Part(NamedTuple):
    """One number of an answer.

    Attributes:
        words: It, and what it is of.
        holds: Whether it is as predicted; None where too few networks can be judged.
    """

    words: str
    holds: bool | None


def remembering_networks(published: Any) -> pd.DataFrame:
    """The networks of a published experiment: their settings, ``test_accuracy``, and what is measured of their memory.

    Args:
        published: Reads a CSV below ``tables/`` by its name (``table``).

    Returns:
        A row for each run, with ``solved``, ``measured``, ``drop``, ``attracting`` (the multiplier is below 1) and
        ``lasts`` (the accuracy of one that solves its task after 3,000 steps).
    """
    measured, memory = (published.table(name) for name in ("../measurements", "memory"))
    own = memory.loc[memory["network"] == TRAINED, ["run_id", *READ]]
    found = measured[["run_id", *tables.SETTINGS, "test_accuracy", *BARS]].merge(own, on="run_id", how="left")
    return found.assign(
        solved=found["solved"] == 1,
        measured=found["test_accuracy"] >= NEARLY,
        drop=found[amplitude_column("whole")] - found[amplitude_column("quarter")],
        attracting=found["cycle_multiplier"] < 1,
        lasts=found[lasting_column(3000)] >= found["measured_solved"],
    )


def as_markdown(published: Mapping[str, Any], section: str) -> str:
    """The answers of a section as a table: prediction, what came, and whether it is as predicted.

    Args:
        published: Experiments by name.
        section: ``A`` to ``E``.
    """
    name, table, answers = SECTIONS[section]
    found = answers(published[name].table(table) if table else remembering_networks(published[name]))
    rows = (
        (number, "; ".join(part.words for part in parts), prediction_outcome(parts)) for number, parts in found.items()
    )
    return markdown.table(["", "what came", "as predicted"], rows)


def prediction_outcome(parts: list[Part]) -> str:
    """Whether a prediction holds: all its parts do. One that fails refutes it, however many cannot be judged."""
    if any(part.holds is False for part in parts):
        return "no"
    return "not answered" if any(part.holds is None for part in parts) else "yes"


def of_cycles(cycles: pd.DataFrame) -> dict[str, list[Part]]:
    """The answers of section A.

    Args:
        cycles: What :func:`remembering_networks` gives of the experiment of this name.

    Returns:
        By the name of a prediction, the numbers that answer it.
    """
    fewer, more = (cycles[cycles["task"].isin([*DISTINCT]) == few] for few in (True, False))
    early = fewer[fewer["threshold"] == 0.9]
    order = early["task"].map(DISTINCT).corr(early["test_accuracy"], method="spearman")
    one = cycles[(cycles["task"] == "cycle-64") & (cycles["threshold"] == 0.9)]["test_accuracy"].mean()
    solved = cycles[cycles["solved"]]
    return {
        "A1": [Part(f"correlation {order:.2f} over {len(early)} runs", bool(order >= 0.6))],
        "A2": [
            _count_part("`cycle-36`", cycles[cycles["task"] == "cycle-36"]["solved"], least=5),
            _count_part("`cycles-9x4`", cycles[cycles["task"] == "cycles-9x4"]["solved"], most=2),
        ],
        "A3": [Part(f"{one:.3f}, {one - T1_ACCURACY:+.3f}", bool(one - T1_ACCURACY >= 0.02))],
        "A4": [
            _share_part("36 modes", fewer[fewer["measured"]]["drop"] >= DROP, least=0.9),
            _share_part("64 modes", more[more["measured"]]["drop"] >= DROP, most=0.1),
        ],
        "A5": [
            _share_part("36 modes", fewer[fewer["solved"]]["attracting"], least=0.6),
            _share_part("64 modes", more[more["measured"]]["attracting"], most=0),
        ],
        "A6": [
            _share_part("below 1", solved[solved["attracting"]]["lasts"], least=0.9),
            _share_part("others", solved[~solved["attracting"]]["lasts"], most=0.1),
        ],
    }


def of_sizes(sizes: pd.DataFrame) -> dict[str, list[Part]]:
    """The answers of section B, likewise."""
    by_size, measured = sizes.groupby("hidden_dim")["solved"], sizes[sizes["measured"]]
    solved = by_size.sum()
    few, many = solved.index.min(), solved.index.max()
    return {
        "B1": [
            Part(", ".join(f"{count} with {size}" for size, count in solved.items()), solved.is_monotonic_increasing),
            *(
                _count_part(f"{size} neurons", by_size.get_group(size), **limit)
                for size, limit in ((few, {"most": 2}), (many, {"least": 4}))
            ),
        ],
        "B2": [
            _share_part("latch by amplitude", measured["drop"] >= DROP, most=0.1),
            _share_part("below 1", measured["attracting"], most=0),
        ],
        "B3": [_share_part("below 0.9", measured[lasting_column(1000)] < 0.9, least=1)],
    }


def of_start(start: pd.DataFrame) -> dict[str, list[Part]]:
    """The answers of section C, likewise."""
    repeats = start["task"] == "T1"
    measured = start[start["measured"]]
    unlike = (measured["drop"] >= DROP) == (measured["task"] == "T1")
    return {
        "C1": [_count_part("T1", start[repeats]["solved"], least=2)],
        "C2": [_count_part("T2 to T4", start[~repeats]["solved"], least=8)],
        "C3": [_count_part("exceptions", unlike, most=1)],
        "C4": [_share_part("below 1", start[~repeats & start["solved"]]["attracting"], least=0.5)],
    }


def of_following(snapshots: pd.DataFrame) -> dict[str, list[Part]]:
    """The answers of section D.

    Args:
        snapshots: ``tables/following.csv`` of the paper's sweep.
    """
    found = milestones.of_runs(snapshots)
    solved = found[found["solved"] == 1]
    others = solved[solved["task"] != "T1"]
    last = snapshots.sort_values("step").groupby("run_id").tail(1)
    ends = others[others["run_id"].isin(last[last["cycle_multiplier"] < 1]["run_id"])]
    first = snapshots[snapshots["cycle_multiplier"] < 1].groupby("run_id")["step"].min()
    solving = snapshots[snapshots["test_accuracy"] >= snapshots["measured_solved"]]
    right = solving.sort_values("step").groupby("run_id").head(1)
    told = milestones.told_by_step(snapshots).query("cut == 0.95")
    repeats = snapshots[(snapshots["task"] == "T1") & (snapshots["test_accuracy"] >= NEARLY)]
    return {
        "D1": [_share_part("runs", last["as_published"] == 1, least=1)],
        "D2": [_share_part("solved runs", solved["locked"] > solved["longest"], least=0.7)],
        "D3": [_share_part("solved runs", ends["run_id"].map(first) >= ends["locked"], least=0.8)],
        "D4": [_share_part("solved runs", others["drops"] < others["accurate"], least=0.8)],
        "D5": [
            _told_part(told, 8000, least=0.85),
            _told_part(told, 2000, most=0.75),
            Part(f"a guess that knows the task: {told['guess'].max() * told['runs'].max():.0f}", True),
        ],
        "D6": [_share_part("snapshots", repeats["cycle_multiplier"] < 0.99, most=0)],
        "D7": [_share_part("solved runs", right[right["solved"] == 1]["edit_success"] >= 0.9, least=0.8)],
    }  # fmt: skip


def of_contents(law: pd.DataFrame) -> dict[str, list[Part]]:
    """The answers of section E, by its bar for a return; numbers without a limit are controls.

    Args:
        law: ``tables/memory_law.csv`` of the paper's sweep.
    """
    whole: dict[Any, dict[Any, Any]] = law[law["task"] == ALL].set_index(["experiment", "solves"]).to_dict("index")
    solved, others, twins = (whole[key] for key in (("paper", True), ("paper", False), ("twins", True)))
    lasting = solved["below_lasting"] + solved["above_lasting"] - solved["wide_lasting"]
    rest = sum(row["contents"] - row["contents_wide"] for row in (solved, others))
    kept_of_rest = sum(row["contents_kept"] - row["contents_wide_kept"] for row in (solved, others))
    count, kept = others["contents"], others["contents_kept"]
    alike = count - others["contents_wide"] - kept + 2 * others["contents_wide_kept"]
    told = twins["wide_told"] / twins["networks"]
    return {
        "E1": [
            _part_of_counts("attract", solved["wide_lasting"], solved["wide"], least=0.95),
            _part_of_counts("multipliers alone", solved["below_lasting"], solved["below"]),
        ],
        "E2": [
            _part_of_counts("others", lasting, solved["networks"] - solved["wide"], most=0.05),
            _part_of_counts("multipliers alone", solved["above_lasting"], solved["above"]),
        ],
        "E3": [
            _part_of_counts(name, row["contents_wide_kept"], row["contents_wide"], least=0.98)
            for name, row in (("solved", solved), ("others", others))
        ],
        "E4": [_part_of_counts("kept", kept_of_rest, rest, most=0.1)],
        "E5": [
            _part_of_counts("attracting", twins["wide_told"], twins["networks"], twins["told"] / twins["networks"]),
            _part_of_counts("multipliers alone", twins["told"], twins["networks"]),
            _part_of_counts("return", twins["returning_told"], twins["networks"], least=told - 0.01),
            _part_of_counts("step 1,000", twins["early_told"], twins["networks"], least=told - 0.01),
            _part_of_counts("task", twins["task_told"], twins["networks"]),
            _part_of_counts("original", twins["original_told"], twins["original_networks"]),
        ],
        "E6": [
            _part_of_counts("contents", alike, count, least=0.85),
            _part_of_counts("the commoner", max(kept, count - kept), count),
        ],
    }  # fmt: skip


SECTIONS: Mapping[str, tuple[str, str, Callable[[pd.DataFrame], dict[str, list[Part]]]]] = {
    "A": ("cycles", "", of_cycles), "B": ("sizes", "", of_sizes), "C": ("start", "", of_start),
    "D": ("paper", "following", of_following), "E": ("paper", "memory_law", of_contents),
}  # fmt: skip
"""By section of the plan, the experiment that has its data, its table (without a name :func:`remembering_networks`),
and what answers its predictions."""


def _told_part(told: pd.DataFrame, step: int, least: float = 0, most: float = 1) -> Part:
    """How often a cut tells at a step who will solve the task."""
    row = told[told["step"] == step]
    right, runs, share = (float(row[name].sum()) for name in ("right", "runs", "share"))
    return Part(f"step {step:,}: {right:.0f} of {runs:.0f}", least <= share <= most)


def _part_of_counts(what: str, count: Any, of: Any, least: float = 0, most: float = 1) -> Part:
    """A share that must lie between two numbers, by its count."""
    part = Part(f"{what}: {count:,.0f} of {of:,.0f}", bool(round(least * of, 9) <= count <= round(most * of, 9)))
    return part if of >= FEWEST else part._replace(holds=None)


def _share_part(what: str, true: pd.Series, least: float = 0, most: float = 1) -> Part:
    """A share of networks that must lie between two numbers."""
    return _part_of_counts(what, true.sum(), len(true), least, most)


def _count_part(what: str, true: pd.Series, least: float = 0, most: float = float("inf")) -> Part:
    """A number of networks that must lie between two."""
    return Part(f"{what}: {true.sum()} of {len(true)}", bool(least <= true.sum() <= most))
