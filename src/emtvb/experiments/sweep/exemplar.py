"""One network looked at closely: the arrays that figures show."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.adapters.elman import Elman, jacobian_at_origin
from emtvb.core.editing.agreement import all_signs_agree
from emtvb.core.memories import VariableMemories, residual_components
from emtvb.core.recording import Recording
from emtvb.core.systems import System
from emtvb.errors import InputError
from emtvb.figures.data import MEASURES
from emtvb.files import atomic
from emtvb.theory.interventions import Edit, edit_first_sequence, negate_element, put_values, swap_variables
from emtvb.theory.memories_by_data import fit_memories_by_data, scale_to_stored_units
from emtvb.theory.memories_by_weights import power_iteration
from emtvb.theory.networks import Network
from emtvb.theory.realisation import memories_by_realisation
from emtvb.theory.runs import Run
from emtvb.theory.sequences import record_inputs, stack_memory
from emtvb.theory.tasks import Task

STEPS = 200
"""Time steps of the recorded rollout, input phase included (the published notebook's)."""

BY_DATA, PUBLISHED = "by data", "the paper's"
"""Memories through which an example was edited."""
PAST = 8
"""Output steps before an edit that are kept with it."""

_PICTURE = (
    "..#.#.#.",
    "..#####.",
    "........",
    "..#####.",
    "........",
    "..###.#.",
    "..#.###.",
    "........",
)
"""The digits 3-1-5 as the published notebook feeds them: one line per time step, one column per dimension."""


def picture_inputs(s: int, d: int) -> Float[np.ndarray, "s d"]:
    """The 3-1-5 picture as s input vectors of d elements, +1 where it is black; other sizes by nearest neighbour."""
    marks = np.array([[1.0 if mark == "#" else -1.0 for mark in line] for line in _PICTURE], dtype=np.float32)
    return marks[np.arange(s) * 8 // s][:, np.arange(d) * 8 // d]


def exemplar_arrays(
    run: Run, network: Network, measurements: Mapping[str, Any], modulus: float
) -> dict[str, np.ndarray]:
    """The arrays of one exemplar.

    Args:
        run: Which run it is.
        network: Its trained weights.
        measurements: Its row of measurements, by column.
        modulus: Eigenvalues with a larger modulus are long-term.

    Returns:
        By name the arrays of :class:`emtvb.figures.data.Exemplar`, and ``about``, JSON text of its other fields. Beside
        them ``W_hh_in_memories`` (memory + up to ten residual components, squared), W_hh in the paper's variable
        memories as published.

    Raises:
        InputError: Where the network's weights are not finite.
    """
    if not network.is_finite():
        raise InputError("exemplar", run.run_id, "its training diverged and left no network; choose another exemplar")
    task, theory, system = run.task, run.task.theory, Elman(network)
    u = picture_inputs(task.s, task.d)[:, None, :]
    horizon = max(STEPS - task.s, theory.settled_step + task.s)
    x = np.zeros((task.s + horizon, 1, task.d), dtype=np.float32)
    x[: task.s] = u
    targets = task.targets(u, horizon)
    hidden, outputs = (array[:, 0] for array in system.drive(x))
    weights = jacobian_at_origin(network).astype(np.float64)
    published, data = power_iteration(network, theory), fit_memories_by_data(system, task)
    lengths = scale_to_stored_units(published, system, task)
    residual = residual_components(published, hidden.astype(np.float64))
    done = example_edits(system, task, data, lengths)
    about = {
        "run_id": run.run_id,
        "task": task.name,
        "d": task.d,
        "s": task.s,
        "hidden_dim": run.hidden_dim,
        "l2": run.l2,
        "threshold": run.threshold,
        "seed": run.seed,
        "modulus": modulus,
        "edits": [one.name for one in done],
        "edit_times": [one.edit.time for one in done],
        "edit_bases": [one.basis for one in done],
        "edit_notes": [one.note for one in done],
        "verdict": measurements["verdict"],
        **{name: float(measurements[name]) for name in (*MEASURES, "memory_map_error")},
    }
    return {
        "about": np.array(json.dumps(about)),
        "composition": theory.phi[-task.d :],
        "phi": theory.phi,
        "phi_eigenvalues": theory.eigenvalues,
        "network_eigenvalues": np.linalg.eigvals(weights),
        "W_hh": network.W_hh,
        "kept": published.stored,
        "W_hh_in_memories": np.vstack([published.decoder, residual.T])
        @ weights
        @ np.hstack([published.encoder, residual]),
        "W_hh_in_scaled_memories": lengths.in_basis(weights),
        "W_hh_in_data_memories": data.in_basis(weights),
        "W_hh_in_realised_memories": memories_by_realisation(network, theory, modulus).in_basis(weights),
        "inputs": x[:, 0],
        "hidden": hidden,
        "outputs": outputs,
        "targets": np.concatenate([np.zeros((task.s, task.d), dtype=np.float32), targets[:, 0]]),
        "memories": published.read(hidden),
        "data_memories": data.read(hidden),
        "theory": stack_memory(np.concatenate([u[:, 0], targets[:, 0]]), task.s),
        "edit_past": np.stack([one.past for one in done]),
        **{
            f"edit_{name}": np.stack([getattr(one.edit, name) for one in done])
            for name in ("before", "after", "outputs", "expected", "unedited")
        },
    }


@dataclass(frozen=True, eq=False)
class ExampleEdit:
    """An edit that a figure shows.

    Attributes:
        name: What was changed.
        basis: Through which memories: by data, or the paper's.
        note: What else is to be said of it; may be empty.
        edit: What came of it.
        past: What the system gave out until then, the last step last.
    """

    name: str
    basis: str
    note: str
    edit: Edit
    past: Float[np.ndarray, "step d"]


def example_edits(
    system: System, task: Task, memories: VariableMemories, published: VariableMemories | None = None
) -> list[ExampleEdit]:
    """A flip, a variable set and two exchanged, in the picture, once settled; and a flip that fails, where one does.

    Args:
        system: It runs.
        task: What it was trained on.
        memories: Its memories by data, through which the first three are made.
        published: The paper's, each column in the units of what is stored; of all flips through them at that moment the
            first that fails is the fourth edit, and that of the first edit where none does. None for no fourth.
    """
    theory = task.theory
    recording = record_inputs(system, task, picture_inputs(task.s, task.d)[:, None, :], theory.settled_step + task.s)
    time = theory.settled_step + task.s // 2
    elements = [divmod(int(element), task.d) for element in np.flatnonzero(theory.persistent)]
    variable, dimension = elements[len(elements) // 2]
    values = [1 if j % 2 else -1 for j in range(task.d)]
    newest, other = task.s, max(task.s - 1, 1)
    changes: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        _flip_name(variable, dimension): lambda m: negate_element(theory, m, variable + 1, dimension),
        f"set variable {newest}": lambda m: put_values(theory, m, newest, values),
        f"swap variables {other} and {newest}": lambda m: swap_variables(theory, m, other, newest),
    }
    past = outputs_before(recording, time)
    done = [
        ExampleEdit(name, BY_DATA, "", edit_first_sequence(system, theory, memories, recording, time, change), past)
        for name, change in changes.items()
    ]
    if published is None:
        return done

    def flips(through: VariableMemories) -> dict[tuple[int, int], Edit]:
        return {
            (i, j): edit_first_sequence(
                system, theory, through, recording, time, partial(negate_element, theory, variable=i + 1, dimension=j)
            )
            for i, j in elements
        }

    tried = flips(published)
    failed = [element for element, one in tried.items() if not _obeyed(one)]
    by_data = sum(not _obeyed(one) for one in flips(memories).values())
    shown = failed[0] if failed else (variable, dimension)
    note = f"{len(failed)} of {len(tried)} such flips fail so ({BY_DATA} {by_data})"
    return [*done, ExampleEdit(_flip_name(*shown), PUBLISHED, note, tried[shown], past)]


def outputs_before(recording: Recording, time: int, most: int = PAST) -> Float[np.ndarray, "step d"]:
    """The outputs of a recording's first sequence until this output step, the last so many; step 0 has none."""
    outputs: np.ndarray = recording.outputs[max(1, time + 1 - most) : time + 1, 0]
    return outputs


def _flip_name(variable: int, dimension: int) -> str:
    return f"flip dimension {dimension} of variable {variable + 1}"


def _obeyed(done: Edit) -> bool:
    return bool(all_signs_agree(done.outputs[:, None], done.expected[:, None]).all())


def save_exemplar(path: Path | str, arrays: dict[str, np.ndarray]) -> None:
    """Write an exemplar as .npz, whole or not at all."""
    with atomic(path) as temporary:
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]
