"""What the records say at planning: what was damaged is refused, what was made anew restales what read it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import snakemake.api  # noqa: F401 - first, as its parts import each other
from snakemake.iocontainers import Namedlist

from emtvb.errors import InputError
from emtvb.making import digests, provenance, recipes, staleness
from emtvb.making.staleness import Records

ROOT = Path(__file__).parents[2]
WEIGHTS, MEASURED, TABLE = "training/a/weights.safetensors", "measurements/a.csv", "measurements.csv"


def make(folder: Path, rule: str, inputs: tuple[str, ...], outputs: dict[str, str], **wildcards: str) -> None:
    """What a job leaves: its outputs and their record."""
    for name, content in outputs.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    asked = job(folder, rule, inputs, tuple(outputs))
    recipe = {
        "rule": rule, "settings": {"of": "these"}, "code": {f"{rule}.py": digest(folder, rule)}, "versions": {},
        "names": recipes.digest_of_names(asked.input, asked.output),
    }  # fmt: skip
    paths = [[os.path.normpath(folder / name) for name in names] for names in (inputs, outputs)]
    provenance.record_job(recipe, wildcards, *paths, str(folder / "logs" / f"{rule}.log"), 1.0)


def digest(folder: Path, rule: str) -> str:
    path = folder.parents[1] / "workflow" / "scripts" / f"{rule}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return digests.digest_of(path)


def job(folder: Path, rule: str, inputs: tuple[str, ...], outputs: tuple[str, ...], **settings: Any) -> Any:
    """A job as Snakemake plans it."""
    named = [[os.path.normpath(folder / name) for name in part] for part in (inputs, outputs)]
    files = [Namedlist(fromdict={f"n{i}": path for i, path in enumerate(part)}) for part in named]
    return SimpleNamespace(
        input=files[0],
        output=files[1],
        params=settings or {"of": "these"},
        wildcards=Namedlist(fromdict={"shard": "a"} if rule in ("train_shard", "measure_shard") else {}),
        rule=rule_of(folder, rule, f"../scripts/{rule}.py"),
    )


def rule_of(folder: Path, name: str, script: str) -> Any:
    """A rule as Snakemake reads it."""
    rules = str(folder.parents[1] / "workflow" / "rules")
    return SimpleNamespace(name=name, script=script, basedir=SimpleNamespace(get_path_or_uri=lambda secret_free: rules))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results" / "mine"
    trained = {WEIGHTS: "weights", "training/a/history.csv": "curve", "measurements/learning/a.csv": "outline"}
    make(folder, "train_shard", (), trained, shard="a")
    make(folder, "measure_shard", (WEIGHTS,), {MEASURED: "1.0"}, shard="a")
    make(folder, "aggregate_measurements", (MEASURED,), {TABLE: "1.0"})
    return folder


def look(folder: Path) -> Records:
    return staleness.records_of_results(folder, folder.parents[1])


def jobs(folder: Path) -> list[Any]:
    outputs = (WEIGHTS, "training/a/history.csv", "measurements/learning/a.csv")
    return [
        job(folder, "train_shard", (), outputs),
        job(folder, "measure_shard", (WEIGHTS,), (MEASURED,)),
        job(folder, "aggregate_measurements", (MEASURED,), (TABLE,)),
    ]


def stale(folder: Path) -> set[str]:
    """The rules whose jobs would do something else now than their records say."""
    found = look(folder)
    made = [(asked, found.makers.get(asked.output[0])) for asked in jobs(folder)]
    return {asked.rule.name for asked, maker in made if maker is not None and found.changes(asked, maker)}


def test_what_is_as_it_was_made_is_current(results: Path) -> None:
    assert look(results).damaged == set()
    assert stale(results) == set()
    assert all(map(look(results).is_made, jobs(results)))


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
        found.refuse(["elsewhere", str(path)])
    message = str(caught.value)
    assert message.startswith(f"results file: {path}: not what its record {found.makers[str(path)].path} says")
    assert "\n" not in message
    found.refuse(["elsewhere"])
    found.refuse([str(path)], lambda maker: str(path) in maker.outputs)


def test_learning_curves_are_named_and_stop_nothing(results: Path, caplog: pytest.LogCaptureFixture) -> None:
    (results / "training/a/history.csv").write_text("other")
    assert look(results).damaged == set()
    assert "history.csv: not what its record says" in caplog.text


@pytest.mark.parametrize(("name", "reader"), [(WEIGHTS, "measure_shard"), (MEASURED, "aggregate_measurements")])
def test_gone_with_its_record_restales_what_read_it(results: Path, name: str, reader: str) -> None:
    """The remedy works. A file that is gone alone was left out of what is published."""
    maker = look(results).makers[str(results / name)]
    (results / name).unlink()
    assert stale(results) == set()
    maker.path.unlink()
    assert stale(results) == {reader}


def test_an_input_that_is_left_out_is_held_to_the_record_of_who_made_it(results: Path) -> None:
    trained = {WEIGHTS: "others", "training/a/history.csv": "curve", "measurements/learning/a.csv": "outline"}
    make(results, "train_shard", (), trained, shard="a")
    (results / WEIGHTS).unlink()
    assert stale(results) == {"measure_shard"}


def test_a_file_that_is_kept_without_its_record_restales_what_read_it(results: Path) -> None:
    (results / WEIGHTS).write_text("mine")
    look(results).makers[str(results / WEIGHTS)].path.unlink()
    assert look(results).damaged == set()
    assert stale(results) == {"measure_shard"}


def test_what_its_own_job_made_anew_restales_what_read_it_and_is_no_damage(results: Path) -> None:
    make(results, "measure_shard", (WEIGHTS,), {MEASURED: "2.0"}, shard="a")
    assert look(results).damaged == set()
    assert stale(results) == {"aggregate_measurements"}


def test_a_record_that_cannot_be_read_restales_nothing(results: Path) -> None:
    """It may be that of weights that were left out: nothing is trained again for it."""
    record = look(results).makers[str(results / WEIGHTS)].path
    record.write_text("{")
    (results / WEIGHTS).unlink()
    assert stale(results) == set()


def test_what_a_job_would_use_otherwise_in_words(results: Path) -> None:
    found = look(results)
    maker = found.makers[str(results / MEASURED)]
    script = results.parents[1] / "workflow" / "scripts" / "measure_shard.py"

    def changes(**other: Any) -> list[str]:
        asked = job(results, "measure_shard", (WEIGHTS,), (MEASURED,), **other.pop("settings", {}))
        for name, value in other.items():
            setattr(asked, name, value)
        return Records(found.folder, found.root, found.makers).changes(asked, maker)

    assert changes() == []
    assert changes(settings={"of": "those", "more": 1}) == ["setting more", "setting of"]
    assert changes(settings={"of": "these", "none": None}) == []
    assert changes(rule=rule_of(results, "renamed", "../scripts/measure_shard.py")) == []
    assert changes(rule=rule_of(results, "measure_shard", "other.py")) == ["its script, other.py"]
    moved = "../scripts/new/measure_shard.py"  # of the same name, while the old one still lies there
    assert changes(rule=rule_of(results, "measure_shard", moved)) == ["its script, measure_shard.py"]
    for other in ({"other": str(results / WEIGHTS)}, {"n0": str(results / TABLE)}):
        assert changes(input=Namedlist(fromdict=other)) == ["its inputs or outputs, by name or order"]
    asked = job(results, "measure_shard", (WEIGHTS,), (MEASURED,))
    elsewhere = {name: str(results / TABLE) for name, _ in asked.output.items()}
    assert changes(output=Namedlist(fromdict=elsewhere)) == ["its inputs or outputs, by name or order"]
    script.write_text("X = 1\n")
    assert changes() == ["measure_shard.py"]


def test_a_number_is_no_truth_and_the_same_however_it_is_spelled(results: Path) -> None:
    makers = look(results).makers
    record = makers[str(results / TABLE)].record
    record.recipe["settings"]["of"] = {"l2": [0, 1.0], "gone": None}  # as YAML has it, and JSON
    asked = job(results, "aggregate_measurements", (MEASURED,), (TABLE,), of={"l2": [0.0, 1], "new": None})
    assert look(results).changes(asked, makers[str(results / TABLE)]) == []
    for before, now in (
        (1, True),
        (True, 1.0),
        ([0], [False]),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": None}),
        ("1", 1),
        ([1], [1, 1]),
    ):
        record.recipe["settings"]["of"] = before
        asked = job(results, "aggregate_measurements", (MEASURED,), (TABLE,), of=now)
        assert look(results).changes(asked, makers[str(results / TABLE)]) == ["setting of"]


def test_the_order_of_files_counts_and_that_of_the_keys_of_a_record_does_not(results: Path) -> None:
    read, made = (WEIGHTS, MEASURED), ("tables/t.md", "tables/t.csv")
    make(results, "tabulate", read, dict.fromkeys(made, "1"))
    record = results / "tables" / "t.provenance.json"

    def changes(read: tuple[str, ...], made: tuple[str, ...]) -> list[str]:
        found = look(results)
        return found.changes(job(results, "tabulate", read, made), found.makers[str(results / made[0])])

    assert changes(read, made) == []
    assert changes(read[::-1], made) == changes(read, made[::-1]) == ["its inputs or outputs, by name or order"]
    record.write_text(json.dumps(json.loads(record.read_text()), sort_keys=True))
    assert changes(read, made) == []
    assert changes((WEIGHTS, TABLE), made) == ["its inputs or outputs, by name or order"]


def test_other_wildcards_of_the_same_file_are_a_change(results: Path) -> None:
    maker = look(results).makers[str(results / MEASURED)]
    asked = job(results, "measure_shard", (WEIGHTS,), (MEASURED,))
    assert look(results).changes(asked, maker) == []
    asked.wildcards = Namedlist(fromdict={"shard": "b"})
    assert look(results).changes(asked, maker) == ["its wildcards"]


def test_the_same_file_twice_is_one_input(results: Path) -> None:
    make(results, "tabulate", (TABLE, TABLE), {"tables/t.csv": "1"})
    maker = look(results).makers[str(results / "tables/t.csv")]
    asked = job(results, "tabulate", (TABLE, TABLE), ("tables/t.csv",))
    assert look(results).changes(asked, maker) == []
    make(results, "aggregate_measurements", (MEASURED,), {TABLE: "2.0"})
    assert look(results).changes(asked, maker) == [f"{results / TABLE}, another than the one that was read"]


def test_what_lies_beside_a_folder_that_is_a_link_is_found_as_the_rules_spell_it(results: Path) -> None:
    """And not beside the folder that it leads to."""
    twin = results.parent / "twins" / "runs.csv"
    twin.parent.mkdir()
    twin.write_text("twin")
    elsewhere = results.parents[1] / "disk" / "mine"
    elsewhere.parent.mkdir()
    results.rename(elsewhere)
    results.symlink_to(elsewhere)
    make(results, "tabulate", (TABLE, "../twins/runs.csv"), {"tables/t.csv": "1"})
    asked = job(results, "tabulate", (TABLE, "../twins/runs.csv"), ("tables/t.csv",))
    found = look(results)
    assert found.changes(asked, found.makers[str(results / "tables/t.csv")]) == []
    assert found.is_made(asked)
    twin.write_text("another")
    assert len(look(results).changes(asked, found.makers[str(results / "tables/t.csv")])) == 1


def test_a_folder_in_the_place_of_a_file_is_damage(results: Path) -> None:
    (results / TABLE).unlink()
    (results / TABLE).mkdir()
    assert look(results).damaged == {str(results / TABLE)}


def test_params_that_no_record_could_tell_apart_are_refused() -> None:
    assert recipes.plain_params(Namedlist(fromdict={"of": [1, {"a": None}]}), "draw") == {"of": [1, {"a": None}]}
    for value in ({1}, ROOT, print, float("nan")):
        with pytest.raises(InputError, match="params: draw: no plain data"):
            recipes.plain_params(Namedlist(fromdict={"of": value}), "draw")
    with pytest.raises(InputError, match=r"params: draw: one of this rule has no name"):
        recipes.plain_params(Namedlist(["median"]), "draw")


def test_a_job_that_ended_unseen_is_known_by_its_files(results: Path) -> None:
    """Its record is newer than what was read at the start."""
    found = look(results)
    asked = job(results, "tabulate", (TABLE,), ("tables/t.csv",))
    assert not found.is_made(asked)
    make(results, "tabulate", (TABLE,), {"tables/t.csv": "1"})
    assert found.is_made(asked)
    assert not found.is_made(job(results, "tabulate", (TABLE,), ("tables/t.csv",), of="those"))
    (results / "tables/t.csv").write_text("2")
    assert not found.is_made(asked)


def test_a_job_is_known_to_have_ended_although_what_it_read_was_made_anew_after_planning(results: Path) -> None:
    found = look(results)
    assert stale(results) == set()
    for asked in jobs(results):
        found.changes(asked, found.makers[str(asked.output[0])])
    make(results, "measure_shard", (WEIGHTS,), {MEASURED: "2.0"}, shard="a")
    make(results, "aggregate_measurements", (MEASURED,), {TABLE: "2.0"})
    assert all(map(found.is_made, jobs(results)))


def test_of_two_records_of_one_file_the_later_one_speaks(results: Path) -> None:
    """A rule that was renamed leaves the record of its old name."""
    before = results / "measurements.provenance.json"
    older = json.loads(before.read_text())
    make(results, "renamed", (MEASURED,), {TABLE: "2.0"})
    (results / "old.provenance.json").write_text(json.dumps({**older, "made": "2020-01-01T00:00:00+00:00"}))
    found = look(results)
    assert found.damaged | found.altered == set()
    assert found.makers[str(results / TABLE)].record.rule == "renamed"


@pytest.mark.parametrize("folder", ["results/paper", "/somewhere/results/paper"])
def test_an_input_of_another_experiment_is_known_as_the_rule_spells_it(folder: str) -> None:
    inputs = {"runs.csv": "a" * 64, "../twins/measurements.csv": "b" * 64}
    record = provenance.Record("draw", {}, {}, inputs, {}, "", 0.0, "", False, {})
    maker = Records(Path(folder), ROOT)._maker(Path("record"), record)
    root = folder.removesuffix("paper")
    assert maker.inputs == {f"{root}paper/runs.csv": "a" * 64, f"{root}twins/measurements.csv": "b" * 64}
