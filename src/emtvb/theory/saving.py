"""Trials, fits, judgements and edits in one file, without pickle: arrays as numpy's .npz, the rest as JSON in it."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from emtvb import files
from emtvb.adapters.adapting import Adapted, Wrapped, adapt
from emtvb.adapters.replay import check_network
from emtvb.core.comparing import Comparison, Distance
from emtvb.core.cycles import Cycles
from emtvb.core.dynamics import FixedPoints, Linearised
from emtvb.core.editing.agreement import FirstMiss
from emtvb.core.editing.edits import Ceiling, EditedTrials, Edits, Futures, Outcomes, Ways
from emtvb.core.erasing import Erasure
from emtvb.core.fitting import Fitted
from emtvb.core.judging import Judgement, TaskJudgement
from emtvb.core.memories import VariableMemories
from emtvb.core.readings import OverallScore, Reading, ScoreAtTimes
from emtvb.core.recording import Recording
from emtvb.core.regression import LinearDiscriminants
from emtvb.core.subspaces import Subspace
from emtvb.core.systems import AbsentSystem, Runnable
from emtvb.core.trials import Trials
from emtvb.core.variables import Variable
from emtvb.errors import DAMAGED, InputError
from emtvb.theory.memory_measures import MemoryMeasures
from emtvb.theory.protocol import Read
from emtvb.theory.tasks import Task

_KINDS = {
    kind.__name__: kind
    for kind in (
        Trials, Recording, Variable, Task, Read, Fitted, VariableMemories, LinearDiscriminants, Subspace, Judgement,
        Reading, TaskJudgement, MemoryMeasures, Edits, FixedPoints, Linearised, Comparison, Distance, Cycles,
        Erasure, EditedTrials, Futures, Outcomes, Ceiling, FirstMiss, Ways, OverallScore, ScoreAtTimes,
    )
}  # fmt: skip
_FORMAT = 3
_GROUPS: dict[str, dict[str, type]] = {
    "Edits": {"edited": EditedTrials, "futures": Futures, "outcomes": Outcomes, "highest": Ceiling},
    "Reading": {"overall": OverallScore, "at_times": ScoreAtTimes},
}
"""Values that stand side by side in files of formats 1 and 2, and what holds them together now."""
_RENAMED_KINDS = {"Part": "Recording", "Classes": "LinearDiscriminants"}
_RENAMED_FIELDS: dict[str, dict[str, str]] = {
    "Recording": {"theory": "labels"},
    "VariableMemories": {"basis": "encoder", "dual": "decoder", "kept": "stored"},
    "Trials": {
        "fitting": "train", "judging": "test", "kept": "stored", "fitted_times": "fit_times",
        "recorded": "recorded_times",
    },
    "Edits": {"already": "without_edit", "random": "random_step", "other": "other_variable"},
}  # fmt: skip
"""Names in files of format 1, which emtvb 0.3 saved, and what they are called now."""


def save(what: Any, path: Any) -> Path:
    """Write a result of this package to a file: trials, a fit, a judgement, edits, an erasure, a comparison, dynamics.

    The network itself is not in it (torch and others have ways of their own), nor is a method that is a function.

    Args:
        what: Of :func:`record`, ``fit``, ``judge``, ``edit``, ``erase``, ``fixed_points``, ``cycles``, ``linearise`` or
            ``compare``.
        path: Where to; ".npz" is added if it has no ending.

    Returns:
        The path.

    Raises:
        InputError: Where it is something else, or the folder is missing.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> bits = np.random.default_rng(0).choice([-1, 1], size=(5, 80, 2))  # (time, trial, variable)
        >>> trials = emtvb.Trials.of(states=bits @ [[1, 2, 0], [0, 1, 1]], labels=bits)
        >>> emtvb.save(emtvb.fit(trials), "fitted").name
        'fitted.npz'
    """
    if type(what).__name__ not in _KINDS or not is_dataclass(what):
        remedy = "give what record, fit, judge, edit, erase, fixed_points, cycles, linearise or compare returned"
        raise InputError("save", type(what).__name__, remedy)
    target = path_of(path)
    if target.name in ("", "..", ".npz"):
        raise InputError("path", str(path), "is no file's name; name a file, such as fitted.npz")
    target = target if target.suffix else target.with_suffix(".npz")
    if not target.parent.is_dir():
        raise InputError("path", str(target), "no such folder; make it first")
    if target.is_dir():
        raise InputError("path", str(target), "is a folder; name a file")
    arrays: dict[str, np.ndarray] = {}
    tree = {"format": _FORMAT, "emtvb": _as_json(what, arrays)}
    arrays["tree"] = np.frombuffer(json.dumps(tree).encode(), dtype=np.uint8)
    try:
        with files.atomic(target) as unfinished, open(unfinished, "wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        raise InputError("path", str(target), f"cannot be written ({error.strerror}); choose another") from None
    return target


def read_saved(source: Path, path: Any, system: Any) -> Any:
    """What stands in a file that ``save`` wrote."""
    adapted = None if system is None else adapt(system)
    try:
        with np.load(source, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        tree = json.loads(np.asarray(arrays.pop("tree")).tobytes())
        if tree["format"] not in (1, 2, _FORMAT):
            raise InputError("path", str(path), "written by another version of emtvb; load it with that")
        coded = _with_names_of_today(tree["emtvb"]) if tree["format"] == 1 else tree["emtvb"]
        return _from_json(coded if tree["format"] == _FORMAT else _grouped(coded), arrays, adapted)
    except InputError:
        raise
    except DAMAGED:
        remedy = "not a whole file that emtvb.save wrote; save it again, or give a module to emtvb.adapt"
        raise InputError("path", str(path), remedy) from None


def path_of(given: Any) -> Path:
    """A path that a user gave.

    Raises:
        InputError: Where it can be none.
    """
    if not isinstance(given, (str, Path)) or not str(given) or "\0" in str(given):
        raise InputError("path", repr(given), "give the name of a file")
    try:
        Path(given).exists()
    except OSError as error:  # such as a name that is too long
        raise InputError("path", str(given), f"no file can be there ({error.strerror}); give another name") from None
    return Path(given)


def _as_json(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """A value as JSON, its arrays aside."""
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            return {"objects": [_as_json(item, arrays) for item in value.ravel().tolist()], "shape": list(value.shape)}
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    if isinstance(value, Runnable):
        return {"network": value.name, "size": int(value.state_dim)}
    if is_dataclass(value) and not isinstance(value, type) and type(value).__name__ in _KINDS:
        parts = {part.name: _as_json(getattr(value, part.name), arrays) for part in fields(value)}
        return {"kind": type(value).__name__, "of": parts}
    if isinstance(value, Read):
        return {"kind": "Read", "of": value._asdict()}
    if isinstance(value, (tuple, list)):
        return {"tuple": [_as_json(item, arrays) for item in value]}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return {"function": getattr(value, "__name__", type(value).__name__)}


def _from_json(value: Any, arrays: dict[str, np.ndarray], system: Adapted | Wrapped | None) -> Any:
    """The inverse."""
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]]
    if "objects" in value:
        items = np.empty(len(value["objects"]), dtype=object)
        items[:] = [_from_json(item, arrays, system) for item in value["objects"]]
        return items.reshape(value["shape"])
    if "tuple" in value:
        return tuple(_from_json(item, arrays, system) for item in value["tuple"])
    if "network" in value:
        return _network_of_file(value["network"], value["size"], system)
    if "function" in value:
        return value["function"]
    made = _KINDS[value["kind"]](**{name: _from_json(part, arrays, system) for name, part in value["of"].items()})
    if isinstance(made, Trials) and system is not None:
        check_network(made, made.erased or "erased" not in value["of"])  # earlier versions did not say
        return replace(made, weights=system.weights())
    return made


def _with_names_of_today(value: Any) -> Any:
    """A value as JSON of format 1 with the names of today."""
    if isinstance(value, list):
        return [_with_names_of_today(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "kind" not in value:  # an array, a tuple, a network, a function
        return {key: _with_names_of_today(item) for key, item in value.items()}
    kind = _RENAMED_KINDS.get(str(value["kind"]), str(value["kind"]))
    names = _RENAMED_FIELDS.get(kind, {})
    parts = {names.get(name, name): _with_names_of_today(item) for name, item in value["of"].items()}
    if kind == "Trials":
        for name, inputs, groups in (("train", "shown", "fitted_groups"), ("test", "inputs", "groups")):
            parts[name]["of"] |= {"inputs": parts.pop(inputs, None), "groups": parts.pop(groups, None)}
    return {"kind": kind, "of": parts}


def _grouped(value: Any) -> Any:
    """A value as JSON of format 2, with what belongs together in a value of its own (:data:`_GROUPS`)."""
    if isinstance(value, list):
        return [_grouped(item) for item in value]
    if not isinstance(value, dict):
        return value
    value = {key: _grouped(item) for key, item in value.items()}
    for name, kind in _GROUPS.get(str(value.get("kind")), {}).items():
        held = {part.name: value["of"].pop(part.name) for part in fields(kind) if part.name in value["of"]}
        value["of"][name] = {"kind": kind.__name__, "of": held}
    return value


def _network_of_file(name: str, size: int, system: Adapted | Wrapped | None) -> Any:
    if system is None:
        return AbsentSystem(name, size, "load it with its network: load(path, system)")
    try:
        own = system.state_dim
    except InputError:  # it has not seen an input yet
        return system
    if own != size:
        raise InputError("system", f"{own} numbers of state", f"the file is of {name} with {size}")
    return system
