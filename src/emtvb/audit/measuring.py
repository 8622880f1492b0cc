"""Measurements are made again from weights: the spectrum of every network, and all of a sample.

What depends on all of a long rollout is dear, and is asked of one network of each cell of the table, or of fewer. And
the weights themselves are held to the run that they are said to be of: a network keeps a trace of the weights that it
began with, which are its seed's.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np

from emtvb import networks, runs
from emtvb.audit import compare, worker
from emtvb.audit.report import Check, Finding
from emtvb.errors import InputError
from emtvb.networks import Network
from emtvb.runs import Run
from emtvb.training.shard import Outputs

TRACE = 6.0
"""Standard deviations of the correlation with initial weights that have nothing to do with a network, beyond which
chance is no explanation: one in a thousand million."""

_SPECTRUM = (
    "spectral_error", "optimal_spectral_error", "matched_spectral_error", "matched_eigenvalues", "phi_eigenvalues",
    "network_eigenvalues", "largest_modulus",
)  # fmt: skip
_TEXT = ("run_id", "verdict")
_COUNTS = ("matched_eigenvalues", "phi_eigenvalues", "network_eigenvalues", "measured_horizon", "measured_sequences")
_SINGULAR = 1e6
"""Condition numbers beyond which rounding decides how large they are."""
_FORGED = "measure it again; if that does not help, train it again: its weights or its measurements are another's"


def measurements(
    folder: Path, shards: Mapping[str, Sequence[Run]], how: Mapping[str, Any], count: int, seed: int, pool: Executor,
    chunks: int,
) -> Callable[[], Check]:  # fmt: skip
    """Begin to measure networks again.

    Args:
        folder: The experiment's folder.
        shards: Its runs, by shard.
        how: How networks are measured (``MeasureSettings``).
        count: How many networks are measured wholly.
        seed: Chooses them, and those whose accuracy is tested.
        pool: Who does it.
        chunks: In how many parts.

    Returns:
        Waits for the end and says what came of it.
    """
    everything = [run for part in shards.values() for run in part]
    files = {shard: Outputs.of(folder.resolve(), shard).weights for shard in shards}
    kept = [(shard, run) for shard, part in shards.items() if files[shard].is_file() for run in part]
    draw = random.Random(seed)
    whole = draw.sample(kept, min(count, len(kept)))
    cells: dict[tuple, list[Run]] = {}
    for _, run in kept:
        cells.setdefault((run.task.name, run.hidden_dim, run.l2), []).append(run)
    tested = {draw.choice(part).run_id for part in cells.values()} if count else set()
    seeds = sorted({run.seed for run in everything})
    orders: list[list[dict[str, Any]]] = [[] for _ in range(chunks)]
    for i, (shard, run) in enumerate(sorted(whole, key=lambda found: -found[1].hidden_dim)):
        orders[i % chunks].append(_order(files[shard], [run], whole=True))
    for i, (shard, part) in enumerate(shards.items()):
        if files[shard].is_file():
            orders[i % chunks].append(_order(files[shard], part, tested=tested))
    asked = [
        (order, pool.submit(worker.ask, "measure", {"orders": order, "how": dict(how), "seeds": seeds}))
        for order in orders
        if order
    ]

    def wait() -> Check:
        findings, found = [], []
        for order, answer in asked:
            try:
                found += answer.result()
            except worker.WorkerError as error:
                problem = f"cannot be measured again ({error})"
                findings += [Finding(about["weights"].removeprefix(f"{folder.resolve()}/"), problem) for about in order]
        published = _published(folder, shards)
        by_run: dict[str, str] = {}
        for one in found:
            difference = one.get("problem") or _difference(published.get(one["run_id"]), one["row"]) or _other_seed(one)
            if difference:
                by_run.setdefault(one["run_id"], difference)
        findings += [Finding(run_id, difference, _FORGED) for run_id, difference in by_run.items()]
        return _check(everything, kept, whole, tested, found, findings, seed)

    return wait


def _check(
    everything: Sequence[Run], kept: Sequence[Any], whole: Sequence[tuple[str, Run]], tested: set[str],
    found: Sequence[Mapping[str, Any]], findings: Sequence[Finding], seed: int,
) -> Check:  # fmt: skip
    """What came of it, in words."""
    names = ", ".join(run.run_id for _, run in whole)
    traces = [one for one in found if one.get("traces")]
    traced = sum(one["traces"]["own"] > TRACE for one in traces)
    notes = [
        f"Made again from their weights: the eigenvalues and spectral errors of {len(kept)} of {len(everything)} "
        f"networks, the test accuracy of {len(tested)}, and everything of {len(whole)}"
        + (f": {names}" if names else "")
        + f" (chosen by seed {seed}). All else that was measured was only compared."
    ]
    if traces:
        none = "; the others show none, which a penalty on weights explains" if traced < len(traces) else ""
        notes.append(f"{traced} of {len(traces)} networks show the initial weights of their own seed{none}.")
    left_out = len(everything) - len(kept)
    if left_out:
        notes.append(
            f"The weights of {left_out} networks are not here: what was measured of them cannot be made again."
        )
    question = "Do networks measure the same again, from their weights?"
    note = " ".join(notes)
    return Check(
        "measurements", question, len(kept), tuple(findings), note, "recomputed", len(everything), incomparable=left_out
    )


def _order(path: Path, part: Sequence[Run], tested: Collection[str] = (), whole: bool = False) -> dict[str, Any]:
    return {
        "weights": str(path),
        "runs": [runs.to_entry(run) for run in part],
        "tested": [run.run_id for run in part if run.run_id in tested],
        "whole": whole,
    }


def measured_again(
    orders: Sequence[Mapping[str, Any]], how: Mapping[str, Any], seeds: Sequence[int]
) -> list[dict[str, Any]]:
    """Measure networks; what a worker does.

    Args:
        orders: Of some files of weights: their path, the runs in them, which of these have their accuracy tested, and
            whether they are measured wholly.
        how: How.
        seeds: Of the experiment.

    Returns:
        Of each run: ``run_id``; ``row``, what was measured, by column; ``traces``, of its own seed and of the one that
        it shows most of all others; or ``problem``, why there is nothing.
    """
    from emtvb.interpret.measure import MeasureSettings, accuracy, measure
    from emtvb.interpret.systems import Elman

    settings, traces = MeasureSettings(**how), _Traces(seeds)
    found: list[dict[str, Any]] = []
    for order in orders:
        for run in map(runs.from_entry, order["runs"]):
            try:
                network = networks.load_networks(order["weights"], [run.run_id])[run.run_id]
                networks.check_task(network, run.task, run.run_id)
                if network.hidden_dim != run.hidden_dim:
                    raise InputError("weights", run.run_id, f"it has {network.hidden_dim} neurons")
            except InputError as error:
                found.append({"run_id": run.run_id, "problem": f"its weights cannot be measured ({error.remedy})"})
                continue
            row: dict[str, Any] = spectrum(run, network, settings.modulus) if network.is_finite() else {}
            if order["whole"] or run.run_id in order["tested"]:
                row["_rounding"] = moved_by_rounding(run, network, settings.horizon, settings.sequences)
            if order["whole"]:
                found.append({"run_id": run.run_id, "row": {**row, **measure(run, network, settings).row()}})
                continue
            if run.run_id in order["tested"]:
                row["test_accuracy"] = accuracy(Elman(network), run.task, settings.horizon, settings.sequences)
            found.append({"run_id": run.run_id, "row": row, "traces": traces.of(run, network)})
    return found


def spectrum(run: Run, network: Network, modulus: float) -> dict[str, Any]:
    """What is measured on the eigenvalues of W_hh alone, by column of measurements.csv; and ``_nearest``.

    That is the smallest angle between a long-term eigenvalue of Phi and one of W_hh, in radians: where it is next to 0,
    rounding decides whether the published error exists.
    """
    from emtvb.interpret.linearisation import linearise
    from emtvb.interpret.spectrum import long_term, match_spectra, published_spectral_error

    weights = linearise(network)
    found = np.linalg.eigvals(weights.astype(np.float64))
    match = match_spectra(run.task.eigenvalues(), found, modulus)
    kept = run.task.persistent()
    phi = run.task.transition() * np.outer(kept, kept)
    expected, there = long_term(run.task.eigenvalues(), modulus), long_term(found, modulus)
    angles = np.abs(np.angle(expected[:, None] * there[None].conj()))
    return {
        "_nearest": float(angles.min(initial=np.pi)),
        "spectral_error": published_spectral_error(phi, weights, modulus),
        "optimal_spectral_error": match.error,
        "matched_spectral_error": match.matched_error,
        "matched_eigenvalues": match.matched,
        "phi_eigenvalues": match.expected,
        "network_eigenvalues": match.found,
        "largest_modulus": float(np.abs(found).max()),
    }


def moved_by_rounding(run: Run, network: Network, horizon: int, sequences: int) -> float:
    """How far rounding moves a test accuracy at most, but for a chance of one in a million.

    Many a network that did not learn its task is chaotic: on another CPU, which takes sums in another order, it soon
    gives other signs. Here it also runs with its neurons in reverse, which is the same network with other rounding. The
    two differ in their accuracy on each sequence, either way; five standard errors of the mean difference are given.
    """
    inputs, targets = run.task.batch(np.random.default_rng(0), sequences, horizon)
    turned = network.W_uh[::-1], network.W_hh[::-1, ::-1], network.W_r[:, ::-1]
    reverse = Network(*map(np.ascontiguousarray, turned))
    right = []
    for one in (network, reverse):
        _, outputs = networks.rollout(one, inputs)
        right.append((networks.signs(outputs[run.task.s :]) == targets[run.task.s :]).mean(axis=(0, 2)))
    return float(5 * np.sqrt(np.square(right[0] - right[1]).sum()) / sequences)


class _Traces:
    """How much of the initial weights of seeds is left in a network."""

    def __init__(self, seeds: Sequence[int]) -> None:
        self._seeds = list(seeds)
        self._initial: dict[tuple[int, int], np.ndarray] = {}

    def of(self, run: Run, network: Network) -> dict[str, Any] | None:
        """The trace of a run's own seed, and of the seed that shows most of the others, in standard deviations.

        It is the correlation of the trained weights with the initial ones, times the square root of their number: of
        a seed that has nothing to do with a network, a standard normal number.
        """
        if not network.is_finite():
            return None
        weights = np.concatenate([_standard(array).ravel() for array in network.arrays().values()])
        seeds = [*self._seeds] if run.seed in self._seeds else [*self._seeds, run.seed]
        traces = dict(zip(seeds, self._of(run, seeds) @ weights / math.sqrt(weights.size), strict=True))
        own = traces.pop(run.seed)
        trace, other = max(((trace, seed) for seed, trace in traces.items()), default=(0.0, run.seed))
        return {"own": float(own), "other": other, "of other": float(trace)}

    def _of(self, run: Run, seeds: Sequence[int]) -> np.ndarray:
        """The initial weights of seeds, (seed, weight), each array of them standardised."""
        key = run.task.d, run.hidden_dim
        if key not in self._initial or len(self._initial[key]) != len(seeds):
            import torch

            from emtvb.training import stream

            drawn = (stream.draw_network(torch.Generator().manual_seed(seed), *key) for seed in seeds)
            self._initial[key] = np.stack(
                [np.concatenate([_standard(array).ravel() for array in one.arrays().values()]) for one in drawn]
            )
        return self._initial[key]


def _standard(array: np.ndarray) -> np.ndarray:
    """An array by its standard deviation; zeros where it has none."""
    spread = float(array.std(dtype=np.float64))
    return array.astype(np.float64) / spread if spread > 0 and math.isfinite(spread) else np.zeros(array.shape)


def _other_seed(one: Mapping[str, Any]) -> str:
    traces = one.get("traces")
    if traces and traces["of other"] > TRACE and traces["own"] < TRACE:
        return f"its weights began as those of seed {traces['other']}, not of its own"
    return ""


def _difference(row: Mapping[str, str] | None, made: Mapping[str, Any]) -> str:
    """How a published row differs from what was measured again, in words; empty where it does not."""
    if row is None:
        return "it has no measurements"
    for name, value in made.items():
        if name.startswith("_"):
            continue
        if name not in row:
            return f"its measurements lack {name}"
        if not _same(name, row[name], value, made):
            return f"{name} is {row[name] or 'none'}, and {_said(value)} measured again from its weights"
    return ""


def _same(name: str, published: str, value: Any, made: Mapping[str, Any]) -> bool:
    """Whether a measurement came out again, but for what the order of sums can change."""
    if name in _TEXT:
        return published == value
    again = _said(value)
    if name in _COUNTS:
        return compare.same(published, again, 0)
    if name in _SPECTRUM or name.startswith("measured_"):
        return compare.same(published, again, 1e-6, 1e-9) or (
            name == "spectral_error" and _by_rounding(published or again, made)
        )
    if name == "test_accuracy":
        return compare.same(published, again, 0, 1e-4 + made.get("_rounding", 0.0))
    if name.endswith("condition") and _beyond(published) and _beyond(again):
        return True
    return compare.same(published, again, 0.03, 2e-3)


def _by_rounding(error: str, made: Mapping[str, Any]) -> bool:
    """Whether rounding decides if the published error exists, and where it does it is what it must be about."""
    if made["phi_eigenvalues"] != made["network_eigenvalues"] or made["_nearest"] > 1e-7:
        return False
    return compare.same(error, repr(made["matched_spectral_error"]), 0.5, 1e-3)


def _beyond(text: str) -> bool:
    try:
        return float(text) > _SINGULAR
    except ValueError:
        return False


def _said(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return str(value)


def _published(folder: Path, shards: Mapping[str, Sequence[Run]]) -> dict[str, Mapping[str, str]]:
    """The rows of the shards' measurements, by run id."""
    return {row["run_id"]: row for shard in shards for row in _rows(folder / "measurements" / f"{shard}.csv")}


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    if path.is_file():
        try:
            with path.open(newline="", encoding="utf-8") as table:
                yield from (row for row in csv.DictReader(table) if "run_id" in row)
        except (UnicodeDecodeError, csv.Error):
            return
