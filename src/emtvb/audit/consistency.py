"""Do weights, digests, records and tables speak of the same networks?"""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load_file

from emtvb.audit import compare
from emtvb.audit.report import AGAIN, Check, Finding
from emtvb.errors import DAMAGED, InputError
from emtvb.networks import Network, load_networks
from emtvb.running.packed import WEIGHTS
from emtvb.running.provenance import Record, sha256
from emtvb.streams.runs import AnyRun
from emtvb.training import curves, history
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
            data._table(files.outline, ids, of_steps=True)
            if files.weights.is_file():
                data._weights(files.weights, ids)
            if files.history.is_file() and files.outline.is_file():
                data._outline(files)
            if shard in trainings:
                data._record(trainings[shard], records[trainings[shard]], ids)
        everything = [run.run_id for runs in shards.values() for run in runs]
        data._listed(folder / "digests.csv", everything, "digests.csv of the experiment")
        data._others(records)
        return data

    def _find(self, path: Path, problem: str) -> None:
        """Something is wrong with a file."""
        self.findings.append(Finding(path.relative_to(self.folder).as_posix(), problem, AGAIN))

    def _table(self, path: Path, ids: Sequence[str], of_steps: bool = False) -> list[dict[str, str]]:
        """The rows of a table that has these runs and no others; nothing where it is not there, as integrity says.

        Args:
            path: Where the table lies.
            ids: The runs.
            of_steps: Whether it has a row for each step of a run, instead of one for each run.
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
        self._compare_runs(path, ids, set(listed) if of_steps else listed)
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
        for run_id, network in networks.items():
            self.digests[run_id]["its weights"] = network.digest()
        self.networks |= {run_id: networks[run_id] for run_id in ids if run_id in networks}

    def _outline(self, files: Outputs) -> None:
        try:
            whole, drawn = history.read(files.history), history.read(files.outline)
        except (KeyError, TypeError, ValueError, OSError, csv.Error) as error:
            self._find(files.outline, f"cannot be read (it or its learning curve: {error})")
            return
        for run_id, rows in whole.items():
            if repr(curves.thin(rows)) != repr(drawn.get(run_id)):
                self._find(files.outline, f"{run_id} is not drawn as its learning curve says")

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


def _digests(data: RunData, shards: Mapping[str, Sequence[AnyRun]]) -> Iterator[Finding]:
    """Runs of whose weights different files have different digests."""
    for run in (run for runs in shards.values() for run in runs):
        digests = data.digests.get(run.run_id, {})
        if len(set(digests.values())) > 1:
            listing = ", ".join(f"{digest[:12] or 'none'} by {place}" for place, digest in digests.items())
            yield Finding(run.run_id, f"its weights have more than one digest: {listing}", _FORGED)


def _repeats(data: RunData) -> Iterator[Finding]:
    """Runs that have another's weights or measurements, and are not the same network.

    Runs that differ by their threshold alone are one network where neither reached it.
    """
    digests = {run_id: next(iter(said.values()), "") for run_id, said in data.digests.items()}
    first: dict[str, str] = {}
    of: dict[str, str] = {}
    for run_id, row in data.measured.items():
        if not 0 < compare.number(row.get("largest_modulus", "")) < math.inf:  # diverged, or all weights are 0
            continue
        digest = digests.get(run_id, "")
        twin = first.setdefault(digest, run_id) if digest else run_id
        if _but_threshold(twin) != _but_threshold(run_id):
            yield Finding(run_id, f"has the weights of {twin}", _FORGED)
        values = ",".join(value for name, value in row.items() if name != "run_id")
        other = of.setdefault(values, run_id)
        if other != run_id and digest != digests.get(other, ""):
            yield Finding(run_id, f"was measured to the last digit as {other}, and is another network", _FORGED)


def _angles(data: RunData) -> Iterator[Finding]:
    """Networks whose published spectral error is smaller than that of the best assignment of eigenvalues."""
    for run_id, row in data.measured.items():
        error, best = row.get("spectral_error", ""), row.get("optimal_spectral_error", "")
        if 0 < compare.number(error) < math.inf and not 0 < compare.number(best) <= compare.number(error) + ANGLE:
            problem = f"spectral_error is {error}, and no assignment of eigenvalues gives less than {best or 'none'}"
            yield Finding(run_id, problem, _FORGED)


def _content(path: Path) -> str:
    """A digest of the arrays in a file of weights, whatever they are called; of the file where it is none."""
    try:
        arrays = load_file(path)
    except (SafetensorError, *DAMAGED):
        return sha256(path)
    return hashlib.sha256(b"".join(arrays[name].tobytes() for name in sorted(arrays))).hexdigest()


def _but_threshold(run_id: str) -> str:
    return re.sub(r"_thr-[^_]+", "", run_id)
