"""From a network that was trained on streams to what the page holds of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.errors import InputError
from emtvb.experiments.results import FoundRun
from emtvb.experiments.streams import episode_memory
from emtvb.experiments.streams.runs import StreamRun, paper_name
from emtvb.experiments.sweep.exemplar import picture_inputs
from emtvb.page.content import Shown
from emtvb.theory.network_measurement import DATA
from emtvb.theory.protocol import Binding
from emtvb.theory.schedule import INPUT, episode_schedule
from emtvb.theory.stream_order import StreamSetup
from emtvb.weights import Network


def shown_stream(run: StreamSetup, task: str, network: Network, measured: Mapping[str, Any] | None = None) -> Shown:
    """A network and a stream of three episodes, of which each length that was trained has a basis of its own.

    An episode's memory is its last n targets. The basis is least squares over all of its output steps, from its marker
    on: the dual from states to the memory, the basis from the memory to states.

    Args:
        run: Which it is.
        task: What its task is called.
        network: Its weights.
        measured: Its row of measurements, where it was measured.

    Raises:
        InputError: Where its training diverged.
    """
    if not network.is_finite():
        raise InputError("network", run.run_id, "its training diverged and left no network; choose another")
    shortest, longest = run.episodes.lengths
    sizes = list(range(shortest, longest + 1))
    lengths = [sizes[len(sizes) // 2], longest, shortest]
    d = run.task.d
    about: dict[str, Any] = {
        "id": run.run_id,
        "task": task,
        "l2": run.l2,
        "seed": run.seed,
        "hidden": network.hidden_dim,
        "d": d,
        "longest": longest,
        "between": [shortest, longest],
        "lengths": lengths,
        "sizes": sizes,
        "outputs": run.episodes.outputs,
        "marker": run.episodes.marker,
        "composed": _composition_in_words(run.task),
        "reads": {str(n): _reads_by_age(run.task, n) for n in sizes},
        "picture": _picture_vectors(lengths, d, run.episodes.marker).astype(int).tolist(),
        "opens": _opening_edit(run, lengths[0]),
        "bases": {DATA: {}},
    }
    if measured is not None:
        about["right"] = float(measured["recall"])
    weights = {part: array.astype(np.float32) for part, array in network.arrays().items()}
    return Shown(about, weights, {DATA: _bases_by_length(run, network, sizes)})


def shown_run(entry: FoundRun) -> Shown:
    """A run on a stream among results.

    Raises:
        InputError: Where its weights are not here, or its training diverged.
    """
    run, network = entry.run, entry.network()
    assert isinstance(run, StreamRun)
    assert isinstance(network, Network)
    return shown_stream(run, paper_name(run.task), network)


def _bases_by_length(run: StreamSetup, network: Network, sizes: list[int]) -> dict[str, Float[np.ndarray, ...]]:
    """Side by side, in the order of lengths n: basis (hidden, n * d), dual (n * d, hidden), centre (1, hidden)."""
    rng = np.random.default_rng([run.seed, run.hidden_dim])
    middle = sizes[len(sizes) // 2]
    parts: dict[str, list[np.ndarray]] = {"basis": [], "dual": [], "centre": []}
    for n in sizes:
        seen = episode_memory.watch_network(network, run.task, run.episodes, (middle, n), rng, episode_memory.SEQUENCES)
        place = seen.plan.places[1]
        steps = range(place.first_output - 1, place.stop)
        written = np.where((seen.plan.shows == INPUT)[:, None, None], seen.inputs, seen.targets)
        memory = np.stack([np.concatenate(list(written[t - n + 1 : t + 1]), axis=1) for t in steps])
        states = seen.states[steps.start : steps.stop].reshape(-1, network.hidden_dim)
        centre = states.mean(axis=0)
        memory = memory.reshape(len(states), -1)
        parts["basis"].append(episode_memory.least_squares(memory, states).weights.T)
        parts["dual"].append(episode_memory.least_squares(states, memory).weights.T)
        parts["centre"].append(centre[None])
    arrays = (np.concatenate(parts[name], axis) for name, axis in (("basis", 1), ("dual", 0), ("centre", 0)))
    return {name: np.ascontiguousarray(array, "<f4") for name, array in zip(parts, arrays, strict=True)}


def _reads_by_age(task: Binding, n: int) -> dict[str, list[int]]:
    """Of the last n targets, the oldest first, which elements a new target reads, and with which signs."""
    source, signs = Binding(task.d, n, task.composition).reads()
    return {"source": source[-task.d :].tolist(), "signs": signs[-task.d :].tolist()}


def _opening_edit(run: StreamSetup, n: int) -> dict[str, Any]:
    """The edit that the page opens with: an element that most later outputs depend on, after the second output."""
    # ``at`` is its step, counted from 1; ``what`` its variable, of the longest episode's, and dimension.
    # Of several it is the one nearest to the middle of a vector, and of these the oldest.
    plan = episode_schedule(run.task, replace(run.episodes, total=None, echo=True), [n])
    d, place = run.task.d, plan.places[0]
    at = min(place.first_output + 2, place.stop - 1)
    source, _ = Binding(d, n, run.task.composition).reads()
    reached = np.eye(n * d, dtype=int)
    later = np.zeros(n * d, int)
    for step in range(at, place.stop):
        reached = reached[source]
        later += reached[-d:][plan.sign[step] != 0].sum(axis=0)
    later[(plan.sign[at - n : at] == 0).ravel()] = 0  # what is 0 cannot be flipped
    best = min(range(n * d), key=lambda i: (-later[i], abs(i % d - d // 2), i))
    return {"at": at, "what": f"{run.task.s - n + best // d + 1}.{best % d}"}


def _composition_in_words(task: Binding) -> str:
    if episode_memory.repeats_vectors(task):
        return "each is the target of n steps before, n being the vectors of its episode"
    parts = (f"{'-' if read.sign < 0 else ''}x{read.dimension} of target {read.variable}" for read in task.composition)
    return f"each has, of the last n targets, the oldest first, {', '.join(parts)}"


def _picture_vectors(lengths: list[int], d: int, marker: bool) -> Float[np.ndarray, "vector d"]:
    """The picture 3-1-5, its negative, the picture; what would be an end marker gets its last element plus."""
    vectors = np.concatenate([picture_inputs(n, d) * (-1) ** i for i, n in enumerate(lengths)])
    if marker:
        vectors[(vectors == -1).all(axis=1), -1] = 1
    return vectors
