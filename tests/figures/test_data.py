from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emtvb.errors import InputError
from emtvb.figures.data import exemplar_from, load_exemplar, load_histories, scaled_memories, with_settings

from .made_up import make_arrays, make_broken, make_curves, make_exemplar


def write(path: Path, arrays: dict[str, Any]) -> Path:
    np.savez_compressed(path, **arrays)
    return path


@pytest.mark.parametrize(("d", "s"), [(3, 3), (1, 5), (4, 1)])
def test_an_exemplar_survives_the_file(tmp_path: Path, d: int, s: int) -> None:
    arrays = make_arrays(d, s, spectral_error=float("nan"))
    exemplar = load_exemplar(write(tmp_path / "exemplar.npz", arrays))
    assert (exemplar.d, exemplar.s, exemplar.task, exemplar.l2) == (d, s, "T1", 0.0)
    assert np.isnan(exemplar.spectral_error)
    for name in set(arrays) - {"about"}:
        np.testing.assert_array_equal(getattr(exemplar, name), arrays[name])


def test_real_eigenvalues_are_taken_as_complex() -> None:
    exemplar = exemplar_from(make_arrays() | {"network_eigenvalues": np.linspace(0, 1, 14)})
    assert exemplar.network_eigenvalues.dtype == np.complex128


def test_a_missing_exemplar_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^exemplar: .*none\.npz: no such file; run the workflow$"):
        load_exemplar(tmp_path / "none.npz")


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "flipped", "one array"])
def test_a_damaged_exemplar_is_one_clear_line(tmp_path: Path, damage: str) -> None:
    path = write(tmp_path / "exemplar.npz", make_arrays())
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes(byte ^ 255 for byte in whole[middle : middle + 200]) + whole[middle + 200 :]
    path.write_bytes({"empty": b"", "text": b"not this", "cut": whole[:middle], "flipped": flipped}.get(damage, whole))
    if damage == "one array":
        np.save(tmp_path / "array.npy", np.zeros(3))
        (tmp_path / "array.npy").replace(path)
    with pytest.raises(InputError, match=r"^exemplar: .*exemplar\.npz: damaged or something else \(.+\)") as caught:
        load_exemplar(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phi", None),
        ("phi", np.zeros((9, 8))),
        ("W_hh", np.zeros((3, 3))),
        ("theory", np.zeros((39, 9))),
        ("W_hh_in_scaled_memories", np.zeros((8, 8))),
        ("kept", np.zeros((9, 1), dtype=bool)),
        ("hidden", np.array(["a"])),
        ("about", np.array("{}")),
        ("about", np.array("[1]")),
        ("about", np.array("{")),
    ],
)
def test_an_exemplar_that_does_not_fit_together_is_refused(tmp_path: Path, name: str, value: Any) -> None:
    arrays = make_arrays()
    arrays[name] = value
    if value is None:
        del arrays[name]
    with pytest.raises(InputError, match="damaged or something else"):
        load_exemplar(write(tmp_path / "exemplar.npz", arrays))


@pytest.mark.parametrize("name", ["edit_times", "edit_bases", "edit_notes"])
def test_an_exemplar_says_the_same_of_every_edit(name: str) -> None:
    arrays = make_arrays()
    about = json.loads(str(arrays["about"]))
    about[name] = about[name][:1]
    with pytest.raises(ValueError, match=f"{name} has 1 entries for 2 edits"):
        exemplar_from(arrays | {"about": np.array(json.dumps(about))})


def test_scaled_memories_have_median_magnitude_one_in_the_output_phase() -> None:
    exemplar = make_exemplar(3, 4)
    scaled = scaled_memories(exemplar)
    np.testing.assert_allclose(np.median(np.abs(scaled[4:]), axis=0), 1)
    np.testing.assert_array_equal(np.sign(scaled), np.sign(exemplar.memories))


def test_scaled_memories_are_nan_where_there_is_nothing_to_show() -> None:
    arrays = make_arrays(2, 3)
    arrays["kept"][:2] = False
    arrays["memories"][:, 2] = 0
    arrays["memories"][:, 3] = np.nan
    arrays["memories"][7, 4] = np.inf
    scaled = scaled_memories(exemplar_from(arrays))
    assert np.isnan(scaled[:, :4]).all()
    assert np.argwhere(np.isnan(scaled[:, 4:])).tolist() == [[7, 0]]
    assert np.isnan(scaled_memories(make_broken())).all()


def test_histories_are_put_together_and_get_their_settings(tmp_path: Path) -> None:
    curves = make_curves(("T1",), (32, 64), (0.0,), 2)
    history = curves[["run_id", "step", "loss", "accuracy", "horizon"]]
    runs = curves.drop_duplicates("run_id")[["run_id", "task", "hidden_dim", "l2", "threshold", "seed"]]
    paths = []
    for run_id, part in history.groupby("run_id", sort=False):
        paths.append(tmp_path / f"{run_id}.csv")
        part.to_csv(paths[-1], index=False)
    joined = with_settings(load_histories(paths), runs)
    pd.testing.assert_frame_equal(joined[curves.columns], curves, check_dtype=False)
    with pytest.raises(InputError, match=r"learning curve: .*: no such run"):
        with_settings(history, runs.iloc[1:])


def test_no_histories_are_an_empty_table() -> None:
    assert load_histories([]).columns.tolist() == ["run_id", "step", "loss", "accuracy", "horizon"]


@pytest.mark.parametrize(
    "text", ["", "run_id,step\na,1\n", "run_id,step,loss,accuracy,horizon\na,x,1,1,10\n", "\0\xff"]
)
def test_a_damaged_history_is_one_clear_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "history.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="damaged or something else") as caught:
        load_histories([path])
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="no such file"):
        load_histories([tmp_path / "none.csv"])
