"""The audit of the smoke experiment: silent on what is sound, and naming what went wrong, each cause once.

One experiment is finished and planned for all tests; each changes a copy, and asks what can be asked in this process or
of one Snakemake.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from PIL import Image

from emtvb import config
from emtvb.audit import audit, config_of_results, determinism, scratch
from emtvb.audit.config_of_results import Held, held_by
from emtvb.audit.currency import currency, planned_jobs
from emtvb.audit.integrity import Files, integrity
from emtvb.audit.remeasuring import is_training, make_again, reads_weights
from emtvb.audit.report import Audit, Check
from emtvb.errors import InputError
from emtvb.experiments import kinds, training_again
from emtvb.experiments.network_kind import LEAVES_OUT
from emtvb.experiments.training_again import TrainedNetworks
from emtvb.files import atomic
from emtvb.making import provenance, recorded
from emtvb.making.packed_weights import pack
from emtvb.making.plan import Planned
from emtvb.making.processes import Processes
from emtvb.theory import networks
from emtvb.training.shard import Outputs, train_shard

from .conftest import ROOT, Project, kept

pytestmark = pytest.mark.first

SHARD = "T1_h24_l2-0_seeds1-5"
OTHER = "T2_h24_l2-0_seeds1-5"
FIRST, SECOND = (f"T1-d3s3_h24_l2-0_thr-0.9_seed{seed}_p1a1a414b" for seed in (1, 2))
SMOKE = config.load_sweep(ROOT / "config" / "smoke.yaml")
HELD = held_by(ROOT / "config" / "smoke.yaml", ROOT, "config/smoke.yaml")
SHARDS = SMOKE.shards()
TABLE, MEASURED = "tables/table1.csv", f"measurements/{SHARD}.csv"
WEIGHTS, OTHER_WEIGHTS = (f"training/{shard}/weights.safetensors" for shard in (SHARD, OTHER))
PACKED = f"training/{SHARD}/weights.planes.xz"
NOT_MEANT = "raise SystemExit('a module of the folder that one works in')"


def copy(source: Path, place: Path) -> Path:
    shutil.copytree(source, place, ignore=shutil.ignore_patterns("runs", "logs"))
    return place


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
        copy(finished.folder / "results" / "smoke", folder)
        found = audit.audit(folder, HELD, sample)
        audit.write_report(found, folder)
        assert found.outcome == "passed", problems(*found.checks)
        with atomic(place / "found.pickle") as path:
            path.write_bytes(pickle.dumps(found))
    return folder, found


@pytest.fixture(scope="session")
def jobs(audited: tuple[Path, Audit]) -> list[Planned]:
    """Its jobs."""
    return planned_jobs(audited[0], HELD)


@pytest.fixture
def folder(audited: tuple[Path, Audit], tmp_path: Path) -> Path:
    """A copy of them."""
    return copy(audited[0], tmp_path / "results" / "smoke")


def problems(*checks: Check) -> dict[str, str]:
    """All that is wrong, by subject."""
    found: dict[str, str] = {}
    for check in checks:
        for finding in check.findings:
            found[finding.subject] = "; ".join(filter(None, (found.get(finding.subject), finding.problem)))
    return found


def files(folder: Path) -> Files:
    return Files(folder, *recorded.read_all(folder), HELD.kind.leaves_out)


def looked_at(folder: Path, jobs: Sequence[Planned]) -> dict[str, str]:
    """What is wrong with results, as far as no Snakemake is asked."""
    return problems(integrity(files(folder), jobs), currency(files(folder), jobs))


def stated(experiment: config.Sweep, folder: Path) -> Path:
    """A config file of an experiment, beside its folder."""
    file = folder.parent / "config.json"
    file.write_text(config.dump_settings(experiment))
    return file


def planned_anew(folder: Path, of: Held = HELD) -> dict[str, str]:
    """What is wrong with results, of which a Snakemake is asked."""
    there = files(folder)
    jobs = planned_jobs(folder, of)
    return problems(integrity(there, jobs), currency(there, jobs))


def run_again(folder: Path, some: Sequence[Planned]) -> Check:
    """What comes of some jobs that run again."""
    return make_again(files(folder), HELD, some, [SHARD], 0, 2, Processes())


def edit_record(path: Path, change: Callable[[dict], object]) -> None:
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record, indent=1))


def edit_table(path: Path, change: Callable[[pd.DataFrame], object]) -> None:
    """Change a table's cells in place; its other cells stay as they are written."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(table)
    table.to_csv(path, index=False, lineterminator="\n")


def record_anew(folder: Path) -> None:
    """Make every digest in every record that of the file that lies there, as if the workflow had made it so."""
    for path in recorded.record_files(folder):
        edit_record(path, lambda record: [_as_it_lies(record[part], folder) for part in ("inputs", "outputs")])


def _as_it_lies(digests: dict[str, str], folder: Path) -> None:
    digests |= {name: provenance.sha256(folder / name) for name in digests if (folder / name).is_file()}


def edit_text(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_what_was_made_is_intact_and_current_and_comes_out_again(finished: Project, tmp_path: Path) -> None:
    """All questions of an audit, as before every commit; of what is made again a job of each stage."""
    folder = copy(finished.folder / "results" / "smoke", tmp_path / "smoke")
    found = audit.audit(folder, HELD, audit.QUICK)
    assert problems(*found.checks) == {}
    assert [check.state for check in found.checks] == ["passed", "passed", "not checked"]
    assert found.outcome == "incomplete"
    rules = {"measure_shard", "aggregate_measurements", "tabulate", "draw_spectrum", "state_verdicts"}
    every = planned_jobs(folder, HELD)
    some = [job for job in every if job.rule in rules and job.wildcards.get("shard", SHARD) == SHARD]
    assert len(some) == len(rules)
    again = run_again(folder, some)
    assert (problems(again), again.state, again.checked) == ({}, "passed", again.of)
    trained = trained_again(folder, FIRST)
    assert (problems(trained), trained.state, trained.checked) == ({}, "passed", {"run": 1})


@pytest.mark.long
def test_an_untouched_experiment_passes_and_says_what_was_made_again(
    audited: tuple[Path, Audit], jobs: list[Planned]
) -> None:
    folder, found = audited
    assert problems(*found.checks) == {}
    assert found.outcome == "passed"
    again = found.checks[-1]
    assert again.checked == {"file": again.of["file"], "run": 1}, "every file but those of trainings"
    (run_id,) = again.drawn[len(SHARDS) :]
    assert (again.of["run"], again.drawn[: len(SHARDS)]) == (12, tuple(sorted(SHARDS)))
    said = "made again: passed (an error in one run's training alone is missed with a chance of 11 in 12)"
    assert said in "\n".join(found.lines())
    assert "6 of 6 shards (drawn by seed 1)" in again.note
    report = (folder / "audit" / "report.md").read_text()
    assert "config/smoke.yaml" in report
    assert f"Drawn: {', '.join(sorted(SHARDS))}, {run_id}." in report
    assert report.startswith("# Audit of smoke: passed")
    assert json.loads((folder / "audit" / "summary.json").read_text())["outcome"] == "passed"
    assert looked_at(folder, jobs) == {}, "an audit is no stranger to the next one"


@pytest.mark.long
def test_no_job_of_the_workflow_uses_the_audit(audited: tuple[Path, Audit]) -> None:
    """So an edit there makes nothing stale."""
    used = {name for record in files(audited[0]).records.values() for name in record.recipe["code"]}
    assert "emtvb/paper/verdicts.py" in used
    assert not any("audit" in name for name in used)


def verify(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `emtvb verify` says, called in the folder."""
    command = [
        sys.executable,
        "-P",
        "-c",
        "from emtvb.cli.main import main; main()",
        "verify",
        "--results",
        str(folder),
    ]
    return subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=600)


@pytest.mark.long
def test_verify_trains_published_runs_and_says_of_each_whether_it_is_the_same(folder: Path) -> None:
    """One whose weights were moved, and one whose digest is another, are not."""
    runs = pd.read_csv(folder / "runs.csv")["run_id"]
    (folder / "random.py").write_text(NOT_MEANT)
    move_weights(folder)
    outputs = Outputs.of(folder, pd.read_csv(folder / "runs.csv")["shard"][5])
    edit_text(outputs.digests, runs[5] + ",", runs[5] + ",0")
    done = verify(folder, FIRST, SECOND, runs[5])
    assert done.returncode == 1, done.stderr
    measured = pd.read_csv(folder / "measurements.csv").set_index("run_id")["test_accuracy"]
    said = {line.partition(",")[0]: line.partition(": ")[2] for line in done.stdout.splitlines()[:3]}
    assert f"{FIRST}, accuracy {measured[FIRST]:.3f}: the same, to the last bit" in done.stdout.splitlines()
    assert said[SECOND] == "W_r differ when trained again"
    assert said[runs[5]].endswith("was published")
    assert done.stdout.splitlines()[3:] == ["1 of 3 runs came out as published"]
    assert all(f"{run}: training (run 1 of 1)" in done.stderr for run in (FIRST, SECOND, runs[5]))


@pytest.mark.long
def test_verify_knows_a_run_by_its_digest_alone(folder: Path) -> None:
    """As it is published, without weights and learning curves; of another digest, it fails."""
    run = pd.read_csv(folder / "runs.csv").iloc[0]
    outputs = Outputs.of(folder, run["shard"])
    for path in (outputs.weights, outputs.history, outputs.outline):
        path.unlink()
    assert verify(folder, run["run_id"]).returncode == 0
    digest = training_again.published_digests(folder, run["shard"])[run["run_id"]]
    outputs.digests.write_text(outputs.digests.read_text().replace(digest, "0" * 64))
    done = verify(folder, run["run_id"])
    assert done.returncode == 1
    assert f"its weights have the digest {digest[:12]}, and 000000000000 was published" in done.stdout
    assert "0 of 1 runs came out as published" in done.stdout


@pytest.mark.long
def test_a_full_disk_is_no_finding(folder: Path, jobs: list[Planned], monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = folder / "python"
    stand_in.write_text("#!/bin/sh\necho 'OSError: [Errno 28] No space left on device: error' >&2; exit 1\n")
    stand_in.chmod(0o755)
    for module in (scratch, training_again):
        monkeypatch.setattr(module, "sys", SimpleNamespace(executable=str(stand_in)))
    for ask in (lambda: run_again(folder, measuring(jobs)), lambda: trained_again(folder, FIRST)):
        with pytest.raises(InputError, match=r"TMPDIR: .*: is full; name a folder with more space there"):
            ask()


def _put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")


@pytest.mark.long
def test_what_the_workflow_would_do_is_named_once_with_the_reason(folder: Path) -> None:
    """One Snakemake is asked of many mistakes, a damaged file among them, which it would refuse to read."""

    def recipe_of(name: str, change: Callable[[dict], object]) -> None:
        edit_record(folder / f"{name}.provenance.json", lambda record: change(record["recipe"]))

    for name in ("figures/weights", "figures/spectrum", "tables/table1"):  # code that was edited since
        recipe_of(name, lambda recipe: recipe["code"].update({"emtvb/files.py": "0"}))
    recipe_of("figures/composition", lambda recipe: recipe["settings"].update(tasks=["T9"]))  # another config
    for path in folder.glob("figures/forest.*"):  # a run that was not finished
        path.unlink()
    edit_text(folder / "edit.html", "<", "< ")
    _put(folder / "tables" / "old.csv")  # a table of an older version of the workflow
    recipe = {"rule": "tabulate_old", "settings": {}, "code": {"old.py": "0"}, "versions": {}}
    provenance.record_job(recipe, {}, [], [str(folder / "tables/old.csv")], str(folder / "logs/old.log"), 1.0)
    pack(folder)
    (folder / PACKED).write_bytes(b"no weights")
    found = planned_anew(folder)
    code = next(subject for subject in found if "figures/weights.pdf" in subject)
    assert set(code.split(", ")) == {"figures/weights.pdf", "figures/spectrum.pdf", TABLE}
    assert found.pop(code) == "would be made otherwise by the present code: emtvb/files.py (3 jobs)"
    assert found.pop("figures/composition.pdf") == "would be made with other settings now: tasks"
    assert found.pop("figures/forest.pdf") == "not made yet, by draw_forest"
    assert "changed after draw_page made it" in found.pop("edit.html")
    assert "no job of this experiment, by its config" in found.pop("tables/old.csv, tables/old.provenance.json")
    assert "does not hold the weights" in found.pop(PACKED)
    assert found == {}
    (folder / WEIGHTS).unlink()
    with pytest.raises(InputError, match="not the weights that the record beside it tells of"):
        audit.audit(folder, HELD, audit.QUICK)


@pytest.mark.long
def test_a_shard_that_was_deleted_is_one_finding_and_so_are_results_of_another_clone(folder: Path) -> None:
    """All files of the one are gone with their record; those of the other came with theirs."""
    shutil.rmtree(folder / "training" / OTHER)
    edit_table(folder / MEASURED, lambda table: table.loc.__setitem__((0, "power_gain"), "9.0"))
    digest = provenance.sha256(folder / MEASURED)
    record = (folder / MEASURED).with_suffix(provenance.SUFFIX)
    edit_record(record, lambda record: record["outputs"].update({MEASURED: digest}))
    found = planned_anew(folder)
    gone = found.pop(f"training/{OTHER}/weights.safetensors")
    assert gone.startswith("its record, train_shard.provenance.json, is gone, and so are training/")
    (other,) = found.values()
    assert f"was made from other inputs than lie here: {MEASURED}, another than the one that was read" in other


@pytest.mark.long
def test_another_config_and_more_seeds_are_said_of_settings(folder: Path) -> None:
    more = SMOKE.model_copy(update={"seeds": [1, 2, 3]})
    found = planned_anew(folder, held_by(stated(more, folder), ROOT, ""))
    assert len([problem for problem in found.values() if "would be made with other settings now" in problem]) == 1
    assert "seeds" in next(iter(found.values()))
    assert len(found) == 1, found


@pytest.mark.long
def test_an_experiment_in_a_folder_that_is_a_link_is_as_sound_as_before(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "smoke").symlink_to(folder)
    assert planned_anew(tmp_path / "link" / "smoke") == {}


@pytest.mark.long
def test_other_libraries_and_cpus_are_said_and_are_no_findings(folder: Path, jobs: list[Planned]) -> None:
    for path in recorded.record_files(folder):
        edit_record(path, lambda record: (record["recipe"]["versions"].update(numpy="1.0"),
                                          record["environment"].update(numpy="1.0", cpu="another")))  # fmt: skip
    check = currency(files(folder), jobs)
    assert check.state == "passed"
    assert "numpy 1.0, here " in check.note
    assert "Made on other CPUs than this one" in check.note
    redden(folder / "figures/weights.png")
    record_anew(folder)
    again = run_again(folder, [job for job in jobs if job.rule == "draw_weights"])
    assert problems(again) == {}
    assert "other versions of libraries draw other pictures: figures/weights.png." in again.note, "and nothing else"


def redden(path: Path) -> None:
    with Image.open(path) as image:
        changed = image.convert("RGB")
    changed.putpixel((5, 5), (255, 0, 0))
    changed.save(path)


def measuring(jobs: Sequence[Planned]) -> list[Planned]:
    """The jobs that measure one shard."""
    return [job for job in jobs if job.wildcards.get("shard") == SHARD and not is_training(job)]


@pytest.mark.long
def test_what_cannot_be_made_again_is_one_finding_and_what_hangs_on_it_is_not_checked(
    folder: Path, jobs: list[Planned]
) -> None:
    (folder / WEIGHTS).write_bytes(b"no weights")
    looks = [job for job in jobs if job.rule == "look_at_exemplar" and MEASURED in job.inputs]
    assert looks
    check = run_again(folder, [*measuring(jobs), *looks])
    assert (problems(check), check.state, check.checked) == ({}, "not checked", {"file": 0}), "integrity names it"
    assert check.unchecked == sum(len(job.outputs) for job in [*measuring(jobs), *looks])
    record_anew(folder)
    check = run_again(folder, [*measuring(jobs), *looks])
    (problem,) = problems(check).values()
    assert "cannot be made again (weights" in problem
    followers = [job for job in [*measuring(jobs), *looks] if MEASURED in job.inputs]
    assert check.unchecked == sum(len(job.outputs) for job in followers), "they read what is measured of networks"


@pytest.mark.long
@pytest.mark.parametrize(
    ("harm", "run_id", "problem"),
    [
        (lambda f: edit_table(f / f"training/{SHARD}/history.csv", _worsen), FIRST, "when trained again"),
        (lambda f: move_weights(f), SECOND, "W_r differ when trained again"),
        (lambda f: edit_text(f / f"training/{SHARD}/digests.csv", FIRST + ",", FIRST + ",0"), FIRST, "was published"),
        (lambda f: (f / WEIGHTS).write_bytes(b"no weights"), FIRST, "its files cannot be read"),
        (
            lambda f: (f / f"training/{SHARD}/history.csv").write_bytes(b"run_id,step\n\xff"),
            FIRST,
            "its files cannot be read",
        ),
    ],
    ids=["losses", "weights", "digest", "damaged weights", "damaged curve"],
)
def test_a_run_that_does_not_come_out_again_is_found(
    folder: Path, harm: Callable[[Path], object], run_id: str, problem: str
) -> None:
    """Whatever CPU the records name: the compiled engine's bits are the same on all."""
    harm(folder)
    named = trained_again(folder, run_id)
    assert (named.state, named.findings) == ("not checked", ()), "integrity names it"
    record_anew(folder)
    _say_other_cpu(folder)
    check = trained_again(folder, run_id)
    assert problem in problems(check)[run_id]
    assert check.state == "FAILED"


def _worsen(table: pd.DataFrame) -> None:
    table["loss"] = [repr(float(loss) * (1 + 1e-6)) for loss in table["loss"]]


def move_weights(folder: Path) -> None:
    trained = networks.load_networks(folder / WEIGHTS)
    trained[SECOND].W_r[0, 0] += 1e-6
    networks.save_networks(folder / WEIGHTS, trained)


def _say_other_cpu(folder: Path) -> None:
    def change(record: dict) -> None:
        for about in record["runs"].values():
            for part in about["trained"]:
                part.update(cpu="another", machine="another")

    edit_record(folder / f"training/{SHARD}/train_shard.provenance.json", change)


def trained_again(folder: Path, run_id: str, trainer: str = "auto") -> Check:
    """The check of one run's training."""
    seed = 1 + [FIRST, SECOND].index(run_id)
    run = {"tasks": ["T1"], "l2": [0], "seeds": [seed], "trainer": trainer, "exemplar": type(SMOKE.exemplar)()}
    alone = SMOKE.model_copy(update=run)
    return determinism.train_again(
        files(folder), TrainedNetworks(stated(alone, folder), folder), (), 1, 0, 1, Processes()
    )


@pytest.mark.long
def test_a_run_of_an_engine_whose_bits_depend_on_the_cpu_is_not_checked_elsewhere(folder: Path) -> None:
    """Which is no pass."""
    _say_other_cpu(folder)
    check = trained_again(folder, FIRST, "reference")
    assert check.findings == ()
    assert (check.state, check.checked, check.unchecked) == ("not checked", {"run": 0}, 1)
    assert "which was made elsewhere (cpu another" in check.note


@pytest.mark.long
def test_what_is_left_out_is_counted_by_kind_and_what_it_leaves_unchecked_is_no_pass(
    folder: Path, jobs: list[Planned]
) -> None:
    """Digests and outlines still hold a training that is made again."""
    names = "training/*/weights.safetensors", "training/*/history.csv"
    (folder / "left_out.txt").write_text("\n".join(("# too large", *names)))
    for path in [path for name in names for path in folder.glob(name)]:
        path.unlink()
    assert looked_at(folder, jobs) == {}
    assert "6 whole learning curves, 6 files of weights" in integrity(files(folder), jobs).note
    again = run_again(folder, measuring(jobs))
    assert (again.state, again.checked, again.unchecked) == ("not checked", {"file": 0}, 5)
    assert trained_again(folder, FIRST).state == "passed"


@pytest.mark.long
def test_what_trains_is_never_run_again_and_leaves_what_may_be_left_out(jobs: list[Planned]) -> None:
    assert set(LEAVES_OUT) == {"weights.safetensors", "history.csv", "followed.safetensors"}
    for job in jobs:
        names = {Path(path).name for path in job.outputs}
        assert (names >= {"weights.safetensors", "history.csv"}) == is_training(job)
        assert names.isdisjoint(LEAVES_OUT) or is_training(job)
        assert not (is_training(job) and reads_weights(job))


@pytest.mark.long
def test_results_are_held_to_the_clones_own_config(folder: Path, tmp_path: Path) -> None:
    """Not to the settings beside them, which whoever made them could write; and these are found to differ."""
    settings = json.loads((folder / "settings.json").read_text())
    settings["interpretation"]["horizon"] = 7
    (folder / "settings.json").write_text(json.dumps(settings))
    found = config_of_results.held_to(folder, ROOT)
    assert kinds.load_experiment(found.file) == SMOKE
    assert "config/smoke.yaml of this clone, sha256 " in found.description
    (folder / "settings.json").write_text("{")
    assert kinds.load_experiment(config_of_results.held_to(folder, ROOT).file) == SMOKE
    own = tmp_path / "mine"
    own.mkdir()
    (own / "settings.json").write_text(json.dumps({**settings, "experiment": "mine"}))
    mine = config_of_results.held_to(own, ROOT)
    assert "settings.json beside the results" in mine.description
    (folder / "settings.json").write_text(json.dumps({**settings, "experiment": "smoke"}))
    with pytest.raises(InputError, match="holds the experiment smoke; give its own config, or none"):
        config_of_results.held_to(folder, ROOT, ROOT / "config" / "architectures.yaml")


@pytest.mark.long
def test_the_config_that_is_called_as_the_experiment_counts_and_else_the_default_one(tmp_path: Path) -> None:
    """Whatever the results fit: a smaller one that lies beside it is never meant."""
    every = config.load_sweep(ROOT / "config" / "paper.yaml")
    few, other = (every.model_copy(update=of) for of in ({"seeds": [1, 2, 3, 4, 5]}, {"experiment": "other"}))
    folder, configs = tmp_path / "results" / "paper", tmp_path / "config"
    for place in (folder, configs):
        place.mkdir(parents=True)
    (folder / "settings.json").write_text(config.dump_settings(few))
    (configs / "config.yaml").write_text(config.dump_settings(every))
    assert kinds.load_experiment(config_of_results.held_to(folder, tmp_path).file) == every
    (configs / "paper.yaml").write_text(config.dump_settings(other))
    assert kinds.load_experiment(config_of_results.held_to(folder, tmp_path).file) == every
    (configs / "paper.yaml").write_text(config.dump_settings(few))
    assert kinds.load_experiment(config_of_results.held_to(folder, tmp_path).file) == few


@pytest.mark.long
def test_a_run_that_diverged_is_equal_to_itself(tmp_path: Path) -> None:
    """Its losses and weights are no numbers."""
    settings = {
        "experiment": "diverged", "dimensions": 2, "variables": 2, "tasks": ["T1"], "hidden_dim": [4], "l2": [0],
        "threshold": [0.9], "seeds": [1],
        "training": {"epochs": 1, "batches_per_epoch": 60, "learning_rate": 1e30, "gradient_clip": None},
    }  # fmt: skip
    experiment = config.check_sweep(settings)
    ((shard, runs),) = experiment.shards().items()
    files = Outputs.of(tmp_path, shard)
    train_shard(runs, files, "version")
    assert not networks.load_networks(files.weights)[runs[0].run_id].is_finite()
    again = TrainedNetworks(stated(experiment, files.weights.parents[2]), tmp_path)
    assert list(again.train_again([runs[0].run_id])) == [(runs[0].run_id, None)]
