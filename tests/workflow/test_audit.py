"""The audit of the smoke experiment: silent on what is sound, and naming whatever is not, a forger's work included."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from emtvb import config, networks
from emtvb.audit import audit, consistency, determinism, earlier, held, left_out
from emtvb.audit.determinism import Sample
from emtvb.audit.held import Held
from emtvb.audit.integrity import read_records
from emtvb.audit.plan import Plan, flat
from emtvb.audit.report import Audit, Check
from emtvb.cli import audit_results
from emtvb.errors import InputError
from emtvb.running import provenance
from emtvb.training.shard import Outputs, train_shard

from . import forging
from .conftest import ROOT, Project
from .forging import FIRST, OTHER, SECOND, SHARD, edit_record, edit_table, fit, say_of

SMOKE = ("--configfile", "config/smoke.yaml")
HELD = Held(config.load(ROOT / "config" / "smoke.yaml"), "config/smoke.yaml", ROOT)
TABLE = "tables/table1.csv"
WEIGHTS = f"training/{SHARD}/weights.safetensors"
OTHER_WEIGHTS = f"training/{OTHER}/weights.safetensors"
TRAINED = f"training/{SHARD}/train_shard.provenance.json"
MEASURED = f"measurements/{SHARD}.csv"
OUTLINE = f"measurements/learning/{SHARD}.csv"
NOTHING = Sample(runs=0, networks=0, seed=0, workers=2, figures=False)
"""But for the tables, which are always made again."""


@pytest.fixture(scope="session")
def audited(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Audit]:
    """The smoke experiment's results with an audit of them, and that audit. Tests that change them copy them first."""
    folder = forging.copy(finished.folder / "results" / "smoke", tmp_path_factory.mktemp("audited") / "smoke")
    found = audit.audit(folder, HELD, Sample(runs=1, networks=2, seed=1, workers=2))
    audit.write(found, folder, ROOT)
    return folder, found


@pytest.fixture
def folder(audited: tuple[Path, Audit], tmp_path: Path) -> Path:
    """A copy of them."""
    return forging.copy(audited[0], tmp_path / "smoke")


def problems(*checks: Check) -> dict[str, str]:
    """All that is wrong, by subject."""
    found: dict[str, str] = {}
    for check in checks:
        for finding in check.findings:
            found[finding.subject] = "; ".join(filter(None, (found.get(finding.subject), finding.problem)))
    return found


def looked_at(folder: Path, **given: object) -> dict[str, str]:
    """What is wrong with the structure of results."""
    return problems(*audit.structure(folder, HELD, **given).checks)  # type: ignore[arg-type]


def made_again(folder: Path, **sample: object) -> Audit:
    return audit.audit(folder, HELD, dataclasses.replace(NOTHING, **sample))  # type: ignore[arg-type]


def check_of(found: Audit, name: str) -> Check:
    return next(check for check in found.checks if check.name == name)


def test_an_untouched_experiment_passes_and_says_what_was_made_again(audited: tuple[Path, Audit]) -> None:
    folder, found = audited
    assert problems(*found.checks) == {}
    assert found.passed
    assert {check.name: check.how for check in found.checks} == {
        "integrity": "compared", "currency": "compared", "consistency": "compared", "tables": "recomputed",
        "exemplars": "recomputed", "figures": "recomputed", "measurements": "recomputed", "determinism": "recomputed",
    }  # fmt: skip
    assert all(check.checked for check in found.checks)
    assert (check_of(found, "determinism").checked, check_of(found, "determinism").of) == (1, 12)
    assert check_of(found, "measurements").checked == 12
    assert "12 of 12 networks show the initial weights of their own seed" in check_of(found, "measurements").note
    for page in ("audit.md", "index.html"):
        text = (folder / "audit" / page).read_text()
        assert "chosen by seed 1" in text
        assert all(digest in text for digest in earlier.judged_by().values())
        assert "config/smoke.yaml" in text
    assert looked_at(folder) == {}, "an audit is no stranger to the next one"


def verify(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from emtvb.cli import main; main()", "verify", "--results", str(folder)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=600)


def test_verify_trains_published_runs_and_says_of_each_whether_it_is_the_same(folder: Path) -> None:
    runs = pd.read_csv(folder / "runs.csv")["run_id"]
    done = verify(folder, runs[0], runs[5])
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()[:2]) == sorted(f"{run}: the same, to the last bit" for run in runs[[0, 5]])
    assert done.stdout.splitlines()[2:] == ["2 of 2 runs came out as published"]
    assert all(f"{run}: training (run 1 of 1)" in done.stderr for run in runs[[0, 5]])
    assert len(verify(folder, "--sample", "1", "--seed", "3").stdout.splitlines()) == 2


def test_verify_knows_a_run_by_its_digest_alone(folder: Path) -> None:
    """As it is published, without weights and learning curves; of another digest, it fails."""
    run = pd.read_csv(folder / "runs.csv").iloc[0]
    outputs = Outputs.of(folder, run["shard"])
    for path in (outputs.weights, outputs.history, outputs.outline):
        path.unlink()
    assert verify(folder, run["run_id"]).returncode == 0
    digest = determinism.digests(folder, run["shard"])[run["run_id"]]
    outputs.digests.write_text(outputs.digests.read_text().replace(digest, "0" * 64))
    done = verify(folder, run["run_id"])
    assert done.returncode == 1
    assert f"its weights have the digest {digest[:12]}, and 000000000000 was published" in done.stdout
    assert "0 of 1 runs came out as published" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "error: verify: nothing: give one of RUN_ID, --sample, --all"),
        (["--all", "--sample", "1"], "error: verify: --sample and --all: give one of"),
        (["T9_h1"], "error: run: T9_h1: not in "),
    ],
)
def test_verify_refuses_what_names_no_run(folder: Path, arguments: list[str], says: str) -> None:
    done = verify(folder, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(says)
    assert len(done.stderr.splitlines()) == 1


def _change_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _swap(one: Path, other: Path) -> None:
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def _write_words(path: Path) -> None:
    """Words in place of all of a table's numbers."""
    table = pd.read_csv(path)
    words = table.astype(str).assign(**dict.fromkeys(table.columns[1:], "words"))
    words.to_csv(path, index=False)


def _leave_out(folder: Path, *patterns: str) -> None:
    (folder / "left_out.txt").write_text("# too large\n" + "".join(f"{pattern}\n" for pattern in patterns))
    for pattern in patterns:
        for path in folder.glob(pattern):
            if path.is_file() and path.name != "left_out.txt" and not path.name.endswith(provenance.SUFFIX):
                path.unlink()


def _turn_verdicts(folder: Path) -> None:
    """In all three files of the audit."""
    path = folder / "audit" / "audit.json"
    content = json.loads(path.read_text())
    for claim in content["claims"]:
        if claim["kind"] == "published statements":
            claim["verdict"] = "agrees"
    content["verdicts"]["published statements"] = {"agrees": 8, "differs": 0, "undecided": 0}
    path.write_text(json.dumps(content))


def _cut_the_last_line(path: Path) -> None:
    """Behind its first cell."""
    *lines, last = path.read_text().splitlines()
    path.write_text("\n".join([*lines, last.partition(",")[0]]) + "\n")


def _edit_text(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")


STATEMENT = "eigenvalue-arguments"
HARMS: list[tuple[str, Callable[[Path], object], str, str]] = [
    ("a byte", lambda f: _change_a_byte(f / TABLE), TABLE, "its sha256 differs"),
    ("weights swapped", lambda f: _swap(f / WEIGHTS, f / OTHER_WEIGHTS), WEIGHTS, "its sha256 differs"),
    ("the other of them", lambda f: _swap(f / WEIGHTS, f / OTHER_WEIGHTS), OTHER_WEIGHTS, "its sha256 differs"),
    ("record deleted", lambda f: (f / "tables/table1.provenance.json").unlink(), TABLE, "no record says who made it"),
    ("its job", lambda f: (f / "tables/table1.provenance.json").unlink(), "tabulate", "its record is gone"),
    ("record damaged", lambda f: (f / "figures/weights.provenance.json").write_text("{}"),
     "figures/weights.provenance.json", "damaged record"),
    ("record without code", lambda f: edit_record(f / "figures/weights.provenance.json",
                                                  lambda r: r["recipe"].pop("code")),
     "figures/weights.provenance.json", "damaged record"),
    ("record of no time", lambda f: say_of(f, "figures/weights.provenance.json", made="yesterday"),
     "figures/weights.provenance.json", "damaged record"),
    ("record copied", lambda f: shutil.copy(f / "figures/weights.provenance.json", f / "tables/other.provenance.json"),
     "tables/other.provenance.json", "is the record of figures/weights.pdf, which lies elsewhere"),
    ("records swapped", lambda f: _swap(f / "figures/weights.provenance.json", f / "figures/spectrum.provenance.json"),
     "figures/weights.provenance.json", "is the record of figures/spectrum.pdf, which lies elsewhere"),
    ("words for numbers", lambda f: _write_words(f / "measurements.csv"), "measurements.csv", "its sha256 differs"),
    ("table deleted", lambda f: (f / TABLE).unlink(), TABLE, "missing; tabulate made it"),
    ("figure and record deleted", lambda f: [path.unlink() for path in (f / "figures").glob("weights.*")],
     "draw_weights", "not made yet"),
    ("a stranger", lambda f: _put(f / "figures/mine.png"), "figures/mine.png", "no record says who made it"),
    ("another version", lambda f: edit_record(f / TRAINED, lambda r: r["outputs"].update({WEIGHTS: "0" * 64})),
     MEASURED, "another version of training/T1_h24_l2-0_seeds1-5/weights"),
    ("library", lambda f: edit_record(f / "figures/weights.provenance.json",
                                      lambda r: r["recipe"]["versions"].update(matplotlib="1.0")),
     "figures/weights.pdf", "matplotlib was 1.0 and is"),
    ("published value", lambda f: edit_record(f / "tables/table1.provenance.json",
                                              lambda r: r["recipe"]["code"].update({"emtvb/paper/table1.csv": "0"})),
     TABLE, "its code has changed: emtvb/paper/table1.csv"),
    ("setting", lambda f: edit_record(f / f"measurements/{SHARD}.provenance.json",
                                      lambda r: r["recipe"]["settings"]["interpretation"].update(horizon=7)),
     MEASURED, "setting interpretation.horizon was 7 and is 12"),
    ("rule", lambda f: edit_record(f / "runs.provenance.json",
                                   lambda r: (r.update(rule="gone"), r["recipe"].update(rule="gone"))),
     "runs.csv", "no job of this experiment"),
    ("a line cut off", lambda f: _cut_the_last_line(f / MEASURED), MEASURED, "its rows are not of one length"),
    ("a link that leads nowhere", lambda f: (f / "figures/mine.png").symlink_to("gone.png"), "figures/mine.png",
     "no record says who made it"),
    ("a link to itself", lambda f: (f / "figures/mine.png").symlink_to("mine.png"), "figures/mine.png",
     "no record says who made it"),
    ("a name that is no text", lambda f: Path(os.fsdecode(bytes(f / "figures") + b"/\xff.png")).write_text(""),
     "figures/\\udcff.png", "no record says who made it"),
    ("an audit nested deep", lambda f: (f / "audit/audit.json").write_text("[" * 200_000), "audit/audit.json",
     "is no audit"),
    *(
        (f"record with {what}", lambda f, change=change: edit_record(f / TRAINED, change), TRAINED, "damaged record")
        for what, change in (
            ("endless seconds", lambda r: r.update(seconds=1e300)),
            ("seconds that are none", lambda r: r.update(seconds=float("nan"))),
            ("seconds that are true", lambda r: r.update(seconds=True)),
            ("the first year", lambda r: r.update(made="0001-01-01T00:00:00+00:00")),
            ("the last year", lambda r: r.update(made="9999-12-31T23:59:59-23:59")),
            ("trainings that are a number", lambda r: [about.update(trained=5) for about in r["runs"].values()]),
            ("trainings that are null", lambda r: [about.update(trained=None) for about in r["runs"].values()]),
            ("trainings that are words", lambda r: [about.update(trained=["x"]) for about in r["runs"].values()]),
            ("a name that is no text", lambda r: r["outputs"].update({"\ud800": "0" * 64})),
            ("an endless name", lambda r: r["outputs"].update({"a" * 5000: "0" * 64})),
            ("the recipe of another rule", lambda r: r["recipe"].update(rule="draw_forest")),
            ("a recipe of no rule", lambda r: r["recipe"].pop("rule")),
            ("a recipe of more", lambda r: r["recipe"].update(more={})),
        )
    ),
    ("a record nested deep", lambda f: (f / TRAINED).write_text("[" * 200_000), TRAINED, "damaged record"),
    # What a forger would do, whose hashes all fit.
    ("shards' folders swapped", forging.swap_shards, f"training/{SHARD}/digests.csv",
     "T2-d3s3_h24_l2-0_thr-0.9_seed1_p1a1a414b is not one of its runs"),
    ("everything left out", lambda f: _leave_out(f, "*"), "left_out.txt", "`*` names more than may be left out"),
    ("figures left out", lambda f: _leave_out(f, "figures/*"), "figures/weights.png", "missing; draw_weights made it"),
    ("tables left out", lambda f: _leave_out(f, "tables/*"), TABLE, "missing; tabulate made it"),
    ("measurements left out", lambda f: _leave_out(f, "measurements/*"), MEASURED, "missing; measure_shard made it"),
    ("verdicts turned", _turn_verdicts, "audit/audit.json", "agrees; it is undecided"),
    ("counts turned", lambda f: _edit_text(f / "audit/audit.json", '"undecided": 48', '"undecided": 0'),
     "audit/audit.json", "its counts and states are not those of what it says"),
    ("page turned", lambda f: _edit_text(f / "audit/index.html", ">undecided<", ">agrees<"),
     "audit/index.html", "says something else than audit.json"),
    ("Markdown turned", lambda f: _edit_text(f / "audit/audit.md", "**undecided**", "**agrees**"),
     "audit/audit.md", "says something else than audit.json"),
    ("no audit", lambda f: (f / "audit/audit.json").write_text("[]"), "audit/audit.json", "is no audit"),
    ("a stranger in the audit", lambda f: _put(f / "audit/more.csv"), "audit/more.csv", "no record says who made it"),
    ("a stranger in its code", lambda f: _put(f / "audit/src/emtvb/more.py"), "audit/src/emtvb/more.py", "no record"),
    ("a stranger in its results", lambda f: _put(f / "audit/results/more.csv"), "audit/results/more.csv", "no record"),
    ("a record in the audit", lambda f: _put(f / "audit/a.provenance.json"), "audit/a.provenance.json", "no record"),
    ("a hidden file", lambda f: _put(f / "tables/.table1.csv"), "tables/.table1.csv", "no record says who made it"),
    ("a hidden folder", lambda f: _put(f / ".kept/table1.csv"), ".kept/table1.csv", "no record says who made it"),
    ("an invented run", forging.invent_a_run, TRAINED, "seed3_p1a1a414b is not one of its runs"),
    ("the settings of an invented run", forging.invent_a_run, f"training/{SHARD}/weights.safetensors",
     "seed3_p1a1a414b is not one of its runs"),
    ("one run's measurements for a cell", forging.give_one_to_all, SECOND,
     f"was measured to the last digit as {FIRST}, and is another network"),
    ("inputs emptied", lambda f: say_of(f, "tables/table1.provenance.json", inputs={}), TABLE,
     "the job reads other files than its rule does: not measurements.csv, runs.csv"),
    ("other inputs", lambda f: edit_record(f / f"measurements/{SHARD}.provenance.json",
                                           lambda r: r.update(inputs={"runs.csv": provenance.sha256(f / "runs.csv")})),
     MEASURED, f"not {WEIGHTS}, but runs.csv"),
    ("outputs dropped", lambda f: edit_record(f / "tables/table1.provenance.json",
                                              lambda r: r["outputs"].pop("tables/table1.md")),
     TABLE, "the job makes other files than its rule does: not tables/table1.md"),
    ("no commit by its form", lambda f: say_of(f, "tables/table1.provenance.json", commit="abc"), TABLE,
     "names a commit that can be none, abc"),
    ("made before what it was made of", lambda f: say_of(f, "tables/table1.provenance.json",
                                                         made="2020-01-01T00:00:00+00:00"),
     TABLE, "made at 2020-01-01T00:00:00+00:00 from"),
    ("made in the future", lambda f: say_of(f, "tables/table1.provenance.json", made="2100-01-01T00:00:00+00:00"),
     TABLE, "is yet to come"),
    ("made in less than no time", lambda f: say_of(f, "tables/table1.provenance.json", seconds=-5000.0),
     TABLE, "begun later"),
    ("environment emptied", lambda f: say_of(f, "tables/table1.provenance.json", environment={}), TABLE,
     "does not say on what it ran"),
    ("environment of a training emptied", lambda f: edit_record(
        f / TRAINED, lambda r: [part.clear() for about in r["runs"].values() for part in about["trained"]]),
     FIRST, "does not say on what it ran"),
    ("another library in the environment", lambda f: edit_record(
        f / MEASURED.replace(".csv", ".provenance.json"), lambda r: r["environment"].update(numpy="1.0")),
     MEASURED, "says numpy 1.0 ran it"),
    ("another engine", lambda f: edit_record(
        f / TRAINED, lambda r: [part.update(engine="cuda") for run in r["runs"].values() for part in run["trained"]]),
     FIRST, "its record says that cuda trained it, and that compiled did"),
    ("who trained it", lambda f: edit_record(f / TRAINED, lambda r: r.pop("runs")), TRAINED,
     "does not say who trained its runs"),
    ("a digest", lambda f: _edit_text(f / "digests.csv", FIRST + ",", FIRST + ",0"), FIRST,
     "its weights have more than one digest"),
    ("weights given twice", lambda f: (_give_weights(f), fit(f)), SECOND, f"has the weights of {FIRST}"),
    ("a learning curve given twice", lambda f: (edit_table(f / OUTLINE, _give_curve), fit(f)), SECOND,
     f"learned to the last digit as {FIRST}, and is another network"),
]  # fmt: skip
"""What is done to the results, and what has to be said of what, by looking at all files: nothing is made again."""


def _give_weights(folder: Path) -> None:
    trained = networks.load_networks(folder / WEIGHTS)
    networks.save_networks(folder / WEIGHTS, {**trained, SECOND: trained[FIRST]})


def _give_curve(table: pd.DataFrame) -> None:
    of = table["run_id"] == SECOND
    table.loc[of, table.columns[1:]] = table.loc[table["run_id"] == FIRST, table.columns[1:]].to_numpy()


@pytest.mark.parametrize(("harm", "subject", "problem"), [harm[1:] for harm in HARMS], ids=[harm[0] for harm in HARMS])
def test_what_is_wrong_is_found_and_named(
    folder: Path, harm: Callable[[Path], object], subject: str, problem: str
) -> None:
    harm(folder)
    assert problem in looked_at(folder).get(subject, "nothing")


def _redden(path: Path) -> None:
    with Image.open(path) as image:
        changed = image.convert("RGB")
    changed.putpixel((5, 5), (255, 0, 0))
    changed.save(path)


def _change_number(path: Path) -> None:
    """The last fraction in a table, by a thousandth."""

    def change(table: pd.DataFrame) -> None:
        fractions = [
            (i, name) for name in table.columns for i in table.index if re.fullmatch(r"-?\d+\.\d+", table[name][i])
        ]
        row, column = fractions[-1]
        table.loc[row, column] = repr(float(table[column][row]) * 1.001 + 0.001)

    edit_table(path, change)


def _change_array(path: Path) -> None:
    with np.load(path) as file:
        arrays = dict(file)
    arrays["W_hh_in_data_memories"] = arrays["W_hh_in_data_memories"] * 0.9
    np.savez_compressed(path, **arrays)


def _improve(folder: Path) -> None:
    edit_table(folder / MEASURED, lambda table: table.update({"data_edit_success": ["0.5"] * len(table)}))


FORGERIES: list[tuple[str, Callable[[Path], object], dict[str, object], str, str, str]] = [
    ("the paper's values for a cell", forging.measure_as_published, {"networks": 1}, "measurements", FIRST,
     "measured again from its weights"),
    ("weights swapped, and all that follows", forging.swap_weights, {"networks": 1}, "measurements", FIRST,
     "its weights began as those of seed 2"),
    ("shards swapped, measured", forging.swap_shards, {"networks": 1}, "measurements", FIRST,
     "its weights cannot be measured"),
    ("any measure", lambda f: (_improve(f), fit(f)), {"networks": 12}, "measurements", FIRST,
     "data_edit_success is 0.5"),
    ("a table", lambda f: (_change_number(f / TABLE), fit(f)), {}, "tables", TABLE, "when made again"),
    ("a table in Markdown", lambda f: (_edit_text(f / "tables/table1.md", "---", "0.0005"), fit(f)), {}, "tables",
     "tables/table1.md", "when made again"),
    ("all measurements", lambda f: (_change_number(f / "measurements.csv"), fit(f)), {}, "tables", "measurements.csv",
     "when made again"),
    ("an invented run in the run table", forging.invent_a_run, {}, "tables", "runs.csv",
     "rows, and 12 when made again"),
    ("an outline", lambda f: (_change_number(f / OUTLINE), fit(f)), {}, "tables", OUTLINE,
     "is not that of its learning curve"),
    ("a picture", lambda f: (_redden(f / "figures/weights.png"), fit(f)), {"figures": True}, "figures",
     "figures/weights.png", "is another picture when made again"),
    ("a figure's numbers", lambda f: (_change_number(f / "figures/spectrum.csv"), fit(f)), {"figures": True}, "figures",
     "figures/spectrum.csv", "when made again"),
    ("what a figure shows", lambda f: (_change_array(f / "measurements/exemplars/T1.npz"), fit(f)), {"figures": True},
     "exemplars", "measurements/exemplars/T1.npz", "W_hh_in_data_memories is another when made again"),
]  # fmt: skip
"""What is found by making it again: what is done, what is asked for, who finds it, of what, and what is said."""


@pytest.mark.parametrize(
    ("harm", "sample", "name", "subject", "problem"), [forgery[1:] for forgery in FORGERIES],
    ids=[forgery[0] for forgery in FORGERIES],
)  # fmt: skip
def test_a_forgery_whose_hashes_fit_does_not_come_out_again(
    folder: Path, harm: Callable[[Path], object], sample: dict[str, object], name: str, subject: str, problem: str
) -> None:
    harm(folder)
    assert not any("sha256" in said for said in looked_at(folder).values()), "the hashes were to fit"
    found = made_again(folder, **sample)
    assert problem in problems(check_of(found, name)).get(subject, "nothing")
    assert found.outcome == "FAILED"


@pytest.mark.parametrize(
    ("harm", "run_id", "problem"),
    [
        (lambda f: edit_table(f / f"training/{SHARD}/history.csv", _worsen), FIRST, "when trained again"),
        (lambda f: _move_weights(f), SECOND, "W_r differ when trained again"),
        (lambda f: _edit_text(f / f"training/{SHARD}/digests.csv", FIRST + ",", FIRST + ",0"), FIRST, "was published"),
        (lambda f: (f / WEIGHTS).write_bytes(b"no weights"), FIRST, "its files cannot be read"),
        (lambda f: (f / f"training/{SHARD}/history.csv").write_bytes(b"run_id,step\n\xff"), FIRST, "cannot be read"),
    ],
    ids=["losses", "weights", "digest", "damaged weights", "damaged curve"],
)
def test_a_run_that_does_not_come_out_again_is_found(
    folder: Path, harm: Callable[[Path], object], run_id: str, problem: str
) -> None:
    """Whatever CPU the records name: the compiled engine's bits are the same on all."""
    harm(folder)
    _say_other_cpu(folder)
    check = _trained_again(folder, run_id)
    assert problem in problems(check)[run_id]
    assert check.state == "FAILED"


def _worsen(table: pd.DataFrame) -> None:
    table["loss"] = [repr(float(loss) * (1 + 1e-6)) for loss in table["loss"]]


def _move_weights(folder: Path) -> None:
    trained = networks.load_networks(folder / WEIGHTS)
    trained[SECOND].W_r[0, 0] += 1e-6
    networks.save_networks(folder / WEIGHTS, trained)


def _say_other_cpu(folder: Path) -> None:
    def change(record: dict) -> None:
        for about in (record["environment"], *(part for run in record["runs"].values() for part in run["trained"])):
            about.update(cpu="another", machine="another")

    edit_record(folder / TRAINED, change)


def _trained_again(folder: Path, run_id: str, trainer: str = "auto") -> Check:
    """The check of one run's training."""
    shards = {SHARD: [run for run in HELD.experiment.shards()[SHARD] if run.run_id == run_id]}
    with ThreadPoolExecutor(1) as pool:
        return determinism.determinism(folder, shards, trainer, read_records(folder)[0], 1, 0, pool)()


def test_a_run_of_an_engine_whose_bits_depend_on_the_cpu_is_not_comparable_elsewhere(folder: Path) -> None:
    """Which is no pass."""
    _say_other_cpu(folder)
    check = _trained_again(folder, FIRST, "torch")
    assert check.findings == ()
    assert (check.state, check.checked, check.incomparable) == ("not comparable", 0, 1)
    assert "it was made elsewhere (cpu another" in check.note


def test_what_is_left_out_is_counted_by_kind_and_what_it_leaves_unasked_is_no_pass(folder: Path) -> None:
    """Digests and outlines still hold a training that is made again."""
    _leave_out(folder, "training/*/weights.safetensors", "training/*/history.csv")
    found = made_again(folder, runs=1, networks=1, figures=True)
    assert problems(*found.checks) == {}
    assert found.left_out == {"whole learning curves": 6, "files of weights": 6}
    assert (found.outcome, found.passed) == ("incomplete", False)
    assert {check.name: check.state for check in found.checks if not check.passed} == {
        "exemplars": "not comparable", "measurements": "not comparable",
    }  # fmt: skip
    audit.write(found, folder, ROOT)
    for page in ("audit.md", "index.html"):
        said = (folder / "audit" / page).read_text()
        assert "left out: 6 whole learning curves, 6 files of weights" in said
        assert "incomplete" in said.lower()
    assert "left out: 6 whole learning curves, 6 files of weights" in audit.summary(found)


def test_digests_hold_a_training_of_which_nothing_else_lies_there(folder: Path) -> None:
    for path in (folder / WEIGHTS, folder / f"training/{SHARD}/history.csv", folder / OUTLINE):
        path.unlink()
    assert _trained_again(folder, FIRST).passed
    _edit_text(folder / f"training/{SHARD}/digests.csv", FIRST + ",", FIRST + ",0")
    assert "was published" in problems(_trained_again(folder, FIRST))[FIRST]


def test_what_was_not_asked_is_no_pass(folder: Path) -> None:
    found = made_again(folder)
    assert problems(*found.checks) == {}
    assert {check.name: check.state for check in found.checks}["determinism"] == "not asked"
    assert found.outcome == "incomplete"


def test_a_sample_is_another_each_time_and_can_be_repeated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says by which seed it was drawn."""
    monkeypatch.setattr(determinism, "_again", lambda *_: None)
    monkeypatch.setattr(audit, "remake", lambda *_: lambda: Check("tables", "", 1, ()))

    def chosen(seed: int | None) -> str:
        return check_of(made_again(folder, runs=2, seed=seed), "determinism").note

    notes = [chosen(None) for _ in range(3)]
    assert len(set(notes)) == 3
    seed = int(re.findall(r"chosen by seed (\d+)", notes[0])[0])
    assert chosen(seed) == notes[0]
    assert Sample().seed is None
    assert not isinstance(next(option for option in audit_results.params if option.name == "seed").default, int)


def test_kinds_that_may_be_left_out_are_outputs_of_trainings() -> None:
    plan = Plan(HELD.experiment, ROOT)
    for job in plan.jobs:
        for path in flat(job.outputs):
            assert (left_out.kind(path) is not None) == (path.endswith(("weights.safetensors", "history.csv")))


def test_a_training_or_table_that_cannot_be_read_is_named_and_the_audit_goes_on(folder: Path) -> None:
    for name in (WEIGHTS, f"training/{SHARD}/history.csv", MEASURED, f"training/{SHARD}/digests.csv", OUTLINE):
        (folder / name).write_bytes(b"run_id,step\n\xff\x00\n")
    found = made_again(folder, networks=1)
    assert found.outcome == "FAILED"
    wrong = problems(*found.checks)
    assert {WEIGHTS, f"training/{SHARD}/history.csv", MEASURED, f"training/{SHARD}/digests.csv"} <= set(wrong)
    assert "cannot be made again" in wrong["measurements.csv"]


@pytest.fixture
def repository(tmp_path: Path) -> tuple[Path, str]:
    """A git clone of one commit, and that commit."""
    root = tmp_path / "repository"
    root.mkdir()
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(root)]
    subprocess.run([*git, "init", "-q"], check=True)
    then = "2020-01-01T00:00:00Z"
    subprocess.run(
        [*git, "commit", "-qm", "all", "--allow-empty"], check=True, env={**os.environ, "GIT_COMMITTER_DATE": then}
    )
    done = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return root, done.stdout.strip()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, ""),
        ({"commit": "f" * 40}, "made from the commit ffffffffffff, which this clone does not have"),
        ({"commit": ""}, "its record names no commit, as others do"),
        ({"made": "2019-01-01T00:00:00+00:00"}, "which is younger"),
    ],
    ids=["known", "made up", "none", "younger"],
)
def test_commits_are_held_to_git(
    folder: Path, repository: tuple[Path, str], change: dict[str, str], problem: str
) -> None:
    root, commit = repository
    for path in provenance.record_files(folder):
        edit_record(path, lambda record: record.update(commit=commit))
    say_of(folder, "settings.provenance.json", **change)
    experiment = HELD.experiment
    check = consistency.consistency(folder, read_records(folder)[0], Plan(experiment, ROOT), experiment.shards(), root)
    assert problem in problems(check).get("settings.json", "")
    assert bool(check.findings) == bool(problem)


def test_results_are_held_to_the_clones_own_config(folder: Path, tmp_path: Path) -> None:
    """Not to the settings beside them, which whoever made them could write; and these are found to differ."""
    settings = json.loads((folder / "settings.json").read_text())
    settings["interpretation"]["horizon"] = 7
    (folder / "settings.json").write_text(json.dumps(settings))
    found = held.held_to(folder, ROOT)
    assert found.experiment == HELD.experiment
    assert "config/smoke.yaml of this clone, sha256 " in found.said
    (folder / "settings.json").write_text("{")
    assert held.held_to(folder, ROOT).experiment == HELD.experiment
    own = tmp_path / "mine"
    own.mkdir()
    (own / "settings.json").write_text(json.dumps({**settings, "experiment": "mine"}))
    mine = held.held_to(own, ROOT)
    assert mine.own
    assert "settings.json beside the results" in mine.said
    (folder / "settings.json").write_text(json.dumps({**settings, "experiment": "smoke"}))
    with pytest.raises(InputError, match="holds the experiment smoke; give its own config, or none"):
        held.held_to(folder, ROOT, ROOT / "config" / "architectures.yaml")


def test_of_two_configs_of_a_name_the_one_that_made_the_results_counts(tmp_path: Path) -> None:
    every = config.load(ROOT / "config" / "paper.yaml")
    stated = {"first": every.model_copy(update={"seeds": [1, 2, 3, 4, 5]}), "whole": every}
    (tmp_path / "config").mkdir()
    for name, experiment in stated.items():
        (tmp_path / "config" / f"{name}.yaml").write_text(config.dump(experiment))
    for name, experiment in stated.items():
        folder = tmp_path / name / "paper"
        folder.mkdir(parents=True)
        (folder / "settings.json").write_text(config.dump(experiment))
        found = held.held_to(folder, tmp_path)
        assert found.said.startswith(f"config/{name}.yaml")
        assert found.experiment == experiment


def test_good_files_are_never_to_be_deleted(folder: Path) -> None:
    """By another config, or another clone's workflow, they are no part of anything: that says nothing of them."""
    other = Held(config.load(ROOT / "config" / "architectures.yaml"), "another", ROOT)
    smaller = Held(HELD.experiment.model_copy(update={"seeds": [1]}), "fewer seeds", ROOT)
    for held_to in (other, smaller):
        for check in audit.structure(folder, held_to).checks:
            assert not any("delete" in finding.remedy for finding in check.findings)
    strangers = [finding for check in audit.structure(folder, other).checks for finding in check.findings
                 if "no job of this experiment" in finding.problem]  # fmt: skip
    assert strangers
    assert all("hold it to the config that made it" in finding.remedy for finding in strangers)


def test_other_rules_make_the_audit_that_lay_there_obsolete_and_not_wrong(folder: Path) -> None:
    path = folder / "audit" / "audit.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "judged_by": {"claims.yaml": "sha256 0"}, "claims": "of another form"}))
    checks = audit.structure(folder, HELD).checks
    assert problems(*checks) == {}
    assert "made by other" in checks[2].note or "other code had made" in checks[2].note


def test_a_job_done_again_with_the_same_bytes_stays_as_old_as_it_was(folder: Path) -> None:
    """So that what was made of its outputs before does not seem to be older than these."""
    forging.remake(folder, "aggregate_measurements")
    record = provenance.read(folder / "measurements.provenance.json")
    assert record.since
    assert record.since <= record.made
    say_of(folder, "measurements.provenance.json", made="2040-01-01T00:00:00+00:00", seconds=1.0)
    assert not any("from measurements.csv" in said for said in looked_at(folder).values())


def test_a_run_that_diverged_is_equal_to_itself(tmp_path: Path) -> None:
    """Its losses and weights are no numbers."""
    settings = {
        "experiment": "diverged", "dimensions": 2, "variables": 2, "tasks": ["T1"], "hidden_dim": [4], "l2": [0],
        "threshold": [0.9], "seeds": [1],
        "training": {"epochs": 1, "batches_per_epoch": 60, "learning_rate": 1e30, "gradient_clip": None},
    }  # fmt: skip
    experiment = config.check(settings)
    ((shard, runs),) = experiment.shards().items()
    files = Outputs.of(tmp_path, shard)
    train_shard(runs, files, "version")
    assert not networks.load_networks(files.weights)[runs[0].run_id].is_finite()
    assert determinism.again(tmp_path, [(shard, runs[0])], "auto") == [(runs[0].run_id, None)]


def test_a_modified_tree_is_named(finished: Project, tmp_path: Path) -> None:
    """In a clone: an edit that is not committed redraws one figure, and the audit says so until it is committed."""
    project = Project.copy(tmp_path, finished.folder)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(project.folder)]
    (project.folder / ".gitignore").write_text("results/\n.snakemake/\n__pycache__/\n*.egg-info/\n")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        earlier = {"GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z", "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z"}
        subprocess.run([*git, *command], check=True, env={**os.environ, **earlier})
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    for record in provenance.record_files(project.folder / "results" / "smoke"):  # which no git clone made
        edit_record(record, lambda about: about.update(commit=head))
    project.edit("src/emtvb/figures/spectrum.py", "import pandas", "import json\nimport pandas")
    assert project.snakemake(*SMOKE).returncode == 0
    result = project.snakemake("audit", *SMOKE)
    assert result.returncode != 0
    assert "figures/spectrum.pdf: made from uncommitted changes" in result.stderr
    subprocess.run([*git, "commit", "-qam", "edited"], check=True)
    result = project.snakemake("audit", *SMOKE)
    assert result.returncode == 0, result.stderr
    report = json.loads((project.folder / "results/smoke/audit/audit.json").read_text())
    assert report["passed"]
    assert [check["name"] for check in report["checks"]] == [
        "integrity", "currency", "consistency", "tables", "exemplars", "figures", "measurements", "determinism",
    ]  # fmt: skip


def test_an_audit_makes_nothing_stale(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    assert project.snakemake("audit", *SMOKE).returncode == 0
    assert project.planned(*SMOKE) == {}


def test_nothing_to_audit_is_one_line(project: Project) -> None:
    result = project.snakemake("audit", *SMOKE)
    assert result.returncode != 0
    assert "no output of the workflow lies there; run it first" in result.stderr
    assert "Traceback" not in result.stderr.split("Error in rule")[0]
