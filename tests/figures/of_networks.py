"""Figures of networks that are looked at closely: what each is made of, and where its numbers are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb.experiments.architectures.figures import architectures
from emtvb.experiments.sweep.figures import animation, composition, edits, hidden_state, spectrum, wave, weights
from emtvb.figures.data import Exemplar
from emtvb.figures.images import signed_map

from .drawing import Drawing, Numbers, Shown, cells, finite, first, groups, images, of_panels, xy
from .made_up import LOOK_KEPT, SIZES, make_broken, make_exemplar, make_look

SMALL = [SIZES[0], (2, 2), *SIZES[2:4]]


def networks(tasks: Sequence[str]) -> list[Exemplar]:
    """Two networks of each task, with a penalty and without; tasks have different sizes."""
    sizes = {task: SMALL[i % len(SMALL)] for i, task in enumerate(tasks)}
    return [
        make_exemplar(*sizes[task], task=task, l2=l2, run_id=f"{task}-{l2:g}", noise=0.02 + l2)
        for task in tasks for l2 in (0.0, 0.001)
    ]  # fmt: skip


def one_network(tasks: Sequence[str]) -> Exemplar:
    """Of the last task; of the fourth task and later ones it is as large as any in the paper."""
    return make_exemplar(*(3, 4) if len(tasks) < 4 else (8, 8), task=tasks[-1])


def an_edit(tasks: Sequence[str]) -> list[edits.EditShown]:
    return edits.edits_of(one_network(tasks))


def last(tasks: Sequence[str]) -> Sequence[str]:
    return tasks[-1:]


def made(change: Callable[..., Shown], *args: object, **settings: object) -> Callable[[Shown], Shown]:
    """What is handed where it does not matter what was handed before."""
    return lambda _: change(*args, **settings)


def entries_of_f(figure: Figure) -> Numbers:
    """Output dimension, variable, dimension and sign of every entry that is not 0."""
    found = []
    for image in images(figure):
        output, element = np.nonzero(image)
        found.append(np.column_stack([output, element // len(image) + 1, element % len(image), image[output, element]]))
    return found


def stated_entries(table: pd.DataFrame) -> Numbers:
    columns = ["output_dimension", "variable", "dimension", "sign"]
    return [rows[columns].to_numpy(float) for rows in groups(table, "task")]


def eigenvalues(axes: Axes) -> np.ndarray:
    """Of Phi (open circles), long-term ones and others, each in order."""
    each = [(kind, *place) for kind, line in enumerate(axes.lines[2:]) for place in xy(line)]  # after both axes
    return np.array(sorted(each), float)


def stated_eigenvalues(rows: pd.DataFrame) -> np.ndarray:
    rows = rows[np.isfinite(rows["real"]) & np.isfinite(rows["imaginary"])]
    kind = np.where(rows["matrix"] == "Phi", 0, np.where(np.hypot(rows["real"], rows["imaginary"]) > 0.9, 1, 2))
    return np.array(sorted(zip(kind, rows["real"], rows["imaginary"], strict=True)), float)


def spectra(table: pd.DataFrame) -> Numbers:
    """A column of panels per task, its networks below each other; where there are many tasks, one after the other."""
    networks = groups(table, "run_id")
    deep = len(networks) // table["task"].nunique() if table["task"].nunique() <= 4 else 1
    return [stated_eigenvalues(each) for i in range(deep) for each in networks[i::deep]]


def matrices(table: pd.DataFrame) -> Numbers:
    """A task's networks, each by neurons and in three bases, and then Phi; without memories an empty cell each."""
    found = []
    for rows in groups(table, "task"):
        parts = [rows[(rows["run_id"] == run_id) & (rows["matrix"] == name)]
                 for run_id in rows["run_id"].unique() for name in weights.COLUMNS]  # fmt: skip
        parts.append(rows[rows["matrix"] == "Phi"])
        found += [finite(part[part["row"].astype(str).tolist()].to_numpy(float)) for part in parts]
    return [image if image.size else np.full((1, 1), np.nan) for image in found]


def stored_pictures(table: pd.DataFrame) -> Numbers:
    """Raw states of the early and of the late steps; then of each step what is read in two ways, and the theory."""
    steps = table["step"].drop_duplicates()
    raw = cells(table[table["series"] == "hidden state"], "index", "step", "value")
    pictures = groups(table[table["series"] != "hidden state"], "step", "series")
    both = (raw[:, steps <= 5], raw[:, steps > 5])
    return [part for part in both if part.size] + [cells(part, "dimension", "variable", "value") for part in pictures]


def edit_pictures(table: pd.DataFrame) -> Numbers:
    """What is stored before and after; what was given out, asked for, and the change of it."""
    found = []
    for rows in groups(table, "edit"):
        for series, along in zip(("before", "after", "network", "theory", "difference"), "vvsss", strict=True):
            column = {"v": "variable", "s": "step"}[along]
            found.append(cells(rows[rows["series"] == series], "dimension", column, "value"))
    return found


def waves(table: pd.DataFrame) -> Numbers:
    newest_first = [rows.assign(variable=-rows["variable"]) for rows in groups(table, "run_id")]
    return [cells(rows, "variable", "step", name) for rows in newest_first for name in ("read", "theory")]


def film(exemplar: Exemplar) -> Figure:
    """The animation at its first output step, which keeps the other steps."""
    shown = animation.draw(exemplar)
    figure = shown.__dict__["_fig"]
    figure.film, figure.step = shown, exemplar.s
    shown._func(exemplar.s)
    return figure


def colours(figure: Figure) -> Numbers:
    shown = figure.film  # type: ignore[attr-defined]
    found = [np.array(shown._func(frame)[0].get_facecolor()) for frame in range(shown._save_count)]
    shown._func(figure.step)  # type: ignore[attr-defined]
    return found


def stated_colours(table: pd.DataFrame) -> Numbers:
    """The colours of the numbers, paler for what is read in the input phase, white where nothing is written yet."""
    found, newest = [], table["variable"].max()
    for step, rows in table.groupby("step"):
        memory = (rows["series"] == "memory").to_numpy()
        shares = (rows["value"].to_numpy(float) + animation.LIMIT) / 2 / animation.LIMIT
        pale = memory & (rows["phase"] == "input phase").to_numpy()
        colour = 1 - np.where(pale, animation._PALE, 1.0)[:, None] * (1 - signed_map()(np.ma.masked_invalid(shares)))
        not_yet = memory & (rows["variable"].fillna(newest) <= newest - step).to_numpy()
        found.append(np.where(not_yet[:, None], 1.0, colour))
    return found


def looks(tasks: Sequence[str]) -> list[architectures.Look]:
    return [make_look(task, f"gru_{task}_h{size}_l2-0_thr-0.98_seed1") for task in tasks for size in (32, 64)]


def linearisations(figure: Figure) -> Numbers:
    every = iter(images(figure))
    return [each for part in figure.subfigs for each in (eigenvalues(part.axes[0]), *(next(every) for _ in range(4)))]


def stated_linearisations(table: pd.DataFrame) -> Numbers:
    found, names = [], {"phi_eigenvalues": "Phi", "origin_eigenvalues": "J(0)"}
    for rows in groups(table, "run_id"):
        spectrum = rows.assign(matrix=rows["quantity"].map(names), real=rows["value"]).dropna(subset="matrix")
        found.append(stated_eigenvalues(spectrum))
        for name in (*architectures.MAPS, "phi"):
            entries, image = rows[rows["quantity"] == name], np.zeros((4, 4))
            image[entries["row"], entries["column"]] = finite(entries["value"].to_numpy(float))
            found.append(image[np.ix_(LOOK_KEPT, LOOK_KEPT)])
    return found


FIGURES = {
    "composition": Drawing(composition, networks, ("composition",), entries_of_f, stated_entries, first),
    "spectrum": Drawing(
        spectrum, networks, ("phi_eigenvalues", "network_eigenvalues"), of_panels(eigenvalues), spectra, first,
        nothing=(lambda _: [make_broken()], "not defined"),
    ),
    "hidden_state": Drawing(
        hidden_state, one_network, ("hidden", "data_memories", "memories", "theory"), images, stored_pictures,
        made(make_exemplar, 1, 1, time=2), named=last, nothing=(made(make_broken), "none"),
    ),
    "weights": Drawing(
        weights, networks,
        ("W_hh", "W_hh_in_scaled_memories", "W_hh_in_data_memories", "W_hh_in_realised_memories", "phi",
         "power_gain", "data_gain", "realisation_gain"),
        images, matrices, first, nothing=(lambda _: [make_broken()], "no variable memories"),
    ),
    "edits": Drawing(
        edits, an_edit, ("before", "after", "outputs", "expected", "unedited", "past"), images, edit_pictures, first,
        named=last, nothing=(lambda _: edits.edits_of(make_broken()), "20 of 20"),
    ),
    "wave": Drawing(
        wave, networks, ("data_memories", "theory"), images, waves, first, nothing=(lambda _: [make_broken()], "nan"),
    ),
    "animation": Drawing(
        animation, one_network, ("data_memories", "outputs", "targets"), colours, stated_colours,
        made(make_exemplar, 1, 1, time=2), named=last, nothing=(made(make_broken), "no memory"), draw=film,
    ),
    "architectures": Drawing(
        architectures, looks, ("phi_eigenvalues", "origin_eigenvalues", "maps", "phi"), linearisations,
        stated_linearisations, first,
        nothing=(lambda _: [make_look("T1", "mine", diverged=True)], "did not learn"),
    ),
}  # fmt: skip
