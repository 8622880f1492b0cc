"""A network as a linear system: its fixed points, Jacobians, spectrum, and the step between memories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Complex, Float

from emtvb.core import memories
from emtvb.core.arguments import as_numbers, check_type, whole_number
from emtvb.core.fitting import Fitted
from emtvb.core.linearisation import VISITED, modulus_rounding
from emtvb.core.memories import stored_map
from emtvb.core.regression import decoded_map
from emtvb.core.result_tables import count_and_noun
from emtvb.core.systems import Runnable
from emtvb.core.trials import Trials
from emtvb.errors import InputError

_RUN = 100
"""Steps that starts are run for, and how many of them, to see where the network goes."""
_BEYOND = 1.1
"""Numbers larger by this factor than all that were seen are beyond them."""


@dataclass(frozen=True, eq=False, repr=False)
class FixedPoints:
    """States that a step leaves where they are.

    Attributes:
        points: They.
        speeds: |F(h, u) - h| that is left at each.
        jacobians: dF/dh there.
        eigenvalues: Of these, the largest modulus first.
        found_from: How many starts led to each.
        failed: Starts that led to none.
        beyond: Of each point, whether a number of its state is larger than all that the starts have, or run to: the
            network may never come there. Gates that are closed for good make such points, as of a GRU beyond 1.
        noisy: Whether steps have noise of their own, in which a state does not stay.
        rounding: How far an eigenvalue of modulus 1 may be from 1 by rounding.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> system = emtvb.adapt(lambda u, h: (h, np.tanh(2 * h)), state=1, input_dim=1)
        >>> points = emtvb.fixed_points(system, [[0.5], [-0.5]])
        >>> points.eigenvalues.round(2), points.failed
        (array([[0.17+0.j],
               [0.17+0.j]]), 0)
    """

    points: Float[np.ndarray, "point state"]
    speeds: Float[np.ndarray, " point"]
    jacobians: Float[np.ndarray, "point state state"]
    eigenvalues: Complex[np.ndarray, "point state"]
    found_from: tuple[int, ...]
    failed: int
    beyond: Bool[np.ndarray, " point"] | bool = False
    noisy: bool = False
    rounding: float = 0.0

    @property
    def stable(self) -> Bool[np.ndarray, " point"]:
        """Whether every eigenvalue lies within the unit circle: what starts nearby comes back."""
        return np.abs(self.eigenvalues).max(axis=1, initial=0.0) < 1 - self.rounding

    @property
    def neutral(self) -> Bool[np.ndarray, " point"]:
        """Whether the largest modulus of an eigenvalue is 1 within rounding, which would decide the rest."""
        return np.abs(np.abs(self.eigenvalues).max(axis=1, initial=0.0) - 1) <= self.rounding

    def __repr__(self) -> str:
        stable = int(self.stable.sum()) if len(self.points) else 0
        neutral = f", {int(self.neutral.sum())} neutral" if self.neutral.any() else ""
        failed = f"{count_and_noun(self.failed, 'start')} led to none"
        return f"<FixedPoints: {self._found}; {stable} stable{neutral}; {failed}{self._reason}>"

    @property
    def _found(self) -> str:
        """How many there are, those in the range of visited states first."""
        beyond = int(np.broadcast_to(self.beyond, len(self.points)).sum())
        inside = count_and_noun(len(self.points) - beyond, "fixed point")
        return f"{inside} in the range of the states visited, {beyond} beyond" if beyond else inside

    @property
    def _reason(self) -> str:
        """Why there may be none."""
        return ": steps have noise of their own, in which no state stays where it is" if self.noisy else ""

    def __str__(self) -> str:
        starts = sum(self.found_from) + self.failed
        failed = count_and_noun(self.failed, "start")
        beyond = np.broadcast_to(self.beyond, len(self.points))
        comma = "," if beyond.any() else ""
        lines = [f"{self._found}{comma} from {count_and_noun(starts, 'start')}; {failed} led to none{self._reason}"]
        if beyond.any():
            lines.append("beyond (*): larger than all states visited; the network may never come there")
        for i in range(len(self.points)):
            largest = np.abs(self.eigenvalues[i])
            neutral = count_and_noun(int((largest >= 1 - self.rounding).sum()), "eigenvalue")
            at_one = f"neutral: {neutral} at 1 within rounding"
            grows = f"{count_and_noun(int((largest > 1 + self.rounding).sum()), 'direction')} not stable"
            kind = "stable" if self.stable[i] else at_one if self.neutral[i] else grows
            from_starts = count_and_noun(int(self.found_from[i]), "start")
            mark = " *" if beyond[i] else ""
            lines.append(f"  {i}: {kind}, largest modulus {largest[0]:.4f}, from {from_starts}{mark}")
        return "\n".join(lines)


def find_fixed_points(
    system: Runnable,
    starts: Any,
    inputs: Any = None,
    *,
    tolerance: float = 1e-4,
    most: int = 100,
) -> FixedPoints:
    """Fixed points of a system; its arguments are those of :func:`emtvb.adapters.fixed_points.fixed_points`."""
    given = as_numbers(starts, "starts", "(start, state)")
    h = np.array(given, dtype=np.float64)
    if h.ndim != 2 or not h.size:
        raise InputError("starts", f"shape {h.shape}", "give finite states, (start, state)")
    if isinstance(tolerance, bool) or not isinstance(tolerance, (int, float)) or not 0 < tolerance < 1:
        raise InputError("tolerance", tolerance, "give a number between 0 and 1")
    whole_number(most, "most", 1)
    u = _constant_input(system, inputs, len(h))
    single = given if given.dtype.kind == "f" else h

    def move(states: np.ndarray) -> np.ndarray:
        return system.run(u[: len(states)][None].astype(single.dtype), states.astype(single.dtype))[0][0] - states

    size = float(np.linalg.norm(h, axis=1).mean()) or 1.0
    # Levenberg's and Marquardt's steps: one that comes no nearer is not taken, and the next is damped ten times as much
    damping, off = np.full(len(h), 1e-3), move(h)
    identity = np.eye(h.shape[1])
    for _ in range(most):
        running = np.flatnonzero((np.linalg.norm(off, axis=1) > 1e-2 * tolerance * size) & (damping < 1e6))
        if not len(running):
            break
        J = system.jacobian(h[running].astype(single.dtype), u[: len(running)]) - identity
        normal = np.einsum("bij,bik->bjk", J, J) + damping[running, None, None] * identity
        step = -np.linalg.solve(normal, np.einsum("bij,bi->bj", J, off[running])[..., None])[..., 0]
        there = h[running] + step
        new = move(there)
        better = np.linalg.norm(new, axis=1) < np.linalg.norm(off[running], axis=1)
        h[running[better]], off[running[better]] = there[better], new[better]
        damping[running] *= np.where(better, 0.1, 10.0)
        damping = np.maximum(damping, 1e-12)
    speeds = np.linalg.norm(off, axis=1)
    found = _distinct_points(system, h, speeds, u, tolerance * size, single.dtype)
    most_visited = _largest_visited(system, given.astype(single.dtype), u.astype(single.dtype))
    beyond = np.abs(found.points).max(axis=1, initial=0.0) > (most_visited or np.inf)
    noisy = bool(getattr(system, "noisy", False)) and not len(found.points)
    reached, _ = system.run(u[:1][None].astype(single.dtype), h[:1].astype(single.dtype))
    return replace(found, beyond=beyond, noisy=noisy, rounding=modulus_rounding(reached))


def _largest_visited(
    system: Runnable, starts: Float[np.ndarray, "start state"], u: Float[np.ndarray, "start input"]
) -> float:
    """The largest number of a state among starts and where they run to, and a little more; 0 where all are 0."""
    few = slice(None, None, -(-len(starts) // _RUN))
    states = system.run(np.repeat(u[None, few], _RUN, axis=0), starts[few])[0]
    every = np.abs(states[np.isfinite(states)]).max(initial=0.0), np.abs(starts).max()
    return _BEYOND * float(max(every))


def _constant_input(system: Runnable, inputs: Any, count: int) -> Float[np.ndarray, "trial input"]:
    """An input for so many trials; zero by default."""
    if inputs is None:
        return np.zeros((count, system.input_dim or 1))
    given = as_numbers(inputs, "inputs", "(input,)")
    if given.ndim != 1 or not given.size:
        raise InputError("inputs", f"shape {given.shape}", "give one input, (input,)")
    return np.tile(given.astype(np.float64), (count, 1))


def _distinct_points(
    system: Runnable, h: np.ndarray, speeds: np.ndarray, u: np.ndarray, near: float, dtype: np.dtype
) -> FixedPoints:
    """The different ones among the points that were reached, the slowest first."""
    reached = np.flatnonzero(speeds <= near)
    points: list[int] = []
    counts: list[int] = []
    for i in reached[np.argsort(speeds[reached], kind="stable")]:
        same = [at for at, j in enumerate(points) if np.linalg.norm(h[i] - h[j]) < 100 * near]
        if same:
            counts[same[0]] += 1
        else:
            points.append(int(i))
            counts.append(1)
    n = h.shape[1]
    jacobians = system.jacobian(h[points].astype(dtype), u[: len(points)]) if points else np.zeros((0, n, n))
    values = np.linalg.eigvals(jacobians).astype(np.complex128)
    values = np.take_along_axis(values, np.argsort(-np.abs(values), axis=1, kind="stable"), axis=1)
    return FixedPoints(h[points], speeds[points], jacobians, values, tuple(counts), len(h) - len(reached))


@dataclass(frozen=True, eq=False, repr=False)
class Linearised:
    """A step as a linear map: of the state, and between the variables' numbers.

    Attributes:
        jacobian: dF/dh, its mean over the states; eigenvalues and map are of this mean.
        eigenvalues: Its eigenvalues, the largest modulus first.
        map: Psi* J Psi, the step between memories.
        decoded: The linear map that leads best from what is read at one time to what is read at the next; NaN where no
            two times that follow each other were recorded.
        phi: The task's own step, of a task of this package.
        map_error: |Psi* J Psi - Phi| / |Phi|; NaN without a task.
        gain: The factor g that brings g Phi nearest to Psi* J Psi; NaN without a task.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> x = np.random.default_rng(0).normal(size=(10, 80, 2))  # (time, trial, input)
        >>> add = emtvb.adapt(lambda u, h: (h + u, h + u), state=2, whole=lambda x: x.cumsum(axis=0))
        >>> fitted = emtvb.fit(emtvb.record(add, x, x.cumsum(axis=0)))
        >>> abs(emtvb.linearise(fitted).eigenvalues).round(2)
        array([1., 1.])
    """

    jacobian: Float[np.ndarray, "state state"]
    eigenvalues: Complex[np.ndarray, " state"]
    map: Float[np.ndarray, "number number"]
    decoded: Float[np.ndarray, "number number"]
    phi: Float[np.ndarray, "number number"] | None
    map_error: float
    gain: float

    def __repr__(self) -> str:
        largest = abs(self.eigenvalues[0]) if len(self.eigenvalues) else 0.0
        apart = np.linalg.norm(self.map - self.decoded) / (np.linalg.norm(self.decoded) or 1.0)
        parts = f"mean Jacobian of {len(self.jacobian)} numbers of state, largest modulus {largest:.3f}"
        if not np.isnan(apart):
            parts += f"; Psi* J Psi differs from what is decoded by {apart:.1%}"
        return f"<Linearised: {parts}>"


def linearise(
    fitted: Fitted,
    states: np.ndarray | None = None,
    inputs: Any = None,
) -> Linearised:
    """The derivative of a step, beside the step between memories.

    Args:
        fitted: Of :func:`fit`.
        states: Where, (point, state) or one state, such as a fixed point. By default 64 states that the network visits
            in the trials to judge on, each with the input that it read next.
        inputs: The input of the step, (input,); zero by default where states are given.

    Returns:
        The Jacobian (state, state), its eigenvalues, and the maps between variables' numbers (number, number).

    Raises:
        InputError: Where states or inputs are not of the network's size.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> x = np.random.default_rng(0).normal(size=(10, 80, 2))  # (time, trial, input)
        >>> add = emtvb.adapt(lambda u, h: (h + u, h + u), state=2, whole=lambda x: x.cumsum(axis=0))
        >>> fitted = emtvb.fit(emtvb.record(add, x, x.cumsum(axis=0)))
        >>> emtvb.linearise(fitted).map.round(2) + 0.0  # what was added up stays
        array([[1., 0.],
               [0., 1.]])
    """
    check_type(fitted, Fitted, "fitted", "fit")
    trials = fitted.trials
    trials.check_weights()
    start = trials.task.theory.settled_step if trials.task else 0
    u = None
    if states is None:
        states, u = _visited_states(trials, start)
    states = np.atleast_2d(as_numbers(states, "states", "(point, state)"))
    if not states.size:
        raise InputError("states", f"shape {states.shape}", "give one or more, (point, state)")
    u = u if inputs is None else _constant_input(trials.system, inputs, len(states))
    J = trials.system.jacobian(states, u).mean(axis=0)
    values = np.linalg.eigvals(J).astype(np.complex128)
    stored, task = trials.stored, trials.task
    return Linearised(
        J,
        values[np.argsort(-np.abs(values), kind="stable")],
        stored_map(fitted.memories, J),
        _decoded_map(fitted, start),
        task.theory.phi[np.ix_(stored, stored)] if task else None,
        memories.map_error(fitted.memories, J, task.theory.phi) if task else float("nan"),
        memories.fitted_gain(fitted.memories, J, task.theory.phi) if task else float("nan"),
    )


def _visited_states(
    trials: Trials, start: int
) -> tuple[Float[np.ndarray, "point state"], Float[np.ndarray, "point input"] | None]:
    """States of test trials from a time on, drawn by chance, and what was read next; of a task nothing is."""
    rng, count = np.random.default_rng(0), trials.test.states.shape[1]
    if trials.task is not None or trials.test.inputs is None:
        rows, chosen = rng.integers(start, len(trials.test.states), VISITED), rng.integers(count, size=VISITED)
        return trials.test.states[rows, chosen], None
    times = np.array(trials.recorded_times or range(trials.steps))
    rows = np.flatnonzero(times < trials.steps - 1)
    if not len(rows):
        raise InputError("states", "of the last step alone", "no input follows them; give states= and inputs=")
    rows, chosen = rng.choice(rows, VISITED), rng.integers(count, size=VISITED)
    return trials.test.states[rows, chosen], trials.test.inputs[times[rows] + 1, chosen]


def _decoded_map(fitted: Fitted, start: int) -> Float[np.ndarray, "number number"]:
    """The map between what is read at a step and at the next; NaN where no two such steps were recorded."""
    trials, stored = fitted.trials, fitted.trials.stored
    states = trials.test.states[start:]
    if trials.recorded_times is not None:
        first = np.flatnonzero(np.diff(trials.recorded_times) == 1)
        if not len(first):
            return np.full((int(stored.sum()), int(stored.sum())), np.nan)
        states = states[np.stack([first, first + 1], axis=1).ravel()]
    return decoded_map(fitted.memories.read(states)[..., stored], trials.task.s if trials.task else 1)
