"""A recurrent layer of torch.nn and a linear readout, without biases, as in the authors' code."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import init


class Recurrent(nn.Module):
    """A layer and its readout as torch trains them; the parameters are W_uh, W_hh and W_r, in this order."""

    def __init__(self, layer: Callable[..., nn.RNNBase], d: int, hidden_dim: int) -> None:
        super().__init__()
        self.layer = layer(d, hidden_dim, bias=False)
        self.readout = nn.Linear(hidden_dim, d, bias=False)

    @torch.no_grad()
    def draw(self, generator: torch.Generator) -> None:
        """PyTorch's default initialisation of the layer, then of nn.Linear."""
        bound = 1.0 / math.sqrt(self.layer.hidden_size)
        for parameter in self.layer.parameters():
            init.uniform_(parameter, -bound, bound, generator=generator)
        init.kaiming_uniform_(self.readout.weight, a=math.sqrt(5), generator=generator)

    def forward(self, inputs: Float[Tensor, "time batch d"]) -> Float[Tensor, "time batch d"]:
        """The outputs, from the zero state."""
        outputs: Tensor = self.readout(self.layer(inputs)[0])
        return outputs
