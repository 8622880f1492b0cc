"""How much memory a run needs at least, held against what this machine has, before anything is computed.

The sums are of the arrays that are certainly in memory together, so they are never too high: what is refused cannot
fit. A size that only just fits here may still end for want of memory, with one line.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from emtvb.architectures.s4 import MODES
from emtvb.config import Experiment
from emtvb.errors import InputError

_GROUP = 32
"""Sequences that the compiled engine takes at once."""
_DRAWN = 50
"""Batches that an engine draws at once."""
_ROW = 100
"""Bytes of a kept row of a learning curve."""
_HELD_OUT, _FITTED, _TIMES = 512, 1024, 4
"""Sequences that measurements judge on and fit on; moments that are taken from each."""
_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass(frozen=True)
class Sizes:
    """What memory depends on; the names are those of a config's keys.

    Attributes:
        dimensions: d.
        variables: s.
        hidden_dim: Neurons of the largest network.
        batch_size: Sequences in a batch.
        curriculum: The longest output horizon in training.
        epochs: Epochs.
        batches_per_epoch: Batches in one.
        horizon: Output steps of the accuracy test.
        sequences: Its sequences.
        lstm: Units of an LSTM; 0 for none.
        s4: Channels of a layer of S4; 0 for none.
        trainer: As a config names it.
    """

    dimensions: int
    variables: int
    hidden_dim: int
    batch_size: int
    curriculum: int
    epochs: int
    batches_per_epoch: int
    horizon: int
    sequences: int
    lstm: int
    s4: int
    trainer: str


def check(experiment: Experiment, where: str = "config", memory: int | None = None) -> None:
    """Raise InputError where a run of the experiment cannot fit into memory; it names the setting and what would fit.

    Args:
        experiment: What is to be run on this machine.
        where: How messages call its config.
        memory: Bytes that there are; by default what this machine has.
    """
    memory = available() if memory is None else memory
    sizes = _sizes_of(experiment)
    if needed(sizes) <= memory:
        return
    # Of all settings, the one without which the least would be needed.
    to_blame = min(_PLACES, key=lambda name: needed(_with(sizes, name, 1)))
    value = getattr(sizes, to_blame)
    most = _most(lambda size: needed(_with(sizes, to_blame, size)) <= memory, value)
    index = {"hidden_dim": experiment.hidden_dim, "curriculum": experiment.training.curriculum}.get(to_blame)
    place = _PLACES[to_blame] + (f"[{index.index(value)}]" if index else "")
    raise InputError(f"{where}: {place}", value, _words(needed(sizes), memory, most, "can, with the rest as it is"))


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


def needed(sizes: Sizes) -> int:
    """Bytes that training and measuring a run of these sizes need at least."""
    jobs = [_trained(sizes), _measured(sizes, sizes.hidden_dim)]
    if sizes.lstm:
        jobs += [_trained_by_autograd(sizes, 4 * sizes.lstm * (sizes.lstm + sizes.dimensions), 6 * sizes.lstm),
                 _measured(sizes, 2 * sizes.lstm)]  # fmt: skip
    if sizes.s4:
        modes = MODES * sizes.s4
        powers = 8 * modes * (sizes.variables + sizes.curriculum)
        jobs += [_trained_by_autograd(sizes, 4 * modes, sizes.s4) + powers, _measured(sizes, 2 * modes)]
    return max(jobs)


_PLACES = {
    "hidden_dim": "hidden_dim",
    "batch_size": "training.batch_size",
    "curriculum": "training.curriculum",
    "epochs": "training.epochs",
    "batches_per_epoch": "training.batches_per_epoch",
    "horizon": "interpretation.horizon",
    "sequences": "interpretation.sequences",
    "lstm": "architectures.lstm",
    "s4": "architectures.s4",
    "dimensions": "dimensions",
    "variables": "variables",
}


def _with(sizes: Sizes, name: str, value: int) -> Sizes:
    changed: dict[str, Any] = {name: value}
    return replace(sizes, **changed)


def _sizes_of(experiment: Experiment) -> Sizes:
    training, interpretation = experiment.training, experiment.interpretation
    return Sizes(
        experiment.dimensions, experiment.variables, max(experiment.hidden_dim), training.batch_size,
        max(training.curriculum), training.epochs, training.batches_per_epoch, interpretation.horizon,
        interpretation.sequences, experiment.architectures.lstm or 0, experiment.architectures.s4 or 0,
        experiment.trainer,
    )  # fmt: skip


def _trained(sizes: Sizes) -> int:
    """An engine's arrays, as ``training.kernel`` and ``training.plain`` make them, without padding."""
    d, s, h, batch = sizes.dimensions, sizes.variables, sizes.hidden_dim, sizes.batch_size
    if sizes.trainer in ("cuda", "reference"):
        return _trained_by_autograd(sizes, h * (h + 2 * d), h if sizes.trainer == "reference" else 0)
    together = batch if sizes.trainer == "torch" else -(-batch // -(-batch // _GROUP))
    floats = 7 * h * (h + 2 * d) + h * h + (s + sizes.curriculum) * together * h + sizes.curriculum * together * d
    return 4 * floats + 24 * sizes.curriculum * d + _streamed(sizes)


def _trained_by_autograd(sizes: Sizes, parameters: int, kept_by_step: int) -> int:
    """Parameters, gradients and two moments; and what each step of each sequence keeps for the way back."""
    steps = (sizes.variables + sizes.curriculum) * sizes.batch_size
    kept = steps * (kept_by_step + 2 * sizes.dimensions) if kept_by_step else 0
    return 4 * (4 * parameters + kept) + _streamed(sizes)


def _streamed(sizes: Sizes) -> int:
    """The inputs that are drawn at once, a byte each, and the rows of a learning curve."""
    drawn = 1 if sizes.trainer == "reference" else min(_DRAWN, sizes.batches_per_epoch)
    rows = sizes.epochs * sizes.batches_per_epoch // _DRAWN
    return drawn * sizes.variables * sizes.batch_size * sizes.dimensions + rows * _ROW


def _measured(sizes: Sizes, state: int) -> int:
    """The largest that ``interpret.measure`` has in memory at one time, of a system with so many elements of state."""
    d, s = sizes.dimensions, sizes.variables
    tested = 4 * (s + sizes.horizon) * sizes.sequences * (state + 3 * d)
    held_out = _recorded(max(sizes.horizon, 4 * s), d, s, state, _HELD_OUT)
    fitted = _recorded(2 * s + (_TIMES - 1) * (s + 1), d, s, state, _FITTED)
    matrices = 8 * 2 * (state * state + (s * d) ** 2)
    return max(tested, held_out, fitted, matrices)


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
    units = ("MB", "GB", "TB", "PB", "EB")
    size = number / 1e6
    for unit in units[:-1]:
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} {units[-1]}"
