"""Snakemake's memory of what made a file, rebuilt from the records beside the files.

Snakemake keeps it in ``.snakemake``, which a fresh clone or a copy does not have. The records are the truth, that
memory is a cache: what is missing there, older than a record, or of another recipe is written from it before the graph
is built. So it does not matter when a file was checked out or copied, and a changed recipe is seen.

Snakemake looks into a file only where its time is newer. So every file is held to its record here: a job whose inputs
or outputs are not those that its record names is made to look as if another recipe had made it, and runs again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from emtvb.errors import InputError
from emtvb.running import provenance
from emtvb.running.provenance import Record

try:
    from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord
    from snakemake.persistence.file import FilePersistence
except ImportError:
    RECORD_FORMAT_VERSION = 0

KNOWN_FORMAT = 6
"""The form of Snakemake's memory (since 9.17) that is written here."""

log = logging.getLogger(__name__)


def restore(folder: Path, memory: Path = Path(".snakemake")) -> int:
    """Make Snakemake remember the outputs of an experiment; returns how many it had forgotten.

    Args:
        folder: The experiment's folder, as the workflow's rules spell it.
        memory: Snakemake's own folder.
    """
    records = dict(_readable(folder))
    if not records:
        return 0
    if RECORD_FORMAT_VERSION != KNOWN_FORMAT:
        log.warning(
            "this Snakemake keeps its memory in another form (%s, not %s): what .snakemake does not know is made again",
            RECORD_FORMAT_VERSION, KNOWN_FORMAT,
        )  # fmt: skip
        return 0
    try:
        return _restore(records, folder, FilePersistence(path=memory.absolute()))
    except (AttributeError, TypeError) as error:
        log.warning(
            "this Snakemake writes its memory in another way (%s): what .snakemake does not know is made again", error
        )
        return 0


def _restore(records: Mapping[Path, Record], folder: Path, store: FilePersistence) -> int:
    """Write what Snakemake lacks; returns how many outputs it had forgotten."""
    digest = cache(provenance.sha256)
    forgotten = 0
    for path, record in records.items():
        changed = _changed(record, folder, digest)
        if changed:
            log.warning("%s: not what its record says; %s is run again", ", ".join(changed[:3]), record.rule)
        for output in record.outputs:
            name = str(folder / output)
            remembered = Path(store._record_path(store._metadata_path, name))
            if changed:
                store._write_record(name, _remembered(record, folder, "files that are not what its record says"))
            elif _time(remembered) < _time(path) or not _is_of(record, remembered):
                store._write_record(name, _remembered(record, folder, _param(record)))
                forgotten += 1
    return forgotten


def _readable(folder: Path) -> Iterator[tuple[Path, Record]]:
    """The records of an experiment; of one that cannot be read, a word."""
    for path in provenance.record_files(folder):
        try:
            yield path, provenance.read(path)
        except InputError as error:
            log.warning("%s", error)


def _changed(record: Record, folder: Path, digest: Callable[[Path], str]) -> list[str]:
    """The files that a job read or wrote and that lie there as others now; one that is not there is none of them."""
    files: Mapping[str, str] = {**record.inputs, **record.outputs}
    return [name for name, known in files.items() if (folder / name).is_file() and digest(folder / name) != known]


def _remembered(record: Record, folder: Path, param: str) -> MetadataRecord:
    """What Snakemake would have kept."""
    inputs = {str(folder / path): f"sha256:{digest}" for path, digest in record.inputs.items()}
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
    return json.dumps(_param(record)) in remembered.read_text("utf-8")


def _param(record: Record) -> str:
    """A recipe as Snakemake keeps it."""
    return repr(json.dumps(record.recipe, sort_keys=True))


def _time(path: Path | str) -> float:
    """When a file was last written; long ago where there is none."""
    try:
        return Path(path).stat().st_mtime
    except OSError:
        return float("-inf")
