"""What figures are drawn from: exemplars and learning curves, read and checked."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Complex, Float

from emtvb.errors import DAMAGED, InputError


@dataclass(frozen=True, eq=False)
class Exemplar:
    """One trained network looked at closely, as the interpret stage writes it.

    Attributes:
        run_id: Which run it is.
        task: Its task's name.
        d: Dimensions of a vector.
        s: Variables.
        hidden_dim: Neurons.
        l2: L2 penalty.
        threshold: Accuracy above which the curriculum moved up.
        seed: Its seed.
        modulus: Eigenvalues with a larger modulus are long-term.
        test_accuracy: Fraction of output elements whose sign is right.
        spectral_error: The paper's, radians; NaN where it is not defined.
        optimal_spectral_error: By optimal assignment, radians.
        power_gain: g, by which W_hh in the paper's memories, in the units of what is stored, is nearest to Phi.
        power_shape_error: |Psi* W_hh Psi / g - Phi| / |Phi| there.
        data_gain: The same in the memories by data.
        data_shape_error: The same there.
        realisation_gain: The same in the memories that realisation theory gives.
        realisation_shape_error: The same there.
        verdict: What the network learned, in a word.
        edits: What was changed, an entry per edit.
        edit_times: Output steps before each.
        edit_bases: Through which memories each was made.
        edit_notes: What else is to be said of each; may be empty.
        composition: f.
        phi: The task's transition.
        phi_eigenvalues: The eigenvalues of Phi other than 0.
        network_eigenvalues: The eigenvalues of W_hh.
        W_hh: Recurrent weights.
        kept: The stacked elements that have a variable memory.
        W_hh_in_scaled_memories: W_hh in the paper's memories, each column in the units of what is stored.
        W_hh_in_data_memories: W_hh in the basis of the memories by data.
        W_hh_in_realised_memories: W_hh in the basis of the memories that realisation theory gives.
        inputs: u(t).
        hidden: h(t).
        outputs: o(t).
        targets: What o(t) should be; 0 in the input phase.
        memories: Psi* h(t) in the paper's memories.
        data_memories: Psi* h(t) in the memories by data.
        theory: The task's own state m(t).
        edit_before: m at the time of each edit.
        edit_after: m', what was asked for.
        edit_past: What the network gave out until then.
        edit_outputs: What it then gave out.
        edit_expected: The theory's future of m'.
        edit_unedited: The theory's future of m.
    """

    run_id: str
    task: str
    d: int
    s: int
    hidden_dim: int
    l2: float
    threshold: float
    seed: int
    modulus: float
    test_accuracy: float
    spectral_error: float
    optimal_spectral_error: float
    power_gain: float
    power_shape_error: float
    data_gain: float
    data_shape_error: float
    realisation_gain: float
    realisation_shape_error: float
    verdict: str
    edits: tuple[str, ...]
    edit_times: tuple[int, ...]
    edit_bases: tuple[str, ...]
    edit_notes: tuple[str, ...]
    composition: Float[np.ndarray, "d memory"]
    phi: Float[np.ndarray, "memory memory"]
    phi_eigenvalues: Complex[np.ndarray, " mode"]
    network_eigenvalues: Complex[np.ndarray, " hidden"]
    W_hh: Float[np.ndarray, "hidden hidden"]
    kept: Bool[np.ndarray, " memory"]
    W_hh_in_scaled_memories: Float[np.ndarray, "memory memory"]
    W_hh_in_data_memories: Float[np.ndarray, "memory memory"]
    W_hh_in_realised_memories: Float[np.ndarray, "memory memory"]
    inputs: Float[np.ndarray, "time d"]
    hidden: Float[np.ndarray, "time hidden"]
    outputs: Float[np.ndarray, "time d"]
    targets: Float[np.ndarray, "time d"]
    memories: Float[np.ndarray, "time memory"]
    data_memories: Float[np.ndarray, "time memory"]
    theory: Float[np.ndarray, "time memory"]
    edit_before: Float[np.ndarray, "edit memory"]
    edit_after: Float[np.ndarray, "edit memory"]
    edit_past: Float[np.ndarray, "edit past d"]
    edit_outputs: Float[np.ndarray, "edit step d"]
    edit_expected: Float[np.ndarray, "edit step d"]
    edit_unedited: Float[np.ndarray, "edit step d"]

    def phase(self, time: int) -> str:
        """The phase of a time index counted from 0."""
        return "input phase" if time < self.s else "output phase"


_KINDS = typing.get_type_hints(Exemplar)
"""The kind of each field, by which it is read: of arrays jaxtyping's, with the names of their axes."""
_ARRAYS: dict[str, Any] = {name: kind for name, kind in _KINDS.items() if hasattr(kind, "dim_str")}
MEASURES = tuple(name for name, kind in _KINDS.items() if kind is float and name not in ("l2", "threshold", "modulus"))
"""Fields that are columns of measurements."""
_HISTORY = {"run_id": "str", "step": "int64", "loss": "float64", "accuracy": "float64", "horizon": "int64"}


@contextmanager
def reading_result(name: str, path: Path | str) -> Iterator[None]:
    """Reading of a file that the workflow wrote.

    Args:
        name: What the file should be, in a word.
        path: The file.

    Raises:
        InputError: Where it is missing, damaged or something else.
    """
    try:
        yield
    except FileNotFoundError:
        raise InputError(name, str(path), "no such file; run the workflow") from None
    except (*DAMAGED, AttributeError) as error:
        problem = str(error) or type(error).__name__
        remedy = f"damaged or something else ({problem}); delete it and its record, and run the workflow"
        raise InputError(name, str(path), remedy) from None


def load_exemplar(exemplar: Path | str) -> Exemplar:
    """What a figure of one network shows, from its file (.npz).

    Raises:
        InputError: Where the file is missing, damaged or not an exemplar.
    """
    with reading_result("exemplar", exemplar), np.load(exemplar, allow_pickle=False) as stored:
        return exemplar_from({name: stored[name] for name in ("about", *_ARRAYS)})


def load_exemplars(exemplars: Iterable[Path | str]) -> list[Exemplar]:
    """What a figure of several networks shows, from their files."""
    return [load_exemplar(path) for path in exemplars]


def exemplar_from(arrays: Mapping[str, np.ndarray]) -> Exemplar:
    """An exemplar from its arrays by name.

    Args:
        arrays: As ``emtvb.experiments.sweep.exemplar.exemplar_arrays`` returns them.

    Raises:
        KeyError: Where one is missing.
        ValueError: Where one has another shape than the others imply.
    """
    about = json.loads(str(arrays["about"]))
    scalars: dict[str, Any] = {}
    for name, kind in _KINDS.items():
        if name not in _ARRAYS:
            of_each = typing.get_args(kind)  # of a tuple, the kind of its entries
            scalars[name] = tuple(map(of_each[0], about[name])) if of_each else kind(about[name])
    sizes = {
        "edit": len(scalars["edits"]),
        "d": scalars["d"],
        "memory": scalars["s"] * scalars["d"],
        "hidden": scalars["hidden_dim"],
    }
    checked: dict[str, Any] = {}
    for name, kind in _ARRAYS.items():
        axes = kind.dim_str.split()
        array: np.ndarray = np.asarray(arrays[name]).astype(_precision(kind))
        # an axis of no known length, such as time, is as long as in the first array that has it
        expected = tuple(sizes.setdefault(axis, length) for axis, length in zip(axes, array.shape, strict=False))
        if array.ndim != len(axes) or array.shape != expected:
            raise ValueError(f"{name} has shape {array.shape}, not ({', '.join(axes)})")
        checked[name] = array
    for name in ("edit_times", "edit_bases", "edit_notes"):
        if len(scalars[name]) != sizes["edit"]:
            raise ValueError(f"{name} has {len(scalars[name])} entries for {sizes['edit']} edits")
    return Exemplar(**scalars, **checked)


def _precision(kind: Any) -> type:
    """Numbers by which an array of such a kind is drawn."""
    if "bool" in kind.dtypes:
        return np.bool_
    return np.complex128 if "complex128" in kind.dtypes else np.float64


def scaled_memories(exemplar: Exemplar) -> Float[np.ndarray, "time memory"]:
    """Psi* h(t) in the paper's memories, each divided by its median magnitude over the output phase.

    The columns of the paper's Psi have norm 1, so a network's own gain stands in their place: it is what this divides
    by. A median is not moved by single large values. NaN where there is no variable memory or nothing finite to divide
    by. (Memories by data need no scale: what they read is +1 or -1.)
    """
    magnitude = np.abs(np.where(np.isfinite(exemplar.memories), exemplar.memories, np.nan))[exemplar.s :]
    scale = np.full(exemplar.memories.shape[1], np.nan)
    usable = exemplar.kept & np.isfinite(magnitude).any(axis=0)
    scale[usable] = np.nanmedian(magnitude[:, usable], axis=0)
    scale[~(scale > 0)] = np.nan
    scaled: np.ndarray = np.where(np.isfinite(exemplar.memories), exemplar.memories, np.nan) / scale
    return scaled


def data_memories(exemplar: Exemplar) -> Float[np.ndarray, "time memory"]:
    """Psi* h(t) in the memories by data, NaN where there is no variable memory or no number."""
    there = exemplar.kept & np.isfinite(exemplar.data_memories)
    read: np.ndarray = np.where(there, exemplar.data_memories, np.nan)
    return read


def table_rows(table: pd.DataFrame) -> list[Any]:
    """A table's rows, with a column as an attribute."""
    return list(table.itertuples())


def with_label_columns(table: pd.DataFrame, **about: Any) -> pd.DataFrame:
    """A table behind columns that say the same in every row."""
    return pd.concat([pd.DataFrame(about, index=table.index), table], axis=1)


def distinct_cells(table: pd.DataFrame, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """What these columns hold together, each combination once, ascending."""
    return list(table[list(columns)].drop_duplicates().sort_values(list(columns)).itertuples(index=False, name=None))


def load_histories(paths: Iterable[Path | str]) -> pd.DataFrame:
    """The learning curves of several ``history.csv``, one below the other.

    Returns:
        Columns ``run_id``, ``step``, ``loss``, ``accuracy``, ``horizon``.

    Raises:
        InputError: Where a file is missing, damaged or has other columns.
    """
    frames = [_history(path) for path in paths]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(_HISTORY))


def with_settings(histories: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Learning curves with their runs' settings beside every row.

    Args:
        histories: As :func:`load_histories` gives them.
        runs: The run table.

    Raises:
        InputError: Where a curve's run is not in the run table.
    """
    unknown = set(histories["run_id"]) - set(runs["run_id"])
    if unknown:
        raise InputError("learning curve", min(unknown), "no such run in the run table; give the runs' own histories")
    return histories.merge(runs, on="run_id", how="left", validate="many_to_one")


def summarise_curves(curves: pd.DataFrame) -> pd.DataFrame:
    """What learning curves have in common: quartiles over the runs of a group, a row per group and step.

    Args:
        curves: As :func:`with_settings` gives them, at least one row.

    Returns:
        Columns ``task``, ``hidden_dim``, ``l2``, ``threshold``, ``step``, ``runs``; ``accuracy_25``, ``accuracy_50``,
        ``accuracy_75`` and the same of ``loss``; ``horizon``, the (lower) median; ``moves_up``, whether it is above
        that of the row before. Numbers that are not finite are left out. Tasks in their order of appearance, the rest
        ascending.
    """
    group = ["task", "hidden_dim", "l2", "threshold"]
    finite = curves.replace([np.inf, -np.inf], np.nan)
    grouped = finite.groupby([*group, "step"], sort=True)
    summary = grouped.agg(runs=("run_id", "nunique"))
    for measure in ("accuracy", "loss"):
        quartiles = grouped[measure].quantile(np.array([0.25, 0.5, 0.75])).unstack()
        summary[[f"{measure}_25", f"{measure}_50", f"{measure}_75"]] = quartiles
    # the lower of two middle ones: what lies between them is no horizon of the curriculum
    summary["horizon"] = grouped["horizon"].quantile(0.5, interpolation="lower").astype(int)
    order = {task: i for i, task in enumerate(finite["task"].unique())}
    summary = summary.reset_index().sort_values("task", key=lambda tasks: tasks.map(order), kind="stable")
    summary["moves_up"] = summary.groupby(group, sort=False)["horizon"].diff() > 0
    return summary.reset_index(drop=True)


def _history(path: Path | str) -> pd.DataFrame:
    with reading_result("history", path):
        table = pd.read_csv(path, dtype={"run_id": str})
        missing = [name for name in _HISTORY if name not in table.columns]
        if missing:
            raise ValueError(f"has no column {missing[0]}")
        return table[list(_HISTORY)].astype(_HISTORY)
