"""Snakemake's memory of what made a file, rebuilt from the records beside the files, and files that are not theirs.

Snakemake keeps its memory in ``.snakemake``, which a fresh clone or a copy does not have. The records are the truth,
that memory is a cache: what is missing there, older than a record, or of another recipe is written from it before the
graph is built. So it does not matter when a file was checked out or copied, and a changed recipe is seen.

Snakemake looks into a file only where its time is newer. So every file is held to the records here. The workflow
changes a file and its record together: a file that is not what the record of its own job says was damaged, or replaced
by somebody, and no job may read it or write it anew before somebody has said which it should be. A job whose inputs
were made anew since, or are gone together with their record, is made to look as if another recipe had made it, and
runs again.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from emtvb.errors import InputError
from emtvb.running import provenance
from emtvb.running.provenance import Record
from emtvb.running.recipes import Recipe

try:
    from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord
    from snakemake.persistence.file import FilePersistence
except ImportError:
    RECORD_FORMAT_VERSION = 0

KNOWN_FORMAT = 6
"""The form of Snakemake's memory (since 9.17) that is written here."""

_UNREAD = "history.csv"
"""Learning curves: no job reads them, and none is run to make them alone."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Maker:
    """The job that made a file.

    Attributes:
        record: Where its record lies.
        rule: Its rule.
        wildcards: Its wildcards' values.
        inputs: All that it read, as the workflow's rules spell it.
        outputs: All that it made, likewise.
        recipe: Its recipe.
    """

    record: Path
    rule: str
    wildcards: Mapping[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    recipe: Mapping[str, Any]


@dataclass(frozen=True)
class Restored:
    """What the records say.

    Attributes:
        makers: By path, as the workflow's rules spell it, who made a file.
        damaged: The files that are not what their maker's record says.
    """

    makers: Mapping[str, Maker]
    damaged: frozenset[str]

    @cached_property
    def _jobs(self) -> dict[tuple[str, frozenset[tuple[str, str]]], Maker]:
        return {(maker.rule, frozenset(maker.wildcards.items())): maker for maker in self.makers.values()}

    def job(self, rule: str, wildcards: Mapping[str, str]) -> Maker | None:
        """The job of this rule and these wildcards' values, if it was run."""
        return self._jobs.get((rule, frozenset(wildcards.items())))


def restore(folder: Path, memory: Path = Path(".snakemake")) -> Restored:
    """Make Snakemake remember the outputs of an experiment; returns who made what, and what is not as it was made.

    Args:
        folder: The experiment's folder, as the workflow's rules spell it.
        memory: Snakemake's own folder.
    """
    records, unreadable = _records(folder)
    digest = cache(provenance.sha256)
    makers: dict[str, Maker] = {}
    damaged: set[str] = set()
    for path, record in records.items():
        inputs, outputs = (tuple(str(folder / name) for name in names) for names in (record.inputs, record.outputs))
        maker = Maker(path, record.rule, record.wildcards, inputs, outputs, record.recipe)
        makers.update(dict.fromkeys(maker.outputs, maker))
        for name in _others(record.outputs, folder, digest):
            if Path(name).name == _UNREAD:
                log.warning("%s: not what its record says; no job reads it, and the audit counts it", folder / name)
            else:
                damaged.add(str(folder / name))
    found = Restored(makers, frozenset(damaged))
    if not records:
        return found
    if RECORD_FORMAT_VERSION != KNOWN_FORMAT:
        log.warning(
            "this Snakemake keeps its memory in another form (%s, not %s): what .snakemake does not know is made again",
            RECORD_FORMAT_VERSION, KNOWN_FORMAT,
        )  # fmt: skip
        return found
    try:
        _remember(records, unreadable, found, folder, FilePersistence(path=memory.absolute()))
    except (AttributeError, TypeError) as error:
        log.warning(
            "this Snakemake writes its memory in another way (%s): what .snakemake does not know is made again", error
        )
    return found


def _remember(
    records: Mapping[Path, Record], unreadable: set[Path], found: Restored, folder: Path, store: FilePersistence
) -> None:
    """Write what Snakemake lacks, and that what read other inputs than lie there now is of other ones."""
    digest = cache(provenance.sha256)
    for path, record in records.items():
        gone = [name for name in record.inputs if _is_gone(name, folder, found, unreadable)]
        anew = [name for name in _others(record.inputs, folder, digest) if str(folder / name) not in found.damaged]
        for names, what in ((gone, "gone, and so is its record"), (anew, "another than the one that was read")):
            if names:
                log.warning("%s: %s; %s is run again", ", ".join(names[:3]), what, record.rule)
        for output in record.outputs:
            name = str(folder / output)
            remembered = Path(store._record_path(store._metadata_path, name))
            if gone or anew:
                store._write_record(name, _remembered(record, folder, "other inputs"))
            elif _time(remembered) < _time(path) or not _is_of(record, remembered):
                store._write_record(name, _remembered(record, folder, _param(record)))


def refuse(restored: Restored, files: Iterable[str], forced: Callable[[Maker], bool] = lambda _: False) -> None:
    """Raise InputError where one of a job's files is damaged; it says how to go on.

    Args:
        restored: What :func:`restore` found.
        files: A job's inputs and outputs, as the rules spell them.
        forced: Whether a job is asked to make its outputs again in any case.
    """
    held = [path for path in files if path in restored.damaged and not forced(restored.makers[path])]
    if held:
        record = restored.makers[held[0]].record
        more = f" (and {len(held) - 1} more files)" if len(held) > 1 else ""
        raise InputError(
            "results file",
            held[0] + more,
            f"not what its record {record} says; put it back as it was, or delete both, and the next call makes "
            "it again; to keep it as it is, delete the record alone",
        )


def difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What of a job's recipe is another now, in words; empty where nothing is."""
    words = ["settings"] if before["settings"] != now["settings"] else []
    words += sorted(
        name for name in {*before["code"], *now["code"]} if before["code"].get(name) != now["code"].get(name)
    )
    for library in sorted({*before["versions"], *now["versions"]}):
        versions = [recipe["versions"].get(library, "none") for recipe in (before, now)]
        words += [f"{library} {versions[0]} to {versions[1]}"] if versions[0] != versions[1] else []
    return ", ".join(words[:6]) + (f" and {len(words) - 6} more" if len(words) > 6 else "")


def _records(folder: Path) -> tuple[dict[Path, Record], set[Path]]:
    """The records of an experiment, and the folders in which one cannot be read, with a word about it."""
    records, unreadable = {}, set()
    for path in provenance.record_files(folder):
        try:
            records[path] = provenance.read(path)
        except InputError as error:
            log.warning("%s", error)
            unreadable.add(path.parent)
    return records, unreadable


def _others(files: Mapping[str, str], folder: Path, digest: Callable[[Path], str]) -> Iterator[str]:
    """The files that lie there with another sha256 than the one given; one that is not there is none of them."""
    return (name for name, known in files.items() if (folder / name).is_file() and digest(folder / name) != known)


def _is_gone(name: str, folder: Path, found: Restored, unreadable: set[Path]) -> bool:
    """Whether a file is not there and no record tells who made it, as one does of what was left out."""
    path = folder / name
    return str(path) not in found.makers and not path.is_file() and path.parent not in unreadable


def _remembered(record: Record, folder: Path, param: str) -> MetadataRecord:
    """What Snakemake would have kept."""
    inputs = {os.path.normpath(folder / path): f"sha256:{digest}" for path, digest in record.inputs.items()}
    return MetadataRecord(
        rule=record.rule,
        input=sorted(inputs),
        params=[param],
        input_checksums=inputs,
        incomplete=False,
        record_format_version=RECORD_FORMAT_VERSION,
    )


def _is_of(record: Record, remembered: Path) -> bool:
    """Whether Snakemake remembers this record's recipe, and not that of results that lay here before, or of others."""
    return json.dumps(_param(record)) in remembered.read_text("utf-8", errors="replace")


def _param(record: Record) -> str:
    """A recipe as Snakemake keeps it."""
    return repr(Recipe.of(record.recipe))


def _time(path: Path | str) -> float:
    """When a file was last written; long ago where there is none."""
    try:
        return Path(path).stat().st_mtime
    except OSError:
        return float("-inf")
