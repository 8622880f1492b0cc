"""The task, and the network that learns it: a sequence of symbols is shown, then given out again, symbol by symbol."""

from __future__ import annotations

import math
import os
from pathlib import Path

import torch
from jaxtyping import Float, Int
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from emtvb.errors import InputError
from emtvb.files import write_tensors


class Repeater(nn.Module):
    """An embedding of symbols, one layer of GRU and a linear readout: the network of Csordas et al. (arXiv 2408.10920).

    Symbols are numbered from 0; the one after the last is the start symbol, after which the sequence is given out.

    Args:
        symbols: How many symbols a sequence may have.
        units: Of the GRU, and of the embedding.
    """

    def __init__(self, symbols: int, units: int) -> None:
        super().__init__()
        self.symbols, self.units = symbols, units
        self.embedding = nn.Embedding(symbols + 1, units)
        self.layer = nn.GRU(units, units)
        self.readout = nn.Linear(units, symbols)

    def forward(self, inputs: Float[Tensor, "time batch input"]) -> Float[Tensor, "time batch symbol"]:
        """The readout after each input, from the zero state; an input has a 1 at its symbol, and 0 elsewhere."""
        outputs: Tensor = self.readout(self.layer(inputs @ self.embedding.weight)[0])
        return outputs

    @torch.no_grad()
    def draw(self, generator: torch.Generator) -> None:
        """Draw all weights as torch does by default: the embedding's from the normal distribution."""
        nn.init.normal_(self.embedding.weight, generator=generator)
        bound = 1 / math.sqrt(self.units)
        for parameter in (*self.layer.parameters(), *self.readout.parameters()):
            nn.init.uniform_(parameter, -bound, bound, generator=generator)


def drawn(symbols: int, length: int, count: int, generator: torch.Generator) -> Int[Tensor, "length batch"]:
    """Sequences whose symbols are all equally likely, and independent."""
    return torch.randint(symbols, (length, count), generator=generator)


def shown(sequences: Int[Tensor, "length batch"], symbols: int) -> Float[Tensor, "time batch input"]:
    """What a network reads: a sequence, the start symbol, and all of the sequence but its last symbol once more.

    What it gives out after the start symbol is read as the next input, if it is right. So a sequence is repeated
    without a mistake on these inputs if and only if it is where the network reads its own outputs.
    """
    start = torch.full_like(sequences[:1], symbols)
    return functional.one_hot(torch.cat([sequences, start, sequences[:-1]]), symbols + 1).float()


def save(path: Path | str, name: str, network: Repeater) -> None:
    """Write a network's weights, whole or not at all."""
    arrays = {key: tensor.numpy() for key, tensor in network.state_dict().items()}
    write_tensors(path, arrays, {"format": "emtvb-repeater-1", "name": name})


def load(path: Path | str, symbols: int, units: int) -> Repeater:
    """Read a network back.

    Raises:
        InputError: Where the file is missing, damaged, or of a network of another size.
    """
    if not os.path.isfile(path):
        raise InputError("weights file", str(path), "no such file; train the network first")
    network = Repeater(symbols, units)
    try:
        network.load_state_dict(load_file(path))
    except (SafetensorError, OSError, RuntimeError) as error:
        said = " ".join(str(error).split())[:100]
        remedy = f"holds no network of {units} units and {symbols} symbols ({said}); put it back, or train it again"
        raise InputError("weights file", str(path), remedy) from None
    return network
