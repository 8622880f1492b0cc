"""Progress as lines of text, which read well in a terminal, in a log file and where jobs share one screen."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emtvb.theory.protocol import Setup
    from emtvb.theory.stream_order import StreamSetup
    from emtvb.training.history import Row

EVERY_SECONDS = 10.0

log = logging.getLogger(__name__)


class Progress:
    """Says where the training of some runs stands, at most every few seconds."""

    def __init__(self, runs: int, steps: int) -> None:
        self._runs = runs
        self._steps = steps
        self._done = 0
        self._runs_done = 0
        self._accuracies: list[float] = []
        self._run: Setup | StreamSetup | None = None
        self._last: tuple[float, int] | None = None
        self._rate = 0.0

    def start(self, run: Setup | StreamSetup) -> None:
        """A run's training starts or goes on."""
        self._run = run
        self._last = None
        number = self._runs_done + 1
        log.info("%s: training (run %d of %d%s)", run.run_id, number, self._runs, self._so_far())

    def step(self, row: Row) -> None:
        """A batch is done."""
        assert self._run is not None
        now = time.monotonic()
        if self._last is None:
            self._last = now, row.step
            return
        then, step = self._last
        if now - then < EVERY_SECONDS:
            return
        rate = (row.step - step) / (now - then)
        self._rate = rate if not self._rate else 0.5 * self._rate + 0.5 * rate
        self._last = now, row.step
        steps = self._run.protocol.steps
        left = (self._steps - self._done - row.step) / self._rate
        log.info(
            "%s: step %s of %s (%d%%), horizon %d, accuracy %.3f, loss %.4f, %s left",
            self._run.run_id,
            f"{row.step + 1:,}",
            f"{steps:,}",
            100 * (row.step + 1) // steps,
            row.horizon,
            row.accuracy,
            row.loss,
            duration_in_words(left),
        )

    def finish(self, run: Setup | StreamSetup, last: Row) -> None:
        """A run was trained."""
        self._count(run, last)
        log.info("%s: trained (%d of %d)", run.run_id, self._runs_done, self._runs)

    def skip(self, run: Setup | StreamSetup, last: Row) -> None:
        """A run had been trained before."""
        self._count(run, last)
        log.info("%s: already trained (%d of %d)", run.run_id, self._runs_done, self._runs)

    def _so_far(self) -> str:
        """How the runs that are done turned out."""
        if not self._accuracies:
            return ""
        return f"; mean accuracy so far {sum(self._accuracies) / len(self._accuracies):.3f}"

    def _count(self, run: Setup | StreamSetup, last: Row) -> None:
        self._accuracies.append(last.accuracy)
        self._runs_done += 1
        self._done += run.protocol.steps


def duration_in_words(seconds: float) -> str:
    """A duration in words, to two places: 45 s, 12 min, 3 h 20 min."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
