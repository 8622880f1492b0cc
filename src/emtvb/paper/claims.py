"""The paper's claims: what claims.yaml may say, and reading it."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable
from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NaiveDatetime,
    StrictBool,
    StrictInt,
    ValidationError,
    model_validator,
)

from emtvb import tables
from emtvb.config import Strict
from emtvb.errors import InputError
from emtvb.paper import significance, table1
from emtvb.theory.literature_columns import ABLATED, FOLLOWED
from emtvb.theory.memory_columns import REMEMBERED
from emtvb.theory.network_measurement import METHODS, BasisMeasures, Measurement
from emtvb.theory.network_verdict import ACCURATE

FILE = "claims.yaml"

COLUMNS = (
    *tables.RUN_COLUMNS,
    *(field.name for field in fields(Measurement) if field.name not in ("run_id", "bases")),
    *(f"{method}_{field.name}" for method in METHODS for field in fields(BasisMeasures)),
    *ABLATED,
    *FOLLOWED,
    *REMEMBERED,
)
"""What a condition may be about."""


def _known_column(column: str) -> str:
    if column not in COLUMNS:
        near = difflib.get_close_matches(column, COLUMNS, n=1)
        raise ValueError(
            f"no such column; did you mean {near[0]}?" if near else "no such column of a table of measurements"
        )
    return column


Column = Annotated[str, AfterValidator(_known_column)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$")]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Share = Annotated[Number, Field(gt=0, le=1)]
TaskName = Literal["T1", "T2", "T3", "T4"]
Measure = Literal["accuracy", "spectral_error"]


class _Strict(BaseModel):
    """An unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Moment(_Strict):
    """A moment of this repository's history: its UTC time, and the commit, which what is not committed yet lacks."""

    at: Annotated[NaiveDatetime, Field(strict=True)]
    commit: str = Field("", pattern=r"^([0-9a-f]{8})?$")

    def in_words(self) -> str:
        """To the minute, with the commit."""
        return f"{self.at:%Y-%m-%d %H:%M}" + (f" ({self.commit})" if self.commit else "")


class FirstWeights(Moment):
    """When the first weights of networks with these seeds were published."""

    seeds: list[StrictInt] = Field(min_length=1)


class Condition(_Strict):
    """On a network: a column, and one thing that must be true of it; of a missing value nothing but its absence is."""

    column: Column
    minus: Column | None = None
    of: Column | None = None
    at_least: Number | None = None
    below: Number | None = None
    equals: Column | None = None
    is_: Number | None = Field(None, alias="is")
    present: StrictBool | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Condition:
        given = [x for x in (self.at_least, self.below, self.equals, self.is_, self.present) if x is not None]
        if len(given) != 1:
            raise ValueError("give one of at_least, below, equals, is, present")
        if self.minus and self.of:
            raise ValueError("give one of minus, of")
        return self

    @property
    def bar(self) -> float | None:
        """The number that it compares with."""
        return self.at_least if self.at_least is not None else self.below

    def at(self, bar: float) -> Condition:
        """The same with another bar."""
        return self.model_copy(update={"at_least" if self.at_least is not None else "below": bar})

    def columns(self) -> list[str]:
        """Those it needs."""
        return [name for name in (self.column, self.minus, self.of, self.equals) if name]

    def true_of(self, networks: pd.DataFrame) -> pd.Series:
        """Of which networks it is true."""
        values = networks[self.column]
        if self.minus:
            values = values - networks[self.minus]
        if self.of:
            values = values / networks[self.of]
        if self.at_least is not None:
            return values >= self.at_least
        if self.below is not None:
            return values < self.below
        if self.equals is not None:
            return values == networks[self.equals]
        return values == self.is_ if self.is_ is not None else values.notna() == self.present

    def in_words(self) -> str:
        """What it demands."""
        what = f"{self.column} - {self.minus}" if self.minus else self.column
        what += f" / {self.of}" if self.of else ""
        if self.at_least is not None:
            return f"{what} at least {self.at_least:g}"
        if self.below is not None:
            return f"{what} below {self.below:g}"
        if self.present is not None:
            return f"{what} {'present' if self.present else 'absent'}"
        return f"{what} equal to {self.equals}" if self.equals else f"{what} = {self.is_:g}"


class Cell(_Strict):
    """A cell of Table 1 as it is printed: ``error (accuracy)``."""

    task: TaskName
    hidden_dim: Literal[64, 128]
    l2: Number
    printed: str = Field(pattern=r"^(---|\d\.\d{4}) \(\d\.\d\d\)$")

    @property
    def key(self) -> tuple[str, int, float]:
        """Task, hidden size, L2 penalty."""
        return self.task, self.hidden_dim, self.l2

    @property
    def error(self) -> str:
        """The spectral error as printed."""
        return self.printed.split()[0]

    @property
    def accuracy(self) -> str:
        """The accuracy as printed."""
        return self.printed.split()[1].strip("()")


class Table1(_Strict):
    """The published table."""

    source: str
    cells: list[Cell]


class OtherBasis(_Strict):
    """The question of a statement, asked in another basis of the same networks."""

    basis: str
    holds: list[Condition] = Field(min_length=1)


class Statement(_Strict):
    """Something that is said of networks: by the paper (``statement``), us (``check``), or others (``others``).

    It has a verdict where ``at_least`` says what could fail; else it is a share with its interval. One rule for all: no
    share in the source, no verdict; so a share that is not ours stands in the quote. Whether it is a tendency, and
    whether it is universal, is asked of all. ``reason`` says why the bar of the first condition is where it is, and
    ``bars`` are others, at which the same is asked; what the paper says has a reason, and a bar on either side.
    ``rule_since`` says when all of this first stood as it does now. ``beside`` asks the same of bases of ours, on
    which no answer rests.
    """

    name: Name
    group: Literal["statement", "check", "others"]
    rule_since: Moment
    short: str = ""
    source: str
    quote: str = ""
    statement: str
    operationalisation: str = ""
    reason: str = ""
    strata: list[Literal["task", "hidden_dim", "l2"]] = []
    tasks: list[TaskName] = Field(["T1", "T2", "T3", "T4"], min_length=1)
    over: list[Condition] = Field(min_length=1)
    holds: list[Condition] = Field(min_length=1)
    bars: list[Number] = []
    at_least: Share | None = None
    beside: list[OtherBasis] = []

    @model_validator(mode="after")
    def _bars_are_of_the_first_condition(self) -> Statement:
        if self.bars and self.holds[0].bar is None:
            raise ValueError("bars need a number in the first condition of holds")
        return self

    @model_validator(mode="after")
    def _bars_of_statements_have_a_reason_and_neighbours(self) -> Statement:
        bar = self.holds[0].bar
        if self.group == "statement" and bar is not None:
            if not self.reason:
                raise ValueError("reason says why the bar of a statement is where it is: give it")
            if not min(self.bars, default=bar) < bar < max(self.bars, default=bar):
                raise ValueError(f"bars of a statement lie on both sides of its own, {bar:g}")
        return self

    @model_validator(mode="after")
    def _no_share_of_ours_judges_what_others_say(self) -> Statement:
        if self.at_least is not None and self.group != "check" and f"{100 * self.at_least:g}%" not in self.quote:
            raise ValueError(
                f"at_least of a claim that is not ours is what its quote names: {100 * self.at_least:g}%; "
                "where the source names no share, there is no verdict"
            )
        return self

    def columns(self) -> list[str]:
        """Those that its conditions need."""
        beside = [condition for other in self.beside for condition in other.holds]
        return [name for condition in (*self.over, *self.holds, *beside) for name in condition.columns()]

    def missing_columns(self, networks: pd.DataFrame) -> list[str]:
        """Those that it needs and a table of networks does not have."""
        return [name for name in self.columns() if name not in networks.columns]


class Count(_Strict):
    """How many runs the published script ran."""

    name: Name
    statement: str
    sweep: int
    listed: int


class SkippedCell(_Strict):
    """A cell of Table 1 to which runs belong that the published script skipped."""

    name: Name
    task: TaskName
    hidden_dim: Literal[64, 128]
    l2: Number
    measure: Measure


class Whole(_Strict):
    """What is said of the table as a whole."""

    name: Name
    short: str
    statement: str


class Table1AsAWhole(_Strict):
    """The two numbers of all cells together, and whether they are those of the same seeds."""

    source: str
    errors: Whole
    accuracies: Whole
    rounding: Whole


class Skipped(_Strict):
    """The runs that the published script skipped, and what they change."""

    source: str
    quote: str
    rule_since: Moment
    count: Count
    cells: list[SkippedCell]


class Rules(_Strict):
    """When claims are consistent or not, in words; braces hold names of constants of ``emtvb.paper.significance``."""

    accuracy: str
    spectral_error: str
    no_error: str
    whole: str
    rounding: str
    share: str
    no_rule: str
    answers: str
    count: str
    skipped: str

    @model_validator(mode="after")
    def _known_constants(self) -> Rules:
        for text in self.__dict__.values():
            in_words(text, at_least=0.9)
        return self


class Claims(_Strict):
    """Everything that claims.yaml says."""

    paper: str
    link: str
    weights_since: list[FirstWeights] = Field(min_length=1)
    rules: Rules
    table1: Table1
    whole: Table1AsAWhole
    statements: list[Statement]
    skipped: Skipped

    @model_validator(mode="after")
    def _names_are_unique(self) -> Claims:
        names = [claim.name for claim in self.statements]
        names += [of.name for of in (self.whole.errors, self.whole.accuracies, self.whole.rounding)]
        names += [self.skipped.count.name, *(cell.name for cell in self.skipped.cells)]
        for i, name in enumerate(names):
            if name in names[:i]:
                raise ValueError(f"the name {name} occurs twice")
        return self

    def first_weights(self, seeds: Iterable[int]) -> Moment | None:
        """When the first weights of networks with any of these seeds were published; None where none were.

        Args:
            seeds: Of the networks.
        """
        asked = set(seeds)
        published = [of for of in self.weights_since if asked & {*of.seeds}]
        return min(published, key=lambda of: of.at, default=None)


def load_claims(path: Path | str | None = None, solved: float = ACCURATE) -> Claims:
    """The claims of a file, by default the package's own.

    Args:
        path: The file.
        solved: The least accuracy of a network that solves its task, which stands there as ``{solved}``.

    Raises:
        InputError: Where it cannot be read, has a key or column that does not exist, or a cell of Table 1 that differs
            from the package's table1.csv.
    """
    where = FILE if path is None else str(path)
    try:
        text = (resources.files("emtvb.paper") / FILE if path is None else Path(path)).read_text(encoding="utf-8")
        claims = Claims.model_validate(yaml.load(text.replace("{solved}", f"{solved:g}"), Strict))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(where, "unreadable", f"restore it ({error})") from None
    except yaml.YAMLError as error:
        raise InputError(where, "not YAML", str(error)) from None
    except ValidationError as error:
        from emtvb.config.refusal import in_one_line

        raise in_one_line(error, Claims, where) from None
    _check_table(claims.table1, where)
    return claims


def claims_by_bar_of(measured: pd.DataFrame) -> Claims:
    """The package's claims, with the bar of solving a task by which these networks were measured.

    Args:
        measured: With the column ``measured_solved``.
    """
    return load_claims(solved=float(measured["measured_solved"].iloc[0]))


def where_all_hold(conditions: Iterable[Condition], networks: pd.DataFrame) -> pd.Series:
    """Of which networks all conditions are true."""
    return functools.reduce(lambda a, b: a & b, (condition.true_of(networks) for condition in conditions))


def in_words(rule: str, **values: float) -> str:
    """A rule with its numbers in it.

    Raises:
        ValueError: Where it names a constant that does not exist.
    """
    names = {name: value for name, value in vars(significance).items() if name.isupper() and not name.startswith("_")}
    try:
        return rule.format(**names, **values)
    except (KeyError, IndexError, ValueError):
        known = ", ".join(sorted(name for name, value in names.items() if isinstance(value, int | float)))
        raise ValueError(f"braces hold names of constants: {known}") from None


def _check_table(table: Table1, where: str) -> None:
    """Raise InputError unless these are the cells of table1.csv, each once, each the same."""
    csv = table1.published_table1().set_index(table1.CELL)
    cells = {cell.key: cell for cell in table.cells}
    if len(cells) != len(table.cells) or set(cells) != set(csv.index):
        odd = [cell.key for cell in table.cells if cell.key not in csv.index or cells[cell.key] is not cell]
        odd += [key for key in csv.index if key not in cells]
        task, hidden_dim, l2 = odd[0]
        raise InputError(
            f"{where}: table1.cells",
            f"{task}, {hidden_dim}, L2 {l2:g}",
            "each cell of table1.csv stands once, no other",
        )
    for key, cell in cells.items():
        error, accuracy = csv.loc[key, ["spectral_error", "accuracy"]].astype(float)
        printed = f"{error:.4f} ({accuracy:.2f})".replace("nan", "---")
        if printed != cell.printed:
            raise InputError(
                f"{where}: table1.cells: {cell.task}, {cell.hidden_dim}, L2 {cell.l2:g}", cell.printed,
                f"table1.csv says {printed}; one of the two is not what the paper prints",
            )  # fmt: skip
