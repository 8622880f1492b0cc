"""How a torch network is called for one step, and where its state is.

It says so itself: by what torch's layers and cells take and return, by ``forward(input, state)``, or by the step that
its user names. What is left open (which axis is time) is tried: ``proof`` runs each way, and none is trusted.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn

from emtvb.adapters import states
from emtvb.adapters.steps import unpacked
from emtvb.errors import InputError

PAIR, ALONE = "pair", "alone"
"""How a step gives back its state: as (output, state), or alone, as torch's cells do, and then it is the output too."""


@dataclass(frozen=True, eq=False)
class Call:
    """A network, or a method or module of it, that takes its state and gives it back, as torch's layers and cells do.

    Attributes:
        call: (input, state) -> (output, state).
        name: What it is called.
        time: The axis of time of its sequences; None where it takes single steps.
        reads: How it gives back its state, :data:`PAIR` or :data:`ALONE`.
        whole: The module of which it is a step; None where it is itself what was adapted.
        is_mapped: Whether it is a call of a single trial, applied to many.
        parts: What the module calls for this step.
    """

    call: Any
    name: str
    time: int | None
    reads: str = PAIR
    whole: nn.Module | None = None
    is_mapped: bool = False
    parts: tuple[Part, ...] = ()

    def __call__(self, inputs: Tensor, state: Any) -> tuple[Any, Any]:
        """Output, without its axis of time, and new state."""
        output, state = _read(self.call(_one_step(inputs, self.time), state), self.reads, self.name)
        is_sequence = self.time is not None and isinstance(output, Tensor) and output.dim() > 2
        return (output.squeeze(self.time) if is_sequence else output), state

    def whole_sequences(self, make: Callable[[int], Any]) -> list[tuple[int, Callable[[Tensor], Any]]]:
        """The network of which it is a step, or this call, on whole sequences; nothing where it takes single steps."""
        if self.whole is not None:
            return [(axis, self.whole) for axis in ((0, 1) if self.time is None else (self.time,))]
        if self.time is None:
            return []
        time = self.time
        return [(time, lambda sequence: self.call(sequence, make(sequence.shape[1 - time])))]


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a network that has a state: a module, or a method of one.

    Attributes:
        owner: The module.
        method: "forward", or the method.
    """

    owner: Any
    method: str

    @property
    def name(self) -> str:
        """As its user calls it."""
        kind = type(self.owner).__name__
        return kind if self.method == "forward" else f"{kind}.{self.method}"

    @property
    def call(self) -> Any:
        """What is called: of a module the module itself."""
        return self.owner if self.method == "forward" else getattr(self.owner, self.method)

    def reads(self, reads: str) -> str:
        """How it gives back its state: torch's own are known."""
        if not is_torchs(self.owner):
            return reads
        return PAIR if isinstance(self.owner, nn.RNNBase) else ALONE

    def state_argument(self) -> str | None:
        """The name of its second argument."""
        if is_torchs(self.owner):
            return "hx"
        names = [place.name for place in _places(getattr(self.owner, self.method))]
        return names[1] if len(names) > 1 else None

    @contextmanager
    def replaced(self, function: Callable) -> Iterator[None]:
        """Within it the module calls this function instead."""
        attributes = vars(self.owner)
        before = attributes.get(self.method)
        attributes[self.method] = function
        try:
            yield
        finally:
            if before is None:
                attributes.pop(self.method)
            else:
                attributes[self.method] = before

    @contextmanager
    def heard(self, reads: str) -> Iterator[list[tuple[Any, list[Tensor], list[Tensor]]]]:
        """Its calls within: copies of the input, of the state that it was handed, and of the one that it gave back."""
        calls: list[tuple[Any, list[Tensor], list[Tensor]]] = []
        original, word = getattr(self.owner, self.method), self.state_argument()

        def called(*args: Any, **kwargs: Any) -> Any:
            handed = args[1] if len(args) > 1 else kwargs.get(word or "")
            given, before = [[array.clone() for array in states.leaves(part)] for part in (args[:1], handed)]
            result = original(*args, **kwargs)
            _, after = _read(result, self.reads(reads), self.name)
            calls.append((given, before, [array.clone() for array in states.leaves(after)]))
            return result

        with self.replaced(called):
            yield calls


@dataclass(frozen=True, eq=False)
class Through:
    """A network of whole sequences, whose parts are handed their states, and asked for them.

    Attributes:
        network: It.
        time: The axis of time of its sequences.
        parts: Its recurrent parts, each called once a pass.
        reads: How parts that are not torch's give back their states.
    """

    network: nn.Module
    time: int
    parts: list[Part]
    reads: str = PAIR

    def __call__(self, inputs: Tensor, state: Any) -> tuple[Any, Any]:
        """Output and new states, one of each part."""
        new_states: dict[int, Any] = {}
        with ExitStack() as undone:
            for place, part in enumerate(self.parts):
                self._watch(place, part, state, new_states, undone)
            output = self.network(_one_step(inputs, self.time))
        if len(new_states) < len(self.parts):
            used = f"used {len(new_states)} of its {len(self.parts)} recurrent parts"
            raise InputError("network", used, 'name those that hold its state: step=("...", "...")')
        return output, tuple(new_states[place] for place in range(len(self.parts)))

    def _watch(self, place: int, part: Part, state: Any, new_states: dict[int, Any], undone: ExitStack) -> None:
        """Have a part called with its state, and its new state kept, until ``undone`` is closed."""
        original, word = getattr(part.owner, part.method), part.state_argument()

        def called(*args: Any, **kwargs: Any) -> Any:
            if place in new_states:
                raise InputError("network", f"calls its {part.name} twice a step", "its state is not that of one step")
            if state is not None and word is not None and len(args) < 2:
                kwargs[word] = state[place]
            elif state is not None:
                args = (*args[:1], state[place], *args[2:])
            result = original(*args, **kwargs)
            new_states[place] = _read(result, part.reads(self.reads), part.name)[1]
            return result

        undone.enter_context(part.replaced(called))

    def whole_sequences(self, make: Callable[[int], Any]) -> list[tuple[int, Callable[[Tensor], Any]]]:  # noqa: ARG002
        """The network itself, which begins where it does."""
        return [(self.time, self.network)]


Way = Call | Through
"""A way to make a step; ``time`` is the axis of time of what it is given, None where that is single steps."""


def ways(network: Any, step: str | Sequence[str] | None, name: str) -> list[Way]:
    """Ways to call a network for one step; none where it does not say what its state is.

    Args:
        network: A module, or a function.
        step: Names in the module of what holds its state: methods or modules.
        name: Of the network.

    Raises:
        InputError: Where a part has no state that runs forward, or there is none of this name.
    """
    if is_torchs(network):
        _check_forward(network)
        is_cell = isinstance(network, nn.RNNCellBase)
        return [Call(network, name, None if is_cell else int(network.batch_first), ALONE if is_cell else PAIR)]
    is_module = isinstance(network, nn.Module)
    found: list[Way] = []
    parts: list[Part] = []
    if step is not None:
        names = [step] if isinstance(step, str) else list(step)
        parts = [named_part(network, path, name) for path in names]
        if len(parts) == 1:
            found += _calls(parts[0].call, f"{name}.{names[0]}", (PAIR, ALONE), network, (parts[0],))
    else:
        if takes_state(network.forward if is_module else network):
            found += _calls(network, name, (PAIR, ALONE) if is_module else (PAIR,), None)
        if is_module:
            parts = [Part(module, "forward") for module in network.modules() if is_torchs(module)]
    for part in parts:
        _check_forward(part.owner)
    if parts:
        every = (PAIR,) if all(is_torchs(part.owner) for part in parts) else (PAIR, ALONE)
        found += [Through(network, time, parts, reads) for reads in every for time in (0, 1)]
    return found


def _calls(
    call: Any, name: str, reads: Sequence[str], whole: nn.Module | None, parts: tuple[Part, ...] = ()
) -> list[Way]:
    """A call as a step of all trials, on single steps and on sequences of one step; and as a step of one trial."""
    every: list[Way] = [Call(call, name, time, read, whole, False, parts) for read in reads for time in (None, 0, 1)]
    mapped = torch.vmap(call, randomness="different")
    return every + [Call(mapped, name, None, read, whole, True, parts) for read in reads]


def named_part(network: Any, path: str, name: str) -> Part:
    """A method or a module of a network, by its name in it, such as "step", "rnn" or "rnn.cell".

    Raises:
        InputError: Where there is none.
    """
    try:
        found = reduce(getattr, path.split("."), network)
    except (AttributeError, TypeError):
        found = None
    if isinstance(found, nn.Module):
        return Part(found, "forward")
    if not inspect.ismethod(found):
        known = [word for word, _ in network.named_children()]
        known += [word for kind in user_classes(network) for word in vars(kind) if not word.startswith("_")]
        shown = f"name a method or a module of {name}, such as {', '.join(dict.fromkeys(known))}"
        raise InputError("step", path, shown)
    return Part(found.__self__, found.__name__)


def user_classes(module: nn.Module) -> list[type]:
    """The classes of a module that are its author's, and not torch's."""
    own = ("torch", "builtins", "typing")
    return [kind for kind in type(module).__mro__ if kind.__module__.partition(".")[0] not in own]


def takes_state(function: Any) -> bool:
    """Whether a function has a second argument which must be given or is None by default: it may be a state."""
    try:
        places = _places(function)
        star = any(place.kind is place.VAR_POSITIONAL for place in inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return True
    return star if len(places) < 2 else places[1].default in (inspect.Parameter.empty, None)


def _places(function: Any) -> list[inspect.Parameter]:
    """Arguments of a function that can be given by their place."""
    every = inspect.signature(function).parameters.values()
    return [place for place in every if place.kind in (place.POSITIONAL_ONLY, place.POSITIONAL_OR_KEYWORD)]


def is_torchs(module: Any) -> bool:
    """Whether it is a recurrent module of torch's own: a class made of one may have another ``forward``."""
    own = isinstance(module, (nn.RNNBase, nn.RNNCellBase))
    return own and type(module).forward.__module__ == nn.RNNBase.__module__


def _one_step(inputs: Tensor, time: int | None) -> Tensor:
    """Inputs of all trials as a sequence of one step, whose axis of time is this; as they are without."""
    return inputs if time is None else inputs.unsqueeze(time)


def _read(result: Any, reads: str, name: str) -> tuple[Any, Any]:
    """Output and state that a call returned; of a state alone, its first array is the output."""
    if reads == PAIR:
        return unpacked(result, name)
    arrays = states.leaves(result)
    return (arrays[0] if arrays else None), result


def _check_forward(part: Any) -> None:
    if getattr(part, "bidirectional", False):
        remedy = "it has no state that runs forward; adapt one direction"
        raise InputError("network", f"a bidirectional {type(part).__name__}", remedy)
