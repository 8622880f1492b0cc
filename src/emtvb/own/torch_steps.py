"""Torch networks as steps: modules of torch's own, modules and functions with a step, modules that take sequences."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from emtvb.errors import InputError
from emtvb.own import states
from emtvb.own.noise import Counted, Mean
from emtvb.own.proof import TIME, TRIALS, Proved, UnprovedError, probe, prove, same_noise
from emtvb.own.steps import Count, check_made, check_rows, failed, named_in, read_out, starts
from emtvb.own.ways import Through, Way, first_tensor, ways, written


def input_dim(network: Any) -> int | None:
    """Numbers of an input, of a module of torch's own."""
    return network.input_size if isinstance(network, (nn.RNNBase, nn.RNNCellBase)) else None


class TorchMachine:
    """A step of torch tensors."""

    def __init__(self, network: Any, readout: Any, state: Any) -> None:
        self._name = getattr(network, "__name__", type(network).__name__)
        self._readout = readout
        self._modules = [item for item in [*named_in(network), readout] if isinstance(item, nn.Module)]
        if readout is not None and not isinstance(readout, nn.Module):
            self._modules += [item for item in named_in(readout) if isinstance(item, nn.Module)]
        self._dtype, self._device = _kind(self._modules, named_in(network))
        if self._device.type == "meta":
            raise InputError("network", "on torch's meta device", "it has no numbers there; load its weights first")
        self._network = network
        self._ways = list(ways(network, self._name))
        self._way: Way = self._ways[0]
        self._starts = starts(network, state, self._zeros, self._repeat)
        self._make = self._starts[0]
        self._is_given = state is not None
        self._width = 1

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Evaluation mode without gradients; the mode of each module comes back."""
        modes = [(module, module.training) for root in self._modules for module in root.modules()]
        try:
            for root in self._modules:
                root.eval()
            with torch.no_grad():
                yield
        finally:
            for module, mode in modes:
                module.training = mode

    def array(self, values: np.ndarray) -> Tensor:
        """A tensor in the network's precision and on its device."""
        return torch.tensor(np.ascontiguousarray(values), dtype=self._dtype, device=self._device)

    def numpy(self, arrays: list[Tensor]) -> np.ndarray:
        """The stack of them; half precision becomes single, which holds it."""
        stack = torch.stack(arrays).detach()
        return (stack if stack.dtype in (torch.float32, torch.float64) else stack.float()).cpu().numpy()

    @property
    def is_half(self) -> bool:
        """Whether it computes with half precision."""
        return self._dtype in (torch.half, torch.bfloat16)

    def is_complex(self, array: Tensor) -> bool:
        """Torch's word for it."""
        return torch.is_complex(array)

    def is_float(self, array: Tensor) -> bool:
        """Torch's word for it."""
        return torch.is_floating_point(array)

    def kept(self, array: Tensor) -> Tensor:
        """A copy: a step may write into what it gave out before."""
        return array.clone()

    @contextmanager
    def still(self, noisy: bool) -> Iterator[None]:
        """Random numbers are the same each time; those of a network with noise are their means."""
        with same_noise(self._network), self._forked(), Mean() if noisy else nullcontext():
            yield

    def _forked(self) -> AbstractContextManager[Any]:
        """Torch's random numbers go back to where they were."""
        return torch.random.fork_rng([self._device] if self._device.type == "cuda" else [])

    def settle(self, layout: list[states.Leaf]) -> None:
        """The precision of the state, where nothing else says it."""
        if self._dtype is None:
            self._dtype = layout[0].example.real.dtype

    def start(self, trials: int) -> Any:
        """What the network begins with; a network of whole sequences makes that itself, unless a state is given."""
        time = self._way.time
        shape = (
            [trials, self._width]
            if time is None
            else [1, trials, self._width]
            if time == 0
            else [trials, 1, self._width]
        )
        return self._way.begins(self._make, Count.of(trials, torch.Size(shape)), self._is_given)

    def step(self, inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One step, read out."""
        output, state = self._way(inputs, state)
        if self._readout is not None:
            output = read_out(self._readout, output, len(inputs))
        if not isinstance(output, Tensor):
            raise InputError("network", f"{self._name} gave out {type(output).__name__}", "its output must be a tensor")
        check_rows(output.shape, len(inputs))
        return output.reshape(len(inputs), -1), state

    def flat(self, state: Any, layout: list[states.Leaf]) -> Tensor:
        """Each tensor with its trials first, in a row."""
        rows = []
        for array, leaf in zip(states.leaves(state), layout, strict=True):
            row = array.movedim(leaf.axis, 0).flatten(1) if array.dim() > 1 else array[:, None]
            rows.append(torch.cat([row.real, row.imag], dim=1) if leaf.is_complex else row)
        return torch.cat(rows, dim=1)

    def nested(self, flat: Tensor, layout: list[states.Leaf]) -> list[Tensor]:
        """The inverse; each tensor in its own precision, on its own device."""
        arrays = []
        for leaf, row in zip(layout, flat.split([leaf.size for leaf in layout], dim=1), strict=True):
            if leaf.is_complex:
                row = torch.complex(*row.float().chunk(2, dim=1) if row.dtype == torch.half else row.chunk(2, dim=1))
            array = row.reshape(len(flat), *leaf.shape).movedim(0, leaf.axis)
            arrays.append(array.to(leaf.example.device, leaf.example.dtype).contiguous())
        return arrays

    def learn(self, width: int, first: np.ndarray | None) -> Proved:
        """The first way of calling the network, and of beginning, that is proved; else what the closest one lacks."""
        closest: tuple[tuple[int, int], Way, InputError] | None = None
        self._width = width
        for inputs in probe(width, first):
            for way in self._ways:
                for make in self._starts:
                    self._way, self._make = way, make
                    fault: InputError
                    try:
                        with Counted() as counted, warnings.catch_warnings():
                            warnings.simplefilter("ignore")  # of ways that are tried in vain
                            return self._proved(inputs)
                    except UnprovedError as unproved:
                        stage, fault = 2 + unproved.passed, unproved
                    except InputError as other:
                        stage, fault = -1 if way.is_guess else 0, other
                    except Exception as raised:
                        stage, fault = 0, failed(self._name, (TRIALS, width), raised, self._is_given)
                    stage = min(stage, -1) if way.must_be_shown else stage
                    if closest is None or (stage, counted.count) > closest[0]:
                        closest = (stage, counted.count), way, fault
        assert closest is not None
        self._way, self._make = self._ways[0], self._starts[0]
        _, way, error = closest
        if self._is_given and error.what == "network" and not isinstance(error, UnprovedError):
            self._check_start(width, error)
        if way.name_of_step is not None:
            raise InputError(error.what, str(error.value), f"{error.remedy}: {written(self._network, way)}") from None
        raise error

    def _check_start(self, width: int, error: InputError) -> None:
        """Raise InputError where it was the state given for which a step failed, and not the network."""
        check_made(self._make, (width,), self.is_complex, self.is_float)
        if isinstance(self._network, (nn.RNNBase, nn.RNNCellBase)) and self._network.input_size == width:
            remedy = (
                "leave it out, and it begins with zeros; or give a function of the number of trials to what it takes"
            )
            raise InputError("state", str(error.value), remedy)

    def _proved(self, inputs: np.ndarray) -> Proved:
        """What is proved of the way of the moment."""
        if self._is_given and isinstance(self._way, Through):  # from where it begins itself, then from where it is told
            self._is_given = False
            try:
                prove(self, self._name, inputs)
            finally:
                self._is_given = True
        return prove(self, self._name, inputs)

    def at_once(self, inputs: np.ndarray, noisy: bool) -> list[np.ndarray]:
        """The network's own outputs for this sequence, in the orders of time and trials that it can be called in."""
        outputs: list[np.ndarray] = []
        if self._is_given and isinstance(self._way, Through):
            return outputs
        for axis, call in self._way.whole_sequences(self._network, self._make):
            with same_noise(self._network), self._forked(), Mean() if noisy else nullcontext():
                shown = self._at_once(call, self.array(inputs if axis == 0 else inputs.swapaxes(0, 1)))
                if shown is None:
                    continue
                if self._way.time is None and not self._is_sequence(call, inputs, axis, shown):
                    continue
            outputs.append(shown)
        if not outputs and self._way.must_be_shown:
            raise InputError("network", f"{self._name} gives nothing to hold its step to", "adapt its step by hand")
        return outputs

    def _at_once(self, call: Any, sequence: Tensor) -> np.ndarray | None:
        try:
            shown = first_tensor(call(sequence))
            shown = shown if self._readout is None or shown is None else self._readout(shown)
        except Exception:  # whatever it raises: it cannot be called so
            return None
        return None if shown is None or shown.dim() < 2 else self.numpy([shown])[0]

    def _is_sequence(self, call: Any, inputs: np.ndarray, axis: int, shown: np.ndarray) -> bool:
        """Whether this axis is that of time: what is changed early is seen late, and in its own trial alone."""
        moved = inputs.copy()
        moved[0, 1] = inputs[1, 2]
        changed = self._at_once(call, self.array(moved if axis == 0 else moved.swapaxes(0, 1)))
        if changed is None or shown.shape[:2] != self._order(axis):
            return False
        differs = (changed != shown).reshape(*shown.shape[:2], -1).any(axis=2)
        differs = differs if axis == 0 else differs.T
        return bool(differs[1:, 1].any() and not differs[:, [0, 2]].any())

    def _order(self, axis: int) -> tuple[int, int]:
        return (TIME, TRIALS) if axis == 0 else (TRIALS, TIME)

    def jacobian(
        self, flat: np.ndarray, inputs: np.ndarray, example: Any, layout: list[states.Leaf]
    ) -> np.ndarray | None:
        """By autograd, a row at a time for all trials; None where the step lets no gradient through."""
        with self.quiet(), torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            state = self.array(flat).requires_grad_()
            _, new = self.step(self.array(inputs), states.rebuilt(example, self.nested(state, layout)))
            after = self.flat(new, layout)
            if not after.requires_grad:
                return None
            rows = [
                torch.autograd.grad(after[:, i].sum(), state, retain_graph=True, materialize_grads=True)[0]
                for i in range(after.shape[1])
            ]
        return torch.stack(rows, dim=1).double().cpu().numpy()

    def _zeros(self, trials: int, n: int) -> Tensor:
        return torch.zeros(trials, n, dtype=self._dtype, device=self._device)

    def _repeat(self, array: Any, trials: int) -> Tensor:
        one = torch.as_tensor(array, device=self._device)
        one = one[None] if one.dim() < 2 else one
        return one.repeat_interleave(trials, dim=0)


def _kind(modules: list[nn.Module], given: list[Any]) -> tuple[torch.dtype | None, torch.device]:
    """Precision and device of a network: of its first parameter, buffer or tensor that is a real or complex number."""
    tensors = [tensor for module in modules for tensor in (*module.parameters(), *module.buffers())]
    for tensor in [*tensors, *(item for item in given if isinstance(item, Tensor))]:
        if tensor.is_floating_point() or tensor.is_complex():
            return tensor.real.dtype if tensor.is_complex() else tensor.dtype, tensor.device
    return torch.get_default_dtype(), torch.device("cpu")


def untrained(network: Any, readout: Any, seed: int) -> tuple[Any, Any] | None:
    """A copy of a module and its readout with weights as they are before training; None of what is no module.

    Modules with ``reset_parameters`` draw theirs anew; other parameters get their own numbers in another order.
    """
    if not isinstance(network, nn.Module) or not (readout is None or isinstance(readout, nn.Module)):
        return None
    drawn = copy.deepcopy((network, readout))
    with torch.random.fork_rng([]), torch.no_grad():
        torch.manual_seed(seed)
        for module in (module for part in drawn if part is not None for module in part.modules()):
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
                continue
            for parameter in module.parameters(recurse=False):
                order = torch.randperm(parameter.numel()).to(parameter.device)
                parameter.copy_(parameter.flatten()[order].reshape(parameter.shape))
    return drawn
