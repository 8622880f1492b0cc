"""What a forger would have to do: the forgeries that the table in docs/audit.md lists, each found as it says there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emtvb import config, markdown
from emtvb.audit import audit
from emtvb.audit.config_of_results import Held, held_by, held_to
from emtvb.audit.currency import planned_jobs
from emtvb.audit.report import Check
from emtvb.making import provenance, recorded
from emtvb.making.plan import Planned
from emtvb.making.present_code import Present
from emtvb.paper.significance import CLAIM_VERDICTS
from emtvb.theory import networks
from emtvb.theory.network_verdict import NOT_LEARNED, STORED
from emtvb.training.shard import Outputs

from .conftest import ROOT, Project, git
from .conftest import SMOKE as SMOKE_CONFIG
from .test_audit import (
    FIRST,
    HELD,
    MEASURED,
    SECOND,
    SHARD,
    SMOKE,
    TABLE,
    WEIGHTS,
    copy,
    edit_record,
    edit_table,
    edit_text,
    measuring,
    move_weights,
    record_anew,
    redden,
    run_again,
    stated,
    trained_again,
)  # fmt: skip

SPECTRUM, PICTURE, PDF = "figures/spectrum.csv", "figures/weights.png", "figures/weights.pdf"
ARRAYS, TEXT, FORMER = "measurements/exemplars/T1.npz", "tables/table1.md", "tables/foretelling.csv"
ANIMATION, DRAWN = "figures/animation/T1.gif", "figures/spectrum.pdf"
STYLE, LATE = "emtvb/figures/emtvb.mplstyle", "emtvb/experiments/sweep/kind.py"
READ = {".css", ".csv", ".html", ".j2", ".js", ".mjs", ".mplstyle", ".rst", ".yaml"}
"""Of files of ours that jobs read, how their names end."""

Change = Callable[[Path], Any]
"""Changes something in an experiment's folder; where it returns a config, results are held to that."""


@dataclass(frozen=True)
class Forgery:
    """A change of results.

    Attributes:
        what: What is changed.
        file: In which file, or in the record of which.
        change: Changes it.
        says: What is said of it.
        fits: Whether all records are made to fit what lies there then.
    """

    what: str
    file: str
    change: Change
    says: str
    fits: bool = True

    def forge(self, folder: Path) -> Held:
        """Change results; returns the config that they are held to."""
        held = self.change(folder)
        if self.fits:
            record_anew(folder)
        return held if isinstance(held, Held) else HELD


def record_of(folder: Path, name: str) -> Path:
    """Where the record of an output lies."""
    return next(path for path, record in recorded.read_all(folder)[0].items() if name in record.outputs)


def of_record(name: str, change: Callable[[dict[str, Any]], object]) -> Change:
    """A change of the record of an output."""
    return lambda folder: edit_record(record_of(folder, name), change)


def of_recipe(name: str, part: str, **changed: object) -> Change:
    """A change of what the record of an output says of settings, code or versions."""
    return of_record(name, lambda record: record["recipe"][part].update(changed))


def without(*names: str) -> Callable[[dict[str, Any]], None]:
    """Takes some files out of the code that a record names; where none are given, all modules of the package."""

    def change(record: dict[str, Any]) -> None:
        code = record["recipe"]["code"]
        for name in names or [name for name in code if name.startswith("emtvb/") and name.endswith(".py")]:
            del code[name]

    return change


def of_cell(name: str, column: str, changed: Callable[[str], str]) -> Change:
    """A change of the first network's cell in a table."""

    def change(table: Any) -> None:
        table.loc[0, column] = changed(table.loc[0, column])

    return lambda folder: edit_table(folder / name, change)


def flip(solved: str) -> str:
    return "0" if solved == "1" else "1"


def other_verdict(verdict: str) -> str:
    return NOT_LEARNED if verdict == STORED else STORED


def of_setting(name: str, value: object) -> Change:
    """A change of what ``settings.json`` says of how networks are judged."""

    def change(folder: Path) -> None:
        settings = json.loads((folder / "settings.json").read_text())
        settings["interpretation"][name] = value
        (folder / "settings.json").write_text(config.dump_settings(config.check_sweep(settings)))

    return change


def of_weights(change: Callable[[dict[str, Any]], object]) -> Change:
    """A change of a shard's networks, by run id."""

    def forge(folder: Path) -> None:
        trained = networks.load_networks(folder / WEIGHTS)
        change(trained)
        networks.save_networks(folder / WEIGHTS, trained)

    return forge


def exchange(trained: dict[str, Any]) -> None:
    trained[FIRST], trained[SECOND] = trained[SECOND], trained[FIRST]


def with_digests(forge: Change) -> Change:
    """A change of weights, and of their digests wherever these are published."""

    def change(folder: Path) -> None:
        forge(folder)
        digests = {run_id: network.digest() for run_id, network in networks.load_networks(folder / WEIGHTS).items()}

        def fit(table: Any) -> None:
            table["weights_sha256"] = table["run_id"].map(digests).fillna(table["weights_sha256"])

        for path in (Outputs.of(folder, SHARD).digests, folder / "digests.csv"):
            edit_table(path, fit)

    return change


def measure_and_record(folder: Path) -> None:
    """Another number, and the record of its own job alone."""
    of_cell(MEASURED, "power_gain", lambda _: "9.0")(folder)
    digest = provenance.sha256(folder / MEASURED)
    of_record(MEASURED, lambda record: record["outputs"].update({MEASURED: digest}))(folder)


def cross_the_bar(folder: Path) -> None:
    """A network that solves its task does not, by all that is written of it."""
    for name in (MEASURED, "measurements.csv"):
        for column, value in (("test_accuracy", "0.5"), ("solved", "0"), ("verdict", NOT_LEARNED)):
            of_cell(name, column, lambda _, value=value: value)(folder)


def exchange_rows(folder: Path) -> None:
    """What two seeds measure."""

    def change(table: Any) -> None:
        numbers = [name for name in table.columns if name not in ("run_id", "seed")]
        table.loc[[0, 1], numbers] = table.loc[[1, 0], numbers].to_numpy()

    for name in (MEASURED, "measurements.csv"):
        edit_table(folder / name, change)


def more_seeds(folder: Path) -> Held:
    return held_by(stated(SMOKE.model_copy(update={"seeds": [1, 2, 3]}), folder), ROOT, "")


def change_number(path: Path) -> None:
    """The last fraction in a table, by a thousandth."""

    def change(table: pd.DataFrame) -> None:
        fractions = [
            (i, name) for name in table.columns for i in table.index if re.fullmatch(r"-?\d+\.\d+", table[name][i])
        ]
        row, column = fractions[-1]
        table.loc[row, column] = repr(float(table[column][row]) * 1.001 + 0.001)

    edit_table(path, change)


def change_array(path: Path) -> None:
    with np.load(path) as file:
        arrays = dict(file)
    arrays["W_hh_in_data_memories"] = arrays["W_hh_in_data_memories"] * 0.9
    np.savez_compressed(path, **arrays)


def drop_run(name: str) -> Change:
    """A table without its first row."""

    def change(folder: Path) -> None:
        header, _, *rows = (folder / name).read_text().splitlines(keepends=True)
        (folder / name).write_text("".join([header, *rows]))

    return change


def change_verdict(folder: Path) -> None:
    edit_text(folder / "verdicts.md", f"**{CLAIM_VERDICTS[2]}**", f"**{CLAIM_VERDICTS[0]}**")


def change_count(folder: Path) -> None:
    edit_text(folder / "verdicts.json", '"not determined": 48', '"not determined": 47')


def of_libraries(name: str, change: Change) -> Change:
    """A change of a picture, and of all that its record says of libraries."""

    def record(record: dict[str, Any]) -> None:
        for part in (record["recipe"]["versions"], record["environment"]):
            part.update(numpy="1.0")

    return lambda folder: (change(folder / name), of_record(name, record)(folder))


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n% more\n")


QUICK, FULL, ALL = "`audit --quick`", "`audit`", "`audit --all`; of a third of the shards `audit`"
VERIFY, UNCHECKED = "`verify --all`; a sample, if it draws that run", '`audit` says "not checked"'
TOLD, NOBODY = "a warning of `audit --quick`", "nobody but `git diff`"

FORGERIES: dict[str, list[Forgery]] = {
    QUICK: [
        Forgery(
            "a file, and not its record", TABLE, lambda f: change_number(f / TABLE), "its sha256 differs", fits=False
        ),
        Forgery("a file, and not its record", WEIGHTS, move_weights, "its sha256 differs", fits=False),
        Forgery(
            "a record: cut off", TABLE, lambda f: record_of(f, TABLE).write_text("{"), "damaged record", fits=False
        ),
        Forgery("a record: gone", TABLE, lambda f: record_of(f, TABLE).unlink(), "its record, "),
        Forgery("a file too many", "tables/old.csv", lambda f: (f / "tables/old.csv").touch(), "no job of this"),
        Forgery("a file too few", TABLE, lambda f: (f / TABLE).unlink(), "missing; "),
        Forgery(
            "a file and its record, and not what is made from it",
            MEASURED,
            measure_and_record,
            "other inputs than lie here",
            fits=False,
        ),
        Forgery(
            "settings in a record",
            SPECTRUM,
            of_recipe(SPECTRUM, "settings", figure="x.y"),
            "other settings now: figure",
        ),
        Forgery("seeds in the config", "config/smoke.yaml", more_seeds, "other settings now: "),
        Forgery(
            "code in a record: a digest",
            TABLE,
            of_recipe(TABLE, "code", **{"emtvb/files.py": "0"}),
            "by the present code: emtvb/files.py",
        ),
        Forgery(
            "code in a record: a module taken out",
            MEASURED,
            of_record(MEASURED, without("emtvb/core/spectrum.py")),
            "by the present code: emtvb/core/spectrum.py, which its record does not name",
        ),
        Forgery(
            "code in a record: all modules taken out",
            TABLE,
            of_record(TABLE, without()),
            "which its record does not name",
        ),
        Forgery(
            "versions of libraries in a record, to excuse another picture",
            PICTURE,
            of_recipe(PICTURE, "versions", numpy="1.0"),
            "computed with numpy 1.0",
        ),
        *(
            Forgery(f"`{column}` without the others", file, of_cell(file, column, value), "by its other numbers")
            for file in (MEASURED, "measurements.csv")
            for column, value in (("test_accuracy", lambda _: "0.5"), ("solved", flip), ("verdict", other_verdict))
        ),
        *(
            Forgery(words, file, change, says)
            for words, name, value in (("the bar of solved", "solved", 0.5), ("the horizon of the test", "horizon", 7))
            for file, change, says in (
                (MEASURED, of_cell(MEASURED, f"measured_{name}", lambda _, value=value: str(value)), "in the config"),
                ("settings.json", of_setting(name, value), "states other settings than config/smoke.yaml"),
            )
        ),
        Forgery("weights: a bit", WEIGHTS, move_weights, "are not those of its digest"),
        Forgery("weights: two seeds exchanged", WEIGHTS, of_weights(exchange), "are not those of its digest"),
        Forgery("weights: a run dropped", WEIGHTS, of_weights(lambda of: of.pop(FIRST)), "are not those of its digest"),
    ],
    FULL: [
        Forgery("numbers of a table", TABLE, lambda f: change_number(f / TABLE), "when made again"),
        Forgery(
            "numbers of a table",
            "measurements/memory.csv",
            lambda f: change_number(f / "measurements/memory.csv"),
            "when made again",
        ),
        Forgery("numbers of a figure", SPECTRUM, lambda f: change_number(f / SPECTRUM), "when made again"),
        Forgery("arrays", ARRAYS, lambda f: change_array(f / ARRAYS), "is another when made again"),
        Forgery("a text", TEXT, lambda f: edit_text(f / TEXT, "---", "0.0005"), "when made again"),
        Forgery("a count of verdicts", "verdicts.json", change_count, "when made again"),
        Forgery("a verdict", "verdicts.md", change_verdict, "when made again"),
        Forgery("a picture", PICTURE, lambda f: redden(f / PICTURE), "is another picture when made again"),
        Forgery("a run dropped", "runs.csv", drop_run("runs.csv"), "rows, and 12 when made again"),
        Forgery("a run dropped", "measurements.csv", drop_run("measurements.csv"), "rows, and 12 when made again"),
        Forgery(
            "a digest of weights",
            "digests.csv",
            of_cell("digests.csv", "weights_sha256", lambda _: "0" * 64),
            "when made again",
        ),
        Forgery(
            "code in a record: a file that is read taken out",
            DRAWN,
            of_record(DRAWN, without(STYLE)),
            f"used {STYLE}, which the record does not name",
        ),
        Forgery(
            "code in a record: a module that is imported late taken out",
            "settings.json",
            of_record("settings.json", without(LATE)),
            f"used {LATE}, which the record does not name",
        ),
    ],
    ALL: [
        Forgery("measurements that fit each other: across a bar", MEASURED, cross_the_bar, f"of {FIRST} is"),
        Forgery(
            "measurements that fit each other: rows of two seeds exchanged", MEASURED, exchange_rows, f"of {FIRST} is"
        ),
        Forgery(
            "weights of two seeds exchanged, with their digests",
            WEIGHTS,
            with_digests(of_weights(exchange)),
            f"of {FIRST} is",
        ),
    ],
    VERIFY: [
        Forgery(
            "weights made by another training, and all that follows",
            WEIGHTS,
            with_digests(move_weights),
            "differ when trained again",
        ),
    ],
    UNCHECKED: [
        Forgery(
            "a PDF, and all that its record says of libraries",
            PDF,
            of_libraries(PDF, append),
            f"other versions of libraries draw other pictures: {PDF}.",
        ),
        Forgery(
            "what follows the first frame of an animation, and all that its record says of libraries",
            ANIMATION,
            of_libraries(ANIMATION, append),
            f"other versions of libraries draw other pictures: {ANIMATION}.",
        ),
        Forgery(
            "a picture, and all that its record says of libraries",
            PICTURE,
            of_libraries(PICTURE, redden),
            f"other versions of libraries draw other pictures: {PICTURE}.",
        ),
    ],
    TOLD: [
        Forgery(
            "a commit that git does not have",
            TABLE,
            of_record(TABLE, lambda record: record.update(commit="0" * 40)),
            "git does not have here: 000000",
        ),
        Forgery(
            "`dirty` in a record",
            TABLE,
            of_record(TABLE, lambda record: record.update(dirty=True)),
            "1 records say that their code was not",
        ),
    ],
    NOBODY: [
        Forgery(
            "the time in a record",
            TABLE,
            of_record(TABLE, lambda record: record.update(made="2020-01-01T00:00:00+00:00")),
            "",
        ),
        Forgery("what no job makes any more, and its record", FORMER, lambda f: change_number(f / FORMER), ""),
    ],
}


JUDGED = "the code that judges, and what it makes"


def as_markdown() -> str:
    """The table of docs/audit.md."""
    rows: dict[tuple[str, str], list[str]] = {}
    for who, forgeries in FORGERIES.items():
        for one in forgeries:
            rows.setdefault((one.what, who), []).append(f"`{one.file.replace(SHARD, '*')}`")
    cells = [(what, ", ".join(named), who) for (what, who), named in rows.items()]
    return markdown.table(["what is changed", "tried in", "who sees it"], [*cells, (JUDGED, "`verdicts.md`", NOBODY)])


def test_the_table_of_the_page_is_that_of_the_forgeries() -> None:
    assert as_markdown() in (ROOT / "docs" / "audit.md").read_text()


@pytest.fixture(scope="module")
def jobs(finished: Project) -> list[Planned]:
    return planned_jobs(finished.folder / "results" / "smoke", HELD)


@pytest.fixture
def folder(finished: Project, tmp_path: Path) -> Path:
    """A copy of the smoke experiment's results."""
    return copy(finished.folder / "results" / "smoke", tmp_path / "results" / "smoke")


def named(forgeries: list[Forgery]) -> Any:
    return pytest.mark.parametrize("forgery", forgeries, ids=[f"{one.what} ({one.file})" for one in forgeries])


def said(*checks: Check) -> list[str]:
    return [str(finding) for check in checks for finding in check.findings]


def quick(folder: Path, held: Held = HELD) -> list[Check]:
    """The checks of ``audit --quick``."""
    return list(audit.audit(folder, held, audit.QUICK).checks)


@pytest.mark.first
@pytest.mark.long
@named(FORGERIES[QUICK])
def test_what_the_quick_audit_finds(folder: Path, forgery: Forgery) -> None:
    held = forgery.forge(folder)
    found = said(*quick(folder, held))
    assert any(forgery.says in words for words in found), found


@pytest.mark.first
@pytest.mark.long
def test_what_the_audit_finds_by_making_it_again(folder: Path, jobs: list[Planned]) -> None:
    for forgery in FORGERIES[FULL]:
        forgery.forge(folder)
    assert said(*quick(folder)) == []
    forged = {forgery.file for forgery in FORGERIES[FULL]}
    found = said(run_again(folder, [job for job in jobs if not forged.isdisjoint(job.outputs)]))
    missed = [one for one in FORGERIES[FULL] if not any(one.says in words and one.file in words for words in found)]
    assert missed == [], found


@pytest.mark.first
@pytest.mark.long
@named(FORGERIES[ALL])
def test_what_is_found_by_measuring_again(folder: Path, jobs: list[Planned], forgery: Forgery) -> None:
    forgery.forge(folder)
    assert said(*quick(folder)) == []
    found = said(run_again(folder, measuring(jobs)))
    assert any(words.startswith(f"{MEASURED}: ") and forgery.says in words for words in found), found


@pytest.mark.first
@pytest.mark.long
@named(FORGERIES[VERIFY])
def test_what_is_found_by_training_again(folder: Path, forgery: Forgery) -> None:
    forgery.forge(folder)
    assert said(*quick(folder)) == []
    assert any(forgery.says in words for words in said(trained_again(folder, SECOND)))


@pytest.mark.first
@pytest.mark.long
@named(FORGERIES[UNCHECKED])
def test_what_is_said_to_be_unchecked(folder: Path, jobs: list[Planned], forgery: Forgery) -> None:
    forgery.forge(folder)
    assert said(*quick(folder)) == []
    again = run_again(folder, [job for job in jobs if forgery.file in job.outputs])
    assert said(again) == []
    assert forgery.says in again.note


@pytest.mark.first
@pytest.mark.long
@named(FORGERIES[TOLD])
def test_what_is_a_warning(folder: Path, forgery: Forgery) -> None:
    git(folder, "init", "-q")
    git(folder, "commit", "-qm", "none", "--allow-empty")
    head = git(folder, "rev-parse", "HEAD").strip()
    for path in recorded.record_files(folder):
        edit_record(path, lambda record: record.update(commit=head, dirty=False))
    assert "commits that git does not" not in quick(folder)[1].note
    forgery.forge(folder)
    found = quick(folder)
    assert said(*found) == []
    assert forgery.says in found[1].note


@pytest.mark.first
@pytest.mark.long
@named(FORGERIES[NOBODY])
def test_what_nobody_sees(folder: Path, forgery: Forgery, tmp_path: Path) -> None:
    published = forgery.file == FORMER
    if published:
        folder = copy(ROOT / "results" / "start", tmp_path / "start")
    held = held_to(folder, ROOT) if published else HELD
    before = said(*quick(folder, held))
    forgery.forge(folder)
    assert said(*quick(folder, held)) == before


@pytest.mark.first
@pytest.mark.long
def test_who_changes_the_code_that_judges_is_seen_by_nobody(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    project.edit("src/emtvb/paper/significance.py", "FEWEST_SEEDS = 5\n", "FEWEST_SEEDS = 4\n")
    made = project.snakemake(*SMOKE_CONFIG)
    assert made.returncode == 0, made.stderr
    assert "fewer than 4 seeds" in (project.folder / "results/smoke/verdicts.md").read_text()
    call = [sys.executable, "-m", "emtvb", "audit", "results/smoke", "--quick"]
    here = {**os.environ, "PYTHONPATH": str(project.folder / "src")}
    done = subprocess.run(call, cwd=project.folder, env=here, capture_output=True, text=True, check=False)
    assert (done.returncode, "FAILED" in done.stdout) == (3, False), done.stdout + done.stderr


@pytest.mark.first
@pytest.mark.long
def test_each_file_that_is_taken_out_of_a_record_is_missed(finished: Project) -> None:
    """But for what may be left unused, which is found where it is made again: files that are read, and late imports."""
    present, missed = Present(ROOT), set[str]()
    for record in recorded.read_all(finished.folder / "results" / "smoke")[0].values():
        if "revision" in record.recipe["settings"]:
            continue  # of a training, no code is compared
        assert present.unnamed(record.recipe) == []
        names = [name for name in record.recipe["code"] if "/" in name]  # and its script, which planning knows
        assert len(names) > 5
        for name in names:
            code = {other: digest for other, digest in record.recipe["code"].items() if other != name}
            if name not in present.unnamed({**record.recipe, "code": code}):
                missed.add(name)
    assert {name for name in missed if name.endswith(".py")} == {LATE}
    assert missed - {LATE} == {name for name in missed if Path(name).suffix in READ}
