"""The architectures beside the paper's network, an entry each: all that the rest of the package knows of them.

A new one is a class of its own, as ``Trained`` says (:mod:`emtvb.training.architectures.saved_weights`), and an entry
here. Jobs are handed an entry's places and not this table: so an entry that is added leaves the other networks as they
are.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from typing import Any, NamedTuple


class Architecture(NamedTuple):
    """An architecture.

    Attributes:
        what: What it is, and what of it a config's number counts.
        network: The place (``module:name``) of the class of a trained network: its arrays, which are what its file
            holds, in the order of the module's parameters; its steps; its linearisation.
        module: The place of what torch trains: a recurrent layer of ``torch.nn``, which gets a linear readout; or a
            class of modules, built from d and the size, with ``draw(generator)`` for its initial weights.
    """

    what: str
    network: str
    module: str


ARCHITECTURES: Mapping[str, Architecture] = {
    "lstm": Architecture("An LSTM with so many units", "emtvb.training.architectures.lstm:LSTM", "torch.nn:LSTM"),
    "gru": Architecture("A GRU with so many units", "emtvb.training.architectures.gru:GRU", "torch.nn:GRU"),
    "s4": Architecture(
        "A layer of S4 (S4D) with so many channels",
        "emtvb.training.architectures.s4:S4",
        "emtvb.training.architectures.s4_convolution:S4Convolution",
    ),
}
"""By name: the key of a config's ``architectures``, and the first word of a run id."""


def network_class(name: str) -> type[Any]:
    """The class of a trained network, by the architecture's name."""
    return pkgutil.resolve_name(ARCHITECTURES[name].network)
