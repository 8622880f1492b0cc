"""Distributed alignment search on torch networks: a subspace of the state is learned by exchanging states in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from emtvb.adapters.adapting import Adapted
from emtvb.core import regression
from emtvb.core.arguments import whole_number
from emtvb.core.editing import donors
from emtvb.core.memories import VariableMemories
from emtvb.core.subspaces import Located, Subspace, least_squares
from emtvb.core.trials import Trials
from emtvb.errors import InputError, extra

with extra("torch"):
    import torch
    from torch import Tensor

    from emtvb.adapters.torch_steps import TorchMachine

_FASTEST = 10
"""Largest learning rate of Adam that is taken."""


@dataclass(frozen=True)
class DAS:
    """For each variable k orthogonal directions, so that a state with another one's part in them goes on as it should.

    Geiger et al. 2023 (arXiv 2303.02536): a rotation is trained by gradient descent through the network. A trial's
    state gets the part of a trial with another value; what is wanted are the outputs of a third trial, which holds that
    value beside the first one's others, on that one's inputs. Only trials for fitting take part.

    Attributes:
        k: Directions of each variable; by default as many as numbers stand for it.
        steps: Of Adam.
        rate: Its learning rate.
        batch: Exchanges a step.
        horizon: Steps after an exchange that are compared; by default all that were recorded.
        seed: Of all that is drawn.
        only: The variable or variables whose directions are learned, by name or place; those of others are found by
            least squares.

    Example:
        >>> import torch
        >>> import emtvb
        >>> x = torch.randn(8, 40, 2)
        >>> rnn, out = torch.nn.RNN(2, 8), torch.nn.Linear(8, 2)
        >>> trials = emtvb.record(emtvb.adapt(rnn, out, whole=lambda x: out(rnn(x)[0])), x, x.sign())
        >>> emtvb.fit(trials, method=emtvb.DAS(k=1, steps=3)).subspaces[0].into.shape
        (8, 1)
    """

    k: int | None = None
    steps: int = 200
    rate: float = 0.02
    batch: int = 64
    horizon: int | None = None
    seed: int = 0
    only: str | int | tuple[str | int, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what is no such number.

        Raises:
            InputError: Where one is none.
        """
        for word in ("k", "steps", "batch", "horizon"):
            if getattr(self, word) is not None:
                whole_number(getattr(self, word), word, 1)
        whole_number(self.seed, "seed", 0)
        if isinstance(self.rate, bool) or not isinstance(self.rate, (int, float)) or not 0 < self.rate <= _FASTEST:
            raise InputError("rate", self.rate, f"give a number above 0, up to {_FASTEST}")
        if isinstance(self.only, (tuple, list)) and not self.only:
            raise InputError("only", self.only, "name at least one variable, or leave it out")

    def __call__(self, trials: Trials, times: list[int]) -> Located:
        """Learn each variable's directions.

        Raises:
            InputError: Where the network is not torch's, a variable is none, or no trials are there to exchange.
        """
        system = trials.system
        if (
            not isinstance(system, Adapted)
            or not isinstance(system.machine, TorchMachine)
            or trials.train.inputs is None
        ):
            remedy = "give a network that torch computes, on inputs and labels of your own, or another method"
            raise InputError("method", f"DAS on {system.name}", remedy)
        trials.check_weights()
        if self.k is not None and self.k > system.state_dim:
            raise InputError("k", self.k, f"the state has {system.state_dim} numbers; give no more")
        last = len(trials.train.outputs) - 1
        if self.horizon is not None and self.horizon > last:
            raise InputError("horizon", self.horizon, f"{last} steps were recorded after time 0; give no more")
        hidden, labels = trials.samples(times)
        mean = hidden.mean(axis=0)
        learned = range(len(trials.variables)) if self.only is None else trials.find(self.only)
        rest = least_squares(trials, times).memories
        encoder, decoder = rest.encoder.copy(), rest.decoder.copy()
        subspaces = [Subspace(encoder[:, at], decoder[at]) for at in trials.slices]
        for i in learned:
            at = trials.slices[i]
            R = self._rotation(trials, system, times, i)
            z = (hidden - mean) @ R
            # The mean of each value in the subspace.
            told = regression.least_squares(labels[:, at], z, regression.EXACT)
            encoder[:, at] = R @ told.weights.T
            decoder[at] = regression.least_squares(z, labels[:, at], regression.EXACT).weights.T @ R.T
            subspaces[i] = Subspace(R, R.T)
        centre = regression.centre_of_states(encoder, hidden, labels, trials.stored)
        return Located(VariableMemories(encoder, decoder, trials.stored, centre), tuple(subspaces))

    def _rotation(self, trials: Trials, system: Adapted, times: list[int], variable: int) -> np.ndarray:
        """Orthogonal directions of one variable, (state, k)."""
        v = trials.variables[variable]
        k = min(v.size, system.state_dim) if self.k is None else self.k
        exchanges = _Exchanges(trials, times, variable, np.random.default_rng([self.seed, variable]))
        machine, shown = system.machine, trials.train.inputs
        assert isinstance(machine, TorchMachine)
        assert shown is not None
        generator = torch.Generator().manual_seed(self.seed)
        free = torch.randn(system.state_dim, k, generator=generator, dtype=torch.float64)
        free = machine.array(free.numpy()).float().requires_grad_()
        adam = torch.optim.Adam([free], lr=self.rate)
        spread = torch.tensor(trials.train.outputs.reshape(-1, trials.train.outputs.shape[2]).std(axis=0))
        spread = spread.clamp(min=1e-6).to(free.device)
        with machine.quiet(), torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            for _ in range(self.steps):
                drawn = exchanges.draw(self.batch)
                length = len(trials.train.outputs) - 1 - drawn.time
                length = length if self.horizon is None else min(length, self.horizon)
                R = torch.linalg.qr(free)[0]
                held = trials.train.states[trials.index(drawn.time)]
                mine, theirs = (machine.array(held[those]).float() for those in (drawn.base, drawn.source))
                flat = mine + (theirs - mine) @ R @ R.T
                state = machine.nested(flat)
                loss = torch.zeros((), device=free.device)
                for t in range(drawn.time + 1, drawn.time + 1 + length):
                    output, state = machine.step(machine.array(shown[t, drawn.wanted]), state)
                    expected = machine.array(trials.train.outputs[t, drawn.wanted])
                    loss = loss + (((output - expected) / spread) ** 2).mean()
                adam.zero_grad()
                _backward(loss / length, free)
                adam.step()
            return torch.linalg.qr(free.detach())[0].double().cpu().numpy()


def _backward(loss: Tensor, free: Tensor) -> None:
    """The gradient of the directions alone: the network's own parameters get none."""
    if not loss.requires_grad:
        raise InputError("method", "DAS: the network lets no gradient through", "use another method")
    (free.grad,) = torch.autograd.grad(loss, [free])


class _Exchanged(NamedTuple):
    """Trials at a time: which are changed, from which the value is taken, which do what should follow."""

    time: int
    base: np.ndarray
    source: np.ndarray
    wanted: np.ndarray


class _Exchanges:
    """Triples of such trials."""

    def __init__(self, trials: Trials, times: list[int], variable: int, rng: np.random.Generator) -> None:
        self._rng = rng
        at = trials.slices[variable]
        last = len(trials.train.outputs) - 1
        near = donors.same_value_tolerance(trials.variables)
        self._triples: list[tuple[int, np.ndarray]] = []
        usable = [time for time in times if time < last]
        few = np.unique(np.linspace(0, len(usable) - 1, _TIMES).astype(int)) if usable else ()
        for time in (usable[i] for i in few):
            numbers = trials.train.labels[time]
            triples = []
            for base in rng.permutation(len(numbers))[:_BASES]:
                differs = np.flatnonzero((np.abs(numbers[:, at] - numbers[base, at]) > near[at]).any(axis=1))
                for source in rng.permutation(differs)[:_SOURCES]:
                    asked = numbers[base].copy()
                    asked[at] = numbers[source, at]
                    alike = (np.abs(numbers - asked) <= near).all(axis=1)
                    alike[base] = False
                    if alike.any():
                        triples.append((base, source, rng.choice(np.flatnonzero(alike))))
            if triples:
                self._triples.append((time, np.array(triples)))
        if not self._triples:
            name = trials.variables[variable].name
            remedy = "no three trials for fitting are as an exchange needs them; record more trials, or fit earlier"
            raise InputError("method", f"DAS on {name}", remedy)

    def draw(self, count: int) -> _Exchanged:
        """So many, all at one time."""
        time, triples = self._triples[self._rng.integers(len(self._triples))]
        base, source, wanted = triples[self._rng.integers(len(triples), size=count)].T
        return _Exchanged(time, base, source, wanted)


_TIMES, _BASES, _SOURCES = 8, 128, 4
"""Times, trials that are changed at each, and trials that values are taken from for each of them."""
