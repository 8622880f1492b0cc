"""What the page holds of its networks, in one file: weights, two bases, and what was measured."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emtvb.errors import DAMAGED, InputError
from emtvb.files import atomic


@dataclass(frozen=True, eq=False)
class Shown:
    """One network on the page.

    Attributes:
        about: Plain data: its name (``id``), its settings, its task, the picture 3-1-5 in the task's size, what was
            measured of it, and by basis what was measured of that.
        weights: W_uh (hidden, d), W_hh (hidden, hidden), W_r (d, hidden); none where another program runs it.
        bases: By name ``basis`` (hidden, kept), ``dual`` (kept, hidden) and ``centre`` (hidden,).
    """

    about: dict[str, Any]
    weights: dict[str, np.ndarray]
    bases: dict[str, dict[str, np.ndarray]]

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data, arrays as base64 of little-endian float32, row by row.

        Where there are weights, ``gain`` is the largest modulus of the eigenvalues of W_hh, to six decimals, which are
        the same on every computer.
        """
        about = {**self.about, **{name: _base64(array) for name, array in self.weights.items()}}
        if self.weights:
            eigenvalues = np.linalg.eigvals(self.weights["W_hh"].astype(np.float64))
            about["gain"] = round(float(np.abs(eigenvalues).max()), 6)
        about["bases"] = [
            {"name": name, **self.about["bases"][name], **{part: _base64(array) for part, array in arrays.items()}}
            for name, arrays in self.bases.items()
        ]
        return about


def write_networks(path: Path | str, shown: Sequence[Shown]) -> None:
    """Write networks as .npz, whole or not at all: ``about`` (JSON text) and arrays ``<id>/<name>``."""
    arrays = {"about": np.array(json.dumps([network.about for network in shown]))}
    for network in shown:
        run_id = network.about["id"]
        arrays |= {f"{run_id}/{name}": array for name, array in network.weights.items()}
        for basis, parts in network.bases.items():
            arrays |= {f"{run_id}/{basis}/{name}": array for name, array in parts.items()}
    with atomic(path) as temporary:
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]


def read_networks(path: Path | str) -> list[Shown]:
    """Read networks back.

    Raises:
        InputError: Where the file is missing or another's.
    """
    try:
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in stored.files}
        descriptions = json.loads(str(arrays.pop("about")))
        return [
            Shown(
                about,
                {name: arrays[f"{about['id']}/{name}"] for name in ("W_uh", "W_hh", "W_r")},
                {
                    basis: {name: arrays[f"{about['id']}/{basis}/{name}"] for name in ("basis", "dual", "centre")}
                    for basis in about["bases"]
                },
            )
            for about in descriptions
        ]
    except DAMAGED as error:
        raise InputError("page's networks", str(path), f"cannot be read ({error}); delete it and run again") from None


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()
