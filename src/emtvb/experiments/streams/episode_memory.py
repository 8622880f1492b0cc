"""What a network stores while episodes overwrite each other: where and when each vector can be read, and what edits do.

All of it is by data and by edits, as for the paper's tasks. Sequences with the same schedule are run, so that a moment
of an episode is one row of states; a *decoder* is least squares from the state to vectors, and what it reads is judged
on sequences that it was not fitted on, as the share of elements with the right sign (1/2 is chance).

In what follows, u_1 to u_n are the vectors of the episode that is looked at, in the order in which they are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from emtvb.adapters.elman import Elman
from emtvb.core import regression
from emtvb.core.editing.continuation import Continuation, outputs_after_steps
from emtvb.core.editing.controls import random_step
from emtvb.core.regression import Affine
from emtvb.theory import networks
from emtvb.theory.protocol import Binding
from emtvb.theory.schedule import INPUT, MARKER, Episodes, Place, Schedule, episode_schedule
from emtvb.weights import Network

SEQUENCES = 1024
"""Sequences that decoders are fitted on, and as many again that they are judged on."""
RIDGE = 1e-6
"""Of the mean square of a predictor's elements: what keeps least squares from dividing by nothing."""
NOTHING = 1e-9
"""Mean squares below this are rounding: a state that hardly moves holds nothing."""


class Watched(NamedTuple):
    """A network on many sequences of one schedule; the first half fits and the second judges.

    Attributes:
        plan: The schedule.
        inputs: What is shown.
        states: After each step.
        outputs: After each step.
        targets: 0 where there is none.
    """

    plan: Schedule
    inputs: Float[np.ndarray, "time batch d"]
    states: Float[np.ndarray, "time batch hidden"]
    outputs: Float[np.ndarray, "time batch d"]
    targets: Float[np.ndarray, "time batch d"]

    def vector(self, place: Place, number: int) -> Float[np.ndarray, "batch d"]:
        """U of this number, from 1 on."""
        return self.inputs[place.start + number - 1]


def draw_sequences(
    rng: np.random.Generator, plan: Schedule, episodes: Episodes, d: int, batch: int
) -> Float[np.ndarray, "time batch d"]:
    """Random sequences of a schedule: vectors of +1 and -1, none of them the marker's, and markers."""
    inputs = np.zeros((len(plan), batch, d), np.float32)
    vectors = rng.choice(np.array([-1, 1], np.float32), size=(int((plan.shows == INPUT).sum()), batch, d))
    if episodes.marker:
        steps, rows = np.nonzero((vectors == -1).all(axis=2))
        vectors[steps, rows, rng.integers(d, size=len(steps))] = 1
    inputs[plan.shows == INPUT] = vectors
    inputs[plan.shows == MARKER] = -1
    return inputs


def watch_network(
    network: Network, task: Binding, episodes: Episodes, lengths: Sequence[int], rng: np.random.Generator,
    sequences: int = 2 * SEQUENCES,
) -> Watched:  # fmt: skip
    """Run a network on sequences whose episodes have these lengths, with all output steps of each."""
    whole = Episodes(episodes.lengths, episodes.outputs, None, episodes.marker, episodes.echo)
    plan = episode_schedule(task, whole, lengths)
    inputs = draw_sequences(rng, plan, episodes, task.d, sequences)
    states, outputs = networks.rollout(network, inputs)
    return Watched(plan, inputs, states, outputs, plan.targets(inputs))


def share_right(outputs: Float[np.ndarray, "*shape"], targets: Float[np.ndarray, "*shape"]) -> float:
    """The share of targets that are not 0 whose sign the outputs have."""
    asked = targets != 0
    return _share(networks.nearest_bits(outputs) == targets, asked)


def least_squares(x: Float[np.ndarray, "sample predictor"], y: Float[np.ndarray, "sample outcome"]) -> Affine:
    """The affine map from samples to samples, with a ridge that only matters where predictors are collinear.

    From states to vectors it is their decoder. From a memory to states its weights say what each element adds to the
    state, all elements together.
    """
    return regression.least_squares(x, y, ridge=RIDGE, floor=NOTHING)


def split_halves(values: np.ndarray, axis: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """What fits, and what judges."""
    first, second = np.split(values, 2, axis=axis)
    return first, second


def decoding_raster(seen: Watched, place: Place, until: int) -> Float[np.ndarray, "time number"]:
    """How well each vector of an episode can be read at each step, by a decoder of that step alone.

    Args:
        seen: A network's run.
        place: The episode.
        until: The step to end before; the first is the episode's own.

    Returns:
        For each step and vector, the share of elements that are read right; NaN before the vector is shown.
    """
    scores = np.full((until - place.start, place.length), np.nan)
    labels = np.concatenate([seen.vector(place, i + 1) for i in range(place.length)], axis=1)
    fitted, judged = split_halves(labels, 0)
    d = seen.outputs.shape[2]
    for k, t in enumerate(range(place.start, until)):
        first, second = split_halves(seen.states[t], 0)
        guess = least_squares(first, fitted).predict(second)
        for i in range(min(k + 1, place.length)):
            part = slice(i * d, (i + 1) * d)
            scores[k, i] = share_right(guess[:, part], judged[:, part])
    return scores


CODES = ("position", "age", "due")
"""By what a vector's place in memory may go: its number in the episode; the steps since it was shown; the steps until
it is due at the output."""


class Moment(NamedTuple):
    """A vector at a step: what is to be read, and its place by each code."""

    step: int
    number: int
    position: int
    age: int
    due: int


def episode_moments(place: Place, *, outputs: bool) -> list[Moment]:
    """All vectors at all steps of an episode's inputs, or of its outputs.

    ``due`` is the number of steps until the vector comes round next, for a task that repeats: u_2 first, u_1 never.
    Those that never come round have none.
    """
    entries = []
    steps = range(place.first_output, place.stop) if outputs else range(place.start, place.start + place.length)
    for step in steps:
        for number in range(1, place.length + 1):
            age = step - (place.start + number - 1)
            if age < 0:
                continue
            due = (number - 2 - (step - place.first_output)) % place.length if outputs and number > 1 else -1
            entries.append(Moment(step, number, number, age, due))
    return entries


def repeats_vectors(task: Binding) -> bool:
    """Whether a task gives its vectors out again as they are, so that each has a step at which it is due."""
    return all(read == (1, j, 1) for j, read in enumerate(task.composition))


def by_code(runs: Sequence[tuple[Watched, Place]], code: str, *, outputs: bool) -> float:
    """How well vectors can be read by one decoder for each place that a code names, over all lengths and steps.

    Where a code is the network's own, its decoders read as well as those of single steps do. Vectors that have no place
    by the code, and places that are seen once, are left out.

    Args:
        runs: A network's runs, each with the episode that is looked at.
        code: One of :data:`CODES`.
        outputs: Whether the output steps are looked at, or else the input steps.

    Returns:
        The share of elements that are read right, over all vectors and steps, in sequences that nothing was fitted on.
    """
    samples: dict[int, list[tuple[Watched, Place, Moment]]] = {}
    for seen, place in runs:
        for moment in episode_moments(place, outputs=outputs):
            at = getattr(moment, code)
            if at >= 0 and (not outputs or moment.number > 1):
                samples.setdefault(at, []).append((seen, place, moment))
    scores = []
    for chosen in samples.values():
        if len(chosen) < 2:
            continue
        # Of each moment some sequences of those that fit, so that all together are a few thousand.
        half = len(chosen[0][0].states[0]) // 2
        each = min(half, max(64, 4 * SEQUENCES // len(chosen)))
        states, vectors = zip(*(
            (seen.states[moment.step][:each], seen.vector(place, moment.number)[:each])
            for seen, place, moment in chosen
        ), strict=True)  # fmt: skip
        decoder = least_squares(np.concatenate(states), np.concatenate(vectors))
        for seen, place, moment in chosen:
            read = decoder.predict(seen.states[moment.step][half:])
            scores.append(share_right(read, seen.vector(place, moment.number)[half:]))
    return float(np.mean(scores)) if scores else float("nan")


def single_steps(looks: Sequence[tuple[Place, Float[np.ndarray, "time number"]]], *, outputs: bool) -> float:
    """The same by a decoder for each step and vector, from each run's raster: the most that any code can give."""
    scores = []
    for place, readable in looks:
        first = place.first_output if outputs else place.start
        last = place.stop if outputs else place.start + place.length
        shares = readable[first - place.start : last - place.start]
        scores += shares[:, 1:][~np.isnan(shares[:, 1:])].tolist() if outputs else shares[~np.isnan(shares)].tolist()
    return float(np.mean(scores))


class Edit(NamedTuple):
    """What becomes of the outputs of an episode when one of its vectors is told anew in the middle of it.

    Attributes:
        followed: Of the output elements that should change, the share that are right afterwards.
        kept: Of those that should not change, the share whose sign does not.
        control: The share of the first that are right after a step of the same length in a random direction.
    """

    followed: float
    kept: float
    control: float


def edit_vector(
    network: Network, seen: Watched, place: Place, step: int, rng: np.random.Generator, number: int,
    of: Place | None = None,
) -> Edit:  # fmt: skip
    """Tell a vector anew after a step, by the directions in which the state holds it, and run on to the episode's end.

    Args:
        network: Whose state is changed.
        seen: Its run.
        place: The episode whose outputs are looked at.
        step: After this step the state is changed.
        rng: Draws new vectors and random directions.
        number: The vector.
        of: The episode whose vector it is; ``place`` if not given. Of another episode nothing is to change: then
            ``followed`` and ``control`` are shares of all output elements that do change.
    """
    own = place if of is None else of
    places = [one for one in seen.plan.places if own.start <= one.start <= place.start]
    labels = [
        seen.vector(one, i + 1)
        for one in places
        for i in range(one.length)
        if one.start + i <= step
    ]  # fmt: skip
    fitted, _ = split_halves(np.concatenate(labels, axis=1), 0)
    d = seen.outputs.shape[2]
    encoder = least_squares(fitted, split_halves(seen.states[step], 0)[0])
    adds = encoder.weights[(number - 1) * d : number * d]
    half = slice(len(seen.states[0]) // 2, None)
    old = seen.vector(own, number)[half]
    new = rng.choice(np.array([-1, 1], np.float32), size=old.shape)
    moved = ((new - old) @ adds).astype(np.float32)
    added = {"plain": 0.0, "edited": moved, "control": random_step(moved, rng)}
    inputs = seen.inputs[:, half].copy()
    inputs[own.start + number - 1] = new
    rest = slice(step + 1, place.stop)
    outputs = slice(max(place.first_output, step + 1), place.stop)
    before, after = seen.targets[outputs, half], seen.plan.targets(inputs)[outputs]
    run = Continuation(Elman(network), rest.stop - rest.start, seen.inputs[rest, half])
    given = outputs_after_steps(run, seen.states[step][half], added)
    plain, edited, control = (networks.nearest_bits(given[name][len(given[name]) - len(before) :]) for name in added)
    if own is not place:
        changed, by_chance = (float((one != plain).mean()) for one in (edited, control))
        return Edit(changed, 1 - changed, by_chance)
    asked = before != after
    rest_asked = (before == after) & (before != 0)
    return Edit(
        _share(edited == after, asked), _share(edited == plain, rest_asked), _share(control == after, asked)
    )  # fmt: skip


def _share(good: np.ndarray, of: np.ndarray) -> float:
    """The share of good ones; NaN of none."""
    return float(good[of].mean()) if of.any() else float("nan")


def transition_cosines(network: Network, seen: Watched, place: Place, task: Binding) -> tuple[float, float]:
    """How near a step of the outputs is to Phi_n, the task's own step between memories of n vectors (paper section 3).

    The memory is the next n targets. Where the state holds it by what is due, decoders and encodings of all output
    steps together make of W_hh, times the mean slope of tanh, a matrix between memories.

    Returns:
        The cosine between that matrix and Phi_n (1: the same but for a factor); and how well the memory is read. NaN
        where an episode has no more than n outputs.
    """
    n, d = place.length, seen.outputs.shape[2]
    steps = range(place.first_output, place.stop - n)
    if not steps:
        return float("nan"), float("nan")
    memory = np.stack([np.concatenate(list(seen.targets[t + 1 : t + 1 + n]), axis=1) for t in steps])
    states = seen.states[steps.start : steps.stop]
    half = states.shape[1] // 2
    flat, labels = states[:, :half].reshape(-1, states.shape[2]), memory[:, :half].reshape(-1, n * d)
    decoder, encoder = least_squares(flat, labels), least_squares(labels, flat)
    slope = (1 - seen.states[steps.start + 1 : steps.stop + 1, :half] ** 2).mean(axis=(0, 1))
    matrix = decoder.weights.T @ (slope[:, None] * network.W_hh) @ encoder.weights.T
    source, sign = Binding(d, n, task.composition).reads()
    phi = np.zeros((n * d, n * d))
    phi[np.arange(n * d), source] = sign
    judged = share_right(decoder.predict(states[:, half:]), memory[:, half:])
    return float((matrix * phi).sum() / (np.linalg.norm(matrix) * np.linalg.norm(phi))), judged


def marker_map(network: Network, seen: Watched, place: Place) -> tuple[np.ndarray, np.ndarray]:
    """What the end marker's step does to the memory, and what the same step does without it.

    What is there after either step is read by a decoder that is fitted to that step: neither is read by directions that
    the other one leaves.

    Returns:
        Two (n, n) matrices: how much of the direction that holds vector j before the step reads as vector i after it,
        on the mean over dimensions. The identity keeps each vector where the next step finds it.
    """
    n, d = place.length, seen.outputs.shape[2]
    step = place.first_output - 1
    labels, _ = split_halves(np.concatenate([seen.vector(place, i + 1) for i in range(n)], axis=1), 0)
    half = len(labels)
    before, after = seen.states[step - 1][:half], seen.states[step][:half]
    encoder = least_squares(labels, before)
    matrices = []
    for reached in (after, np.tanh(before @ network.W_hh.T)):
        decoder = least_squares(reached, labels)
        slope = (1 - reached**2).mean(axis=0)
        matrix = decoder.weights.T @ (slope[:, None] * network.W_hh) @ encoder.weights.T
        blocks = matrix.reshape(n, d, n, d)
        matrices.append(np.einsum("iaja->ij", blocks) / d)
    return matrices[0], matrices[1]


class Blind(NamedTuple):
    """Whether a network's outputs know the length of the episode, or answer for all lengths at once.

    A network that does not know n can do no better than the mean of what the outputs would be for each length.

    Attributes:
        within: By least squares of the first outputs on what they would be if the length were n': the weights of the
            lengths that occur, summed up.
        beside: The root of the mean square of the weights of lengths up to three longer or shorter.
        explained: How much of the outputs' variance these weights explain.
        accuracy: The share of output elements that the sign of the mean over all lengths has right.
        length: How often the length is read right from the state after the marker.
        chance: One over the number of lengths.
    """

    within: float
    beside: float
    explained: float
    accuracy: float
    length: float
    chance: float


def measure_blindness(runs: Sequence[tuple[Watched, Place]], task: Binding, episodes: Episodes) -> Blind:
    """How far the first output of an episode is what it would be without knowing n.

    Args:
        runs: A network's runs, one for each length.
        task: What its outputs are composed of.
        episodes: Their layout.
    """
    shortest, longest = episodes.lengths
    reaches = max(read.variable for read in task.composition)
    assumed = range(max(reaches, shortest - 3), longest + 4)
    by_length, outputs, right_answers, states, lengths = [], [], [], [], []
    for seen, place in runs:
        t = place.first_output
        guesses = []
        for n in assumed:
            ages = [(n - read.variable + 1, read.dimension, read.sign) for read in task.composition]
            guesses.append(np.stack([sign * seen.targets[t - age, :, j] for age, j, sign in ages], axis=1))
        by_length.append(np.stack(guesses))
        outputs.append(seen.outputs[t])
        right_answers.append(seen.targets[t])
        states.append(seen.states[t - 1])
        lengths += [place.length] * len(seen.states[t - 1])
    candidates, given, wanted = np.concatenate(by_length, 1), np.concatenate(outputs), np.concatenate(right_answers)
    x, y = candidates.reshape(len(candidates), -1).T.astype(np.float64), given.reshape(-1, 1).astype(np.float64)
    means = regression.least_squares(x, y, regression.EXACT, intercept=False)
    weights = means.weights[:, 0]
    explained = 1 - float(((y - means.predict(x)) ** 2).sum() / ((y - y.mean()) ** 2).sum())
    occurs = np.array([shortest <= n <= longest for n in assumed])
    beside = float(np.sqrt((weights[~occurs] ** 2).mean())) if (~occurs).any() else 0.0
    mean, asked = candidates[occurs].mean(axis=0), wanted != 0
    ties = np.isclose(mean, 0)  # where lengths disagree evenly, either sign is a guess
    accuracy = float(np.where(ties, 0.5, np.sign(mean) == wanted)[asked].mean())
    return Blind(float(weights[occurs].sum()), beside, explained, accuracy, *_read_length(states, lengths))


def _read_length(states: Sequence[np.ndarray], lengths: Sequence[int]) -> tuple[float, float]:
    """How often least squares on states that each have a length reads it, and how often a guess does."""
    known = sorted(set(lengths))
    if len(known) < 2:
        return float("nan"), 1.0
    x, y = np.concatenate(states), (np.array(lengths)[:, None] == np.array(known)).astype(np.float32)
    fits = np.arange(len(x)) % 2 == 0
    guess = least_squares(x[fits], y[fits]).predict(x[~fits]).argmax(axis=1)
    return float((guess == y[~fits].argmax(axis=1)).mean()), 1 / len(known)
