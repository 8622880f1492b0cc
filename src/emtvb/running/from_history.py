"""Weights that a clone has in its history alone.

A file of the work tree lies in a clone twice, once in its history, and git does not compress weights by much. So that a
clone stays small, weights may be published by a commit and taken out of the tree by a later one. Whoever needs them
still has them at once: every version that was ever committed is in the clone, and the record of the training, which
stays in the tree, says which one is meant.

The history may have them packed, as ``weights.planes.xz``: all bytes that are the first of four, then all second ones,
and so on, compressed. The bytes with exponents, which are much alike, then stand together, and networks that are in a
file twice (runs that differ in a threshold that was never reached) are there once.
"""

from __future__ import annotations

import hashlib
import lzma
from collections.abc import Iterator, Mapping
from pathlib import Path

from emtvb.errors import InputError
from emtvb.files import atomic
from emtvb.running import git, provenance

_WEIGHTS, _PACKED = "weights.safetensors", "weights.planes.xz"
_BYTES = 4
"""Of a number."""


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
    wanted = {name: known for name, known in _recorded(folder).items() if not (folder / name).exists()}
    back = []
    for name, content in _kept(folder, wanted):
        with atomic(folder / name) as temporary:
            temporary.write_bytes(content)
        back.append(folder / name)
    return tuple(back)


def pack(folder: Path) -> tuple[Path, ...]:
    """Write the weights of an experiment's folder that the history of its clone does not have packed beside them.

    Args:
        folder: The experiment's folder.

    Returns:
        What was written: to be committed, and taken out of the tree again.

    Raises:
        InputError: Where it cannot be written.
    """
    there = {name: known for name, known in _recorded(folder).items() if (folder / name).is_file()}
    kept = {name for name, _ in _kept(folder, there)}
    written = []
    for name in (name for name in there if name not in kept):
        path = (folder / name).with_name(_PACKED)
        with atomic(path) as temporary:
            temporary.write_bytes(packed((folder / name).read_bytes()))
        written.append(path)
    return tuple(written)


def packed(content: bytes) -> bytes:
    """The same in fewer bytes, if it is a file of weights."""
    return lzma.compress(b"".join(content[i::_BYTES] for i in range(_BYTES)), preset=9 | lzma.PRESET_EXTREME)


def unpacked(content: bytes) -> bytes:
    """What :func:`packed` packed.

    Raises:
        lzma.LZMAError: Where it did not.
    """
    planes = lzma.decompress(content)
    found, start = bytearray(len(planes)), 0
    for i in range(_BYTES):
        end = start + len(range(i, len(planes), _BYTES))
        found[i::_BYTES] = planes[start:end]
        start = end
    return bytes(found)


def _kept(folder: Path, wanted: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Of these files, with their sha256, those that the history has, and what is in them."""
    places = {str(Path(name).with_name(kept)): name for name in wanted for kept in (_WEIGHTS, _PACKED)}
    found = set()
    for place, blobs in (_versions(folder, list(places)) if places else {}).items():
        for blob in blobs if places[place] not in found else ():
            content = git.call("-C", str(folder), "cat-file", "blob", blob).stdout
            if Path(place).name == _PACKED:
                try:
                    content = unpacked(content)
                except (lzma.LZMAError, EOFError):
                    continue
            if hashlib.sha256(content).hexdigest() == wanted[places[place]]:
                found.add(places[place])
                yield places[place], content
                break


def _recorded(folder: Path) -> dict[str, str]:
    """The files of weights that records tell of, and their sha256."""
    found: dict[str, str] = {}
    for path in provenance.record_files(folder):
        try:
            outputs = provenance.read(path).outputs
        except InputError:  # a damaged record is told of where records are read for what they say
            continue
        found |= {name: known for name, known in outputs.items() if Path(name).name == _WEIGHTS}
    return found


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
