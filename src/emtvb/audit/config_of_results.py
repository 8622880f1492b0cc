"""The config to which an experiment's results are held."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emtvb.config import Experiment
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.making import provenance


@dataclass(frozen=True)
class Held:
    """A config.

    Attributes:
        experiment: What it states.
        description: Which it is, in words.
        root: The clone with the workflow that makes it.
        file: Where it is written; None where it is written nowhere.
    """

    experiment: Experiment
    description: str
    root: Path
    file: Path | None = None


def held_to(folder: Path, root: Path, file: Path | str | None = None) -> Held:
    """The config that the results in a folder are held to.

    That is the file that was given; else the clone's own, in ``config/``: the file that is called as the experiment, or
    ``config.yaml``, where it states it; else the settings beside the results.

    Args:
        folder: The experiment's folder.
        root: The clone.
        file: The config, where a user names one.

    Raises:
        InputError: Where the file states another experiment than lies there, or nothing can be read.
    """
    try:
        beside = kinds.load_experiment(folder / "settings.json")
    except InputError as error:
        beside, why = None, error
    if file is not None:
        given = kinds.load_experiment(file)
        if beside is not None and given.experiment != beside.experiment:
            remedy = f"{folder} holds the experiment {beside.experiment}; give its own config, or none"
            raise InputError("--config", f"{file}: experiment {given.experiment}", remedy)
        return Held(given, f"{file}, {_short_digest(Path(file))}", root, Path(file))
    name = folder.absolute().name if beside is None else beside.experiment
    for path in (root / "config" / f"{name}.yaml", root / "config" / "config.yaml"):
        if path.is_file() and (known := kinds.load_experiment(path)).experiment == name:
            return Held(known, f"{path.relative_to(root).as_posix()} of this clone, {_short_digest(path)}", root, path)
    if beside is None:
        raise why
    words = "settings.json beside the results, since this clone has no config of this name"
    return Held(beside, f"{words}, {_short_digest(folder / 'settings.json')}", root, folder / "settings.json")


def _short_digest(path: Path) -> str:
    return f"sha256 {provenance.sha256(path)[:16]}"
