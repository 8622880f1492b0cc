"""Networks that repeat sequences, as a config file states them: an experiment that trains no sweep of runs."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StrictInt, field_validator

from emtvb.config import Experiment
from emtvb.config.values import Positive, PositiveInt, Seed, Settings


class SizeSettings(Settings):
    """A size of network."""

    units: Annotated[StrictInt, Field(ge=2, le=4096)]
    """Units of the GRU, and dimensions of the embedding."""
    steps: PositiveInt
    """Batches in its training."""


class OnionsSettings(Settings):
    """Networks that repeat sequences of symbols."""

    symbols: Annotated[StrictInt, Field(ge=3, le=1000)] = 30
    """Number of different symbols."""
    longest: Annotated[StrictInt, Field(ge=2, le=100)] = 9
    """Symbols in the longest sequences; each batch has one length, from 2 to this."""
    batch_size: PositiveInt = 128
    """Sequences of a batch."""
    learning_rate: Positive = 0.01
    """Adam's at the first batch; it falls to 0 along half a cosine."""
    gradient_clip: Positive = 1.0
    """Largest norm of the gradient."""
    trials: Annotated[StrictInt, Field(ge=100)] = 8000
    """Sequences that variables are fitted on, all of the longest length."""
    judged: Annotated[StrictInt, Field(ge=50)] = 2000
    """Sequences that nothing is fitted on."""
    edits: PositiveInt = 200
    """Edits at each position."""
    seeds: list[Seed] = Field(min_length=1)
    """Seeds of initial weights and sequences."""
    sizes: list[SizeSettings] = Field(min_length=1)
    """Sizes of networks; each size is trained once for each seed."""

    @field_validator("seeds", "sizes")
    @classmethod
    def _differ(cls, values: list[Any]) -> list[Any]:
        keys = [value.units if isinstance(value, SizeSettings) else value for value in values]
        repeated = next((key for key in keys if keys.count(key) > 1), None)
        if repeated is not None:
            raise ValueError(f"{repeated} occurs twice; remove one")
        return values

    def orders(self) -> dict[str, dict[str, Any]]:
        """What to train, by name: the fields of ``training.Order``."""
        same = {name: getattr(self, name) for name in ("symbols", "longest", "batch_size", "learning_rate")}
        return {
            name: {
                "name": name, "units": size.units, "steps": size.steps, "seed": seed,
                "gradient_clip": self.gradient_clip, **same,
            }
            for size in self.sizes
            for seed in self.seeds
            for name in [f"gru{size.units}_seed{seed}"]
        }  # fmt: skip


class Onions(Experiment):
    """An experiment with networks that repeat."""

    onions: OnionsSettings
    """What is trained and asked."""

    def in_words(self) -> str:
        """What it comes to, in a few words."""
        return f"{len(self.onions.orders())} networks that repeat sequences"
