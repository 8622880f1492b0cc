"""What a state holds in layers, one under the other: read by taking off what was read before, as an onion is peeled."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from emtvb.core import regression
from emtvb.core.arguments import flag
from emtvb.core.discriminants import LinearDiscriminants
from emtvb.core.memories import VariableMemories
from emtvb.core.subspaces import Located, least_squares
from emtvb.core.trials import Trials
from emtvb.core.variables import CONTINUOUS
from emtvb.errors import InputError


@dataclass(frozen=True, eq=False)
class Layer:
    """One variable, and how its value is told once the layers before it are taken off.

    Attributes:
        place: Where its numbers stand.
        code: The numbers of each of its values.
        classes: The values from what is left of a state.
    """

    place: slice
    code: Float[np.ndarray, "value code"]
    classes: LinearDiscriminants


@dataclass(frozen=True, eq=False)
class Layers(VariableMemories):
    """An encoder as any other, and a decoder that is not linear: a layer is read, taken off, and then the next one is.

    Attributes:
        layers: In the order in which they are read.
    """

    layers: tuple[Layer, ...] = ()

    def read(self, hidden: Float[np.ndarray, "*time hidden"]) -> Float[np.ndarray, "*time memory"]:
        """The numbers of the values that are read; those of a value exactly, whichever it is."""
        left = np.asarray(hidden, dtype=np.float64) - self.centre
        numbers = np.zeros((*left.shape[:-1], self.stored.size))
        for layer in self.layers:
            code = layer.code[layer.classes.scores(left).argmax(axis=-1)]
            numbers[..., layer.place] = code
            left = left - code @ self.encoder[:, layer.place].T
        return numbers


@dataclass(frozen=True)
class Onion:
    """A way for ``fit`` to find variables that lie over each other in the same neurons, larger over smaller.

    The encoder is a sum over variables, h ~ sum_i Psi_i v_i + c, by least squares. The decoder reads the variable that
    can be told best, by linear discriminants; takes Psi_i v_i of what it has read from the state; reads the one that
    can be told best from what is left, and so on. So each is read linearly, given those before it, and no linear map of
    the state itself has to tell them apart: there may be far more numbers than neurons.

    ``tied``, as Csordas et al. (2024, arXiv 2408.10920) describe it, all variables share their directions and differ in
    magnitude alone: Psi_i v = s_i * e(v), one vector e(v) for each value, times one scale s_i of each neuron for each
    variable. Such an encoder is computed here: of the least-squares one, of each neuron the part of rank one. Theirs,
    with scales g * gamma^i + a * i + b, is trained by gradient descent through the network.

    Attributes:
        tied: Whether variables share their directions; they need the same values then.
        order: The variables in the order in which they are read, by name or place; by default always the one
            that is told best in the training trials.
    """

    tied: bool = True
    order: tuple[str | int, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what is no flag and no order.

        Raises:
            InputError: Where it is none.
        """
        flag(self.tied, "tied")
        if self.order is not None and not isinstance(self.order, (tuple, list)):
            raise InputError("order", repr(self.order), "give the variables in order, such as ('first', 'second')")

    def __call__(self, trials: Trials, times: list[int]) -> Located:
        """Find encoder and decoder, on the training trials.

        Returns:
            What ``fit`` takes. Its linear decoder, and with it edits by interchange, are those of least squares.

        Raises:
            InputError: Where a variable is a number, variables that share directions do not have the same values, a
                value is in no trial, or the order does not name each variable once.
        """
        states, labels = trials.samples(times)
        linear = least_squares(trials, times).memories
        self._check(trials)
        codes = [v.code for v in trials.variables]
        encoder = tied(linear.encoder, trials.slices, codes) if self.tied else linear.encoder
        centre = regression.centre(encoder, states, labels, linear.stored)
        left, layers = states - centre, []
        values = [(labels[:, at] @ code.T).argmax(axis=1) for at, code in zip(trials.slices, codes, strict=True)]
        self._check_values(trials, values)
        waiting = list(range(len(values))) if self.order is None else self._given(trials)
        while waiting:
            ahead = waiting if self.order is None else waiting[:1]
            decoders = {i: LinearDiscriminants.fit(left, values[i], len(codes[i])) for i in ahead}
            i = max(decoders, key=lambda i: float((decoders[i].scores(left).argmax(axis=1) == values[i]).mean()))
            layers.append(Layer(trials.slices[i], codes[i], decoders[i]))
            left = left - codes[i][values[i]] @ encoder[:, trials.slices[i]].T
            waiting.remove(i)
        return Located(Layers(encoder, linear.decoder, linear.stored, centre, tuple(layers)))

    def _check(self, trials: Trials) -> None:
        for v in trials.variables:
            if v.kind == CONTINUOUS:
                raise InputError("method", f"Onion on {v.name}, a number", "give it values to choose from, or another")
        if self.tied:
            for one, other in pairwise(trials.variables):
                if not np.array_equal(one.classes, other.classes):
                    shown = f"Onion on {one.name} and {other.name}, which do not have the same values"
                    raise InputError("method", shown, "give Onion(tied=False)")

    def _check_values(self, trials: Trials, values: list[Int[np.ndarray, " sample"]]) -> None:
        for v, value in zip(trials.variables, values, strict=True):
            if len(np.unique(value)) < len(v.classes):
                raise InputError(f"labels of {v.name}", "a value is in no trial to fit on", "give more trials")

    def _given(self, trials: Trials) -> list[int]:
        """The variables in the order that was asked for."""
        indices = trials.find(list(self.order or ()))
        if sorted(indices) != list(range(len(trials.variables))):
            raise InputError(
                "order", list(self.order or ()), f"name each of the {len(trials.variables)} variables once"
            )
        return indices


def magnitudes(
    encoder: Float[np.ndarray, "state number"], places: tuple[slice, ...], codes: list[np.ndarray]
) -> Float[np.ndarray, " variable"]:
    """How far each variable's values move a state: the root of the mean squared length of Psi_i v over its values."""
    return np.array(
        [np.sqrt(((encoder[:, at] @ code.T) ** 2).sum(axis=0).mean()) for at, code in zip(places, codes, strict=True)]
    )


def tied(
    encoder: Float[np.ndarray, "state number"], places: tuple[slice, ...], codes: list[np.ndarray]
) -> Float[np.ndarray, "state number"]:
    """The nearest encoder whose variables differ in magnitude alone, neuron by neuron: Psi_i v = s_i * e(v).

    Args:
        encoder: Psi.
        places: Of each variable's numbers in it.
        codes: Of each variable, the numbers of its values; all have as many.
    """
    moved = np.stack([encoder[:, at] @ code.T for at, code in zip(places, codes, strict=True)], axis=1)
    left, sizes, right = np.linalg.svd(moved, full_matrices=False)  # of each neuron, variables by values
    moved = left[..., :1] * sizes[:, None, :1] * right[:, :1]
    encoder = np.zeros(encoder.shape)
    for i, (at, code) in enumerate(zip(places, codes, strict=True)):
        encoder[:, at] = moved[:, i] @ np.linalg.pinv(code).T
    return encoder
