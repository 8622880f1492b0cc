"""What the page holds of its networks: weights, two bases, and what was measured; in one file."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.errors import InputError
from emtvb.files import atomic
from emtvb.interpret.exemplar import picture
from emtvb.interpret.extraction import by_data, scaled
from emtvb.interpret.interventions import FUTURE, consistent, exact, future
from emtvb.interpret.memories import VariableMemories, power_iteration
from emtvb.interpret.recording import record, settled
from emtvb.interpret.systems import Elman, System
from emtvb.interpret.verdict import OTHERWISE, STORED
from emtvb.networks import Network
from emtvb.runs import Run
from emtvb.tasks import Task

DATA, POWER = "data", "power"
"""The bases that a reader can choose between: ours by data, and the paper's, whose columns get their lengths."""

_MEASURED = ("edit_success", "worst_decoding_accuracy")


@dataclass(frozen=True, eq=False)
class Shown:
    """One network on the page.

    Attributes:
        about: Plain data: its name (``id``), its settings, its task, the picture 3-1-5 in the task's size, what was
            measured of it, and by basis what was measured of that.
        weights: W_uh (hidden, d), W_hh (hidden, hidden), W_r (d, hidden); none where another program runs it.
        bases: By name ``basis`` (hidden, kept), ``dual`` (kept, hidden) and ``centre`` (hidden,).
    """

    about: dict[str, Any]
    weights: dict[str, np.ndarray]
    bases: dict[str, dict[str, np.ndarray]]

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data, arrays as base64 of little-endian float32, row by row."""
        about = {**self.about, **{name: _base64(array) for name, array in self.weights.items()}}
        about["bases"] = [
            {"name": name, **self.about["bases"][name], **{part: _base64(array) for part, array in arrays.items()}}
            for name, arrays in self.bases.items()
        ]
        return about


def show(run: Run, network: Network, measured: Mapping[str, Any] | None = None) -> Shown:
    """A network of the paper's kind, with both bases.

    Args:
        run: Which it is.
        network: Its weights.
        measured: Its row of measurements, where it was measured.

    Raises:
        InputError: Where its training diverged, or it is not of the task's size.
    """
    if not network.is_finite():
        raise InputError("run", run.run_id, "its training diverged and left no network; choose another")
    system, task = Elman(network), run.task
    memories = {DATA: by_data(system, task), POWER: scaled(power_iteration(network, task), system, task)}
    about: dict[str, Any] = {"id": run.run_id, "l2": run.l2, "threshold": run.threshold, "seed": run.seed}
    about |= describe(system, task)
    about["bases"] = {name: {} for name in memories}
    for name, basis in memories.items():
        about["bases"][name]["failing"] = failing(system, task, basis)
    if measured is not None:
        about["verdict"] = str(measured["verdict"])
        about["stored"] = about["verdict"] == STORED
        about["otherwise"] = about["verdict"] == OTHERWISE
        about["accuracy"] = float(measured["test_accuracy"])
        for name in memories:
            about["bases"][name] |= {measure: float(measured[f"{name}_{measure}"]) for measure in _MEASURED}
    weights = {name: array.astype(np.float32) for name, array in network.arrays().items()}
    return Shown(about, weights, {name: arrays_of(basis) for name, basis in memories.items()})


def describe(system: System, task: Task) -> dict[str, Any]:
    """What of a task and of a system's size the page needs."""
    source, signs = task.reads()
    return {
        "hidden": system.state_dim,
        "d": task.d,
        "s": task.s,
        "task": task.name,
        "rule": task.describe(),
        "source": source.tolist(),
        "signs": signs.tolist(),
        "kept": np.flatnonzero(task.persistent()).tolist(),
        "settled": settled(task),
        "picture": picture(task.s, task.d).astype(int).tolist(),
    }


def failing(system: System, task: Task, memories: VariableMemories) -> list[str]:
    """The elements, such as "3.2", whose flip at the moment that the page opens with is not obeyed, in the picture.

    The moment is that after three times s output steps.
    """
    at = 3 * task.s
    recording = record(system, task, picture(task.s, task.d)[:, None, :], at)
    kept = np.flatnonzero(memories.kept)
    before = np.repeat(recording.theory[at], kept.size, axis=0)
    after = before.copy()
    after[np.arange(kept.size), kept] *= -1
    if at >= settled(task):
        after = consistent(task, after)
    _, outputs = system.coast(recording.states[at] + memories.change(before, after), FUTURE)
    obeyed = exact(outputs, future(task, after))
    return [f"{element // task.d + 1}.{element % task.d}" for element in kept[~obeyed].tolist()]


def arrays_of(memories: VariableMemories) -> dict[str, Float[np.ndarray, "..."]]:
    """A basis as the page holds it: the kept columns and rows in single precision."""
    kept = memories.kept
    centre = np.broadcast_to(memories.centre, memories.basis.shape[:1])
    parts = {"basis": memories.basis[:, kept], "dual": memories.dual[kept], "centre": centre}
    return {name: np.ascontiguousarray(array, "<f4") for name, array in parts.items()}


def save(path: Path | str, shown: Sequence[Shown]) -> None:
    """Write networks as .npz, whole or not at all: ``about`` (JSON text) and arrays ``<id>/<name>``."""
    arrays = {"about": np.array(json.dumps([network.about for network in shown]))}
    for network in shown:
        run_id = network.about["id"]
        arrays |= {f"{run_id}/{name}": array for name, array in network.weights.items()}
        for basis, parts in network.bases.items():
            arrays |= {f"{run_id}/{basis}/{name}": array for name, array in parts.items()}
    with atomic(path) as temporary:
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]


def load(path: Path | str) -> list[Shown]:
    """Read networks back.

    Raises:
        InputError: Where the file is missing or another's.
    """
    try:
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in stored.files}
        found = json.loads(str(arrays.pop("about")))
        return [
            Shown(
                about,
                {name: arrays[f"{about['id']}/{name}"] for name in ("W_uh", "W_hh", "W_r")},
                {
                    basis: {name: arrays[f"{about['id']}/{basis}/{name}"] for name in ("basis", "dual", "centre")}
                    for basis in about["bases"]
                },
            )
            for about in found
        ]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise InputError("page's networks", str(path), f"cannot be read ({error}); delete it and run again") from None


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()
