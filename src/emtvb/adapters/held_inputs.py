"""What the inputs of the trials were on which a system was held to its network, and what others have beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

_MANY = 64
"""An input with more values than this, or with few trials for each, is a number; else each of its values is a cue."""
_TRIALS_OF_A_CUE = 4
_SHOWN = 4
"""Values that are named one by one, at most."""


@dataclass(frozen=True, eq=False)
class HeldInputs:
    """Inputs of trials that were held.

    Attributes:
        steps: Their steps.
        values: Of each input its values, in order, where these are cues; else its smallest and its largest number.
        are_cues: Of each input whether they are.
        together: Which inputs were not zero at the same step, one pattern a row; None where there are many.
        when: Of each input the steps from the first to the last at which it was not zero.
    """

    steps: int
    values: tuple[np.ndarray, ...]
    are_cues: tuple[bool, ...]
    together: np.ndarray | None
    when: tuple[range, ...]

    @classmethod
    def of(cls, inputs: Float[np.ndarray, "time trial input"], are_cues: tuple[bool, ...]) -> HeldInputs:
        """What these inputs were, of which some are cues."""
        channels = [np.unique(channel) for channel in np.moveaxis(inputs.astype(np.float32), 2, 0)]
        kept = tuple(v if cues else v[[0, -1]] for v, cues in zip(channels, are_cues, strict=True))
        together = np.unique(_patterns(inputs), axis=0)
        return cls(len(inputs), kept, are_cues, together if len(together) <= _MANY else None, _when(inputs))

    def lacks(self, inputs: Float[np.ndarray, "time trial input"], from_start: bool) -> list[str]:
        """What inputs have that no held trial had, in words: by what was held, so there are few."""
        found = []
        for i, (values, are_cues) in enumerate(zip(self.values, self.are_cues, strict=True)):
            given = inputs[..., i].astype(np.float32)
            if are_cues and not np.isin(given, values).all():
                few = ", ".join(f"{value:.4g}" for value in values)
                found.append(f"input {i} other than {few if len(values) <= _SHOWN else f'its {len(values)} values'}")
            elif not are_cues and ((given < values[0]).any() or (given > values[1]).any()):
                found.append(f"input {i} beyond {values[0]:.4g} to {values[1]:.4g}")
        if not found and self.together is not None:
            held = {row.tobytes() for row in self.together}
            if any(row.tobytes() not in held for row in np.unique(_patterns(inputs), axis=0)):
                found.append("inputs at one step that were never at one step")
        if not from_start:  # a state does not say at which step it is
            return found
        for i, (held_at, given_at) in enumerate(zip(self.when, _when(inputs[: self.steps]), strict=True)):
            if held_at and given_at and not {given_at[0], given_at[-1]} <= {*held_at}:
                found.append(f"input {i} at other steps than {held_at[0]} to {held_at[-1]}")
        return found + [f"more than {self.steps} steps"] * (len(inputs) > self.steps)


def which_are_cues(inputs: Float[np.ndarray, "time trial input"], has_ids: bool) -> tuple[bool, ...]:
    """Which inputs take so few values in so many trials that each value is a cue; ids always do."""
    most = min(max(inputs.shape[1] / _TRIALS_OF_A_CUE, 3), _MANY)
    return tuple(has_ids or len(np.unique(channel)) <= most for channel in np.moveaxis(inputs.astype(np.float32), 2, 0))


def in_order(
    inputs: Float[np.ndarray, "time trial input"], are_cues: tuple[bool, ...]
) -> tuple[Int[np.ndarray, " trial"], int]:
    """Trials in the order in which they are to be held, and how many have all cues and ends.

    First are those with a value, or inputs at one step, that is rare, with an input first or last, and with the largest
    and smallest numbers and the most and fewest zeros; the others follow by chance.
    """
    count = inputs.shape[1]
    zeros = (inputs == 0).sum(axis=(0, 2))
    trials = [inputs.max(axis=(0, 2)).argmax(), inputs.min(axis=(0, 2)).argmin(), zeros.argmax(), zeros.argmin()]
    for channel, cues in zip(np.moveaxis(inputs.astype(np.float32), 2, 0), are_cues, strict=True):
        _, first, often = np.unique(channel, return_index=True, return_counts=True)
        trials += ((first[often.argsort(kind="stable")] if cues else first[[0, -1]]) % count).tolist()
    for channel, steps in enumerate(_when(inputs)):
        trials += [(inputs[time, :, channel] != 0).argmax() for time in (*steps[:1], *steps[-1:])]
    rows, first = np.unique(_patterns(inputs), axis=0, return_index=True)
    if len(rows) <= _MANY:
        trials += (first % count).tolist()
    first_ones = dict.fromkeys(map(int, trials))
    chance = np.random.default_rng(0).permutation(count).tolist()
    return np.array(list(first_ones | dict.fromkeys(chance))), len(first_ones)


def _when(inputs: Float[np.ndarray, "time trial input"]) -> tuple[range, ...]:
    """Of each input the steps from the first to the last at which it is not zero; none where it always is."""
    found = [np.flatnonzero(channel.any(axis=1)) for channel in np.moveaxis(inputs, 2, 0)]
    return tuple(range(times.min(initial=len(inputs)), times.max(initial=-1) + 1) for times in found)


def _patterns(inputs: np.ndarray) -> np.ndarray:
    """Which inputs are not zero, of each step of each trial: a row of bits."""
    return np.packbits(inputs.reshape(-1, inputs.shape[2]) != 0, axis=1)
