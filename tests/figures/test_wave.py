from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from emtvb.experiments.sweep.figures import wave

from .made_up import make_exemplar


def test_a_shift_by_one_place_is_seen_and_nothing_else() -> None:
    """What is stored is a random vector per step, each moved on by a place at every step."""
    rng = np.random.default_rng(0)
    s, d = 8, 8
    exemplar = make_exemplar(s, d)
    steps = len(exemplar.hidden)
    vectors = rng.choice([-1.0, 1.0], size=(steps + s, d))
    moving = np.stack([vectors[t : t + s].ravel() for t in range(steps)])
    shown = dataclasses.replace(exemplar, data_memories=moving, kept=np.ones(s * d, dtype=bool))
    assert wave.shifted_correlation(shown, 1) == pytest.approx(1)
    assert abs(wave.shifted_correlation(shown, 0)) < 0.1
    assert abs(wave.shifted_correlation(shown, 2)) < 0.1
