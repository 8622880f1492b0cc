"""What kind of solution a network found: its modes, what it gives out, how it stores what no linear decoder reads.

It goes beyond what is measured on every network; docs/memories.md tells what was found with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Bool, Complex, Float
from scipy.optimize import linear_sum_assignment

from emtvb.adapters.elman import Elman
from emtvb.core.memories import VariableMemories
from emtvb.core.recording import JUDGING, Recording
from emtvb.core.regression import Affine, least_squares
from emtvb.core.spectrum import MODULUS
from emtvb.core.systems import System
from emtvb.core.task_theory import TaskTheory
from emtvb.theory import networks
from emtvb.theory.interventions import flip_elements
from emtvb.theory.memories_by_data import fitting_times
from emtvb.theory.network_measurement import MeasureSettings
from emtvb.theory.network_verdict import AT_CHANCE, DECODES, NOT_LEARNED, OTHERWISE, STORED
from emtvb.theory.networks import Network
from emtvb.theory.observation import STEPS, Observation
from emtvb.theory.runs import Run
from emtvb.theory.sequences import random_sequences
from emtvb.theory.tasks import Task

GIVEN_OUT = 0.6
"""An output dimension whose signs are right less often is lost."""
STUDIED = 0.9
"""Least test accuracy of a network of which it is asked how it stores what cannot be read."""
SAME_ANGLE = 0.15
"""Radians: a mode below the bar counts as faded, not missing, if its angle is that near to Phi's..."""
FADED = 0.3
"""...and its modulus at least this."""
_PARALLEL = 0.3
"""Least cosine of two columns that may be digits of one number..."""
_NEAREST = 4
"""...and how many of the most parallel are tried."""

KINDS = (
    "circuit", "circuit, some modes faded", "circuit, other modes beside it",
    "second digits", "nearly learned",
    "second digits, with mistakes", "dimensions lost", "unfinished", "at chance",
)  # fmt: skip
"""Those that store linearly and obey; that solve their task otherwise; that did not learn it: :func:`solution_kind`."""


@dataclass(frozen=True)
class Solution:
    """A row of ``measurements/solutions/<shard>.csv``; empty where there is nothing to say.

    Attributes:
        run_id: The run.
        kind: One of :data:`KINDS`.
        matched_modes: Phi's modes that have a long-term partner in the spectrum of W_hh.
        faded_modes: Those whose partner has the same angle, and a modulus from 0.3 to the bar of what is long-term.
        missing_modes: Those that have neither.
        extra_modes: Long-term modes of W_hh without a partner.
        missing_cycles: Cycles of Phi of which every mode is faded or missing, ``length[dimensions]`` each; with a
            question mark where another cycle has the same modes.
        next_modulus_low: Of the eigenvalues of W_hh below the bar, as many of the largest as Phi's lack: the smallest
            modulus.
        next_modulus_high: The largest.
        largest_angle: How far a long-term mode is from its partner at most, degrees.
        lost_dimensions: Output dimensions that are right in less than 0.6 of the cases, ``[0 2]``.
        lost_size: Mean size of outputs there, relative to that of the others.
        least_kept_dimension: Least accuracy of the other dimensions.
        unreadable: Persistent elements that the linear decoder reads right in less than 0.98 of the cases.
        digits: Those of them, outside of lost dimensions, that are read right in 0.98 of the cases when another element
            is known; NaN below a test accuracy of 0.9.
        rank: Singular values of Psi above 5% of the largest; it has ``persistent`` columns.
        persistent: Persistent elements of the task.
    """

    run_id: str
    kind: str
    matched_modes: float
    faded_modes: float
    missing_modes: float
    extra_modes: float
    missing_cycles: str
    next_modulus_low: float
    next_modulus_high: float
    largest_angle: float
    lost_dimensions: str
    lost_size: float
    least_kept_dimension: float
    unreadable: float
    digits: float
    rank: float
    persistent: int


@dataclass(frozen=True)
class Digit:
    """An element that cannot be read linearly, a row of ``measurements/digits/<shard>.csv``.

    Attributes:
        run_id: The run.
        variable: Which variable, 1 the oldest.
        dimension: Which dimension of it, from 0.
        read_alone: How often the linear decoder reads it right.
        length: Length of its column of Psi.
        other_variable: The element that tells most about it; 0 where no other column is near its own.
        other_dimension: Its dimension; -1 likewise.
        cosine: Between the two columns, without its sign.
        read_given_other: How often it is read right by decoders fitted apart for either value of the other.
        edits_obeyed: Share of its flips, by the encoder, that are obeyed for 100 steps.
        moves: How far the state is moved, on average, where this one element is another.
    """

    run_id: str
    variable: int
    dimension: int
    read_alone: float
    length: float
    other_variable: int
    other_dimension: int
    cosine: float
    read_given_other: float
    edits_obeyed: float
    moves: float


def study_solution(
    run: Run,
    network: Network,
    verdict: str,
    accuracy: float,
    settings: MeasureSettings,
    observed: Observation | None = None,
) -> tuple[Solution, list[Digit]]:
    """What kind of solution a network is, and the digits in it.

    Args:
        run: Its task, its name.
        network: Its weights.
        verdict: What was measured of it.
        accuracy: Its test accuracy.
        settings: How it was measured.
        observed: The network at work; by default it is run anew.

    Raises:
        InputError: Where it is not of the run's task.
    """
    networks.check_task(network, run.task.theory, run.run_id)
    if not network.is_finite():
        return _solution_at_chance(run), []
    eigenvalues = np.linalg.eigvals(network.W_hh.astype(np.float64))
    observed = observed or Observation(Elman(network), run.task)
    return study_system(run, observed, eigenvalues, verdict, accuracy, settings)


def study_system(
    run: Run,
    observed: Observation,
    eigenvalues: Complex[np.ndarray, " mode"],
    verdict: str,
    accuracy: float,
    settings: MeasureSettings,
) -> tuple[Solution, list[Digit]]:
    """The same of any system.

    Args:
        run: Its task, its name.
        observed: The system at work on this task.
        eigenvalues: The eigenvalues of its step, linearised at its fixed point.
        verdict: What was measured of it.
        accuracy: Its test accuracy.
        settings: How it was measured.
    """
    if not accuracy >= AT_CHANCE:
        return _solution_at_chance(run), []
    task, theory, shown = run.task, run.task.theory, observed.shown
    judged = _first_steps(observed.held_out, max(STEPS, theory.settled_step + 2))
    if not (np.isfinite(shown.states).all() and np.isfinite(judged.states).all()):
        return _solution_at_chance(run), []
    memories, outputs = observed.memories, _output_columns(task.d, judged)
    modes = match_modes(theory, eigenvalues, settings.modulus)
    right = _shares_read_right(memories, observed.read, judged.labels[theory.settled_step :])
    unreadable = np.flatnonzero(theory.persistent & (right < DECODES))
    lost = [int(word) for word in outputs["lost_dimensions"].strip("[]").split()]
    digits: list[Digit] = []
    if accuracy >= STUDIED:
        there = [int(element) for element in unreadable if element % task.d not in lost]
        digits = [_digit(run, observed.system, memories, shown, judged, element, right[element]) for element in there]
    values = np.linalg.svd(memories.encoder[:, memories.stored], compute_uv=False)
    nan = float("nan")
    row: dict[str, Any] = {
        **modes,
        **outputs,
        "unreadable": float(len(unreadable)),
        "digits": float(sum(digit.read_given_other >= DECODES for digit in digits)) if accuracy >= STUDIED else nan,
        "rank": float((values > 0.05 * values[0]).sum()),
        "persistent": int(theory.persistent.sum()),
    }
    return Solution(run_id=run.run_id, kind=solution_kind(verdict, row, digits, settings.solved), **row), digits


def solution_kind(verdict: str, row: Mapping[str, Any], digits: list[Digit], solved: float) -> str:
    """The kind of a solution, one of :data:`KINDS`.

    A *circuit* stores linearly and obeys; some of its modes may have faded below the bar, or others be there beside
    Phi's. Where a network solves its task otherwise and everything that cannot be read alone can be once another
    element is known, it stores *second digits*; else it has *nearly learned*. A network that did not learn may do that
    *with mistakes*, or have lost whole dimensions and give out the others, so well that it would be ``solved``.
    """
    if verdict == STORED:
        if row["faded_modes"] + row["missing_modes"] > 0:
            return "circuit, some modes faded"
        return "circuit, other modes beside it" if row["extra_modes"] > 0 else "circuit"
    all_digits = bool(digits) and all(digit.read_given_other >= DECODES for digit in digits)
    if verdict == OTHERWISE:
        return "second digits" if all_digits else "nearly learned"
    assert verdict == NOT_LEARNED
    if row["lost_dimensions"]:
        return "dimensions lost" if row["least_kept_dimension"] >= solved else "unfinished"
    return "second digits, with mistakes" if all_digits else "unfinished"


def match_modes(
    theory: TaskTheory, eigenvalues: Complex[np.ndarray, " mode"], modulus: float = MODULUS
) -> dict[str, Any]:
    """Which of Phi's modes W_hh has: the columns of :class:`Solution` about modes.

    Each of Phi's modes has the eigenvalue of W_hh as its partner that is nearest in the plane, moduli above 1 counted
    as 1, so that the sum of distances is smallest.

    Args:
        theory: Of the task: its Phi.
        eigenvalues: The eigenvalues of W_hh.
        modulus: An eigenvalue is long-term if its modulus is larger.
    """
    expected, moduli = theory.eigenvalues, np.abs(eigenvalues)
    distance = np.abs(expected[:, None] - (eigenvalues / np.maximum(moduli, 1))[None])
    modes, partners = linear_sum_assignment(distance)
    angles = np.abs(np.angle(expected[modes] * eigenvalues[partners].conj()))
    strong = moduli[partners] > modulus
    faded = ~strong & (angles <= SAME_ANGLE) & (moduli[partners] >= FADED)
    lacking = np.setdiff1d(np.arange(len(expected)), modes[strong])
    below = np.sort(moduli[moduli <= modulus])[::-1][: len(lacking)]
    nan = float("nan")
    return {
        "matched_modes": float(strong.sum()),
        "faded_modes": float(faded.sum()),
        "missing_modes": float(len(lacking) - faded.sum()),
        "extra_modes": float((moduli > modulus).sum() - strong.sum()),
        "missing_cycles": _missing_cycles(theory, expected[lacking]),
        "next_modulus_low": float(below.min()) if len(below) else nan,
        "next_modulus_high": float(below.max()) if len(below) else nan,
        "largest_angle": float(np.rad2deg(angles[strong].max())) if strong.any() else nan,
    }


def _missing_cycles(theory: TaskTheory, left: Complex[np.ndarray, " mode"]) -> str:
    """The cycles all of whose modes are among these, each mode counted once; the longest first."""
    # With its dimensions, where no other cycle has the same modes; a spectrum cannot tell those apart.
    every = [(cycle, len(cycle), theory.sign[cycle].prod() > 0) for cycle in theory.cycles]
    alike = Counter((length, positive) for _, length, positive in every)
    rest, words = list(left), []
    for cycle, length, positive in every:
        without = _modes_left(rest, np.exp(2j * np.pi * (np.arange(length) + (0.0 if positive else 0.5)) / length))
        if without is not None:
            rest = without
            dimensions = " ".join(map(str, sorted({int(i) % theory.d for i in cycle})))
            words.append(f"{length}[{dimensions if alike[length, positive] == 1 else '?'}]")
    return " ".join(words)


def _modes_left(modes: list[complex], others: Iterable[complex]) -> list[complex] | None:
    """These modes without others; None where one of those is not among them."""
    rest = list(modes)
    for other in others:
        nearest = min(range(len(rest)), key=lambda i: abs(rest[i] - other), default=None)
        if nearest is None or abs(rest[nearest] - other) > 1e-6:  # both are roots of 1, the same but for rounding
            return None
        del rest[nearest]
    return rest


def _first_steps(recording: Recording, steps: int) -> Recording:
    parts = recording.states, recording.outputs, recording.labels
    return Recording(*(part[: steps + 1] for part in parts))


def _output_columns(d: int, judged: Recording) -> dict[str, Any]:
    """What each output dimension gives out, 200 steps long."""
    outputs, wanted = judged.outputs[1:], judged.labels[1:, :, -d:]
    right = (networks.nearest_bits(outputs) == wanted).mean(axis=(0, 1))
    size = np.abs(outputs).mean(axis=(0, 1))
    lost = right < GIVEN_OUT
    return {
        "lost_dimensions": f"[{' '.join(map(str, np.flatnonzero(lost)))}]" if lost.any() else "",
        "lost_size": float(size[lost].mean() / size[~lost].mean()) if lost.any() and not lost.all() else float("nan"),
        "least_kept_dimension": float(right[~lost].min()) if not lost.all() else float("nan"),
    }


def _shares_read_right(
    memories: VariableMemories,
    read: Float[np.ndarray, "time batch memory"],
    wanted: Float[np.ndarray, "step batch memory"],
) -> Float[np.ndarray, " memory"]:
    """How often each element is read right, once m(t) has settled; 1 for those without a column."""
    right = ((read[: len(wanted)] >= 0) == (wanted > 0)).mean(axis=(0, 1))
    return np.where(memories.stored, right, 1.0)


def _digit(
    run: Run,
    system: System,
    memories: VariableMemories,
    shown: Recording,
    judged: Recording,
    element: int,
    read_alone: float,
) -> Digit:
    """How an element is stored that cannot be read alone."""
    task, basis = run.task, memories.encoder
    lengths = np.linalg.norm(basis, axis=0)
    units = basis / np.where(lengths > 0, lengths, 1)
    cosines = np.abs(units.T @ units[:, element])
    cosines[element] = 0
    others = [int(i) for i in np.argsort(-cosines, kind="stable")[:_NEAREST] if cosines[i] >= _PARALLEL]
    fitted, tested = (part.samples(fitting_times(task.theory)) for part in (shown, judged))
    by_other = {i: _decoders(*fitted, element, i) for i in others}
    # the other is chosen on the half that the decoders were fitted on, and judged on the half that they were not
    other = max(by_other, key=lambda i: _share_decoded(by_other[i], *fitted, element, i), default=None)
    tried = flip_elements(
        system, task.theory, memories, judged, [element], [task.theory.settled_step + 2 * task.s + 1], repeats=16
    )
    return Digit(
        run_id=run.run_id,
        variable=element // task.d + 1,
        dimension=element % task.d,
        read_alone=float(read_alone),
        length=float(lengths[element]),
        other_variable=0 if other is None else other // task.d + 1,
        other_dimension=-1 if other is None else other % task.d,
        cosine=float("nan") if other is None else float(cosines[other]),
        read_given_other=float("nan") if other is None else _share_decoded(by_other[other], *tested, element, other),
        edits_obeyed=float(tried.followed.mean()),
        moves=_mean_displacement(system, task, element, judged),
    )


States = Float[np.ndarray, "sample hidden"]
Elements = Float[np.ndarray, "sample memory"]


def _decoders(states: States, theory: Elements, element: int, other: int) -> dict[bool, Affine]:
    """Linear decoders of an element, one for each value of another."""
    decoders = {}
    for value in (False, True):
        samples = (theory[:, other] > 0) == value
        decoders[value] = least_squares(states[samples], theory[samples][:, [element]])
    return decoders


def _share_decoded(decoders: dict[bool, Affine], states: States, theory: Elements, element: int, other: int) -> float:
    """How often these decoders are right."""
    given: Bool[np.ndarray, "sample 1"] = theory[:, [other]] > 0
    read = np.where(given, decoders[True].predict(states), decoders[False].predict(states))
    return float(((read >= 0) == (theory[:, [element]] > 0)).mean())


def _mean_displacement(system: System, task: Task, element: int, judged: Recording) -> float:
    """Mean distance of a recording's states from those of sequences with this element turned, once m(t) has settled."""
    origin, time = element, task.theory.settled_step
    for _ in range(time):
        origin = int(task.theory.source[origin])
    inputs = np.zeros((task.s + time, *judged.outputs.shape[1:]), np.float32)
    inputs[: task.s] = random_sequences(task, JUDGING, inputs.shape[1], 0)
    inputs[origin // task.d, :, origin % task.d] *= -1
    there, moved = judged.states[time], system.drive(inputs)[0][-1]
    return float(np.linalg.norm(there.astype(np.float64) - moved.astype(np.float64), axis=1).mean())


def _solution_at_chance(run: Run) -> Solution:
    """Of a network that learned nothing."""
    known: dict[str, Any] = {
        "run_id": run.run_id, "kind": "at chance", "missing_cycles": "", "lost_dimensions": "",
        "persistent": int(run.task.theory.persistent.sum()),
    }  # fmt: skip
    return Solution(**{field.name: known.get(field.name, float("nan")) for field in fields(Solution)})
