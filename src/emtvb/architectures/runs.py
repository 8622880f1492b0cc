"""A run of another architecture: the settings of a run, and which architecture it trains."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

from emtvb import runs
from emtvb.runs import Run

NAMES = ("lstm", "s4")


@dataclass(frozen=True, kw_only=True)
class ArchitectureRun(Run):
    """One network of another architecture trained once; ``hidden_dim`` is the units of an LSTM, the channels of S4.

    Attributes:
        architecture: One of :data:`NAMES`.
    """

    architecture: str

    @property
    def run_id(self) -> str:
        """The name that a run of the paper's network with these settings has, after the architecture's."""
        return f"{self.architecture}_{super().run_id}"


def of_architecture(architecture: str, plain: Iterable[Run]) -> list[ArchitectureRun]:
    """These runs with another architecture in the place of the paper's."""
    return [
        ArchitectureRun(**{field.name: getattr(run, field.name) for field in fields(Run)}, architecture=architecture)
        for run in plain
    ]


def to_json(some: Sequence[ArchitectureRun]) -> str:
    """Runs as JSON text that says all about them, the same text for the same runs."""
    return json.dumps([asdict(run) for run in some], sort_keys=True)


def from_json(text: str) -> list[ArchitectureRun]:
    """The inverse of :func:`to_json`."""
    entries = json.loads(text)
    names = [entry.pop("architecture") for entry in entries]
    plain = runs.runs_from_json(json.dumps(entries))
    return [run for name, one in zip(names, plain, strict=True) for run in of_architecture(name, [one])]
