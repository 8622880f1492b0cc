"""Do all records and tables tell one story? What one of them says is held to what the others say, for every run.

A forger who changes a file can make its hash fit. He then has to change everything that speaks of the same run: the
digest of its weights in three tables, its row among others', what the workflow reads, dates, commits, engines.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from emtvb.audit.currency import key_of
from emtvb.audit.plan import Plan, flat
from emtvb.audit.report import Check, Finding
from emtvb.errors import InputError
from emtvb.networks import load_networks
from emtvb.running import git
from emtvb.running.provenance import Record
from emtvb.runs import Run
from emtvb.training.shard import Outputs

CLOCKS = timedelta(minutes=5)
"""By how much the clocks of two machines may differ."""

_ENVIRONMENT = ("python", "platform", "machine", "cpu", "threads")
"""What every record says beside the versions of the libraries that its recipe names."""

_FORGED = "train or measure it again; what is published for it cannot be trusted"
_AGAIN = "make it anew: snakemake --force and its path"
_ENGINES = {"kernel.py": "compiled", "plain.py": "torch", "reference.py": "reference", "lockstep.py": "cuda"}
"""By the module of the training package that only it enters, what trained."""


def consistency(
    folder: Path, records: Mapping[Path, Record], plan: Plan, shards: Mapping[str, Sequence[Run]], root: Path,
    earlier: tuple[Sequence[Finding], str] = ((), ""),
) -> Check:  # fmt: skip
    """Hold records and tables to one another, to the rules of the workflow and to git.

    Args:
        folder: The experiment's folder.
        records: Its records, by their path.
        plan: What each job has to read and make.
        shards: The experiment's runs, by shard.
        root: The clone.
        earlier: What is wrong with the audit that lies there, and what else there is to say of it.
    """
    notes: list[str] = [earlier[1]] if earlier[1] else []
    told = Told.read(folder, records, shards)
    findings = [
        *_files(records, plan),
        *_dates(records),
        *_environments(records),
        *_commits(records, root, notes),
        *_runs(told, shards),
        *_repeats(told),
        *earlier[0],
    ]
    count = len(records) + sum(map(len, shards.values()))
    question = "Do all records and tables tell one story: of which runs, from which files and commit, when, on what?"
    return Check("consistency", question, count, tuple(findings), " ".join(notes))


@dataclass
class Told:
    """What different files say of each run, by run id.

    Attributes:
        digests: The digest of its weights, by where that is said.
        measured: Its row of measurements.
        curves: The outline of its learning curve, as text.
        unreadable: Files that say nothing, and why.
        strangers: Runs that a shard's file has and its shard does not, and the reverse.
    """

    digests: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    measured: dict[str, dict[str, str]] = field(default_factory=dict)
    curves: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    strangers: list[tuple[str, str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path, records: Mapping[Path, Record], shards: Mapping[str, Sequence[Run]]) -> Told:
        """What lies in a folder."""
        told = cls()
        trainings = {r.wildcards.get("shard"): (path, r) for path, r in records.items() if r.rule == "train_shard"}
        for shard, runs in shards.items():
            ids = [run.run_id for run in runs]
            files = Outputs.of(folder, shard)
            rows = told._table(folder, files.digests, ids)
            for row in rows:
                told.digests[row["run_id"]]["digests.csv of its shard"] = row.get("weights_sha256", "")
            if files.weights.is_file():
                told._weights(folder, files.weights, ids)
            for row in told._table(folder, folder / "measurements" / f"{shard}.csv", ids):
                told.measured[row["run_id"]] = row
            curves: dict[str, list[str]] = defaultdict(list)
            for row in told._table(folder, files.outline, ids):
                curves[row["run_id"]].append(",".join(str(row[key]) for key in row if key != "run_id"))
            told.curves |= {run_id: "\n".join(lines) for run_id, lines in curves.items()}
            if shard in trainings:
                told._record(folder, *trainings[shard], ids)
        everything = [run.run_id for runs in shards.values() for run in runs]
        for row in told._table(folder, folder / "digests.csv", everything):
            told.digests[row["run_id"]]["digests.csv of the experiment"] = row.get("weights_sha256", "")
        return told

    def _table(self, folder: Path, path: Path, ids: Sequence[str]) -> list[dict[str, str]]:
        """The rows of a table that has these runs and no others; nothing where it is not there, as integrity says."""
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
        self._strangers(name, ids, [row["run_id"] for row in rows])
        return rows

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

    def _record(self, folder: Path, path: Path, record: Record, ids: Sequence[str]) -> None:
        name = path.relative_to(folder).as_posix()
        if not record.runs:
            self.unreadable[name] = "it does not say who trained its runs"
            return
        self._strangers(name, ids, list(record.runs))
        for run_id, about in record.runs.items():
            self.digests[run_id]["the record of its training"] = str(about.get("weights", ""))

    def _strangers(self, name: str, ids: Sequence[str], found: Sequence[str]) -> None:
        expected, there = set(ids), set(found)
        self.strangers += [(name, run_id, "is not one of its runs") for run_id in sorted(there - expected)]
        self.strangers += [(name, run_id, "is missing") for run_id in sorted(expected - there)]


def _files(records: Mapping[Path, Record], plan: Plan) -> Iterator[Finding]:
    """Records that name other files than the rule reads and makes."""
    jobs = {job.key: job for job in plan.jobs}
    for record in records.values():
        job = jobs.get(key_of(record))
        if job is not None:
            for what, told, meant in (
                ("reads", record.inputs, flat(job.inputs)),
                ("makes", record.outputs, flat(job.outputs)),
            ):
                if set(told) != set(meant):
                    gone, odd = sorted(set(meant) - set(told)), sorted(set(told) - set(meant))
                    said = [
                        f"not {', '.join(gone[:2])}" if gone else "",
                        f"but {', '.join(odd[:2])}" if odd else "",
                    ]
                    problem = f"its record says that the job {what} other files than its rule does: "
                    yield Finding(job.title, problem + ", ".join(filter(None, said)), _AGAIN)


def _dates(records: Mapping[Path, Record]) -> Iterator[Finding]:
    """Jobs that began before what they read was made, or have not ended yet."""
    maker = {output: record for record in records.values() for output in record.outputs}
    now = datetime.now(UTC)
    for record in records.values():
        ended = datetime.fromisoformat(record.made)
        if ended > now + CLOCKS:
            yield Finding(_job(record), f"made at {record.made}, says its record, and that is yet to come", _AGAIN)
        if record.seconds < 0 or (record.since and datetime.fromisoformat(record.since) > ended + CLOCKS):
            yield Finding(_job(record), f"made at {record.made}, says its record, and begun later", _AGAIN)
        began = ended - timedelta(seconds=max(record.seconds, 0))
        for name in record.inputs:
            made = maker.get(name)
            if made is not None and datetime.fromisoformat(made.since or made.made) > began + CLOCKS:
                problem = f"was made at {record.made} from {name}, which was not made before {made.since or made.made}"
                yield Finding(_job(record), problem, _AGAIN)
                break


def _environments(records: Mapping[Path, Record]) -> Iterator[Finding]:
    """Records that do not say on what a job ran, or name other libraries or engines than its recipe."""
    for record in records.values():
        odd = _odd(record.environment, record)
        if odd:
            yield Finding(_job(record), f"its record {odd}", _AGAIN)
        engine = _engine(record)
        for run_id, about in record.runs.items():
            parts = about.get("trained")
            if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
                yield Finding(run_id, "no record says who trained it", _AGAIN)
                continue
            others = sorted({str(part.get("engine")) for part in parts} - {engine})
            if engine and others:
                problem = f"its record says that {', '.join(others)} trained it, and that {engine} did"
                yield Finding(run_id, problem, _FORGED)
            odd = next(filter(None, (_odd(part, record) for part in parts)), "")
            if odd:
                yield Finding(run_id, f"the record of its training {odd}", _AGAIN)


def _odd(environment: Mapping[str, Any], record: Record) -> str:
    """What is wrong with an environment; empty where nothing is."""
    missing = [key for key in _ENVIRONMENT if key not in environment]
    missing += [key for key in ("python", "platform", "machine") if environment.get(key) == ""]
    if missing:
        return f"does not say on what it ran: no {', '.join(missing[:3])}"
    for library, version in record.recipe["versions"].items():
        there = str(environment.get(library, "none")).split("+")[0]
        if there != version:
            return f"says {library} {there} ran it, and {library} {version}"
    return ""


def _engine(record: Record) -> str:
    """What a training's recipe trains with; empty where it is no training of ours."""
    if record.rule != "train_shard":
        return ""
    code = {name.rpartition("/")[2] for name in record.recipe["code"]}
    return next((engine for module, engine in _ENGINES.items() if module in code), "")


def _commits(records: Mapping[Path, Record], root: Path, notes: list[str]) -> Iterator[Finding]:
    """Commits that are none, that this clone does not know, or that are younger than what was made from them."""
    by_commit: dict[str, list[Record]] = defaultdict(list)
    for record in records.values():
        by_commit[record.commit].append(record)
    nameless = by_commit.pop("", [])
    if nameless and by_commit:
        yield from (Finding(_job(record), "its record names no commit, as others do", _AGAIN) for record in nameless)
    elif nameless:
        notes.append("The records name no commit: what made this was no git clone.")
    for commit in [commit for commit in by_commit if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit)]:
        for record in by_commit.pop(commit):
            yield Finding(_job(record), f"its record names a commit that can be none, {commit[:12]}", _AGAIN)
    known = _known(root, list(by_commit))
    if known is None:
        if by_commit:
            notes.append("Whether the commits exist was not asked: this is no whole git clone.")
        return
    for commit, made_from in by_commit.items():
        for record in made_from:
            if commit not in known:
                remedy = "fetch it, if it is elsewhere; else nobody can know what code made this"
                yield Finding(
                    _job(record), f"made from the commit {commit[:12]}, which this clone does not have", remedy
                )
            elif datetime.fromisoformat(record.made) < known[commit] - CLOCKS:
                problem = f"made at {record.made} from the commit {commit[:12]}, which is younger"
                yield Finding(_job(record), problem, _AGAIN)


def _known(root: Path, commits: Sequence[str]) -> dict[str, datetime] | None:
    """Those of the commits that a clone has, and when they were made; None where it is no clone, or not a whole one."""
    if not commits or git.ask_clone(root, "rev-parse") is None or git.is_shallow(root):
        return None
    there = git.ask_clone(root, "cat-file", "--batch-check", given="\n".join(commits) + "\n") or ""
    found = [line.split()[0] for line in there.splitlines() if line.split()[1:2] == ["commit"]]
    dates = git.ask_clone(root, "show", "--no-patch", "--format=%H %ct", *found) if found else ""
    pairs = (line.split() for line in (dates or "").splitlines() if line)
    return {commit: datetime.fromtimestamp(int(when), UTC) for commit, when in pairs}


def _runs(told: Told, shards: Mapping[str, Sequence[Run]]) -> Iterator[Finding]:
    """Files that speak of other runs than theirs, and digests that differ."""
    for name, why in told.unreadable.items():
        yield Finding(name, f"cannot be read ({why})", _AGAIN)
    for name, run_id, problem in told.strangers:
        yield Finding(name, f"{run_id} {problem}", _AGAIN)
    for runs in shards.values():
        for run in runs:
            digests = told.digests.get(run.run_id, {})
            if len(set(digests.values())) > 1:
                said = ", ".join(f"{digest[:12] or 'none'} by {place}" for place, digest in digests.items())
                yield Finding(run.run_id, f"its weights have more than one digest: {said}", _FORGED)


def _repeats(told: Told) -> Iterator[Finding]:
    """Runs that have another's measurements, learning curve or weights, and are not the same network.

    Runs that differ by their threshold alone are one network where neither reached it.
    """
    digest = {run_id: next(iter(digests.values()), "") for run_id, digests in told.digests.items()}
    measured = {run_id: row.get("largest_modulus", "") for run_id, row in told.measured.items()}
    empty = {run_id for run_id, value in measured.items() if not _is_number(value)}  # diverged, or all weights are 0
    for what, values in (("was measured", measured), ("learned", told.curves)):
        for first, run_id in _alike(values, empty):
            if digest.get(run_id) != digest.get(first):
                problem = f"{what} to the last digit as {first}, and is another network"
                yield Finding(run_id, problem, _FORGED)
    for first, run_id in _alike(digest, empty):
        if _but_threshold(run_id) != _but_threshold(first):
            yield Finding(run_id, f"has the weights of {first}", _FORGED)
        elif _but_run(told.measured.get(run_id)) != _but_run(told.measured.get(first)):
            yield Finding(run_id, f"has the weights of {first}, and was measured otherwise", _FORGED)


def _alike(values: Mapping[str, str], without: Set[str]) -> Iterator[tuple[str, str]]:
    """The first run of each value, beside every other one that has it."""
    first: dict[str, str] = {}
    for run_id, value in values.items():
        if run_id not in without and first.setdefault(value, run_id) != run_id:
            yield first[value], run_id


def _is_number(text: str) -> bool:
    """Whether a measured modulus is one that no two networks share."""
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False


def _but_threshold(run_id: str) -> str:
    return re.sub(r"_thr-[^_]+", "", run_id)


def _but_run(row: Mapping[str, str] | None) -> list[str]:
    return [value for key, value in (row or {}).items() if key != "run_id"]


def _job(record: Record) -> str:
    """A job by its first output, which is how a reader finds it."""
    return next(iter(record.outputs), record.rule)
