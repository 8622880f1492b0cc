"""Circuits of known tasks beside each other, with their controls."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emtvb.adapters.elman import Elman, jacobian_at_origin
from emtvb.experiments.sweep import populations
from emtvb.experiments.sweep.pair_distances import MEASURES
from emtvb.experiments.sweep.populations import Specimen
from emtvb.theory import tasks
from emtvb.theory.networks import Network

from ..conftest import circuit

T1, T2 = (tasks.named(name, d=3, s=3) for name in ("T1", "T2"))


def specimen(network: Network, task: tasks.Task) -> Specimen:
    return Specimen(task, Elman(network), jacobian_at_origin(network))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    found = {
        "a": specimen(circuit(T1, 16)[0], T1),
        "b": specimen(circuit(T1, 20, seed=1)[0], T1),
        "c": specimen(circuit(T2, 16)[0], T2),
    }
    pairs = [("size", "a", "b"), ("task", "a", "c")]
    rows = pd.DataFrame(populations.compare_specimens(found, pairs, ["a", "c"]))
    return rows.set_index(["differs", "run_1", "run_2"]).sort_index()


def test_the_same_circuit_in_more_neurons_is_nowhere_apart(rows: pd.DataFrame) -> None:
    assert (rows.loc[("size", "a", "b"), list(MEASURES)] < 0.02).all()


def test_the_circuit_of_another_task_is_apart_by_every_measure(rows: pd.DataFrame) -> None:
    """Its steps are taken between all elements, though those that persist are others."""
    far, floor = rows.loc[("task", "a", "c"), list(MEASURES)], rows.loc["itself", list(MEASURES)].max()
    assert (far > 3 * floor).all()
    assert (far > 0.2).all()


def test_controls_are_of_those_that_are_named(rows: pd.DataFrame) -> None:
    counts = rows.reset_index().groupby(["differs", "run_1"]).size()
    assert counts.to_dict() == {
        ("size", "a"): 1, ("task", "a"): 1, ("itself", "a"): 1, ("itself", "c"): 1, ("untrained", "a"): 3,
        ("untrained", "c"): 3, ("chance", "a"): 3, ("chance", "c"): 3,
        ("no network", "a"): 1, ("no network", "b"): 1, ("no network", "c"): 1,
    }  # fmt: skip
    assert (rows.loc["untrained", "spectrum"] > 1).all()  # no mode that lasts
    assert rows.loc["chance", "step"].to_numpy() == pytest.approx(np.sqrt(2), abs=0.45)


def test_networks_are_as_near_to_a_linear_image_of_what_is_stored_as_to_each_other(rows: pd.DataFrame) -> None:
    """Of every network and without a network; nothing but the weights tells them apart."""
    control = rows.loc["no network"]
    assert (control["dynamics"] < 0.02).all()
    assert (control.loc[["a", "b"], "decoded step"] < 0.02).all()
    assert control[["spectrum", "step"]].isna().all(axis=None)


def test_the_linear_image_is_that_of_the_networks_own_task() -> None:
    """What stores another task is far from it."""
    stranger = specimen(circuit(T2, 16)[0], T1)
    (far,) = (row for row in populations.compare_specimens({"a": stranger}, [], []) if row["differs"] == "no network")
    assert min(far["dynamics"], far["decoded step"]) > 0.1
