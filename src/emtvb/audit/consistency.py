"""Do weights, digests, records and tables speak of the same networks?"""

from __future__ import annotations

import csv
import hashlib
import math
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file

from emtvb.audit import compare, determinism
from emtvb.audit.report import AGAIN, Check, Finding
from emtvb.errors import DAMAGED, InputError
from emtvb.networks import NAMES, Network, load_networks
from emtvb.running.packed import WEIGHTS
from emtvb.running.provenance import Record, sha256
from emtvb.running.records import summary
from emtvb.runs import Run
from emtvb.streams.runs import AnyRun
from emtvb.training import curves, history
from emtvb.training.history import Row
from emtvb.training.shard import Outputs

ANGLE = 1e-6
"""Radians: beyond rounding by far, between two ways to sum the same angles."""

_FORGED = "train or measure it again; what is published for it cannot be trusted"


def consistency(data: RunData, shards: Mapping[str, Sequence[AnyRun]]) -> Check:
    """Hold to one another what weights, digests, records and tables say of each network.

    Args:
        data: What they say.
        shards: The experiment's runs, by shard.
    """
    findings = [
        *data.findings,
        *_digests(data, shards),
        *_repeats(data),
        *_twins(data, shards),
        *_angles(data),
    ]
    question = "Do weights, digests, records and tables speak of the same networks?"
    return Check("consistency", question, sum(map(len, shards.values())) + data.others, tuple(findings))


@dataclass
class RunData:
    """What different files say of each run, by run id.

    Attributes:
        folder: The experiment's folder.
        digests: The digest of its weights, by where that is said.
        networks: The network itself.
        measured: Its row of measurements.
        findings: Files that cannot be read, or have other runs than their shard, or another's weights.
        others: How many trained networks are in no shard.
    """

    folder: Path = Path()
    digests: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    networks: dict[str, Network] = field(default_factory=dict)
    measured: dict[str, dict[str, str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    others: int = 0

    @classmethod
    def read(cls, folder: Path, records: Mapping[Path, Record], shards: Mapping[str, Sequence[AnyRun]]) -> RunData:
        """What lies in an experiment's folder.

        Args:
            folder: The experiment's folder.
            records: Its records.
            shards: Its runs, by shard.
        """
        data = cls(folder)
        trainings = {record.shard: path for path, record in records.items() if record.shard}
        for shard, runs in shards.items():
            ids, files = [run.run_id for run in runs], Outputs.of(folder, shard)
            if data._listed(files.digests, ids, "digests.csv of its shard"):
                data._form(files.digests, ids)
            for row in data._table(folder / "measurements" / f"{shard}.csv", ids):
                data.measured[row["run_id"]] = row
            for path in sorted({*folder.glob(f"measurements/*/{shard}.csv")} - {files.outline}):
                data._table(path, ids, of_some=path.parent.name != "solutions")
            if files.weights.is_file():
                data._weights(files.weights, ids)
            data._curves(files, runs)
            if shard in trainings:
                data._record(trainings[shard], records[trainings[shard]], ids)
        everything = [run.run_id for runs in shards.values() for run in runs]
        data._listed(folder / "digests.csv", everything, "digests.csv of the experiment")
        data._others(records)
        return data

    def lives(self, run_id: str) -> bool:
        """Whether recurrent weights are numbers, and some not 0: of a network, or by its row where it is not here."""
        if network := self.networks.get(run_id):
            return network.is_finite() and bool(network.W_hh.any())
        return 0 < compare.number(self.measured.get(run_id, {}).get("largest_modulus", "")) < math.inf

    def _find(self, path: Path, problem: str) -> None:
        """Something is wrong with a file."""
        self.findings.append(Finding(path.relative_to(self.folder).as_posix(), problem, AGAIN))

    def _table(self, path: Path, ids: Sequence[str], of_some: bool = False) -> list[dict[str, str]]:
        """The rows of a table that has these runs and no others; nothing where it is not there, as integrity says.

        Args:
            path: Where the table lies.
            ids: The runs.
            of_some: Whether it has several rows of some of the runs, instead of one of each.
        """
        if not path.is_file():
            return []
        try:
            header, *cells = compare.rows(path) or [[]]
            if "run_id" not in header:
                raise csv.Error("it has no column run_id")
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            self._find(path, f"cannot be read ({error})")
            return []
        table = [dict(zip(header, row, strict=True)) for row in cells]
        listed = [row["run_id"] for row in table]
        self._compare_runs(path, {*ids} & {*listed} if of_some else ids, {*listed} if of_some else listed)
        return table

    def _listed(self, path: Path, ids: Sequence[str], place: str) -> bool:
        """Take the digests of runs from a table; whether it has any."""
        table = self._table(path, ids)
        for row in table:
            self.digests[row["run_id"]][place] = row.get("weights_sha256", "")
        return bool(table)

    def _form(self, path: Path, ids: Sequence[str]) -> None:
        """No job makes a shard's digests again but its training: so they are held to how that writes them."""
        rows = [(run_id, self.digests[run_id].get("digests.csv of its shard", "")) for run_id in ids]
        text = "".join(f"{','.join(row)}\n" for row in (("run_id", "weights_sha256"), *rows))
        if path.read_bytes() != text.encode():
            self._find(path, "is not as a training writes it, with two columns and a row per run, in their order")

    def _weights(self, path: Path, ids: Sequence[str]) -> None:
        try:
            networks = load_networks(path)
        except InputError as error:
            self._find(path, f"cannot be read ({error.remedy})")
            return
        self._compare_runs(path, ids, networks)
        with safe_open(path, framework="numpy") as stored:
            if more := sorted({*stored.keys()} - {f"{run_id}/{name}" for run_id in networks for name in NAMES}):
                self._find(path, f"holds more than networks: {summary(more)}")
        for run_id, network in networks.items():
            self.digests[run_id]["its weights"] = network.digest()
        self.networks |= {run_id: networks[run_id] for run_id in ids if run_id in networks}

    def _curves(self, files: Outputs, runs: Sequence[AnyRun]) -> None:
        """Take a shard's learning curves, whole and in outline, where they lie there."""
        whole, outline = self._curve(files.history, runs), self._curve(files.outline, runs, is_outline=True)
        for run_id in whole.keys() & outline.keys():
            if repr(curves.thin(whole[run_id])) != repr(outline[run_id]):
                self._find(files.outline, f"{run_id} is not drawn as its learning curve says")

    def _curve(self, path: Path, runs: Sequence[AnyRun], is_outline: bool = False) -> dict[str, list[Row]]:
        """No job makes curves again but a training: so they are held to how that writes them."""
        if not path.is_file():
            return {}
        try:
            there = history.read(path)
            own = {run.run_id: there[run.run_id] for run in runs if run.run_id in there}
            with tempfile.TemporaryDirectory() as name:
                history.write(Path(name) / "again.csv", own)
                as_written = path.read_bytes() == (Path(name) / "again.csv").read_bytes()
        except (KeyError, TypeError, ValueError, OSError, csv.Error) as error:
            self._find(path, f"cannot be read ({error})")
            return {}
        self._compare_runs(path, [run.run_id for run in runs], there)
        if not as_written and own.keys() == there.keys():
            self._find(path, f"is not as a training writes it, with the columns {', '.join(history.COLUMNS)}")
        for run in runs:
            steps = [row.step for row in own.get(run.run_id, ())]
            if steps and steps != _kept_steps(run.protocol.steps, is_outline):
                self._find(path, f"{run.run_id} has other steps than a training keeps")
                del own[run.run_id]
        return own

    def _record(self, path: Path, record: Record, ids: Sequence[str]) -> None:
        if not record.runs:
            self._find(path, "does not say who trained its runs")
            return
        self._compare_runs(path, ids, record.runs)
        for run_id, about in record.runs.items():
            self.digests[run_id]["the record of its training"] = str(about.get("weights", ""))

    def _others(self, records: Mapping[Path, Record]) -> None:
        """Networks that are in no shard have weights of their own."""
        of_none = [record for record in records.values() if record.shard is None]
        names = [name for record in of_none for name in record.outputs if Path(name).name == WEIGHTS]
        first: dict[str, str] = {}
        for name in names:
            if (self.folder / name).is_file():
                other = first.setdefault(_content(self.folder / name), name)
                if other != name:
                    self._find(self.folder / name, f"has the weights of {other}")
        self.others = len(names)

    def _compare_runs(self, path: Path, ids: Iterable[str], listed: Iterable[str]) -> None:
        """A file that should have these runs, each of them once, lists those."""
        expected, there = Counter(ids), Counter(list(listed))  # of a mapping, its keys
        for run_id in sorted(there - expected):
            problem = "has more than one row" if run_id in expected else "is not one of its runs"
            self._find(path, f"{run_id} {problem}")
        for run_id in sorted(expected - there):
            self._find(path, f"{run_id} is missing")


@cache
def _kept_steps(steps: int, of_outline: bool) -> list[int]:
    """The steps that a learning curve has rows of, or its outline."""
    rows = [Row(step, 0.0, 0.0, 0) for step in history.kept_steps(steps)]
    return [row.step for row in (curves.thin(rows) if of_outline else rows)]


def _digests(data: RunData, shards: Mapping[str, Sequence[AnyRun]]) -> Iterator[Finding]:
    """Runs of whose weights different files have different digests."""
    for run in (run for runs in shards.values() for run in runs):
        digests = data.digests.get(run.run_id, {})
        if len(set(digests.values())) > 1:
            listing = ", ".join(f"{digest[:12] or 'none'} by {place}" for place, digest in digests.items())
            yield Finding(run.run_id, f"its weights have more than one digest: {listing}", _FORGED)


def _repeats(data: RunData) -> Iterator[Finding]:
    """Runs that have another's weights or measurements, and are not the same network.

    Runs that differ by their threshold alone are one network where neither reached it. Networks that diverged, or whose
    recurrent weights are all 0, can be the same without being another's.
    """
    first: dict[str, str] = {}
    of: dict[str, str] = {}
    for run_id in filter(data.lives, data.digests):
        digest = next(filter(None, data.digests[run_id].values()), "")
        twin = first.setdefault(digest, run_id) if digest else run_id
        if _but_threshold(twin) != _but_threshold(run_id):
            yield Finding(run_id, f"has the weights of {twin}", _FORGED)
        values = ",".join(value for name, value in data.measured.get(run_id, {}).items() if name != "run_id")
        other = of.setdefault(values, run_id) if values else run_id
        if other != run_id and digest not in data.digests[other].values():
            yield Finding(run_id, f"was measured to the last digit as {other}, and is another network", _FORGED)


def _twins(data: RunData, shards: Mapping[str, Sequence[AnyRun]]) -> Iterator[Finding]:
    """Rounding twins that are no networks of their own, but other runs' of the experiments beside theirs."""
    twins = {run.run_id for runs in shards.values() for run in runs if isinstance(run, Run) and run.twin}
    of: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for path in sorted(data.folder.resolve().parent.glob("*/digests.csv")) if twins else ():
        if path.parent != data.folder.resolve():
            with suppress(InputError):  # as its own audit says
                for run_id, digest in determinism.read_digests(path).items():
                    of[digest].add((run_id, path.parent.name))
    for run_id in sorted(filter(data.lives, twins)):
        for digest in {*data.digests[run_id].values()}:
            for other, experiment in sorted(of.get(digest, ())):
                if _but_threshold(other) != _but_threshold(run_id):
                    yield Finding(run_id, f"has the weights of {other} of {experiment}", _FORGED)


def _angles(data: RunData) -> Iterator[Finding]:
    """Networks whose published spectral error is smaller than that of the best assignment of eigenvalues."""
    for run_id, row in data.measured.items():
        published, optimal = row.get("spectral_error", ""), row.get("optimal_spectral_error", "")
        error, best = compare.number(published), compare.number(optimal)
        if error < math.inf and not (0 <= best <= error + ANGLE and (best > 0 or error <= ANGLE)):
            bound = f"no assignment of eigenvalues gives less than {optimal or 'none'}"
            problem = f"spectral_error is {published}, and {bound}"
            yield Finding(run_id, problem, _FORGED)


def _content(path: Path) -> str:
    """A digest of the numbers in a file of weights, whatever their names and types; of the file where it is none."""
    try:
        arrays = load_file(path)
    except (SafetensorError, *DAMAGED):
        return sha256(path)
    return hashlib.sha256(b"".join(arrays[name].astype("<f4").tobytes() for name in sorted(arrays))).hexdigest()


def _but_threshold(run_id: str) -> str:
    return re.sub(r"_thr-[^_]+", "", run_id)
