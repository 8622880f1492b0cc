from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emtvb.errors import InputError
from emtvb.experiments.architectures.figures import architectures

from ..figures.made_up import make_look


def test_a_look_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = make_look()
    np.savez(
        tmp_path / "look.npz", about=np.array(json.dumps(made.about)), kept=made.kept, phi=made.phi,
        phi_eigenvalues=made.phi_eigenvalues, origin_eigenvalues=made.origin_eigenvalues, **made.maps,
    )  # fmt: skip
    look = architectures.load_look(tmp_path / "look.npz")
    assert look.about == made.about
    pd.testing.assert_frame_equal(architectures.numbers([look]), architectures.numbers([made]))


@pytest.mark.parametrize("content", [None, b"", b"PK\3\4 no zip"])
def test_bad_files_are_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "look.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="run the workflow") as caught:
        architectures.load_look(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("run_id", "architecture", "says"),
    [
        ("lstm_T1_h128_l2-0_thr-0.98_seed2_p0c258465", "lstm", "LSTM, 128 units, T\\$1, seed 2: did not learn"),
        ("s4_T1_h32_l2-0.001_thr-0.9_seed17", "s4", "S4, 32 channels, T\\$1, seed 17: did not learn"),
        ("mine", "gru", "GRU, T\\$1: did not learn"),
    ],
)
def test_a_title_says_size_and_seed_where_they_are_known(run_id: str, architecture: str, says: str) -> None:
    look = make_look("T$1")
    look.about.update(run_id=run_id, architecture=architecture)
    assert architectures._title(look).splitlines()[0] == says


def test_maps_are_square() -> None:
    figure = architectures.draw([make_look()])
    figure.draw_without_rendering()
    for axes in figure.subfigs[0].axes[1 : 2 + len(architectures.MAPS)]:
        box = axes.get_window_extent()
        assert box.width == pytest.approx(box.height, rel=0.01)
