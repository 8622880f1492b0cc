"""Weights that a clone has in its history alone.

A file of the work tree lies in a clone twice, once in its history, and weights do not compress. So that a clone stays
small, weights may be published by a commit and taken out of the tree by a later one. Whoever needs them still has them
at once: every version that was ever committed is in the clone, and the record of the training, which stays in the tree,
says which one is meant.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from emtvb.errors import InputError
from emtvb.files import atomic
from emtvb.running import git, provenance

_WEIGHTS = "weights.safetensors"


def bring_back(folder: Path) -> tuple[Path, ...]:
    """Put files of weights that are missing in an experiment's folder there, from the history of its clone.

    Only a version that has the sha256 of the file's record is taken. What history does not have, as that of a shallow
    clone, stays missing, as does everything where there is no git and no clone.

    Args:
        folder: The experiment's folder.

    Returns:
        What was put there.

    Raises:
        InputError: Where it cannot be written.
    """
    wanted = _missing(folder)
    back = []
    for name, blobs in (_versions(folder, list(wanted)) if wanted else {}).items():
        for blob in blobs:
            content = git.call("-C", str(folder), "cat-file", "blob", blob).stdout
            if hashlib.sha256(content).hexdigest() == wanted[name]:
                with atomic(folder / name) as temporary:
                    temporary.write_bytes(content)
                back.append(folder / name)
                break
    return tuple(back)


def _missing(folder: Path) -> dict[str, str]:
    """The files of weights that records tell of and that are not there, and their sha256."""
    found: dict[str, str] = {}
    for path in provenance.record_files(folder):
        try:
            outputs = provenance.read(path).outputs
        except InputError:  # a damaged record is told of where records are read for what they say
            continue
        found |= {name: known for name, known in outputs.items() if Path(name).name == _WEIGHTS}
    return {name: known for name, known in found.items() if not (folder / name).exists()}


def _versions(folder: Path, names: list[str]) -> dict[str, list[str]]:
    """The blobs that files were in the commits before the one that is checked out, the newest first."""
    commits = git.ask(folder, "--literal-pathspecs", "rev-list", "--full-history", "HEAD", "--", *names)
    how = ("diff-tree", "--stdin", "--root", "-m", "-r", "--raw", "-z", "--no-commit-id", "--no-renames", "--relative")
    told = git.ask(folder, "--literal-pathspecs", *how, "--", *names, given=commits) if commits else ""
    words = iter((told or "").split("\0"))
    found: dict[str, list[str]] = {}
    for change in words:
        if change.startswith(":"):
            blob = change.split()[3]
            blobs = found.setdefault(next(words), [])
            if set(blob) != {"0"} and blob not in blobs:
                blobs.append(blob)
    return found
