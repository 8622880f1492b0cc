from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from emtvb.crate import METADATA, write_crate
from emtvb.running.provenance import Record

from .validator import CONTEXT, PROFILES, problems

ROOT = Path(__file__).parents[1]

Metadata = dict[str, Any]


def record(rule: str, inputs: Mapping[str, str], outputs: Mapping[str, str], seconds: float = 4.25) -> Record:
    """A record of a job that read and made files of these contents."""
    digests = [{name: digest(text) for name, text in files.items()} for files in (inputs, outputs)]
    recipe = {"rule": rule, "settings": {}, "code": {"a.py": "1"}, "versions": {"numpy": "2.1.0", "torch": "none"}}
    environment = {"platform": "Linux", "cpu": "a fast one"}
    return Record(rule, {}, recipe, *digests, "2030-01-01T00:00:09+00:00", seconds, "abc", False, environment)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


FILES = {
    "settings.json": "{}",
    "runs.csv": "run_id\na\n",
    "training/s/weights.safetensors": "weights",
    "measurements.csv": "run_id,accuracy\na,1\n",
    "tables/table1.csv": "task\nT1\n",
    "figures/weights of all.png": "pixels",
}
JOBS = {
    "state_settings": ((), ("settings.json",)),
    "enumerate_runs": ((), ("runs.csv",)),
    "train_shard": ((), ("training/s/weights.safetensors",)),
    "measure_shard": (("training/s/weights.safetensors",), ("measurements.csv",)),
    "tabulate": (("runs.csv", "measurements.csv"), ("tables/table1.csv",)),
    "draw_weights": (("training/s/weights.safetensors",), ("figures/weights of all.png",)),
}


class Made:
    """An experiment of six jobs, a clone that is next to nothing, and the crate that is made of them."""

    def __init__(self, folder: Path) -> None:
        self.clone, self.experiment, self.folder = folder / "clone", folder / "try", folder / "crate"
        for name in ("workflow", "config", "profiles", "slurm", "src"):
            (self.clone / name).mkdir(parents=True)
            (self.clone / name / "file.txt").write_text(name)
        for name in ("Snakefile", "pyproject.toml", "constraints.txt", "LICENSE", "CITATION.cff"):
            shutil.copy(ROOT / name, self.clone)
        for name, text in FILES.items():
            (self.experiment / name).parent.mkdir(parents=True, exist_ok=True)
            (self.experiment / name).write_text(text)
        self.folder.mkdir()
        self.records = {
            self.experiment / f"{Path(outputs[0]).with_suffix('')}.provenance.json": record(
                rule, *({name: FILES[name] for name in names} for names in (inputs, outputs))
            )
            for rule, (inputs, outputs) in JOBS.items()
        }

    def write(self) -> Metadata:
        path = write_crate(self.folder, self.experiment, self.records, self.clone)
        assert path == self.folder / METADATA
        return json.loads(path.read_text())

    def files(self) -> dict[str, str]:
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_text() for path in files}


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def entities(metadata: Metadata) -> dict[str, Metadata]:
    return {entity["@id"]: entity for entity in metadata["@graph"]}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@pytest.mark.parametrize("profile", PROFILES)
def test_it_is_a_valid_crate(made: Made, profile: str) -> None:
    made.write()
    assert problems(made.folder, profile) == []


def _root(metadata: Metadata) -> Metadata:
    return entities(metadata)["./"]


def _without(key: str, kind: str) -> Callable[[Metadata], None]:
    def change(metadata: Metadata) -> None:
        for entity in metadata["@graph"]:
            if kind in listed(entity["@type"]):
                entity.pop(key, None)

    return change


def _another_instrument(metadata: Metadata) -> None:
    entities(metadata)["#run"]["instrument"] = entities(metadata)["#job/runs"]["instrument"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param(lambda metadata: _root(metadata).pop("mainEntity"), "Main Workflow must be", id="no main entity"),
        pytest.param(lambda metadata: _root(metadata).pop("license"), "license", id="no licence"),
        pytest.param(_without("instrument", "CreateAction"), "MUST have an instrument", id="by nothing"),
        pytest.param(_another_instrument, "mainEntity as its instrument", id="a run of something else"),
        pytest.param(_without("hasPart", "ComputationalWorkflow"), "orchestrated tools", id="no rules"),
        pytest.param(_without("programmingLanguage", "File"), "programmingLanguage", id="in no language"),
    ],
)
def test_a_broken_crate_is_found_out(made: Made, change: Callable[[Metadata], None], complaint: str) -> None:
    metadata = made.write()
    change(metadata)
    (made.folder / METADATA).write_text(json.dumps(metadata))
    assert any(complaint in problem for problem in problems(made.folder))


@pytest.mark.parametrize("profile", PROFILES[:3])
def test_a_crate_of_another_profile_is_found_out(made: Made, profile: str) -> None:
    metadata = made.write()
    address = f"https://w3id.org/ro/wfrun/{profile.split('-')[0]}/0.5"
    other = json.dumps(metadata).replace(address, "https://w3id.org/ro/wfrun/other/0.5")
    (made.folder / METADATA).write_text(other)
    assert any("consistent with the versioned permalink" in problem for problem in problems(made.folder, profile))


def test_a_crate_that_lacks_a_file_is_found_out(made: Made) -> None:
    made.write()
    (made.folder / "results" / "runs.csv").unlink()
    assert any("results/runs.csv" in problem for problem in problems(made.folder))


def test_all_its_words_are_in_the_vocabulary(made: Made) -> None:
    metadata = made.write()
    assert metadata["@context"][0] == CONTEXT["@id"]
    known = {*CONTEXT["@context"], *metadata["@context"][1]}
    for entity in metadata["@graph"]:
        assert {key for key in entity if key[0] != "@"} | set(listed(entity["@type"])) <= known


def test_small_outputs_travel_along_and_others_are_named(made: Made) -> None:
    found = entities(made.write())
    travelled = {name for name in made.files() if name.startswith("results/")}
    assert travelled == {f"results/{name}" for name in FILES if not name.startswith(("training", "figures"))}
    for name, text in FILES.items():
        at = f"results/{name}" if f"results/{name}" in travelled else f"#{name.replace(' ', '%20')}@{digest(text)[:12]}"
        assert found[at]["sha256"] == digest(text)
        assert found[at]["name"] == name


def test_an_output_that_is_not_what_its_record_says_does_not_travel_along(made: Made) -> None:
    made.write()
    (made.experiment / "runs.csv").write_text("run_id\nb\n")
    found = entities(made.write())
    assert not (made.folder / "results" / "runs.csv").exists()
    assert found["#job/runs"]["result"] == {"@id": f"#runs.csv@{digest(FILES['runs.csv'])[:12]}"}
    assert problems(made.folder) == []


def test_it_tells_versions_of_a_file_apart(made: Made) -> None:
    path = made.experiment / "measurements.provenance.json"
    made.records[path] = record("measure_shard", {"training/s/weights.safetensors": "others"}, {"measurements.csv": ""})
    found = entities(made.write())
    read, trained = found["#job/measurements"]["object"], found["#job/training/s/weights"]["result"]
    assert read != trained
    assert [found[file["@id"]]["sha256"] for file in (read, trained)] == [digest("others"), digest("weights")]


def test_it_says_who_what_and_by_which_licence(made: Made) -> None:
    found = entities(made.write())
    assert "the experiment try" in found["./"]["name"]
    assert found[found["./"]["license"]["@id"]]["name"] == "MIT"
    assert found[found["./"]["citation"]["@id"]]["name"].startswith("Episodic Memory Theory")
    assert found["Snakefile"]["programmingLanguage"]["@id"].endswith("#snakemake")
    assert found["#run"]["object"] == {"@id": "results/settings.json"}


def test_code_in_two_versions_is_two_instruments(made: Made) -> None:
    before = entities(made.write())["Snakefile"]["hasPart"]
    path = made.experiment / "runs.provenance.json"
    newer = dataclasses.replace(made.records[path], recipe={**made.records[path].recipe, "code": {"a.py": "2"}})
    made.records[made.experiment / "more.provenance.json"] = newer
    found = entities(made.write())
    assert len(found["Snakefile"]["hasPart"]) == len(before) + 1
    assert found["#job/more"]["instrument"] != found["#job/runs"]["instrument"]
    assert len(found["#step/enumerate_runs"]["workExample"]) == 2


def test_a_second_crate_changes_only_what_changed(made: Made) -> None:
    made.write()
    before = made.files()
    made.records = dict(reversed(made.records.items()))
    made.write()
    assert made.files() == before

    path = made.experiment / "measurements.provenance.json"
    (made.experiment / "measurements.csv").write_text("new")
    made.records[path] = record("measure_shard", {}, {"measurements.csv": "new"})
    made.write()
    after = made.files()
    assert {name for name in after if after[name] != before[name]} == {METADATA, "results/measurements.csv"}


def test_what_is_gone_is_gone_from_the_crate(made: Made) -> None:
    made.write()
    (made.clone / "workflow" / "file.txt").unlink()
    del made.records[made.experiment / "tables/table1.provenance.json"]
    made.write()
    assert not {"workflow/file.txt", "results/tables/table1.csv"} & made.files().keys()


names = st.text("ab é#%", min_size=1, max_size=4).map(lambda text: f"figures/{text}.png")
jobs = st.lists(
    st.tuples(st.dictionaries(names, st.text(max_size=2)), st.dictionaries(names, st.text(max_size=2), min_size=1)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=20)
@given(jobs, st.floats(0, 1e6).map(lambda seconds: round(seconds, 2)))
def test_every_job_is_told_in_full(jobs: list[tuple[dict[str, str], dict[str, str]]], seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = Made(Path(folder))
        made.records = {
            made.experiment / f"{i}.provenance.json": record("draw", *files, seconds) for i, files in enumerate(jobs)
        }
        metadata = made.write()
    found = entities(metadata)
    assert len(found) == len(metadata["@graph"])
    references = [
        value["@id"]
        for entity in found.values()
        for values in entity.values()
        for value in listed(values)
        if isinstance(value, dict)
    ]
    assert all(reference in found or reference.startswith("https://") for reference in references)
    for i, files in enumerate(jobs):
        action = found[f"#job/{i}"]
        for key, texts in zip(("object", "result"), files, strict=True):
            told = [found[value["@id"]] for value in listed(action.get(key))]
            assert [(file["name"], file["sha256"]) for file in told] == [
                (name, digest(text)) for name, text in texts.items()
            ]
        start, end = (datetime.fromisoformat(action[key]) for key in ("startTime", "endTime"))
        assert start.tzinfo == UTC
        assert seconds <= (end - start).total_seconds() < seconds + 1
