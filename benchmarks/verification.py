"""Whether ``record`` finds the mistakes that people make when they write a step, on many kinds of outputs and inputs.

    python -m benchmarks.verification [--write]

Each mistake is made in a step of an ordinary network and held to the whole network on trials of each kind. A cell says
``r``: refused; ``w``: taken with words, in a warning or in the line of the system, of what it was not held to; or
``MISSED``. ``--write`` puts the table into docs/own-network.md.
"""

# ruff: noqa: ARG005 - outputs of each kind are made by functions that are called alike

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import torch
from torch import Tensor, nn

import emtvb

GUIDE = Path(__file__).parents[1] / "docs" / "own-network.md"
D, OUT, IDS = 4, 3, 9
HEADER = "|mistake|"
State = dict[str, Tensor]


@dataclass(frozen=True)
class Kind:
    """What outputs and inputs are like.

    Attributes:
        give: What becomes of the outputs (..., output), from the network's input at that step.
        inputs: From a generator, steps and trials to inputs.
        steps, trials, units: How many.
        noise: Of each step's state.
        alike: Whether the step draws it as the network does.
        starts: Whether each trial starts in another state.
        later: Inputs that are recorded after those that it is held on.
    """

    give: Callable[[Tensor, Tensor], Tensor] = lambda y, u: y
    inputs: Callable[[np.random.Generator, int, int], np.ndarray] = lambda rng, t, n: rng.normal(size=(t, n, D))
    steps: int = 20
    trials: int = 24
    units: int = 12
    noise: float = 0.0
    alike: bool = True
    starts: bool = False
    later: Callable[[np.ndarray], np.ndarray] | None = None


def masked(value: float) -> Callable[[Tensor, Tensor], Tensor]:
    """Logits of which one is masked always and one where an input is negative."""

    def give(y: Tensor, u: Tensor) -> Tensor:
        mask = torch.zeros_like(y, dtype=torch.bool)
        mask[..., 0], mask[..., 1] = True, u[..., 0] < 0
        return y.masked_fill(mask, value)

    return give


def rare(rng: np.random.Generator, steps: int, trials: int) -> np.ndarray:
    """The third input is a cue, in few trials."""
    x = rng.normal(size=(steps, trials, D))
    x[..., 2] = 0
    x[steps // 3, :2, 2] = 1
    return x


def padded(rng: np.random.Generator, steps: int, trials: int) -> np.ndarray:
    """Trials end at different steps."""
    return rng.normal(size=(steps, trials, D)) * (np.arange(steps)[:, None] < rng.integers(3, steps, trials))[..., None]


def ids(rng: np.random.Generator, steps: int, trials: int) -> np.ndarray:
    """Words, one of them rare."""
    x = rng.integers(0, IDS - 1, size=(steps, trials))
    x[5, 3] = IDS - 1
    return x


KINDS: dict[str, Kind] = {
    "as is": Kind(),
    "-1e9": Kind(masked(-1e9)),
    "-1e4": Kind(lambda y, u: y + masked(-1e4)(0 * y, u)),
    "-inf": Kind(masked(-torch.inf)),
    "softmax": Kind(lambda y, u: (6 * y).softmax(-1)),
    "spikes": Kind(lambda y, u: (y > 0).float()),
    "ms,V": Kind(lambda y, u: y * torch.tensor([1e3, 1.0, 1e-3])),
    "1e7": Kind(lambda y, u: torch.cat([y[..., :2], 0 * y[..., 2:] + 1e7], -1)),
    "noise": Kind(noise=0.1),
    "other noise": Kind(noise=0.1, alike=False),
    "ids": Kind(inputs=ids),
    "lengths": Kind(inputs=padded),
    "rare cue": Kind(inputs=rare, trials=60),
    "new cue": Kind(inputs=rare, later=lambda x: x * (np.arange(D) != 2)),
    "2000 steps": Kind(steps=2000, trials=4),
    "1500 units": Kind(units=1500, trials=4, steps=6),
    "starts": Kind(starts=True),
    "silence": Kind(inputs=lambda rng, t, n: rng.normal(size=(t, n, D)) * (np.arange(t) < 1)[:, None, None]),
}  # fmt: skip


class Net(nn.Module):
    """Two gated layers with all that a network may have; ``wrong`` names a mistake that its steps make."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        n = kind.units
        self.kind, self.n = kind, n
        self.embed, self.into, self.norm = nn.Embedding(IDS, D), nn.Linear(D, n), nn.LayerNorm(n)
        self.lower, self.upper = nn.GRUCell(n, n), nn.GRUCell(n, n)
        self.cue, self.out = nn.Linear(1, n), nn.Linear(n, OUT)
        self.first, self.kept = nn.Parameter(0.5 * torch.randn(n)), torch.zeros(())
        with torch.no_grad():
            self.out.weight *= 3

    def starts(self, trials: int, wrong: str = "") -> State:
        """Where trials begin."""
        first = self.first.expand(trials, self.n)
        if self.kind.starts:
            first = first + torch.linspace(-1, 1, trials)[:, None]
        if wrong == "learned start":
            first = 0 * first
        if wrong == "last trial" and self.kept.dim():
            first = first + 0.5 * self.kept.mean()
        return {"a": first, "b": torch.zeros(trials, self.n), "t": torch.zeros(trials, 1)}

    def step(self, u: Tensor, state: State, wrong: str = "", is_step: bool = False) -> tuple[Tensor, State]:
        """One step; with a mistake."""
        a, b, t = state["a"], state["b"], state["t"]
        if self.kind is KINDS["ids"]:
            u = self.embed((u[:, 0] if u.dim() == 2 else u).long())
        x = 0.3 * self.into.weight.sum(1).expand(len(u), -1) if wrong == "input layer" else self.into(u)
        x = x if wrong == "layer norm" else self.norm(x)
        x = x if wrong == "cue" else x + self.cue(u[:, 2:3]) * (u[:, 2:3] != 0)
        x = x if wrong == "clock" else x + torch.sin(t)
        x = nn.functional.dropout(x, 0.5, training=wrong == "dropout")
        new = self.gru(self.lower, x, 0 * a if wrong == "recurrence" else a, wrong)
        a = new if wrong == "leak" else 0.3 * a + 0.7 * new
        if self.kind.noise:
            drawn = torch.randn(a.shape).abs() * torch.randn(a.shape).sign()
            a = a + self.kind.noise * (drawn.flip(0) if is_step and not self.kind.alike else drawn)
        b = self.gru(self.upper, a, b, wrong)
        if wrong == "last trial":
            self.kept = b.detach()
        y = self.out(a if wrong == "other layer" else b)
        y = y - self.out.bias if wrong == "bias" else y
        if wrong == "other trials":
            y = y + (y - y.mean(0))
        return self.kind.give(y, u), {"a": a, "b": b, "t": t + (0 if wrong == "clock outside" else 1)}

    def gru(self, cell: nn.GRUCell, x: Tensor, h: Tensor, wrong: str) -> Tensor:
        """A gated cell, whose two gates may be exchanged."""
        if wrong != "gates":
            return cell(x, h)
        i, j = (cell.weight_ih @ x.T).T + cell.bias_ih, (cell.weight_hh @ h.T).T + cell.bias_hh
        (z, r, n), (zh, rh, nh) = i.chunk(3, 1), j.chunk(3, 1)
        gate = (z + zh).sigmoid()
        return (1 - gate) * (n + (r + rh).sigmoid() * nh).tanh() + gate * h

    def forward(self, x: Tensor) -> Tensor:
        """All steps, time first."""
        state, every = self.starts(x.shape[1]), []
        for u in x:
            y, state = self.step(u, state)
            every.append(y)
        return torch.stack(every)


MISTAKES = (
    "none", "recurrence", "leak", "layer norm", "input layer", "bias", "learned start", "cue", "dropout", "gates",
    "other layer", "clock", "clock outside", "last trial", "other trials",
)  # fmt: skip


def cell(mistake: str, kind: str) -> str:
    """What is said of a step with this mistake on trials of this kind."""
    what = KINDS[kind]
    torch.manual_seed(0)
    net = Net(what).eval()
    wrong = "" if mistake == "none" else mistake

    def step(u: Tensor, state: State) -> tuple[Tensor, State]:
        return net.step(u, state, wrong, is_step=True)

    x = what.inputs(np.random.default_rng(0), what.steps, what.trials)
    x = x if x.dtype.kind == "i" else x.astype(np.float32)
    held = x if what.later is None else what.later(x)
    with warnings.catch_warnings(record=True) as caught, torch.no_grad():
        warnings.simplefilter("always")
        try:
            system = emtvb.adapt(step, state=lambda n: net.starts(n, wrong), whole=net)
            given = held[..., None] if held.ndim == 2 else held
            system.verify(given.astype(np.float32), held.ndim == 2)
            if what.later is not None:
                system.run(x)
        except emtvb.InputError:
            return "r"
    words = [str(warning.message) for warning in caught] + re.findall("; but .*", repr(system))
    if not system.verified or any("verified" in said or said.startswith("; but") for said in words):
        return "w"
    return "taken" if not wrong else "MISSED"


def table(mistakes: tuple[str, ...] = MISTAKES, kinds: tuple[str, ...] = tuple(KINDS)) -> str:
    """All cells, as Markdown."""
    lines = [HEADER + "|".join(kinds) + "|", "|---" * (len(kinds) + 1) + "|"]
    for mistake in mistakes:
        lines.append(f"|{mistake}|" + "|".join(cell(mistake, kind) for kind in kinds) + "|")
        print(lines[-1], flush=True)
    return "\n".join(lines) + "\n"


def published() -> str:
    """The table of the guide."""
    found = re.search(rf"^{re.escape(HEADER)}.*\n(?:\|.*\n)+", GUIDE.read_text("utf-8"), re.MULTILINE)
    assert found is not None, f"{GUIDE}: no table"
    return found[0]


@click.command(help=__doc__)
@click.option("--write", is_flag=True, help="Put it into the guide.")
def main(write: bool) -> None:
    """Make each mistake on each kind."""
    torch.set_num_threads(1)
    made = table()
    if write:
        text = GUIDE.read_text("utf-8")
        GUIDE.write_text(text.replace(published(), made), "utf-8")


if __name__ == "__main__":
    main()
