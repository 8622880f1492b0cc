"""Torch networks as steps: modules of torch's own, modules and functions with a step, modules that take sequences."""

from __future__ import annotations

import copy
import itertools
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from emtvb.adapters import states
from emtvb.adapters.calls import PAIR, Call, OfTorch, Through, Way, first_tensor, ways, written
from emtvb.adapters.input_orders import check_order
from emtvb.adapters.noise import Counted, Mean
from emtvb.adapters.proof import (
    NOTHING,
    TIME,
    TRIALS,
    WHOLE,
    Proved,
    UnprovedError,
    differ,
    probe,
    prove,
    same_noise,
    unproved,
)
from emtvb.adapters.steps import Count, Maker, Passes, check_made, check_rows, failed, named_in, read_out, starts
from emtvb.errors import InputError


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
        self._calls: list[tuple[int, Any]] = []
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
        """Random numbers are the same each time; those of a network with noise are their means; in whole precision."""
        with same_noise(self._network), self._forked(), self._precise(), Mean() if noisy else nullcontext():
            yield

    def _precise(self) -> AbstractContextManager[Any]:
        """On a GPU cuDNN rounds products to ten bits by default: steps and whole sequences would differ."""
        if self._device.type != "cuda":
            return nullcontext()
        cudnn = torch.backends.cudnn
        return cudnn.flags(cudnn.enabled, cudnn.benchmark, deterministic=cudnn.deterministic, allow_tf32=False)

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
        """The first way of calling the network, and of beginning, that is proved; else what the closest one lacks.

        A way whose steps are those of the network's own pass is taken at once. Where there is no such pass, all ways
        that are proved must give the same.
        """
        closest: tuple[tuple[int, int], Way, InputError] | None = None
        self._width = width
        for inputs in probe(width, first):
            found: list[tuple[Way, Maker, Proved]] = []
            runs = differs = False
            for way, make in itertools.product(self._ways, self._starts):
                if runs and isinstance(way, Call) and way.is_mapped:
                    continue  # it takes many trials: what it does with them is no mistake in how it is called
                self._way, self._make, self._calls = way, make, []
                fault: InputError
                try:
                    with Counted() as counted, self.still(False), warnings.catch_warnings():
                        warnings.simplefilter("ignore")  # of ways that are tried in vain
                        proved = self._proved(inputs)
                    if proved.whole or isinstance(way, OfTorch):
                        return proved
                    found.append((way, make, proved))
                    runs = runs or way.time is None
                    continue
                except UnprovedError as shown:
                    stage, fault, counted.count = 2 + shown.passed, shown, 0
                    runs = runs or way.time is None
                    differs = differs or (shown.passed >= WHOLE and isinstance(way, Call) and not way.must_be_shown)
                except InputError as other:
                    stage, fault = -1 if way.is_guess else 0, other
                except Exception as raised:
                    stage, fault = 0, failed(self._name, (TRIALS, width), raised, self._is_given)
                stage = min(stage, -1) if way.must_be_shown else stage
                if closest is None or (stage, counted.count) > closest[0]:
                    closest = (stage, counted.count), way, fault
            if found and not differs:
                return self._agreed(found, inputs)
        assert closest is not None
        self._way, self._make, self._calls = self._ways[0], self._starts[0], []
        (stage, _), way, error = closest
        if self._is_given and error.what == "network" and not isinstance(error, UnprovedError):
            self._check_start(width, error)
        if way.name_of_step is not None:
            line = written(self._network, way, stage >= 2 + WHOLE, getattr(error, "count", 2))
            raise InputError(error.what, str(error.value), f"{error.remedy}: {line}") from None
        raise error

    def _agreed(self, found: list[tuple[Way, Maker, Proved]], inputs: np.ndarray) -> Proved:
        """What was proved, where nothing but the ways themselves says how the network is called.

        Raises:
            InputError: Where they do not agree, or one can be read in another order.
        """
        self._calls = []
        self._way, self._make, proved = found[0]
        way = self._way
        if any(differ(proved, other) for _, _, other in found[1:]):
            shown = f"{self._name} can be run in {len(found)} ways that do not give the same"
            line = written(self._network, None)
            raise InputError("network", shown, f"nothing tells which is meant; adapt its step by hand: {line}")
        if isinstance(way, Call) and way.reads == PAIR:

            def prove_read(read: Any) -> Proved:
                assert isinstance(way, Call)
                self._way = replace(way, call=read)
                with self.still(False), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    return prove(self, self._name, inputs, must_remember=True)

            names = way.words if way.word is None else ("input", "state")
            try:
                check_order(way.call, names, self._name, "torch.zeros", proved, prove_read)
            finally:
                self._way = way
        return proved

    def _check_start(self, width: int, error: InputError) -> None:
        """Raise InputError where it was the state given for which a step failed, and not the network."""
        check_made(self._make, (width,), self.is_complex, self.is_float)
        if isinstance(self._way, OfTorch) and self._network.input_size == width:
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
            return replace(prove(self, self._name, inputs), whole=True)
        return prove(self, self._name, inputs)

    def at_once(self, inputs: np.ndarray, noisy: bool) -> list[np.ndarray]:
        """The network's own outputs for this sequence, in the orders of time and trials that it can be called in."""
        if self._is_given and isinstance(self._way, Through):
            return []
        self._calls = []
        outputs = []
        for axis, call in self._way.whole_sequences(self._network, self._make):
            shown = self._tried(call, axis, inputs, noisy, self._way.time is not None)
            if shown is not None:
                self._calls.append((axis, call))
                outputs.append(shown)
        if not outputs and (self._way.must_be_shown or isinstance(self._way, Through)):
            shown_to = f"{self._name} gives nothing for a whole sequence that its steps could be held to"
            raise unproved("network", shown_to, "adapt its step by hand", NOTHING)
        return outputs

    def passes(self, width: int) -> Passes:
        """The network's own pass, if steps were held to one; that of the one module that a step function names."""
        if isinstance(self._way, OfTorch) and self._way.time is None:
            return Passes("torch's own cell")
        if self._calls:
            return Passes("its own pass", tuple(self._whole(*call) for call in self._calls))
        held = {id(part) for root in self._modules for part in root.modules() if part is not root}
        roots = {id(root): root for root in named_in(self._network) if isinstance(root, nn.Module)}
        roots = {key: root for key, root in roots.items() if key not in held and root is not self._readout}
        if isinstance(self._network, nn.Module) or len(roots) != 1:
            return Passes()
        (root,) = roots.values()
        inputs = next(probe(width, None))
        found = [axis for axis in (0, 1) if self._tried(root, axis, inputs, True, False) is not None]
        name = f"the own pass of {type(root).__name__}"
        return Passes(name, tuple(self._whole(axis, root) for axis in found), False) if found else Passes()

    @contextmanager
    def beginning(self) -> Iterator[bool]:
        """A network of whole sequences begins where it does by itself; whether that is elsewhere than it was told."""
        given, elsewhere = self._is_given, self._is_given and isinstance(self._way, Through)
        self._is_given = given and not elsewhere
        try:
            yield elsewhere
        finally:
            self._is_given = given

    def _whole(self, axis: int, call: Any) -> Callable[[np.ndarray, bool], np.ndarray]:
        """A call on sequences whose time is this axis, as a function of numpy's arrays."""

        def whole(inputs: np.ndarray, noisy: bool) -> np.ndarray:
            with self.still(noisy):
                output = first_tensor(call(self.array(inputs if axis == 0 else inputs.swapaxes(0, 1))))
                if self._readout is not None and output.dim() > 2:  # as it is called after each step
                    output = torch.stack([self._readout(part) for part in output.unbind(axis)], axis)
                elif self._readout is not None:
                    output = self._readout(output)
                return self.numpy([output])[0]

        return whole

    def _tried(self, call: Any, axis: int, inputs: np.ndarray, noisy: bool, is_known: bool) -> np.ndarray | None:
        """What a call gives for a sequence; None where it cannot be called so, or this is not its axis of time.

        What is changed early must be seen late, and in its own trial alone: a step may well run on many steps at once.
        """
        whole = self._whole(axis, call)
        try:
            shown = whole(inputs, noisy)
            if is_known and (shown.shape[:2] != self._order(axis) or not isinstance(self._way, Call)):
                return shown if shown.ndim > 1 else None
            moved = inputs.copy()
            moved[0, 1] = inputs[1, 2]
            changed = whole(moved, noisy)
        except Exception:  # whatever it raises: it cannot be called so
            return None
        if shown.ndim < 2 or shown.shape[:2] != self._order(axis):
            return None
        differs = (changed != shown).reshape(*shown.shape[:2], -1).any(axis=2)
        differs = differs if axis == 0 else differs.T
        return shown if differs[1:, 1].any() and not differs[:, [0, 2]].any() else None

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
