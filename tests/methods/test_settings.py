"""A config that compares methods: strict, in one line, and no sweep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emtvb import config
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.experiments.methods import settings

GOOD: dict[str, Any] = {"experiment": "mine", "methods": {"networks": [{"name": "a", "kind": "store"}]}}


def with_network(**more: Any) -> dict[str, Any]:
    return {"experiment": "mine", "methods": {"networks": [{"name": "a", "kind": "store", **more}]}}


def test_it_has_networks_and_no_runs() -> None:
    experiment = settings.Benchmark.check(GOOD)
    assert isinstance(experiment, settings.Benchmark)
    assert (experiment.runs(), experiment.shards(), experiment.architecture_runs()) == ([], {}, [])
    assert settings.Benchmark.check(json.loads(config.dump(experiment))) == experiment
    assert set(json.loads(config.dump(experiment))) == {"experiment", "methods"}


def test_any_other_config_is_a_sweep() -> None:
    with pytest.raises(InputError, match="tasks: missing"):
        kinds.check({"experiment": "mine"})
    assert type(kinds.check(GOOD)) is settings.Benchmark
    paper = kinds.load(Path(__file__).parents[2] / "config" / "paper.yaml")
    assert type(paper) is config.Sweep


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ({**GOOD, "seeds": [1]}, r"config: seeds: unknown key: known keys are experiment, methods"),
        ({"methods": GOOD["methods"]}, "config: experiment: missing: add it"),
        ({"experiment": "mine", "methods": {"networks": []}}, r"methods.networks: \[\]: List should have at least"),
        ({"experiment": "mine", "methods": {}}, "config: methods.networks: missing: add it"),
        (with_network(condition=0.5), r"methods.networks\[0\].condition: 0.5: Input should be greater than"),
        (with_network(condition="1e3x"), r"methods.networks\[0\].condition: '1e3x'"),
        (with_network(units=8), r"methods.networks\[0\]: .*: units is none of its settings; store has code, condition"),
        (with_network(kind="published"), r"methods.networks\[0\]: .*: published needs a run"),
        (with_network(kind="lstm"), r"methods.networks\[0\].kind: 'lstm': Input should be 'store', 'flip-flop'"),
        (with_network(name="a/b"), r"methods.networks\[0\].name: 'a/b': String should match pattern"),
        (with_network(size=3), r"methods.networks\[0\].size: unknown key: known keys are name, kind, code"),
        (
            {"experiment": "mine", "methods": {"networks": 2 * GOOD["methods"]["networks"]}},
            "methods.networks: .*a occurs twice; rename one",
        ),
        ({**GOOD, "methods": {**GOOD["methods"], "das": 3}}, "methods.das: unknown key: did you mean das_k"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(stated: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        settings.Benchmark.check(stated)
    assert "\n" not in str(caught.value)


def test_a_published_run_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    methods = settings.Benchmark.check(with_network(kind="published", run="T1_h8")).methods
    with pytest.raises(InputError, match=r"methods.published: .*paper: no such experiment"):
        settings.published(methods, tmp_path)
    results = Path(__file__).parents[2] / "results"
    with pytest.raises(InputError, match="run: T1_h8: no run of"):
        settings.published(methods, results)
    assert settings.published(settings.Benchmark.check(GOOD).methods, tmp_path) == {}


def test_every_key_stands_in_the_docs_with_its_meaning() -> None:
    page = (Path(__file__).parents[2] / "docs" / "methods.md").read_text()
    for model in (settings.MethodsSettings, settings.NetworkSettings):
        for key, field in model.model_fields.items():
            assert f"| `{key}` | " in page
            assert f" | {' '.join(field.description.split())} |" in page
