"""The paper's sweep, as the rest of the package asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from emtvb.config import Sweep
from emtvb.experiments.checks import Tolerance
from emtvb.experiments.network_kind import NetworkKind


def _summary(experiment: Sweep, folder: Path) -> list[Any]:
    from emtvb.experiments.sweep.summary import printed_summary

    return printed_summary(experiment, folder)


KIND = NetworkKind(
    name="sweep",
    settings=Sweep,
    table="table1.csv",
    summary=_summary,
    measurements=(
        "measurements/*_seeds*.csv", "measurements/*/*_seeds*.csv", "measurements/comparison.csv",
        "measurements/circuits.csv", "architectures/*/measurements.csv", "architectures/rnn.csv",
    ),
    arrays=("measurements/exemplars/*.npz", "measurements/page.npz", "architectures/*/look.npz"),
    former={
        "tabulate_foretelling": ("tables/foretelling.csv",),
        "tabulate_reprints": ("tables/reprints.csv", "tables/reprints.md"),
    },
    tolerances=(
        Tolerance(("measurements/ablations/*.csv", "measurements/dose/*.csv"),
                  ("*_within*", "rate", "margin", "accuracy"), 0, 0.05, "chaotic, some of them, when W_hh is changed"),
        Tolerance(("measurements/gradients.csv",), ("*",), 2e-3, 0, "written with four digits"),
        Tolerance(("measurements/memory/*.csv", "measurements/following/*.csv", "measurements/dose/*.csv"),
                  ("contents_*", "fresh_attracting*", "fresh_kept", "fresh_wide*", "returning*", "attracting*", "right",
                   "lasting*", "kept*"), 0, 1, "counts of contents, of which one can be undecided"),
    ),
)  # fmt: skip
