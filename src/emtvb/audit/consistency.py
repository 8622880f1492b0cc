"""Do weights, digests, records and tables speak of the same networks?"""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load_file

from emtvb.audit.compare import number
from emtvb.audit.report import AGAIN, Check, Finding
from emtvb.errors import DAMAGED, InputError
from emtvb.networks import load_networks
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
        *(Finding(name, f"cannot be read ({why})", AGAIN) for name, why in data.unreadable.items()),
        *(Finding(name, problem, AGAIN) for name, problem in data.wrong),
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
        digests: The digest of its weights, by where that is said.
        measured: Its row of measurements.
        unreadable: Files that say nothing, and why.
        wrong: Files, and what is wrong with them: they have other runs than their shard, or another's weights.
        others: Trained networks that are in no shard.
    """

    digests: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    measured: dict[str, dict[str, str]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0

    @classmethod
    def read(cls, folder: Path, records: Mapping[Path, Record], shards: Mapping[str, Sequence[AnyRun]]) -> RunData:
        """What lies in an experiment's folder."""
        data = cls()
        trainings = {record.shard: (path, record) for path, record in records.items() if record.shard}
        for shard, runs in shards.items():
            ids, files = [run.run_id for run in runs], Outputs.of(folder, shard)
            for row in data._table(folder, files.digests, ids):
                data.digests[row["run_id"]]["digests.csv of its shard"] = row.get("weights_sha256", "")
            data._form(folder, files.digests, ids)
            for row in data._table(folder, folder / "measurements" / f"{shard}.csv", ids):
                data.measured[row["run_id"]] = row
            data._table(folder, files.outline, ids, once=False)
            if files.weights.is_file():
                data._weights(folder, files.weights, ids)
            if files.history.is_file() and files.outline.is_file():
                data._outline(folder, files)
            if shard in trainings:
                data._record(folder, *trainings[shard], ids)
        everything = [run.run_id for runs in shards.values() for run in runs]
        for row in data._table(folder, folder / "digests.csv", everything):
            data.digests[row["run_id"]]["digests.csv of the experiment"] = row.get("weights_sha256", "")
        data._others(folder, records)
        return data

    def _table(self, folder: Path, path: Path, ids: Sequence[str], once: bool = True) -> list[dict[str, str]]:
        """The rows of a table that has these runs and no others; nothing where it is not there, as integrity says.

        Args:
            folder: The experiment's folder.
            path: Where the table lies.
            ids: The runs.
            once: Whether it has one row of each.
        """
        name = path.relative_to(folder).as_posix()
        if not path.is_file():
            return []
        try:
            with path.open(newline="", encoding="utf-8") as table:
                rows = list(csv.DictReader(table, strict=True))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            self.unreadable[name] = str(error)
            return []
        if not all("run_id" in row for row in rows):
            self.unreadable[name] = "it has no column run_id"
            return []
        if any(None in row or None in row.values() for row in rows):
            self.unreadable[name] = "its rows are not of one length"
            return []
        there = [row["run_id"] for row in rows]
        self._strangers(name, ids, there)
        if once:
            again = sorted(run_id for run_id, count in Counter(there).items() if count > 1)
            self.wrong += [(name, f"{run_id} has more than one row") for run_id in again]
        return rows

    def _form(self, folder: Path, path: Path, ids: Sequence[str]) -> None:
        """No job makes a shard's digests again but its training: so they are held to how that writes them."""
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in self.unreadable:
            rows = [(run_id, self.digests[run_id].get("digests.csv of its shard", "")) for run_id in ids]
            text = "".join(f"{','.join(row)}\n" for row in (("run_id", "weights_sha256"), *rows))
            if path.read_bytes() != text.encode():
                problem = "is not as a training writes it, with two columns and a row per run, in their order"
                self.wrong.append((name, problem))

    def _others(self, folder: Path, records: Mapping[Path, Record]) -> None:
        """Networks that are in no shard have weights of their own."""
        of_none = [record for record in records.values() if record.shard is None]
        names = [name for record in of_none for name in record.outputs if Path(name).name == WEIGHTS]
        first: dict[str, str] = {}
        for name in names:
            if (folder / name).is_file():
                other = first.setdefault(_content(folder / name), name)
                if other != name:
                    self.wrong.append((name, f"has the weights of {other}"))
        self.others = len(names)

    def _weights(self, folder: Path, path: Path, ids: Sequence[str]) -> None:
        name = path.relative_to(folder).as_posix()
        try:
            networks = load_networks(path)
        except InputError as error:
            self.unreadable[name] = error.remedy
            return
        self._strangers(name, ids, list(networks))
        for run_id, network in networks.items():
            self.digests[run_id]["its weights"] = network.digest()

    def _outline(self, folder: Path, files: Outputs) -> None:
        name = files.outline.relative_to(folder).as_posix()
        try:
            whole, drawn = history.read(files.history), history.read(files.outline)
        except (KeyError, TypeError, ValueError, OSError, csv.Error) as error:
            self.unreadable[name] = f"it or its learning curve: {error}"
            return
        odd = [run_id for run_id, rows in whole.items() if repr(curves.thin(rows)) != repr(drawn.get(run_id))]
        self.wrong += [(name, f"{run_id} is not drawn as its learning curve says") for run_id in odd]

    def _record(self, folder: Path, path: Path, record: Record, ids: Sequence[str]) -> None:
        name = path.relative_to(folder).as_posix()
        if not record.runs:
            self.unreadable[name] = "it does not say who trained its runs"
            return
        self._strangers(name, ids, list(record.runs))
        for run_id, about in record.runs.items():
            self.digests[run_id]["the record of its training"] = str(about.get("weights", ""))

    def _strangers(self, name: str, ids: Sequence[str], listed: Sequence[str]) -> None:
        expected, there = set(ids), set(listed)
        self.wrong += [(name, f"{run_id} is not one of its runs") for run_id in sorted(there - expected)]
        self.wrong += [(name, f"{run_id} is missing") for run_id in sorted(expected - there)]


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
    first: dict[str, str] = {}
    of: dict[str, str] = {}
    for run_id, row in data.measured.items():
        if not 0 < number(row.get("largest_modulus", "")) < math.inf:  # diverged, or all weights are 0
            continue
        digest = next(iter(data.digests.get(run_id, {}).values()), "")
        twin = first.setdefault(digest, run_id) if digest else run_id
        if _but_threshold(twin) != _but_threshold(run_id):
            yield Finding(run_id, f"has the weights of {twin}", _FORGED)
        values = ",".join(value for name, value in row.items() if name != "run_id")
        other = of.setdefault(values, run_id)
        if other != run_id and digest != next(iter(data.digests.get(other, {}).values()), ""):
            yield Finding(run_id, f"was measured to the last digit as {other}, and is another network", _FORGED)


def _angles(data: RunData) -> Iterator[Finding]:
    """Networks whose published spectral error is smaller than that of the best assignment of eigenvalues."""
    for run_id, row in data.measured.items():
        error, best = row.get("spectral_error", ""), row.get("optimal_spectral_error", "")
        if 0 < number(error) < math.inf and not 0 < number(best) <= number(error) + ANGLE:
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
