"""Are two networks the same circuit? ``compare``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from emtvb.core import similarity, untrained_control
from emtvb.core.arguments import check_type, whole_number
from emtvb.core.dynamics import Linearised, find_fixed_points, linearise
from emtvb.core.fitting import Fitted, fit
from emtvb.core.memories import VariableMemories
from emtvb.core.regression import decoded_map
from emtvb.core.result_tables import first_names, html_table
from emtvb.core.similarity import MEASURES, Portrait
from emtvb.core.spectrum import MODULUS
from emtvb.core.trials import Trials
from emtvb.errors import InputError, extra

if TYPE_CHECKING:
    import pandas as pd

ALIKE = 0.2
"""Networks are alike by a measure where their distance is below this share of the way from the floor to chance."""
LEAST = 0.01
"""Distances below this are none: maps are turned onto each other to about as much."""
DRAWS = 20
"""Random systems from which chance is estimated."""


@dataclass(frozen=True)
class Distance:
    """How far apart two networks are by one measure, and what that number is to be held against.

    Attributes:
        measure: "spectrum", "step", "decoded step" or "dynamics".
        unit: "rad", or "relative": a share of the size of the maps.
        value: The distance; NaN of spectra without a long-term eigenvalue.
        floor: Of each network from itself, with memories fitted on the other half of its trials and states of other
            trials; the larger of the two.
        chance: Of the first network from random systems of the second one's size, in the mean. Of the dynamics these
            keep the second one's eigenvalues and have random eigenvectors.
        least: The least of these.
        untrained: Of the networks from untrained ones of the same shape, in the mean; NaN where none were made.
        control: Of either network from a linear image of its variables, without a network; the smaller of the two; NaN
            of spectrum and step, which need a network, and where labels do not follow each other.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> x = np.random.default_rng(0).integers(-1, 2, size=(10, 80, 2)).astype(float)
        >>> add = emtvb.adapt(lambda u, h: (h + u, h + u), state=2, whole=lambda x: x.cumsum(axis=0))
        >>> one, other = (emtvb.fit(emtvb.record(add, x, x.cumsum(axis=0), seed=seed)) for seed in (0, 1))
        >>> step = emtvb.compare(one, other)["step"]
        >>> print(f"{step.measure}, {step.unit}: {step.value:.2f}; by chance {step.chance:.1f}")
        step, relative: 0.00; by chance 1.4
    """

    measure: str
    unit: str
    value: float
    floor: float
    chance: float
    least: float
    untrained: float
    control: float = float("nan")

    @property
    def ceiling(self) -> float:
        """Chance, or what an untrained network has where that is less."""
        return min((value for value in (self.chance, self.untrained) if not np.isnan(value)), default=float("nan"))

    @property
    def tells(self) -> bool:
        """Whether it tells networks apart: it has a value, and one network is not half as far from itself as chance.

        Of networks that are near by it, also whether they are as much nearer to each other than to the variables alone.
        """
        if not np.isfinite(self._way(self.ceiling)):
            return False
        return not self.is_as_near_without_a_network

    @property
    def is_as_near_without_a_network(self) -> bool:
        """Whether the networks are near, but about as near to the variables alone, without a network."""
        is_near = self._way(self.ceiling) < ALIKE
        return bool(is_near and not np.isnan(self.control) and not self._way(self.control) < ALIKE)

    @property
    def share(self) -> float:
        """Where the distance lies from the floor, 0, to the ceiling, 1; NaN where it tells nothing."""
        return self._way(self.ceiling) if self.tells else float("nan")

    def _way(self, ceiling: float) -> float:
        """Where the distance lies from the floor to this; NaN where the two are hardly apart."""
        floor = max(self.floor, LEAST)
        if not np.isfinite(self.value) or not floor < ceiling / 2:
            return float("nan")
        return max(self.value - floor, 0.0) / (ceiling - floor)

    @property
    def alike(self) -> bool:
        """Whether two networks are alike by it: a bar of ours, :data:`ALIKE`."""
        return self.tells and self.share < ALIKE

    def __repr__(self) -> str:
        word = ("alike" if self.alike else "not alike") if self.tells else "tells nothing"
        beside = f"floor {self.floor:.3f}, chance {self.chance:.3f}"
        beside += "" if np.isnan(self.control) else f", without a network {self.control:.3f}"
        return f"<{self.measure}: {self.value:.3f}, {beside}: {word}>"


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Whether two networks are the same circuit.

    Attributes:
        names: What they were made from.
        distances: By measure.
        directions: Of the linear models of the states.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> x = np.random.default_rng(0).integers(-1, 2, size=(10, 80, 2)).astype(float)
        >>> add = emtvb.adapt(lambda u, h: (h + u, h + u), state=2, whole=lambda x: x.cumsum(axis=0))
        >>> one, other = (emtvb.fit(emtvb.record(add, x, x.cumsum(axis=0), seed=seed)) for seed in (0, 1))
        >>> [distance.measure for distance in emtvb.compare(one, other).distances if distance.alike]
        ['spectrum', 'step']
    """

    names: tuple[str, str]
    distances: tuple[Distance, ...]
    directions: int

    def __getitem__(self, measure: str) -> Distance:
        """The distance by a measure.

        Raises:
            InputError: Where there is no such measure.
        """
        for distance in self.distances:
            if distance.measure == measure:
                return distance
        raise InputError("measure", measure, f"no such measure; there are {', '.join(MEASURES)}")

    @property
    def alike(self) -> bool:
        """Whether they are alike by every measure that tells something, and there is one."""
        informative = [distance for distance in self.distances if distance.tells]
        return bool(informative) and all(distance.alike for distance in informative)

    @property
    def finding(self) -> str:
        """What was found, in words."""
        informative = [distance for distance in self.distances if distance.tells]
        alike = [distance.measure for distance in informative if distance.alike]
        unlike = [distance.measure for distance in informative if not distance.alike]
        near = [distance.measure for distance in self.distances if distance.is_as_near_without_a_network]
        silent = [d.measure for d in self.distances if not d.tells and d.measure not in near]
        left = f"; nothing is told by {first_names(silent)}" if silent else ""
        if near:
            whitened = ", whitened," if similarity.DYNAMICS in near else ","
            left += f"; by {first_names(near)} no nearer than the variables alone{whitened} without a network"
        if not informative:
            return "cannot be told: no measure has a scale here"
        if not unlike:
            return f"the same circuit, by {first_names(alike)}{left}"
        if not alike:
            return f"not the same circuit, by {first_names(unlike)}{left}"
        return f"alike in part: by {first_names(alike)}, not by {first_names(unlike)}{left}"

    def __repr__(self) -> str:
        shares = ", ".join(f"{d.measure} {d.share:.2f}" for d in self.distances if d.tells)
        where = f" (0 is one network beside itself, 1 chance: {shares})" if shares else ""
        return f"<Comparison: {self.finding}{where}; {self.names[0]} beside {self.names[1]}>"

    def _repr_html_(self) -> str:
        head = ("measure", "unit", "distance", "floor", "chance", "untrained", "without a network",
                "share of the way", "alike")  # fmt: skip
        rows = [
            (d.measure, d.unit, d.value, d.floor, d.chance, d.untrained, d.control, d.share,
             d.alike if d.tells else "not told")
            for d in self.distances
        ]  # fmt: skip
        return html_table(f"{self.finding}: {' beside '.join(self.names)}", head, rows)

    def to_dataframe(self) -> pd.DataFrame:
        """A row for each measure: unit, distance, floor, chance, least chance, untrained, share, alike, control."""
        with extra("plot"):
            import pandas as pd

        words = {
            "measure": "measure", "unit": "unit", "distance": "value", "floor": "floor", "chance": "chance",
            "least_chance": "least", "untrained": "untrained", "share": "share", "alike": "alike",
            "control": "control",
        }  # fmt: skip
        return pd.DataFrame({column: [getattr(d, word) for d in self.distances] for column, word in words.items()})


def compare(
    one: Fitted,
    other: Fitted,
    *,
    modulus: float = MODULUS,
    directions: int | None = None,
    delays: int = 1,
    untrained: bool | None = None,
    seed: int = 0,
) -> Comparison:
    """Are two networks the same circuit? Distances that no change of the basis of their states alters.

    - spectrum: the mean angle between long-term eigenvalues of the step's Jacobian at rest (the fixed point without
      input that is reached from the zero state, else that state), by optimal assignment; one without a partner counts
      as pi;
    - step: Psi* J Psi, the step between variables as it is linearised at rest, and
    - decoded step: the same as it is read from trials; |A - B| as a share of the root mean square of |A| and |B|, both
      between numbers as they are fitted, continuous ones in standard deviations of their own labels;
    - dynamics: the linear maps that lead best from whitened states (principal directions, each scaled to a variance
      of 1) to those a step later; the least angle over all rotations of one onto the other (dynamical similarity
      analysis, Ostrow et al. 2023, arXiv 2306.10168). It knows nothing of the variables.

    Each stands between a floor, one network beside itself, and chance, random systems of the same size (which of the
    dynamics have the same eigenvalues and random eigenvectors), or untrained networks of either shape, where their
    weights can be drawn anew and they are nearer. Below 0.2 of the way networks are called alike; the bar is ours. By
    the decoded step and the dynamics they must also lie below 0.2 of the way to the control without a network: any
    linear image of the variables has the same decoded step and, whitened, the same dynamics.

    Args:
        one: Of :func:`fit`, and
        other: another of the same variables or the same task.
        modulus: An eigenvalue is long-term if its modulus is larger.
        directions: Of the linear models; by default as many as the variables have numbers.
        delays: States in a row that are one state of these models: more than 1 where a state is not seen as a whole.
        untrained: Whether untrained networks are made; by default wherever their weights can be drawn anew.
        seed: Of the random systems.

    Returns:
        A distance by each measure, beside what it is held against; printed, what was found.

    Raises:
        InputError: Where the variables, the tasks or the numbers that can be stored are not the same, or states have
            fewer directions.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> x = np.random.default_rng(0).integers(-1, 2, size=(10, 80, 2)).astype(float)
        >>> add = emtvb.adapt(lambda u, h: (h + u, h + u), state=2, whole=lambda x: x.cumsum(axis=0))
        >>> one, other = (emtvb.fit(emtvb.record(add, x, x.cumsum(axis=0), seed=seed)) for seed in (0, 1))
        >>> emtvb.compare(one, other).finding.split(";")[0]
        'the same circuit, by spectrum, step'
    """
    for value, name in ((one, "one"), (other, "other")):
        check_type(value, Fitted, name, "fit")
    _check_same(one.trials, other.trials)
    if isinstance(modulus, bool) or not isinstance(modulus, (int, float)) or not 0 <= modulus < np.inf:
        raise InputError("modulus", modulus, "give a number from 0, such as 0.9")
    if untrained is not None and not isinstance(untrained, (bool, np.bool_)):
        raise InputError("untrained", untrained, "give True, False or None")
    whole_number(seed, "seed", 0)
    shortest = min(len(_judged_states(fitted)) for fitted in (one, other))
    if shortest < 3:
        raise InputError("trials", f"{shortest} steps", "record 3 or more, so that there are steps to compare")
    if whole_number(delays, "delays", 1) > shortest - 2:
        raise InputError("delays", delays, f"there are {shortest} steps; give at most {shortest - 2}")
    most = similarity.MOST_DIRECTIONS if directions is None else whole_number(directions, "directions", 1)
    most = max(most, len(_stored_numbers(one)))
    if not (_states_vary(one) and _states_vary(other)):
        raise InputError("states", "the same at all times", "there are no dynamics to compare; record other trials")
    mine, yours = (_drawn(fitted, delays, most) for fitted in (one, other))
    count = similarity.compared_rank(mine.whole, yours.whole) if directions is None else directions
    have = min(len(part.dynamics.now) for drawn in (mine, yours) for part in (drawn.whole, *drawn.halves))
    if directions is not None and have < count:
        raise InputError("directions", count, f"states vary in {have}; give at most that many")
    count = min(count, have)
    rng = np.random.default_rng(seed)
    values = similarity.portrait_distances(mine.whole, yours.whole, modulus, count)
    floors = [similarity.portrait_distances(*drawn.halves, modulus, count) for drawn in (mine, yours)]
    chance = [_by_chance(mine.whole, yours.whole, rng, modulus, count) for _ in range(DRAWS)]
    left, alone = (
        [
            similarity.portrait_distances(drawn.whole, portrait, modulus, min(count, len(portrait.dynamics.now)))
            for drawn, portraits in zip((mine, yours), both, strict=True)
            for portrait in portraits
        ]
        for both in (
            [_untrained_portraits(fitted, untrained, delays, most) for fitted in (one, other)],
            [_variables_alone(fitted, delays, most) for fitted in (one, other)],
        )
    )
    distances = tuple(
        Distance(
            measure,
            unit,
            values[measure],
            max(floor[measure] for floor in floors),
            float(np.mean([draw[measure] for draw in chance])),
            float(np.min([draw[measure] for draw in chance])),
            float(np.mean([draw[measure] for draw in left])) if left else float("nan"),
            min((draw[measure] for draw in alone), default=float("nan")),
        )
        for measure, unit in MEASURES.items()
    )
    return Comparison((one.trials.system.name, other.trials.system.name), distances, count)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A network's portrait, and two more of other trials each."""

    whole: Portrait
    halves: tuple[Portrait, Portrait]


def _check_same(one: Trials, other: Trials) -> None:
    """Raise InputError where there is nothing that both should hold."""
    for word, trials in (("one", one), ("other", other)):
        if trials.recorded_times is not None:
            shown = f"has states of {len(trials.recorded_times)} times alone"
            raise InputError(word, shown, "dynamics need the states of every step; record without times=")
    tasks = [trials.task for trials in (one, other)]
    if tasks[0] != tasks[1]:
        shown = " and ".join("labels" if task is None else task.name for task in tasks)
        raise InputError("other", f"fitted on {shown}", "compare networks on one task, or on the same labels")
    names = [[v.name for v in trials.variables] for trials in (one, other)]
    if names[0] != names[1]:
        shown = f"variables {first_names(names[1])}"
        raise InputError("other", shown, f"give one that was recorded with {first_names(names[0])}, in this order")
    for mine, yours in zip(one.variables, other.variables, strict=True):
        if mine.kind != yours.kind or mine.classes.tolist() != yours.classes.tolist():
            shown = f"{mine.name} is {yours.kind} with {len(yours.classes)} values"
            wanted = f"{mine.kind} with {len(mine.classes)} values"
            raise InputError("other", shown, f"in the first it is {wanted}; record both with the same labels")


_HALVES = slice(None, None, 2), slice(1, None, 2)
"""The trials of either half."""


def _states_vary(fitted: Fitted) -> bool:
    """Whether the states of either half of the trials vary at all, so that there are dynamics."""
    spreads = (np.ptp(_judged_states(fitted)[:, half], axis=(0, 1)).astype(np.float64) for half in _HALVES)
    return all((spread**2).any() for spread in spreads)


def _drawn(fitted: Fitted, delays: int, most: int) -> _Drawn:
    """A network's portrait, and two of it by other trials: memories of the other half, and states of either half."""
    linear = _at_rest(fitted)
    again = _other_half(fitted)
    halves = (
        _portrait(fitted, linear, fitted.memories, _HALVES[0], delays, most),
        _portrait(fitted, linear, again, _HALVES[1], delays, most),
    )
    return _Drawn(_portrait(fitted, linear, fitted.memories, slice(None), delays, most), halves)


def _at_rest(fitted: Fitted) -> Linearised:
    """The step linearised where the network rests without input."""
    system, states = fitted.trials.system, fitted.trials.test.states
    origin = np.zeros((1, states.shape[2]), dtype=states.dtype)
    points = find_fixed_points(system, origin).points[:1].astype(states.dtype)
    return linearise(fitted, points if len(points) else origin)


def _other_half(fitted: Fitted) -> VariableMemories:
    """The memories as the other half of the trials has them; the same ones where they cannot be fitted there again."""
    if not isinstance(fitted.method, str):
        return fitted.memories
    trials = fitted.trials
    try:
        turned = replace(trials, train=trials.test, test=trials.train)
        return fit(turned, fitted.times, method=fitted.method, part=fitted.part).memories
    except InputError:  # such as too few trials
        return fitted.memories


def _portrait(
    fitted: Fitted, linear: Linearised, memories: VariableMemories, part: slice, delays: int, most: int
) -> Portrait:
    """Of the trials of a part."""
    states = _judged_states(fitted)[:, part]
    stored, task, size = fitted.trials.stored, fitted.trials.task, _stored_numbers(fitted)
    inputs = None if task else fitted.trials.test_inputs[:, part]
    return Portrait(
        linear.eigenvalues,
        memories.in_basis(linear.jacobian)[np.ix_(size, size)],
        decoded_map(memories.read(states)[..., stored], task.s if task else 1),
        similarity.dynamic_mode_decomposition(states, inputs, delays, most),
    )


def _judged_states(fitted: Fitted) -> Float[np.ndarray, "time trial state"]:
    """States of the trials to judge on; of a task those of settled output steps."""
    trials = fitted.trials
    return trials.test.states[trials.task.theory.settled_step if trials.task else 0 :]


def _stored_numbers(fitted: Fitted) -> np.ndarray:
    return np.flatnonzero(fitted.trials.stored)


def _by_chance(
    one: Portrait, other: Portrait, rng: np.random.Generator, modulus: float, count: int
) -> dict[str, float]:
    """The distances of a random system: of the dynamics, one with the same eigenvalues."""
    return {
        **similarity.distances_by_chance(one, other, rng, modulus, count),
        similarity.DYNAMICS: similarity.distance_by_random_eigenvectors(one, other, rng, count),
    }


def _variables_alone(fitted: Fitted, delays: int, most: int) -> list[Portrait]:
    """The control without a network; none where labels are not known of all trials at enough steps in a row."""
    trials = fitted.trials
    start = trials.task.theory.settled_step if trials.task else 0
    labels = trials.test.labels[start:, :, trials.stored]
    known = np.isfinite(labels).all(axis=(1, 2))
    ends = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
    first, last = max(ends.reshape(-1, 2).tolist(), key=lambda span: span[1] - span[0], default=(0, 0))
    numbers = labels[first:last]
    if last - first < delays + 2 or not np.ptp(numbers, axis=(0, 1)).any():
        return []
    inputs = None if trials.task else trials.test_inputs[first:last]
    return [similarity.linear_control(numbers, inputs, trials.task.s if trials.task else 1, delays, most)]


def _untrained_portraits(fitted: Fitted, asked: Any, delays: int, most: int) -> list[Portrait]:
    return [
        _portrait(other, _at_rest(other), other.memories, slice(None), delays, most)
        for other in untrained_control.fit_untrained(fitted, asked, "leave it out", always=True)
        if _states_vary(other)
    ]
