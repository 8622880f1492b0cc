from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from snakemake.profiles import ProfileConfigFileParser

from emtvb.errors import InputError
from emtvb.slurm import site

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the profile alone."""
    (tmp_path / "slurm").mkdir()
    (tmp_path / "slurm" / "config.yaml").write_text((ROOT / "slurm" / "config.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(attempt: int = 1) -> dict[str, dict[str, Any]]:
    """What each rule's jobs ask for at an attempt, by the profile as Snakemake reads it."""
    with Path("slurm/config.yaml").open() as file:
        profile = ProfileConfigFileParser().parse(file)
    assert profile["retries"] == "3"
    texts = {rule.partition("=")[0]: [*profile["default-resources"]] for rule in profile["set-threads"]}
    for entry in profile["set-resources"]:
        rule, _, text = entry.partition(":")
        texts[rule].append(text)
    parsed = {rule: dict(text.split("=", 1) for text in entries) for rule, entries in texts.items()}
    return {rule: {name: evaluated(text, attempt) for name, text in of.items()} for rule, of in parsed.items()}


def evaluated(text: str, attempt: int) -> Any:
    """A resource as Snakemake evaluates it: Python where it is Python, else text."""
    try:
        return eval(text, {"attempt": attempt})
    except Exception:
        return text


def rules_for_slurm() -> set[str]:
    """The rules whose jobs are not run where Snakemake runs."""
    found = set()
    for file in (ROOT / "workflow" / "rules").glob("*.smk"):
        for _, name, body in re.findall(r"^( *)rule (\w+):\n((?:\1[ \t]+.*\n|\n)*)", file.read_text(), re.M):
            if "localrule: True" not in body:
                found.add(name)
    return found


def test_the_example_names_every_key() -> None:
    example = yaml.safe_load((ROOT / "slurm" / "site.example.yaml").read_text())
    assert set(example) == set(site.Site.model_fields)
    site.load_site(ROOT / "slurm" / "site.example.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "acount: x",
        "gpus: 0",
        "partition: 'a b'",
        "- x",
        "a: b: c",
        "longest: 1h",
        "account: 0777",
    ],
)
def test_what_means_nothing_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "site.yaml").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=str(tmp_path / "site.yaml")) as caught:
        site.load_site(tmp_path / "site.yaml")
    assert "\n" not in str(caught.value)


def test_an_account_may_be_a_number_and_a_file_may_be_empty(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("account: 1234\n")
    assert site.load_site(tmp_path / "site.yaml").account == "1234"
    (tmp_path / "site.yaml").write_text("# nothing yet\n")
    assert site.load_site(tmp_path / "site.yaml") == site.Site()


def test_no_account_partition_or_gpu_unless_the_site_says_so(clone: Path) -> None:
    rules = asked()
    assert rules.keys() == rules_for_slurm()
    for resources in rules.values():
        assert not {"slurm_account", "slurm_partition", "qos", "constraint", "gpu"} & resources.keys()


def test_the_site_reaches_every_rule_and_caps_their_time(clone: Path) -> None:
    (clone / "slurm" / "site.yaml").write_text(
        "{account: lab, partition: cpu, longest: 200, gpus: 2, gpu_partition: gpu}"
    )
    rules = asked()
    assert rules["measure_shard"]["slurm_account"] == rules["train_shard"]["slurm_account"] == "lab"
    assert rules["measure_shard"]["slurm_partition"] == "cpu"
    assert "gpu" not in rules["measure_shard"]
    assert rules["train_shard"]["slurm_partition"] == "gpu"
    assert rules["train_shard"]["gpu"] == rules["train_architecture"]["gpu"] == 2
    assert rules["train_shard"]["runtime"] == 120
    assert asked(attempt=4)["train_shard"]["runtime"] == 200


@pytest.mark.parametrize("most", [1500, 5000])
def test_no_job_asks_for_more_memory_than_the_site_says(clone: Path, most: int) -> None:
    (clone / "slurm" / "site.yaml").write_text(f"most_memory: {most}\n")
    for first, last in zip(asked().values(), asked(attempt=4).values(), strict=True):
        assert first["mem_mb"] <= last["mem_mb"] == most


def test_time_and_memory_grow_with_every_attempt(clone: Path) -> None:
    for first, last in zip(asked().values(), asked(attempt=4).values(), strict=True):
        assert last["runtime"] == 4 * first["runtime"]
        assert last["mem_mb"] == 4 * first["mem_mb"]
