"""What planning and the audit ask of experiments, whatever these are about."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from emtvb.making.trainings import ReadRun, as_plain_data

if TYPE_CHECKING:  # planning imports this, and needs neither arrays nor processes
    import numpy as np

    from emtvb.making.processes import Processes
    from emtvb.making.provenance import Record


@dataclass(frozen=True)
class Tolerance:
    """By how much numbers may differ that are made again.

    Attributes:
        files: In which files, as patterns of their paths.
        values: Which columns or arrays of them, as patterns of names.
        relative: By so much of the larger of the two numbers; of an array, of its largest number.
        absolute: Or by so much.
        because: Why.
        solved: Whether for networks that solve their task alone.
        across: Whether for numbers alone of which one lies on the other side of the bar of a claim.
    """

    files: tuple[str, ...]
    values: tuple[str, ...]
    relative: float
    absolute: float
    because: str
    solved: bool = False
    across: bool = False

    def allows(self, before: str, now: str) -> bool:
        """Whether two cells of a table are the same text, or the same number but for what it allows."""
        if before == now:
            return True
        try:
            a, b = float(before or "nan"), float(now or "nan")
        except ValueError:
            return False
        return math.isclose(a, b, rel_tol=self.relative, abs_tol=self.absolute) or (math.isnan(a) and math.isnan(b))


@runtime_checkable
class Rounding(Protocol):
    """What rounding may do to files that are made again."""

    def bars_between(
        self, names: Sequence[str], old: Sequence[Sequence[str]], new: Sequence[Sequence[str]]
    ) -> Iterator[Mapping[str, str]]:
        """Of each row of a table, the bars that lie between a number and the same made again: by column, in words.

        Args:
            names: The table's columns.
            old: Its rows.
            new: The same rows, made again.
        """

    def allows(self, file: str, column: str, cell: str, row: Mapping[str, str], bars: Mapping[str, str]) -> bool:
        """Whether a cell of a table is the same when it is made again, but for rounding.

        Args:
            file: The table's path in the experiment's folder.
            column: The cell's.
            cell: What it holds.
            row: Its row, made again.
            bars: Of :meth:`bars_between`, for this row.
        """

    def tolerance(self, file: str, array: str) -> Tolerance:
        """By how much the numbers of an array may differ.

        Args:
            file: The path in the experiment's folder of the file that holds it; of JSON all numbers count as one array.
            array: Its name; empty in JSON.
        """

    def is_set(self, array: str) -> bool:
        """Whether the numbers of an array, by its name, are in no order of their own."""

    def comparable(self, name: str, array: np.ndarray, beside: Mapping[str, np.ndarray]) -> np.ndarray:
        """What of an array is compared: all but what is anyone's choice, such as the sign of a direction.

        Args:
            name: The array's.
            array: Its numbers.
            beside: The arrays of the same file, by name.
        """


@runtime_checkable
class TrainedRuns(Protocol):
    """The runs of an experiment that can be trained again, and compared with what lies there."""

    @property
    def run_ids(self) -> Sequence[str]:
        """All of them."""

    def outputs(self, run_id: str) -> Sequence[Path]:
        """What the training of a run makes; nothing, where none of it lies there to compare with."""

    def draw(self, run_ids: Sequence[str], count: int, seed: int) -> list[str]:
        """Some of these runs, drawn by a seed.

        Args:
            run_ids: Which.
            count: How many.
            seed: Draws them.
        """

    def in_words(self, run_id: str) -> str:
        """A run, and what is known of it."""

    def train_again(
        self, run_ids: Sequence[str], workers: int = 1, processes: Processes | None = None
    ) -> Generator[tuple[str, str | None], None, None]:
        """Train runs again; how far they are is logged.

        Whoever does not take all answers has to close this generator, which ends the trainings.

        Args:
            run_ids: Which.
            workers: Processes at once.
            processes: Takes those that train.

        Yields:
            Of each run, as soon as it is there, its id and how it differs from what lies in the folder; None where it
            does not.
        """

    def made_elsewhere(self, run_id: str, records: Mapping[Path, Record]) -> str:
        """How the environment in which a run was trained differs from this one, in what can change its bits.

        Args:
            run_id: Which.
            records: The experiment's records, by their files.
        """


Contradictions: TypeAlias = Callable[
    [Path, Iterable[str], Iterable[Mapping[str, Any]]], Iterable[tuple[str, Sequence[str]]]
]
"""Says what contradicts the rest of an experiment: given its folder, the names of files in it and the settings of its
jobs, by file and in words."""


@dataclass(frozen=True, kw_only=True)
class Checks:
    """What planning and the audit ask of an experiment. By default nothing was trained, and no byte may differ.

    Attributes:
        read_run: Reads a run of a training's settings (``making.trainings``); by default, plain data is compared.
        rounding: What rounding may do to its files; None where every byte has to come out again.
        contradictions: What in its files contradicts the rest.
        leaves_out: By a file's name, what may be left out of what is published, and what it is: it can be made again,
            and its digest is published.
        former: By rule, what jobs made that the workflow has no more: it is kept as data, and the commit in its record
            has their code.
        trained: From its config file and its folder, the runs that can be trained again; None where it trains none.
    """

    read_run: ReadRun = as_plain_data
    rounding: Callable[[], Rounding | None] = lambda: None
    contradictions: Contradictions = lambda *_: ()
    leaves_out: Mapping[str, str] = field(default_factory=dict)
    former: Mapping[str, Sequence[str]] = field(default_factory=dict)
    trained: Callable[[Path, Path], TrainedRuns | None] = lambda *_: None
