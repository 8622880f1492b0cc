"""What came of all networks that repeat sequences, as tables: by network, by size, and by claim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from emtvb import markdown
from emtvb.core.intervals import mean_interval, wilson
from emtvb.core.permutation import ERROR_RATE

SOLVED = 0.99
"""A network has solved its task that repeats so many of the longest sequences without a mistake."""
NEARLY = 0.8
"""Of networks that repeat so many it is told too of how many a claim holds; no verdict rests on that."""
HALF = 0.5
"""Edits work that are followed at least half as often as the network repeats a sequence; and so do readings."""
MOST = 0.5
"""Few networks decide nothing: of a verdict the share's whole interval lies on one side of this."""
WHOLE = 0
"""The position that stands for the whole sequence (``measuring.WHOLE``)."""
READINGS, EDITS = ("linear", "layers", "onion"), ("told", "exchanged", "onion")
MEASURES = {
    "accuracy": "sequences repeated without a mistake",
    "linear_whole": "read whole: linearly",
    "layers_whole": "read whole: layer after layer",
    "onion_whole": "read whole: layers tied (an onion)",
    "linear_mean": "symbols read: linearly",
    "layers_mean": "symbols read: layer after layer",
    "onion_mean": "symbols read: layers tied (an onion)",
    "readable": "positions that `judge` calls readable",
    "shuffled": "symbols read with labels exchanged between trials (best of the three ways to read)",
    "untrained_linear": "symbols read of an untrained network: linearly",
    "untrained_onion": "symbols read of an untrained network: layers tied",
    "told": "edits followed: told, by least squares",
    "exchanged": "edits followed: exchanged, by least squares",
    "onion": "edits followed: told, layers tied (an onion)",
    "control": "edits followed: the best of all controls",
    "linear_explained": "variance that the encoder explains",
    "onion_explained": "variance that the tied encoder explains",
}  # fmt: skip
"""Columns of :func:`networks`, and what they are called."""


def networks(rows: pd.DataFrame) -> pd.DataFrame:
    """A row for each trained network: its settings, ``solved``, and :data:`MEASURES`.

    Readings of symbols are means over positions, edits too; readings of whole sequences count where all positions do.

    Args:
        rows: Of ``tables/onions.csv``: the columns of ``measuring.COLUMNS``.
    """
    summaries = []
    for name, of in rows.groupby("network", sort=False):
        own, other = of[of["trained"]], of[~of["trained"]]
        whole, positions = own[own["position"] == WHOLE].iloc[0], own[own["position"] != WHOLE]
        untrained = other[other["position"] != WHOLE]
        row = {
            "network": name, "units": int(whole["units"]), "seed": int(whole["seed"]), "accuracy": whole["accuracy"],
            "accuracy_low": whole["accuracy_low"], "accuracy_high": whole["accuracy_high"],
            "solved": bool(whole["accuracy"] >= SOLVED),
            **{f"{reading}_whole": whole[f"{reading}_read"] for reading in READINGS},
            **{f"{reading}_mean": positions[f"{reading}_read"].mean() for reading in READINGS},
            "readable": int((positions["linear_p"] < ERROR_RATE).sum()),
            "shuffled": max(positions[f"{reading}_shuffled"].mean() for reading in READINGS),
            **{f"untrained_{reading}": untrained[f"{reading}_read"].mean() for reading in ("linear", "onion")},
            **{edit: positions[f"{edit}_followed"].mean() for edit in EDITS},
            "control": max(positions[f"{edit}_{which}"].mean() for edit in EDITS for which in ("control", "untrained")),
            **{f"{reading}_explained": whole[f"{reading}_explained"] for reading in ("linear", "onion")},
        }  # fmt: skip
        summaries.append(row)
    return pd.DataFrame(summaries)


def sizes(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each size and measure: its mean over the seeds, and the 95% interval of that.

    The interval is Student's t, and there is none of one or two seeds (``intervals.mean_interval``).

    Args:
        table: Of :func:`networks`.
    """
    rows = []
    for units, of in table.groupby("units"):
        for measure in MEASURES:
            values = of[measure].to_numpy(dtype=np.float64)
            low, high = mean_interval(values)
            rows.append({
                "units": units, "measure": measure, "seeds": len(values), "solved": int(of["solved"].sum()),
                "mean": values.mean(), "low": low, "high": high, "least": values.min(), "most": values.max(),
            })  # fmt: skip
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Claim:
    """What is said of networks, and what has to hold of each that has solved its task.

    Attributes:
        name: Of the claim.
        says: In words.
        units: Of the smallest and the largest networks that it is about.
        low: The column of :func:`networks` that has to be below :data:`HALF` of the accuracy; empty for none.
        high: The column that has to be that or more; empty for none.
        is_ours: Whether it is a check of ours. What others claim without a share gets no verdict (docs/evidence.md).
    """

    name: str
    says: str
    units: tuple[float, float]
    low: str
    high: str
    is_ours: bool = False


_SMALL, _LARGE, _ALL = (0, 64), (65, np.inf), (0, np.inf)
CLAIMS = (
    Claim("no-subspaces", "no position has a linear subspace: exchanging it fails", _SMALL, "exchanged", ""),
    Claim("no-linear-reading", "a linear map does not read the sequence", _SMALL, "linear_whole", ""),
    Claim("by-magnitude", "edits by directions that positions share, scaled by position, work", _SMALL, "", "onion"),
    Claim("peeled", "a decoder that takes off layer after layer, tied, reads the sequence", _SMALL, "", "onion_whole"),
    Claim(
        "subspaces-above-64",
        "tested by us: each position has a linear subspace, and exchanging it works",
        _LARGE,
        "",
        "exchanged",
        is_ours=True,
    ),
    Claim(
        "additive",
        "tested by us: a state is a sum over positions, and told edits by least squares work",
        _ALL,
        "",
        "told",
        is_ours=True,
    ),
)
"""The first four are what Csordas et al. (2024) say of small networks; the others are ours. Of larger ones, with up to
1,024 units, they say that they are linear, and mean linear maps that are learned through the network."""


def claims(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each claim: of how many networks that solved their task it holds, the interval (Wilson), a verdict.

    A check of ours is consistent where it holds of all of them and the interval lies above one half (from four
    networks), inconsistent where it holds of none and the interval lies below, and else not determined. A claim of
    others, which names no share, gets no verdict. Beside it, of how many that nearly solved it.

    Args:
        table: Of :func:`networks`.
    """
    rows = []
    for claim in CLAIMS:
        of = table[table["units"].between(*claim.units)]
        every = pd.Series(True, index=of.index)
        if claim.low:
            every &= of[claim.low] < HALF * of["accuracy"]
        if claim.high:
            every &= of[claim.high] >= HALF * of["accuracy"]
        holds, near = every[of["solved"]], every[of["accuracy"] >= NEARLY]
        low, high = wilson(float(holds.mean()), len(holds)) if len(holds) else (0.0, 1.0)
        verdict = "not determined"
        if not claim.is_ours:
            verdict = "no verdict"
        elif holds.all() and low > MOST:
            verdict = "consistent"
        elif not holds.any() and high < MOST:
            verdict = "inconsistent"
        rows.append({
            "claim": claim.name, "says": claim.says, "smallest": of["units"].min(), "largest": of["units"].max(),
            "trained": len(of), "solved": len(holds),
            "holds": int(holds.sum()), "low": float(low), "high": float(high), "verdict": verdict,
            "nearly": len(near), "nearly_holds": int(near.sum()),
        })  # fmt: skip
    return pd.DataFrame(rows)


def as_markdown(table: pd.DataFrame) -> str:
    """A column for each network, a row for each measure.

    Args:
        table: Of :func:`networks`.
    """
    columns = ["", *(f"{row.units} units, seed {row.seed}" for row in table.itertuples())]
    rows = [(says, *(f"{value:.3f}" for value in table[key])) for key, says in MEASURES.items()]
    return markdown.table(columns, rows, "l" + "r" * len(table)) + "\n"


def sizes_as_markdown(table: pd.DataFrame) -> str:
    """A row for each measure, a column for each size: the mean over seeds with its interval.

    Args:
        table: Of :func:`sizes`.
    """
    units = table["units"].unique()
    rows = []
    for measure, says in MEASURES.items():
        cells = []
        for size in units:
            row = table[(table["units"] == size) & (table["measure"] == measure)].iloc[0]
            interval = "" if np.isnan(row["low"]) else f" [{row['low']:.3f}, {row['high']:.3f}]"
            cells.append(f"{row['mean']:.3f}{interval}")
        rows.append((says, *cells))
    return markdown.table(["", *(f"{size} units" for size in units)], rows, "l" + "r" * len(units))


def claims_as_markdown(table: pd.DataFrame) -> str:
    """A row for each claim.

    Args:
        table: Of :func:`claims`.
    """
    columns = [
        "claim", "units", "networks", "solve the task", "true for", "95% interval", "verdict", "repeat 80%", "true for",
    ]  # fmt: skip
    rows = []
    for row in table.to_dict("records"):
        units = " to ".join(dict.fromkeys(f"{row[end]:.0f}" for end in ("smallest", "largest")))
        interval = f"{row['low']:.2f} to {row['high']:.2f}"
        counts = row["trained"], row["solved"], row["holds"]
        rows.append((row["says"], units, *counts, interval, row["verdict"], row["nearly"], row["nearly_holds"]))
    return markdown.table(columns, rows, "llrrrllrr")
