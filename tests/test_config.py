from __future__ import annotations

import copy
import dataclasses
import datetime
import errno
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
import yaml
from docs import manual

from emtvb import config
from emtvb.config.architectures import ARCHITECTURES
from emtvb.config.experiment import THRESHOLDS
from emtvb.config.values import first_repeated
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.making import surroundings
from emtvb.paper import table1
from emtvb.theory import tasks

ROOT = Path(__file__).parents[1]
GOOD = {
    "experiment": "try",
    "tasks": ["T1"],
    "hidden_dim": [64],
    "l2": [0, 0.1],
    "threshold": [0.9],
    "seeds": [1, 2],
}
SCHEMA = "workflow/schemas/config.schema.yaml"
REMOVED = object()


def changed(path: str, value: object) -> dict:
    settings = copy.deepcopy(GOOD)
    *sections, key = path.split(".")
    place = settings
    for section in sections:
        place = place.setdefault(section, {})
    if value is REMOVED:
        del place[key]
    else:
        place[key] = value
    return settings


def test_a_good_config() -> None:
    experiment = config.check_sweep(GOOD)
    assert [run.run_id for run in experiment.runs()] == [
        f"T1_h64_l2-{l2}_thr-0.9_seed{seed}" for l2 in ("0", "0.1") for seed in (1, 2)
    ]
    assert experiment.exemplars()["T1"].run_id == "T1_h64_l2-0_thr-0.9_seed1"
    assert experiment.looks() == experiment.exemplars()
    assert experiment.protocol.steps == 20000


def test_networks_of_two_penalties_differ_in_nothing_else() -> None:
    experiment = config.check_sweep({**GOOD, "exemplar": {"compare_l2": 0.1, "seed": 2}})
    first, other = experiment.looks().values()
    assert list(experiment.looks()) == ["T1", "T1_l2-0.1"]
    assert experiment.exemplars() == {"T1": first}
    assert dataclasses.replace(other, l2=first.l2) == first
    assert other.run_id == "T1_h64_l2-0.1_thr-0.9_seed2"
    turned = config.check_sweep({**GOOD, "exemplar": {"compare_l2": 0, "l2": 0.1}})
    assert [run.l2 for run in turned.looks().values()] == [0.1, 0]


def test_other_architectures_take_the_sweeps_settings_and_a_size_of_their_own() -> None:
    assert config.check_sweep(GOOD).architecture_runs() == []
    sizes = {name: size for size, name in enumerate(ARCHITECTURES, start=4)}
    runs = config.check_sweep({**GOOD, "architectures": sizes}).architecture_runs()
    assert {run.run_id for run in runs} == {
        f"{name}_T1_h{size}_l2-{l2}_thr-0.9_seed{seed}"
        for name, size in sizes.items() for l2 in ("0", "0.1") for seed in (1, 2)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("experiment", REMOVED, "experiment: missing: add it"),
        ("experiment", "a/b", "experiment: 'a/b'"),
        ("experiment", True, "experiment: True: Input should be a valid string"),
        ("hidden_dims", [64], "hidden_dims: unknown key: did you mean hidden_dim?"),
        ("colour", 1, "colour: unknown key: known keys are experiment"),
        ("training.curriculum", [10, 0], "training.curriculum[1]: 0"),
        ("training.curriculum", [10, 100, 20], "20 comes after 100; write numbers of output steps that go up"),
        ("training.curriculum", [10, 10], "10 comes after 10"),
        ("training", None, "training: None: Input should be a valid dictionary"),
        ("interpretation.batch_size", 3, "interpretation.batch_size: unknown key: known keys are horizon"),
        ("training.learning_rate", 1e300, "training.learning_rate: 1e+300: networks are trained in single precision"),
        ("training.gradient_clip", 1e-300, "training.gradient_clip: 1e-300: networks are trained in single precision"),
        ("hidden_dim", [0], "hidden_dim[0]: 0: Input should be greater than or equal to 1"),
        ("hidden_dim", [], "hidden_dim: []: List should have at least 1 item"),
        ("hidden_dim", 64, "hidden_dim: 64: Input should be a valid list"),
        ("hidden_dim", [64, 64], "hidden_dim: [64, 64]: 64 occurs twice"),
        ("hidden_dim", [True], "hidden_dim[0]: True: Input should be a valid integer"),
        ("l2", [float("nan")], "l2[0]: nan: Input should be a finite number"),
        ("l2", [0, 0.0], "l2: [0, 0.0]: 0 occurs twice"),
        ("threshold", [1.5], "threshold[0]: 1.5: Input should be less than or equal to 1"),
        ("threshold", [0], "threshold[0]: 0: Input should be greater than 0"),
        ("l2", [1e308], "l2[0]: 1e+308: networks are trained in single precision"),
        ("l2", [0, 1e-60], "l2[1]: 1e-60: networks are trained in single precision"),
        ("l2", [0.1, 0.1000000001], "0.1 and 0.1000000001 are one number in single precision"),
        ("seeds", [2**32], "seeds[0]: 4294967296: Input should be less than 4294967296"),
        ("seeds", [2**32 - 1, 0], None),
        ("exemplar.seed", 2**32 + 1, "exemplar.seed: 4294967297"),
        ("seeds", [1, 1], "seeds: [1, 1]: 1 occurs twice"),
        ("trainer", "cuda", "trainer: 'cuda': Input should be 'auto', 'compiled' or 'reference'"),
        ("trainer", "reference", None),
        ("accelerator", "cuda", "accelerator: cuda: nothing trains on it: set trainer: reference"),
        ("accelerator", "warp", "accelerator"),
        ("architectures.esn", 8, f"architectures.esn: unknown key: known keys are {', '.join(ARCHITECTURES)}"),
        ("tasks", ["T9"], "T9: unknown name; known are T1"),
        ("tasks", [5], "tasks[0]: 5"),
        ("tasks", ["T1", "repeat-copy"], "tasks: T1: occurs twice"),
        ("tasks", ["T1", {"name": "x", "id": [255, 0, 0]}], "T1_h64_l2-0_thr-0.9_seed1 occurs twice"),
        ("tasks", [{"name": "x", "id": [254, 0, 0]}], "task x: task id: a = 254 has 7 ones"),
        ("tasks", [{"name": "x", "id": [255, 8, 0]}], None),
        ("tasks", [{"name": "x", "id": [255, 7 * 8, 0]}], "b = 56 has digit 7 at place 1"),
        ("tasks", [{"name": "x", "id": [255, 0]}], "tasks[0].id"),
        ("tasks", [{"name": "x"}], "either an id or a composition"),
        ("tasks", [{"name": "x", "id": [255, 0, 0], "composition": []}], "either an id or a composition"),
        ("tasks", [{"name": "x", "composition": [[1, 0, 1]]}], "one row per output dimension, d = 8"),
        (
            "tasks",
            [{"name": "x y", "id": [255, 0, 0]}],
            "tasks[0].name: 'x y': String should match pattern",
        ),
        ("tasks", [{"nmae": "x", "id": [1, 0, 1]}], "tasks[0].nmae: unknown key: did you mean name?"),
        ("training", {"batch-size": 3}, "training.batch-size: unknown key: did you mean batch_size?"),
        ("seeds", REMOVED, "seeds: missing: add it"),
        ("tasks", [{"name": "x", "composition": [3]}], "composition[0]: 3: Input should be a valid tuple"),
        ("tasks", [{"name": "T3", "id": [255, 0, 0]}], "not the paper's task of that name"),
        ("tasks", [{"name": "repeat-copy", "id": [510, 0, 0]}], "not the paper's task of that name"),
        ("dimensions", 2000, "too large"),
        ("exemplar.seed", 3, "exemplar.seed: 3: not in the sweep; seeds has 1, 2"),
        ("exemplar.compare_l2", 0.2, "exemplar.compare_l2: 0.2: not in the sweep; l2 has 0, 0.1"),
        (
            "exemplar.compare_l2",
            0,
            "exemplar.compare_l2: 0.0: is the first network's own penalty; give another, or null",
        ),
        ("exemplar.l2", 0.2, "exemplar.l2: 0.2: not in the sweep; l2 has 0, 0.1"),
    ],
)
def test_bad_settings_are_one_line_that_names_them(path: str, value: object, says: str | None) -> None:
    if says is None:
        config.check_sweep(changed(path, value))
        return
    with pytest.raises(InputError) as caught:
        config.check_sweep(changed(path, value), "my.yaml")
    message = str(caught.value)
    assert says in message
    assert message.startswith("my.yaml: ")
    assert "\n" not in message
    assert len(message) < 300


@pytest.mark.parametrize("key", ["tasks", "hidden_dim", "l2", "threshold", "seeds", "experiment"])
@pytest.mark.parametrize(
    "misspell", [str.upper, str.title, lambda key: key[:-1], lambda key: key[0] + key[2:], lambda key: key + "s"]
)
def test_a_misspelt_key_is_named_and_not_the_one_that_it_leaves_out(key: str, misspell: Callable[[str], str]) -> None:
    settings = {misspell(name) if name == key else name: value for name, value in GOOD.items()}
    refused = f"my.yaml: {misspell(key)}: unknown key: did you mean {key}?"
    with pytest.raises(InputError, match=re.escape(refused)):
        config.check_sweep(settings, "my.yaml")


def test_an_unknown_key_goes_before_a_missing_one() -> None:
    missing = {key: value for key, value in GOOD.items() if key != "seeds"}
    with pytest.raises(InputError, match=r"unheard_of: unknown key: known keys are experiment"):
        config.check_sweep({**missing, "unheard_of": 1}, "my.yaml")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("seeds: [010]", "010 at line 1 would be read as 8"),
        ("seeds: [1]\nl2: [12:30]", "12:30 at line 2 would be read as 750"),
        ("seeds: [0x10]", "0x10 at line 1 would be read as 16"),
        ("seeds: [0b11]", "would be read as 3"),
        ("seeds: [1_000]", "1_000 at line 1 would be read as 1000"),
        ("l2: [1:30.5]", "1:30.5 at line 1 would be read as 90.5"),
        ("training: {epochs: 1, epochs: 2}", "the key epochs occurs twice, at line 1"),
        ("experiment: x\n\tseeds: [1]", "found a tab"),
        ("seeds: [" + "1" * 5000 + "]", "cannot be read"),
        ("experiment: 2024-13-45", "cannot be read: month must be in 1..12"),
        *(
            (content, "my.yaml: no keys: write keys with values")
            for content in ("", "# a comment", "- 1", "text", "0.5")
        ),
        ("a: [", "my.yaml"),
        ("\x00", "my.yaml"),
        ("experiment: &a [*a]", "my.yaml"),
        ("experiment: é\n".encode("latin-1"), "'utf-8' codec can't decode byte 0xe9 in position 12"),
        ("experiment: x\n".encode("utf-16"), "name a YAML file in UTF-8"),
        (bytes(range(256)), "my.yaml"),
        (b"\x89PNG\r\n\x1a\n", "name a YAML file in UTF-8"),
        (None, "my.yaml: cannot be read"),
    ],
)
def test_a_file_that_can_be_read_in_two_ways_or_in_none_is_one_line(
    tmp_path: Path, content: str | bytes | None, says: str
) -> None:
    path = tmp_path / "my.yaml"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as caught:
        config.load_sweep(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + yaml.safe_dump(GOOD).encode())
    assert config.load_sweep(path) == config.check_sweep(GOOD)


@pytest.mark.parametrize(("stated", "says"), [
    *(({"experiment": "x", name[:-1].title(): {}}, f"my.yaml: {name[:-1].title()}: unknown key: did you mean {name}?")
      for name in kinds.kind_sections()),
    ({**GOOD, True: 2}, "True: Keys should be strings"),
    ({**GOOD, "experiment": datetime.date(2024, 1, 1)}, "experiment: datetime.date(2024, 1, 1): Input"),
    ({**GOOD, "l2": [float("nan")]}, "l2[0]: nan: Input should be a finite number"),
])  # fmt: skip
def test_what_is_wrong_is_called_by_its_name(stated: dict[Any, Any], says: str) -> None:
    with pytest.raises(InputError) as caught:
        kinds.experiment_from_config(stated, "my.yaml").runs()
    assert says in str(caught.value)


@pytest.mark.parametrize("value", ["010", ["010"], ["12:30"], {"batch_size": "1_0"}])
def test_what_a_call_gives_is_held_to_the_same(value: object) -> None:
    """`--config` hands over what stands in lists as text; a text alone it has read by itself."""
    with pytest.raises(InputError, match="would be read as"):
        config.reread_value(value)
    assert config.reread_value({"a": ["1", "1e-3", "x", "0.5"]}) == {"a": [1, "1e-3", "x", 0.5]}


def test_ids_of_a_task_are_found_once_for_a_sweep_of_many_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[object] = []
    canonical = tasks.canonical_name
    monkeypatch.setattr(tasks, "canonical_name", lambda *of: found.append(of) or canonical(*of))
    assert len(config.check_sweep({**GOOD, "seeds": list(range(2000)), "l2": [0]}).runs()) == 2000
    assert len(found) < 100


class Counted(int):
    """An integer that counts how often it is compared."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return int(self) == other

    __hash__ = int.__hash__


@pytest.mark.parametrize(
    ("seeds", "penalties", "enough"),
    [
        (range(1, 12_002), 1, "write 2, or "),
        (range(1, 7), 3501, "write 2, or "),
        (range(1, 7), 7000, "write 6, or "),
        (range(1, 2), 12_001, ""),
        (range(1), 12_001, ""),
    ],
)
def test_more_training_jobs_than_can_be_planned_are_refused_by_their_number_with_what_will_do(
    seeds: range, penalties: int, enough: str
) -> None:
    l2 = [n / 10_000 for n in range(penalties)]
    many = {**GOOD, "seeds": [*seeds], "l2": l2, "seeds_per_shard": 1}
    says = f"config: seeds_per_shard: 1: {len(seeds) * penalties} training jobs, of at most 12000; {enough}make several"
    with pytest.raises(InputError, match=f"^{says} experiments"):
        config.check_sweep(many)
    if enough:
        assert len(config.check_sweep({**many, "seeds_per_shard": int(enough.split()[1][:-1])}).shards()) <= 12_000


def test_repeats_are_found_without_comparing_all_pairs() -> None:
    assert first_repeated([Counted(value) for value in range(2000)]) is None
    assert Counted.compared < 20_000
    assert first_repeated([Counted(1), Counted(2), Counted(1)]) == 1


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda path: path.name)
def test_the_projects_configs_are_good_and_complete(path: Path) -> None:
    experiment = kinds.load_experiment(path)
    assert kinds.experiment_from_config(json.loads(config.dump_settings(experiment))) == experiment
    if not isinstance(experiment, config.Sweep):  # others take no key of a sweep
        return
    # --configfile is laid over config.yaml where both are given; a key that only one of them has would leak.
    default = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    given = yaml.safe_load(path.read_text())
    assert set(default) <= set(given)
    assert set(default["training"]) <= set(given["training"])


def test_a_composition_and_its_id_are_the_same_task() -> None:
    rows = [[5, 4, -1], [4, 3, 1], [3, 2, -1], [1, 0, -1], [2, 1, -1], [6, 5, -1], [8, 7, 1], [7, 6, -1]]
    (run, *_) = config.check_sweep(changed("tasks", [{"name": "mine", "composition": rows}])).runs()
    assert run.run_id.startswith("T3_")
    assert run.task.name == "mine"


def test_scientific_notation_is_a_number_although_yaml_reads_text(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(yaml.safe_dump(GOOD).replace("- 0.1", "- 1e-3") + "training: {learning_rate: 3.0e-4}\n")
    experiment = config.load_sweep(path)
    assert experiment.l2 == [0, 0.001]
    assert experiment.protocol.learning_rate == 0.0003


@pytest.mark.parametrize("value", [1e-7, 5e-5, 1e30])
def test_settings_survive_their_file(tmp_path: Path, value: float) -> None:
    experiment = config.check_sweep({**GOOD, "l2": [value]})
    (tmp_path / "settings.json").write_text(config.dump_settings(experiment))
    assert config.load_sweep(tmp_path / "settings.json") == experiment


def test_a_key_that_is_null_stands_in_no_file_of_settings_unless_another_value_is_its_default(tmp_path: Path) -> None:
    own = {"name": "mine", "id": [255, 0, 1]}
    given = {**GOOD, "tasks": [own], "training": {"gradient_clip": None}, "exemplar": {"l2": 0.1, "seed": None}}
    stated = {**given, "architectures": {"s4": None, "gru": 8}, "figures": None}
    (tmp_path / "settings.json").write_text(config.dump_settings(config.check_sweep(stated)))
    written = json.loads((tmp_path / "settings.json").read_text())
    assert config.check_sweep(written) == config.check_sweep(stated)
    assert written["tasks"] == [own]
    assert (written["exemplar"], written["architectures"]) == ({"l2": 0.1}, {"gru": 8})
    assert written["training"]["gradient_clip"] is None
    assert written["trainer"] == "auto", "a default that is a value stands there"
    assert {"figures", "follow"}.isdisjoint(written)
    assert "start" not in written["training"]


@pytest.mark.parametrize("path", sorted((ROOT / "results").glob("*/settings.json")), ids=lambda path: path.parent.name)
def test_published_settings_are_as_they_are_written_now(path: Path) -> None:
    assert path.read_text() == config.dump_settings(kinds.load_experiment(path))


def test_docs_are_those_of_the_schema() -> None:
    """`.venv/bin/python docs/manual.py` writes them."""
    assert (ROOT / "docs" / "config.md").read_text() == manual.as_markdown()
    assert (ROOT / SCHEMA).read_text() == manual.as_schema()


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda path: path.name)
def test_the_schema_takes_the_projects_configs_which_name_it(path: Path) -> None:
    first, *_ = path.read_text().splitlines()
    assert first == f"# yaml-language-server: $schema=../{SCHEMA}"
    stated = json.loads(config.dump_settings(kinds.load_experiment(path)))
    schema = jsonschema.Draft202012Validator(yaml.safe_load((ROOT / SCHEMA).read_text()))
    schema.validate(stated)
    for wrong in ({"seed": [1]}, {"trainer": "magic"}, {"threshold": [1.5]}, {"training": {"epochs": 0}}):
        assert not schema.is_valid({**stated, **wrong})
    assert not schema.is_valid({"experiment": "mine"})


def test_the_results_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("EXPERIMENT_OUTPUT_DIR", raising=False)
    assert surroundings.results_root() == Path("results")
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", str(tmp_path / "new" / "folder"))
    assert surroundings.results_root() == tmp_path / "new" / "folder"
    surroundings.check_results_root(surroundings.results_root())
    assert (tmp_path / "new" / "folder").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file/below: cannot write there \(Not a directory\)"):
        surroundings.check_results_root(tmp_path / "file" / "below")
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", "~/results")
    assert surroundings.results_root() == Path.home() / "results"
    with pytest.raises(InputError, match="results folder: /proc/emtvb: cannot write there"):
        surroundings.check_results_root(Path("/proc/emtvb"))


def test_an_address_is_no_place_for_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of that name would be made in the present one."""
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", "s3://bucket/results")
    with pytest.raises(InputError, match="EXPERIMENT_OUTPUT_DIR: s3://bucket/results: an address; name a folder"):
        surroundings.results_root()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_one_line_before_any_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int) -> None:
    def full(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(InputError, match=re.escape(f"cannot write there ({os.strerror(number)})")):
        surroundings.check_results_root(tmp_path / "results")


@pytest.mark.parametrize("changed", [{"trainer": "reference"}, {"architectures": {"gru": 8}}])
def test_an_accelerator_is_for_the_general_trainer(changed: dict[str, object]) -> None:
    given = {**GOOD, **changed, "accelerator": "cuda"}
    assert config.check_sweep(given).accelerators() == {
        "train_shard" if "trainer" in changed else "train_architecture": "cuda"
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, []),
        ({"training": {"epochs": 5}}, ["5 epochs instead of 10"]),
        ({"training": {"gradient_clip": None}}, ["gradients shortened to none instead of 1"]),
        ({"dimensions": 6, "variables": 7}, ["vectors of 6 elements instead of 8", "7 variables instead of 8"]),
        ({"interpretation": {"horizon": 100}}, ["a test of 100 steps instead of 200"]),
        ({"threshold": [0.5, 0.7]}, ["threshold 0.5, 0.7 instead of 0.9, 0.98"]),
        ({"training": {"start": "orthogonal"}}, ["a start that is orthogonal instead of uniform"]),
        ({"threshold": [0.5, 0.98]}, []),
        ({"twins": [1]}, ["rounding twins"]),
        ({"twins": [0, 1]}, []),
        ({"tasks": [{"name": "mine", "id": [255, 3, 2]}]}, []),
        ({"tasks": [{"name": "mine", "id": [255, 0, 0]}]}, []),
    ],
)
def test_in_what_a_sweep_differs_from_the_papers_is_said(change: dict[str, Any], words: list[str]) -> None:
    """It has runs such as the paper's just where the tables take some for the paper's."""
    experiment = config.check_sweep({**GOOD, **change})
    assert experiment.unlike_paper() == words
    how, runs = experiment.interpretation, experiment.runs()
    table = pd.DataFrame({"run_id": [run.run_id for run in runs], "threshold": [run.threshold for run in runs]})
    measured = {"measured_horizon": how.horizon, "measured_sequences": how.sequences, "measured_modulus": how.modulus}
    assert experiment.has_paper_runs() == bool(len(table1.paper_runs(table.assign(**measured))))


FOLLOWED = {"tasks": ["T1"], "hidden_dim": [64], "l2": [0], "threshold": [0.9], "seeds": [2, 7]}


def test_followed_runs_are_some_of_the_sweep_by_shard() -> None:
    (runs,) = config.check_sweep({**GOOD, "follow": [FOLLOWED, FOLLOWED]}).followed().values()
    assert [run.run_id for run in runs] == ["T1_h64_l2-0_thr-0.9_seed2"]
    assert config.check_sweep(GOOD).followed() == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"follow": [FOLLOWED, {**FOLLOWED, "tasks": ["T3"]}]}, "follow.1: "),
        ({"follow": [FOLLOWED], "trainer": "reference"}, "follow: reference: the compiled engine alone is followed"),
        ({"training": {"start": "orthogonal"}, "architectures": {"lstm": 8}}, "training.start: orthogonal"),
        ({"training": {"start": "zero"}}, "training.start: 'zero'"),
    ],
)
def test_what_cannot_be_followed_or_started_so_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        config.check_sweep({**GOOD, **change})


def test_thresholds_of_the_paper_are_said_twice_and_alike() -> None:
    assert THRESHOLDS == table1.SCRIPT_THRESHOLDS
