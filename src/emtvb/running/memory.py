"""How much memory a run needs at least, held against what this machine has, before anything is computed.

The sums are of arrays that any trainer and any measurement has in memory together, so they are never too high: what is
refused cannot fit. A size that only just fits here may still end for want of memory, with one line.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from emtvb.config import Experiment
from emtvb.errors import InputError

_TOGETHER = 16
"""Sequences of a batch whose states any trainer holds at once, if there are so many."""
_EVERY, _ROW = 50, 100
"""Batches between two rows of a learning curve, and a row's bytes."""
_HELD_OUT, _FITTED, _TIMES = 512, 1024, 4
"""Sequences that measurements judge on and fit on; moments that are taken from each."""
_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")

Sizes = Mapping[str, int]
"""What memory depends on, by the place in a config that sets it; the largest entry of each list."""


def check(experiment: Experiment, where: str = "config", memory: int | None = None) -> None:
    """Raise InputError where a run of the experiment cannot fit into memory; it names the setting and what would fit.

    Args:
        experiment: What is to be run on this machine.
        where: How messages call its config.
        memory: Bytes that there are; by default what this machine has.
    """
    memory = available() if memory is None else memory
    for sizes, needs in _asked(experiment):
        if needs(sizes) > memory:
            raise _too_large(sizes, needs, where, memory)


def _too_large(sizes: Sizes, needs: Callable[[Sizes], int], where: str, memory: int) -> InputError:
    # Of all settings, the one without which the least would be needed.
    place = min(sizes, key=lambda name: needs({**sizes, name: 1}))
    most = _most(lambda size: needs({**sizes, place: size}) <= memory, sizes[place])
    words = _words(needs(sizes), memory, most, "can, with the rest as it is")
    return InputError(f"{where}: {place}", sizes[place], words)


def _asked(experiment: Experiment) -> Iterator[tuple[Sizes, Callable[[Sizes], int]]]:
    """What an experiment asks for, by the part of it: sizes, and the bytes that they need."""
    if experiment.hidden_dim:
        yield sizes_of(experiment), needed
    stated = experiment.model_dump()
    for i, grid in enumerate(stated.get("streams", [])):
        yield _sizes_of_streams(grid, f"streams[{i}]"), _needed_by_streams
    if "onions" in stated:
        yield _sizes_of_onions(stated["onions"]), _needed_by_onions


def check_recording(time: int, d: int, s: int, state_dim: int, memory: int | None = None) -> None:
    """Raise InputError where a system of this size cannot be recorded for so many output steps, as for ``emtvb edit``.

    Args:
        time: Output steps.
        d: Dimensions.
        s: Variables.
        state_dim: Elements of its state.
        memory: Bytes that there are; by default what this machine has.
    """
    memory = available() if memory is None else memory

    def fits(steps: int) -> bool:
        return _recorded(steps, d, s, state_dim, 1) <= memory

    if not fits(time):
        raise InputError("--at", time, _words(_recorded(time, d, s, state_dim, 1), memory, _most(fits, time), "can"))


def available() -> int:
    """Bytes of memory that a process may have here: the machine's, or less where its group or a limit says so."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for path in _CGROUPS:
        try:
            limits.append(int(Path(path).read_text()))
        except (OSError, ValueError):  # "max", or no such group
            continue
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        limits.append(soft)
    return min(limit for limit in limits if limit > 0)


def sizes_of(experiment: Experiment) -> Sizes:
    """The sizes of an experiment's largest runs; those of its networks first."""
    neurons, horizons = experiment.hidden_dim, experiment.training.curriculum
    return {
        f"hidden_dim[{neurons.index(max(neurons))}]": max(neurons),
        **{f"architectures.{name}": size for name, size in experiment.architectures if size is not None},
        "training.batch_size": experiment.training.batch_size,
        f"training.curriculum[{horizons.index(max(horizons))}]": max(horizons),
        "training.epochs": experiment.training.epochs,
        "training.batches_per_epoch": experiment.training.batches_per_epoch,
        "interpretation.horizon": experiment.interpretation.horizon,
        "interpretation.sequences": experiment.interpretation.sequences,
        "dimensions": experiment.dimensions,
        "variables": experiment.variables,
    }


def needed(sizes: Sizes) -> int:
    """Bytes that training and measuring need at least, for networks that have as many numbers of state as units."""
    by_key = {name.partition("[")[0].rpartition(".")[2]: size for name, size in sizes.items()}
    d, s, horizon, sequences = (by_key[key] for key in ("dimensions", "variables", "horizon", "sequences"))
    state = max(size for name, size in sizes.items() if name.startswith(("hidden_dim", "architectures.")))
    tested = 4 * (s + horizon) * sequences * (state + 3 * d)
    held_out = _recorded(max(horizon, 4 * s), d, s, state, _HELD_OUT)
    fitted = _recorded(2 * s + (_TIMES - 1) * (s + 1), d, s, state, _FITTED)
    matrices = 8 * 2 * (state * state + (s * d) ** 2)
    rows = _ROW * by_key["epochs"] * by_key["batches_per_epoch"] // _EVERY
    return max(
        trained(d, s, state, by_key["batch_size"], by_key["curriculum"]) + rows, tested, held_out, fitted, matrices
    )


def _sizes_of_streams(grid: Mapping[str, Any], place: str) -> Sizes:
    """The sizes of the largest networks of a grid on streams."""
    neurons, episodes = grid["hidden_dim"], grid["episodes"]
    if episodes["total"] is None:
        steps = {"episodes.lengths[1]": episodes["lengths"][1], "episodes.outputs": episodes["outputs"]}
    else:
        steps = {"episodes.total": episodes["total"]}
    sizes = {
        f"hidden_dim[{neurons.index(max(neurons))}]": max(neurons),
        "training.batch_size": grid["training"]["batch_size"],
        **steps,
        "dimensions": grid["dimensions"],
    }
    return {f"{place}.{name}": size for name, size in sizes.items()}


def _needed_by_streams(sizes: Sizes) -> int:
    """Bytes that training needs at least."""
    state, batch, *steps, d = sizes.values()
    return trained(d, sum(steps), state, batch, 0)


def _sizes_of_onions(onions: Mapping[str, Any]) -> Sizes:
    """The sizes of the largest network that repeats."""
    units = [size["units"] for size in onions["sizes"]]
    sizes = {
        f"sizes[{units.index(max(units))}].units": max(units),
        **{name: onions[name] for name in ("longest", "batch_size", "trials", "judged")},
    }
    return {f"onions.{name}": size for name, size in sizes.items()}


def _needed_by_onions(sizes: Sizes) -> int:
    """Bytes of the states of a batch, or of all sequences that are measured: at each input and at each output."""
    units, longest, batch, trials, judged = sizes.values()
    return 4 * units * 2 * longest * max(batch, trials + judged)


def trained(d: int, s: int, hidden_dim: int, batch: int, longest: int) -> int:
    """Bytes of weights, gradients and two moments, of the states of a part of a batch, of its inputs and targets."""
    weights = 4 * hidden_dim * (hidden_dim + 2 * d)
    states = (s + longest) * min(batch, _TOGETHER) * hidden_dim
    return 4 * (weights + states) + s * batch * d + 16 * longest * d


def _recorded(steps: int, d: int, s: int, state: int, sequences: int) -> int:
    """Inputs, states, outputs and m(t), and where each output comes from."""
    return 4 * (s + steps) * sequences * (state + 2 * d + s * d) + 16 * steps * d


def _most(fits: Callable[[int], bool], too_many: int) -> int:
    """The largest number that fits, below one that does not; 0 where none does."""
    least = 0
    while too_many - least > 1:
        middle = (least + too_many) // 2
        least, too_many = (middle, too_many) if fits(middle) else (least, middle)
    return least


def _words(needs: int, has: int, most: int, of_what: str) -> str:
    fits = f"at most {most} {of_what}" if most else "nor does any other value; make the rest smaller"
    return f"does not fit: it needs {_bytes(needs)} of memory and this machine has {_bytes(has)}; {fits}"


def _bytes(number: int) -> str:
    power = min(max((len(str(number)) - 1) // 3, 2), 6)
    return f"{number / 1000**power:.3g} {('MB', 'GB', 'TB', 'PB', 'EB')[power - 2]}"
