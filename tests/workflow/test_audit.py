"""The audit of the smoke experiment: silent on what is sound, and naming whatever is not, a forger's work included.

One experiment is finished and planned for all tests; each changes a copy, and asks what can be asked in this process or
of one Snakemake.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from emtvb.audit.consistency import RunData, consistency
from emtvb.audit.seeds import seeds
from PIL import Image
from safetensors.numpy import load_file, save_file

from emtvb import config, kinds, networks
from emtvb.audit import again, alone, audit, determinism, held
from emtvb.audit.again import draw, reads_weights, recompute, trains
from emtvb.audit.currency import currency, planned
from emtvb.audit.held import Held
from emtvb.audit.integrity import KINDS, damaged_outputs, integrity
from emtvb.audit.processes import Processes
from emtvb.audit.report import Audit, Check
from emtvb.errors import InputError
from emtvb.files import atomic
from emtvb.paper import claims
from emtvb.paper.evidence import VERDICTS
from emtvb.running import provenance
from emtvb.running.packed import pack
from emtvb.running.plan import Planned
from emtvb.runs import Run
from emtvb.training.shard import Outputs, train_shard

from . import forging
from .conftest import ROOT, Project, kept
from .forging import FIRST, MEASURED, OTHER, SECOND, SHARD, SMOKE, WEIGHTS, edit_record, edit_table, fit, say_of

HELD = Held(SMOKE, "config/smoke.yaml", ROOT)
TABLE = "tables/table1.csv"
OTHER_WEIGHTS = f"training/{OTHER}/weights.safetensors"
PACKED_WEIGHTS = f"training/{SHARD}/weights.planes.xz"
TRAINED = f"training/{SHARD}/train_shard.provenance.json"
CURVES = f"training/{SHARD}/history.csv"
OUTLINE = f"measurements/learning/{SHARD}.csv"
NOT_MEANT = "raise SystemExit('a module of the folder that one works in')"
SHARDS = SMOKE.shards()
RUNS = SMOKE.runs()


@pytest.fixture(scope="session")
def audited(finished: Project) -> tuple[Path, Audit]:
    """The smoke experiment's results with an audit of them, and that audit. Tests that change them copy them first.

    It is audited once for a state of code, config and libraries, as it is run once; an audit that fails is not kept.
    """
    sample = audit.Sample(share=1, runs=1, seed=1, workers=2)
    key = f"{finished.folder.name}-{hashlib.sha256(repr(sample).encode()).hexdigest()[:8]}"
    with kept("audited", key, "found.pickle") as (place, there):
        folder = place / "smoke"
        if there:
            return folder, pickle.loads((place / "found.pickle").read_bytes())
        forging.copy(finished.folder / "results" / "smoke", folder)
        found = audit.audit(folder, HELD, sample)
        audit.write(found, folder)
        assert found.outcome == "passed", problems(*found.checks)
        with atomic(place / "found.pickle") as path:
            path.write_bytes(pickle.dumps(found))
    return folder, found


@pytest.fixture(scope="session")
def jobs(audited: tuple[Path, Audit]) -> list[Planned]:
    """Its jobs."""
    return planned(audited[0], HELD, ())


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


def looked_at(folder: Path) -> dict[str, str]:
    """What is wrong with the files of results, as far as no Snakemake is asked."""
    records, unreadable = provenance.read_all(folder)
    data = RunData.read(folder, records, SHARDS)
    return problems(
        integrity(folder, records, unreadable, damaged_outputs(folder, records), ROOT),
        consistency(data, SHARDS), seeds(RUNS, data.networks),
    )  # fmt: skip


def run_again(folder: Path, some: Sequence[Planned], close: Sequence[str] = ()) -> Check:
    """What comes of some jobs that run again: of the forger's shard, or of these networks alone of it."""
    alone = {SHARD: [run for run in SHARDS[SHARD] if run.run_id in close]} if close else {}
    drawn = {} if close else {SHARD: "the forger's"}
    return recompute(folder, HELD, some, drawn, alone, lambda _: 0.0, 2, Processes())


def drawn_without_chance(folder: Path) -> tuple[dict[str, str], dict[str, list[Run]]]:
    """What is measured again even where chance draws nothing and nothing is wrong."""
    data = RunData.read(folder, provenance.read_all(folder)[0], SHARDS)
    return draw(SHARDS, data.measured, claims.load().statements, (), 0, 0)


def check_of(found: Audit, name: str) -> Check:
    return next(check for check in found.checks if check.name == name)


def test_what_was_made_is_intact_and_current_and_comes_out_again(finished: Project, tmp_path: Path) -> None:
    """All questions of an audit, as before every commit; of what is made again a job of each stage."""
    folder = forging.copy(finished.folder / "results" / "smoke", tmp_path / "smoke")
    found = audit.audit(folder, HELD, audit.QUICK)
    assert problems(*found.checks) == {}
    states = {check.name: check.state for check in found.checks}
    assert {name for name, state in states.items() if state == "not asked"} == {"made again", "determinism"}
    assert found.outcome == "incomplete"
    rules = {"measure_shard", "aggregate_measurements", "tabulate", "draw_spectrum", "state_verdicts"}
    every = planned(folder, HELD, ())
    some = [job for job in every if job.rule in rules and job.wildcards.get("shard", SHARD) == SHARD]
    assert len(some) == len(rules)
    again = run_again(folder, some)
    assert (problems(again), again.state, again.checked) == ({}, "passed", again.of)
    trained = _trained_again(folder, FIRST)
    assert (problems(trained), trained.state, trained.checked) == ({}, "passed", 1)


def test_an_untouched_experiment_passes_and_says_what_was_made_again(audited: tuple[Path, Audit]) -> None:
    folder, found = audited
    assert problems(*found.checks) == {}
    assert found.outcome == "passed"
    assert {check.name: check.how for check in found.checks} == {
        "integrity": "compared", "consistency": "compared", "currency": "compared", "seeds": "recomputed",
        "made again": "recomputed", "determinism": "recomputed",
    }  # fmt: skip
    assert (check_of(found, "determinism").checked, check_of(found, "determinism").of) == (1, 12)
    again = check_of(found, "made again")
    assert again.checked == again.of, "every file but those of trainings"
    assert "6 of 6 shards, 6 drawn by seed 1" in again.note
    assert check_of(found, "seeds").note.startswith("12 of 12 networks show a trace")
    report, summary = (folder / "audit" / "report.md").read_text(), json.loads(
        (folder / "audit" / "summary.json").read_text()
    )  # fmt: skip
    assert "seed 1" in report
    assert "config/smoke.yaml" in report
    assert summary["outcome"] == "passed"
    assert looked_at(folder) == {}, "an audit is no stranger to the next one"
    assert list(found.verdicts) == list(json.loads((folder / "verdicts.json").read_text())["verdicts"])


def test_no_job_of_the_workflow_uses_the_audit(audited: tuple[Path, Audit]) -> None:
    """So an edit there makes nothing stale."""
    used = {name for record in provenance.read_all(audited[0])[0].values() for name in record.recipe["code"]}
    assert "emtvb/paper/verdicts.py" in used
    assert not any("audit" in name for name in used)


def verify(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `emtvb verify` says, called in the folder."""
    command = [sys.executable, "-P", "-c", "from emtvb.cli import main; main()", "verify", "--results", str(folder)]
    return subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=600)


def test_verify_trains_published_runs_and_says_of_each_whether_it_is_the_same(folder: Path) -> None:
    runs = pd.read_csv(folder / "runs.csv")["run_id"]
    (folder / "random.py").write_text(NOT_MEANT)
    done = verify(folder, runs[0], runs[5])
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()[:2]) == sorted(f"{run}: the same, to the last bit" for run in runs[[0, 5]])
    assert done.stdout.splitlines()[2:] == ["2 of 2 runs came out as published"]
    assert all(f"{run}: training (run 1 of 1)" in done.stderr for run in runs[[0, 5]])


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


def test_verify_refuses_results_that_have_other_runs_than_their_settings_say(folder: Path) -> None:
    """Else `--all` would be those alone that whoever made them names."""
    settings = json.loads((folder / "settings.json").read_text())
    (folder / "settings.json").write_text(json.dumps({**settings, "seeds": [1]}))
    done = verify(folder, "--all")
    assert done.returncode == 2
    assert re.search("its digests.csv lists .*_seed2_.*, which its settings.json does not; audit it first", done.stderr)


def test_a_full_disk_is_no_finding(folder: Path, jobs: list[Planned], monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = folder / "python"
    stand_in.write_text("#!/bin/sh\necho 'OSError: [Errno 28] No space left on device: error' >&2; exit 1\n")
    stand_in.chmod(0o755)
    for module in (again, alone, determinism):
        monkeypatch.setattr(module, "sys", SimpleNamespace(executable=str(stand_in)))
    for ask in (lambda: run_again(folder, _measuring(jobs)), lambda: run_again(folder, _measuring(jobs), [FIRST]),
                lambda: _trained_again(folder, FIRST)):  # fmt: skip
        with pytest.raises(InputError, match=r"TMPDIR: .*: is full; name a folder with more space there"):
            ask()


def _change_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _swap(one: Path, other: Path) -> None:
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def _leave_out(folder: Path, *patterns: str) -> None:
    (folder / "left_out.txt").write_text("# too large\n" + "".join(f"{pattern}\n" for pattern in patterns))
    for pattern in patterns:
        for path in folder.glob(pattern):
            if path.is_file() and path.name != "left_out.txt" and not path.name.endswith(provenance.SUFFIX):
                path.unlink()


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


HARMS: list[tuple[str, Callable[[Path], object], str, str]] = [
    ("a byte", lambda f: _change_a_byte(f / TABLE), TABLE, "its sha256 differs"),
    ("weights swapped", lambda f: _swap(f / WEIGHTS, f / OTHER_WEIGHTS), WEIGHTS, "its sha256 differs"),
    ("record deleted", lambda f: (f / "tables/table1.provenance.json").unlink(), TABLE, "no record says who made it"),
    ("record damaged", lambda f: (f / "figures/weights.provenance.json").write_text("{}"),
     "figures/weights.provenance.json", "damaged record"),
    ("record copied", lambda f: shutil.copy(f / "figures/weights.provenance.json", f / "tables/other.provenance.json"),
     "tables/other.provenance.json", "is the record of figures/weights.pdf, which lies elsewhere"),
    ("records swapped", lambda f: _swap(f / "figures/weights.provenance.json", f / "figures/spectrum.provenance.json"),
     "figures/weights.provenance.json", "is the record of figures/spectrum.pdf, which lies elsewhere"),
    ("table deleted", lambda f: (f / TABLE).unlink(), TABLE, "missing; tabulate made it"),
    ("a stranger", lambda f: _put(f / "figures/mine.png"), "figures/mine.png", "no record says who made it"),
    ("another digest", lambda f: edit_record(f / TRAINED, lambda r: r["outputs"].update({WEIGHTS: "0" * 64})),
     WEIGHTS, "its sha256 differs"),
    ("a line cut off", lambda f: _cut_the_last_line(f / MEASURED), MEASURED, "row 3 has 1 cells, and the first"),
    ("a name that is no text", lambda f: Path(os.fsdecode(bytes(f / "figures") + b"/\xff.png")).write_text(""),
     "figures/\\udcff.png", "no record says who made it"),
    ("a record nested deep", lambda f: (f / TRAINED).write_text("[" * 200_000), TRAINED, "damaged record"),
    # What a forger would do, whose hashes all fit.
    ("shards' folders swapped", forging.swapped_shards, f"training/{SHARD}/digests.csv",
     "T2-d3s3_h24_l2-0_thr-0.9_seed1_p1a1a414b is not one of its runs"),
    ("everything left out", lambda f: _leave_out(f, "*"), "left_out.txt", "`*` names more than may be left out"),
    ("tables left out", lambda f: _leave_out(f, "tables/*"), TABLE, "missing; tabulate made it"),
    ("measurements left out", lambda f: _leave_out(f, "measurements/*"), MEASURED, "missing; measure_shard made it"),
    ("a stranger in the audit", lambda f: _put(f / "audit/more.csv"), "audit/more.csv", "no record says who made it"),
    ("a record in the audit", lambda f: _put(f / "audit/a.provenance.json"), "audit/a.provenance.json", "no record"),
    ("a hidden file", lambda f: _put(f / "tables/.table1.csv"), "tables/.table1.csv", "no record says who made it"),
    ("a hidden folder", lambda f: _put(f / ".kept/table1.csv"), ".kept/table1.csv", "no record says who made it"),
    ("an invented run", forging.invented_run, TRAINED, "seed3_p1a1a414b is not one of its runs"),
    ("an invented run's weights", forging.invented_run, WEIGHTS, "seed3_p1a1a414b is not one of its runs"),
    ("one run's measurements for a cell", forging.one_for_all, SECOND,
     f"was measured to the last digit as {FIRST}, and is another network"),
    ("a run's digest given twice",
     lambda f: _edit_text(f / f"training/{SHARD}/digests.csv", FIRST, f"{FIRST},0\n{FIRST}"),
     f"training/{SHARD}/digests.csv", f"{FIRST} has more than one row"),
    ("digests in another order", lambda f: _reverse_rows(f / f"training/{SHARD}/digests.csv"),
     f"training/{SHARD}/digests.csv", "is not as a training writes it"),
    ("bytes after packed weights", lambda f: _pack_and_add(f), PACKED_WEIGHTS, "does not hold the weights that"),
    ("an output elsewhere", lambda f: edit_record(f / "tables/table1.provenance.json",
                                                  lambda r: r["outputs"].update({"../mine.csv": "0" * 64})),
     "tables/table1.provenance.json", "is no file of the experiment's"),
    ("a training's record of no shard", lambda f: edit_record(f / TRAINED, _forget_weights), FIRST,
     "its weights have more than one digest"),
    ("outputs dropped", lambda f: edit_record(f / "tables/table1.provenance.json",
                                              lambda r: r["outputs"].pop("tables/table1.md")),
     "tables/table1.md", "no record says who made it"),
    ("who trained it", lambda f: edit_record(f / TRAINED, lambda r: r.pop("runs")), TRAINED,
     "does not say who trained its runs"),
    ("a digest", lambda f: _edit_text(f / "digests.csv", FIRST + ",", FIRST + ",0"), FIRST,
     "its weights have more than one digest"),
    ("weights given twice", lambda f: (_give_weights(f), fit(f)), SECOND, f"has the weights of {FIRST}"),
    ("weights given twice, and called dead", lambda f: (_give_weights(f), forging.measured(f, _say_dead)), SECOND,
     f"has the weights of {FIRST}"),
    ("a run's curve left out", lambda f: (_drop_first(f / CURVES), fit(f)), CURVES, f"{FIRST} is missing"),
    ("a curve with more columns", lambda f: edit_table(f / CURVES, lambda table: table.insert(5, "more", "1")), CURVES,
     "is not as a training writes it"),
    ("a curve of odd steps", lambda f: _edit_text(f / CURVES, ",250,", f",1{'0' * 400},"), CURVES,
     f"{FIRST} has other steps than a training keeps"),
    ("an outline with more rows", lambda f: ((f / CURVES).unlink(), edit_table(f / OUTLINE, _add_rows)), OUTLINE,
     f"{FIRST} has other steps than a training keeps"),
    ("an outline with fewer rows", lambda f: ((f / CURVES).unlink(), _drop_row(f / OUTLINE)), OUTLINE,
     f"{FIRST} has other steps than a training keeps"),
    ("an outline backwards", lambda f: ((f / CURVES).unlink(), _reverse_rows(f / OUTLINE)), OUTLINE,
     "is not as a training writes it"),
    ("a column given twice", lambda f: forging.measured(f, lambda table: table.insert(
        len(table.columns), "spectral_error", "0.001", allow_duplicates=True)), MEASURED, "two columns have one name"),
    ("an error below 0", lambda f: forging.measured(f, lambda table: table.update({"spectral_error": ["-0.5", "0.0"]})),
     SECOND, "spectral_error is 0.0, and no assignment"),
    ("a solution given twice", lambda f: _repeat_row(f / f"measurements/solutions/{SHARD}.csv"),
     f"measurements/solutions/{SHARD}.csv", f"{SECOND} has more than one row"),
    ("a link to what is left out", lambda f: (f / "left_out.txt").symlink_to(f / "runs.csv"), "left_out.txt",
     "is a link to"),
    ("solutions of another run", lambda f: _edit_text(f / f"measurements/solutions/{SHARD}.csv", "_seed1_", "_seed7_"),
     f"measurements/solutions/{SHARD}.csv", "seed7_p1a1a414b is not one of its runs"),
    ("more weights", lambda f: _add_weights(f / WEIGHTS), WEIGHTS, f"holds more than networks: {FIRST}/better_W_hh"),
    ("a folder for a file", lambda f: ((f / TABLE).unlink(), (f / TABLE).mkdir()), TABLE, "it is no file any more"),
    ("smaller errors", forging.smaller_errors, FIRST, "no assignment of eigenvalues gives less than"),
    ("an outline", lambda f: (_change_number(f / OUTLINE), fit(f)), OUTLINE, "is not drawn as its learning curve says"),
    ("weights exchanged", forging.swapped_weights, FIRST, "its weights began as those of seed 2"),
    ("weights of another shard", forging.swapped_shards, WEIGHTS, f"{FIRST} is missing"),
]  # fmt: skip
"""What is done to the results, and what has to be said of what, by looking at all files: nothing is made again."""


def _reverse_rows(path: Path) -> None:
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *rows[::-1]]) + "\n")


def _pack_and_add(folder: Path) -> None:
    pack(folder)
    (folder / PACKED_WEIGHTS).write_bytes((folder / PACKED_WEIGHTS).read_bytes() + b"more")


def _forget_weights(record: dict) -> None:
    record["wildcards"] = {}
    for about in record["runs"].values():
        about["weights"] = "0" * 64


def _give_weights(folder: Path) -> None:
    trained = networks.load_networks(folder / WEIGHTS)
    networks.save_networks(folder / WEIGHTS, {**trained, SECOND: trained[FIRST]})


def _say_dead(table: pd.DataFrame) -> None:
    """As if its recurrent weights were all 0, which many a network's can be."""
    table.loc[table["run_id"] == SECOND, "largest_modulus"] = "0"


def _drop_first(path: Path) -> None:
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if FIRST not in line))


def _add_rows(table: pd.DataFrame) -> None:
    """A row for each step between the first two of the first run."""
    first, second = table.iloc[:2].to_dict("records")
    more = [{**first, "step": str(step)} for step in range(1, int(second["step"]))]
    rows = [first, *more, *table.iloc[1:].to_dict("records")]
    for i, row in enumerate(rows):
        table.loc[i] = row


def _drop_row(path: Path) -> None:
    header, first, _, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, first, *rows]) + "\n")


def _repeat_row(path: Path) -> None:
    """The last one."""
    *lines, last = path.read_text().splitlines()
    path.write_text("\n".join([*lines, last, last]) + "\n")


def _add_weights(path: Path) -> None:
    arrays = load_file(path)
    save_file({**arrays, f"{FIRST}/better_W_hh": arrays[f"{FIRST}/W_hh"]}, path)


@pytest.mark.parametrize(("harm", "subject", "problem"), [harm[1:] for harm in HARMS], ids=[harm[0] for harm in HARMS])
def test_what_is_wrong_is_found_and_named(
    folder: Path, harm: Callable[[Path], object], subject: str, problem: str
) -> None:
    harm(folder)
    assert problem in looked_at(folder).get(subject, "nothing")


def _edit_recipe(folder: Path, name: str, change: Callable[[dict], object]) -> None:
    edit_record(folder / f"{name}.provenance.json", lambda record: change(record["recipe"]))


def test_what_the_workflow_would_do_is_named_with_the_reason(folder: Path) -> None:
    """One Snakemake is asked of many harms, a damaged file among them, which it would refuse to read."""
    _edit_recipe(folder, "figures/weights", lambda r: r["code"].update({"emtvb/figures/weights.py": "0"}))
    _edit_recipe(folder, "tables/table1", lambda r: r["code"].update({"emtvb/paper/table1.csv": "0"}))
    _edit_recipe(folder, "codecheck", lambda r: r["settings"].update(tasks=["T9"]))
    edit_record(folder / "settings.provenance.json", lambda r: (r.update(rule="gone"), r["recipe"].update(rule="gone")))
    say_of(folder, "figures/forest.provenance.json", inputs={})
    another = {"measurements/comparison.csv": "0" * 64}
    edit_record(folder / "tables/comparison.provenance.json", lambda r: r["inputs"].update(another))
    for path in (folder / "figures").glob("spectrum.*"):
        path.unlink()
    (folder / "figures/learning_supplement.provenance.json").unlink()
    _change_a_byte(folder / "edit.html")
    (folder / "loop").symlink_to("loop")
    _put(folder / "tables" / "mine.xlsx")
    digest = provenance.sha256(folder / "tables" / "mine.xlsx")
    edit_record(
        folder / "tables/tabulate_outcomes.provenance.json", lambda r: r["outputs"].update({"tables/mine.xlsx": digest})
    )
    pack(folder)
    (folder / PACKED_WEIGHTS).write_bytes(b"no weights")
    (folder / WEIGHTS).unlink()
    records, _ = provenance.read_all(folder)
    damaged = damaged_outputs(folder, records)
    found = problems(currency(records, planned(folder, HELD, damaged), damaged))
    assert found == {
        "figures/weights.pdf": found["figures/weights.pdf"], TABLE: found[TABLE],
        "codecheck.yml": found["codecheck.yml"], "figures/forest.pdf": found["figures/forest.pdf"],
        **dict.fromkeys(("draw_spectrum", "draw_learning_supplement", "state_settings"),
                        "not made yet, or its record is gone"),
        "settings.json": found["settings.json"], "tables/shares.csv": found["tables/shares.csv"],
        "tables/comparison.csv": found["tables/comparison.csv"],
        "tables/mine.xlsx": "tabulate_outcomes.provenance.json says that tabulate_outcomes makes it, which does not",
    }  # fmt: skip
    assert found["settings.json"].startswith("no job of this experiment, by the config")
    assert "emtvb/figures/weights.py" in found["figures/weights.pdf"]
    assert "emtvb/paper/table1.csv" in found[TABLE]
    assert "setting tasks" in found["codecheck.yml"]
    assert found["tables/comparison.csv"] in (
        "would be made otherwise now: measurements/comparison.csv, another than the one that was read",
        "would be made again now: Updated input files: measurements/comparison.csv",
    ), "which depends on when files were written"
    assert "input" in found["figures/forest.pdf"].lower()


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


def _measuring(jobs: Sequence[Planned]) -> list[Planned]:
    """The jobs that measure the forger's shard."""
    return [job for job in jobs if job.wildcards.get("shard") == SHARD and not trains(job)]


@pytest.mark.parametrize(
    ("forgery", "column"),
    [
        (forging.as_published, ""),
        (forging.turned_verdicts, "verdict"),
        (lambda f: forging.measured(f, lambda table: table.update({"power_gain": ["9.0"] * len(table)})), "power_gain"),
    ],
    ids=["the paper's values for a cell", "verdicts and edits turned", "any measure"],
)
def test_measurements_whose_hashes_fit_do_not_come_out_again(
    folder: Path, jobs: list[Planned], forgery: Callable[[Path], object], column: str
) -> None:
    forgery(folder)
    assert not any("sha256" in said for said in looked_at(folder).values()), "the hashes were to fit"
    for close in ((), (FIRST,)):
        check = run_again(folder, _measuring(jobs), close)
        assert f"{column} of {FIRST} is" in problems(check)[MEASURED]
        assert check.state == "FAILED"


def test_a_network_next_to_a_bar_is_measured_again_whatever_chance_draws(folder: Path, jobs: list[Planned]) -> None:
    assert drawn_without_chance(folder) == ({}, {})

    def change(table: pd.DataFrame) -> None:
        table.loc[table["run_id"] == FIRST, "spectral_error"] = "0.15"

    forging.measured(folder, change)
    drawn, close = drawn_without_chance(folder)
    assert (drawn, [run.run_id for run in close[SHARD]]) == ({}, [FIRST])
    check = run_again(folder, _measuring(jobs), [FIRST])
    assert f"spectral_error of {FIRST} is 0.15, and" in problems(check)[MEASURED]
    assert f"since they are close cases: {FIRST}." in check.note
    (folder / WEIGHTS).unlink()
    check = run_again(folder, _measuring(jobs), [FIRST])
    assert (problems(check), check.state) == ({}, "not comparable")
    assert FIRST in check.note
    assert "close cases" not in check.note
    assert run_again(folder, (), [FIRST]).note == "", "where nothing is made again"


def test_a_network_that_is_measured_alone_is_held_to_all_its_rows_and_to_no_others(
    folder: Path, jobs: list[Planned], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "random.py").write_text(NOT_MEANT)
    monkeypatch.chdir(folder)
    sound = run_again(folder, _measuring(jobs), [FIRST])
    assert (problems(sound), sound.state) == ({}, "not asked")
    edit_table(folder / MEASURED, lambda table: table.loc.__setitem__((table["run_id"] == SECOND, "power_gain"), "9.0"))
    more = folder / f"measurements/digits/{SHARD}.csv"
    header = more.read_text().splitlines()[0]
    more.write_text(f"{header}\n{FIRST}{',1' * header.count(',')}\n")
    _edit_text(folder / f"measurements/solutions/{SHARD}.csv", f"{FIRST},circuit", f"{FIRST},unfinished")
    assert problems(run_again(folder, _measuring(jobs), [FIRST])) == {
        f"measurements/digits/{SHARD}.csv": "has 1 rows, and 9 when made again",
        f"measurements/solutions/{SHARD}.csv": f"kind of {FIRST} is unfinished, and circuit when made again",
    }
    (folder / WEIGHTS).write_bytes(b"damaged")
    assert "cannot be made again (weights file: " in problems(run_again(folder, _measuring(jobs), [FIRST]))[MEASURED]


def test_tables_figures_and_arrays_whose_hashes_fit_do_not_come_out_again(folder: Path, jobs: list[Planned]) -> None:
    _change_number(folder / TABLE)
    _edit_text(folder / "tables/table1.md", "---", "0.0005")
    _change_number(folder / "measurements.csv")
    _redden(folder / "figures/weights.png")
    _change_number(folder / "figures/spectrum.csv")
    _change_array(folder / "measurements/exemplars/T1.npz")
    edit_table(folder / "runs.csv", lambda table: table.loc.__setitem__(len(table), table.iloc[0]))
    _edit_text(folder / "verdicts.md", f"**{VERDICTS[2]}**", f"**{VERDICTS[0]}**")
    fit(folder)
    assert not any("sha256" in said for said in looked_at(folder).values()), "the hashes were to fit"
    rules = {
        "enumerate_runs", "aggregate_measurements", "tabulate", "draw_weights", "draw_spectrum", "look_at_exemplar",
        "state_verdicts",
    }  # fmt: skip
    found = problems(run_again(folder, [job for job in jobs if job.rule in rules]))
    said = {
        TABLE: "when made again", "tables/table1.md": "when made again", "measurements.csv": "when made again",
        "figures/weights.png": "is another picture when made again", "figures/spectrum.csv": "when made again",
        "measurements/exemplars/T1.npz": "W_hh_in_data_memories is another when made again",
        "runs.csv": "has 13 rows, and 12 when made again", "verdicts.md": "when made again",
    }  # fmt: skip
    assert {path: problem in found.get(path, "") for path, problem in said.items()} == dict.fromkeys(said, True)


def test_what_cannot_be_made_again_is_named_and_what_hangs_on_it_is_not_compared(
    folder: Path, jobs: list[Planned]
) -> None:
    (folder / WEIGHTS).write_bytes(b"no weights")
    looks = [job for job in jobs if job.rule == "look_at_exemplar" and MEASURED in job.inputs]
    check = run_again(folder, [*_measuring(jobs), *looks])
    assert "cannot be made again (weights" in problems(check)[MEASURED]
    assert check.incomparable == len(looks) > 0, "what is drawn of a network reads what is measured of it"


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
    shards = {SHARD: [run for run in SHARDS[SHARD] if run.run_id == run_id]}
    return determinism.determinism(folder, shards, trainer, provenance.read_all(folder)[0], 1, 0)


def test_a_run_of_an_engine_whose_bits_depend_on_the_cpu_is_not_comparable_elsewhere(folder: Path) -> None:
    """Which is no pass."""
    _say_other_cpu(folder)
    check = _trained_again(folder, FIRST, "reference")
    assert check.findings == ()
    assert (check.state, check.checked, check.incomparable) == ("not comparable", 0, 1)
    assert "it was made elsewhere (cpu another" in check.note


def test_what_is_left_out_is_counted_by_kind_and_what_it_leaves_unasked_is_no_pass(
    folder: Path, jobs: list[Planned]
) -> None:
    """Digests and outlines still hold a training that is made again."""
    _leave_out(folder, "training/*/weights.safetensors", "training/*/history.csv")
    records, unreadable = provenance.read_all(folder)
    check = integrity(folder, records, unreadable, damaged_outputs(folder, records), ROOT)
    assert problems(check) == {}
    assert "6 whole learning curves, 6 files of weights" in check.note
    shown = seeds(RUNS, RunData.read(folder, records, SHARDS).networks)
    assert (shown.state, shown.incomparable) == ("not comparable", 12)
    again = run_again(folder, _measuring(jobs))
    assert (again.state, again.checked, again.incomparable) == ("not comparable", 0, 4)
    assert _trained_again(folder, FIRST).state == "passed"


def test_what_trains_is_never_run_again_and_leaves_what_may_be_left_out(jobs: list[Planned]) -> None:
    assert set(KINDS) == {"weights.safetensors", "history.csv"}
    for job in jobs:
        names = {Path(path).name for path in job.outputs}
        assert (names >= set(KINDS)) == trains(job)
        assert names.isdisjoint(KINDS) or trains(job)
        assert not (trains(job) and reads_weights(job))


def test_results_are_held_to_the_clones_own_config(folder: Path, tmp_path: Path) -> None:
    """Not to the settings beside them, which whoever made them could write; and these are found to differ."""
    settings = json.loads((folder / "settings.json").read_text())
    settings["interpretation"]["horizon"] = 7
    (folder / "settings.json").write_text(json.dumps(settings))
    found = held.held_to(folder, ROOT)
    assert found.experiment == SMOKE
    assert "config/smoke.yaml of this clone, sha256 " in found.description
    (folder / "settings.json").write_text("{")
    assert held.held_to(folder, ROOT).experiment == SMOKE
    own = tmp_path / "mine"
    own.mkdir()
    (own / "settings.json").write_text(json.dumps({**settings, "experiment": "mine"}))
    mine = held.held_to(own, ROOT)
    assert "settings.json beside the results" in mine.description
    assert "whoever made the results could write that file, too" in mine.description
    (folder / "settings.json").write_text(json.dumps({**settings, "experiment": "smoke"}))
    with pytest.raises(InputError, match="holds the experiment smoke; give its own config, or none"):
        held.held_to(folder, ROOT, ROOT / "config" / "architectures.yaml")


def test_another_experiment_in_the_place_of_one_is_refused(tmp_path: Path) -> None:
    """Else whoever put it there would have chosen what it is held to."""
    other, place = tmp_path / "other", tmp_path / "results" / "paper"
    for folder in (other, place):
        folder.mkdir(parents=True)
        (folder / "settings.json").write_text(config.dump(SMOKE.model_copy(update={"experiment": "mine"})))
    assert held.held_to(other, ROOT).experiment.experiment == "mine"
    with pytest.raises(
        InputError, match=r"results: .*paper: the settings\.json there says that it holds mine; move it"
    ):
        held.held_to(place, ROOT)
    (tmp_path / "methods").symlink_to(other)
    with pytest.raises(InputError, match=r"results: .*methods: the settings\.json there says that it holds mine"):
        held.held_to(tmp_path / "methods", ROOT)


def test_of_several_configs_of_a_name_the_one_that_is_called_so_counts(tmp_path: Path) -> None:
    """Whatever the results fit: a smaller one that lies beside it is never meant."""
    every = config.load(ROOT / "config" / "paper.yaml")
    few = every.model_copy(update={"seeds": [1, 2, 3, 4, 5]})
    folder, configs = tmp_path / "results" / "paper", tmp_path / "config"
    for place in (folder, configs):
        place.mkdir(parents=True)
    (folder / "settings.json").write_text(config.dump(few))
    (configs / "zz.yaml").write_text(config.dump(few))
    assert held.held_to(folder, tmp_path).experiment == few
    (configs / "paper.yaml").write_text(config.dump(every))
    assert held.held_to(folder, tmp_path).experiment == every
    (configs / "paper.yaml").rename(configs / "all.yaml")
    with pytest.raises(
        InputError, match=r"all\.yaml, zz\.yaml all state paper: call the one that is meant paper\.yaml"
    ):
        held.held_to(folder, tmp_path)


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
    assert list(determinism.again(tmp_path, [(shard, runs[0])], "auto")) == [(runs[0].run_id, None)]


def test_what_is_not_committed_yet_is_a_warning(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "clone"
    (root / "src").mkdir(parents=True)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(root)]
    for command in (["init", "-q"], ["commit", "-qm", "all", "--allow-empty"]):
        subprocess.run([*git, *command], check=True)
    (root / "src" / "new.py").write_text("")
    say_of(folder, "figures/spectrum.provenance.json", dirty=True)
    records, unreadable = provenance.read_all(folder)
    check = integrity(folder, records, unreadable, damaged_outputs(folder, records), root)
    assert check.state == "passed"
    assert "Warning: made from code that is not committed yet: figures/spectrum.pdf." in check.note


def test_what_cannot_be_planned_is_said_of_the_folder_that_its_user_knows(tmp_path: Path) -> None:
    """Not of the temporary one in which Snakemake plans."""
    methods = kinds.load(ROOT / "config" / "methods.yaml")
    (tmp_path / "methods").mkdir()
    with pytest.raises(InputError, match=rf"cannot plan .*{tmp_path}/paper: no such experiment"):
        planned(tmp_path / "methods", Held(methods, "", ROOT), ())


def test_nothing_to_audit_is_one_line(project: Project) -> None:
    result = project.snakemake("audit", "--configfile", "config/smoke.yaml")
    assert result.returncode != 0
    assert "no output of the workflow lies there; run it first" in result.stderr
    assert "Traceback" not in result.stderr.split("Error in rule")[0]
