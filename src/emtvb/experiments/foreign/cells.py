"""Cells of other packages, each in a network with a linear readout, as a user of that package writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from emtvb.adapters.adapting import Adapted, Wrapped, adapt
from emtvb.errors import extra


class LayerNetwork(nn.Module):
    """A recurrent layer and a linear readout, time first.

    Args:
        layer: A module of whole sequences that returns the states of all steps first.
        units: Numbers of a state.
        outputs: Numbers of an output.
    """

    def __init__(self, layer: nn.Module, units: int, outputs: int) -> None:
        super().__init__()
        self.rnn, self.readout = layer, nn.Linear(units, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Outputs of whole sequences, (time, trial, output)."""
        outputs: Tensor = self.readout(self.rnn(x)[0])
        return outputs


class LeakyRates(nn.Module):
    """A leaky rate network, h + alpha (relu(W h + U x + b) - h), as tutorials write it: a loop over one method.

    Args:
        inputs: Numbers of an input.
        units: Rates.
        alpha: Length of a step in time constants.
    """

    def __init__(self, inputs: int, units: int, alpha: float = 0.5) -> None:
        super().__init__()
        self.units, self.alpha = units, alpha
        self.input2h, self.h2h = nn.Linear(inputs, units), nn.Linear(units, units)

    def recurrence(self, x: Tensor, h: Tensor) -> Tensor:
        """The rates after one step."""
        return h + self.alpha * (torch.relu(self.input2h(x) + self.h2h(h)) - h)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The rates after each step from zero rates, (time, trial, unit), and the last ones."""
        h = x.new_zeros(x.shape[1], self.units)
        rates = []
        for one in x:
            h = self.recurrence(one, h)
            rates.append(h)
        return torch.stack(rates), h


def _gru(inputs: int, units: int) -> nn.Module:
    return nn.GRU(inputs, units)


def _cfc(inputs: int, units: int) -> nn.Module:
    with extra("foreign"):
        from ncps.torch import CfC
    return CfC(inputs, units, batch_first=False)


def _mgu(inputs: int, units: int) -> nn.Module:
    with extra("foreign"):
        from torchrecurrent import MGU
    return MGU(inputs, units)


CELLS: Mapping[str, tuple[Callable[[int, int], nn.Module], str | None]] = {
    "gru": (_gru, None),
    "rates": (LeakyRates, "rnn.recurrence"),
    "cfc": (_cfc, "rnn.rnn_cell"),
    "mgu": (_mgu, "rnn"),
}
"""By the name that configs and tables have for a cell: what makes a layer of so many inputs and units, and which method
or module of the network makes one step, as ``emtvb.adapt`` is told; None where it finds that by itself."""


def network(cell: str, inputs: int, units: int, outputs: int, seed: int) -> LayerNetwork:
    """A network of a cell with its package's own initial weights, drawn by a seed.

    Raises:
        InputError: Where the cell's package is not installed.
    """
    torch.manual_seed(seed)
    return LayerNetwork(CELLS[cell][0](inputs, units), units, outputs)


def adapted(cell: str, module: nn.Module) -> Adapted | Wrapped:
    """A network as a system."""
    return adapt(module, step=CELLS[cell][1])
