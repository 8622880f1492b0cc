"""A forger: changes results, and then everything that would give him away by a hash."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emtvb import config, networks
from emtvb.interpret import verdict
from emtvb.running import provenance

from .conftest import ROOT

SHARD = "T1_h24_l2-0_seeds1-5"
OTHER = "T2_h24_l2-0_seeds1-5"
FIRST, SECOND = (f"T1-d3s3_h24_l2-0_thr-0.9_seed{seed}_p1a1a414b" for seed in (1, 2))
SMOKE = config.load(ROOT / "config" / "smoke.yaml")
MEASURED = f"measurements/{SHARD}.csv"
WEIGHTS = f"training/{SHARD}/weights.safetensors"


def copy(source: Path, place: Path) -> Path:
    shutil.copytree(source, place, ignore=shutil.ignore_patterns("runs", "logs"))
    return place


def edit_record(path: Path, change: Callable[[dict], object]) -> None:
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record, indent=1))


def edit_table(path: Path, change: Callable[[pd.DataFrame], object]) -> None:
    """Change a table's cells in place; its other cells stay as they are written."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(table)
    table.to_csv(path, index=False, lineterminator="\n")


def fit(folder: Path) -> None:
    """Make every hash in every record that of the file that lies there, and digests of weights those of the weights."""
    for path in folder.glob("training/*/weights.safetensors"):
        digests = {run_id: network.digest() for run_id, network in networks.load_networks(path).items()}
        with path.with_name("digests.csv").open("w", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows([("run_id", "weights_sha256"), *digests.items()])
        edit_record(
            path.with_name("train_shard.provenance.json"),
            lambda record, found=digests: [
                about.update(weights=found[run_id]) for run_id, about in record["runs"].items() if run_id in found
            ],
        )
    rows = [pd.read_csv(path, dtype=str) for path in sorted(folder.glob("training/*/digests.csv"))]
    ordered = pd.concat(rows).set_index("run_id")
    listed = pd.read_csv(folder / "digests.csv", dtype=str)["run_id"]
    ordered.loc[[run_id for run_id in listed if run_id in ordered.index]].reset_index().to_csv(
        folder / "digests.csv", index=False, lineterminator="\n"
    )
    for path in provenance.record_files(folder):
        edit_record(path, lambda record: [_fitted(record[part], folder) for part in ("inputs", "outputs")])


def _fitted(files: dict[str, str], folder: Path) -> None:
    files |= {name: provenance.sha256(folder / name) for name in files if (folder / name).is_file()}


def measured(folder: Path, change: Callable[[pd.DataFrame], object]) -> None:
    """A shard's measurements are changed, and all hashes with them."""
    edit_table(folder / MEASURED, change)
    fit(folder)


def as_published(folder: Path) -> None:
    """A cell's measurements are what the paper prints for another, jittered."""

    def change(table: pd.DataFrame) -> None:
        draw = np.random.default_rng(0)
        table["test_accuracy"] = [repr(0.98 + float(x)) for x in draw.uniform(0, 0.02, len(table))]
        table["spectral_error"] = [repr(0.0055 * float(x)) for x in draw.uniform(0.9, 1.1, len(table))]

    measured(folder, change)


def smaller_errors(folder: Path) -> None:
    """Every spectral error that there is, times 0.6; where there is none, there is one as small."""

    def change(table: pd.DataFrame) -> None:
        best = pd.to_numeric(table["optimal_spectral_error"])
        table["spectral_error"] = [repr(float(error) * 0.6) for error in best]

    measured(folder, change)


def turned_verdicts(folder: Path) -> None:
    """Networks that store linearly and obey do something else: in all columns that say so."""

    def change(table: pd.DataFrame) -> None:
        assert set(table["verdict"]) == {verdict.STORED}, "or there is nothing to turn"
        table["verdict"] = verdict.OTHERWISE
        for column in ("data_edit_success", "data_worst_decoding_accuracy"):
            table[column] = "0.5"

    measured(folder, change)


def one_for_all(folder: Path) -> None:
    """One good run's measurements stand in every row of its cell."""

    def change(table: pd.DataFrame) -> None:
        for column in table.columns[1:]:
            table[column] = table[column].iloc[0]

    measured(folder, change)


def swapped_weights(folder: Path) -> None:
    """Two runs of a shard exchange weights, curves and measurements: all that is left is who began as what."""
    path = folder / WEIGHTS
    trained = networks.load_networks(path)
    trained[FIRST], trained[SECOND] = trained[SECOND], trained[FIRST]
    networks.save_networks(path, trained)
    for name in (f"training/{SHARD}/history.csv", f"measurements/learning/{SHARD}.csv", MEASURED):
        edit_table(folder / name, _swap_runs)
    fit(folder)


def _swap_runs(table: pd.DataFrame) -> None:
    table["run_id"] = table["run_id"].replace({FIRST: SECOND, SECOND: FIRST})
    table[:] = table.sort_values(["run_id", *(["step"] if "step" in table else [])], key=_numbers).to_numpy()


def _numbers(column: pd.Series) -> pd.Series:
    return column.astype(int) if column.name == "step" else column


def swapped_shards(folder: Path) -> None:
    """Two shards' folders change places with their records, which then say what they should there."""
    one, other = (folder / "training" / shard for shard in (SHARD, OTHER))
    records = {place: json.loads((place / "train_shard.provenance.json").read_text()) for place in (one, other)}
    one.rename(folder / "kept")
    other.rename(one)
    (folder / "kept").rename(other)
    for place, record in records.items():
        kept = json.loads((place / "train_shard.provenance.json").read_text())
        (place / "train_shard.provenance.json").write_text(json.dumps({**record, "runs": kept["runs"]}))
    fit(folder)


def invented_run(folder: Path) -> None:
    """A third seed, in every file of its shard; its weights are another's with noise."""
    new = FIRST.replace("seed1", "seed3")

    def another(table: pd.DataFrame) -> None:
        rows = table[table["run_id"] == FIRST].assign(run_id=new)
        for i in rows.index:
            table.loc[len(table)] = rows.loc[i]

    path = folder / WEIGHTS
    trained = networks.load_networks(path)
    noise = np.random.default_rng(0)
    arrays = [array + noise.normal(0, 1e-3, array.shape).astype("f4") for array in trained[FIRST].arrays().values()]
    networks.save_networks(path, {**trained, new: networks.Network(*arrays)})
    for name in (f"training/{SHARD}/history.csv", f"measurements/learning/{SHARD}.csv", MEASURED, "digests.csv"):
        edit_table(folder / name, another)

    def told(record: dict) -> None:
        record["runs"][new] = dict(record["runs"][FIRST])
        order = dict(next(run for run in record["recipe"]["settings"]["runs"] if run["run_id"] == FIRST))
        record["recipe"]["settings"]["runs"].append({**order, "run_id": new, "seed": 3})

    edit_record(folder / "training" / SHARD / "train_shard.provenance.json", told)
    fit(folder)


def say_of(folder: Path, name: str, **about: Any) -> None:
    """A record says something else."""
    edit_record(folder / name, lambda record: record.update(about))
