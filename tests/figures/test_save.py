from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from emtvb.experiments.sweep.figures import spectrum, weights
from emtvb.figures.save import save_figure
from emtvb.figures.style import house_style

from .made_up import make_exemplar

FIGURES = {
    module.__name__.rpartition(".")[2]: lambda module=module: (
        module.draw([make_exemplar()]),
        module.numbers([make_exemplar()]),
    )
    for module in (spectrum, weights)
}


@pytest.mark.long
def test_whatever_the_settings_the_bytes_are_the_same(tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    first = [path.read_bytes() for path in save_figure(*FIGURES["weights"](), tmp_path / "a")]
    assert dict(mpl.rcParams) == before
    with mpl.rc_context({"font.size": 30, "savefig.dpi": 50, "pdf.fonttype": 3, "axes.grid": True}):
        second = [path.read_bytes() for path in save_figure(*FIGURES["weights"](), tmp_path / "b")]
    assert first == second
    pdf = first[0]
    assert b"Date" not in pdf
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf


def test_another_process_writes_the_same_bytes_and_needs_no_pyplot(tmp_path: Path) -> None:
    code = (
        "import sys; from tests.figures.test_save import FIGURES; from emtvb.figures import save;"
        "from emtvb.experiments.sweep.figures import animation;"
        "save.save_figure(*FIGURES['spectrum'](), sys.argv[1]); assert 'matplotlib.pyplot' not in sys.modules"
    )
    environment = os.environ | {"PYTHONHASHSEED": "12345", "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "there")], check=True, env=environment)
    for here in save_figure(*FIGURES["spectrum"](), tmp_path / "here"):
        assert here.read_bytes() == (tmp_path / f"there{here.suffix}").read_bytes()


def test_the_three_files(tmp_path: Path) -> None:
    paths = save_figure(
        Figure(figsize=(3.3, 2)), pd.DataFrame({"value": [1 / 3, np.nan]}), tmp_path / "new" / "l2-0.001"
    )
    assert [path.name for path in paths] == ["l2-0.001.pdf", "l2-0.001.png", "l2-0.001.csv"]
    assert sorted(paths) == sorted((tmp_path / "new").iterdir())
    with Image.open(paths[1]) as image:
        assert image.size == (990, 600)
        assert image.info["dpi"][0] == pytest.approx(300, abs=0.1)
    assert paths[2].read_text() == 'value\n0.333333333\n""\n'


def test_a_picture_of_256_colours_looks_like_that_of_all(tmp_path: Path) -> None:
    figure = FIGURES["weights"]()[0]
    _, png, _ = save_figure(figure, pd.DataFrame(), tmp_path / "few")
    with house_style():
        figure.savefig(tmp_path / "all.png")
    with Image.open(png) as few, Image.open(tmp_path / "all.png") as every:
        assert few.mode == "P"
        apart = np.abs(np.asarray(few.convert("RGB"), int) - np.asarray(every.convert("RGB"), int))
    assert apart.max() <= 16
    assert png.stat().st_size < 0.6 * (tmp_path / "all.png").stat().st_size
