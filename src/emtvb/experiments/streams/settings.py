"""An experiment on streams as a config file states it: networks that learn episodes which overwrite each other."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StrictBool

from emtvb.config import Experiment
from emtvb.config.experiment import TaskEntry
from emtvb.config.values import NonNegative, Positive, PositiveInt, Seed, Settings
from emtvb.errors import InputError
from emtvb.experiments.streams.runs import StreamRun
from emtvb.files import atomic
from emtvb.theory import schedule, tasks
from emtvb.theory.runs import shortest_number
from emtvb.theory.schedule import Episodes
from emtvb.theory.stream_order import Plateau, StreamProtocol

_ANEW = "delete it: the workflow writes it anew"
COLUMNS = ("run_id", "stream", "task", "task_id", "shortest", "longest", "epochs", "hidden_dim", "l2", "seed", "shard")
"""Of the table of runs."""


class EpisodeSettings(Settings):
    """How the episodes of a sequence are laid out; the defaults are those of the authors' streams."""

    lengths: tuple[PositiveInt, PositiveInt] = (6, 10)
    """Shortest and longest number of inputs n."""
    outputs: PositiveInt = 15
    """Output steps of an episode."""
    total: PositiveInt | None = 300
    """Steps of a sequence; null for sequences of one episode."""
    marker: StrictBool = True
    """Whether a step of -1 in every dimension ends the inputs."""
    echo: StrictBool = True
    """Whether an input is its own step's target, too."""

    def episodes(self) -> Episodes:
        """The layout that these settings state."""
        return Episodes(**self.model_dump())


class PlateauSettings(Settings):
    """When the learning rate falls: torch's ReduceLROnPlateau, shown the loss of each epoch's last batch."""

    factor: Annotated[Positive, Field(lt=1)] = 0.5
    """What it is multiplied with."""
    patience: Annotated[int, Field(ge=0, strict=True)] = 10
    """Epochs without a better loss."""
    least: NonNegative = 1e-6
    """The lowest learning rate."""


class StreamTraining(Settings):
    """How every run is trained; the defaults are the authors'."""

    epochs: PositiveInt = 20
    """Epochs; after each the published stream draws a validation's batches."""
    batches_per_epoch: PositiveInt = 500
    """Training steps of an epoch."""
    batch_size: PositiveInt = 64
    """Sequences in a batch."""
    learning_rate: Positive = 1e-3
    """Adam's learning rate at the beginning."""
    gradient_clip: Positive | None = 1.0
    """Largest gradient norm; null for no clipping."""
    plateau: PlateauSettings | None = PlateauSettings()
    """When it falls; null for never."""

    def protocol(self) -> StreamProtocol:
        """The settings as the trainer takes them."""
        plateau = None if self.plateau is None else Plateau(**self.plateau.model_dump())
        return StreamProtocol(**{**self.model_dump(), "plateau": plateau})


class StreamSettings(Settings):
    """One grid of networks: a task on a stream with every hidden size, penalty and seed."""

    task: TaskEntry
    """T1 to T4, or {name, id} or {name, composition} for one's own."""
    dimensions: PositiveInt = 8
    """d: elements of a vector."""
    episodes: EpisodeSettings = EpisodeSettings()
    """How episodes are laid out."""
    hidden_dim: list[PositiveInt] = Field(min_length=1)
    """Neurons."""
    l2: list[NonNegative] = Field([0], min_length=1)
    """L2 penalties (Adam's weight_decay)."""
    seeds: list[Seed] = Field(min_length=1)
    """Seeds of initial weights, lengths and vectors."""
    training: StreamTraining = StreamTraining()
    """How every run is trained."""

    def runs(self) -> list[StreamRun]:
        """Every run of the grid, by size, penalty and seed.

        Raises:
            InputError: Where the task is none, or reads further back than the shortest episode goes.
        """
        episodes, d = self.episodes.episodes(), self.dimensions
        longest = episodes.lengths[1]
        task = self._named(d, longest) if isinstance(self.task, str) else self.task.task(d, longest)
        schedule.check_reach(task, episodes)
        grid = itertools.product(self.hidden_dim, self.l2, self.seeds)
        return [StreamRun(task, episodes, *one, self.training.protocol()) for one in grid]

    def _named(self, d: int, longest: int) -> tasks.Task:
        """One of the paper's tasks, whose composition is read of the last n targets whatever n is."""
        own = tasks.named(str(self.task), d, tasks.PAPER_SIZE[1])
        if longest < own.s:
            reaches = max(read.variable for read in own.composition)
            if reaches > longest:
                remedy = f"task {own.name} reads variable {reaches} of the last n targets: from {reaches} on"
                raise InputError("episodes.lengths", list(self.episodes.lengths), remedy)
        return tasks.from_composition(own.composition, d, max(longest, 1), own.name)


class Streams(Experiment):
    """An experiment on streams. Its runs are of another kind than a sweep's: :class:`StreamRun`."""

    seeds_per_shard: PositiveInt = 5000
    """How many consecutive seeds one training job takes: 0 up to this, and so on."""
    streams: list[StreamSettings] = Field(min_length=1)
    """The grids of networks."""

    def runs(self) -> list[Any]:
        """Every run, by grid.

        Raises:
            InputError: Where a grid states no runs that can be, or two runs would be the same.
        """
        runs: list[StreamRun] = []
        for i, grid in enumerate(self.streams):
            try:
                runs += grid.runs()
            except InputError as error:
                raise InputError(f"streams[{i}].{error.what}", error.value, error.remedy) from None
        seen: set[str] = set()
        for run in runs:
            if run.run_id in seen:
                raise InputError("streams", f"run {run.run_id} occurs twice", "remove the repeated task or value")
            seen.add(run.run_id)
        return runs

    def shards(self) -> dict[str, list[Any]]:
        """The runs by the job that trains them."""
        shards: dict[str, list[Any]] = {}
        for run in self.runs():
            shards.setdefault(self._shard(run), []).append(run)
        return {name: sorted(runs, key=lambda run: run.seed) for name, runs in shards.items()}

    def page_shards(self) -> list[str]:
        """Of each grid the job that trains its largest networks of the first seeds; the page shows one of them."""
        shards = []
        for grid in self.streams:
            runs = grid.runs()
            largest = [run for run in runs if run.hidden_dim == max(grid.hidden_dim) and run.l2 == grid.l2[0]]
            shards.append(self._shard(min(largest, key=lambda run: run.seed)))
        return list(dict.fromkeys(shards))

    def read_runs(self, path: Path | str) -> dict[str, list[Any]]:
        """The runs of this experiment's ``runs.csv``, by shard.

        Raises:
            InputError: Where the table does not name the runs that these settings state.
        """
        by_shard = self.shards()
        stated = {run.run_id: shard for shard, runs in by_shard.items() for run in runs}
        try:
            with open(path, newline="", encoding="utf-8") as table:
                entries = {row["run_id"]: row["shard"] for row in csv.DictReader(table, strict=True)}
        except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
            raise InputError("run table", str(path), f"cannot be read ({error}); {_ANEW}") from None
        if entries != stated:
            raise InputError("run table", str(path), f"does not name the runs of the settings beside it; {_ANEW}")
        return by_shard

    def _shard(self, run: StreamRun) -> str:
        first = run.seed - run.seed % self.seeds_per_shard
        words = run.run_id.split("_")
        last = first + self.seeds_per_shard - 1
        block = f"seed{first}" if first == last else f"seeds{first}-{last}"
        return "_".join(block if word == f"seed{run.seed}" else word for word in words)


def write_run_table(path: Path | str, by_shard: Mapping[str, list[StreamRun]]) -> None:
    """Write ``runs.csv`` of an experiment on streams."""
    with atomic(path) as temporary, temporary.open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for shard, runs in by_shard.items():
            for run in runs:
                writer.writerow(
                    (run.run_id, run.task_name, run.task.name, run.task.label, *run.episodes.lengths,
                     run.protocol.epochs, run.hidden_dim, shortest_number(run.l2), run.seed, shard)
                )  # fmt: skip
