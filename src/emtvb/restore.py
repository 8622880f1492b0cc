"""Snakemake's memory of what made a file, rebuilt from the records beside the files.

Snakemake keeps it in ``.snakemake``, which a fresh clone or a copy does not have. The records are the truth, that
memory is a cache: what is missing there, older than a record, or of another recipe is written from it before the graph
is built. So it does not matter when a file was checked out or copied, and a changed recipe is seen.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord
from snakemake.persistence.file import FilePersistence

from emtvb import provenance
from emtvb.errors import InputError
from emtvb.provenance import Record

log = logging.getLogger(__name__)


def restore(folder: Path, memory: Path = Path(".snakemake")) -> int:
    """Make Snakemake remember the outputs of an experiment; returns how many it had forgotten.

    Args:
        folder: The experiment's folder, as the workflow's rules spell it.
        memory: Snakemake's own folder.
    """
    paths = list(provenance.record_files(folder))
    if not paths:
        return 0
    store = FilePersistence(path=memory.absolute())
    forgotten = 0
    for path in paths:
        try:
            record = provenance.read(path)
        except InputError as error:
            log.warning("%s", error)
            continue
        for output in record.outputs:
            name = str(folder / output)
            remembered = Path(store._record_path(store._metadata_path, name))
            if _time(remembered) < _time(path) or not _is_of(record, remembered):
                store._write_record(name, _remembered(record, folder))
                forgotten += 1
    return forgotten


def _remembered(record: Record, folder: Path) -> MetadataRecord:
    """What Snakemake would have kept."""
    inputs = {str(folder / path): f"sha256:{digest}" for path, digest in record.inputs.items()}
    return MetadataRecord(
        rule=record.rule,
        input=sorted(inputs),
        params=[_param(record)],
        input_checksums=inputs,
        incomplete=False,
        record_format_version=RECORD_FORMAT_VERSION,
    )


def _is_of(record: Record, remembered: Path) -> bool:
    """Whether Snakemake remembers this record's recipe, and not that of results that lay here before."""
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
