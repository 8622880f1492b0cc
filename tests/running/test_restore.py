"""Files beside their records: what was damaged is refused, what was made anew restales what read it."""

from __future__ import annotations

import json
import logging
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from emtvb.errors import InputError
from emtvb.running import provenance, restore
from emtvb.running.provenance import Record
from emtvb.running.recipes import Recipe
from emtvb.running.restore import Restored, refuse

ROOT = Path(__file__).parents[2]
WEIGHTS, MEASURED, TABLE = "training/a/weights.safetensors", "measurements/a.csv", "measurements.csv"


def make(folder: Path, rule: str, inputs: tuple[str, ...], outputs: dict[str, str], **wildcards: str) -> None:
    """What a job leaves: its outputs and their record."""
    for name, content in outputs.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    recipe = Recipe.of({"rule": rule, "settings": {"of": "these"}, "code": {"a.py": "1"}, "versions": {"numpy": "2.0"}})
    paths = [[str(folder / name) for name in names] for names in (inputs, outputs)]
    provenance.record(recipe, wildcards, *paths, str(folder / "logs" / f"{rule}.log"), 1.0)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results" / "mine"
    trained = {WEIGHTS: "weights", "training/a/history.csv": "curve", "measurements/learning/a.csv": "outline"}
    make(folder, "train_shard", (), trained, shard="a")
    make(folder, "measure_shard", (WEIGHTS,), {MEASURED: "1.0"}, shard="a")
    make(folder, "aggregate_measurements", (MEASURED,), {TABLE: "1.0"})
    return folder


def look(folder: Path) -> Restored:
    return restore.restore(folder, folder.parents[1] / ".snakemake")


def stale(folder: Path) -> set[str]:
    """The outputs that Snakemake remembers as another recipe's."""
    look(folder)
    metadata = [json.loads(path.read_text()) for path in (folder.parents[1] / ".snakemake/metadata").iterdir()]
    return {record["rule"] for record in metadata if record["params"] == ["other inputs"]}


def test_what_is_as_it_was_made_is_remembered_by_short_recipes(results: Path) -> None:
    assert look(results).damaged == frozenset()
    assert stale(results) == set()
    (metadata, *_) = (results.parents[1] / ".snakemake/metadata").iterdir()
    (param,) = json.loads(metadata.read_text())["params"]
    assert len(param) < 120
    assert param.count(",") == 2


@pytest.mark.parametrize("name", [WEIGHTS, MEASURED, TABLE, "measurements/learning/a.csv"])
@pytest.mark.parametrize("change", ["truncated", "flipped"])
def test_a_file_that_is_not_its_records_is_refused_by_name(results: Path, name: str, change: str) -> None:
    path = results / name
    content = path.read_bytes()
    path.write_bytes(content[:-1] if change == "truncated" else bytes([content[0] ^ 1]) + content[1:])
    found = look(results)
    assert found.damaged == {str(path)}
    assert stale(results) == set()
    with pytest.raises(InputError) as caught:
        refuse(found, ["elsewhere", str(path)])
    message = str(caught.value)
    assert message.startswith(f"results file: {path}: not what its record {found.makers[str(path)].record} says")
    assert "\n" not in message
    refuse(found, ["elsewhere"])
    refuse(found, [str(path)], lambda maker: str(path) in maker.outputs)


def test_learning_curves_are_named_and_stop_nothing(results: Path, caplog: pytest.LogCaptureFixture) -> None:
    (results / "training/a/history.csv").write_text("other")
    assert look(results).damaged == frozenset()
    assert "history.csv: not what its record says" in caplog.text


@pytest.mark.parametrize(("name", "reader"), [(WEIGHTS, "measure_shard"), (MEASURED, "aggregate_measurements")])
def test_gone_with_its_record_restales_what_read_it(results: Path, name: str, reader: str) -> None:
    """The remedy works. A file that is gone alone was left out of what is published."""
    maker = look(results).makers[str(results / name)]
    (results / name).unlink()
    assert stale(results) == set()
    maker.record.unlink()
    assert stale(results) == {reader}


def test_a_file_that_is_kept_without_its_record_restales_what_read_it(results: Path) -> None:
    (results / WEIGHTS).write_text("mine")
    look(results).makers[str(results / WEIGHTS)].record.unlink()
    assert look(results).damaged == frozenset()
    assert stale(results) == {"measure_shard"}


def test_what_its_own_job_made_anew_restales_what_read_it_and_is_no_damage(results: Path) -> None:
    make(results, "measure_shard", (WEIGHTS,), {MEASURED: "2.0"}, shard="a")
    assert look(results).damaged == frozenset()
    assert stale(results) == {"aggregate_measurements"}


def test_a_record_that_cannot_be_read_restales_nothing(results: Path) -> None:
    """It may be that of weights that were left out: nothing is trained again for it."""
    record = look(results).makers[str(results / WEIGHTS)].record
    record.write_text("{")
    (results / WEIGHTS).unlink()
    assert stale(results) == set()


def test_jobs_are_found_by_rule_and_wildcards(results: Path) -> None:
    found = look(results)
    job = found.job("measure_shard", {"shard": "a"})
    assert job is not None
    assert (job.inputs, job.outputs) == ((str(results / WEIGHTS),), (str(results / MEASURED),))
    assert found.job("measure_shard", {"shard": "b"}) is None


def test_older_memory_with_whole_recipes_is_written_anew(results: Path) -> None:
    """Memory that an earlier version of this workflow wrote makes nothing stale."""
    look(results)
    folder = results.parents[1] / ".snakemake/metadata"
    for path in folder.iterdir():
        record = json.loads(path.read_text())
        path.write_text(json.dumps({**record, "params": [repr(json.dumps({"rule": record["rule"]}))]}))
    before = {path.name: path.read_text() for path in folder.iterdir()}
    look(results)
    after = {path.name: path.read_text() for path in folder.iterdir()}
    assert all(before[name] != after[name] for name in before)
    shutil.rmtree(folder.parent)
    look(results)
    assert {path.name: path.read_text() for path in folder.iterdir()} == after


def test_a_difference_of_recipes_in_words() -> None:
    before = {"settings": {"a": 1}, "code": {"a.py": "1", "b.py": "1"}, "versions": {"numpy": "1", "torch": "2"}}
    now = {"settings": {"a": 2}, "code": {"a.py": "2", "c.py": "1"}, "versions": {"numpy": "2", "torch": "2"}}
    assert restore.difference(before, before) == ""
    assert restore.difference(before, now) == "settings, a.py, b.py, c.py, numpy 1 to 2"
    many = {**before, "code": {f"{i}.py": "1" for i in range(20)}}
    assert restore.difference(before, many).endswith("and 16 more")


@pytest.mark.parametrize("folder", ["results/paper", "/somewhere/results/paper"])
def test_an_input_of_another_experiment_is_remembered_as_the_rule_spells_it(folder: str) -> None:
    inputs = {"runs.csv": "a" * 64, "../twins/measurements.csv": "b" * 64}
    record = Record("draw", {}, {}, inputs, {}, "", 0.0, "", False, {})
    remembered = restore._remembered(record, Path(folder), "param")
    root = folder.removesuffix("paper")
    assert remembered.input == [f"{root}paper/runs.csv", f"{root}twins/measurements.csv"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Results of one job."""
    (tmp_path / "paper").mkdir()
    for name in ("runs.csv", "runs.provenance.json"):
        shutil.copy(ROOT / "results" / "paper" / name, tmp_path / "paper" / name)
    return tmp_path / "paper"


def test_what_was_forgotten_is_remembered_once(folder: Path, tmp_path: Path) -> None:
    memory = tmp_path / ".snakemake"
    restore.restore(folder, memory)
    (remembered,) = [path for path in memory.rglob("*") if path.is_file()]
    before = remembered.stat().st_mtime_ns
    restore.restore(folder, memory)
    assert remembered.stat().st_mtime_ns == before


def test_a_later_snakemake_whose_memory_has_another_form(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It goes on without, and says so."""
    monkeypatch.setattr(restore, "RECORD_FORMAT_VERSION", restore.KNOWN_FORMAT + 1)
    with caplog.at_level(logging.WARNING):
        restore.restore(folder, tmp_path / ".snakemake")
    assert [record.getMessage() for record in caplog.records] == [
        "this Snakemake keeps its memory in another form (7, not 6): what .snakemake does not know is made again"
    ]
    assert not (tmp_path / ".snakemake").exists()


@pytest.mark.parametrize("name", ["_record_path", "_write_record", "__init__"])
def test_a_later_snakemake_that_writes_it_in_another_way(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    monkeypatch.setattr(restore.FilePersistence, name, lambda self: None)
    with caplog.at_level(logging.WARNING):
        restore.restore(folder, tmp_path / ".snakemake")
    (record,) = caplog.records
    assert record.getMessage().startswith("this Snakemake writes its memory in another way (")


def test_the_lower_bound_of_snakemake_is_the_version_that_keeps_its_memory_in_this_form() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (snakemake,) = (text for text in wanted if re.match(r"snakemake\W*[<>=]", text))
    assert snakemake == "snakemake>=9.17,<10"
