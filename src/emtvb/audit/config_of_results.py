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
    the only one that states it; else, of an experiment that the clone does not know, the settings beside its results.

    Args:
        folder: The experiment's folder.
        root: The clone.
        file: The config, where a user names one.

    Raises:
        InputError: Where the file states another experiment than lies there, several of the clone's files state it and
            none is called as it is, or nothing can be read.
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
        return Held(given, f"{file}, {_digest(Path(file))}", root, Path(file))
    name = folder.absolute().name if beside is None else beside.experiment
    known = _known(root, name)
    named = [path for path in known if path.stem == name]
    if len(known) > 1 and not named:
        several = ", ".join(path.name for path in known)
        raise InputError("config", f"{several} all state {name}", f"call one {name}.yaml, or name it with --config")
    if known:
        path = (named or [*known])[0]
        return Held(known[path], f"{path.relative_to(root).as_posix()} of this clone, {_digest(path)}", root, path)
    if beside is None:
        raise why
    words = "settings.json beside the results, since this clone has no config of this name"
    return Held(beside, f"{words}, {_digest(folder / 'settings.json')}", root, folder / "settings.json")


def _known(root: Path, name: str) -> dict[Path, Experiment]:
    """The clone's configs that state an experiment of a name, by their files."""
    configs = {}
    for path in sorted((root / "config").glob("*.yaml")):
        try:
            experiment = kinds.load_experiment(path)
        except InputError:
            continue  # which is no config, or is being written
        if experiment.experiment == name:
            configs[path] = experiment
    return configs


def _digest(path: Path) -> str:
    return f"sha256 {provenance.sha256(path)[:16]}"
