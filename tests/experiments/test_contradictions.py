"""Numbers that contradict one another are found in every row, whatever the records say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emtvb import weights
from emtvb.audit.contradictions import contradictions
from emtvb.audit.integrity import Files
from emtvb.experiments.contradictions import contradictions as contradictions_of_networks
from emtvb.experiments.network_kind import LEAVES_OUT
from emtvb.making import provenance, recorded
from emtvb.making.plan import Planned
from emtvb.theory.network_verdict import NOT_LEARNED, OTHERWISE, STORED

MEASURED, WEIGHTS, DIGESTS = "measurements/s.csv", "training/s/weights.safetensors", "training/s/digests.csv"
RECIPE = {"rule": "measure", "settings": {}, "code": {"a.py": "0"}, "versions": {}}
SOLVED = {
    "run_id": "a", "verdict": STORED, "test_accuracy": 0.995, "measured_solved": 0.99, "measured_horizon": 200,
    "solved": 1, "unedited_success": 1.0, "data_worst_decoding_accuracy": 0.99, "data_edit_success": 0.95,
}  # fmt: skip


def found(folder: Path, **row: object) -> list[str]:
    """What is found of an experiment of two networks, of which one is measured so."""
    table = pd.DataFrame([{**SOLVED, **row}, {**SOLVED, "run_id": "b"}])
    for path in (folder / MEASURED, folder / WEIGHTS):
        path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / MEASURED, index=False)
    for name in (MEASURED, WEIGHTS, DIGESTS):
        if (folder / name).exists():
            provenance.record_job(RECIPE, {}, [], [str(folder / name)], str(folder / "logs/x.log"), 1.0)
    job = Planned("measure", {}, (), (MEASURED,), {"interpretation": {"solved": 0.99, "horizon": 200}}, "", ())
    files = Files(folder, *recorded.read_all(folder), LEAVES_OUT)
    return [str(finding) for finding in contradictions(files, [job], contradictions_of_networks)]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({}, ""),
        ({"test_accuracy": 0.98}, "solved of a is 1, and 0 by its other numbers, verdict of a is"),
        ({"test_accuracy": 0.98, "solved": 0, "verdict": NOT_LEARNED}, ""),
        ({"test_accuracy": 0.98, "solved": 0}, f"verdict of a is {STORED}, and {NOT_LEARNED} by its other numbers"),
        ({"test_accuracy": 0.98, "measured_solved": 0.97}, "measured_solved of a is 0.97, and 0.99 in the config"),
        ({"measured_horizon": 100}, "measured_horizon of a is 100, and 200 in the config"),
        ({"data_worst_decoding_accuracy": 0.97}, f"verdict of a is {STORED}, and {OTHERWISE} by its other numbers"),
        ({"data_edit_success": ""}, f"and {OTHERWISE} by its other numbers"),
        ({"test_accuracy": "much"}, "solved of a is 1, and 0 by"),
    ],
)
def test_what_follows_from_other_numbers_of_a_row_is_held_to_them(
    tmp_path: Path, row: dict[str, object], says: str
) -> None:
    said = found(tmp_path, **row)
    assert len(said) == bool(says)
    assert says in "".join(said)
    assert all(words.startswith(f"{MEASURED}: ") for words in said)


def _exchange(networks: dict[str, weights.Network]) -> None:
    networks["a"], networks["b"] = networks["b"], networks["a"]


def _move(networks: dict[str, weights.Network]) -> None:
    networks["a"].W_hh[0, 0] += 1e-6


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda networks: None, ""),
        (_exchange, "weights of a are not those of its digest, weights of b are not those of its digest"),
        (_move, "weights of a are not those of its digest"),
        (lambda networks: networks.pop("b"), "weights of b are not those of its digest"),
    ],
)
def test_weights_are_held_to_the_digests_that_are_published(
    tmp_path: Path, harm: Callable[[dict[str, weights.Network]], object], says: str
) -> None:
    shapes = (4, 2), (4, 4), (2, 4)
    draw = np.random.default_rng(0).standard_normal
    networks = {run: weights.Network(*(draw(shape).astype(np.float32) for shape in shapes)) for run in "ab"}
    (tmp_path / WEIGHTS).parent.mkdir(parents=True)
    digests = [f"{run_id},{network.digest()}" for run_id, network in networks.items()]
    (tmp_path / DIGESTS).write_text("\n".join(("run_id,weights_sha256", *digests)))
    harm(networks)
    weights.save_networks(tmp_path / WEIGHTS, networks)
    assert [words.partition(": ")[2].partition(";")[0] for words in found(tmp_path)] == [*filter(None, [says])]


def test_digests_that_cannot_be_read_are_a_finding(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).parent.mkdir(parents=True)
    (tmp_path / WEIGHTS).write_bytes(b"")
    (tmp_path / DIGESTS).write_text("run_id\na\n")
    (words,) = found(tmp_path)
    assert "no digests of weights can be read beside it" in words
