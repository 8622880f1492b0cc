"""Networks with tasks and cells of other packages, as a config file states them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt, field_validator, model_validator

from emtvb.config import Experiment
from emtvb.config.values import Positive, PositiveInt, Seed, Settings

Cell = Literal["gru", "rates", "cfc", "mgu"]


class TaskSettings(Settings):
    """A task, and how long it is learned."""

    name: Literal["match", "context", "flip-flop"]
    """match: neurogym's delayed match to sample; context: its context-dependent decision; flip-flop: three bits."""
    steps: PositiveInt
    """Batches in each training."""


class ForeignSettings(Settings):
    """Networks that learn tasks of other packages, with cells of other packages."""

    drawn: Annotated[StrictInt, Field(ge=200)] = 3000
    """Trials of each task that are drawn and published."""
    trials: Annotated[StrictInt, Field(ge=100)] = 2000
    """Trials that networks learn from, the first that were drawn."""
    judged: Annotated[StrictInt, Field(ge=100)] = 600
    """Trials that follow: variables are fitted on half of them and judged on the other half."""
    trials_seed: Seed = 1
    """Seed of all trials."""
    units: Annotated[StrictInt, Field(ge=2, le=1024)] = 32
    """Numbers of each network's state."""
    batch_size: PositiveInt = 64
    """Trials of a batch."""
    learning_rate: Positive = 0.01
    """Adam's at the first batch; it falls to 0 along half a cosine."""
    gradient_clip: Positive = 1.0
    """Largest norm of the gradient."""
    das_k: PositiveInt = 2
    """Directions of a variable that DAS learns."""
    das_steps: PositiveInt = 100
    """Steps of Adam in each DAS."""
    seeds: list[Seed] = Field(min_length=1)
    """Seeds of initial weights and batches: each cell learns each task once for each."""
    cells: list[Cell] = Field(min_length=1)
    """gru: torch's; rates: a leaky rate network, written by hand; cfc: that of ncps; mgu: that of torchrecurrent."""
    tasks: list[TaskSettings] = Field(min_length=1)
    """The tasks."""

    @field_validator("seeds", "cells", "tasks")
    @classmethod
    def _differ(cls, values: list[Any]) -> list[Any]:
        keys = [value.name if isinstance(value, TaskSettings) else value for value in values]
        repeated = next((key for key in keys if keys.count(key) > 1), None)
        if repeated is not None:
            raise ValueError(f"{repeated} occurs twice; remove one")
        return values

    @model_validator(mode="after")
    def _are_drawn(self) -> ForeignSettings:
        if self.trials + self.judged > self.drawn:
            raise ValueError(f"drawn is {self.drawn}; give trials + judged at least")
        return self

    def orders(self) -> dict[str, dict[str, Any]]:
        """What to train, by the name of networks that differ in the seed alone: the fields of ``training.Order``."""
        same = ("units", "seeds", "trials", "trials_seed", "batch_size", "learning_rate", "gradient_clip")
        return {
            name: {
                "name": name, "task": task.name, "cell": cell, "steps": task.steps,
                **{field: getattr(self, field) for field in same},
            }
            for task in self.tasks
            for cell in self.cells
            for name in [f"{task.name}_{cell}"]
        }  # fmt: skip


class Foreign(Experiment):
    """An experiment with tasks and cells of other packages."""

    foreign: ForeignSettings
    """What is trained and asked."""

    def in_words(self) -> str:
        """What it comes to, in a few words."""
        settings = self.foreign
        return f"{len(settings.orders()) * len(settings.seeds)} networks with tasks and cells of other packages"
