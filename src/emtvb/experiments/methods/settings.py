"""A benchmark of methods as a config file states it: an experiment that trains no sweep of runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, field_validator, model_serializer, model_validator

from emtvb import config
from emtvb.config import Experiment
from emtvb.config.values import ExperimentName, Number, PositiveInt, Seed, Settings
from emtvb.errors import InputError
from emtvb.making.packed_weights import PACKED
from emtvb.theory.runs import to_entry

_OWN: Mapping[str, tuple[str, ...]] = {
    "store": ("code", "condition", "noise", "shown", "all_times"),
    "flip-flop": ("units", "steps"),
    "match": ("units", "steps"),
    "mixer": ("units", "steps"),
    "published": ("run",),
}
"""The settings that each kind of network has."""


class NetworkSettings(Settings):
    """A network that methods are compared on."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=60)]
    """What tables and figures call it."""
    kind: Literal["store", "flip-flop", "match", "mixer", "published"]
    """store: a network built by hand; flip-flop, match: a GRU that learns a 3-bit flip-flop or a delayed match; mixer:
    a block similar to RWKV that learns to keep three bits; published: a network of ours on one of the paper's tasks."""
    code: Literal["plain", "product", "rotation", "redundant"] = "plain"
    """For a store: how it holds v (plain, product, rotation or redundant)."""
    condition: Annotated[Number, Field(ge=1, le=1e6)] = 1.0
    """For a store: the condition number of the map from code to state."""
    noise: Annotated[Number, Field(ge=0, le=1e3)] = 1.0
    """For a store: the size of the noise in its state."""
    shown: StrictBool = False
    """For a store: whether the second factor of a product is an output."""
    all_times: StrictBool = False
    """For a store: whether to fit over nine steps instead of at the step of the edit."""
    units: Annotated[StrictInt, Field(ge=2, le=1024)] = 32
    """For trained networks: the number of units."""
    steps: PositiveInt = 500
    """For trained networks: the number of steps of Adam."""
    run: str | None = None
    """The run of a published network."""

    @model_serializer
    def _own_alone(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("name", "kind", *_OWN[self.kind])}

    @model_validator(mode="after")
    def _of_its_kind(self) -> NetworkSettings:
        foreign = sorted(self.model_fields_set - {"name", "kind", *_OWN[self.kind]})
        if foreign:
            raise ValueError(f"{foreign[0]} is none of its settings; {self.kind} has {', '.join(_OWN[self.kind])}")
        if self.kind == "published" and self.run is None:
            raise ValueError("published needs a run, such as run: T3_h128_l2-0.001_thr-0.98_seed3")
        return self


class MethodsSettings(Settings):
    """A comparison of methods."""

    seed: Seed = 0
    """Seed of all random numbers."""
    das_k: list[Annotated[StrictInt, Field(ge=1, le=64)]] = Field([1, 2, 4], min_length=1)
    """Numbers of directions per variable that DAS tries; the best is used."""
    das_steps: PositiveInt = 200
    """Steps of Adam in each DAS."""
    published: ExperimentName = "paper"
    """The experiment in the same results folder whose networks are taken."""
    networks: list[NetworkSettings] = Field(min_length=1)
    """The networks."""

    @field_validator("networks")
    @classmethod
    def _differ(cls, networks: list[NetworkSettings]) -> list[NetworkSettings]:
        names = [network.name for network in networks]
        repeated = next((name for name in names if names.count(name) > 1), None)
        if repeated is not None:
            raise ValueError(f"{repeated} occurs twice; rename one")
        return networks


class Benchmark(Experiment):
    """An experiment that compares methods. It has an experiment's name and no runs."""

    methods: MethodsSettings
    """What is compared."""

    def in_words(self) -> str:
        """What it comes to, in a few words."""
        return f"methods on {len(self.methods.networks)} networks"


def published(methods: MethodsSettings, root: Path) -> dict[str, list[tuple[dict[str, Any], str]]]:
    """The published runs that a benchmark takes, by the names of its networks; nothing of a network that is made.

    Args:
        methods: The benchmark.
        root: Where experiments lie beside each other.

    Returns:
        Of each such network one run, as it is measured, with the place of its packed weights.

    Raises:
        InputError: Where the experiment is not there, has no such run, or its weights are not packed.
    """
    wanted = {network.name: network.run for network in methods.networks if network.run is not None}
    if not wanted:
        return {}
    folder = root / methods.published
    if not (folder / "runs.csv").is_file():
        raise InputError("methods.published", str(folder), "no such experiment; its runs are compared on")
    by_shard = config.load(folder / "settings.json").read_runs(folder / "runs.csv")
    runs = {run.run_id: (run, folder / "training" / shard / PACKED) for shard, part in by_shard.items() for run in part}
    for run_id in wanted.values():
        if run_id not in runs:
            raise InputError("methods.networks: run", run_id, f"no run of {folder}; its runs.csv lists all")
        if not runs[run_id][1].is_file():
            raise InputError("weights", str(runs[run_id][1]), f"not there; emtvb pack {folder} makes it")
    found = {name: runs[run_id] for name, run_id in wanted.items()}
    return {name: [(to_entry(run), os.path.normpath(weights))] for name, (run, weights) in found.items()}
