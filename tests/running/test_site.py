from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from emtvb import config
from emtvb.errors import InputError
from emtvb.running import site
from emtvb.running.doctor import _gpus, read_profiles

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the profile alone."""
    (tmp_path / "slurm").mkdir()
    (tmp_path / "slurm" / "config.yaml").write_text((ROOT / "slurm" / "config.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    return tmp_path


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
    site.load(ROOT / "slurm" / "site.example.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "acount: x",
        "gpus: 0",
        "account: [a]",
        "partition: 'a b'",
        "- x",
        "a: b: c",
        "longest: 1h",
        "account: 0777",
        "qos: 1_0",
        "longest: 4:00",
        "account: a\naccount: b",
        "account: \xe9",
        'account: ""',
        'account: "a\\0b"',
    ],
)
def test_what_means_nothing_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "site.yaml").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=str(tmp_path / "site.yaml")) as caught:
        site.load(tmp_path / "site.yaml")
    assert "\n" not in str(caught.value)


def test_a_link_that_leads_nowhere_does_not_mean_that_nothing_is_set(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").symlink_to("nowhere")
    with pytest.raises(InputError, match=r"site\.yaml"):
        site.load(tmp_path / "site.yaml")


def test_an_account_may_be_a_number_and_a_file_may_be_empty(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("account: 1234\n")
    assert site.load(tmp_path / "site.yaml").account == "1234"
    (tmp_path / "site.yaml").write_text("# nothing yet\n")
    assert site.load(tmp_path / "site.yaml") == site.Site()


@pytest.mark.parametrize(
    "text",
    ["retries: many", "default-resources: [slurm_account]", "set-resources: [train_shard=3]", "set-resources: [a:b]"],
)
def test_a_profile_that_cannot_be_read_is_one_line(clone: Path, text: str) -> None:
    (clone / "mine").mkdir()
    (clone / "mine" / "config.yaml").write_text(f"{text}\n")
    with pytest.raises(
        InputError, match="profile: slurm, mine: its retries, default-resources or set-resources"
    ) as found:
        read_profiles(["slurm", "mine"])
    assert "\n" not in str(found.value)


def test_no_account_partition_or_gpu_unless_the_site_says_so(clone: Path) -> None:
    requests, options = read_profiles(["slurm"])
    assert {request.rule for request in requests} == rules_for_slurm()
    for request in requests:
        assert not {"slurm_account", "slurm_partition", "qos", "constraint", "gpu"} & set(request.first)
    assert options["executor"] == "slurm"


def test_the_site_reaches_every_rule_and_caps_their_time(clone: Path) -> None:
    (clone / "slurm" / "site.yaml").write_text(
        "{account: lab, partition: cpu, longest: 200, gpus: 2, gpu_partition: gpu}"
    )
    requests = {request.rule: request for request in read_profiles(["slurm"])[0]}
    assert requests["measure_shard"].first["slurm_account"] == requests["train_shard"].first["slurm_account"] == "lab"
    assert requests["measure_shard"].first["slurm_partition"] == "cpu"
    assert "gpu" not in requests["measure_shard"].first
    assert requests["train_shard"].first["slurm_partition"] == "gpu"
    assert requests["train_shard"].first["gpu"] == requests["train_architecture"].first["gpu"] == 2
    assert requests["train_shard"].first["runtime"] == 120
    assert requests["train_shard"].last["runtime"] == 200


@pytest.mark.parametrize(
    ("changed", "gpus", "levels"),
    [
        ({}, False, {}),
        ({}, True, {"train_shard": "warning", "train_architecture": "warning"}),
        ({"trainer": "reference", "accelerator": "cuda"}, False, {"train_shard": "error"}),
        ({"trainer": "reference", "accelerator": "cuda"}, True, {}),
        ({"architectures": {"gru": 4}, "accelerator": "cuda"}, False, {"train_architecture": "error"}),
        ({"architectures": {"gru": 4}, "accelerator": "auto"}, True, {}),
        ({"architectures": {"gru": 4}, "accelerator": "auto"}, False, {}),
    ],
)
def test_gpus_are_asked_for_where_something_trains_on_them(
    clone: Path, changed: dict[str, object], gpus: bool, levels: dict[str, str]
) -> None:
    (clone / "slurm" / "site.yaml").write_text("gpus: 1\n" if gpus else "")
    given = {"experiment": "x", "tasks": ["T1"], "hidden_dim": [8], "l2": [0], "threshold": [0.9], "seeds": [1]}
    experiment = config.check({**given, **changed})
    assert {found.what: found.level for found in _gpus(experiment, read_profiles(["slurm"])[0])} == levels


@pytest.mark.parametrize("most", [1500, 5000])
def test_no_job_asks_for_more_memory_than_the_site_says(clone: Path, most: int) -> None:
    (clone / "slurm" / "site.yaml").write_text(f"most_memory: {most}\n")
    for request in read_profiles(["slurm"])[0]:
        assert request.first["mem_mb"] == min(request.first["mem_mb"], most)
        assert request.last["mem_mb"] == most


def test_time_and_memory_grow_with_every_attempt(clone: Path) -> None:
    for request in read_profiles(["slurm"])[0]:
        assert request.last["runtime"] == 4 * request.first["runtime"]
        assert request.last["mem_mb"] == 4 * request.first["mem_mb"]


def test_a_second_profile_replaces_keys(clone: Path) -> None:
    (clone / "mine").mkdir()
    (clone / "mine" / "config.yaml").write_text("retries: 0\ndefault-resources:\n  slurm_account: ours\n")
    requests, options = read_profiles(["slurm", "mine"])
    assert all(request.first["slurm_account"] == "ours" for request in requests)
    assert all(request.first == request.last for request in requests)
    assert options["executor"] == "slurm"
