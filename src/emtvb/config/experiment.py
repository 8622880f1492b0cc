"""Settings of experiments: what all kinds share, and those of a sweep, with the runs that they come to."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    Tag,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)

from emtvb.config import sweep
from emtvb.config.architectures import ARCHITECTURES
from emtvb.config.reading import read_config
from emtvb.config.values import (
    ExperimentName,
    Fraction,
    NonNegative,
    Positive,
    PositiveInt,
    Seed,
    Settings,
    TaskName,
    Twin,
    first_repeated,
)
from emtvb.errors import InputError
from emtvb.theory import tasks as binding
from emtvb.theory.architecture_runs import ArchitectureRun, of_architecture
from emtvb.theory.network_verdict import ACCURATE
from emtvb.theory.protocol import UNIFORM, protocol_of
from emtvb.theory.runs import Protocol, Run, shortest_number


class TaskSettings(Settings):
    """A task of one's own: a name, and an id or a composition."""

    name: TaskName
    """The name of the task in tables, figures and file names."""
    id: tuple[StrictInt, StrictInt, StrictInt] | None = None
    """The task's id: three whole numbers [a, b, c]; `emtvb tasks` shows what an id means."""
    composition: list[tuple[StrictInt, StrictInt, StrictInt]] | None = None
    """Instead of an id, the composition f: for each of the d elements of an output, a row [variable 1 to s,
    element 0 to d - 1, sign 1 or -1] that says which element of which variable it is."""

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


_NAMED, _OWN = "<named>", "<own>"  # in brackets, by which ``refusal`` leaves them out of its lines
TaskEntry = Annotated[
    Annotated[StrictStr, Tag(_NAMED)] | Annotated[TaskSettings, Tag(_OWN)],
    Discriminator(lambda entry: _OWN if isinstance(entry, (dict, TaskSettings)) else _NAMED),
]


class TrainingSettings(Settings):
    """How every run is trained; the defaults are the paper's."""

    epochs: PositiveInt = 10
    """Number of epochs. One random number is drawn before each epoch, as in the authors' code; so 10 epochs of 2,000
    steps train another network than 20 epochs of 1,000 steps."""
    batches_per_epoch: PositiveInt = 2000
    """Number of training steps in an epoch."""
    batch_size: PositiveInt = 64
    """Number of sequences in a batch."""
    learning_rate: Positive = 1e-3
    """Learning rate of Adam."""
    gradient_clip: Positive | None = 1.0
    """Largest norm of the gradient; a longer gradient is shortened to it. null for no clipping."""
    curriculum: list[PositiveInt] = Field([10, 20, 40, 60, 100], min_length=1)
    """The curriculum: numbers of output steps that go up. Training starts with the first number and goes on to the next
    when the accuracy of a batch is above the threshold."""
    # The usual start stands in no file of settings, as null does not (``values.Settings``), and for the same reason.
    start: Literal["uniform", "orthogonal"] = Field("uniform", exclude_if=lambda start: start == UNIFORM)
    """The recurrent weights before training. uniform: the published ones. orthogonal: the published ones with their
    rows made orthonormal; everything else, the batches too, is as published."""

    @field_validator("curriculum")
    @classmethod
    def _goes_up(cls, values: list[int]) -> list[int]:
        for before, after in itertools.pairwise(values):
            if after <= before:
                raise ValueError(f"{after} comes after {before}; write numbers of output steps that go up")
        return values


class InterpretationSettings(Settings):
    """How a trained network is measured; the defaults are the paper's."""

    horizon: PositiveInt = 200
    """Number of output steps in the test of accuracy."""
    sequences: PositiveInt = 640
    """Number of sequences in the test of accuracy (the paper: 10 batches of 64)."""
    modulus: Fraction = 0.9
    """Eigenvalues of W_hh with a larger modulus are called long-term: their modes last."""
    solved: Fraction = ACCURATE
    """A network of this test accuracy or more solves its task; the bar is ours."""


class ExemplarSettings(Settings):
    """The run of each task that figures show. A key that is left out takes the first value of the sweep's list."""

    hidden_dim: PositiveInt | None = None
    """One of the numbers in `hidden_dim`."""
    l2: NonNegative | None = None
    """One of the penalties in `l2`."""
    threshold: Fraction | None = None
    """One of the thresholds in `threshold`."""
    seed: Seed | None = None
    """One of the seeds in `seeds`."""
    compare_l2: NonNegative | None = None
    """A second penalty of `l2`. Some figures then show two networks of each task beside each other, which differ only
    in their penalty. null for no second network."""


_SIZES: dict[str, Any] = {
    name: (PositiveInt | None, Field(None, description=f"{architecture.what}; null for none."))
    for name, architecture in ARCHITECTURES.items()
}
ArchitecturesSettings = create_model(
    "ArchitecturesSettings",
    __base__=Settings,
    __doc__="Other networks. Each is trained on every task, with every L2 penalty, threshold and seed of the sweep.",
    **_SIZES,
)


AnyExperiment = TypeVar("AnyExperiment", bound="Experiment")


class Experiment(Settings):
    """What the settings of every kind of experiment share: a name, and what others ask of its runs."""

    experiment: ExperimentName
    """The name of the experiment. Its results are written to `results/<experiment>/`."""

    @classmethod
    def check(cls: type[AnyExperiment], stated: Any, where: str = "config") -> AnyExperiment:
        """The experiment that a config mapping states, checked to the last run.

        Args:
            stated: What a config file holds: a mapping, if it is right.
            where: How messages call it.

        Raises:
            InputError: At the first thing that is wrong.
        """
        if not isinstance(stated, Mapping):
            raise InputError(where, "no keys", "write keys with values, as config/config.yaml does")
        try:
            experiment = cls.model_validate(dict(stated))
        except ValidationError as error:
            from emtvb.config.refusal import in_one_line

            raise in_one_line(error, cls, where) from None
        try:
            experiment.check_runs()
        except InputError as error:
            raise InputError(f"{where}: {error.what}", error.value, error.remedy) from None
        return experiment

    def check_runs(self) -> None:
        """Raise InputError where the settings state no runs that can be."""
        self.runs()

    def in_words(self) -> str:
        """What it comes to, in a few words."""
        return f"{len(self.runs())} runs in {len(self.shards())} training jobs"

    def runs(self) -> list[Any]:
        """The runs that are trained by shards; none, where a kind trains none or trains otherwise."""
        return []

    def shards(self) -> dict[str, list[Any]]:
        """Those runs by the job that trains them."""
        return {}

    def read_runs(self, path: Path | str) -> dict[str, list[Any]]:
        """The runs of this experiment's ``runs.csv``, by shard.

        Raises:
            InputError: Where the table is not one of these settings.
        """
        raise InputError("run table", str(path), "an experiment of this kind has none")

    def architecture_runs(self) -> list[ArchitectureRun]:
        """The runs of other architectures."""
        return []

    def trained_by(self) -> str:
        """The trainer of its runs, by its name."""
        return "auto"

    def accelerators(self) -> dict[str, str]:
        """By rule, the accelerator that its jobs train on; without those that train on the CPU."""
        return {}


class FollowSettings(Settings):
    """Runs of the sweep that are followed through training: every combination of these values."""

    tasks: list[TaskName] = Field(min_length=1)
    """Names of tasks in `tasks`."""
    hidden_dim: list[PositiveInt] = Field(min_length=1)
    """Some of the numbers in `hidden_dim`."""
    l2: list[NonNegative] = Field(min_length=1)
    """Some of the penalties in `l2`."""
    threshold: list[Fraction] = Field(min_length=1)
    """Some of the thresholds in `threshold`."""
    seeds: list[Seed] = Field(min_length=1)
    """Some of the seeds in `seeds`."""

    def names(self, run: Run) -> bool:
        """Whether a run has these values."""
        task = run.task.name in self.tasks and run.hidden_dim in self.hidden_dim
        return task and run.l2 in self.l2 and run.threshold in self.threshold and run.seed in self.seeds


class Sweep(Experiment):
    """A sweep: every task with every hidden size, L2 penalty, threshold and seed."""

    dimensions: PositiveInt = 8
    """d: number of elements of a vector."""
    variables: PositiveInt = 8
    """s: number of variables, that is of vectors to store; also the number of input steps."""
    tasks: list[TaskEntry] = Field(min_length=1)
    """Tasks: T1 to T4, repeat-copy (another name of T1), compose-copy (of T2), or a task of your own as {name, id} or
    {name, composition}."""
    hidden_dim: list[PositiveInt] = Field(min_length=1)
    """Numbers of hidden units."""
    l2: list[NonNegative] = Field(min_length=1)
    """L2 penalties: `weight_decay` of Adam."""
    threshold: list[Fraction] = Field(min_length=1)
    """Thresholds: the accuracy of a batch above which training goes on to the next number of `curriculum`."""
    seeds: list[Seed] = Field(min_length=1)
    """Seeds of the initial weights and of the batches."""
    twins: list[Twin] = Field([0], min_length=1)
    """0 trains the runs themselves. Another number n trains twins of them: copies whose first recurrent weight is moved
    by n units in the last place before training. A run and its twin differ by rounding alone."""
    seeds_per_shard: PositiveInt = 5
    """Number of consecutive seeds that one job trains. With 5, one job trains seeds 1 to 5 and the next 6 to 10."""
    trainer: Literal["auto", "compiled", "reference"] = "auto"
    """The trainer of the paper's network. auto and compiled name the engine that is compiled for the CPU; where it
    cannot be had, auto takes the general trainer, and compiled refuses. reference is the general trainer on PyTorch
    Lightning. Other architectures are always trained by the general one; `follow` and streams need the engine."""
    accelerator: Literal["cpu", "auto", "gpu", "cuda", "mps", "tpu"] = "cpu"
    """Lightning's name of the hardware on which the general trainer runs. The compiled engine runs on the CPU."""
    training: TrainingSettings = TrainingSettings()
    """The settings of training, the same for every run."""
    interpretation: InterpretationSettings = InterpretationSettings()
    """The settings of measurements on trained networks."""
    exemplar: ExemplarSettings = ExemplarSettings()
    """The run of each task that figures show."""
    architectures: ArchitecturesSettings = ArchitecturesSettings()
    """Networks of other architectures; none by default."""
    figures: list[StrictStr] | None = None
    """The figures that are drawn, by name, if not all; then there is no page on which one edits, nor a file of
    verdicts."""
    follow: list[FollowSettings] = Field([], exclude_if=lambda follow: not follow)
    """Runs that are trained a second time, to measure their networks at several steps of training."""
    dose: StrictBool = Field(False, exclude_if=lambda dose: not dose)
    """Whether networks that solve their task are run with larger and smaller weights, and with noise: does what they
    store last?"""

    @field_validator("hidden_dim", "l2", "threshold", "seeds", "twins")
    @classmethod
    def _no_repeats(cls, values: list[float]) -> list[float]:
        repeated = first_repeated(values)
        if repeated is not None:
            raise ValueError(f"{shortest_number(repeated)} occurs twice; remove one, since the runs would be the same")
        return values

    @field_validator("l2")
    @classmethod
    def _differ_in_training(cls, values: list[float]) -> list[float]:
        single = [struct.unpack("f", struct.pack("f", value))[0] for value in values]
        repeated = first_repeated(single)
        if repeated is not None:
            one, other = (
                shortest_number(value) for value, kept in zip(values, single, strict=True) if kept == repeated
            )
            raise ValueError(f"{one} and {other} are one number in single precision, in which networks are trained")
        return values

    @property
    def protocol(self) -> Protocol:
        """The training settings as the trainer takes them."""
        settings = self.training.model_dump()
        return protocol_of(settings)

    def unlike_paper(self) -> list[str]:
        """In what all runs differ from those that the paper's Table 1 rests on, in words; nothing where they do not."""
        # the defaults of all other keys are the paper's
        theirs = Sweep(experiment="paper", tasks=["T1"], hidden_dim=[128], l2=[0], threshold=[0.9], seeds=[1])
        words = []
        for section, text in _UNLIKE.items():
            name, _, key = section.rpartition(".")
            own, paper = (getattr(getattr(one, name) if name else one, key) for one in (self, theirs))
            if own != paper:
                words.append(f"{text.format(_value_in_words(own))} instead of {_value_in_words(paper)}")
        if not {*self.threshold} & {*THRESHOLDS}:
            words.append(f"threshold {_numbers_in_words(self.threshold)} instead of {_numbers_in_words([*THRESHOLDS])}")
        return [*words, *([] if 0 in self.twins else ["rounding twins"])]

    def has_paper_runs(self) -> bool:
        """Whether some of the runs are such as the paper's Table 1 rests on."""
        return not self.unlike_paper() and any(
            binding.canonical_name(task.task_id, task.d, task.s) in binding.NAMED for task in self.task_list()
        )

    def task_list(self) -> list[binding.Task]:
        """The tasks at this experiment's size.

        Raises:
            InputError: Where one is not a task of this size, or two have one name.
        """
        d, s = self.dimensions, self.variables
        tasks = [binding.named(entry, d, s) if isinstance(entry, str) else entry.task(d, s) for entry in self.tasks]
        repeated = first_repeated([task.name for task in tasks])
        if repeated is not None:
            raise InputError("tasks", repeated, "occurs twice; remove or rename one")
        return tasks

    def runs(self) -> list[Run]:
        """Every run of the sweep.

        Raises:
            InputError: Where two runs would be the same.
        """
        lists = self.task_list(), self.hidden_dim, self.l2, self.threshold, self.seeds
        return sweep.run_grid(*lists, self.protocol, self.twins)

    def architecture_runs(self) -> list[ArchitectureRun]:
        """The runs of other architectures."""
        rest = self.task_list(), self.l2, self.threshold, self.seeds, self.protocol
        return [
            run
            for name, size in self.architectures
            if size is not None
            for run in of_architecture(name, sweep.run_grid(rest[0], [size], *rest[1:]))
        ]

    def trained_by(self) -> str:
        """The trainer of its runs, by its name."""
        return self.trainer

    def accelerators(self) -> dict[str, str]:
        """By rule, the accelerator that its jobs train on: those of the general trainer; without those on the CPU."""
        rules = [
            *(["train_shard"] if self.trainer == "reference" else []),
            *(["train_architecture"] if self.architecture_runs() else []),
        ]
        return dict.fromkeys(rules, self.accelerator) if self.accelerator != "cpu" else {}

    def check_runs(self) -> None:
        """Raise InputError where the settings state no runs that can be, or something of the sweep is not in it."""
        if (count := len(self.shards())) > MOST_SHARDS:
            # as few jobs as there can be: all seeds of a setting in one
            last = max(*self.seeds, 1)
            cells = len(sweep.runs_by_shard(self.runs(), last))
            enough = f"write {math.ceil(last / (MOST_SHARDS // cells))}, or " if cells <= MOST_SHARDS else ""
            remedy = f"{count} training jobs, of at most {MOST_SHARDS}; {enough}make several experiments"
            raise InputError("seeds_per_shard", self.seeds_per_shard, remedy)
        self.looks()
        self.followed()
        if self.training.start != UNIFORM and self.architecture_runs():
            remedy = "other architectures start as torch starts them; leave out `start` or `architectures`"
            raise InputError("training.start", self.training.start, remedy)
        if self.accelerator != "cpu" and not self.accelerators():
            remedy = "nothing trains on it: set trainer: reference, or ask for other architectures; or leave it out"
            raise InputError("accelerator", self.accelerator, remedy)

    def read_runs(self, path: Path | str) -> dict[str, list[Run]]:
        """The runs of this experiment's ``runs.csv``, by shard, as :meth:`Experiment.read_runs` says."""
        return sweep.read_run_table(path, self.dimensions, self.variables, self.protocol)

    def shards(self) -> dict[str, list[Run]]:
        """The runs by the job that trains them."""
        return sweep.runs_by_shard(self.runs(), self.seeds_per_shard)

    def exemplars(self) -> dict[str, Run]:
        """By task, the run that figures show.

        Raises:
            InputError: Where a value of ``exemplar`` is not in the sweep.
        """
        wanted = self._exemplar_settings()
        return {task.name: Run(task, **wanted, protocol=self.protocol, twin=self.twins[0]) for task in self.task_list()}

    def followed(self) -> dict[str, list[Run]]:
        """The runs that are followed through training, by shard.

        Raises:
            InputError: Where an entry of ``follow`` names none, or another engine trains.
        """
        if self.follow and self.trainer == "reference":
            raise InputError(
                "follow", self.trainer, "the compiled engine alone is followed; leave out one of both keys"
            )
        runs = self.runs() if self.follow else []
        for place, entry in enumerate(self.follow):
            if not any(entry.names(run) for run in runs):
                raise InputError(f"follow.{place}", entry.model_dump(), "no run of the sweep has such values")
        followed = [run for run in runs if any(entry.names(run) for entry in self.follow)]
        return sweep.runs_by_shard(followed, self.seeds_per_shard)

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
                looks[f"{name}_l2-{shortest_number(other)}"] = dataclasses.replace(run, l2=other)
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
                raise InputError(f"exemplar.{key}", value, f"not in the sweep; {field} has {_numbers_in_words(values)}")
            wanted[key] = values[0] if value is None else value
        other = self.exemplar.compare_l2
        if other is not None and other not in self.l2:
            raise InputError("exemplar.compare_l2", other, f"not in the sweep; l2 has {_numbers_in_words(self.l2)}")
        if other is not None and other == wanted["l2"]:
            raise InputError("exemplar.compare_l2", other, "is the first network's own penalty; give another, or null")
        return wanted


def check_sweep(stated: Any, where: str = "config") -> Sweep:
    """The sweep that a config mapping states, as :meth:`Experiment.check` gives it.

    Raises:
        InputError: At the first thing that is wrong.
    """
    return Sweep.check(stated, where)


def load_sweep(path: Path | str) -> Sweep:
    """The sweep of a config file.

    Raises:
        InputError: Where it cannot be read or states no valid sweep.
    """
    return check_sweep(read_config(path), str(path))


def dump_settings(experiment: Experiment) -> str:
    """All settings as JSON, defaults included, but for keys that are null by default."""
    return json.dumps(experiment.model_dump(mode="json"), indent=2) + "\n"


MOST_SHARDS = 12_000
"""Of so many, where none is made yet, `snakemake -n` makes a plan in a minute or so (`python -m benchmarks.load`)."""
THRESHOLDS = (0.9, 0.98)
"""The paper's (``paper.table1.SCRIPT_THRESHOLDS``, which lies on a floor above this one)."""
_UNLIKE = {
    "dimensions": "vectors of {} elements",
    "variables": "{} variables",
    "training.epochs": "{} epochs",
    "training.batches_per_epoch": "{} steps an epoch",
    "training.batch_size": "batches of {}",
    "training.learning_rate": "a learning rate of {}",
    "training.gradient_clip": "gradients shortened to {}",
    "training.curriculum": "a curriculum of {}",
    "training.start": "a start that is {}",
    "interpretation.horizon": "a test of {} steps",
    "interpretation.sequences": "a test of {} sequences",
    "interpretation.modulus": "a modulus of {}",
}
"""Settings that a run shares with the paper's where it is to be compared with what the paper prints, in words."""


def _value_in_words(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "none" if value is None else _numbers_in_words(value if isinstance(value, list) else [value])


def _numbers_in_words(values: list[Any]) -> str:
    return ", ".join(shortest_number(value) for value in values)
