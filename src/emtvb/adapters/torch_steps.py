"""Steps of torch: its own layers and cells, and functions of tensors."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from emtvb.adapters.naming import named_in
from emtvb.adapters.steps import Form, Machine
from emtvb.core.arguments import as_numpy
from emtvb.errors import InputError

LAYERS = (nn.RNN, nn.GRU, nn.LSTM)
CELLS = (nn.RNNCell, nn.GRUCell, nn.LSTMCell)


class TorchMachine(Machine):
    """A step of torch's tensors.

    Args:
        form: What it makes steps of; a state that is a number or of one trial is made in the network's precision.
        example: The tensors of its state, of one trial.
    """

    def __init__(self, form: Form, example: Sequence[Any] = ()) -> None:
        self._roots = [item for item in named_in(*form.functions) if isinstance(item, nn.Module)]
        self._dtype, self._device = _dtype_and_device(self._roots, [*named_in(form.call), *example])
        self.is_half = self._dtype in (torch.half, torch.bfloat16)
        with self.quiet():
            super().__init__(form)

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Evaluation mode without gradients; the mode of each module comes back, and what its buffers held."""
        modes = [(module, module.training) for root in self._roots for module in root.modules()]
        buffers = [(buffer, buffer.clone()) for root in self._roots for buffer in root.buffers()]
        try:
            for root in self._roots:
                root.eval()
            with torch.no_grad():
                yield
        finally:
            for module, mode in modes:
                module.training = mode
            with torch.no_grad():
                for buffer, before in buffers:
                    buffer.copy_(before)

    @contextmanager
    def drawn_again(self) -> Iterator[None]:
        """Torch's random numbers go back to where they were, too."""
        with super().drawn_again(), torch.random.fork_rng([self._device] if self._device.type == "cuda" else []):
            yield

    def array(self, values: np.ndarray) -> Tensor:
        """A tensor in the network's precision and on its device."""
        return torch.tensor(np.ascontiguousarray(values), dtype=self._dtype, device=self._device)

    def flat_states(self, values: np.ndarray) -> Tensor:
        """A tensor on the network's device."""
        return torch.tensor(np.ascontiguousarray(values), device=self._device)

    def zeros(self, trials: int, n: int) -> Tensor:
        """Zeros in the network's precision."""
        return torch.zeros(trials, n, dtype=self._dtype, device=self._device)

    def repeated(self, array: Any, trials: int) -> Tensor:
        """A tensor of one trial for so many."""
        return torch.as_tensor(array, device=self._device).repeat_interleave(trials, dim=0)

    def ids(self, values: np.ndarray) -> Tensor:
        """Whole numbers, as an embedding takes them."""
        return torch.tensor(np.ascontiguousarray(values), dtype=torch.long, device=self._device)

    def stacked(self, arrays: list[Tensor]) -> np.ndarray:
        """On the CPU; half precision becomes single, which holds it."""
        stack = torch.stack(arrays).detach()
        return as_numpy(stack if stack.dtype in (torch.float32, torch.float64) else stack.float(), "network")

    def joined(self, arrays: list[Tensor]) -> Tensor:
        """Tensors beside each other."""
        return torch.cat(arrays, dim=1)

    def like(self, array: Tensor, example: Tensor) -> Tensor:
        """A tensor with the precision of another one, and on its device."""
        return array.to(example.device, example.dtype).contiguous()

    def checked(self, output: Any, name: str) -> Tensor:
        """What something of this name gave out: a tensor of real numbers."""
        if not isinstance(output, Tensor) or output.is_complex():
            given = output.dtype if isinstance(output, Tensor) else type(output).__name__
            raise InputError("network", f"{name} gives out {given}", "give out a tensor of real numbers")
        return output

    def jacobian(self, flat: np.ndarray, inputs: np.ndarray) -> np.ndarray | None:
        """By autograd, a row at a time for all trials; None where the step lets no gradient through."""
        with self.quiet(), torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            state = self.flat_states(flat).requires_grad_()
            _, new = self.step(self.array(inputs), self.nested(state))
            after = self.flat(new)
            if not after.requires_grad:
                return None
            rows = [
                torch.autograd.grad(after[:, i].sum(), state, retain_graph=True, materialize_grads=True)[0]
                for i in range(after.shape[1])
            ]
        return torch.stack(rows, dim=1).double().cpu().numpy()


def is_own(network: Any) -> bool:
    """Whether it is a layer or a cell of torch's."""
    return isinstance(network, (*LAYERS, *CELLS))


def own_form(network: Any, readout: Any, state: Any, whole: Any, batch_first: bool) -> Form:
    """A layer or a cell of torch's as a step, whose state has a part of each layer, ``0.h``, ``0.c``; of a cell ``h``.

    Args:
        network: It.
        readout: Of its output.
        state: Where it begins, as it takes it itself (a layer's: (layers, trials, hidden)): of one trial, or a function
            of the number of trials; None for zeros.
        whole: The network that it is in.
        batch_first: Whether that takes trials first.

    Raises:
        InputError: Where it is bidirectional, or its state is a number.
    """
    name = type(network).__name__
    if getattr(network, "bidirectional", False):
        remedy = "it has no state that a step could go on from; train a unidirectional one"
        raise InputError("network", f"a bidirectional {name}", remedy)
    if isinstance(state, (int, np.integer)):
        raise InputError("state", state, f"{name} begins with zeros by itself; leave it out")
    is_cell, is_lstm = isinstance(network, CELLS), isinstance(network, (nn.LSTM, nn.LSTMCell))
    places = [""] if is_cell else [f"{layer}." for layer in range(network.num_layers)]
    keys = [[place + letter for place in places] for letter in ("hc" if is_lstm else "h")]
    sizes = [getattr(network, "proj_size", 0) or network.hidden_size, network.hidden_size]
    axis = int(getattr(network, "batch_first", False))

    def as_parts(given: Any) -> dict[str, Tensor]:
        both = given if is_lstm else (given,)
        if not isinstance(both, (tuple, list)) or len(both) != len(keys):
            raise InputError("state", f"{type(given).__name__}", f"{name} takes (h, c)")
        layered = [array[None] if is_cell else array for array in both]
        return {key: array[i] for row, array in zip(keys, layered, strict=True) for i, key in enumerate(row)}

    def step(inputs: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        held = [torch.stack([state[key] for key in row]) for row in keys]
        held = [array[0] for array in held] if is_cell else held
        result = network(inputs if is_cell else inputs.unsqueeze(axis), tuple(held) if is_lstm else held[0])
        if is_cell:
            return (result[0] if is_lstm else result), as_parts(result)
        return result[0].squeeze(axis), as_parts(result[1])

    def begin(trials: int) -> dict[str, Tensor]:
        if state is None:
            weight = next(network.parameters())
            pairs = zip(keys, sizes, strict=False)
            return {key: weight.new_zeros(trials, size) for row, size in pairs for key in row}
        if callable(state):
            return as_parts(state(trials))
        along = 0 if is_cell else 1
        both = [torch.as_tensor(array) for array in (state if is_lstm else (state,))]
        wide = [array if array.dim() == 3 - is_cell else array.unsqueeze(along) for array in both]
        spread = tuple(array.repeat_interleave(trials, dim=along) for array in wide)
        return as_parts(spread if is_lstm else spread[0])

    return Form(name, step, begin, readout, whole, batch_first)


def _dtype_and_device(modules: list[nn.Module], given: list[Any]) -> tuple[torch.dtype | None, torch.device]:
    """Precision and device of a network: of its first parameter, buffer or tensor that is a real or complex number."""
    tensors = [tensor for module in modules for tensor in (*module.parameters(), *module.buffers())]
    for tensor in [*tensors, *(item for item in given if isinstance(item, Tensor))]:
        if tensor.is_floating_point() or tensor.is_complex():
            return tensor.real.dtype if tensor.is_complex() else tensor.dtype, tensor.device
    return torch.get_default_dtype(), torch.device("cpu")


def untrained_arguments(source: dict[str, Any], seed: int) -> dict[str, Any] | None:
    """Arguments of ``adapt`` with weights as they are before training; None of what is no module.

    Modules with ``reset_parameters`` draw theirs anew; other parameters get their own numbers in another order. A
    method of the network that makes its first state becomes that of the copy.
    """
    parts = [source[name] for name in ("network", "readout") if source[name] is not None]
    if not all(isinstance(part, nn.Module) for part in parts):
        return None
    copied = ("network", "readout", *(("state",) if inspect.ismethod(source["state"]) else ()))
    drawn = source | copy.deepcopy({name: source[name] for name in copied})
    with torch.random.fork_rng([]), torch.no_grad():
        torch.manual_seed(seed)
        modules = [drawn["network"], *([] if drawn["readout"] is None else [drawn["readout"]])]
        for module in (module for root in modules for module in root.modules()):
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
                continue
            for parameter in module.parameters(recurse=False):
                order = torch.randperm(parameter.numel()).to(parameter.device)
                parameter.copy_(parameter.flatten()[order].reshape(parameter.shape))
    return drawn
