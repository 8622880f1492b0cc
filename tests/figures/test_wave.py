from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from emtvb.experiments.sweep.figures import wave
from emtvb.figures.data import Exemplar

from .made_up import make_exemplar


def test_every_exemplar_is_drawn_with_its_numbers(exemplar: Exemplar) -> None:
    figure = wave.draw([exemplar])
    table = wave.numbers([exemplar])
    dimension = int(table["dimension"].iloc[0])
    assert set(table["variable"]) == set(range(1, exemplar.s + 1))
    picture = np.ma.filled(figure.axes[0].images[0].get_array(), np.nan)  # type: ignore[arg-type]
    seen = table.pivot(index="variable", columns="step", values="read").sort_index(ascending=False)
    np.testing.assert_allclose(picture, seen.to_numpy(float))
    there = exemplar.kept.reshape(exemplar.s, exemplar.d)[:, dimension]
    np.testing.assert_array_equal(table.groupby("variable")["theory"].count() > 0, there)


def test_a_shift_by_one_place_is_seen_and_nothing_else() -> None:
    """What is stored is a random vector per step, each moved on by a place at every step."""
    rng = np.random.default_rng(0)
    s, d = 8, 8
    exemplar = make_exemplar(s, d)
    steps = len(exemplar.hidden)
    vectors = rng.choice([-1.0, 1.0], size=(steps + s, d))
    moving = np.stack([vectors[t : t + s].ravel() for t in range(steps)])
    shown = dataclasses.replace(exemplar, data_memories=moving, kept=np.ones(s * d, dtype=bool))
    assert wave.shifted(shown, 1) == pytest.approx(1)
    assert abs(wave.shifted(shown, 0)) < 0.1
    assert abs(wave.shifted(shown, 2)) < 0.1
