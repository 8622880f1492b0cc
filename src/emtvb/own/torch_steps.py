"""Torch networks as steps: modules of torch's own, modules and functions with a step, modules that take sequences."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from emtvb.errors import InputError
from emtvb.own import states
from emtvb.own.steps import check_rows, failed, maker, named_in, unpacked

Step = Callable[[Tensor, Any], tuple[Tensor, Any]]

_STATE_NAME = re.compile(
    r"_*(h|c|s|z|hx|hc|h_?0|state|hidden|memory|carry|cache|latent|prev|last|init)s?(_.*|\d*)", re.IGNORECASE
)
"""How a second argument of ``forward`` is called where it is a state, if it may be left out."""


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
        self._make, self._is_given = maker(network, state, self._zeros, self._repeat), state is not None
        self._ways = list(_ways(network, self._name))
        self._step: Step = self._ways[0]

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

    def start(self, trials: int) -> Any:
        """What the network begins with; a network of whole sequences makes that itself, unless a state is given."""
        if not isinstance(self._step, _Through):
            return self._make(trials)
        if not self._is_given:
            return None
        state = self._make(trials)
        return (state,) if len(self._step.parts) == 1 else state

    def step(self, inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One step, read out."""
        output, state = self._step(inputs, state)
        if self._readout is not None:
            output = self._readout(output)
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

    def learn(self, example: np.ndarray) -> tuple[Any, list[states.Leaf]]:
        """The first way of calling the network that keeps trials apart, found by steps of two and of three trials."""
        first_error: InputError | None = None
        for way in self._ways:
            self._step = way
            try:
                learned = self._tried(example.size)
            except InputError as error:
                first_error = first_error or error
            except Exception as error:
                first_error = first_error or failed(self._name, (2, example.size), error)
            else:
                self._check_causal(example.size)
                return learned
        assert first_error is not None
        raise first_error

    def _tried(self, input_dim: int) -> tuple[Any, list[states.Leaf]]:
        found = []
        for trials in (2, 3):
            inputs = self.array(np.zeros((trials, input_dim)))
            _, state = self.step(inputs, self.start(trials))
            _, state = self.step(inputs, state)
            found.append(state)
        layout = states.layout(found[0], found[1], torch.is_complex, torch.is_floating_point)
        if self._dtype is None:
            self._dtype = layout[0].example.real.dtype
        return found[0], layout

    def _check_causal(self, input_dim: int) -> None:
        """Raise InputError where three steps at once do not give what they give one by one.

        So it is where a network looks ahead, or keeps something from step to step that is not in its state.
        """
        way = self._step
        if not isinstance(way, (_Call, _Through)) or way.time is None:
            return
        begin = None if isinstance(way, _Through) else self.start(2)
        u, state, every = self.array(np.random.default_rng(0).normal(size=(3, 2, input_dim))), begin, []
        for one in u:
            output, state = way(one, state)
            every.append(output.reshape(2, -1))
        try:
            whole = way.whole(u if way.time == 0 else u.transpose(0, 1), begin)
            whole = whole if way.time == 0 else whole.transpose(0, 1)
        except (RuntimeError, ValueError, TypeError, IndexError):  # it takes single steps only
            return
        steps = torch.stack(every)
        if whole.shape[:2] != steps.shape[:2] or whole[0].numel() != steps[0].numel():  # such as the last step alone
            return
        near = 1e-2 if steps.dtype in (torch.half, torch.bfloat16) else 1e-4
        if not torch.allclose(whole.reshape(steps.shape), steps, rtol=near, atol=near):
            remedy = "it looks at several steps at once, or keeps what is not in its state; adapt its step by hand"
            raise InputError("network", f"{self._name} does not give step by step what it gives at once", remedy)

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


def _ways(network: Any, name: str) -> Iterator[Step]:
    """Ways to call a network for one step, the likeliest first.

    Raises:
        InputError: Where there is none.
    """
    if isinstance(network, nn.RNNBase):
        _check_forward(network)
        yield partial(_of_layers, network)
        return
    if isinstance(network, nn.RNNCellBase):
        yield partial(_of_cell, network)
        return
    step = getattr(network, "step", None)
    has_step = isinstance(network, nn.Module) and callable(step) and _takes_state(step)
    if has_step:
        yield from (_Call(step, time, name) for time in (None, 0, 1))
    # A scripted module hides its forward; it is called either way.
    forward = getattr(network, "forward", network) if isinstance(network, nn.Module) else network
    if _takes_state(forward):
        yield from (_Call(network, time, name) for time in (None, 0, 1))
    parts = _recurrent_parts(network) if isinstance(network, nn.Module) else []
    if parts:
        yield from (_Through(network, time, parts) for time in (0, 1, None))
    elif not has_step and not _takes_state(forward):
        remedy = (
            "its state cannot be found: it takes no state, and has no torch.nn.RNN, GRU, LSTM or cell inside; adapt a "
            "function (input, state) -> (output, state)"
        )
        raise InputError("network", name, remedy)


def _one_step(inputs: Tensor, time: int | None) -> Tensor:
    """Inputs (trials, inputs) as a sequence of one step, whose axis of time is this; as they are without."""
    return inputs if time is None else inputs.unsqueeze(time)


@dataclass(frozen=True, eq=False)
class _Call:
    """A network that takes its state and gives it back.

    Attributes:
        call: (input, state) -> (output, state).
        time: The axis of time of its sequences; None where it takes single steps.
        name: What it is called.
    """

    call: Any
    time: int | None
    name: str

    def __call__(self, inputs: Tensor, state: Any) -> tuple[Any, Any]:
        return unpacked(self.call(_one_step(inputs, self.time), state), self.name)

    def whole(self, sequence: Tensor, state: Any) -> Tensor:
        """The outputs of a whole sequence."""
        return unpacked(self.call(sequence, state), self.name)[0]


@dataclass(frozen=True, eq=False)
class _Through:
    """A network of whole sequences, whose recurrent parts are handed their states, and asked for them.

    Attributes:
        network: It.
        time: The axis of time of its sequences.
        parts: Its recurrent modules, each called once a pass.
    """

    network: nn.Module
    time: int | None
    parts: list[nn.Module]

    def __call__(self, inputs: Tensor, state: Any) -> tuple[Any, Any]:
        found: dict[int, Any] = {}

        def hand_over(at: int, _: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict] | None:
            if state is None:
                return None
            return ((args[0] if args else kwargs["input"]), state[at]), {}

        def ask(at: int, module: nn.Module, _: tuple, result: Any) -> None:
            if at in found:
                raise InputError("network", f"calls its {type(module).__name__} twice a step", "adapt its step by hand")
            found[at] = result[1] if isinstance(module, nn.RNNBase) else result

        with ExitStack() as hooks:
            for at, part in enumerate(self.parts):
                before = part.register_forward_pre_hook(partial(hand_over, at), with_kwargs=True, prepend=True)
                hooks.callback(before.remove)
                hooks.callback(part.register_forward_hook(partial(ask, at)).remove)
            output = _first(self.network(_one_step(inputs, self.time)))
        if len(found) < len(self.parts):
            used = f"used {len(found)} of its {len(self.parts)} recurrent parts"
            raise InputError("network", used, "adapt its step by hand")
        return output, tuple(found[at] for at in range(len(self.parts)))

    def whole(self, sequence: Tensor, _: Any) -> Tensor:
        """The outputs of a whole sequence."""
        return _first(self.network(sequence))


def _first(output: Any) -> Any:
    return output[0] if isinstance(output, (tuple, list)) and output else output


def _takes_state(function: Any) -> bool:
    """Whether a function takes an input and a state: two arguments that it needs, or a second of such a name."""
    try:
        every = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return True
    places = [p for p in every if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(places) < 2:
        return any(p.kind is p.VAR_POSITIONAL for p in every)
    return places[1].default is inspect.Parameter.empty or bool(_STATE_NAME.fullmatch(places[1].name))


def _of_layers(network: nn.RNNBase, inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
    """A sequence of length 1 through torch.nn.RNN, GRU or LSTM."""
    time = 1 if network.batch_first else 0
    output, state = network(inputs.unsqueeze(time), state)
    return output.squeeze(time), state


def _of_cell(cell: nn.RNNCellBase, inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
    state = cell(inputs, state)
    return (state[0] if isinstance(state, tuple) else state), state


def _recurrent_parts(network: nn.Module) -> list[nn.Module]:
    found = (module for module in network.modules() if isinstance(module, (nn.RNNBase, nn.RNNCellBase)))
    parts: list[nn.Module] = list(found)
    for part in parts:
        _check_forward(part)
    return parts


def _check_forward(part: nn.Module) -> None:
    if getattr(part, "bidirectional", False):
        remedy = "it has no state that runs forward; adapt one direction"
        raise InputError("network", f"a bidirectional {type(part).__name__}", remedy)
