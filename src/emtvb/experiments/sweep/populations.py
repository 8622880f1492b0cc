"""Many networks beside each other: how far apart pairs of them are, and the controls of these distances."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.adapters.elman import Elman, jacobian_at_origin
from emtvb.core import similarity
from emtvb.core.memories import fitted_gain, stored_map
from emtvb.core.recording import JUDGING
from emtvb.core.regression import decoded_map
from emtvb.core.similarity import Portrait
from emtvb.core.systems import System
from emtvb.experiments.sweep.pair_distances import CHANCE, IMAGE, ITSELF, REALISED, UNTRAINED
from emtvb.theory.memories_by_data import fit_memories_by_data
from emtvb.theory.realisation import memories_by_realisation
from emtvb.theory.sequences import record_random
from emtvb.theory.tasks import Task

DRAWS = 3
"""Untrained networks, and random systems, that a network is compared with."""

STEPS, SHOWN = 32, 256
"""Output steps, and sequences, from which a portrait on a task is made."""

_SAID_EVERY = 50
"""Networks after which it is said how far it is."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Specimen:
    """A trained network.

    Attributes:
        task: What it was trained on.
        system: It.
        rest: The derivative of its step without input at its fixed point.
    """

    task: Task
    system: System
    rest: Float[np.ndarray, "state state"]


def portrait_of(system: System, task: Task, rest: Float[np.ndarray, "state state"], seed: int = 0) -> Portrait:
    """A network's portrait on a task of this package; Psi is the one by data.

    Args:
        system: The network.
        task: What it was trained on.
        rest: The derivative of its step without input at its fixed point.
        seed: Of the sequences that it is shown; another one shows how much of a distance is chance.
    """
    memories, start = fit_memories_by_data(system, task, seed=seed), task.theory.settled_step
    states = record_random(system, task, JUDGING, SHOWN, seed, start + STEPS).states[start:]
    rest = rest.astype(np.float64)
    return Portrait(
        np.linalg.eigvals(rest).astype(np.complex128),
        stored_map(memories, rest),
        decoded_map(memories.read(states)[..., memories.stored], task.s),
        similarity.dynamic_mode_decomposition(states),
    )


def compare_specimens(
    specimens: Mapping[str, Specimen],
    pairs: Iterable[tuple[str, str, str]],
    controlled: Iterable[str],
    modulus: float = similarity.MODULUS,
) -> list[dict[str, Any]]:
    """The distances of these pairs, and of the controls of these networks.

    Args:
        specimens: Networks by name.
        pairs: What the two of a pair differ in, and the names of both.
        controlled: Those that are compared with themselves on other trials, with untrained networks of their shape
            (the paper's networks alone) and with random systems of their size. With :data:`IMAGE` all are compared.
        modulus: An eigenvalue is long-term if its modulus is larger.

    Returns:
        A row per comparison: differs, task (of the first), run_1, run_2 and the distance by each measure.
    """
    portraits: dict[str, Portrait] = {}
    realised: dict[str, np.ndarray | None] = {}
    for name, one in specimens.items():
        portraits[name] = portrait_of(one.system, one.task, one.rest)
        realised[name] = realised_step(one, modulus)
        if len(portraits) % _SAID_EVERY == 0:
            _LOG.info("looked at %d of %d networks", len(portraits), len(specimens))
    rows = []
    for differs, first, second in pairs:
        one, two = specimens[first], specimens[second]
        distances = _distances_between(portraits[first], one.task, portraits[second], two.task, modulus)
        distances[REALISED] = _distance_or_nan(realised[first], realised[second])
        rows.append({"differs": differs, "task": one.task.name, "run_1": first, "run_2": second, **distances})
    _LOG.info("compared %d pairs of %d networks", len(rows), len(specimens))
    untrained: dict[Any, tuple[Portrait, np.ndarray | None]] = {}
    for name in controlled:
        about = {"task": specimens[name].task.name, "run_1": name}
        own = portraits[name], realised[name]
        for differs, other, distances in _control_rows(specimens[name], own, untrained, modulus):
            rows.append({"differs": differs, **about, "run_2": other, **distances})
    images = {task: _linear_image(one) for task, one in {one.task: one for one in specimens.values()}.items()}
    for name, one in specimens.items():
        distances = similarity.portrait_distances(portraits[name], images[one.task], modulus) | {REALISED: np.nan}
        rows.append({"differs": IMAGE, "task": one.task.name, "run_1": name, "run_2": "linear image", **distances})
    return rows


def realised_step(specimen: Specimen, modulus: float) -> Float[np.ndarray, "memory memory"] | None:
    """W_hh in the realised basis without its gain, among all elements of m(t); None where a network has no such basis.

    Of a network without long-term modes it is zero.
    """
    if not isinstance(specimen.system, Elman):
        return None
    theory, weights = specimen.task.theory, specimen.rest.astype(np.float64)
    basis = memories_by_realisation(specimen.system.network, theory, modulus)
    gain = fitted_gain(basis, weights, theory.phi)
    step = np.zeros_like(theory.phi)
    step[np.ix_(basis.stored, basis.stored)] = stored_map(basis, weights) / (gain or 1.0)
    return step


def _distance_or_nan(one: np.ndarray | None, other: np.ndarray | None) -> float:
    return float("nan") if one is None or other is None else similarity.relative_distance(one, other)


def _linear_image(specimen: Specimen) -> Portrait:
    """The control without a network, of a task and for the trials of its networks' portraits."""
    task, start = specimen.task, specimen.task.theory.settled_step
    theory = record_random(specimen.system, task, JUDGING, SHOWN, 0, start + STEPS).labels
    return similarity.linear_control(theory[start:, :, task.theory.persistent], s=task.s)


def _distances_between(one: Portrait, task: Task, two: Portrait, other: Task, modulus: float) -> dict[str, float]:
    """The distances of two networks; of other tasks, steps are between all elements of m(t)."""
    if task == other:
        return similarity.portrait_distances(one, two, modulus)
    directions = similarity.compared_rank(one, two)
    return similarity.portrait_distances(_among_all(one, task), _among_all(two, other), modulus, directions)


def _among_all(portrait: Portrait, task: Task) -> Portrait:
    """Its steps between all elements of m(t): zero between those that do not persist."""
    stored, size = task.theory.persistent, task.s * task.d
    step, decoded = np.zeros((size, size)), np.zeros((size, size))
    step[np.ix_(stored, stored)], decoded[np.ix_(stored, stored)] = portrait.step, portrait.decoded
    return replace(portrait, step=step, decoded=decoded)


def _control_rows(
    specimen: Specimen,
    own: tuple[Portrait, np.ndarray | None],
    untrained: dict[Any, tuple[Portrait, np.ndarray | None]],
    modulus: float,
) -> Iterator[tuple[str, str, dict[str, float]]]:
    """The kind of each control, its name and its distances; untrained networks are looked at once."""
    portrait, realised = own
    again = portrait_of(specimen.system, specimen.task, specimen.rest, seed=1)
    nowhere = {REALISED: _distance_or_nan(realised, realised)}  # it is of the weights alone, and of no trials
    yield ITSELF, "other trials", similarity.portrait_distances(portrait, again, modulus) | nowhere
    for draw in range(DRAWS):
        if isinstance(specimen.system, Elman):
            key = specimen.task, specimen.system.state_dim, draw
            if key not in untrained:
                drawn = specimen.system.untrained(draw)
                rest = jacobian_at_origin(drawn.network)
                looked_at = Specimen(specimen.task, drawn, rest)
                untrained[key] = portrait_of(drawn, specimen.task, rest), realised_step(looked_at, modulus)
            other, step = untrained[key]
            apart = {REALISED: _distance_or_nan(realised, step)}
            yield UNTRAINED, f"untrained {draw}", similarity.portrait_distances(portrait, other, modulus) | apart
        rng = np.random.default_rng(draw)
        chance = similarity.distances_by_chance(portrait, portrait, rng, modulus)
        if realised is not None:
            turn = np.linalg.qr(rng.normal(size=realised.shape))[0]
            chance[REALISED] = similarity.relative_distance(realised, turn @ realised)
        yield CHANCE, f"random {draw}", chance
