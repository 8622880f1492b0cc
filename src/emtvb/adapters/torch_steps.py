"""Torch networks as steps: modules of torch's own, modules and functions with a step, modules that take sequences."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from emtvb.adapters import remedies, states
from emtvb.adapters.input_orders import check_order
from emtvb.adapters.noise import Mean
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
    same,
    same_noise,
    unproved,
)
from emtvb.adapters.signatures import ALONE, PAIR, Call, Through, Way, is_torchs, user_classes, ways
from emtvb.adapters.steps import (
    Machine,
    OutputError,
    Passes,
    arguments,
    check_start,
    failed,
    named_in,
    selected,
)
from emtvb.errors import InputError


def input_dim(network: Any) -> int | None:
    """Numbers of an input, of a module of torch's own."""
    return network.input_size if isinstance(network, (nn.RNNBase, nn.RNNCellBase)) else None


class TorchMachine(Machine):
    """A step of torch tensors.

    Args:
        network: A module, or a step function.
        readout: Of its output; None for none.
        state: Where it begins, as ``adapt`` is given it.
        step: Names of the methods or modules in it that hold its state; None where it says so itself.
        output: Which of several outputs is taken.
        suggests: Whether a refusal looks for the line that works.
    """

    def __init__(
        self,
        network: Any,
        readout: Any,
        state: Any,
        step: str | Sequence[str] | None,
        output: str | int | None,
        suggests: bool = True,
    ) -> None:
        super().__init__(network, readout, state, output)
        self._modules = [item for item in [*named_in(network), readout] if isinstance(item, nn.Module)]
        if readout is not None and not isinstance(readout, nn.Module):
            self._modules += [item for item in named_in(readout) if isinstance(item, nn.Module)]
        self._dtype, self._device = _kind(self._modules, named_in(network))
        self.is_half = self._dtype in (torch.half, torch.bfloat16)
        if self._device.type == "meta":
            raise InputError("network", "on torch's meta device", "it has no numbers there; load its weights first")
        self._ways = ways(network, step, self._name)
        if not self._ways and not isinstance(network, nn.Module):
            remedy = "it must take (input, state), and return (output, state)"
            raise InputError("network", f"{self._name}, which takes no state", remedy)
        self._suggests = suggests
        self._calls: list[tuple[int, Any]] = []
        self._takes_ids = False

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

    def zeros(self, trials: int, n: int) -> Tensor:
        """In the network's precision and on its device."""
        return torch.zeros(trials, n, dtype=self._dtype, device=self._device)

    def repeated(self, array: Any, trials: int) -> Tensor:
        """Along the first axis, on the network's device."""
        tensor = torch.as_tensor(array, device=self._device)
        return (tensor[None] if tensor.dim() < 2 else tensor).repeat_interleave(trials, dim=0)

    def inputs(self, values: np.ndarray) -> Tensor:
        """Inputs likewise; of a network that begins with an embedding the ids, without the last axis."""
        if not self._takes_ids:
            return self.array(values)
        if (values % 1).any():
            raise InputError("inputs", "not all of them whole numbers", f"{self._name} takes ids: its embedding's rows")
        return torch.tensor(np.ascontiguousarray(values[..., 0]), dtype=torch.long, device=self._device)

    def numpy(self, arrays: list[Tensor]) -> np.ndarray:
        """The stack of them; half precision becomes single, which holds it."""
        stack = torch.stack(arrays).detach()
        return (stack if stack.dtype in (torch.float32, torch.float64) else stack.float()).cpu().numpy()

    def kept(self, array: Tensor) -> Tensor:
        """A copy: a step may write into what it gave out before."""
        return array.clone()

    @contextmanager
    def still(self, noisy: bool) -> Iterator[None]:
        """Random numbers are the same each time; those of a network with noise are their means; in whole precision."""
        with same_noise(self.network), self._forked(), self._precise(), Mean() if noisy else nullcontext():
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

    def start(self, trials: int) -> Any:
        """What the network begins with; a network of whole sequences makes that itself, unless a state is given."""
        if not isinstance(self._way, Through):
            return self._make(trials)
        if not self._is_given:
            return None
        return (self._make(trials),) if len(self._way.parts) == 1 else self._make(trials)

    def call(self, inputs: Tensor, state: Any) -> tuple[Any, Any]:
        """In the way of the moment."""
        return self._way(inputs, state)

    def checked(self, output: Any, state: Any) -> Tensor:  # noqa: ARG002
        """A tensor."""
        if not isinstance(output, Tensor):
            raise InputError("network", f"{self._name} gave out {type(output).__name__}", "its output must be a tensor")
        return output

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
        """The first way of calling the network that is proved; else what the closest one lacks.

        A way whose steps are those of the network's own pass is taken at once. Where there is no such pass, all ways
        that are proved must give the same.
        """
        before = [(vars(part), dict(vars(part))) for root in self._modules for part in root.modules()]
        closest = -9, InputError("network", f"{self._name}, which does not say what its state is", "")
        for are_ids, inputs in self._probes(width, first):
            self._takes_ids = are_ids
            found: list[tuple[Way, Proved]] = []
            runs = differs = False
            for way in self._ways:
                if runs and isinstance(way, Call) and way.is_mapped:
                    continue  # it takes many trials: what it does with them is no mistake in how it is called
                self._way, self._calls = way, []
                fault: InputError
                try:
                    with self.still(False), warnings.catch_warnings():
                        warnings.simplefilter("ignore")  # of ways that are tried in vain
                        proved = self._proved(inputs)
                    if proved.whole or is_torchs(self.network):
                        return proved
                    found.append((way, proved))
                    runs = runs or way.time is None
                    continue
                except OutputError:
                    raise
                except UnprovedError as shown:
                    stage, fault = 2 + shown.passed, shown
                    runs = runs or way.time is None
                    differs = differs or (shown.passed >= WHOLE and isinstance(way, Call))
                except InputError as other:
                    stage, fault = 0 if getattr(way, "reads", PAIR) == PAIR else -1, other
                except Exception as raised:
                    stage, fault = 0, failed(self._name, (TRIALS, width), raised, self._is_given)
                if stage > closest[0]:
                    closest = stage, fault
            if found and not differs:
                return self._agreed(found, inputs)
        self._takes_ids = False
        raise self._refused(*closest, width, before)

    def _probes(self, width: int, first: np.ndarray | None) -> Iterator[tuple[bool, np.ndarray]]:
        """Inputs to try the network on, and whether they are ids, which an embedding in it may take."""
        for inputs in probe(width, first):
            yield False, inputs
        embeddings = [part for root in self._modules for part in root.modules() if isinstance(part, nn.Embedding)]
        if width == 1 and embeddings:
            most = min(part.num_embeddings for part in embeddings)
            ids = np.random.default_rng(0).permutation(TIME * TRIALS).reshape(TIME, TRIALS, 1) % most
            ids[1, 2] = (ids[0, 1] + 1) % most
            yield False, ids.astype(np.float64)
            yield True, ids.astype(np.float64)

    def _refused(self, stage: int, error: InputError, width: int, before: list[tuple[dict, dict]]) -> InputError:
        """What the closest way lacks, with the line that works, if one is found.

        Args:
            stage: How close it came.
            error: What it lacks.
            width: Numbers of an input.
            before: The modules' attributes, and what they were: whatever was kept in them from run to run is gone.
        """
        if self._is_given and error.what == "network" and not isinstance(error, UnprovedError):
            self._check_start(width, error)
        if not self._suggests or not isinstance(self.network, nn.Module) or error.what == "readout":
            return error

        def restored() -> None:
            for attributes, values in before:
                attributes.clear()
                attributes.update(values)

        def tried(
            network: Any, readout: Any = None, *, state: Any = None, step: Any = None, output: Any = None
        ) -> tuple[Any, Proved]:
            restored()
            machine = TorchMachine(network, readout, state, step, output, suggests=False)
            if step not in (None, "step"):  # a method may do anything: only those that the network calls are watched
                machine._ways = [way for way in machine._ways if isinstance(way, Through)]
            return machine, machine.learn(width, None)

        restored()
        ones = self.array(np.ones((TRIALS, width)))
        line = remedies.working_line(self.network, self._readout, self._output, ones, tried, restored)
        restored()
        reason = f"{error.remedy}; " if error.remedy and (line is None or isinstance(error, UnprovedError)) else ""
        if line is None:
            line = remedies.BY_HAND_WHOLE if stage >= 2 + WHOLE else f"{remedies.BY_NAME}: {remedies.BY_HAND}"
        return InputError(error.what, str(error.value), f"{reason}write {line}")

    def _agreed(self, found: list[tuple[Way, Proved]], inputs: np.ndarray) -> Proved:
        """What was proved, where nothing but the ways themselves says how the network is called.

        Raises:
            InputError: Where they do not agree, or one can be read in another order.
        """
        self._calls = []
        self._way, proved = found[0]
        way = self._way
        assert isinstance(way, Call)
        if any(differ(proved, other) for _, other in found[1:]):
            shown = f"{self._name} can be run in {len(found)} ways that do not give the same"
            remedy = f"nothing tells which is meant; write {remedies.BY_HAND}"
            raise InputError("network", shown, remedy)
        if way.reads == PAIR:

            def prove_read(read: Any) -> Proved:
                self._way = replace(way, call=read)
                with self.still(False), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    return prove(self, self._name, inputs, must_remember=True)

            names = arguments(getattr(way.call, "forward", way.call))
            try:
                check_order(way.call, names, self._name, "torch.zeros", proved, prove_read)
            finally:
                self._way = way
        if not isinstance(self.network, nn.Module):
            self._check_modules(inputs)
        return proved

    def _check_modules(self, inputs: np.ndarray) -> None:
        """Raise InputError where a step function calls a module on sequences of one step, which it treats otherwise.

        Such as a module that counts the steps of its sequence: for each of them it gives what it gives for a first one.
        """
        modules = [part for root in self._modules for part in root.modules() if user_classes(part)]
        for module in dict.fromkeys(modules):
            calls: list[tuple[tuple, dict, Any]] = []
            hook = module.register_forward_hook(
                lambda _, args, kwargs, result, calls=calls: calls.append((args, kwargs, result)), with_kwargs=True
            )
            try:
                with self.still(True):
                    state = self.start(TRIALS)
                    for u in inputs:
                        _, state = self.step(self.inputs(u), state)
            finally:
                hook.remove()
            sequences = [args[0] for args, _, _ in calls if args and isinstance(args[0], Tensor) and args[0].dim() > 2]
            axes = [axis for axis in (0, 1) if len(sequences) == TIME and sequences[0].shape[axis] == 1]
            if not axes:
                continue
            (_, *more), words, _ = calls[0]
            given = [states.leaves(result)[0] for _, _, result in calls]
            try:
                with self.still(True):
                    whole = states.leaves(module(torch.cat(sequences, axes[0]), *more, **words))[0]
            except Exception:  # whatever it raises: it takes no longer sequences
                continue
            if not same(self.numpy([torch.cat(given, axes[0])]), self.numpy([whole]), 1e-3):
                shown = f"{self._name} does not give by single steps of {type(module).__name__} what that gives at once"
                remedy = f"it counts steps, or keeps what is not in its state; write {remedies.BY_HAND_WHOLE}"
                raise InputError("network", shown, remedy)

    def _check_start(self, width: int, error: InputError) -> None:
        """Raise InputError where it was the state given for which a step failed, and not the network."""
        check_start(self._make)
        if is_torchs(self.network) and self.network.input_size == width:
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
        # What a module gives back alone may be its output as well: as its state it must tell of earlier inputs.
        is_alone = isinstance(self._way, Call) and self._way.reads == ALONE and not is_torchs(self.network)
        return prove(self, self._name, inputs, must_remember=is_alone)

    def at_once(self, inputs: np.ndarray, noisy: bool) -> list[np.ndarray]:
        """The network's own outputs for this sequence, in the orders of time and trials that it can be called in."""
        if self._is_given and isinstance(self._way, Through):
            return []
        self._calls = []
        outputs = []
        for axis, call in self._way.whole_sequences(self._make):
            shown = self._tried(call, axis, inputs, noisy, self._way.time is not None)
            if shown is not None:
                self._calls.append((axis, call))
                outputs.append(shown)
        if not outputs and isinstance(self._way, Through):
            shown_to = f"{self._name} gives nothing for a whole sequence that its steps could be held to"
            raise unproved("network", shown_to, "how it is called is not known", NOTHING)
        return outputs

    def noise_outside(self, inputs: np.ndarray) -> str:
        """What noise its own pass adds outside of the step, in words: it is not seen once noise is set aside.

        A step's state must be the one that it gave back before; and where steps are called alone, and not the network
        around them, they must be handed the same inputs with noise as without, and the same first state.
        """
        for axis, call in self._calls:
            sequence = self.inputs(inputs if axis == 0 else inputs.swapaxes(0, 1))
            for part in self._way.parts:
                heard = []
                try:
                    for aside in (False, True):
                        with self.still(aside), part.heard(self._way.reads) as calls:
                            call(sequence)
                        heard.append(calls)
                except Exception:  # whatever it raises: it is called with something else there
                    continue
                noisy, quiet = heard
                if not _goes_on(noisy) and _goes_on(quiet):
                    return f"adds noise to its state outside of the step {part.name}"
                if not isinstance(self._way, Call) or not (noisy and quiet):
                    continue
                if not _equal(noisy[0][0], quiet[0][0]):
                    return f"adds noise to the inputs of the step {part.name}"
                if not self._is_given and not _equal(noisy[0][1], quiet[0][1]):
                    return f"adds noise to the first state of the step {part.name}"
        return ""

    def passes(self, width: int) -> Passes:
        """The network's own pass, if steps were held to one; that of the one module that a step function names."""
        if is_torchs(self.network) and self._way.time is None:
            return Passes("torch's own cell")
        if self._calls:
            return Passes("its own pass", tuple(self._whole(*call) for call in self._calls))
        held = {id(part) for root in self._modules for part in root.modules() if part is not root}
        roots = {id(root): root for root in named_in(self.network) if isinstance(root, nn.Module)}
        roots = {key: root for key, root in roots.items() if key not in held and root is not self._readout}
        if isinstance(self.network, nn.Module) or len(roots) != 1:
            return Passes()
        (root,) = roots.values()
        inputs = next(inputs for are_ids, inputs in self._probes(width, None) if are_ids == self._takes_ids)
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
                given = call(self.inputs(inputs if axis == 0 else inputs.swapaxes(0, 1)))
                output = selected(given, self._output, self._name)
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
            _, new = self.step(self.inputs(inputs), states.rebuilt(example, self.nested(state, layout)))
            after = self.flat(new, layout)
            if not after.requires_grad:
                return None
            rows = [
                torch.autograd.grad(after[:, i].sum(), state, retain_graph=True, materialize_grads=True)[0]
                for i in range(after.shape[1])
            ]
        return torch.stack(rows, dim=1).double().cpu().numpy()


def _equal(first: list[Tensor], second: list[Tensor]) -> bool:
    """Whether tensors hold the same numbers, in whatever shape."""
    flat = [[array.flatten() for array in arrays] for arrays in (first, second)]
    if [array.shape for array in flat[0]] != [array.shape for array in flat[1]]:
        return False
    return all(bool(((a == b) | ((a != a) & (b != b))).all()) for a, b in zip(*flat, strict=True))


def _goes_on(calls: list[tuple[Any, list[Tensor], list[Tensor]]]) -> bool:
    """Whether each call of a part was handed the state that it gave back before."""
    return all(_equal(after, before) for (_, _, after), (_, before, _) in pairwise(calls))


def _kind(modules: list[nn.Module], given: list[Any]) -> tuple[torch.dtype | None, torch.device]:
    """Precision and device of a network: of its first parameter, buffer or tensor that is a real or complex number."""
    tensors = [tensor for module in modules for tensor in (*module.parameters(), *module.buffers())]
    for tensor in [*tensors, *(item for item in given if isinstance(item, Tensor))]:
        if tensor.is_floating_point() or tensor.is_complex():
            return tensor.real.dtype if tensor.is_complex() else tensor.dtype, tensor.device
    return torch.get_default_dtype(), torch.device("cpu")


def untrained(source: dict[str, Any], seed: int) -> dict[str, Any] | None:
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
