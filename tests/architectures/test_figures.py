from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from emtvb.errors import InputError
from emtvb.experiments.architectures.figures import architectures

KEPT = np.array([True, False, True, True])


def made_up(path: Path, **changed: np.ndarray) -> Path:
    about = {
        "run_id": "lstm_x", "architecture": "lstm", "task": "T$1", "d": 2, "s": 2, "modulus": 0.9,
        "verdict": "did not learn", "test_accuracy": 0.5, "decoding_accuracy": 0.5, "edit_success": 0.0,
        "random_edit_success": 0.0,
    }  # fmt: skip
    rng = np.random.default_rng(0)
    arrays = {
        "about": np.array(json.dumps(about)),
        "kept": KEPT,
        "phi": np.eye(3),
        "phi_eigenvalues": np.exp(2j * np.pi * np.arange(3) / 3),
        "origin_eigenvalues": rng.normal(size=5) + 1j * rng.normal(size=5),
        **{name: rng.normal(size=(3, 3)) for name in architectures.MAPS},
        **changed,
    }
    np.savez(path, **arrays)
    return path


def test_the_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    look = architectures.load(made_up(tmp_path / "look.npz"))
    table = architectures.numbers([look])
    assert set(table["quantity"]) == {"phi_eigenvalues", "origin_eigenvalues", "phi", *architectures.MAPS}
    maps = table[table["quantity"] == "visited_map"]
    np.testing.assert_array_equal(maps["value"].to_numpy().reshape(3, 3), look.maps["visited_map"].round(3))
    assert sorted(set(maps["row"])) == [0, 2, 3]
    phi = table[table["quantity"] == "phi"]
    assert [*zip(phi["row"], phi["column"], phi["value"], strict=True)] == [(i, i, 1.0) for i in (0, 2, 3)]
    found = table[table["quantity"] == "origin_eigenvalues"]
    np.testing.assert_array_equal(found["value"] + 1j * found["imaginary"], look.origin_eigenvalues)


def test_a_row_for_every_network(tmp_path: Path) -> None:
    looks = [architectures.load(made_up(tmp_path / "look.npz"))] * 2
    one, two = architectures.draw(looks[:1]), architectures.draw(looks)
    assert len(two.subfigs) == 2
    assert two.get_figheight() == 2 * one.get_figheight()
    assert len(one.subfigs[0].axes) == 6
    assert "did not learn" in one.subfigs[0].get_suptitle()


def test_what_diverged_is_drawn(tmp_path: Path) -> None:
    nothing = dict.fromkeys(architectures.MAPS, np.full((3, 3), np.nan))
    path = made_up(tmp_path / "look.npz", origin_eigenvalues=np.zeros(0, complex), **nothing)
    look = architectures.load(path)
    architectures.draw([look])
    assert architectures.numbers([look]).query("quantity == 'decoded_map'")["value"].isna().sum() == 9


@pytest.mark.parametrize("content", [None, b"", b"PK\3\4 no zip"])
def test_bad_files_are_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "look.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="run the workflow") as caught:
        architectures.load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("run_id", "architecture", "says"),
    [
        ("lstm_T1_h128_l2-0_thr-0.98_seed2_p0c258465", "lstm", "LSTM, 128 units, T\\$1, seed 2: did not learn"),
        ("s4_T1_h32_l2-0.001_thr-0.9_seed17", "s4", "S4, 32 channels, T\\$1, seed 17: did not learn"),
        ("mine", "gru", "GRU, T\\$1: did not learn"),
    ],
)
def test_a_title_says_size_and_seed_where_they_are_known(
    tmp_path: Path, run_id: str, architecture: str, says: str
) -> None:
    look = architectures.load(made_up(tmp_path / "look.npz"))
    look.about.update(run_id=run_id, architecture=architecture)
    assert architectures._title(look).splitlines()[0] == says


def test_maps_are_square(tmp_path: Path) -> None:
    figure = architectures.draw([architectures.load(made_up(tmp_path / "look.npz"))])
    figure.draw_without_rendering()
    for axes in figure.subfigs[0].axes[1 : 2 + len(architectures.MAPS)]:
        box = axes.get_window_extent()
        assert box.width == pytest.approx(box.height, rel=0.01)
