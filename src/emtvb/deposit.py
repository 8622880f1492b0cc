"""What one uploads to an archive for a DOI: the tracked files of a clone at its commit, without history, as one zip.

It is an RO-Crate (:mod:`emtvb.crate`): beside these files lies one that describes them, and every job that made them.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from emtvb import __version__, crate
from emtvb.errors import InputError
from emtvb.files import atomic
from emtvb.running import git, provenance
from emtvb.running.provenance import Record

ABOUT = ".zenodo.json"
"""What Zenodo reads of an upload."""


def target(root: Path, file: Path | None = None) -> Path:
    """The file of a clone's deposit, if it can be made.

    Args:
        root: The clone.
        file: Where to; ``emtvb-<version>.zip`` in the clone by default.

    Raises:
        InputError: Where there is no clone, a tracked file differs from its commit, the name is no zip's, or what lies
            there is no deposit.
    """
    there = (file or root / f"emtvb-{__version__}.zip").absolute()
    if there.is_dir():
        raise InputError("FILE", str(file), f"a folder; name a file, such as {there / f'emtvb-{__version__}.zip'}")
    if there.suffix != ".zip":
        raise InputError("FILE", str(file), "a deposit is a zip; name a file that ends in .zip")
    if os.path.lexists(there) and not _is_deposit(there):
        raise InputError("FILE", str(file or there), "is there, and no deposit of a clone; name another")
    if git.ask_clone(root, "rev-parse", "HEAD") is None:
        raise InputError("deposit", str(root), "no git clone; call this in one")
    if changed := (git.ask_clone(root, "status", "--porcelain", "--untracked-files=no") or "").splitlines():
        name = changed[0].split(maxsplit=1)[-1]
        raise InputError("deposit", f"{name} (of {len(changed)} files)", "differs from its commit; commit it first")
    return there


def write(root: Path, target: Path) -> None:
    """Write the deposit of a clone; its files lie below ``emtvb-<version>/``.

    Args:
        root: The clone.
        target: The zip file, as :func:`target` gives it.

    Raises:
        InputError: Where the zip cannot be written.
    """
    top, experiments = f"emtvb-{__version__}/", _published(root)
    with atomic(target) as unfinished:
        call = "-C", str(root), "archive", "--format=zip", "-9", f"--prefix={top}", f"--output={unfinished}", "HEAD"
        git.run("deposit", str(target), *call)
        if experiments:
            tracked = frozenset((git.ask_clone(root, "ls-files", "-z") or "").split("\0"))
            about = zipfile.ZipInfo(top + crate.METADATA, _date_time(experiments))
            about.external_attr = 0o644 << 16
            with zipfile.ZipFile(unfinished, "a") as archive:
                archive.writestr(about, crate.describe(root, experiments, tracked), zipfile.ZIP_DEFLATED)


def _is_deposit(file: Path) -> bool:
    """Whether a file is what :func:`write` writes, and so may be written anew."""
    try:
        with zipfile.ZipFile(file) as archive:
            return any(re.fullmatch(rf"emtvb-[^/]+/{re.escape(ABOUT)}", name) for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def _published(root: Path) -> dict[str, dict[Path, Record]]:
    """The records of the experiments in a clone's commit, by the experiments' names."""
    there = (git.ask_clone(root, "ls-files", "--", "results/*/settings.json") or "").splitlines()
    by_name = {Path(file).parent.name: provenance.read_all(root / Path(file).parent)[0] for file in there}
    return {name: dict(records) for name, records in by_name.items() if records}


def _date_time(experiments: Mapping[str, Mapping[Path, Record]]) -> tuple[int, int, int, int, int, int]:
    """When the last of their outputs was made, so that the same commit gives the same bytes."""
    last = datetime.fromisoformat(max(record.made for records in experiments.values() for record in records.values()))
    return last.year, last.month, last.day, last.hour, last.minute, last.second


def size(file: Path) -> tuple[int, int]:
    """The number of files in a deposit, and its bytes."""
    with zipfile.ZipFile(file) as archive:
        return sum(not name.endswith("/") for name in archive.namelist()), file.stat().st_size
