"""A record that is not whole is refused in one line, which says where it is damaged."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtvb.errors import InputError
from emtvb.making import provenance

TRAINED = {"a": {"weights": "0" * 64, "trained": [{"engine": "compiled", "seconds": 1, "cpu": "of some make"}]}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The record of a training of one run."""
    output = tmp_path / "training" / "a" / "digests.csv"
    output.parent.mkdir(parents=True)
    output.write_text("a,0\n")
    recipe = {
        "rule": "train_shard",
        "settings": {"runs": [{}]},
        "code": {"files.py": "0"},
        "versions": {},
        "names": "0",
    }
    log = str(tmp_path / "logs" / "train_shard.log")
    return provenance.record(recipe, {"shard": "a"}, [], [str(output)], log, 1.0, TRAINED)


def test_what_was_written_is_read(path: Path) -> None:
    found = provenance.read(path)
    assert (found.shard, found.runs, found.seconds, found.since) == ("a", TRAINED, 1.0, "")
    assert found.recipe["settings"] == {"runs": [{}]}


def each_run(**values: Any) -> Callable[[dict[str, Any]], object]:
    return lambda record: [about.update(values) for about in record["runs"].values()]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda r: r.update(seconds=1e300), "seconds: "),
        (lambda r: r.update(seconds=float("nan")), "seconds: "),
        (lambda r: r.update(seconds=True), "seconds: "),
        (lambda r: r.update(seconds="1"), "seconds: "),
        (lambda r: r.update(dirty="no"), "dirty: "),
        (lambda r: r.update(commit=None), "commit: "),
        (lambda r: r.update(made="yesterday"), "made: "),
        (lambda r: r.update(made=""), "made: "),
        (lambda r: r.update(made="2026-01-01T00:00:00"), "made: .*time zone"),
        (lambda r: r.update(made="0001-01-01T00:00:00+00:00"), "made: .*year 1"),
        (lambda r: r.update(made="9999-12-31T23:59:59-23:59"), "made: .*year 9999"),
        (lambda r: r.update(since="yesterday"), "since"),
        (lambda r: r.update(more={}), "more: "),
        (lambda r: r.update(outputs={}), "outputs: "),
        (lambda r: r.update(outputs=["a"]), "outputs: "),
        (lambda r: r["outputs"].update({"\ud800": "0" * 64}), ""),
        (lambda r: r["outputs"].update({"a" * 5000: "0" * 64}), "outputs.*cannot be a file's name"),
        (lambda r: r["inputs"].update({"": "0" * 64}), "inputs.*cannot be a file's name"),
        (lambda r: r["inputs"].update({"a": 5}), "inputs.a: "),
        (lambda r: r["environment"].update(cpu=None), "environment.cpu: "),
        (lambda r: r["recipe"].pop("code"), "recipe.code: "),
        (lambda r: r["recipe"].update(code={}), "its recipe names no code, and no proof"),
        (lambda r: r["recipe"].update(code={}, settings={"proof": None}), "its recipe names no code, and no proof"),
        (lambda r: r["recipe"]["code"].update({"a\0b.py": "0"}), "recipe.code.*cannot be a file's name"),
        (lambda r: r["recipe"]["versions"].update({"": "1"}), "recipe.versions.*cannot be a file's name"),
        (lambda r: r["recipe"].pop("rule"), "recipe.rule: "),
        (lambda r: r["recipe"].update(more={}), "recipe.more: "),
        (lambda r: r["recipe"].update(settings=[]), "recipe.settings: "),
        (lambda r: r["recipe"].update(rule="draw_forest"), "its recipe is not of its rule"),
        (lambda r: r.update(runs=["a"]), "runs: "),
        (each_run(trained=5), "runs.a.trained: "),
        (each_run(trained=None), "runs.a.trained: "),
        (each_run(trained=["x"]), "runs.a.trained.0: "),
        (each_run(trained=[{"seconds": 1e300}]), "runs.a.trained.0.seconds: "),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(
    path: Path, change: Callable[[dict[str, Any]], object], place: str
) -> None:
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))
    with pytest.raises(InputError, match=f"record: {path}: cannot be read \\({place}.*snakemake --force") as caught:
        provenance.read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"5", b"\xff", b"[" * 200_000])
def test_what_is_no_table_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        provenance.read(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
)


@given(data=st.data())
def test_whatever_stands_in_a_field_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("record") / "a.provenance.json"
    name = data.draw(st.sampled_from(["rule", "recipe", "inputs", "outputs", "made", "seconds", "runs", "since"]))
    whole = {
        "rule": "a", "wildcards": {}, "recipe": {"rule": "a", "settings": {}, "code": {"b": "0"}, "versions": {}},
        "inputs": {}, "outputs": {"a": "0"}, "made": "2026-01-01T00:00:00+00:00", "seconds": 1, "commit": "",
        "dirty": False, "environment": {},
    }  # fmt: skip
    path.write_text(json.dumps({**whole, name: data.draw(JSON)}))
    with contextlib.suppress(InputError):
        assert provenance.read(path).commit == ""


def test_records_of_a_rule_that_another_took_over_go_when_that_makes_its_outputs(tmp_path: Path) -> None:
    def made(rule: str, *outputs: str) -> Path:
        for output in outputs:
            (tmp_path / output).parent.mkdir(exist_ok=True)
            (tmp_path / output).touch()
        recipe = {"rule": rule, "settings": {}, "code": {"mine.py": "0"}, "versions": {}}
        paths = [str(tmp_path / output) for output in outputs]
        return provenance.record(recipe, {}, [], paths, str(tmp_path / "logs" / "a.log"), 1.0)

    gone = made("study", "solutions/a.csv", "digits/a.csv")
    speaks_of_more = made("show", "digits/a.csv", "digits/a.pdf")
    damaged = tmp_path / "rows" / "a.provenance.json"
    damaged.parent.mkdir()
    damaged.write_text("{")
    own = made("measure", "measurements/a.csv")
    linked = tmp_path.with_name("linked")
    linked.symlink_to(tmp_path)
    outputs = [str(linked / name / "a.csv") for name in ("measurements", "solutions", "digits", "rows")]
    taken = provenance.take_away(outputs, "measure", str(linked / "logs" / "a.log"))
    assert taken is not None
    assert taken.rule == "measure"
    assert [path for path in (gone, own, speaks_of_more, damaged) if path.exists()] == [speaks_of_more, damaged]
