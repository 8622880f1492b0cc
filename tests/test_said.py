"""Numbers in prose: those of the pages are those of the results, and a wrong one is found and put right."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emtvb import said
from emtvb.errors import InputError

ROOT = Path(__file__).parents[1]
NAMED = {"solved": "test_accuracy >= 0.9", "strict": "solved and threshold == 0.98"}


def test_every_number_in_prose_is_the_one_that_was_found() -> None:
    """Where it fails: `emtvb pages`, and then read what stands there once more."""
    wrong = list(said.correct(ROOT, write=False))
    assert [f"{one.page}: {one.about}: {one.value}, found {one.correction}" for one in wrong] == []


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Results of three networks, and a page about them."""
    folder = tmp_path / "results" / "paper"
    (folder / "tables").mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    (folder / "runs.csv").write_text(
        "run_id,task,task_id,hidden_dim,l2,threshold,seed,shard\n"
        "a,T1,1-0-0,64,0,0.9,1,x\nb,T1,1-0-0,64,0,0.98,1,x\nc,T2,1-0-0,64,0,0.98,1,y\n"
    )
    (folder / "measurements.csv").write_text(
        "run_id,verdict,test_accuracy,spectral_error,optimal_spectral_error\n"
        "a,stored,0.5,,1\nb,stored,0.95,0.25,0.1\nc,otherwise,1,0.5,0.2\n"
    )
    (folder / "tables" / "solutions.csv").write_text("run_id,task,kind\na,T1,other\nb,T1,circuit\nc,T2,circuit\n")
    (folder / "tables" / "few.csv").write_text("name,share\none,0.25\ntwo,-0.5\n")
    claims = [
        {"name": "holds-so", "kind": "k", "verdict": "consistent", "interval": [0.125, 0.5], "strata": []},
        {"name": "parted", "kind": "k", "verdict": "inconsistent", "interval": None,
         "strata": [{"title": "L2 0", "holds": 7, "networks": 9, "interval": [0.5, 0.75]}]},
    ]  # fmt: skip
    (folder / "verdicts.json").write_text(json.dumps({"claims": claims}))
    (tmp_path / said.FILE).write_text(
        yaml.safe_dump(
            {
                "experiment": "results/paper",
                "conditions": NAMED,
                "pages": {
                    "page.md": [
                        {"says": "Of {all} networks {some} solve it", "all": "index >= 0", "some": "solved"},
                        {
                            "says": "an error of {error} at most",
                            "error": {"max": "spectral_error", "of": "solved", "as": ".2f"},
                        },
                    ]
                },
            }
        )
    )
    (tmp_path / "page.md").write_text(
        "# 7 things\n\nOf 12 networks\n  1,234 solve it, with an error of 0.1\nat most.\n"
        "See [`holds-so`](results/paper/verdicts.md#holds-so): not determined, 3 times.\n"
    )
    return tmp_path


def test_numbers_and_verdicts_are_put_right_and_all_else_is_left(clone: Path) -> None:
    told = list(said.correct(clone, write=False))
    assert [(one.value, one.correction) for one in told] == [
        ("12", "3"), ("1,234", "2"), ("0.1", "0.50"), ("not determined", "consistent"),
    ]  # fmt: skip
    assert "1,234" in (clone / "page.md").read_text()
    assert list(said.correct(clone)) == told
    assert (clone / "page.md").read_text() == (
        "# 7 things\n\nOf 3 networks\n  2 solve it, with an error of 0.50\nat most.\n"
        "See [`holds-so`](results/paper/verdicts.md#holds-so): consistent, 3 times.\n"
    )
    assert list(said.correct(clone)) == []
    page = clone / "page.md"
    page.write_text(page.read_text().replace("[`holds-so`]", "[`none-such`]"))
    with pytest.raises(InputError, match=r"none-such: is cited in page\.md"):
        list(said.correct(clone))


@given(
    st.integers(-9, 99_999), st.sampled_from(["{:,}", "{}", "{:.2f}", "{:.0%}"]), st.sampled_from([" ", "\n", "\n  "])
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_number_in_a_sentence_is_found_whatever_stands_there(clone: Path, there: int, form: str, gap: str) -> None:
    text = f"Of {form.format(there)}{gap}networks 2 solve it. An error, an error of 0.50 at most.\n"
    (clone / "page.md").write_text(text)
    list(said.correct(clone))
    assert (clone / "page.md").read_text() == text.replace(form.format(there), "3", 1)


@pytest.mark.parametrize(
    ("wanted", "printed"),
    [
        ("strict", "2"),
        ("solved and spectral_error.isna()", "0"),
        ("kind == 'circuit' and task == 'T1'", "1"),
        ({"min": "spectral_error", "of": "solved", "as": ".3f"}, "0.250"),
        ({"table": "few", "where": "name == 'two'", "value": "share", "as": ".0%"}, "-50%"),
        ({"claims": "kind == 'k' and verdict == 'consistent'"}, "1"),
        ({"claim": "holds-so", "value": "high", "as": ".0%"}, "50%"),
        ({"claim": "parted", "stratum": "L2 0", "value": "low", "as": ".2f"}, "0.50"),
        ({"claim": "parted", "stratum": "L2 0", "value": "holds"}, "7"),
    ],
)
def test_a_number_is_had_from_networks_tables_and_claims(
    clone: Path, wanted: str | Mapping[str, Any], printed: str
) -> None:
    assert said.Numbers(clone / "results" / "paper", NAMED).find(wanted) == printed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda listed: listed["pages"]["page.md"][0].update(says="Of {all} rats"), "is 0 times in page.md, not once"),
        (lambda listed: listed["pages"]["page.md"][0].update(some="sloved"), "some of .* cannot be had"),
        (lambda listed: listed["pages"]["page.md"][0].pop("some"), "some of .* cannot be had"),
        (lambda listed: listed["pages"]["page.md"][0].update(some="solved ("), "some of .* cannot be had"),
        (lambda listed: listed["pages"]["page.md"][0].update(some="solved solved"), "some of .* cannot be had"),
        (lambda listed: listed["pages"]["page.md"][0].update(some="lambda: 1"), "some of .* cannot be had"),
        (lambda listed: listed["pages"]["page.md"][0].update(some={"claim": "none", "value": "x"}), "cannot be had"),
        (
            lambda listed: listed["pages"]["page.md"][0].update(
                some={"table": "few", "where": "share < 1", "value": "name"}
            ),
            "2 rows, not one, of tables/few.csv",
        ),
    ],
)
def test_a_sentence_that_is_gone_and_a_number_that_cannot_be_had_are_named(clone: Path, change, message: str) -> None:
    listed = yaml.safe_load((clone / said.FILE).read_text())
    change(listed)
    (clone / said.FILE).write_text(yaml.safe_dump(listed))
    before = (clone / "page.md").read_text()
    with pytest.raises(InputError, match=message):
        list(said.correct(clone))
    assert (clone / "page.md").read_text() == before


def test_a_sentence_may_say_a_number_twice(clone: Path) -> None:
    listed = yaml.safe_load((clone / said.FILE).read_text())
    listed["pages"]["page.md"] = [
        {"says": "{some} solve it, these {some} of {all}", "all": "index >= 0", "some": "solved"}
    ]
    (clone / said.FILE).write_text(yaml.safe_dump(listed))
    (clone / "page.md").write_text("8 solve it, these 9 of 3.")
    assert [one.value for one in said.correct(clone)] == ["8", "9"]
    assert (clone / "page.md").read_text() == "2 solve it, these 2 of 3."


def test_a_sentence_may_be_about_another_experiment(clone: Path) -> None:
    other = clone / "results" / "other"
    shutil.copytree(clone / "results" / "paper", other)
    for name in ("runs.csv", "measurements.csv", "tables/solutions.csv"):
        text = (other / name).read_text().splitlines()
        (other / name).write_text("\n".join(text[:-1]) + "\n")
    listed = yaml.safe_load((clone / said.FILE).read_text())
    listed["pages"]["page.md"].append({"says": "# {all} things", "experiment": "results/other", "all": "index >= 0"})
    (clone / said.FILE).write_text(yaml.safe_dump(listed))
    list(said.correct(clone))
    assert (clone / "page.md").read_text().startswith("# 2 things\n\nOf 3 networks")
