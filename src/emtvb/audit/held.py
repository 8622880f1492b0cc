"""To which config an experiment is held: one that whoever made the results could not write along with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emtvb import kinds
from emtvb.config import Experiment
from emtvb.errors import InputError
from emtvb.running import provenance


@dataclass(frozen=True)
class Held:
    """A config.

    Attributes:
        experiment: What it states.
        description: Which it is, in words.
        root: The clone with the workflow that makes it.
    """

    experiment: Experiment
    description: str
    root: Path


def held_to(folder: Path, root: Path, file: Path | str | None = None) -> Held:
    """The config that the results in a folder are held to.

    That is the file that was given; else the clone's own, in ``config/``: the file that is called as the experiment, or
    the only one that states it. Which of several is meant is never guessed from what the results fit. An experiment
    that the clone does not know is its user's own: it can only be held to the settings that lie beside its results.

    Args:
        folder: The experiment's folder.
        root: The clone.
        file: The config, where a user names one.

    Raises:
        InputError: Where the file states another experiment than lies there, another experiment of the clone lies in
            the place of one, several of the clone's state it and none is called as it is, or nothing can be read.
    """
    try:
        beside = kinds.load(folder / "settings.json")
    except InputError as error:
        beside, why = None, error
    if file is not None:
        given = kinds.load(file)
        if beside is not None and given.experiment != beside.experiment:
            remedy = f"{folder} holds the experiment {beside.experiment}; give its own config, or none"
            raise InputError("--config", f"{file}: experiment {given.experiment}", remedy)
        return Held(given, f"{file}, {_digest(Path(file))}", root)
    place = folder.resolve().name
    called = {place, folder.absolute().name}  # the second is a link's own
    if beside is not None and any(name != beside.experiment and _known(root, name) for name in called):
        remedy = f"the settings.json there says that it holds {beside.experiment}; move it elsewhere, or give --config"
        raise InputError("results", str(folder), remedy)
    name = place if beside is None else beside.experiment
    if known := _known(root, name):
        named = [entry for entry in known if entry[0].stem == name]
        if len(known) > 1 and not named:
            several = ", ".join(path.name for path, _ in known)
            remedy = f"call the one that is meant {name}.yaml, or name it with --config"
            raise InputError("config", f"{several} all state {name}", remedy)
        path, experiment = (named or known)[0]
        return Held(experiment, f"{path.relative_to(root).as_posix()} of this clone, {_digest(path)}", root)
    if beside is None:
        raise why
    description = (
        f"settings.json beside the results, {_digest(folder / 'settings.json')}: this clone has no config of this "
        "name, and whoever made the results could write that file, too"
    )
    return Held(beside, description, root)


def _known(root: Path, name: str) -> list[tuple[Path, Experiment]]:
    """The clone's configs that state an experiment of a name."""
    configs = []
    for path in sorted((root / "config").glob("*.yaml")):
        try:
            experiment = kinds.load(path)
        except InputError:
            continue  # which is no config, or is being written
        if experiment.experiment == name:
            configs.append((path, experiment))
    return configs


def _digest(path: Path) -> str:
    return f"sha256 {provenance.sha256(path)[:16]}"
