"""The config to which an experiment's results are held."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.experiments.checks import Checks
from emtvb.making import provenance


@dataclass(frozen=True)
class Held:
    """A config, and what is known of what it states.

    Attributes:
        name: The experiment's, which is that of its folder.
        root: The clone with the workflow that makes it.
        file: The config.
        description: Which it is, in words.
        kind: What is asked of its results.
        shards: The jobs that train its networks, by their names (the wildcard ``shard``); none where none do.
    """

    name: str
    root: Path
    file: Path
    description: str
    kind: Checks = field(default_factory=Checks)
    shards: Collection[str] = ()


def held_by(file: Path, root: Path, words: str) -> Held:
    """What a config file states, as results are held to it.

    Args:
        file: The config.
        root: The clone with the workflow that makes it.
        words: Which it is.

    Raises:
        InputError: Where it cannot be read or states no valid experiment.
    """
    experiment = kinds.load_experiment(file)
    described = f"{words}, sha256 {provenance.sha256(file)[:16]}"
    shards = experiment.shards().keys()
    return Held(experiment.experiment, root, file, described, kinds.kind_of(experiment), shards)


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
    settings = folder / "settings.json"
    try:
        beside = kinds.load_experiment(settings)
    except InputError as error:
        beside, why = None, error
    if file is not None:
        given = held_by(Path(file), root, str(file))
        if beside is not None and given.name != beside.experiment:
            remedy = f"{folder} holds the experiment {beside.experiment}; give its own config, or none"
            raise InputError("--config", f"{file}: experiment {given.name}", remedy)
        return given
    name = folder.absolute().name if beside is None else beside.experiment
    for path in (root / "config" / f"{name}.yaml", root / "config" / "config.yaml"):
        words = f"{path.relative_to(root).as_posix()} of this clone"
        if path.is_file() and (known := held_by(path, root, words)).name == name:
            return known
    if beside is None:
        raise why
    return held_by(settings, root, "settings.json beside the results, since this clone has no config of this name")
