"""Files appear whole or not at all: written beside their place, then renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emtvb.errors import InputError

if TYPE_CHECKING:  # what plans the workflow imports this, and needs no arrays
    import numpy as np


@contextmanager
def atomic(path: Path | str, *, durable: bool = False) -> Iterator[Path]:
    """A temporary path in the same folder (made if missing), renamed to ``path`` if the block ends well.

    The temporary name keeps the suffix, from which some writers choose a format.

    Args:
        path: The file.
        durable: Whether it must be on the disk, by its name, when the block ends: a power cut after that leaves it.

    Raises:
        InputError: Where the folder cannot be made or written.
    """
    path = Path(path)
    check_writable(path.parent)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        if durable:
            _sync(temporary)
        temporary.replace(path)
        if durable:
            _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_writable(folder: Path | str) -> Path:
    """Make the folder if it is missing and see that a file can be made in it.

    Raises:
        InputError: Where it cannot.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(
            "output folder", str(folder), f"cannot write there ({error.strerror}); choose another"
        ) from None
    return folder


def write_text(path: Path | str, text: str, *, durable: bool = False) -> None:
    """Write a text file, whole or not at all."""
    with atomic(path, durable=durable) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_tensors(
    path: Path | str, tensors: dict[str, np.ndarray], metadata: dict[str, str], *, durable: bool = False
) -> None:
    """Write arrays as safetensors, whole or not at all."""
    import numpy as np
    from safetensors.numpy import save

    content = save({name: np.ascontiguousarray(array) for name, array in tensors.items()}, metadata)
    with atomic(path, durable=durable) as temporary:
        temporary.write_bytes(content)  # not safetensors' own writer, which hides what the disk says


@contextmanager
def open_weights(path: Path | str) -> Iterator[Any]:
    """A safetensors file of trained weights, opened to be read.

    Raises:
        InputError: Where it is missing, may not be read, or what the block reads of it is damaged.
    """
    from safetensors import SafetensorError, safe_open

    if not os.path.isfile(path):
        raise InputError("weights file", str(path), "no such file; train the run first")
    try:
        with safe_open(path, framework="numpy") as stored:
            yield stored
    except InputError:
        raise
    except PermissionError as error:
        remedy = f"cannot be read ({error}); make it a file that you may read"
        raise InputError("weights file", str(path), remedy) from None
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        remedy = f"damaged or not safetensors ({error}); put it back, or delete it and its record and train again"
        raise InputError("weights file", str(path), remedy) from None
