"""Networks whose storage is made: a state is h = M z of a code z of which everything is known."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

BITS = 3
"""Bits that are shown at the first step and held: v, w and x."""
ANGLE = 0.7
"""Radians that a rotating bit turns in a step."""
COPIES = 3
"""Of a bit that is held redundantly."""
_GAIN = 2.0
"""Of what corrects copies by their mean."""
_ROUGH = 0.3
"""Spread of the noise that each copy gets at each step, for noise of 1."""


class Store(nn.Module):
    """A code z in a state h = M z, with distractors beside it: five numbers that noise drives and nothing reads.

    An input is v, w, x and the second factor of a product r, five numbers of noise, three of noise for copies, and the
    hand of a clock. Outputs are v, w and x.

    Args:
        code: "plain", each bit a number; "product", v is held as v * r and r; "rotation", v times the hand of a clock;
            "redundant", v in three noisy copies that correct each other.
        condition: Of M.
        noise: Spread of the distractors, where a bit has 1.
        neurons: Of the state.
        shown: Whether r is an output, too.
        seed: Of M.
    """

    mixing: Tensor
    reading: Tensor

    def __init__(
        self, code: str, condition: float, noise: float, neurons: int = 24, shown: bool = False, seed: int = 0
    ) -> None:
        super().__init__()
        self.code, self.noise, self.shown = code, noise, shown
        size = {"plain": BITS, "product": BITS + 1, "rotation": BITS + 1, "redundant": BITS - 1 + COPIES}[code]
        self.size = size
        generator = torch.Generator().manual_seed(seed)
        whole = size + DISTRACTORS
        left, right = (
            torch.linalg.qr(torch.randn(rows, whole, generator=generator, dtype=torch.float64))[0]
            for rows in (neurons, whole)
        )
        lengths = torch.logspace(0, -math.log10(condition), whole, dtype=torch.float64)
        self.register_buffer("mixing", (left * lengths @ right.T).float())
        self.register_buffer("reading", (right / lengths @ left.T).float())

    def forward(self, u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """One step: (trial, input) and (trial, state) to (trial, output) and (trial, state)."""
        z = h @ self.reading.T
        code, distractors = z[:, : self.size], z[:, self.size :]
        v, w, x, r = u[:, : BITS + 1].T
        noise, rough, (cosine, sine) = u[:, 4:9], u[:, 9:12], u[:, 12:].T
        rest = code[:, -2:] + torch.stack([w, x], 1)
        if self.code == "plain":
            own = code[:, :1] + v[:, None]
            read = own[:, 0]
        elif self.code == "product":
            own = code[:, :2] + torch.stack([v * r, r], 1)
            read = own[:, 0] * own[:, 1]
        elif self.code == "rotation":
            a, b = code[:, :2].T
            turned = torch.stack([math.cos(ANGLE) * a - math.sin(ANGLE) * b, math.sin(ANGLE) * a + math.cos(ANGLE) * b])
            own = turned.T + v[:, None] * torch.stack([cosine, sine], 1)
            read = own[:, 0] * cosine + own[:, 1] * sine
        else:
            held = torch.tanh(_GAIN * code[:, :COPIES].mean(dim=1, keepdim=True))
            own = held + v[:, None] + _ROUGH * self.noise * rough
            read = own.mean(dim=1)
        distractors = 0.8 * distractors + 0.6 * self.noise * noise
        state = torch.cat([own, rest, distractors], 1) @ self.mixing.T
        outputs = [read, rest[:, 0], rest[:, 1]] + ([own[:, 1]] if self.shown else [])
        return torch.stack(outputs, 1), state


DISTRACTORS = 5
INPUTS = BITS + 1 + DISTRACTORS + COPIES + 2
"""Numbers of an input: v, w, x, r; noise; noise of copies; the hand of a clock."""
