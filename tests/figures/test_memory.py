from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from emtvb.experiments.sweep.figures import memory, multipliers
from emtvb.experiments.sweep.memory_tables import duration_law, network_table
from emtvb.theory.memory_columns import FRESH_CONTENTS, LINEAR, TRAINED

from ..sweep.test_memory import networks


def tables(folder: Path) -> tuple[Path, Path]:
    """Made-up networks, with a linear control of T1's, as the workflow writes them."""
    measured, rows = networks()
    linear = rows[(rows["network"] == TRAINED) & rows["run_id"].str.startswith("T1")].assign(network=LINEAR)
    linear["accuracy_at_300"] = 0.75
    table = network_table(measured, pd.concat([rows, linear], ignore_index=True))
    table.loc[table["network"] == TRAINED, "half_edit_size"] = np.where(
        table.loc[table["network"] == TRAINED, "task"] == "T1", 0.3, 1.0
    )
    table.to_csv(folder / "memory.csv", index=False)
    duration_law({"paper": table, "twins": table[table["task"] == "T3"]}).to_csv(folder / "law.csv", index=False)
    return folder / "memory.csv", folder / "law.csv"


def test_lines_are_medians_of_networks_that_solve_and_marks_their_halved_elements(tmp_path: Path) -> None:
    shown = memory.read(tables(tmp_path)[0])
    rows = shown.set_index(["varied", "task", "network", "x"]).sort_index()
    assert rows.loc[("duration", "T1", TRAINED, 3000.0), "median"].item() == 0.6
    assert rows.loc[("duration", "T3", TRAINED, 3000.0), "networks"].item() == 18, "two do not solve their task"
    assert rows.loc[("duration", "T1", LINEAR), "median"].tolist() == [0.5, 0.75, 0.5, 0.6]
    halves = shown[(shown["varied"] == "halfway") & (shown["network"] == TRAINED)].groupby("task")["value"]
    assert halves.agg(["count", "min", "max"]).to_numpy().tolist() == [[18, 0.3, 0.3], [18, 1, 1]]


def test_multipliers_are_of_networks_that_solve_and_shares_say_of_how_many(tmp_path: Path) -> None:
    shown = multipliers.read(*tables(tmp_path))
    assert (shown["of"] == "network").sum() == 36
    _, right = multipliers.draw(shown).axes
    assert [label.get_text() for label in right.get_yticklabels()] == ["paper\n35 of 36", "twins\n17 of 18"]


def test_the_key_says_how_many_networks_last_by_task_and_by_whether_all_attract(tmp_path: Path) -> None:
    shown = multipliers.read(*tables(tmp_path))
    left, _ = multipliers.draw(shown).legends
    said = [text.get_text() for text in left.get_texts()]
    networks = shown[shown["of"] == "network"]
    full = networks["fresh_wide"] == FRESH_CONTENTS
    lasts = networks[multipliers.LASTS] >= networks["measured_solved"]
    assert f"full: all twelve states attract; {(lasts & full).sum()} of {full.sum()} last" in said
    assert f"open: not all twelve do; {(lasts & ~full).sum()} of {(~full).sum()} last" in said
    assert said[0] == "T1: full 0 of 0 last, open 0 of 18"
