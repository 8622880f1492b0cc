"""What kind of memory a network has: how long it lasts, at which amplitudes, and what it withstands.

A linear memory forgets as its phases drift, holds an input of any size, and keeps what is added to it. A latch keeps
its bits for ever, once they are large enough, and takes back what is added. Both can have the spectrum of Phi.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from emtvb.adapters.adapting import adapt
from emtvb.adapters.elman import Elman, jacobian_at_origin
from emtvb.core.cycles import Cycles, follow_cycles
from emtvb.core.editing.agreement import all_signs_agree
from emtvb.core.editing.continuation import Continuation, outputs_after_steps
from emtvb.core.editing.controls import random_step, resized_step
from emtvb.core.recording import JUDGING, Recording, nearest_bits
from emtvb.core.systems import System
from emtvb.experiments.sweep.ablations import orthogonal_projection
from emtvb.flushing import flushed
from emtvb.theory import circuits
from emtvb.theory.memory_columns import (
    AMPLITUDES,
    CONTROLS,
    DURATIONS,
    FADING,
    FADING_LINEAR,
    FRESH,
    FRESH_CONTENTS,
    LATCH,
    LINEAR,
    PHI,
    REMEMBERED,
    TRAINED,
    UNCHANGED,
    UNTRAINED,
    amplitude_column,
    lasting_column,
)
from emtvb.theory.networks import Network
from emtvb.theory.observation import Observation
from emtvb.theory.runs import Run
from emtvb.theory.sequences import random_sequences, record_inputs
from emtvb.theory.tasks import Task

SEQUENCES = 24
"""Random test sequences for each number."""
WINDOW = 100
"""Output steps over which accuracy is taken, and over which bits have to stay."""
STORED = 100
"""The output step after which states are kicked and edited: the longest horizon that the paper trains."""
ON_CYCLE = 300
"""The output step from which on states are followed round a cycle: what dies away is then gone."""
FIRST = 3
"""Contents whose cycles the columns ``CYCLE`` are of."""
CLOSE = 1e-3
"""A state that is as near to where it began, as a share of its size, is on a cycle; chosen on the first contents."""
LONGEST_PERIOD = 5000
"""Cycles of more steps are not followed; the paper's have 840 at most."""
AFTER = 200
"""Output steps after a kick or an edit; of the last hundred it is asked whether bits stay."""
MARGIN = 0.5
"""Half of what the targets' size is."""
SATURATED = 0.9
"""|h| of a neuron from which on tanh gives less than a fifth of what goes in."""
KICK = 0.3
"""The size of a kick, as a share of |h|."""
EDITS = 4
"""Elements that are edited in each sequence."""
LARGEST_KICK, HALVINGS = 8.0, 9
"""The basin is looked for up to this multiple of |h|, to one in 64."""
NEARLY = 0.95
"""Networks from this test accuracy on nearly solve their task: they are measured beside those that do."""
KEPT = 0.99
"""A content of whose last outputs so many have the sign that they had whole periods earlier is kept; not a bar of
accuracy, since those signs may be wrong."""
UNEVEN = 0.9
"""The share of +1 in sequences of other statistics than the ones of training."""
_SEED, _FRESH_SEED = 3000, 3001
_PIECE = 250
"""Steps that are run in one piece, so that their states are not all there at once."""


@dataclass(frozen=True, eq=False)
class Linear:
    """A network with tanh taken away, as a system; without input its growth is divided out, which changes no sign.

    Attributes:
        network: Its weights, in double precision.
    """

    network: Network

    @property
    def state_dim(self) -> int:
        """Neurons."""
        return self.network.hidden_dim

    @cached_property
    def growth(self) -> float:
        """The largest modulus of the eigenvalues of W_hh."""
        return largest_modulus(self.network)

    def drive(
        self, inputs: Float[np.ndarray, "time batch d"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch d"]]:
        """h(1..time) from h(0) = 0, and outputs; growth is divided out once inputs are over."""
        last = int(max(np.flatnonzero(inputs.any(axis=(1, 2))), default=-1)) + 1
        states = np.empty((len(inputs), inputs.shape[1], self.state_dim))
        state = np.zeros(states.shape[1:])
        for t in range(last):
            state = states[t] = state @ self.network.W_hh.T + inputs[t] @ self.network.W_uh.T
        states[last:] = self.coast(state, len(inputs) - last)[0]
        return states, states @ self.network.W_r.T

    def coast(
        self, state: Float[np.ndarray, "batch state"], steps: int
    ) -> tuple[Float[np.ndarray, "steps batch state"], Float[np.ndarray, "steps batch d"]]:
        """States and outputs from this state on, growth divided out."""
        weights = self.network.W_hh.T / (self.growth or 1.0)
        states = np.empty((steps, *state.shape))
        for t in range(steps):
            state = states[t] = state @ weights
        return states, states @ self.network.W_r.T


def measured_runs(runs: Iterable[Run], measured: pd.DataFrame) -> list[Run]:
    """The runs whose networks solve their task, or nearly do: those from :data:`NEARLY` on.

    Args:
        runs: Runs, all of them measured.
        measured: ``run_id``, ``test_accuracy`` and ``solved``.
    """
    chosen = set(measured.loc[(measured["solved"] == 1) | (measured["test_accuracy"] >= NEARLY), "run_id"])
    return [run for run in runs if run.run_id in chosen]


def measure_memory(run: Run, network: Network) -> list[dict[str, object]]:
    """Rows of ``measurements/memory/<shard>.csv`` for a trained network and its controls.

    Args:
        run: Its task and its name.
        network: Its weights, finite.

    Returns:
        ``run_id``, ``network`` and ``REMEMBERED``, for the trained network, untrained weights, and the trained ones
        without tanh. Of the last two there is what needs no memory that could be kicked.
    """
    untrained = Elman(network).untrained(run.seed).network
    return [
        _rounded_row(run.run_id, TRAINED, remembered_columns(network, run.task)),
        _rounded_row(run.run_id, UNTRAINED, duration_columns(untrained.double(), run.task)),
        _rounded_row(run.run_id, LINEAR, linear_durations(network, run.task)),
    ]


def by_hand(task: Task) -> list[dict[str, object]]:
    """Rows of the networks that are made by hand for a task, which have no run: their name is the task's."""
    half = circuits.linear_circuit(task, circuits.HALF)
    found = {
        PHI: remembered_columns(circuits.linear_circuit(task), task),
        LATCH: remembered_columns(circuits.latching_circuit(task), task),
        FADING: duration_columns(half.double(), task, FRESH_CONTENTS),
        FADING_LINEAR: linear_durations(half, task),
    }
    return [_rounded_row(f"{name}-{task.name}", name, numbers) for name, numbers in found.items()]


def memory_as_table(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Rows of :func:`measure_memory` and :func:`by_hand` as a table."""
    return pd.DataFrame(rows, columns=["run_id", "network", *REMEMBERED])


def remembered_columns(network: Network, task: Task) -> dict[str, float]:
    """All of ``REMEMBERED`` of a network.

    Args:
        network: Its weights, finite.
        task: What it stores.
    """
    precise = network.double()
    system = Elman(precise)
    seen = record_inputs(system, task, test_inputs(task), STORED)
    memories = Observation(system, task).memories
    last = DURATIONS[-1]
    found = duration_columns(precise, task, FRESH_CONTENTS)
    found |= {
        lasting_column(last, name): value for name, value in control_accuracies(network, task, memories, last).items()
    }
    quarter = control_accuracies(network, task, memories, AFTER, AMPLITUDES["quarter"], window=AFTER)
    found |= {amplitude_column("quarter", name): value for name, value in quarter.items() if name in CONTROLS}
    if (period := circuits.phi_period(task)) <= LONGEST_PERIOD:
        uneven = follow_stored_states(precise, task, uneven_inputs(task)[:, :FIRST], period)
        found["cycle_multiplier_uneven"] = _of_cycles(uneven)["cycle_multiplier"]
    found["saturated"] = float((np.abs(seen.states[-1]) > SATURATED).mean())
    span = orthogonal_projection(memories.encoder[:, memories.stored])
    found |= gain_columns(precise, seen.states[-1], span)
    found |= kick_accuracies(system, task, seen, span)
    found |= half_edits(system, task, seen, memories)
    found["basin"] = basin_size(system, seen.states[-1])
    return found


def duration_columns(network: Network, task: Task, fresh: int = 0) -> dict[str, float]:
    """How long a network remembers and at which amplitudes, and its cycles.

    Args:
        network: Its weights, in double precision.
        task: What it stores.
        fresh: Contents that chose nothing, and as many others, that are followed beside the first three; without them
            ``CONTENTS`` are left out.
    """
    found = _by_duration_and_amplitude(Elman(network), task)
    found |= {"cycle_period": circuits.phi_period(task), "gain_origin": largest_modulus(network)}
    if found["cycle_period"] <= LONGEST_PERIOD:
        inputs = np.concatenate([test_inputs(task)[:, : max(fresh, FIRST)], fresh_inputs(task, fresh)], axis=1)
        around = follow_stored_states(network, task, inputs, int(found["cycle_period"]))
        found |= _of_cycles(around)
        found |= content_columns(network, task, around, fresh) if fresh else {}
    return found


def follow_stored_states(network: Network, task: Task, inputs: Float[np.ndarray, "s batch d"], period: int) -> Cycles:
    """States in which these inputs are stored, once round their cycles."""
    return follow_cycles(adapt(network), record_inputs(Elman(network), task, inputs, ON_CYCLE).states[-1], period)


def _of_cycles(around: Cycles) -> dict[str, float]:
    return {
        "cycle_return": float(np.median(around.distances[:FIRST])),
        "cycle_multiplier": float(np.abs(around.multipliers[:FIRST]).max()),
        "cycle_rate": float(around.rates[:FIRST].max()),
    }


def content_columns(network: Network, task: Task, around: Cycles, fresh: int) -> dict[str, float]:
    """What becomes of each content: ``CONTENTS``.

    Args:
        network: Its weights, in double precision.
        task: What it stores.
        around: Their cycles, those of fresh contents last.
        fresh: So many.
    """
    inputs, last = fresh_inputs(task, fresh), DURATIONS[-1]
    outputs, _ = outputs_of(Elman(network), inputs, last)
    right = nearest_bits(outputs) == task.targets(inputs, last)
    same = signs_unchanged(outputs, around.period, WINDOW, ON_CYCLE)
    kept = np.full(fresh, np.nan) if same is None else same.mean(axis=(0, 2)) >= KEPT
    attracting = (around.distances < CLOSE) & (around.rates[:, 0] < 0)
    wide = (around.returns & (around.rates[:, 0] < 0))[-fresh:]
    return {
        **{lasting_column(end, FRESH): float(right[end - WINDOW : end].mean()) for end in DURATIONS[-2:]},
        "contents_attracting": float(attracting.sum()),
        "fresh_attracting": float(attracting[-fresh:].sum()),
        "fresh_return": float(around.distances[-fresh:].max()),
        "fresh_multiplier": float(np.abs(around.multipliers[-fresh:]).max()),
        "fresh_rate": float(around.rates[-fresh:].max()),
        "fresh_kept": float(kept.sum()),
        "fresh_attracting_kept": float((kept * attracting[-fresh:]).sum()),
        "fresh_wide": float(wide.sum()),
        "fresh_wide_kept": float((kept * wide).sum()),
    }


def signs_unchanged(
    outputs: Float[np.ndarray, "step batch d"], period: int, window: int, since: int
) -> Bool[np.ndarray, "window batch d"] | None:
    """Which of the last outputs have the sign that they had as many whole periods earlier as there are.

    Args:
        outputs: All of them.
        period: Steps.
        window: How many are the last.
        since: The step from which on they are compared.

    Returns:
        None where less than a period lies between.
    """
    periods = (len(outputs) - window - since) // period
    if periods < 1:
        return None
    before = outputs[len(outputs) - window - periods * period :][:window]
    return nearest_bits(outputs[-window:]) == nearest_bits(before)


def linear_durations(network: Network, task: Task) -> dict[str, float]:
    """The same with tanh taken away: its multiplier is the largest eigenvalue's, so many times over."""
    system = Linear(network.double())
    period = circuits.phi_period(task)
    with np.errstate(over="ignore", under="ignore"):
        multiplier = float(np.float64(system.growth) ** period)
    return {
        **_by_duration_and_amplitude(system, task),
        "cycle_period": period, "cycle_multiplier": multiplier, "cycle_rate": float(np.log(system.growth)),
        "gain_origin": system.growth,
    }  # fmt: skip


def _by_duration_and_amplitude(system: System, task: Task) -> dict[str, float]:
    inputs = test_inputs(task)
    found = {lasting_column(steps): share for steps, share in accuracy_at(system, task, inputs, DURATIONS).items()}
    targets = task.targets(inputs, AFTER)
    for name, factor in AMPLITUDES.items():
        seen = record_inputs(system, task, factor * inputs, AFTER)
        found[amplitude_column(name)] = float((nearest_bits(seen.outputs[1:]) == targets).mean())
    return found


def test_inputs(task: Task) -> Float[np.ndarray, "s batch d"]:
    """The sequences of every measure: of the half that nothing is fitted on."""
    return random_sequences(task, JUDGING, SEQUENCES, _SEED).astype(np.float64)


test_inputs.__test__ = False  # type: ignore[attr-defined]


def fresh_inputs(task: Task, count: int) -> Float[np.ndarray, "s batch d"]:
    """Contents of the same half by which nothing was chosen."""
    return random_sequences(task, JUDGING, count, _FRESH_SEED).astype(np.float64)


def uneven_inputs(task: Task) -> Float[np.ndarray, "s batch d"]:
    """Sequences whose elements are +1 nine times in ten."""
    rng = np.random.default_rng(_SEED)
    return np.where(rng.random((task.s, SEQUENCES, task.d)) < UNEVEN, 1.0, -1.0)


def accuracy_at(
    system: System, task: Task, inputs: Float[np.ndarray, "s batch d"], ends: Iterable[int]
) -> dict[int, float]:
    """The share of outputs with the right sign over the hundred output steps that end with each of these."""
    ends = tuple(ends)
    outputs, _ = outputs_of(system, inputs, max(ends))
    right = nearest_bits(outputs) == task.targets(inputs, max(ends))
    return {end: float(right[max(end - WINDOW, 0) : end].mean()) for end in ends}


def control_accuracies(
    network: Network, task: Task, memories: Any, steps: int, factor: float = 1.0, window: int = WINDOW
) -> dict[str, float]:
    """What an accuracy could rest on, each control over the last of so many output steps.

    Args:
        network: Its weights, as they were trained: in single precision.
        task: What it stores.
        memories: Its variable memories by data, found at the whole amplitude.
        steps: Output steps.
        factor: What inputs are multiplied with.
        window: The last output steps, over which shares are taken.

    Returns:
        By the names in ``CONTROLS``, and ``UNCHANGED``; NaN where fewer than one period fits between the two windows.
    """
    inputs, uneven, precise = test_inputs(task), uneven_inputs(task), Elman(network.double())
    outputs, states = outputs_of(precise, factor * inputs, steps)
    single, _ = outputs_of(Elman(network), factor * inputs, steps)
    others, _ = outputs_of(precise, factor * uneven, steps)
    last, targets = slice(steps - window, steps), task.targets(inputs, steps)
    same = signs_unchanged(outputs, circuits.phi_period(task), window, STORED)
    return {
        "single": float((nearest_bits(single) == targets)[last].mean()),
        "uneven": float((nearest_bits(others) == task.targets(uneven, steps))[last].mean()),
        "margin": float((outputs * targets >= MARGIN * factor)[last].mean()),
        "decoded": _share_decoded_right(memories.read(states), task, inputs, steps),
        UNCHANGED: float("nan") if same is None else float(same.mean()),
    }


def outputs_of(
    system: System, inputs: Float[np.ndarray, "s batch d"], steps: int
) -> tuple[Float[np.ndarray, "step batch d"], Float[np.ndarray, "batch state"]]:
    """Outputs of so many steps after these inputs, and the state after them, in the system's own precision."""
    states, _ = system.drive(inputs.astype(_dtype_of(system)))
    return run_on(system, states[-1], steps)


def run_on(
    system: System, state: Float[np.ndarray, "batch state"], steps: int
) -> tuple[Float[np.ndarray, "step batch d"], Float[np.ndarray, "batch state"]]:
    """Outputs of so many steps without input, and the state after them."""
    pieces = []
    for at in range(0, steps, _PIECE):
        states, outputs = system.coast(state, min(_PIECE, steps - at))
        pieces.append(outputs)
        state = states[-1]
    return np.concatenate(pieces), state


@flushed()
def gain_columns(
    network: Network, states: Float[np.ndarray, "batch state"], span: Float[np.ndarray, "state state"]
) -> dict[str, float]:
    """What a step does to small differences at stored states: ``GAINS`` but the first."""
    rest = np.eye(len(span)) - span
    J = adapt(network).jacobian(states)
    stretched = {name: np.linalg.norm(J @ part, 2, axis=(1, 2)) for name, part in (("along", span), ("across", rest))}
    return {
        "gain_stored": float(np.median(np.abs(np.linalg.eigvals(J)).max(axis=1))),
        "gain_along": float(np.median(stretched["along"])),
        "gain_across": float(np.median(stretched["across"])) if _has_rest(span) else float("nan"),
    }


def kick_accuracies(
    system: System, task: Task, seen: Recording, span: Float[np.ndarray, "state state"]
) -> dict[str, float]:
    """Accuracy after a kick along and across the stored directions, and without one."""
    state, future = seen.states[-1], _future(task, seen)
    rng = np.random.default_rng(_SEED)
    drawn = rng.normal(size=state.shape)
    steps: dict[str, np.ndarray | float] = {
        "accuracy_unkicked": 0.0,
        "accuracy_kick_along": resized_step(drawn @ span, KICK * state),
        "accuracy_kick_across": resized_step(drawn @ (np.eye(len(span)) - span), KICK * state),
    }
    after = outputs_after_steps(Continuation(system, AFTER), state, steps)
    found = {name: float((nearest_bits(outputs) == future).mean()) for name, outputs in after.items()}
    return found if _has_rest(span) else {**found, "accuracy_kick_across": float("nan")}


def half_edits(system: System, task: Task, seen: Recording, memories: Any) -> dict[str, float]:
    """What becomes of an element that is left halfway between its two values."""
    theory, rng = task.theory, np.random.default_rng(_SEED)
    elements = np.array([rng.permutation(np.flatnonzero(theory.persistent))[:EDITS] for _ in range(SEQUENCES)]).ravel()
    sequence = np.repeat(np.arange(SEQUENCES), EDITS)
    before = seen.labels[-1, sequence]
    after = before.copy()
    after[np.arange(len(elements)), elements] *= -1
    after = theory.with_copies(after, STORED)
    state = seen.states[-1, sequence] + memories.change(before, after) / 2
    outputs, states = run_on(system, state, AFTER)
    futures = (theory.future_outputs(m, AFTER)[-WINDOW:] for m in (before, after))
    back, over = (all_signs_agree(outputs[-WINDOW:], future) for future in futures)
    there, edited = (_memory_later(task, m, AFTER) for m in (before, after))
    moved = (there != edited) & theory.persistent
    return {
        "half_edit_back": float(back.mean()),
        "half_edit_over": float(over.mean()),
        "half_edit_size": float(np.abs(memories.read(states))[moved].mean()),
    }


def basin_size(system: System, state: Float[np.ndarray, "batch state"]) -> float:
    """The largest kick in a random direction after which bits stay, as a multiple of |h|: median over trials.

    To stay is to be what they are without the kick: a network that forgets does so with and without.
    """
    future = nearest_bits(run_on(system, state, AFTER)[0][-WINDOW:])
    way = random_step(state, np.random.default_rng(_SEED))

    def stays(sizes: Float[np.ndarray, " batch"]) -> Bool[np.ndarray, " batch"]:
        outputs, _ = run_on(system, state + sizes[:, None] * way, AFTER)
        return all_signs_agree(outputs[-WINDOW:], future)

    low, high = np.zeros(len(state)), np.full(len(state), LARGEST_KICK)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        stayed = stays(middle)
        low, high = np.where(stayed, middle, low), np.where(stayed, high, middle)
    return float(np.median(low))


def largest_modulus(network: Network) -> float:
    """The largest modulus of the Jacobian's eigenvalues at the origin."""
    return float(np.abs(np.linalg.eigvals(jacobian_at_origin(network).astype(np.float64))).max())


def _dtype_of(system: System) -> Any:
    return system.network.W_hh.dtype if isinstance(system, Elman) else np.float64


def _has_rest(span: Float[np.ndarray, "state state"]) -> bool:
    """Whether there are directions at right angles to the span of the memories."""
    return bool(np.trace(span) < len(span) - 0.5)


def _future(task: Task, seen: Recording) -> Float[np.ndarray, "step batch d"]:
    return task.theory.future_outputs(seen.labels[-1], AFTER)


def _memory_later(task: Task, m: Float[np.ndarray, "batch memory"], steps: int) -> Float[np.ndarray, "batch memory"]:
    """The m(t) that the theory expects so many steps after m."""
    return m @ np.linalg.matrix_power(task.theory.phi, steps).T


def _share_decoded_right(
    read: Float[np.ndarray, "batch memory"], task: Task, inputs: Float[np.ndarray, "s batch d"], steps: int
) -> float:
    """The share of stored elements whose sign is read right after so many output steps."""
    stored = task.theory.persistent
    m = _memory_later(task, inputs.transpose(1, 0, 2).reshape(inputs.shape[1], -1), steps)
    return float((nearest_bits(read[:, stored]) == m[:, stored]).mean())


def _rounded_row(run_id: str, network: str, found: Mapping[str, float]) -> dict[str, object]:
    """Five digits: more is rounding."""
    numbers = {name: float(f"{found.get(name, float('nan')):.5g}") for name in REMEMBERED}
    return {"run_id": run_id, "network": network, **numbers}
