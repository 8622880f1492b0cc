"""Whether attraction is why a memory lasts: trained networks whose gain is changed, with noise, and on a given orbit.

What is asked, and what was expected, is docs/plan-latch.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from scipy import linalg

from emtvb import tables
from emtvb.adapters.elman import Elman
from emtvb.core.recording import JUDGING, nearest_bits
from emtvb.experiments.sweep.memory import KEPT, WINDOW, largest_modulus, signs_unchanged
from emtvb.flushing import flushed
from emtvb.theory import circuits
from emtvb.theory.networks import Network
from emtvb.theory.observation import Observation
from emtvb.theory.sequences import random_sequences
from emtvb.theory.tasks import Task

GAINS = (0.90, 0.95, 0.98, 1.00, 1.02, 1.05, 1.10, 1.20, 1.30, 1.50)
"""Largest moduli of the eigenvalues of W_hh that networks are given."""
NOISES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""Sizes of the noise that every step adds, as shares of |h|."""
GENTLE, HARD = 0.01, 0.03
"""The noise that is added at every gain; and that on a given orbit."""
COMPARED_GAINS = (0.98, 1.05)
"""Gains at which other changes of W_hh of the same size are tried."""
SEED = 0x3BC392C4
"""Of contents, of noise and of random matrices: the hash of the plan's commit."""
CONTENTS = 12
"""Contents of each network."""
END, BEGIN = 3000, 300
"""Output steps in all; and the one from which on a network is changed in the arms that hold."""
SETTLED, BURNT_IN, LEAST_WINDOW = 100, 200, 840
"""Steps from a change until noise begins; so many more until a direction has turned to the one that grows fastest; and
steps, in whole periods, over which its growth is taken."""
RETURNED = 0.01
"""A state came back if it is nearer to where it was than this share of its size."""
SIZE = 0.1
"""The size of an output with a margin, as a share of the network's own at step 100."""
GRAFTED_EVERY = 8
"""Steps after which a graft sets stored elements to their values."""
PUT_IN = 0.9
"""What is left of a difference after a step where attraction is put in."""

WRITE, HOLD, NOISY, RANDOM, TURNED = "write", "hold", "noise", "random", "turned"
"""The gain is another from the first step on, or once all is written; there is noise; W_hh is changed by a random
matrix of the same size; it has other eigenvectors."""
OWN, REMOVED, PUT, GRAFTED = "own", "removed", "put-in", "grafted"
"""How a difference from the orbit goes on: as the network has it; neither growing nor shrinking; shrinking; and as the
network has it, but stored elements are set to their values now and then."""
COMPARED = ("lasting_same", "kept_same", "attracting_kept_same")
"""Counts of contents of which the same came without noise, in the first arm and at the same gain."""
COLUMNS = (
    "run_id", "arm", "gain", "factor", "noise", "rate", "margin", "accuracy", "contents", "returning",
    "attracting", "right", "lasting", "kept", "returning_kept", "attracting_right", "attracting_lasting",
    "attracting_kept", *COMPARED,
)  # fmt: skip
"""Columns of ``measurements/dose/<shard>.csv``: medians of rates over contents, shares of bits that are
right with a margin and of the right sign, and counts of contents."""
Law = Callable[[int, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""From the step, a state, and the orbit before and after it, to the next state."""


@dataclass(frozen=True, eq=False)
class Trials:
    """Networks that differ by a factor of W_hh, each with its contents: a state and a factor for each trial.

    Attributes:
        network: The weights, in double precision.
        factors: Of W_hh, for each trial.
        state: Where each trial is.
    """

    network: Network
    factors: Float[np.ndarray, "trial 1"]
    state: Float[np.ndarray, "trial hidden"]

    @flushed()
    def shown(self, inputs: Float[np.ndarray, "s trial d"]) -> Trials:
        """The same after these inputs."""
        state = self.state
        for u in inputs:
            state = np.tanh(self.factors * (state @ self.network.W_hh.T) + u @ self.network.W_uh.T)
        return replace(self, state=state)

    @flushed()
    def after(
        self, steps: int, noise: Float[np.ndarray, "trial 1"] | None = None
    ) -> tuple[Trials, Float[np.ndarray, "steps trial d"]]:
        """The same so many steps later, and outputs of each step.

        Args:
            steps: Without input.
            noise: For each trial, the size of what a step adds, as a share of |h|; it is normal, and of no direction.
        """
        rng, (count, hidden) = np.random.default_rng(SEED), self.state.shape
        outputs = np.empty((steps, count, self.network.d))
        state = self.state
        for now in outputs:
            state = self.step(state)
            if noise is not None:
                size = noise * np.linalg.norm(state, axis=1, keepdims=True)
                state = state + size * rng.normal(size=state.shape) / np.sqrt(hidden)
            now[:] = state @ self.network.W_r.T
        return replace(self, state=state), outputs

    def step(self, state: Float[np.ndarray, "trial hidden"]) -> Float[np.ndarray, "trial hidden"]:
        """States after these, without input."""
        return np.tanh(self.factors * (state @ self.network.W_hh.T))


@dataclass(frozen=True, eq=False)
class Returns:
    """How trials go round: how far each came back after a period, and by what power of e differences grow a step."""

    distances: Float[np.ndarray, " trial"]
    rates: Float[np.ndarray, " trial"]

    @property
    def returning(self) -> Bool[np.ndarray, " trial"]:
        """Whether each came back."""
        return self.distances < RETURNED

    @property
    def attracting(self) -> Bool[np.ndarray, " trial"]:
        """Whether it did, and small differences shrink."""
        return self.returning & (self.rates < 0)


@flushed()
def follow_round(trials: Trials, period: int) -> Returns:
    """Largest Lyapunov exponents over whole periods (Benettin et al. 1980), and returns at their beginning.

    Args:
        trials: Where they are :data:`BURNT_IN` steps before that.
        period: Steps after which the task's Phi is the identity.
    """
    W, factors, state = trials.network.W_hh.T, trials.factors, trials.state
    way = np.random.default_rng(0).normal(size=state.shape)
    window = max(LEAST_WINDOW // period, 1) * period
    growth, start, returned = np.zeros(len(state)), state, state
    for step in range(-BURNT_IN, window):
        if step == 0:
            growth, start = np.zeros(len(state)), state
        state = np.tanh(factors * (state @ W))
        way = factors * (way @ W) * (1 - state**2)
        length = np.linalg.norm(way, axis=1, keepdims=True)
        way = way / np.maximum(length, np.finfo(float).tiny)
        growth += np.log(np.maximum(length[:, 0], np.finfo(float).tiny))
        if step == period - 1:
            returned = state
    with np.errstate(divide="ignore", invalid="ignore"):
        distances = np.linalg.norm(returned - start, axis=1) / np.linalg.norm(start, axis=1)
    return Returns(np.where(np.isnan(distances), 0.0, distances), growth / window)


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What became of contents by the last hundred outputs.

    Attributes:
        margin: Of each content, the share of bits that are right with a margin.
        accuracy: The share of bits of the right sign.
        constant: The share that has a margin and the sign of whole periods earlier.
    """

    margin: Float[np.ndarray, " trial"]
    accuracy: Float[np.ndarray, " trial"]
    constant: Float[np.ndarray, " trial"]

    @classmethod
    def of(
        cls,
        outputs: Float[np.ndarray, "step trial d"],
        targets: Float[np.ndarray, "window trial d"],
        size: float,
        period: int,
    ) -> Outcomes:
        """What became of contents.

        Args:
            outputs: Those of all steps since noise began.
            targets: What the last :data:`emtvb.experiments.sweep.memory.WINDOW` of them should be.
            size: The least size of an output that has a margin.
            period: Of the task's Phi.
        """
        last = outputs[-WINDOW:]
        right, large = nearest_bits(last) == targets, np.abs(last) >= size
        same = signs_unchanged(outputs, period, WINDOW, BURNT_IN)
        constant = np.zeros(right.shape, bool) if same is None else same & large
        return cls(*(share.mean(axis=(0, 2)) for share in (right & large, right, constant)))

    @property
    def lasting(self) -> Bool[np.ndarray, " trial"]:
        """Whether each content is right at the end, with a margin."""
        return self.margin >= KEPT

    @property
    def kept(self) -> Bool[np.ndarray, " trial"]:
        """Whether each lasts, or is held though it is wrong."""
        return self.lasting | (self.constant >= KEPT)


@dataclass(frozen=True, eq=False)
class Changed:
    """A network that was changed, and its contents a hundred steps later.

    Attributes:
        arm: How it was changed.
        gains: To which gains.
        trials: Contents of each gain, one gain after the other.
        returns: How they go round.
        steps: Steps that are left.
    """

    arm: str
    gains: Float[np.ndarray, " gain"]
    trials: Trials
    returns: Returns
    steps: int

    def select(self, arm: str, places: Sequence[int]) -> Changed:
        """Some of the gains, by number, each as often as it is named."""
        at = contents_of(places)
        trials = replace(self.trials, factors=self.trials.factors[at], state=self.trials.state[at])
        returns = Returns(self.returns.distances[at], self.returns.rates[at])
        return Changed(arm, self.gains[list(places)], trials, returns, self.steps)


def contents_of(places: Sequence[int]) -> Int[np.ndarray, " trial"]:
    """The trials that are the contents of these gains, by number."""
    return (np.asarray(places)[:, None] * CONTENTS + np.arange(CONTENTS)).ravel()


@dataclass(frozen=True, eq=False)
class Latching:
    """A network under other gains, with noise, and on a given orbit.

    Attributes:
        run_id: Its name.
        task: What it stores.
        network: Its weights, in double precision.
    """

    run_id: str
    task: Task
    network: Network

    @cached_property
    def period(self) -> int:
        """Steps after which Phi is the identity."""
        return circuits.phi_period(self.task)

    @cached_property
    def gain(self) -> float:
        """The largest modulus of the eigenvalues of W_hh."""
        return largest_modulus(self.network)

    @cached_property
    def inputs(self) -> Float[np.ndarray, "s content d"]:
        """Its contents, by which nothing was chosen."""
        return random_sequences(self.task, JUDGING, CONTENTS, SEED).astype(np.float64)

    @cached_property
    def targets(self) -> Float[np.ndarray, "window content d"]:
        """What the last outputs should be."""
        return self.task.targets(self.inputs, END)[-WINDOW:]

    @cached_property
    def size(self) -> float:
        """The least size of an output that has a margin."""
        return SIZE * float(np.abs(self._shown(self.network, [1.0]).after(SETTLED)[1][-1]).mean())

    def rows(self) -> list[dict[str, object]]:
        """Rows of ``measurements/dose/<shard>.csv``."""
        gains = (self.gain, *GAINS)
        written, held = self.written(WRITE, self.network, gains), self.held(gains)
        free = self.outcomes(written)
        found = [*self._rows(written, free), *self._rows(held, self.outcomes(held), compared=free)]
        for places, noises in (([0] * len(NOISES), NOISES), (range(1, len(gains)), [GENTLE] * len(GAINS))):
            noisy = written.select(NOISY, places)
            found += self._rows(noisy, self.outcomes(noisy, noises), noises, compared=_select(free, places))
        for gain in COMPARED_GAINS:
            for arm, weights in ((RANDOM, self.randomly_changed(gain)), (TURNED, self.turned(gain))):
                other = self.written(arm, replace(self.network, W_hh=weights), [gain], factors=[1.0])
                found += self._rows(other, self.outcomes(other))
        return found + self.around_orbits(written.select(OWN, [0]).returns)

    def written(
        self, arm: str, network: Network, gains: Sequence[float], factors: Sequence[float] | None = None
    ) -> Changed:
        """The network changed from its first step on; each factor is the gain over the network's own by default."""
        factors = [gain / self.gain for gain in gains] if factors is None else factors
        trials = self._shown(network, factors).after(SETTLED)[0]
        return Changed(arm, np.asarray(gains), trials, follow_round(trials, self.period), END - SETTLED)

    def held(self, gains: Sequence[float]) -> Changed:
        """The network changed when its contents have been stored for :data:`BEGIN` steps."""
        state = self._shown(self.network, [1.0]).after(BEGIN)[0].state
        factors = np.repeat([gain / self.gain for gain in gains], CONTENTS)[:, None]
        trials = Trials(self.network, factors, np.tile(state, (len(gains), 1))).after(SETTLED)[0]
        return Changed(HOLD, np.asarray(gains), trials, follow_round(trials, self.period), END - BEGIN - SETTLED)

    def outcomes(self, changed: Changed, noises: Sequence[float] | None = None) -> Outcomes:
        """What becomes of contents until the end, with noise of these sizes."""
        noise = None if noises is None else np.repeat(noises, CONTENTS)[:, None]
        _, outputs = changed.trials.after(changed.steps, noise)
        return Outcomes.of(outputs, np.tile(self.targets, (1, len(changed.gains), 1)), self.size, self.period)

    def randomly_changed(self, gain: float) -> Float[np.ndarray, "hidden hidden"]:
        """W_hh and a random matrix, as large as the difference from W_hh to W_hh of that gain."""
        drawn = np.random.default_rng(SEED).normal(size=self.network.W_hh.shape)
        size = abs(gain / self.gain - 1) * np.linalg.norm(self.network.W_hh)
        changed: np.ndarray = self.network.W_hh + drawn * (size / np.linalg.norm(drawn))
        return changed

    def turned(self, gain: float) -> Float[np.ndarray, "hidden hidden"]:
        """W_hh of that gain in a basis that is turned at random: its eigenvalues, with other eigenvectors."""
        turn = np.linalg.qr(np.random.default_rng(SEED).normal(size=self.network.W_hh.shape))[0]
        turned: np.ndarray = gain / self.gain * (turn @ self.network.W_hh @ turn.T)
        return turned

    @flushed()
    def around_orbits(self, returns: Returns) -> list[dict[str, object]]:
        """Rows of contents with noise around their orbits, where differences from these follow one law or another.

        Args:
            returns: How its contents go round.
        """
        start = self._shown(self.network, [1.0]).after(BEGIN)[0]
        laws, step = self._laws(start), start.step
        orbit, rng = start.state, np.random.default_rng(SEED)
        states = dict.fromkeys(laws, orbit)
        outputs = {name: np.empty((END - BEGIN, CONTENTS, self.network.d)) for name in laws}
        expected = np.empty((END - BEGIN, CONTENTS, self.network.d))
        for t in range(END - BEGIN):
            before, orbit = orbit, step(orbit)
            expected[t] = orbit @ self.network.W_r.T
            size = HARD * np.linalg.norm(orbit, axis=1, keepdims=True) / np.sqrt(orbit.shape[1])
            for name, law in laws.items():
                states[name] = law(t, states[name], before, orbit) + size * rng.normal(size=orbit.shape)
                outputs[name][t] = states[name] @ self.network.W_r.T
        targets = nearest_bits(expected[-WINDOW:])
        found = []
        for name, of in outputs.items():
            arm = Changed(name, np.array([self.gain]), start, returns, END - BEGIN)
            found += self._rows(arm, Outcomes.of(of, targets, self.size, self.period), [HARD])
        return found

    def _laws(self, start: Trials) -> dict[str, Law]:
        """How a state goes on, by arm; noise is added to what comes out."""
        turn = linalg.polar(self.network.W_hh)[0].T
        memories = Observation(Elman(self.network), self.task).memories
        sizes = np.abs(memories.read(start.state)).mean(axis=0)

        def grafted(t: int, state: np.ndarray, _before: np.ndarray, _orbit: np.ndarray) -> np.ndarray:
            if t % GRAFTED_EVERY == 0:
                m = memories.read(state)
                state = state + memories.change(m, np.where(memories.stored, nearest_bits(m) * sizes, m))
            return start.step(state)

        return {
            OWN: lambda _, state, _before, _orbit: start.step(state),
            REMOVED: lambda _, state, before, orbit: orbit + (state - before) @ turn,
            PUT: lambda _, state, before, orbit: orbit + PUT_IN * (state - before) @ turn,
            GRAFTED: grafted,
        }

    def _shown(self, network: Network, factors: Sequence[float]) -> Trials:
        """Contents under each of these factors, at the end of the inputs."""
        each = np.repeat(np.asarray(factors, float), CONTENTS)[:, None]
        start = Trials(network, each, np.zeros((len(each), network.hidden_dim)))
        return start.shown(np.tile(self.inputs, (1, len(factors), 1)))

    def _rows(
        self,
        changed: Changed,
        outcomes: Outcomes,
        noises: Sequence[float] | None = None,
        compared: Outcomes | None = None,
    ) -> list[dict[str, object]]:
        """A row for each gain, with counts of contents."""
        returning, attracting = changed.returns.returning, changed.returns.attracting
        right, lasting, kept = outcomes.accuracy >= KEPT, outcomes.lasting, outcomes.kept
        counted = {
            "returning": returning, "attracting": attracting,
            "right": right, "lasting": lasting, "kept": kept, "returning_kept": returning & kept,
            "attracting_right": attracting & right, "attracting_lasting": attracting & lasting,
            "attracting_kept": attracting & kept,
        }  # fmt: skip
        if compared is not None:
            same = kept == compared.kept
            counted |= {"lasting_same": lasting == compared.lasting, "kept_same": same}
            counted["attracting_kept_same"] = attracting & same
        found: list[dict[str, object]] = []
        for place, gain in enumerate(changed.gains):
            of = slice(place * CONTENTS, (place + 1) * CONTENTS)
            numbers = {
                "gain": gain, "factor": gain / self.gain, "noise": 0.0 if noises is None else noises[place],
                "rate": np.median(changed.returns.rates[of]),
                "margin": outcomes.margin[of].mean(), "accuracy": outcomes.accuracy[of].mean(),
            }  # fmt: skip
            row = {name: float(f"{number:.5g}") for name, number in numbers.items()}
            counts = {name: int(each[of].sum()) for name, each in counted.items()}
            found.append({"run_id": self.run_id, "arm": changed.arm, **row, "contents": CONTENTS, **counts})
        return found


def dose_as_table(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Rows of :meth:`Latching.rows` as a table; counts that an arm has none of are empty."""
    whole = dict.fromkeys(COMPARED, "Int64")
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(whole)


def network_table(runs: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """All rows with what their networks are, ``tables/dose.csv``.

    Args:
        runs: The run table.
        rows: ``measurements/dose/<shard>.csv`` of all shards.
    """
    known = rows.merge(runs[["run_id", *tables.SETTINGS]], on="run_id", validate="many_to_one")
    return known[["run_id", *tables.SETTINGS, *COLUMNS[1:]]].astype(dict.fromkeys(COMPARED, "Int64"))


def _select(outcomes: Outcomes, places: Sequence[int]) -> Outcomes:
    at = contents_of(places)
    return Outcomes(outcomes.margin[at], outcomes.accuracy[at], outcomes.constant[at])
