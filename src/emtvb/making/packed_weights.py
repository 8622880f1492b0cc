"""Weights as they are published: packed beside the record of their training, and unpacked where they are needed.

A file of weights hardly compresses as it is. Packed, all bytes that are the first of four come first, then all second
ones, and so on, by xz: the bytes with exponents, which are much alike, then stand together, and networks that are in a
file twice (runs that differ in a threshold that was never reached) are there once.

``python -m emtvb.making.packed_weights results/<experiment>`` packs the weights of an experiment.
"""

from __future__ import annotations

import hashlib
import lzma
import sys
from collections.abc import Iterator
from pathlib import Path

from emtvb.errors import InputError
from emtvb.files import atomic
from emtvb.making import recorded

WEIGHTS, PACKED = "weights.safetensors", "weights.planes.xz"
PACKABLE = (WEIGHTS, "followed.safetensors")
"""Files of weights that are published packed, by their names: of trained networks, and of networks during training."""
_SUFFIX = ".planes.xz"
_BYTES = 4
"""Of a number."""


def packed_path(weights: Path) -> Path:
    """Where a file of weights lies packed."""
    return weights.with_suffix(_SUFFIX)


def is_packed(path: Path) -> bool:
    """Whether a file is one of packed weights, by its name."""
    return path.name.endswith(_SUFFIX)


def unpack(folder: Path, below: Path | None = None) -> tuple[Path, ...]:
    """Put the files of weights that are missing in an experiment's folder there, from the packed ones beside them.

    Args:
        folder: The experiment's folder.
        below: A folder in it: only files in that.

    Returns:
        What was put there.

    Raises:
        InputError: Where a packed file is not what the record of its training says (the others are put there first),
            or nothing can be written.
    """
    back, damaged = [], []
    # Only where something is missing are records read: an experiment can have many thousands.
    wanted = [path.with_suffix("").with_suffix(".safetensors") for path in (below or folder).rglob(f"*{_SUFFIX}")]
    places = sorted({path.parent for path in wanted if not path.exists()})
    for path, digest in (found for place in places for found in _recorded(folder, place)):
        source = packed_path(path)
        if path.exists() or not source.is_file():
            continue
        try:
            content = unpacked(source.read_bytes())
        except (lzma.LZMAError, EOFError):
            content = b""
        if hashlib.sha256(content).hexdigest() != digest:
            damaged.append(source)
            continue
        with atomic(path) as temporary:
            temporary.write_bytes(content)
        back.append(path)
    if damaged:
        more = f" (and {len(damaged) - 1} more)" if len(damaged) > 1 else ""
        remedy = "not the weights that the record beside it tells of; take it out of the repository again"
        raise InputError("weights", f"{damaged[0]}{more}", remedy)
    return tuple(back)


def pack(folder: Path) -> tuple[Path, ...]:
    """Pack the weights of an experiment's folder beside them, to be published; one that is packed already is left.

    Args:
        folder: The experiment's folder.

    Returns:
        What was written.

    Raises:
        InputError: Where weights are not what the record of their training says, or nothing can be written.
    """
    written = []
    for path, digest in _recorded(folder, folder):
        target = packed_path(path)
        if not path.is_file() or is_of(target, digest):
            continue
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise InputError(
                "weights", str(path), "not what the record beside it says; train them again, or put them back"
            )
        with atomic(target) as temporary:
            temporary.write_bytes(packed(content))
        written.append(target)
    return tuple(written)


def is_of(path: Path, digest: str) -> bool:
    """Whether a packed file is there and holds the weights of a sha256."""
    try:
        return hashlib.sha256(unpacked(path.read_bytes())).hexdigest() == digest
    except (OSError, lzma.LZMAError, EOFError):
        return False


def packed(content: bytes) -> bytes:
    """The same in fewer bytes, if it is a file of weights."""
    return lzma.compress(b"".join(content[i::_BYTES] for i in range(_BYTES)), preset=9 | lzma.PRESET_EXTREME)


def unpacked(content: bytes) -> bytes:
    """What :func:`packed` packed.

    Raises:
        lzma.LZMAError: Where it did not.
    """
    stream = lzma.LZMADecompressor()
    planes = stream.decompress(content)
    if not stream.eof or stream.unused_data:
        raise lzma.LZMAError("it ends too early, or too late")
    whole, start = bytearray(len(planes)), 0
    for i in range(_BYTES):
        end = start + len(range(i, len(planes), _BYTES))
        whole[i::_BYTES] = planes[start:end]
        start = end
    return bytes(whole)


def _recorded(folder: Path, below: Path) -> Iterator[tuple[Path, str]]:
    """The files of weights that records in a folder of an experiment's tell of, and their sha256."""
    for record in recorded.read_all(below)[0].values():
        yield from ((folder / name, digest) for name, digest in record.outputs.items() if Path(name).name in PACKABLE)


if __name__ == "__main__":
    done = pack(Path(sys.argv[1]))
    print(*done, f"packed: {len(done)} files", sep="\n")
