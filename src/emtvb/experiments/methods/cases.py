"""What a benchmark compares on: a network, an untrained one of its shape, what they are shown, what should follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from lzma import LZMAError
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.numpy import load
from torch import nn

from emtvb.adapters.adapting import Adapted, Wrapped, adapt
from emtvb.adapters.record import record
from emtvb.core.trials import Trials
from emtvb.errors import InputError
from emtvb.experiments.methods import synthetic, trained_networks
from emtvb.experiments.methods.settings import NetworkSettings
from emtvb.making.packed_weights import unpacked
from emtvb.theory.networks import NAMES, Network
from emtvb.theory.runs import Run
from emtvb.theory.tasks import Task

Future = Callable[[np.ndarray, np.ndarray], np.ndarray]

_TRIALS = 400
"""That are fitted on, and as many to judge on."""
_ENOUGH = 0.98
"""Share of the trials of a part that takes part: ``record`` keeps two or more back."""
_STEPS = 24
_AT = 8
"""The step after which states are fitted and edited."""


@dataclass(frozen=True, eq=False)
class Case:
    """A network and what is asked of it.

    Attributes:
        network: It.
        untrained: One of its shape with random weights: what it yields, a method brings about by itself.
        shown: Inputs of the trials to fit on and of those to judge on, (time, trial, input) each.
        labels: The variables of each of these, (time, trial) by name.
        edited: The variables that are edited.
        at: The step after which they are.
        times: The steps at which methods are fitted.
        future: What should follow: of values (trial, variable) and the inputs to come, as ``emtvb.edit`` takes it.
        loss: Of its training; NaN where the job trained nothing.
    """

    network: Adapted | Wrapped
    untrained: Adapted | Wrapped
    shown: tuple[np.ndarray, np.ndarray]
    labels: tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]
    edited: tuple[str, ...]
    at: int
    times: tuple[int, ...]
    future: Future
    loss: float = float("nan")

    def recorded(self, system: Adapted | Wrapped) -> Trials:
        """A network at work on these trials, the first part of them for fitting, the second for judging."""
        first, second = (
            record(system, inputs.astype(np.float32), dict(labels), split=share)
            for inputs, labels, share in zip(self.shown, self.labels, (_ENOUGH, 1 - _ENOUGH), strict=True)
        )
        return replace(first, test=second.test)


def case(settings: NetworkSettings, seed: int, published: tuple[Network, Task] | None = None) -> Case:
    """What a network's settings state: made, trained, or taken from what is published.

    Args:
        settings: Of the network.
        seed: Of all that is drawn.
        published: The network and its task, of kind "published".
    """
    torch.manual_seed(seed)
    if published is not None:
        return _published(*published, seed)
    return {"store": _store, "flip-flop": _flip_flop, "match": _match, "mixer": _mixer}[settings.kind](settings, seed)


def _store(settings: NetworkSettings, seed: int) -> Case:
    """A network whose storage is made (:mod:`synthetic`), not trained."""
    size = 24
    network = synthetic.Store(settings.code, settings.condition, settings.noise, size, settings.shown, seed)
    outputs = synthetic.BITS + settings.shown
    names = ("v", "w", "x", *(("r",) if settings.shown else ()))
    rng = np.random.default_rng(seed)
    parts = [_stored(rng, names) for _ in range(2)]
    return Case(
        adapt(network, state=size, input_dim=synthetic.INPUTS),
        _random(synthetic.INPUTS, size, outputs, seed),
        *_parts(parts),
        ("v", "w") if settings.code == "plain" else ("v",),
        _AT,
        tuple(range(_AT - 4, _AT + 5)) if settings.all_times else (_AT,),
        _keep,
    )


def _stored(rng: np.random.Generator, names: tuple[str, ...]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    bits = rng.choice([-1.0, 1.0], size=(_TRIALS, synthetic.BITS + 1))
    inputs = np.zeros((_STEPS, _TRIALS, synthetic.INPUTS))
    inputs[0, :, : synthetic.BITS + 1] = bits
    noise = slice(synthetic.BITS + 1, synthetic.INPUTS - 2)
    inputs[..., noise] = rng.normal(size=inputs[..., noise].shape)
    turn = synthetic.ANGLE * np.arange(_STEPS)
    inputs[..., -2], inputs[..., -1] = np.cos(turn)[:, None], np.sin(turn)[:, None]
    every = dict(zip(("v", "w", "x", "r"), bits.T, strict=True))
    return inputs, {name: np.repeat(every[name][None], _STEPS, axis=0) for name in names}


def _random(inputs: int, size: int, outputs: int, seed: int) -> Adapted | Wrapped:
    """A network of tanh with random weights."""
    torch.manual_seed(seed + 1)
    return adapt(nn.RNN(inputs, size), nn.Linear(size, outputs))


def _flip_flop(settings: NetworkSettings, seed: int) -> Case:
    def make() -> nn.Module:
        return trained_networks.Recurrent(3, 3, settings.units)

    def future(values: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        return trained_networks.set_by(inputs, values)

    return _learned(make, adapt, (trained_networks.flip_flop, trained_networks.flip_flop), settings, seed, future)


def _match(settings: NetworkSettings, seed: int) -> Case:
    def make() -> nn.Module:
        return trained_networks.Recurrent(4, 2, settings.units)

    def future(values: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        return trained_networks.matches(values, inputs)

    return _learned(
        make, adapt, (trained_networks.short_matches, trained_networks.delayed_match), settings, seed, future
    )


def _mixer(settings: NetworkSettings, seed: int) -> Case:
    def make() -> nn.Module:
        return trained_networks.Mixer(4, 3, settings.units)

    def adapted(network: Any) -> Adapted | Wrapped:
        return adapt(network, state=network.begin, input_dim=4)

    return _learned(make, adapted, (trained_networks.memory, trained_networks.memory), settings, seed, _keep)


def _keep(values: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    return np.repeat(values[None], len(inputs), axis=0)


def _learned(
    make: Callable[[], nn.Module],
    adapted: Callable[[Any], Adapted | Wrapped],
    tasks: tuple[trained_networks.Task, trained_networks.Task],
    settings: NetworkSettings,
    seed: int,
    future: Future,
) -> Case:
    """A network that is trained here on the first task and edited on the second, and one that is not trained."""
    network = make()
    loss = trained_networks.train(network, tasks[0], settings.steps, seed)
    rng = np.random.default_rng([seed, 1])
    parts = []
    for _ in range(2):
        inputs, labels, _ = tasks[1](rng, _TRIALS)
        parts.append((inputs, {f"{i}": labels[..., i] for i in range(labels.shape[2])}))
    system = adapted(network)
    return Case(system, _untrained(system, seed), *_parts(parts), ("0", "1"), _AT, (_AT,), future, loss)


def _untrained(system: Adapted | Wrapped, seed: int) -> Adapted | Wrapped:
    """A module with weights that are drawn anew."""
    drawn = system.untrained(seed)
    assert drawn is not None
    return drawn


def _parts(parts: list[tuple[np.ndarray, dict[str, np.ndarray]]]) -> tuple[Any, Any]:
    """Inputs of both parts, and labels of both."""
    return tuple(inputs for inputs, _ in parts), tuple(labels for _, labels in parts)


def opened(packed: Path | str, run: Run) -> tuple[Network, Task]:
    """A published network and its task, from the packed weights of its shard.

    Raises:
        InputError: Where the file is damaged or does not hold the run.
    """
    try:
        arrays = load(unpacked(Path(packed).read_bytes()))
        return Network(*(arrays[f"{run.run_id}/{name}"] for name in NAMES)), run.task
    except (LZMAError, EOFError, OSError, SafetensorError, KeyError) as error:
        raise InputError(
            "weights", str(packed), f"does not hold {run.run_id} ({error}); put it back as it was"
        ) from None


_EDITED = 2
"""Elements of a published network that are edited, each of another dimension, where there are so many."""
_FUTURE = 24
"""Steps after an edit of a published network."""


def _published(network: Network, task: Task, seed: int) -> Case:
    """One of the paper's networks. Its variables are the elements of the sequence on which what follows depends.

    They are edited s steps after the sequence has ended. Of the trials to fit on three in four differ from another in
    one element that is edited: learning by exchanges needs such.
    """
    rng = np.random.default_rng(seed)
    s, d, at = task.s, task.d, 2 * task.s - 1
    length = at + 1 + _FUTURE
    source, sign = task.unroll(at + _FUTURE)
    source, sign = source[at + 1 - s :][:_FUTURE], sign[at + 1 - s :][:_FUTURE]
    used = np.unique(source)
    place = np.searchsorted(used, source)
    drawn = rng.permutation(used)
    edited = drawn[np.unique(drawn % d, return_index=True)[1]][:_EDITED]

    def inputs_of(elements: np.ndarray) -> np.ndarray:
        x = np.zeros((length, len(elements), d))
        x[:s] = elements.reshape(len(elements), s, d).swapaxes(0, 1)
        return x

    def future(values: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        return values[:, place[: len(inputs)]].swapaxes(0, 1) * sign[: len(inputs), None]

    base, others = rng.choice([-1.0, 1.0], size=(2, _TRIALS, s * d))
    family = [base]
    for element in edited:
        flipped = base.copy()
        flipped[:, element] *= -1
        family.append(flipped)
    elements = np.concatenate(family), others
    labels = [
        {_name(int(i), d): np.repeat(part[None, :, i], at + 1 + _FUTURE, axis=0) for i in used} for part in elements
    ]
    system = _as_torch(network.W_uh, network.W_hh, network.W_r)
    return Case(
        system,
        _untrained(system, seed),
        tuple(inputs_of(part) for part in elements),  # type: ignore[arg-type]
        tuple(labels),  # type: ignore[arg-type]
        tuple(_name(int(i), d) for i in edited),
        at,
        (at,),
        future,
    )


def _name(element: int, d: int) -> str:
    """Vector and dimension of an element of the sequence, as in 3.1."""
    return f"{element // d + 1}.{element % d}"


def _as_torch(
    W_uh: Float[np.ndarray, "hidden d"], W_hh: Float[np.ndarray, "hidden hidden"], W_r: Float[np.ndarray, "d hidden"]
) -> Adapted | Wrapped:
    hidden, d = W_uh.shape
    rnn, readout = nn.RNN(d, hidden, bias=False), nn.Linear(hidden, d, bias=False)
    with torch.no_grad():
        for parameter, w in zip((*rnn.parameters(), readout.weight), (W_uh, W_hh, W_r), strict=True):
            parameter.copy_(torch.tensor(w))
    return adapt(rnn, readout)
