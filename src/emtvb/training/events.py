"""TensorBoard events of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from emtvb.training.history import Row


@contextmanager
def events_writer(folder: Path, step: int) -> Iterator[Callable[[Row], None]]:
    """What records rows as TensorBoard events in a folder, going on from a step."""
    writer = SummaryWriter(str(folder), purge_step=step)

    def record(row: Row) -> None:
        for name, value in zip(("loss", "accuracy", "horizon"), row[1:], strict=True):
            writer.add_scalar(name, value, row.step)

    try:
        yield record
    finally:
        writer.close()
