"""Tasks that networks of other packages learn here, and what is known to be stored in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.errors import DAMAGED, InputError, extra
from emtvb.files import atomic


@dataclass(frozen=True, eq=False)
class Drawn:
    """Trials of a task.

    Attributes:
        inputs: What networks read.
        answers: What they should give out.
        labels: The task's variables at each step, in the order of ``Task.variables``.
    """

    inputs: Float[np.ndarray, "time trial input"]
    answers: Float[np.ndarray, "time trial output"]
    labels: Int[np.ndarray, "time trial variable"]

    def select(self, trials: slice) -> Drawn:
        """Some of the trials."""
        return Drawn(self.inputs[:, trials], self.answers[:, trials], self.labels[:, trials])


@dataclass(frozen=True)
class Moment:
    """Where a variable is read and edited.

    Attributes:
        at: The step after which it is edited; what is fitted at one step is fitted here.
        times: The first and the last step at which the task stores it; what is fitted at all steps is fitted at these.
    """

    at: int
    times: tuple[int, int]


@dataclass(frozen=True)
class Task:
    """A task.

    Attributes:
        name: What configs and tables call it.
        variables: All that trials are labelled with.
        edited: Those that are edited, and where.
        classes: Whether outputs are scores of answers, of which the largest counts; else signs count.
        draw: From a number of trials and a seed to trials.
        future: What should follow from values (trial, variable) and the inputs to come, as ``emtvb.edit`` takes it.
    """

    name: str
    variables: tuple[str, ...]
    edited: Mapping[str, Moment]
    classes: bool
    draw: Callable[[int, int], Drawn]
    future: Callable[[np.ndarray, np.ndarray], np.ndarray]

    def agrees(
        self, outputs: Float[np.ndarray, "step trial output"], wanted: Float[np.ndarray, "step trial output"]
    ) -> Bool[np.ndarray, "step trial"]:
        """Whether outputs are the answers that are wanted, at each step."""
        if self.classes:
            return np.asarray(outputs.argmax(axis=2) == wanted.argmax(axis=2))
        return np.asarray((np.sign(outputs) == wanted).all(axis=2))


ANSWERS = 3
"""What neurogym's two tasks let an agent do: wait, or one of two answers."""


def _from_neurogym(
    name: str, options: Mapping[str, Any], count: int, seed: int, label: Callable[[Mapping[str, Any], np.ndarray], Any]
) -> Drawn:
    """Trials of neurogym's own, one after the other from its generator.

    Args:
        name: Of the environment.
        options: With which it is made. All its trials must have one length.
        count: Trials.
        seed: Of the environment.
        label: From what neurogym says of a trial and from its observations, (time, input), to the variables' values.
    """
    with extra("foreign"):
        import neurogym
    environment = neurogym.make(name, **options).unwrapped
    environment.seed(seed)
    inputs, answers, labels = [], [], []
    for _ in range(count):
        trial = environment.new_trial()
        inputs.append(environment.ob)
        answers.append(np.eye(ANSWERS)[environment.gt])
        labels.append(np.tile(label(trial, environment.ob), (len(environment.ob), 1)))
    return Drawn(
        np.stack(inputs, axis=1).astype(np.float32),
        np.stack(answers, axis=1).astype(np.float32),
        np.stack(labels, axis=1).astype(np.int8),
    )


def _answered(answer: Int[np.ndarray, " trial"], asked: Bool[np.ndarray, "step trial"]) -> np.ndarray:
    """Outputs that wait, and give a trial's answer where it is asked for."""
    return np.eye(ANSWERS)[np.where(asked, answer, 0)]


def _draw_match(count: int, seed: int) -> Drawn:
    def label(trial: Mapping[str, Any], _: np.ndarray) -> list[int]:
        return [int(trial["sample_theta"] > 0)]

    options = {"timing": {"delay": 500, "decision": 200}}
    return _from_neurogym("DelayMatchSample-v0", options, count, seed, label)


def _match(values: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Whether the test, which is shown after the edit, is the sample: answer 1, else 2, once fixation is over."""
    test = inputs[..., 2].sum(axis=0) > inputs[..., 1].sum(axis=0)
    return _answered(np.where(test == values[:, 0], 1, 2), inputs[..., 0] < _ON)


_ON = 0.5
"""Fixation is shown where its input is above this."""


def _draw_context(count: int, seed: int) -> Drawn:
    def label(trial: Mapping[str, Any], shown: np.ndarray) -> list[int]:
        return [int(trial["context"]), int(_evidence(shown)[trial["context"]])]

    options = {"use_expl_context": True, "timing": {"delay": 600}}
    return _from_neurogym("ContextDecisionMaking-v0", options, count, seed, label)


def _evidence(inputs: Float[np.ndarray, "time *trial input"]) -> np.ndarray:
    """The answer for which the evidence of each modality (first axis) speaks, summed over all that is shown."""
    total = inputs.sum(axis=0)
    return np.stack([np.where(total[..., 1 + i] > total[..., 2 + i], 1, 2) for i in (0, 2)])


def _choose(values: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """The choice at the last step.

    Where the evidence is still to come, it is what the evidence of the context's modality says.
    """
    context, choice = values.astype(int).T
    if (inputs[..., 1:5] != 0).any():
        choice = np.take_along_axis(_evidence(inputs), context[None], axis=0)[0]
    asked = np.zeros(inputs.shape[:2], dtype=bool)
    asked[-1] = True
    return _answered(choice, asked)


_STEPS, _PULSE = 24, 0.1
"""Steps of a flip-flop's trial, and how often a bit is set anew at a step."""


def _draw_bits(count: int, seed: int) -> Drawn:
    rng = np.random.default_rng(seed)
    shape = (_STEPS, count, 3)
    pulses = rng.choice([-1.0, 1.0], size=shape) * (rng.random(shape) < _PULSE)
    pulses[0] = rng.choice([-1.0, 1.0], size=shape[1:])
    bits = _set(np.zeros(shape[1:]), pulses)
    return Drawn(pulses.astype(np.float32), bits.astype(np.float32), bits.astype(np.int8))


def _set(values: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """The bits after each step, as pulses set them."""
    every = []
    for pulse in inputs:
        values = np.where(pulse != 0, pulse, values)
        every.append(values)
    return np.stack(every)


TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        Task("match", ("sample",), {"sample": Moment(10, (8, 12))}, True, _draw_match, _match),
        Task(
            "context",
            ("context", "choice"),
            {"context": Moment(2, (0, 2)), "choice": Moment(12, (10, 15))},
            True,
            _draw_context,
            _choose,
        ),
        Task("flip-flop", ("first", "second", "third"), {"first": Moment(11, (0, 22))}, False, _draw_bits, _set),
    )
}
"""neurogym's delayed match to sample: the sample is stored in the delay, steps 8 to 12. Its context-dependent decision:
the context is an input at each step, the evidence comes at steps 3 to 9, and the choice is stored in the delay, steps
10 to 15. Three bits that pulses set (Sussillo and Barak 2013)."""


def save(path: Path | str, drawn: Drawn) -> None:
    """Write trials, whole or not at all."""
    with atomic(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, inputs=drawn.inputs, answers=drawn.answers.astype(np.int8), labels=drawn.labels)


def load(path: Path | str) -> Drawn:
    """Read trials back.

    Raises:
        InputError: Where the file is missing or damaged.
    """
    try:
        with np.load(path) as arrays:
            return Drawn(arrays["inputs"], arrays["answers"].astype(np.float32), arrays["labels"])
    except DAMAGED as error:
        raise InputError("trials", str(path), f"cannot be read ({error}); draw them again") from None
