"""A made-up sweep in which it is known what decides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from emtvb.experiments.sweep.pair_distances import MEASURES

STORED, OTHERWISE, NOT_LEARNED = "linearly stored and editable", "solves the task without it", "did not learn"


def sweep(
    circuit: Callable[[dict, np.random.Generator], bool],
    seeds: int = 10,
    twins: tuple[int, ...] = (0,),
    random: int = 0,
) -> pd.DataFrame:
    """Two tasks, two sizes, penalties and thresholds; ``circuit`` says of a run's settings whether it is one."""
    rng = np.random.default_rng(random)
    rows = []
    for task in ("T1", "T3"):
        for hidden_dim in (64, 128):
            for l2 in (0.0, 0.001, 0.1):
                for threshold in (0.9, 0.98):
                    for seed in range(1, seeds + 1):
                        for twin in twins:
                            row = {"task": task, "hidden_dim": hidden_dim, "l2": l2, "threshold": threshold,
                                   "seed": seed, "twin": twin}  # fmt: skip
                            found = l2 < 0.1 and bool(circuit(row, rng))
                            rows.append(row | _outcome(row, found))
    return pd.DataFrame(rows)


def _outcome(row: dict, found: bool) -> dict:
    at_chance = row["l2"] == 0.1
    return {
        "run_id": f"{row['task']}_h{row['hidden_dim']}_l2-{row['l2']:g}_thr-{row['threshold']:g}_seed{row['seed']}"
        + (f"_twin{row['twin']}" if row["twin"] else ""),
        "verdict": STORED if found else NOT_LEARNED,
        "kind": "circuit" if found else "at chance" if at_chance else "unfinished",
        "network_eigenvalues": 36 if found else 0 if at_chance else 30,
        "test_accuracy": 1.0 if found else 0.5 if at_chance else 0.9,
        "solved": int(found),
    }


def compared() -> pd.DataFrame:
    """Distances of two tasks: of what differs in the seed a tenth are far apart; T3 has no untrained networks."""
    rng = np.random.default_rng(0)
    typical = {"itself": 0.01, "seed": 0.02, "size": 0.03, "task": 0.6, "untrained": 0.4, "chance": 1.0}
    rows = []
    for task in ("T1", "T3"):
        for differs, size in typical.items():
            if (task, differs) != ("T3", "untrained"):
                for i in range(20):
                    far = 0.8 if differs == "seed" and i < 2 else size
                    values = far * rng.uniform(0.9, 1.1, size=len(MEASURES))
                    names = {"differs": differs, "task": task, "run_1": f"{task}-{i}", "run_2": f"{task}-{i + 1}"}
                    rows.append(names | dict(zip(MEASURES, values, strict=True)))
    return pd.DataFrame(rows)
