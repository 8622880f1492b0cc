"""Labels of trials that users give: which variables they are, and which trials a decoder is fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.core.arguments import as_numpy, whole_number
from emtvb.core.result_tables import first_names
from emtvb.core.variables import CONTINUOUS, MISSING, Kinds, Variable, infer_variable, is_undefined
from emtvb.errors import InputError

FEWEST_GROUPS = 4
"""Groups of trials below which some cannot be trained on and others tested."""


@dataclass(frozen=True, eq=False)
class Labels:
    """Variables of some trials with their values, and a split of the trials.

    Attributes:
        variables: What a network should hold.
        values: By name, the value at each time in each trial.
        train: Which trials a decoder is fitted on; the others test it.
        groups: The group of each trial, a number from 0; None where each is independent.
    """

    variables: tuple[Variable, ...]
    values: Mapping[str, np.ndarray]
    train: Bool[np.ndarray, " trial"]
    groups: Int[np.ndarray, " trial"] | None

    @classmethod
    def of(
        cls,
        labels: Any,
        shape: tuple[int, int],
        *,
        names: Sequence[str] | None = None,
        kinds: Kinds = None,
        batch_first: bool = False,
        split: Any = 0.5,
        seed: int = 0,
        groups: Any = None,
    ) -> Labels:
        """Labels as :func:`emtvb.record` takes them, of trials of this shape: time and trials.

        Raises:
            InputError: Where they cannot be used.
        """
        values = labels_by_name(labels, shape, names, batch_first)
        kind = kinds_of(list(values), kinds)
        variables = tuple(infer_variable(name, array, kind[name]) for name, array in values.items())
        group = None if groups is None else _group_numbers(groups, shape[1])
        return cls(variables, values, _train_mask(shape[1], split, whole_number(seed, "seed", 0), group), group)

    def scaled(self) -> Labels:
        """Continuous variables in standard deviations of their values in the training trials.

        Raises:
            InputError: Where one of them does not vary there.
        """
        scaled = tuple(_scaled_variable(v, self.values[v.name][:, self.train]) for v in self.variables)
        return replace(self, variables=scaled)

    def numbers(self) -> Float[np.ndarray, "time trial number"]:
        """The numbers that stand for the values, of all variables side by side."""
        return np.concatenate([v.encode(self.values[v.name]) for v in self.variables], axis=-1)

    def check_seen(self, times: Sequence[int]) -> None:
        """Raise InputError where a value of a variable is in no training trial at these times."""
        for v in self.variables:
            _check_seen(v, self.values[v.name][:, self.train][list(times)])


def labels_by_name(
    labels: Any, shape: tuple[int, int], names: Sequence[str] | None, batch_first: bool = False
) -> dict[str, np.ndarray]:
    """Labels by the variable's name, each (time, trial).

    Args:
        labels: An array (time, trial, variable), or by name arrays (time, trial), (time, trial, n) or (trial,); or a
            data frame with a row for each trial, or for each time and trial (columns "time" and "trial"); or a series
            of pandas, which is one variable of its name. A label that is missing (None, NaN, pandas' NA) is undefined.
        shape: Of the inputs: time and trials.
        names: Of an array's variables.
        batch_first: Whether trials come before time.

    Raises:
        InputError: Where labels are of another shape.
    """
    if hasattr(labels, "to_frame") and hasattr(labels, "to_numpy") and not hasattr(labels, "columns"):
        labels = labels.to_frame("label" if getattr(labels, "name", None) is None else labels.name)
    if hasattr(labels, "columns") and hasattr(labels, "to_numpy"):
        labels, batch_first = _of_data_frame(labels, shape), False
    if isinstance(labels, Mapping):
        arrays: dict[str, np.ndarray] = {}
        for name, given in labels.items():
            array = _plain(as_numpy(given, f"labels of {name}"))
            array = _checked_labels(array, shape, f"labels of {name}", (1, 2, 3), batch_first)
            parts = {str(name): array} if array.ndim == 2 else {f"{name}.{i}": part for i, part in enumerate(array.T)}
            if array.ndim == 3:
                parts = {key: part.T for key, part in parts.items()}
            if twice := sorted(set(parts) & set(arrays)):
                raise InputError("labels", f"{twice[0]} twice", "give each variable a name of its own")
            arrays |= parts
        if names is not None:
            raise InputError("names", str(names), "labels that come by name have theirs; leave names out")
        if not arrays:
            raise InputError("labels", "no variable at all", "give at least one: {'name': labels}")
        return arrays
    array = _checked_labels(as_numpy(labels, "labels"), shape, "labels", (3,), batch_first)
    if names is not None and (not isinstance(names, (tuple, list))):
        raise InputError("names", str(names), f"give {array.shape[2]} different ones, one for each variable")
    called = [str(i) for i in range(array.shape[2])] if names is None else [str(name) for name in names]
    if len(set(called)) != array.shape[2] or len(called) != array.shape[2]:
        raise InputError("names", called, f"give {array.shape[2]} different ones, one for each variable")
    return {name: array[..., i] for i, name in enumerate(called)}


def _of_data_frame(table: Any, shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """A data frame's columns by name: (trial,), or (time, trial) where it says which time and trial a row is of."""
    steps, trials = shape
    names = [str(name) for name in table.columns]
    if len(set(names)) < len(names):
        raise InputError(
            "labels", f"a data frame with columns {first_names(names)}", "give each column a name of its own"
        )
    values = {name: table.iloc[:, place].to_numpy() for place, name in enumerate(names)}
    if not {"time", "trial"} <= set(names):
        if len(table) != trials:
            remedy = f"give a row for each of the {trials} trials, or columns 'time' and 'trial'"
            raise InputError("labels", f"a data frame of {len(table)} rows", remedy)
        return values
    places = [values.pop(name) for name in ("time", "trial")]
    if not all(array.dtype.kind in "iu" for array in places) or len(table) != steps * trials:
        remedy = f"give a row for each of {steps} times and {trials} trials, which are numbers from 0"
        raise InputError("labels", f"a data frame of {len(table)} rows", remedy)
    order = np.lexsort((places[1], places[0]))
    expected = np.repeat(np.arange(steps), trials), np.tile(np.arange(trials), steps)
    if any((array[order] != wanted).any() for array, wanted in zip(places, expected, strict=True)):
        remedy = f"number times from 0 to {steps - 1} and trials from 0 to {trials - 1}, and give each pair once"
        raise InputError("labels", "a data frame whose times and trials are not all there once", remedy)
    return {name: array[order].reshape(steps, trials) for name, array in values.items()}


def _plain(values: np.ndarray) -> np.ndarray:
    """Labels in a type of numpy's: objects that are all words, or all numbers, but for those that are missing."""
    if values.dtype != object:
        return values
    flat = values.ravel()
    known = np.array([not _is_missing(value) for value in flat], dtype=bool)
    words = [isinstance(value, str) for value in flat[known]]
    if any(words) and not all(words):
        return values
    plain = np.array(flat[known].tolist())
    if plain.ndim != 1 or plain.dtype.kind not in "biufU":
        return values
    if not known.all():
        every = np.full(len(flat), MISSING if plain.dtype.kind == "U" else np.nan, dtype=object)
        every[known] = plain
        plain = every.astype(str if plain.dtype.kind == "U" else np.float64)
    return plain.reshape(values.shape)


def _is_missing(value: Any) -> bool:
    """Whether an object stands for no value: None, NaN, pandas' NA."""
    is_nan = isinstance(value, (float, np.floating)) and np.isnan(value)
    return bool(value is None or is_nan or type(value).__name__ == "NAType")


def _checked_labels(
    array: np.ndarray, shape: tuple[int, int], what: str, axes: tuple[int, ...], batch_first: bool
) -> np.ndarray:
    """Labels as (time, trial) or (time, trial, n)."""
    if array.ndim == 1 and 1 in axes and array.shape == shape[1:]:
        return np.broadcast_to(array, shape)
    if batch_first and array.ndim >= 2:
        array = array.swapaxes(0, 1)
    if array.ndim not in axes or array.shape[:2] != shape or 0 in array.shape:
        a, b, c = (shape[1], shape[0], "trials, steps") if batch_first else (*shape, "steps, trials")
        wanted = f"({a}, {b}, variables)" + (f", ({a}, {b}) or ({shape[1]},)" if 2 in axes else "")
        shown = array.shape if not batch_first or array.ndim < 2 else (array.shape[1], array.shape[0], *array.shape[2:])
        remedy = f"there are {shape[0]} steps and {shape[1]} trials: give {wanted} ({c})"
        if array.shape == shape[:1] or array.shape[:2] == shape[::-1]:
            remedy += f"; or batch_first={not batch_first}"
        if array.ndim == 1 and 1 not in axes:
            remedy += "; what holds during a whole trial is given by name: {'name': labels}"
        raise InputError(what, f"shape {shown}", remedy)
    return array


def kinds_of(names: Sequence[str], kinds: Kinds) -> dict[str, str | None]:
    """The kind that the user gave each variable; None where it is to be seen from the labels.

    Raises:
        InputError: Where a kind is given for no variable, or not one for each.
    """
    if kinds is None or isinstance(kinds, str):
        return dict.fromkeys(names, kinds)
    if isinstance(kinds, Mapping):
        for name in kinds:
            if name not in names and not any(other.startswith(f"{name}.") for other in names):
                raise InputError("kinds", name, f"no such variable; there are {', '.join(names)}")
        return {name: kinds.get(name, kinds.get(name.rpartition(".")[0])) for name in names}
    if not isinstance(kinds, (tuple, list)) or len(kinds) != len(names):
        raise InputError("kinds", str(kinds), f"give {len(names)}, one for each variable")
    return dict(zip(names, kinds, strict=True))


def _train_mask(
    trials: int, split: Any, seed: int, groups: Int[np.ndarray, " trial"] | None
) -> Bool[np.ndarray, " trial"]:
    """Which trials a decoder is fitted on: those of a mask, or a share of the trials (or groups) drawn by chance."""
    if isinstance(split, (int, float)) and not isinstance(split, bool):
        if not 0 < split < 1:
            raise InputError("split", split, "give a share between 0 and 1, or a mask of the trials to train on")
        if groups is None:
            return _drawn_mask(trials, split, seed)
        count = int(groups.max()) + 1
        if count < FEWEST_GROUPS:
            remedy = f"give at least {FEWEST_GROUPS}, so that some can be trained on and others tested; or leave it out"
            raise InputError("groups", f"{count} different ones", remedy)
        return _drawn_mask(count, split, seed)[groups]
    mask = as_numpy(split, "split")
    if mask.shape != (trials,) or mask.dtype != bool:
        shown = f"{mask.dtype} of shape {mask.shape}"
        raise InputError(
            "split", shown, f"give a share between 0 and 1, or True for each trial to train on, ({trials},)"
        )
    if min(int(mask.sum()), int((~mask).sum())) < 2:
        shown = f"{int(mask.sum())} of {trials} trials to train on, {int((~mask).sum())} to test"
        raise InputError("split", shown, "each part needs at least 2")
    if groups is not None and (both := np.intersect1d(groups[mask], groups[~mask])).size:
        shown = f"{both.size} groups are on both sides"
        raise InputError("split", shown, "give all trials of a group the same side, or leave groups out")
    return mask


def _drawn_mask(trials: int, share: float, seed: int) -> Bool[np.ndarray, " trial"]:
    """Some of so many trials, or groups."""
    count = round(trials * share)
    if trials < 4:
        raise InputError("trials", trials, "too few to fit on one part and test on another; give at least 4")
    if count < 2 or trials - count < 2:
        shown = f"{share}: {count} of {trials} trials to train on, {trials - count} to test"
        raise InputError("split", shown, "each part needs at least 2")
    fitted = np.zeros(trials, dtype=bool)
    fitted[np.random.default_rng(seed).permutation(trials)[:count]] = True
    return fitted


def _group_numbers(given: Any, count: int) -> Int[np.ndarray, " trial"]:
    """The group of each trial, as a number from 0."""
    groups = _plain(as_numpy(given, "groups"))
    if groups.shape != (count,):
        raise InputError("groups", f"shape {groups.shape}", f"give one for each of the {count} trials, ({count},)")
    if groups.dtype.kind not in "biufUS" or is_undefined(groups).any():
        shown = "missing for some trials" if groups.dtype.kind in "fU" else f"of type {groups.dtype}"
        raise InputError("groups", shown, "give each trial a number or a word")
    return np.unique(groups, return_inverse=True)[1].reshape(-1)


def _scaled_variable(v: Variable, values: np.ndarray) -> Variable:
    """A continuous variable in standard deviations of these values."""
    if v.kind != CONTINUOUS:
        return v
    known = values[~is_undefined(values)].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        mean, spread = float(known.mean()) if known.size else 0.0, float(known.std()) if known.size else 0.0
    if not np.isfinite(spread):
        largest = float(np.abs(known).max())
        raise InputError(f"labels of {v.name}", f"up to {largest:.3g}", "too large to be squared; divide them")
    if not spread > 0:
        raise InputError(f"labels of {v.name}", "constant in the trials to fit on", "give more trials")
    return replace(v, mean=mean, spread=spread)


def _check_seen(v: Variable, values: np.ndarray) -> None:
    """Raise InputError where a class is in no trial that is fitted on."""
    seen = np.unique(values[~is_undefined(values)])
    missing = [value for value in v.classes if value not in seen]
    if missing or len(seen) < 2:
        shown = f"{missing[0]} is in no trial to fit on" if missing else "constant in the trials to fit on"
        remedy = "give more trials, or another seed"
        if v.classes.dtype.kind in "iuf" and len(v.classes) > 2:
            remedy += f'; or, if its values are numbers: kinds={{"{v.name}": "continuous"}}'
        raise InputError(f"labels of {v.name}", shown, remedy)
