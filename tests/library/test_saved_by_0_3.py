"""Files that emtvb 0.3 saved are read: names changed with 0.4, and what they stand for did not."""

from pathlib import Path

import numpy as np

import emtvb

FOLDER = Path(__file__).parent / "saved_by_0_3"
EXPECTED = np.load(FOLDER / "expected.npz")
"""What 0.3 itself said of these files."""


def test_trials_and_what_was_fitted() -> None:
    trials, fitted = emtvb.load(FOLDER / "trials.npz"), emtvb.load(FOLDER / "fitted.npz")
    assert trials.recorded_times == (0, 1, 3)
    assert trials.train.inputs.shape == trials.test_inputs.shape == (5, 12, 2)
    assert not set(trials.train.groups) & set(trials.test.groups)
    np.testing.assert_array_equal(fitted.encoder, EXPECTED["encoder"])
    np.testing.assert_array_equal(fitted.read(trials.test.states), EXPECTED["read"])
    assert [reading.score for reading in emtvb.judge(fitted).readings] == EXPECTED["score"].tolist()


def test_judgements_and_edits() -> None:
    judged, edits = emtvb.load(FOLDER / "judgement.npz"), emtvb.load(FOLDER / "edits.npz")
    assert [reading.score for reading in judged.readings] == EXPECTED["score"].tolist()
    np.testing.assert_array_equal(edits.followed, EXPECTED["followed"])
    assert "cannot be read" in edits.verdict


def test_the_network_can_be_given_again() -> None:
    rng = np.random.default_rng(0)
    turn, write = np.linalg.qr(rng.normal(size=(4, 4)))[0] * 0.9, rng.normal(size=(4, 2))

    def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = h @ turn.T + u @ write.T
        return h[:, :2], h

    fitted = emtvb.load(FOLDER / "fitted.npz", emtvb.adapt(step, state=4))
    assert emtvb.edit(fitted, 1, flip="a", untrained=False).followed.shape == (12,)
