"""A benchmark of methods as a config file states it: an experiment that trains no sweep of runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, ValidationError, field_validator, model_serializer, model_validator

from emtvb import config
from emtvb.architectures.runs import ArchitectureRun
from emtvb.config import Experiment, ExperimentName, Number, PositiveInt, Seed, Settings
from emtvb.errors import InputError
from emtvb.running.packed import PACKED
from emtvb.runs import Run

KEY = "methods"
"""The section that makes a config one of a benchmark."""

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

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=60)] = Field(
        description="What tables and figures call it."
    )
    kind: Literal["store", "flip-flop", "match", "mixer", "published"] = Field(
        description="store: a network built by hand; flip-flop, match: a GRU that learns a 3-bit flip-flop or a "
        "delayed match; mixer: a block similar to RWKV that learns to keep three bits; published: a network of ours on "
        "one of the paper's tasks."
    )
    code: Literal["plain", "product", "rotation", "redundant"] = Field(
        "plain", description="For a store: how it holds v (plain, product, rotation or redundant)."
    )
    condition: Annotated[Number, Field(ge=1, le=1e6)] = Field(
        1.0, description="For a store: the condition number of the map from code to state."
    )
    noise: Annotated[Number, Field(ge=0, le=1e3)] = Field(
        1.0, description="For a store: the size of the noise in its state."
    )
    shown: StrictBool = Field(False, description="For a store: whether the second factor of a product is an output.")
    all_times: StrictBool = Field(
        False, description="For a store: whether to fit over nine steps instead of at the step of the edit."
    )
    units: Annotated[StrictInt, Field(ge=2, le=1024)] = Field(
        32, description="For trained networks: the number of units."
    )
    steps: PositiveInt = Field(500, description="For trained networks: the number of steps of Adam.")
    run: str | None = Field(None, description="The run of a published network.")

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

    seed: Seed = Field(0, description="Seed of all random numbers.")
    das_k: list[Annotated[StrictInt, Field(ge=1, le=64)]] = Field(
        [1, 2, 4], min_length=1, description="Numbers of directions per variable that DAS tries; the best is used."
    )
    das_steps: PositiveInt = Field(200, description="Steps of Adam in each DAS.")
    published: ExperimentName = Field(
        "paper", description="The experiment in the same results folder whose networks are taken."
    )
    networks: list[NetworkSettings] = Field(min_length=1, description="The networks.")

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

    tasks: list[Any] = Field([], max_length=0)
    hidden_dim: list[Any] = Field([], max_length=0)
    l2: list[Any] = Field([], max_length=0)
    threshold: list[Any] = Field([], max_length=0)
    seeds: list[Any] = Field([], max_length=0)
    methods: MethodsSettings = Field(description="What is compared.")

    @model_serializer
    def _without_a_sweep(self) -> dict[str, Any]:
        return {"experiment": self.experiment, KEY: self.methods.model_dump(mode="json")}

    def runs(self) -> list[Run]:
        """None."""
        return []

    def architecture_runs(self) -> list[ArchitectureRun]:
        """None."""
        return []

    def exemplars(self) -> dict[str, Run]:
        """None."""
        return {}

    def looks(self) -> dict[str, Run]:
        """None."""
        return {}


def check(stated: Any, where: str = "config") -> Experiment:
    """The experiment that a config states: a sweep of runs, or a benchmark where it has :data:`KEY`.

    Args:
        stated: What a config file holds.
        where: How messages call it.

    Raises:
        InputError: At the first thing that is wrong.
    """
    if not isinstance(stated, Mapping) or KEY not in stated:
        return config.check(stated, where)
    foreign = sorted({*stated} - {"experiment", KEY})
    if foreign:
        raise InputError(f"{where}: {foreign[0]}", stated[foreign[0]], f"a config with {KEY} has no runs; leave it out")
    try:
        return Benchmark.model_validate(dict(stated))
    except ValidationError as error:
        raise _one_line(error, where) from None


def load(path: Path | str) -> Experiment:
    """The experiment of a config file.

    Raises:
        InputError: Where it cannot be read or states no valid experiment.
    """
    return check(config.read(path), str(path))


def published(methods: MethodsSettings, root: Path) -> dict[str, tuple[Run, str]]:
    """The published runs that a benchmark takes, by run id: each with its packed weights, relative to its experiment.

    Args:
        methods: The benchmark.
        root: Where experiments lie beside each other.

    Raises:
        InputError: Where the experiment is not there, has no such run, or its weights are not packed.
    """
    wanted = [network.run for network in methods.networks if network.run is not None]
    if not wanted:
        return {}
    folder = root / methods.published
    if not (folder / "runs.csv").is_file():
        raise InputError("methods.published", str(folder), "no such experiment; its runs are compared on")
    by_shard = config.load(folder / "settings.json").read_runs(folder / "runs.csv")
    runs = {run.run_id: (run, f"training/{shard}/{PACKED}") for shard, part in by_shard.items() for run in part}
    for run_id in wanted:
        if run_id not in runs:
            raise InputError("methods.networks: run", run_id, f"no run of {folder}; its runs.csv lists all")
        if not (folder / runs[run_id][1]).is_file():
            raise InputError("weights", str(folder / runs[run_id][1]), f"not there; emtvb pack {folder} makes it")
    return {run_id: runs[run_id] for run_id in wanted}


def _one_line(error: ValidationError, where: str) -> InputError:
    """The first thing that is wrong: the setting, its value, what would be right."""
    first, *more = error.errors(include_url=False)
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).removeprefix(".")
    message, value = first["msg"].removeprefix("Value error, "), repr(first["input"])
    if first["type"] == "extra_forbidden":
        known = [*(MethodsSettings if len(first["loc"]) == 2 else NetworkSettings).model_fields]
        value, message = "unknown key", f"known keys are {', '.join(known)}"
    elif first["type"] == "missing":
        value, message = "missing", "add it"
    elif isinstance(first["input"], Mapping):
        value = str(first["input"].get("name", "this network"))
    value = value if len(value) < 80 else value[:77] + "..."
    others = f" (and {len(more)} more after it)" if more else ""
    return InputError(f"{where}: {path}", value, message[0].lower() + message[1:] + others)
