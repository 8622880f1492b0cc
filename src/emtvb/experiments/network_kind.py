"""A kind of experiment that trains networks, and what planning and the audit are told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emtvb.experiments.checks import Contradictions, Rounding, TrainedRuns
from emtvb.experiments.kind import Kind
from emtvb.making.trainings import ReadRun
from emtvb.theory.orders import run_from_entry


def _rounding() -> Rounding:
    from emtvb.experiments.rounding import OF_NETWORKS

    return OF_NETWORKS


def _contradictions(
    folder: Path, names: Iterable[str], settings: Iterable[Mapping[str, Any]]
) -> Iterable[tuple[str, Sequence[str]]]:
    from emtvb.experiments.contradictions import contradictions

    return contradictions(folder, names, settings)


def _trained(file: Path, folder: Path) -> TrainedRuns:
    from emtvb.experiments.training_again import TrainedNetworks

    return TrainedNetworks(file, folder)


LEAVES_OUT: Mapping[str, str] = {
    "history.csv": "whole learning curves", "weights.safetensors": "files of weights",
    "followed.safetensors": "files of weights during training",
}  # fmt: skip
"""What may be left out, by a file's name: what can be trained again, and whose digests are published."""


@dataclass(frozen=True, kw_only=True)
class NetworkKind(Kind):
    """A kind whose shards are runs of networks, with the tables and files of weights that such have (docs/files.md)."""

    read_run: ReadRun = run_from_entry
    rounding: Callable[[], Rounding | None] = _rounding
    contradictions: Contradictions = _contradictions
    leaves_out: Mapping[str, str] = field(default_factory=lambda: LEAVES_OUT)
    trained: Callable[[Path, Path], TrainedRuns | None] = _trained
