"""Runs that are trained again from nothing, to the end, and compared with what lies there, byte for byte.

``python -m emtvb.experiments.training_again`` trains one, in a process of its own.
"""

from __future__ import annotations

import csv
import json
import logging
import math
import random
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from emtvb.errors import InputError
from emtvb.experiments import catalogue, kinds
from emtvb.making import provenance
from emtvb.making.processes import Processes, check_space
from emtvb.making.provenance import Record
from emtvb.theory import networks, orders
from emtvb.theory.protocol import Setup
from emtvb.theory.stream_order import StreamSetup
from emtvb.training import history, promises
from emtvb.training.history import Row
from emtvb.training.shard import Outputs, train_shard

log = logging.getLogger(__name__)

TrainedRun: TypeAlias = Setup | StreamSetup
"""A run that can be trained again."""

MATTERS = ("cpu", "machine", "numpy", "torch")
"""What of the environment can change the last bits of a training by another engine, and from there all."""
_NOTHING_THERE = "nothing of it lies there to compare with"


class TrainedNetworks:
    """The runs of an experiment that trains networks (:class:`checks.TrainedRuns`).

    Args:
        file: The config that states the experiment.
        folder: Its folder.

    Raises:
        InputError: Where the config states no valid experiment.
    """

    def __init__(self, file: Path, folder: Path) -> None:
        experiment = kinds.load_experiment(file)
        self._folder, self._trainer = folder, experiment.trained_by()
        self._runs: dict[str, tuple[str, TrainedRun]] = {
            run.run_id: (shard, run) for shard, runs in experiment.shards().items() for run in runs
        }

    @property
    def run_ids(self) -> Sequence[str]:
        """All of them, by the shards that train them."""
        return [*self._runs]

    @cached_property
    def _measured(self) -> Mapping[str, Measured]:
        return measured_in(self._folder)

    def outputs(self, run_id: str) -> Sequence[Path]:
        """The files of the run's shard; nothing, where none that a training is compared with lies there."""
        files = Outputs.of(self._folder, self._runs[run_id][0])
        return files if _are_there(files) else ()

    def draw(self, run_ids: Sequence[str], count: int, seed: int) -> list[str]:
        """Some of these runs, at least half of them of networks that solve their task, as far as there are so many."""
        return draw_runs(run_ids, count, seed, self._measured)

    def in_words(self, run_id: str) -> str:
        """A run, and its network's accuracy."""
        measured = self._measured.get(run_id)
        return f"{run_id}, " + ("accuracy not measured" if measured is None else f"accuracy {measured.accuracy:.3f}")

    def train_again(
        self, run_ids: Sequence[str], workers: int = 1, processes: Processes | None = None
    ) -> Generator[tuple[str, str | None], None, None]:
        """Train runs again, each in a process and a folder of its own: how each differs, as soon as it is there."""
        with ThreadPoolExecutor(workers) as pool, processes or Processes() as begun:
            jobs = {pool.submit(self._train_run_again, run_id, begun): run_id for run_id in run_ids}
            for job in as_completed(jobs):
                yield jobs[job], job.result()

    def made_elsewhere(self, run_id: str, records: Mapping[Path, Record]) -> str:
        """How the environment in which a run was trained differs from this one, in what can change its bits."""
        return made_elsewhere(self._runs[run_id][0], run_id, records, self._trainer)

    def _train_run_again(self, run_id: str, processes: Processes) -> str | None:
        """Train one run again; how it differs from what is there, or None."""
        shard, run = self._runs[run_id]
        there = Outputs.of(self._folder, shard)
        if processes.stopped:
            return "its training was stopped"
        if not _are_there(there):
            return _NOTHING_THERE
        with tempfile.TemporaryDirectory() as name:
            order = json.dumps([orders.run_to_entry(run), name, self._trainer])
            lines = [""]
            with processes.begin([sys.executable, "-P", "-m", __name__, order]) as process:
                for line in process.stderr or ():
                    lines.append(line.strip())
                    if not processes.stopped:
                        log.info("%s", line.rstrip())
            if process.returncode != 0:
                why = next(filter(None, reversed(lines)), str(process.returncode))
                check_space(why)
                return f"its training fails now ({why})"
            try:
                return _difference_of_run(there, Outputs.of(Path(name), "again"), self._folder, shard, run_id)
            except (KeyError, TypeError, ValueError, OSError, csv.Error) as error:
                return f"its files cannot be read ({error})"


class Measured(NamedTuple):
    """What was measured of a network: its test accuracy, and whether it solves its task."""

    accuracy: float
    solved: bool


def measured_in(folder: Path) -> dict[str, Measured]:
    """What was measured of each network of an experiment, by run id; nothing where its tables cannot be read."""
    if not (folder / "runs.csv").is_file():
        return {}
    try:
        rows = catalogue.network_catalogue([folder]).dropna(subset=["test_accuracy"]).to_dict("records")
    except InputError:
        return {}
    return {row["run_id"]: Measured(row["test_accuracy"], row["solved"] == 1) for row in rows}


def draw_runs(run_ids: Sequence[str], count: int, seed: int, measured: Mapping[str, Measured]) -> list[str]:
    """Runs to be trained again, at least half of them of networks that solve their task, as far as there are so many.

    Of a network that learned nothing, the same bits say little: its weights may have vanished.

    Args:
        run_ids: All runs.
        count: How many.
        seed: Draws them.
        measured: Of :func:`measured_in`.
    """
    chance = random.Random(seed)
    solved = [run_id for run_id in run_ids if run_id in measured and measured[run_id].solved]
    first = chance.sample(solved, min(math.ceil(count / 2), len(solved)))
    return [*first, *chance.sample([run_id for run_id in run_ids if run_id not in first], count - len(first))]


def published_digests(folder: Path, shard: str) -> dict[str, str]:
    """The digest of each run's weights, by run id, as the shard's training published them; nothing where it did not."""
    path = Outputs.of(folder, shard).digests
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as table:
        return {row["run_id"]: row["weights_sha256"] for row in csv.DictReader(table)}


def _are_there(files: Outputs) -> bool:
    return any(path.is_file() for path in files)


def _difference_of_run(there: Outputs, new: Outputs, folder: Path, shard: str, run_id: str) -> str | None:
    """How a run that was made again differs from the files of its shard, or None."""
    curve = there.history if there.history.is_file() else there.outline
    if curve.is_file() and (
        difference := _difference_of_curves(
            history.read_history(curve)[run_id], history.read_history(new.history)[run_id]
        )
    ):
        return difference
    network = networks.load_networks(new.weights, [run_id])[run_id]
    if there.weights.is_file():
        kept = networks.load_networks(there.weights, [run_id])[run_id].arrays()
        differing = [name for name, array in network.arrays().items() if kept[name].tobytes() != array.tobytes()]
        if differing:
            return f"{', '.join(differing)} differ when trained again"
    published = published_digests(folder, shard).get(run_id)
    if published and published != network.digest():
        return f"its weights have the digest {network.digest()[:12]}, and {published[:12]} was published"
    if not published and not there.weights.is_file() and not curve.is_file():
        return _NOTHING_THERE
    return None


def _difference_of_curves(there: Sequence[Row], new: Sequence[Row]) -> str | None:
    """The first row of a learning curve that differs from the whole one, made again; None where there is none."""
    # It may be an outline, as it is where the whole one is left out, or where the shard took the run over from such a
    # one: but its last row is that of the last step. A loss that is no number is equal to another that is none.
    made = {row.step: repr(tuple(row)) for row in new}
    for row in there:
        if made.get(row.step) != repr(tuple(row)):
            return f"its learning curve is another at step {row.step:,} when trained again"
    last = max(made, default=0)
    return None if there and there[-1].step == last else f"its learning curve ends before step {last:,}"


def made_elsewhere(shard: str, run_id: str, records: Mapping[Path, Record], trainer: str) -> str:
    """How the environment in which a run was trained differs from this one, in what can change its bits.

    Args:
        shard: The job that trained it.
        run_id: The run.
        records: The experiment's records, by their files.
        trainer: The trainer that its config states.
    """
    engine = trainer in promises.TRAINERS
    here: dict[str, Any] = provenance.environment()
    for record in records.values():
        if record.shard == shard:
            stretches: list[Mapping[str, Any]] = [*record.runs.get(run_id, {}).get("trained", ())]
            if engine:
                return "the general trainer" if any(part.get("engine") == "general" for part in stretches) else ""
            parts = stretches or [record.environment]
            changed = [name for name in MATTERS if any(part.get(name) != here[name] for part in parts)]
            return ", ".join(f"{name} {parts[-1].get(name)}, here {here[name]}" for name in changed)
    return ""


def _train_into(entry: Mapping[str, Any], folder: str, trainer: str) -> None:
    messages = logging.getLogger("emtvb")  # without a time: whoever prints a line adds its own
    messages.setLevel(logging.INFO)
    messages.addHandler(logging.StreamHandler())
    # Where the engine cannot be had, nothing is compared with what it gave.
    trainer = "compiled" if trainer in promises.TRAINERS else trainer
    train_shard([orders.run_from_entry(entry)], Outputs.of(Path(folder), "again"), "again", trainer)


if __name__ == "__main__":
    _train_into(*json.loads(sys.argv[1]))
