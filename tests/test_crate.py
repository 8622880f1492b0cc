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

from emtvb.crate import METADATA, describe
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
    """A clone that is next to nothing, with an experiment of six jobs whose figures and weights are not kept."""

    def __init__(self, clone: Path) -> None:
        self.clone, self.experiment = clone, clone / "results" / "try"
        for name in ("workflow", "config", "profiles", "slurm", "src"):
            (self.clone / name).mkdir(parents=True)
            (self.clone / name / "file.txt").write_text(name)
        for name in ("Snakefile", "pyproject.toml", "constraints.txt", "LICENSE", "CITATION.cff"):
            shutil.copy(ROOT / name, self.clone)
        self.held = {f"results/try/{name}" for name in FILES if not name.startswith(("training", "figures"))}
        for name in self.held:
            (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
            (self.clone / name).write_text(FILES[name.removeprefix("results/try/")])
        self.records = {
            self.experiment / f"{Path(outputs[0]).with_suffix('')}.provenance.json": record(
                rule, *({name: FILES[name] for name in names} for names in (inputs, outputs))
            )
            for rule, (inputs, outputs) in JOBS.items()
        }

    def write(self) -> Metadata:
        text = describe(self.clone, {"try": self.records}, self.held)
        (self.clone / METADATA).write_text(text)
        return json.loads(text)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path / "clone")


def entities(metadata: Metadata) -> dict[str, Metadata]:
    return {entity["@id"]: entity for entity in metadata["@graph"]}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@pytest.mark.parametrize("profile", PROFILES)
def test_it_is_a_valid_crate(made: Made, profile: str) -> None:
    made.write()
    assert problems(made.clone, profile) == []


def _root(metadata: Metadata) -> Metadata:
    return entities(metadata)["./"]


def _without(key: str, kind: str) -> Callable[[Metadata], None]:
    def change(metadata: Metadata) -> None:
        for entity in metadata["@graph"]:
            if kind in listed(entity["@type"]):
                entity.pop(key, None)

    return change


def _another_instrument(metadata: Metadata) -> None:
    entities(metadata)["#run/try"]["instrument"] = entities(metadata)["#job/try/runs"]["instrument"]


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
    (made.clone / METADATA).write_text(json.dumps(metadata))
    assert any(complaint in problem for problem in problems(made.clone))


@pytest.mark.parametrize("profile", PROFILES[:3])
def test_a_crate_of_another_profile_is_found_out(made: Made, profile: str) -> None:
    metadata = made.write()
    address = f"https://w3id.org/ro/wfrun/{profile.split('-')[0]}/0.5"
    other = json.dumps(metadata).replace(address, "https://w3id.org/ro/wfrun/other/0.5")
    (made.clone / METADATA).write_text(other)
    assert any("consistent with the versioned permalink" in problem for problem in problems(made.clone, profile))


def test_a_crate_that_lacks_a_file_is_found_out(made: Made) -> None:
    made.write()
    (made.experiment / "runs.csv").unlink()
    assert any("results/try/runs.csv" in problem for problem in problems(made.clone))


def test_all_its_words_are_in_the_vocabulary(made: Made) -> None:
    metadata = made.write()
    assert metadata["@context"][0] == CONTEXT["@id"]
    known = {*CONTEXT["@context"], *metadata["@context"][1]}
    for entity in metadata["@graph"]:
        assert {key for key in entity if key[0] != "@"} | set(listed(entity["@type"])) <= known


def test_what_lies_there_is_a_file_and_what_does_not_is_named(made: Made) -> None:
    found = entities(made.write())
    for name, text in FILES.items():
        lies_there = f"results/try/{name}" in made.held
        at = f"results/try/{name}" if lies_there else f"#try/{name.replace(' ', '%20')}@{digest(text)[:12]}"
        assert found[at]["sha256"] == digest(text)
        assert found[at]["name"] == f"try/{name}"


def test_an_output_that_is_not_what_its_record_says_is_no_file_of_it(made: Made) -> None:
    (made.experiment / "runs.csv").write_text("run_id\nb\n")
    found = entities(made.write())
    assert "results/try/runs.csv" not in found
    assert found["#job/try/runs"]["result"] == {"@id": f"#try/runs.csv@{digest(FILES['runs.csv'])[:12]}"}
    assert problems(made.clone) == []


def test_it_tells_versions_of_a_file_apart(made: Made) -> None:
    path = made.experiment / "measurements.provenance.json"
    made.records[path] = record("measure_shard", {"training/s/weights.safetensors": "others"}, {"measurements.csv": ""})
    found = entities(made.write())
    read, trained = found["#job/try/measurements"]["object"], found["#job/try/training/s/weights"]["result"]
    assert read != trained
    assert [found[file["@id"]]["sha256"] for file in (read, trained)] == [digest("others"), digest("weights")]


def test_it_says_who_what_and_by_which_licence(made: Made) -> None:
    found = entities(made.write())
    assert "the experiments try" in found["./"]["name"]
    assert found[found["./"]["license"]["@id"]]["name"] == "MIT"
    assert found[found["./"]["citation"]["@id"]]["name"].startswith("Episodic Memory Theory")
    assert found["Snakefile"]["programmingLanguage"]["@id"].endswith("#snakemake")
    assert found["#run/try"]["object"] == {"@id": "results/try/settings.json"}


def test_code_in_two_versions_is_two_instruments(made: Made) -> None:
    before = entities(made.write())["Snakefile"]["hasPart"]
    path = made.experiment / "runs.provenance.json"
    newer = dataclasses.replace(made.records[path], recipe={**made.records[path].recipe, "code": {"a.py": "2"}})
    made.records[made.experiment / "more.provenance.json"] = newer
    found = entities(made.write())
    assert len(found["Snakefile"]["hasPart"]) == len(before) + 1
    assert found["#job/try/more"]["instrument"] != found["#job/try/runs"]["instrument"]
    assert len(found["#step/enumerate_runs"]["workExample"]) == 2


def test_the_same_records_give_the_same_metadata_in_whatever_order(made: Made) -> None:
    before = made.write()
    made.records = dict(reversed(made.records.items()))
    assert made.write() == before
    path = made.experiment / "measurements.provenance.json"
    (made.experiment / "measurements.csv").write_text("new")
    made.records[path] = record(
        "measure_shard", {"training/s/weights.safetensors": "weights"}, {"measurements.csv": "new"}
    )
    changed = {name for name, entity in entities(made.write()).items() if entity != entities(before).get(name)}
    assert {"results/try/measurements.csv"} < changed
    assert not {"results/try/runs.csv", "#job/try/training/s/weights", "#job/try/runs"} & changed


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
        made = Made(Path(folder) / "clone")
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
        action = found[f"#job/try/{i}"]
        for key, texts in zip(("object", "result"), files, strict=True):
            told = [found[value["@id"]] for value in listed(action.get(key))]
            assert [(file["name"], file["sha256"]) for file in told] == [
                (f"try/{name}", digest(text)) for name, text in texts.items()
            ]
        start, end = (datetime.fromisoformat(action[key]) for key in ("startTime", "endTime"))
        assert start.tzinfo == UTC
        assert seconds <= (end - start).total_seconds() < seconds + 1
