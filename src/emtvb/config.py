"""An experiment is a config file: what its keys are, what they may be, and what one says when they are wrong.

The models below are the one source of truth. ``docs/config.md`` and ``docs/config.schema.json`` are written from them.
"""

from __future__ import annotations

import dataclasses
import difflib
import errno
import json
import os
import re
import stat
import struct
import tempfile
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictInt,
    StrictStr,
    Tag,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from emtvb import sweep
from emtvb import tasks as binding
from emtvb.architectures.registry import ARCHITECTURES
from emtvb.architectures.runs import ArchitectureRun, of_architecture
from emtvb.errors import InputError
from emtvb.runs import Protocol, Run, number

try:  # libyaml's is ten times as fast
    from yaml import CSafeLoader as _Loader
except ImportError:
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]


def _scientific(value: object) -> object:
    """A number written 1e-3, which YAML 1.1 reads as text."""
    return float(value) if isinstance(value, str) and re.fullmatch(r"[-+]?\d+\.?\d*[eE][-+]?\d+", value) else value


_SMALLEST, _LARGEST = 2.0**-126, 2.0**128 - 2.0**104
"""Of single precision, in which networks are trained."""


def _single(value: float) -> float:
    """A number that stays one in single precision."""
    if value and not _SMALLEST <= abs(value) <= _LARGEST:
        raise ValueError(
            f"networks are trained in single precision: its size has to be in {_SMALLEST:.3g} to {_LARGEST:.3g}"
        )
    return value


PositiveInt = Annotated[StrictInt, Field(ge=1)]
Number = Annotated[float, BeforeValidator(_scientific), Field(strict=True, allow_inf_nan=False)]
Fraction = Annotated[Number, Field(gt=0, le=1)]
Twin = Annotated[StrictInt, Field(ge=-1000, le=1000)]
Single = Annotated[Number, AfterValidator(_single)]
NonNegative = Annotated[Single, Field(ge=0)]
Positive = Annotated[Single, Field(gt=0)]
Seed = Annotated[StrictInt, Field(ge=0, lt=2**32)]
"""torch draws from the lower 32 bits of a seed."""
TaskName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", max_length=60)]
ExperimentName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$", max_length=200)]


Entry = TypeVar("Entry", bound=Hashable)


class Settings(BaseModel):
    """Strict: an unknown key is an error, and numbers are not read from text."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TaskSettings(Settings):
    """A task of one's own: a name, and an id or a composition."""

    name: TaskName = Field(description="What tables and figures call it.")
    id: tuple[StrictInt, StrictInt, StrictInt] | None = Field(None, description="Its id, [a, b, c].")
    composition: list[tuple[StrictInt, StrictInt, StrictInt]] | None = Field(
        None, description="Or f: one row [variable 1..s, dimension 0..d-1, sign 1 or -1] per output dimension."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> TaskSettings:
        if (self.id is None) == (self.composition is None):
            raise ValueError("give either an id or a composition")
        return self

    def task(self, d: int, s: int) -> binding.Task:
        """The task at this size.

        Raises:
            InputError: Where it is none, or takes the name of another of the paper's.
        """
        try:
            if self.id is not None:
                task = binding.from_id(self.id, d, s, self.name)
            else:
                task = binding.from_composition(self.composition or [], d, s, self.name)
        except InputError as error:
            raise InputError(f"task {self.name}: {error.what}", error.value, error.remedy) from None
        known = binding.ALIASES.get(self.name, self.name)
        if known in binding.NAMED and known != binding.canonical_name(task.task_id, d, s):
            raise InputError(
                f"task {self.name}", task.label, "is not the paper's task of that name; choose another name"
            )
        return task


_NAMED, _OWN = "<named>", "<own>"
TaskEntry = Annotated[
    Annotated[StrictStr, Tag(_NAMED)] | Annotated[TaskSettings, Tag(_OWN)],
    Discriminator(lambda entry: _OWN if isinstance(entry, (dict, TaskSettings)) else _NAMED),
]


class TrainingSettings(Settings):
    """How every run is trained; the defaults are the paper's."""

    epochs: PositiveInt = Field(10, description="Epochs; the published random stream draws one number before each.")
    batches_per_epoch: PositiveInt = Field(2000, description="Training steps of an epoch.")
    batch_size: PositiveInt = Field(64, description="Sequences in a batch.")
    learning_rate: Positive = Field(1e-3, description="Adam's learning rate.")
    gradient_clip: Positive | None = Field(1.0, description="Largest gradient norm; null for no clipping.")
    curriculum: list[PositiveInt] = Field(
        [10, 20, 40, 60, 100], min_length=1, description="Output horizons in the order in which they are reached."
    )


class InterpretationSettings(Settings):
    """How a trained network is measured; the defaults are the paper's."""

    horizon: PositiveInt = Field(200, description="Output steps of the accuracy test.")
    sequences: PositiveInt = Field(640, description="Sequences of the accuracy test (the paper: 10 batches of 64).")
    modulus: Fraction = Field(0.9, description="Eigenvalues with a larger modulus are long-term.")


class ExemplarSettings(Settings):
    """Which run of each task the figures show; what is left out is the first value of the sweep's list."""

    hidden_dim: PositiveInt | None = Field(None, description="One of the sweep's hidden sizes.")
    l2: NonNegative | None = Field(None, description="One of the sweep's L2 penalties.")
    threshold: Fraction | None = Field(None, description="One of the sweep's thresholds.")
    seed: Seed | None = Field(None, description="One of the sweep's seeds.")
    compare_l2: NonNegative | None = Field(
        None,
        description="Another of the sweep's L2 penalties: of a second network of each task, which differs in nothing "
        "else and stands beside the first where figures compare penalties; null for none.",
    )


_SIZES: dict[str, Any] = {
    name: (PositiveInt | None, Field(None, description=f"{architecture.what}; null for none."))
    for name, architecture in ARCHITECTURES.items()
}
ArchitecturesSettings = create_model(
    "ArchitecturesSettings",
    __base__=Settings,
    __doc__="Other networks, trained by the same protocol on every task, L2 penalty, threshold and seed of the sweep.",
    **_SIZES,
)


_GONE = {
    "cuda": "is no trainer any more; write trainer: reference and accelerator: cuda",
    "torch": "is no trainer any more; write auto, or reference for torch's own arithmetic (accelerator: cuda on a GPU)",
}


def _still_there(value: object) -> object:
    """A trainer that there still is, or whatever else stands there."""
    if isinstance(value, str) and value in _GONE:
        raise ValueError(_GONE[value])
    return value


class Experiment(Settings):
    """A sweep: every task with every hidden size, L2 penalty, threshold and seed."""

    experiment: ExperimentName = Field(description="Its name; results go to results/<experiment>/.")
    dimensions: PositiveInt = Field(8, description="d: elements of a vector.")
    variables: PositiveInt = Field(8, description="s: vectors that are stored, which is also the input phase's length.")
    tasks: list[TaskEntry] = Field(
        min_length=1,
        description="T1 to T4, repeat-copy or compose-copy, or {name, id} or {name, composition} for one's own.",
    )
    hidden_dim: list[PositiveInt] = Field(min_length=1, description="Neurons.")
    l2: list[NonNegative] = Field(min_length=1, description="L2 penalties (Adam's weight_decay).")
    threshold: list[Fraction] = Field(min_length=1, description="Batch accuracy above which the horizon moves up.")
    seeds: list[Seed] = Field(min_length=1, description="Seeds of initial weights and batches.")
    twins: list[Twin] = Field(
        [0],
        min_length=1,
        description="0 for the runs themselves; n for twins of them, whose first recurrent weight is moved by n units "
        "in the last place before training, so that they differ by rounding alone.",
    )
    seeds_per_shard: PositiveInt = Field(5, description="How many seeds one training job takes, 1 to this, and so on.")
    trainer: Annotated[Literal["auto", "compiled", "reference"], BeforeValidator(_still_there)] = Field(
        "auto",
        description="What trains the paper's network: auto or compiled, the engine that is compiled for the CPU; "
        "reference, the general trainer on Lightning, which trains other architectures in any case.",
    )
    accelerator: Literal["cpu", "auto", "gpu", "cuda", "mps", "tpu"] = Field(
        "cpu", description="What the general trainer computes on, as Lightning calls it; the engine has the CPU."
    )
    training: TrainingSettings = Field(TrainingSettings(), description="How every run is trained.")
    interpretation: InterpretationSettings = Field(InterpretationSettings(), description="How networks are measured.")
    exemplar: ExemplarSettings = Field(ExemplarSettings(), description="Which run of each task the figures show.")
    architectures: ArchitecturesSettings = Field(
        ArchitecturesSettings(), description="Other networks beside the paper's; none by default."
    )

    @field_validator("hidden_dim", "l2", "threshold", "seeds", "twins")
    @classmethod
    def _no_repeats(cls, values: list[float]) -> list[float]:
        repeated = _first_repeated(values)
        if repeated is not None:
            raise ValueError(f"{number(repeated)} occurs twice; remove one, since the runs would be the same")
        return values

    @field_validator("l2")
    @classmethod
    def _differ_in_training(cls, values: list[float]) -> list[float]:
        single = [struct.unpack("f", struct.pack("f", value))[0] for value in values]
        repeated = _first_repeated(single)
        if repeated is not None:
            one, other = (number(value) for value, kept in zip(values, single, strict=True) if kept == repeated)
            raise ValueError(f"{one} and {other} are one number in single precision, in which networks are trained")
        return values

    @property
    def protocol(self) -> Protocol:
        """The training settings as the trainer takes them."""
        settings = self.training.model_dump()
        return Protocol(**{**settings, "curriculum": tuple(settings["curriculum"])})

    def task_list(self) -> list[binding.Task]:
        """The tasks at this experiment's size.

        Raises:
            InputError: Where one is not a task of this size, or two have one name.
        """
        d, s = self.dimensions, self.variables
        found = [binding.named(entry, d, s) if isinstance(entry, str) else entry.task(d, s) for entry in self.tasks]
        repeated = _first_repeated([task.name for task in found])
        if repeated is not None:
            raise InputError("tasks", repeated, "occurs twice; remove or rename one")
        return found

    def runs(self) -> list[Run]:
        """Every run of the sweep.

        Raises:
            InputError: Where two runs would be the same.
        """
        lists = self.task_list(), self.hidden_dim, self.l2, self.threshold, self.seeds
        return sweep.grid(*lists, self.protocol, self.twins)

    def architecture_runs(self) -> list[ArchitectureRun]:
        """The runs of other architectures."""
        rest = self.task_list(), self.l2, self.threshold, self.seeds, self.protocol
        return [
            run
            for name, size in self.architectures
            if size is not None
            for run in of_architecture(name, sweep.grid(rest[0], [size], *rest[1:]))
        ]

    def on_accelerator(self) -> set[str]:
        """The rules whose jobs train on the accelerator: those of the general trainer."""
        own = {"train_shard"} if self.trainer == "reference" else set()
        return own | ({"train_architecture"} if self.architecture_runs() else set())

    def read_runs(self, path: Path | str) -> dict[str, list[Run]]:
        """The runs of this experiment's ``runs.csv``, by shard.

        Raises:
            InputError: Where the table is not one of these settings.
        """
        return sweep.read_run_table(path, self.dimensions, self.variables, self.protocol)

    def shards(self) -> dict[str, list[Run]]:
        """The runs by the job that trains them."""
        return sweep.shards(self.runs(), self.seeds_per_shard)

    def exemplars(self) -> dict[str, Run]:
        """By task, the run that figures show.

        Raises:
            InputError: Where a value of ``exemplar`` is not in the sweep.
        """
        wanted = self._exemplar_settings()
        return {task.name: Run(task, **wanted, protocol=self.protocol, twin=self.twins[0]) for task in self.task_list()}

    def looks(self) -> dict[str, Run]:
        """All runs that are looked at closely, by the name of their look: a task's first, then the one beside it.

        A first one has its task's name, the other that and its penalty (``T3_l2-0.001``).

        Raises:
            InputError: Where a value of ``exemplar`` is not in the sweep, or both penalties are the same.
        """
        other = self.exemplar.compare_l2
        looks: dict[str, Run] = {}
        for name, run in self.exemplars().items():
            looks[name] = run
            if other is not None:
                looks[f"{name}_l2-{number(other)}"] = dataclasses.replace(run, l2=other)
        return looks

    def _exemplar_settings(self) -> dict[str, Any]:
        """What the first exemplars have in common, the other penalty checked too."""
        wanted: dict[str, Any] = {}
        for key, field, values in (
            ("hidden_dim", "hidden_dim", self.hidden_dim),
            ("l2", "l2", self.l2),
            ("threshold", "threshold", self.threshold),
            ("seed", "seeds", self.seeds),
        ):
            value = getattr(self.exemplar, key)
            if value is not None and value not in values:
                raise InputError(f"exemplar.{key}", value, f"not in the sweep; {field} has {_listed(values)}")
            wanted[key] = values[0] if value is None else value
        other = self.exemplar.compare_l2
        if other is not None and other not in self.l2:
            raise InputError("exemplar.compare_l2", other, f"not in the sweep; l2 has {_listed(self.l2)}")
        if other is not None and other == wanted["l2"]:
            raise InputError("exemplar.compare_l2", other, "is the first network's own penalty; give another, or null")
        return wanted


def check(config: Any, where: str = "config") -> Experiment:
    """The experiment that a config mapping states, checked to the last run.

    Args:
        config: What a config file holds: a mapping, if it is right.
        where: How messages call it.

    Raises:
        InputError: At the first thing that is wrong.
    """
    if config is None:
        raise InputError(where, "is empty", "write keys with values, such as those of config/config.yaml")
    if not isinstance(config, Mapping):
        kinds = {str: "text", list: "a list", bool: "a truth value", int: "a number", float: "a number"}
        held = kinds.get(type(config), "one value")
        raise InputError(where, f"holds {held}", "write keys with values, such as those of config/config.yaml")
    try:
        experiment = Experiment.model_validate(dict(config))
    except ValidationError as error:
        raise _one_line(error, where) from None
    try:
        experiment.runs()
        experiment.looks()
        if experiment.accelerator != "cpu" and not experiment.on_accelerator():
            remedy = "nothing trains on it: set trainer: reference, or ask for other architectures; or leave it out"
            raise InputError("accelerator", experiment.accelerator, remedy)
    except InputError as error:
        raise InputError(f"{where}: {error.what}", error.value, error.remedy) from None
    return experiment


def load(path: Path | str) -> Experiment:
    """The experiment of a config file.

    Raises:
        InputError: Where it cannot be read or states no valid experiment.
    """
    return check(read(path), str(path))


_MOST_BYTES = 2**23
"""Of a config file: some hundred thousand seeds."""


def read(path: Path | str) -> Any:
    """What a config file holds, be it an experiment or not.

    Raises:
        InputError: Where it cannot be read, is no YAML, or can be read in two ways (:class:`Strict`).
    """
    if not str(path):
        raise InputError("config file", '""', "name a file")
    try:
        about = Path(path).stat()
        if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
            raise InputError("config file", str(path), "a device or a pipe; name a file")
        if about.st_size > _MOST_BYTES:
            size = f"{about.st_size / 2**20:.0f} MiB"
            raise InputError("config file", str(path), f"{size}, and so no config; name a file of a few lines")
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise InputError(
            "config file", str(path), f"not text in UTF-8 (byte {error.start} is {byte:#04x}); save it as UTF-8"
        ) from None
    except OSError as error:
        raise InputError("config file", str(path), f"cannot be read ({error.strerror}); name a file") from None
    except InputError:
        raise
    except ValueError as error:  # a NUL in its name
        raise InputError("config file", repr(str(path)), f"cannot be read ({error}); name a file") from None
    return _parse(text, str(path))


def _parse(text: str, where: str) -> Any:
    try:
        return yaml.load(text, Strict)
    except yaml.MarkedYAMLError as error:
        place = error.problem_mark or error.context_mark
        line = f", line {place.line + 1}" if place else ""
        raise InputError("config file", f"{where}{line}", f"not YAML ({error.problem or error.context})") from None
    except yaml.YAMLError as error:
        raise InputError("config file", where, f"not YAML ({error})") from None
    except RecursionError:
        raise InputError("config file", where, "its lists and mappings are nested too deep; write it flat") from None
    except ValueError as error:  # a date that is none, a number of too many digits
        raise InputError("config file", where, f"cannot be read ({error}); put text in quotes") from None


class Strict(_Loader):
    """YAML that can be read in one way only.

    The standard lets the last of two equal keys win in silence; YAML 1.1 takes 010 for 8, 12:30 for 750 and 1_0 for 10.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping, if its keys differ."""
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.YAMLError(f"a key is no name, at line {key.start_mark.line + 1}")
        keys = [key.value for key, _ in node.value]
        repeated = _first_repeated(keys)
        if repeated is not None:
            last = len(keys) - 1 - keys[::-1].index(repeated)
            raise yaml.YAMLError(f"the key {repeated} occurs twice, at line {node.value[last][0].start_mark.line + 1}")
        return super().construct_mapping(node, deep)

    def construct_number(self, node: yaml.ScalarNode) -> Any:
        """A number, if it is written in decimal digits."""
        plain = node.tag == _INT and re.fullmatch(r"[-+]?(0|[1-9][0-9]*)", node.value)
        if plain or (node.tag == _FLOAT and not {":", "_"} & set(node.value)):
            return self.construct_yaml_int(node) if plain else self.construct_yaml_float(node)
        value = self.construct_yaml_int(node) if node.tag == _INT else self.construct_yaml_float(node)
        raise yaml.YAMLError(
            f"{node.value} at line {node.start_mark.line + 1} would be read as {number(value)}; "
            "write numbers in decimal digits, and text in quotes"
        )


_INT, _FLOAT = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
for _tag in (_INT, _FLOAT):
    Strict.add_constructor(_tag, Strict.construct_number)


def _first_repeated(entries: Sequence[Entry]) -> Entry | None:
    """The first entry that was there before, or None."""
    seen: set[Entry] = set()
    for entry in entries:
        if entry in seen:
            return entry
        seen.add(entry)
    return None


def reread(value: Any) -> Any:
    """A value of Snakemake's ``--config``, which hands over what stands inside lists and mappings as text.

    Raises:
        InputError: Where it can be read in two ways, or in none.
    """
    if isinstance(value, str):
        return _parse(value, "--config")
    if isinstance(value, list):
        return [reread(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: reread(entry) for key, entry in value.items()}
    return value


def dump(experiment: Experiment) -> str:
    """All settings as JSON, defaults included."""
    return json.dumps(experiment.model_dump(mode="json"), indent=2) + "\n"


def as_schema() -> str:
    """The JSON schema of a config file, for editors."""
    return json.dumps(Experiment.model_json_schema(), indent=2) + "\n"


def as_markdown() -> str:
    """A page that explains every key."""
    lines = [
        "# Config keys",
        "",
        "Written by `emtvb config docs docs` from `emtvb.config`. Keys without a default must be given.",
    ]
    for title, model in (
        ("An experiment", Experiment),
        ("An entry of `tasks`, for a task of one's own", TaskSettings),
        ("`training`", TrainingSettings),
        ("`interpretation`", InterpretationSettings),
        ("`exemplar`", ExemplarSettings),
        ("`architectures`", ArchitecturesSettings),
    ):
        lines += ["", f"## {title}", "", model.__doc__ or "", "", "| key | default | meaning |", "|---|---|---|"]
        for key, field in model.model_fields.items():
            lines.append(f"| `{key}` | {_default(field)} | {field.description} |")
    return "\n".join(lines) + "\n" + _WRITING


_WRITING = """
## How a config is written

A file is YAML or JSON in UTF-8. What can be read in two ways is refused: a key that stands twice, numbers that are not
in decimal digits (YAML takes `010` for 8 and `12:30` for 750), lists nested thousands deep. Networks are trained in
single precision, and torch draws from 32 bits of a seed: numbers that would train the same as others are refused, too.

`emtvb config check FILE`, or `make config CONFIG=FILE`, says in one line what is wrong, and what of a size would fit
into this machine's memory. `make reproduce`, `make figures` and `make report` ask it first.

For one call, `--config` changes keys: `--config seeds=[1,2]`. A key inside another is written with its section, in
quotes: `--config 'training={batch_size: 32, epochs: 2}'`; the section's other keys stay as they are. A key without `=`,
with `:`, or with a dot in it (`training.batch_size=32`) is refused by Snakemake itself, with a page of its usage.
`--configfile` takes every word that follows it for a file: name what is to be made before it.

Where Snakemake is called directly, it reads `--configfile` before anything of ours runs: of a file that is missing, is
a folder, is not UTF-8 or is no YAML it says some thirty lines, the last of which names the trouble. `emtvb config
check` says it in one. Whether a run fits into memory is asked where jobs run: here, or on a cluster by each job; a dry
run compares with the machine that it is called on.

An audit fails where files were made while `Snakefile`, `src`, `workflow` or `config` held something that was not
committed, and still do. A new file in `config/` is enough: commit a config of your own before it is run, or keep it
outside of the clone's `config/`.
"""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    return "see below" if isinstance(field.default, Settings) else f"`{json.dumps(field.default)}`"


def results_root() -> Path:
    """Where results go: the folder in EXPERIMENT_OUTPUT_DIR if it is set, else ``results``.

    Raises:
        InputError: Where that is no name of a folder.
    """
    given = os.environ.get("EXPERIMENT_OUTPUT_DIR") or "results"
    try:
        given.encode()
        return Path(given).expanduser()
    except UnicodeEncodeError:
        raise InputError(
            "EXPERIMENT_OUTPUT_DIR", given, "not text in UTF-8; choose a folder with another name"
        ) from None
    except RuntimeError:
        raise InputError(
            "EXPERIMENT_OUTPUT_DIR",
            given,
            "there is no such user; give a path from / on, or ./~ for a folder of that name",
        ) from None


def check_results_root(root: Path) -> None:
    """Raise InputError unless files can be made under ``root``; makes nothing.

    A root that is not there yet is judged by the folder that it would be made in.
    """
    source = "EXPERIMENT_OUTPUT_DIR" if os.environ.get("EXPERIMENT_OUTPUT_DIR") else "results folder"
    if set("{}") & set(str(root)):
        raise InputError(source, str(root), "Snakemake takes braces for wildcards; choose a folder without them")
    if not str(root).isprintable():
        raise InputError(source, repr(str(root)), "there are control characters in it; choose a folder without them")
    folder = root.absolute()
    try:
        while not _exists(folder) and folder != folder.parent:
            folder = folder.parent
        if not folder.is_dir():
            raise InputError(source, str(root), f"{folder} is a file; choose a folder")
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, _ROOM)
    except OSError as error:
        remedy = "change its permissions or choose another"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            remedy = "nothing more can be written to its disk; make room or choose another"
        elif error.errno == errno.ENAMETOOLONG:
            remedy = "choose a shorter name"
        raise InputError(source, str(root), f"{folder} is not writable ({error.strerror}); {remedy}") from None


_ROOM = 2**20
"""Bytes that there must be room for at the start."""


def _exists(path: Path) -> bool:
    """Whether there is something at this path; unlike ``Path.exists``, where that cannot be looked up either."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        return True
    return True


def _one_line(error: ValidationError, where: str) -> InputError:
    errors = error.errors(include_url=False)
    first = _misspelt(errors) or errors[0]
    path = _dotted(first["loc"])
    more = f" (and {len(errors) - 1} more after it)" if len(errors) > 1 else ""
    kind, value = first["type"], first["input"]
    if kind == "extra_forbidden":
        return InputError(f"{where}: {path}", "unknown key", _suggestion(first["loc"]) + more)
    if kind == "missing":
        return InputError(f"{where}: {path}", "missing", f"add it: {_description(first['loc'])}{more}")
    message = _in_words(first["type"], first["loc"], first["msg"].removeprefix("Value error, "))
    shown = f'"{value}"' if isinstance(value, str) else repr(value)
    shown = shown if len(shown) < 80 else shown[:77] + "..."
    return InputError(f"{where}: {path}", shown, message[0].lower() + message[1:] + more)


def _misspelt(errors: Sequence[ErrorDetails]) -> ErrorDetails | None:
    """The unknown key that is meant for the one that is missing first, where there is one: else it looks left out."""
    if errors[0]["type"] != "missing":
        return None
    *section, missing = errors[0]["loc"]
    beside = [error for error in errors if error["type"] == "extra_forbidden" and [*error["loc"][:-1]] == section]
    return next((error for error in beside if _nearest(error["loc"][-1], [str(missing)])), None)


def _nearest(key: int | str, known: Sequence[str]) -> str | None:
    """The known key that one is most like, whatever its case and dashes; None where none is."""
    near = difflib.get_close_matches(str(key).lower().replace("-", "_"), known, n=1, cutoff=0.5)
    return near[0] if near else None


def _in_words(kind: str, loc: tuple[int | str, ...], message: str) -> str:
    """What would be right, without words of a programming language."""
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        known = ", ".join(_model_at((*loc, "")).model_fields)
        return f"should be keys with values, such as {{key: value}}; known keys are {known}"
    if kind == "string_pattern_mismatch":
        marks = "letters, digits, ., _, + and -" if loc[-1] == "experiment" else "letters, digits and -"
        return f"a name should have {marks} alone, and begin with a letter or a digit"
    if kind == "tuple_type":
        return "should be three whole numbers, such as [1, 0, 1]"
    return message


def _dotted(loc: tuple[int | str, ...]) -> str:
    """A pydantic location as its user would write it."""
    text = ""
    for part in loc:
        if part not in (_NAMED, _OWN):
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the whole"


_SECTIONS: dict[int | str, type[Settings]] = {
    "tasks": TaskSettings,
    "training": TrainingSettings,
    "interpretation": InterpretationSettings,
    "exemplar": ExemplarSettings,
    "architectures": ArchitecturesSettings,
}


def _model_at(loc: tuple[int | str, ...]) -> type[Settings]:
    """The model in which the last key of a location stands."""
    return _SECTIONS.get(loc[0], Experiment) if len(loc) > 1 else Experiment


def _description(loc: tuple[int | str, ...]) -> str:
    field = _model_at(loc).model_fields.get(str(loc[-1]))
    return (field.description or "").rstrip(".") if field else "there should be three whole numbers"


def _suggestion(loc: tuple[int | str, ...]) -> str:
    known = list(_model_at(loc).model_fields)
    name = str(loc[-1]).rpartition(".")[2]
    sections = [key for key, model in _SECTIONS.items() if name in model.model_fields and key != "tasks"]
    if len(loc) == 1 and sections and not difflib.get_close_matches(name, known, cutoff=0.85):
        section = sections[0]
        return f"it belongs to {section}; write {section}: {{{name}: ...}}, or --config '{section}={{{name}: ...}}'"
    near = _nearest(loc[-1], known)
    return f"did you mean {near}?" if near else f"known keys are {', '.join(known)}"


def _listed(values: list[Any]) -> str:
    return ", ".join(number(value) for value in values)
