"""A kind of experiment: what the rest of the package asks of its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from emtvb.config import Experiment
from emtvb.experiments.checks import Checks, Tolerance
from emtvb.theory.tasks import Task


@runtime_checkable
class AnyRun(Protocol):
    """A trained network's settings, as runs of every kind have them."""

    @property
    def run_id(self) -> str:
        """The name under which its results are kept."""

    @property
    def task(self) -> Task:
        """What it was trained on."""

    @property
    def hidden_dim(self) -> int:
        """Neurons."""

    @property
    def l2(self) -> float:
        """The L2 penalty."""

    @property
    def seed(self) -> int:
        """Of initial weights and batches."""


@dataclass(frozen=True)
class Kind(Checks):
    """A kind of experiment, as the module ``kind`` of its folder states it (``KIND``).

    Planning imports it. So what needs NumPy, pandas or torch is imported by the functions that need it.

    Attributes:
        name: The name of its folder, of its rules (``workflow/rules/<name>.smk``), of the target that makes all of it,
            and of the section that makes a config one of this kind; a sweep's config has none.
        settings: What its configs state.
        table: The table that has to be there before results can be summed up, below ``tables/``.
        summary: From an experiment and its folder, what ``emtvb summary`` prints: texts, and tables of rich.
        numbers: From the published results by experiment, what numbers in docs may be asked for beside these, by name.
        measurements: Patterns of the files that hold measurements of networks, to which tolerances (``rounding.TABLE``)
            apply.
        arrays: Likewise of files that hold arrays.
        tolerances: Those of its own, before those of all.
        columns: What `emtvb networks` calls columns of its measurements, by their names there.
        page: The place (``module:name``) of what shows a found run on the page on which one edits; none where the page
            shows networks as it does a sweep's.
    """

    name: str
    settings: type[Experiment]
    table: str
    summary: Callable[[Any, Path], list[Any]]
    numbers: Callable[[Mapping[str, Any]], dict[str, Any]] = lambda _: {}
    measurements: tuple[str, ...] = ()
    arrays: tuple[str, ...] = ()
    tolerances: tuple[Tolerance, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    page: str | None = None
