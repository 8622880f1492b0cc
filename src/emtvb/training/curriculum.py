"""The curriculum on the output horizon (paper section 2), as the published code runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Curriculum:
    """Moves one notch up after any batch whose accuracy exceeds the threshold.

    The published code has its batches built one ahead: Lightning fetches batch k + 1 before it trains on batch k, so a
    move made after batch k is first seen by batch k + 2. Only the first batch of an epoch sees every move before it.

    Attributes:
        horizons: Output horizons, in order.
        threshold: Accuracy that must be exceeded.
        level: Index of the present horizon, after all batches so far.
        before: What ``level`` was before the last batch.
    """

    horizons: Sequence[int]
    threshold: float
    level: int = 0
    before: int = 0

    def horizon(self, batch: int) -> int:
        """The horizon of the batch at this index (from 0) of its epoch."""
        return self.horizons[self.level if batch == 0 else self.before]

    def update(self, accuracy: float) -> None:
        """Take note of a batch that was trained on."""
        self.before = self.level
        if accuracy > self.threshold and self.level < len(self.horizons) - 1:
            self.level += 1
