"""All that is measured of a network that was trained on a stream: a row of a table, and long tables for figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from emtvb.core.spectrum import MODULUS
from emtvb.experiments.streams import episode_memory
from emtvb.experiments.streams.episode_memory import Watched
from emtvb.theory import networks
from emtvb.theory.protocol import Binding
from emtvb.theory.schedule import Episodes, Place, episode_schedule
from emtvb.theory.stream_order import StreamSetup
from emtvb.weights import Network

TESTED = 10
"""Streams, each of 128 sequences, on which accuracies are measured."""
AFTER = (1, 3, 6)
"""Inputs of the next episode after which the last one's vectors are read."""

_SEQUENCES_ALONE = ("blind_accuracy", "blind_chance")
"""What sequences decide, whatever the network."""


def stream_row(run: StreamSetup, network: Network, untrained: Network) -> dict[str, Any]:
    """A network's row.

    Args:
        run: Its settings.
        network: Its weights.
        untrained: Its initial weights, whose columns ``untrained_*`` show what any such network holds.
    """
    rng = np.random.default_rng([run.seed, run.hidden_dim])
    row: dict[str, Any] = {"run_id": run.run_id, **accuracy_columns(run, network, rng)}
    runs = watch_middle_episodes(run, network, rng)
    row |= decoding_columns(run, network, runs)
    control = decoding_columns(run, untrained, watch_middle_episodes(run, untrained, rng))
    row |= {f"untrained_{name}": value for name, value in control.items() if name not in _SEQUENCES_ALONE}
    row |= edit_columns(network, runs, rng)
    moduli = np.abs(np.linalg.eigvals(network.W_hh.astype(np.float64)))
    row |= {"long_term": int((moduli > MODULUS).sum()), "largest_modulus": float(moduli.max())}
    return row


def decoding_columns(run: StreamSetup, network: Network, runs: Sequence[tuple[Watched, Place]]) -> dict[str, float]:
    """All that decoders find in a network's states: what it holds, by which code, and what its steps do to that.

    Args:
        run: Its settings.
        network: Its weights.
        runs: Of :func:`watch_middle_episodes`.
    """
    rasters = rasters_of(runs)
    known = episode_memory.measure_blindness(runs, run.task, run.episodes)._asdict()
    return {
        **readability_columns(runs, rasters),
        **code_columns(runs, rasters, run.task),
        **map_columns(network, runs, run.task),
        **{f"blind_{name}": value for name, value in known.items()},
    }


def watch_middle_episodes(run: StreamSetup, network: Network, rng: np.random.Generator) -> list[tuple[Watched, Place]]:
    """Runs of three episodes, of which the second is looked at: one for each of its lengths."""
    shortest, longest = run.episodes.lengths
    middle = (shortest + longest) // 2
    runs = []
    for length in range(shortest, longest + 1):
        seen = episode_memory.watch_network(network, run.task, run.episodes, (middle, length, middle), rng)
        runs.append((seen, seen.plan.places[1]))
    return runs


def accuracy_columns(run: StreamSetup, network: Network, rng: np.random.Generator) -> dict[str, float]:
    """How well it does what it was trained on: shares of right elements.

    ``accuracy`` is that of training, over inputs and outputs, in which a target of 0 beside others counts as missed;
    ``echo`` is over inputs, ``recall`` over outputs, ``first_round`` over the first n - 1 outputs.
    """
    task, episodes = run.task, run.episodes
    shortest, longest = episodes.lengths
    total = episodes.total or episodes.steps()
    counts: dict[str, list[int]] = {}

    def count(name: str, right: np.ndarray, asked: np.ndarray) -> None:
        counted = counts.setdefault(name, [0, 0])
        counted[0] += int((right & asked).sum())
        counted[1] += int(asked.sum())

    for _ in range(TESTED):
        plan = episode_schedule(task, episodes, _episode_lengths(rng, episodes, total))
        inputs = episode_memory.draw_sequences(rng, plan, episodes, task.d, 128)
        targets = plan.targets(inputs)
        right = networks.nearest_bits(networks.rollout(network, inputs)[1]) == targets
        asked = targets != 0
        count("accuracy", right[plan.scored], np.ones_like(asked[plan.scored]))
        for place in plan.places:
            echoed = slice(place.start, place.start + place.length)
            if episodes.echo:
                count("echo", right[echoed], asked[echoed])
            recalled = slice(place.first_output, place.stop)
            count("recall", right[recalled], asked[recalled])
            count(f"recall_{place.length}", right[recalled], asked[recalled])
            first = slice(place.first_output, min(place.first_output + place.length - 1, place.stop))
            count("first_round", right[first], asked[first])
    names = ["accuracy", "echo", "recall", "first_round", *(f"recall_{n}" for n in range(shortest, longest + 1))]
    shares = {name: counts.get(name, [0, 0]) for name in names}
    return {name: good / of if of else float("nan") for name, (good, of) in shares.items()}


def _episode_lengths(rng: np.random.Generator, episodes: Episodes, total: int) -> list[int]:
    lengths: list[int] = []
    at = 0
    while True:
        length = int(rng.integers(episodes.lengths[0], episodes.lengths[1] + 1))
        if at + episodes.needed(length) > total:
            return lengths
        lengths.append(length)
        at += length + episodes.gap + min(episodes.outputs, total - at - length - episodes.gap)
        if episodes.total is None:
            return lengths


def rasters_of(runs: Sequence[tuple[Watched, Place]]) -> list[np.ndarray]:
    """How well each vector of the episode can be read at each step from its beginning on, run by run."""
    return [episode_memory.decoding_raster(seen, place, len(seen.plan)) for seen, place in runs]


def readability_columns(runs: Sequence[tuple[Watched, Place]], rasters: Sequence[np.ndarray]) -> dict[str, float]:
    """How well the vectors of an episode can be read, by a decoder of each moment alone, on the mean of all.

    ``at_marker``: after the end marker's step; ``at_last``: after the last output; ``gone_k``: after k inputs of the
    next episode; ``gone_all``: after all of its outputs. The first vector, which a task that repeats never asks for, is
    left out, and stands in ``first_at_marker``.
    """
    moments: dict[str, list[float]] = {}
    first = []
    for (seen, place), raster in zip(runs, rasters, strict=True):
        at = {"at_marker": place.first_output - 1, "at_last": place.stop - 1, "gone_all": len(seen.plan) - 1}
        at |= {f"gone_{k}": place.stop + k - 1 for k in AFTER}
        for name, step in at.items():
            moments.setdefault(name, []).append(float(raster[step - place.start, 1:].mean()))
        first.append(float(raster[place.first_output - 1 - place.start, 0]))
    return {name: float(np.mean(scores)) for name, scores in {**moments, "first_at_marker": first}.items()}


def code_columns(
    runs: Sequence[tuple[Watched, Place]], rasters: Sequence[np.ndarray], task: Binding
) -> dict[str, float]:
    """By which code the memory is held: how well one decoder for each place reads, and those of single steps.

    Steps until a vector is due are known where the task repeats; NaN else.
    """
    scores: dict[str, float] = {}
    looks = [(place, readable) for (_, place), readable in zip(runs, rasters, strict=True)]
    for name, outputs, known in (("input", False, ("position", "age")), ("output", True, episode_memory.CODES)):
        scores |= {f"{name}_{code}": episode_memory.by_code(runs, code, outputs=outputs) for code in known}
        if outputs and not episode_memory.repeats_vectors(task):
            scores["output_due"] = float("nan")
        scores[f"{name}_single"] = episode_memory.single_steps(looks, outputs=outputs)
    return scores


def map_columns(network: Network, runs: Sequence[tuple[Watched, Place]], task: Binding) -> dict[str, float]:
    """W_hh between memories: its cosine with Phi_n for each length n; what a step keeps with the marker and without.

    ``marker_keeps`` is the mean of the marker's map on its diagonal, ``marker_mixes`` the root of the mean square
    beside it; ``silence_keeps`` and ``silence_mixes`` are those of a step that shows nothing, read by its own decoder.
    """
    scores: dict[str, float] = {}
    every: list[tuple[float, ...]] = []
    for seen, place in runs:
        scores[f"phi_{place.length}"], scores[f"due_{place.length}"] = episode_memory.transition_cosines(
            network, seen, place, task
        )
        values: list[float] = []
        for matrix in episode_memory.marker_map(network, seen, place):
            beside = matrix[~np.eye(len(matrix), dtype=bool)]
            values += [float(np.diag(matrix)[1:].mean()), float(np.sqrt((beside**2).mean()))]
        every.append(tuple(values))
    names = "marker_keeps", "marker_mixes", "silence_keeps", "silence_mixes"
    return scores | dict(zip(names, np.mean(every, axis=0).tolist(), strict=True))


def edit_columns(network: Network, runs: Sequence[tuple[Watched, Place]], rng: np.random.Generator) -> dict[str, float]:
    """Edits of one vector, within the outputs, before the marker, and of the last episode, on the mean of all."""
    moments: dict[str, list[episode_memory.Edit]] = {"within": [], "across": [], "gone": []}
    for seen, place in runs:
        before = seen.plan.places[0]
        for number in range(2, place.length + 1):
            moments["within"].append(episode_memory.edit_vector(network, seen, place, place.first_output, rng, number))
            across = place.start + place.length - 1
            moments["across"].append(episode_memory.edit_vector(network, seen, place, across, rng, number))
        for number in range(2, before.length + 1):
            gone = episode_memory.edit_vector(network, seen, place, place.first_output, rng, number, of=before)
            moments["gone"].append(gone)
    return {
        f"edit_{name}_{field}": float(np.nanmean([getattr(one, field) for one in results]))
        for name, results in moments.items()
        for field in episode_memory.Edit._fields
    }


def raster_rows(run: StreamSetup, network: Network, untrained: Network) -> list[Mapping[str, Any]]:
    """How well each vector of an episode of middle length can be read, step by step into the next one, as rows.

    ``readable`` is the network's, ``untrained`` that of its initial weights; see :func:`stream_row`.
    """
    columns = {}
    for name, weights in (("readable", network), ("untrained", untrained)):
        seen, place = _middle_episode(run, weights, 1)
        columns[name] = episode_memory.decoding_raster(seen, place, len(seen.plan))
    return [
        {"run_id": run.run_id, "step": step, "number": number + 1,
         **{name: float(raster[step, number]) for name, raster in columns.items()}}
        for step, number in zip(*np.nonzero(~np.isnan(columns["readable"])), strict=True)
    ]  # fmt: skip


def marker_maps(run: StreamSetup, network: Network, untrained: Network) -> list[Mapping[str, Any]]:
    """The marker's map between memories for an episode of middle length, and a silent step's, as rows.

    ``marker`` and ``silence`` are the network's, ``untrained_*`` those of its initial weights.
    """
    columns: dict[str, np.ndarray] = {}
    for before, weights in (("", network), ("untrained_", untrained)):
        seen, place = _middle_episode(run, weights, 2)
        found = zip(("marker", "silence"), episode_memory.marker_map(weights, seen, place), strict=True)
        columns |= {before + name: matrix for name, matrix in found}
    return [
        {"run_id": run.run_id, "after": i + 1, "before": j + 1,
         **{name: float(matrix[i, j]) for name, matrix in columns.items()}}
        for i, j in np.ndindex(columns["marker"].shape)
    ]  # fmt: skip


def _middle_episode(run: StreamSetup, network: Network, stream: int) -> tuple[Watched, Place]:
    """A network run on three episodes of middle length, by a stream of random numbers of its own; and the second."""
    rng = np.random.default_rng([run.seed, run.hidden_dim, stream])
    middle = sum(run.episodes.lengths) // 2
    seen = episode_memory.watch_network(network, run.task, run.episodes, (middle,) * 3, rng)
    return seen, seen.plan.places[1]
