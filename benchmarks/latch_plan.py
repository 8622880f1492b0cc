"""What came of each prediction of docs/plan-latch.md: ``python -m benchmarks.latch_plan``, from published tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

RESULTS = Path("results")
MOST = 11
"""Of twelve contents, at least so many make a network one that lasts or attracts."""


def solved(experiment: str) -> pd.DataFrame:
    """Networks that solve their task, with whether they last, and how far they are from Phi."""
    memory = pd.read_csv(RESULTS / experiment / "tables/memory.csv")
    measured = pd.read_csv(RESULTS / experiment / "measurements.csv")
    columns = ["run_id", "matched_spectral_error", "realisation_shape_error", "memory_shape_error",
               "realisation_edit_success"]  # fmt: skip
    own = memory[(memory["network"] == "trained") & (memory["solved"] == 1)].merge(measured[columns], on="run_id")
    return own.assign(lasts=own["accuracy_at_3000_fresh"] >= own["measured_solved"])


def share(rows: pd.DataFrame, counted: str, of: str = "contents") -> str:
    """A share of contents, by sums of columns or of what pandas makes of them."""
    count, whole = rows.eval(counted).sum(), rows.eval(of).sum()
    return f"{count / whole:.4f} of {whole:,}"


SAME = "contents - attracting - kept + 2 * attracting_kept"
OTHERS = "contents - attracting"


def within_groups(rows: pd.DataFrame) -> str:
    """How often attracting and being kept agree, the commoner outcome, and shuffled attraction."""
    sums = rows.groupby(["task", "hidden_dim", "gain"])[["contents", "attracting", "kept", "attracting_kept"]].sum()
    n, a, k = sums["contents"], sums["attracting"] / sums["contents"], sums["kept"] / sums["contents"]
    commoner, shuffled = np.maximum(k, 1 - k), a * k + (1 - a) * (1 - k)
    found = (sums.eval(SAME).sum(), (commoner * n).sum(), (shuffled * n).sum())
    return "agree, commoner, shuffled: " + ", ".join(f"{each / n.sum():.3f}" for each in found)


def main() -> None:
    """Prints the numbers of sections A to F."""
    networks = solved("paper")
    dose = pd.read_csv(RESULTS / "paper/tables/dose.csv").merge(
        networks[["run_id", "matched_spectral_error", "realisation_shape_error", "lasts"]], on="run_id"
    )
    composing = dose[dose["task"] != "T1"]
    groups = {"T1": dose[dose["task"] == "T1"], "the 13": dose[(dose["task"] == "T4") & ~dose["lasts"]]}
    for arm in ("write", "hold"):
        of_arm = composing[composing["arm"] == arm]
        print("A1", arm, share(of_arm, SAME), "commoner", share(of_arm, "contents - kept"), "return alone",
              share(of_arm, "contents - returning - kept + 2 * returning_kept"))  # fmt: skip
        print("   best cut of the gain", max(
            (of_arm["kept"].where(of_arm["gain"] >= cut, of_arm["contents"] - of_arm["kept"]).sum()
             / of_arm["contents"].sum(), cut) for cut in of_arm["gain"].unique()))  # fmt: skip
        changed = of_arm[of_arm["factor"] != 1]
        print("A2", arm, within_groups(changed))
        low = dose[(dose["arm"] == arm) & (dose["gain"] <= 0.98) & (dose["factor"] != 1)]
        print("A3", arm, low.groupby("task")["lasting"].sum().to_dict())
        print("afterwards: larger W_hh", arm, within_groups(changed[changed["factor"] > 1]))
        for name, part in (("larger", changed["factor"] > 1), ("smaller by a twentieth", changed["factor"] < 0.95)):
            print("   ", name, "kept of attracting", share(changed[part], "attracting_kept", "attracting"), "of others",
                  share(changed[part], "kept - attracting_kept", OTHERS))  # fmt: skip
        print("    of lasting attract", share(changed, "attracting_lasting", "lasting"))
    held = dose[(dose["arm"] == "hold") & (dose["factor"] != 1)]
    for name, rows in groups.items():
        some = rows[(rows["arm"] == "hold") & (rows["factor"] != 1) & rows["gain"].between(1.05, 1.3)]
        print("A4", name, some.groupby("run_id")["lasting"].max().ge(MOST).sum(), "of", rows["run_id"].nunique())
    first = held[held["attracting"] >= MOST].groupby("run_id")["gain"].min().rename("first")
    for task, of_task in composing.drop_duplicates("run_id").merge(first, on="run_id", how="left").groupby("task"):
        ranks = [of_task[name].corr(of_task["first"], method="spearman")
                 for name in ("matched_spectral_error", "realisation_shape_error")]  # fmt: skip
        never = of_task["matched_spectral_error"].corr(of_task["first"].fillna(9), method="spearman")
        print("A5", task, np.round(ranks, 2), f"never counted last {never:.2f}", of_task["first"].isna().sum())
    print("A6", share(dose[dose["arm"] == "hold"], "lasting_same"))
    for (arm, gain, task), rows in dose[dose["arm"].isin(["random", "turned"])].groupby(["arm", "gain", "task"]):
        print("controls", arm, gain, task, "last", share(rows, "lasting"))
    for name, rows in groups.items():
        print("control random", name, share(rows[rows["arm"] == "random"], "lasting"))
    noisy = dose[dose["arm"] == "noise"]
    for noise, rows in noisy[(noisy["factor"] == 1) & (noisy["task"] != "T1")].groupby("noise"):
        print("B1", noise, share(rows, "attracting_lasting", "attracting"),
              share(rows, "lasting - attracting_lasting", OTHERS))  # fmt: skip
    along = noisy[noisy["factor"] != 1]
    print("B2", share(along, "attracting_kept_same", "attracting"),
          share(along, "kept_same - attracting_kept_same", OTHERS))  # fmt: skip
    own = composing[(composing["arm"] == "write") & (composing["factor"] == 1)]
    largest = noisy[(noisy["factor"] == 1) & (noisy["lasting"] >= MOST)].groupby("run_id")["noise"].max().rename("most")
    for task, rows in own.drop(columns="noise").merge(largest, on="run_id", how="left").groupby("task"):
        print("B3", task, f"{rows['rate'].corr(rows['most'].fillna(0), method='spearman'):.2f}")
    for arm in ("own", "removed", "put-in", "grafted"):
        rows = dose[dose["arm"] == arm]
        print("C", arm, share(rows, "attracting_right", "attracting"), share(rows, "right - attracting_right", OTHERS),
              {name: share(part[part["arm"] == arm], "right") for name, part in groups.items()})  # fmt: skip
    fresh = solved("fresh")
    runs = pd.read_csv(RESULTS / "fresh/measurements.csv")
    print("D1", runs.groupby(["task", "threshold"])["solved"].sum().to_dict())
    print("D2", fresh[fresh["task"] != "T2"].groupby("threshold")["lasts"].agg(["sum", "size"]).to_dict("index"))
    law = pd.read_csv(RESULTS / "fresh/tables/memory_law.csv").query("solves and task == 'all'")
    print("D3, D4", law[["networks", "wide_told", "returning_told", "early_told"]].to_dict("records"))
    print("D5", [int((fresh[f"{basis}_shape_error"] < 0.2).sum()) for basis in ("memory", "realisation")],
          int((fresh["realisation_edit_success"] >= 0.95).sum()), len(fresh))  # fmt: skip
    last = fresh[fresh["task"] == "T4"]
    print("D6", ((last["realisation_shape_error"] >= 0.014) == last["lasts"]).sum(), len(last))
    longer = solved("longer").merge(fresh[fresh["threshold"] == 0.9][["task", "seed", "lasts"]], on=["task", "seed"],
                                    how="left", suffixes=("", "_before"))  # fmt: skip
    print("E", pd.crosstab(longer["lasts_before"].fillna("not solved"), longer["lasts"]).to_dict("index"),
          longer.groupby("task")["lasts"].agg(["sum", "size"]).to_dict("index"))  # fmt: skip
    short = pd.read_csv(RESULTS / "short/measurements.csv")
    beside = runs[(runs["task"] == "T2") & (runs["threshold"] == 0.9) & runs["seed"].isin(short["seed"])]
    for task, rows in pd.concat([short, beside]).groupby("task"):
        print("F", task, rows["solved"].sum(), len(rows), f"{rows['test_accuracy'].mean():.4f}")


if __name__ == "__main__":
    main()
