"""The paper's network, an LSTM and S4 side by side."""

from __future__ import annotations

import re

import pandas as pd

from emtvb import markdown

_ROWS = {
    "accuracy": ("test_accuracy", ".3f"),
    "elements read right: mean": ("decoding_accuracy", ".3f"),
    "worst element": ("worst_decoding_accuracy", ".3f"),
    "edits obeyed": ("edit_success", ".2f"),
    "control: exact without an edit": ("unedited_success", ".2f"),
    "control: random step obeyed": ("random_edit_success", ".2f"),
    "decoded step, distance from Phi": ("decoded_map_error", ".3f"),
    "numbers of state": ("state_dim", ".0f"),
    "long-term modes of Phi": ("phi_eigenvalues", ".0f"),
    "long-term modes of J(0)": ("origin_eigenvalues", ".0f"),
    "Psi* J(0) Psi, distance from Phi": ("origin_map_error", ".3f"),
    "gain at the origin": ("origin_gain", ".2f"),
    "Psi* J(h) Psi, distance from Phi": ("visited_map_error", ".3f"),
    "gain where it works": ("visited_gain", ".2f"),
    "half a change, a period later": ("half_after_period", ".2f"),
    "half a change, 20 periods later": ("half_after_long", ".2f"),
}


def as_markdown(measured: pd.DataFrame) -> str:
    """A column per network, a row per measure, for a page.

    Args:
        measured: Rows of ``architecture_measurement.Measurement``; those of the paper's network have architecture rnn.
    """
    names = [_architecture_and_seed(row) for row in measured.to_dict("records")]
    if len(set(names)) < len(names):
        names = [f"`{run_id}`" for run_id in measured["run_id"]]
    rows = [(title, *(f"{value:{digits}}" for value in measured[column])) for title, (column, digits) in _ROWS.items()]
    rows.append(("verdict", *measured["verdict"]))
    return markdown.table(["", *names], rows, "l" + "r" * len(names)) + "\n"


def _architecture_and_seed(row: dict) -> str:
    seed = re.search(r"_seed(\d+)", row["run_id"])
    return f"{row['architecture'].upper()} {seed[1]}" if seed else row["run_id"]
