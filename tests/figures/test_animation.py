from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba
from PIL import Image

from emtvb.experiments.sweep.figures import animation
from emtvb.figures.data import exemplar_from
from emtvb.figures.style import ABSENT

from .made_up import make_arrays, make_exemplar

pytestmark = pytest.mark.filterwarnings("ignore:Animation was deleted")


def test_what_is_not_yet_written_is_empty_and_what_has_no_memory_grey() -> None:
    arrays = make_arrays(2, 3)
    arrays["kept"][4] = False  # the newest variable's first element
    exemplar = exemplar_from(arrays)
    film, table = animation.draw(exemplar), animation.numbers(exemplar)
    (cells,) = film._func(0)
    assert (cells.get_facecolor()[:4] == 1).all()
    assert not (cells.get_facecolor()[5] == 1).all()
    axes = cells.axes
    assert "step 1\ninput phase\n(pale: not fitted)" in [text.get_text() for text in axes.texts]
    (cells,) = film._func(3)
    assert "step 4\noutput phase" in [text.get_text() for text in axes.texts]
    np.testing.assert_allclose(cells.get_facecolor()[4], to_rgba(ABSENT), atol=1e-6)
    assert not (cells.get_facecolor()[:4] == 1).all(axis=1).any()
    memories = table[table["series"] == "memory"].pivot(index="step", columns=["variable", "dimension"], values="value")
    assert memories.isna().sum(axis=1).tolist()[:4] == [5, 3, 1, 1]


def test_cells_stand_apart_and_within_the_frame() -> None:
    for d, s in ((8, 8), (3, 20), (1, 1), (12, 2)):
        axes = animation.draw(make_exemplar(d, s)).__dict__["_fig"].axes[0]
        cells = next(item for item in axes.collections if isinstance(item, PolyCollection))
        boxes = np.array([[path.vertices.min(axis=0), path.vertices.max(axis=0)] for path in cells.get_paths()])
        low, high = boxes[:, 0] + 1e-9, boxes[:, 1] - 1e-9
        overlap = ((low[:, None] < high[None]) & (low[None] < high[:, None])).all(axis=2)
        assert overlap.sum() == len(boxes) == (s + 3) * d
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        assert (low > [left, bottom]).all()
        assert (high < [right, top]).all()


def test_saved_twice_the_bytes_are_the_same(tmp_path: Path) -> None:
    exemplar = make_exemplar(2, 2)
    first = [path.read_bytes() for path in animation.save(exemplar, tmp_path / "a")]
    second = [path.read_bytes() for path in animation.save(exemplar, tmp_path / "b")]
    assert first == second
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.gif", "b.csv", "b.gif"]
    with Image.open(tmp_path / "a.gif") as film:
        assert film.n_frames == 6
        assert film.info["duration"] == 500
    assert len(pd.read_csv(tmp_path / "a.csv")) == 6 * (2 + 3) * 2


def test_a_film_is_small(tmp_path: Path) -> None:
    gif, _ = animation.save(make_exemplar(8, 8), tmp_path / "film")
    assert gif.stat().st_size < 1_000_000
