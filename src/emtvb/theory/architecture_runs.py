"""A run of another architecture: the settings of a run, and which architecture it trains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from emtvb.theory import runs
from emtvb.theory.runs import Run


@dataclass(frozen=True, kw_only=True)
class ArchitectureRun(Run):
    """One network of another architecture trained once; ``hidden_dim`` is its size.

    Attributes:
        architecture: Its name in ``config.architectures.ARCHITECTURES``.
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


def from_entry(entry: Mapping[str, Any]) -> ArchitectureRun:
    """A run from plain data: that of ``runs.to_entry``, and the ``architecture``."""
    plain = {key: value for key, value in entry.items() if key != "architecture"}
    return of_architecture(entry["architecture"], [runs.from_entry(plain)])[0]
