"""Ways to call a torch network for one step, and to find its state: all that can be tried, the likeliest first.

None of them is trusted: ``proof`` runs each, and the first that does what the network does is taken.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from emtvb.adapters.input_orders import STATE_NAME
from emtvb.adapters.steps import Count, arguments, unpacked
from emtvb.errors import InputError

_ASKS_FOR_STATE = re.compile(r"_*(return|output|get|with)_.*", re.IGNORECASE)
"""How an argument is called that makes a network give back its state, if it is False by default."""
_STEPS = ("step", "recurrence", "forward_rnn", "forward_step", "step_forward", "rnn_step", "recurrent_step")
"""Methods by which modules are known to make a step."""

PAIR, LAST, ALONE, ALONE_LAST = "pair", "last", "alone", "alone, last"
"""How a state is given back: as (output, state); as (output, states of all steps); alone, as the output too; or as the
states of all steps alone."""

Make = Callable[[Any], Any]


@dataclass(frozen=True, eq=False)
class OfTorch:
    """A module of torch's own: ``RNN``, ``GRU``, ``LSTM``, or a cell.

    Attributes:
        network: It.
        time: The axis of time; None of a cell.
    """

    network: nn.RNNBase | nn.RNNCellBase
    time: int | None
    name_of_step: str | None = None
    must_be_shown: bool = False
    is_guess: bool = False

    def __call__(self, inputs: Tensor, state: Any) -> tuple[Any, Any]:
        """Output and new state."""
        if self.time is None:
            state = self.network(inputs, state)
            return (state[0] if isinstance(state, tuple) else state), state
        output, state = self.network(inputs.unsqueeze(self.time), state)
        return output.squeeze(self.time), state

    def begins(self, make: Make, count: Count, is_given: bool) -> Any:  # noqa: ARG002
        """What is given, else None, which it takes for zeros."""
        return make(count)

    def whole_sequences(self, network: Any, make: Make) -> list[tuple[int, Callable[[Tensor], Any]]]:  # noqa: ARG002
        """A layer on the whole sequence; a cell takes single steps."""
        if self.time is None:
            return []
        time = self.time
        return [(time, lambda sequence: self.network(sequence, make(Count.of(sequence.shape[1 - time], ()))))]


@dataclass(frozen=True, eq=False)
class Call:
    """A network, or a method of it, that takes its state and gives it back.

    Attributes:
        call: (input, state) -> (output, state).
        time: The axis of time of its sequences; None where it takes single steps.
        name: What it is called.
        reads: How it gives back its state, of :data:`PAIR`, :data:`LAST`, :data:`ALONE`.
        word: The argument that is the state, where it is not the second.
        asks: Arguments that make it give back its state.
        name_of_step: What its user would call.
        is_forward: Whether it is the network itself that is called.
        words: All its arguments.
        must_be_shown: Whether it counts only where the network's own pass over a whole sequence gives the same.
        is_mapped: Whether the call is one of a single trial, applied to many.
    """

    call: Any
    time: int | None
    name: str
    reads: str = PAIR
    word: str | None = None
    asks: tuple[str, ...] = ()
    name_of_step: str | None = "forward"
    is_forward: bool = False
    words: tuple[str, ...] = ()
    must_be_shown: bool = False
    is_mapped: bool = False

    @property
    def is_guess(self) -> bool:
        """Whether it is not what a network promises by its arguments: that it returns something else is no error."""
        return self.reads != PAIR

    def __call__(self, inputs: Tensor, state: Any) -> tuple[Any, Any]:
        """Output and new state."""
        return _read(self._called(_one_step(inputs, self.time), state), self.reads, self.time, self.name)

    def _called(self, inputs: Tensor, state: Any) -> Any:
        more = dict.fromkeys(self.asks, True)
        if isinstance(state, dict) and state and set(state) <= set(self.words):
            return self.call(inputs, **state, **more)  # several states, each by its name
        if self.word is not None:
            return self.call(inputs, **{self.word: state}, **more)
        return self.call(inputs, state, **more)

    def begins(self, make: Make, count: Count, is_given: bool) -> Any:  # noqa: ARG002
        """What is given, or the network's own method says."""
        return make(count)

    def whole_sequences(self, network: Any, make: Make) -> list[tuple[int, Callable[[Tensor], Any]]]:
        """This call on a sequence, or the network itself, if this is a method of it."""
        if self.time is not None and self.is_forward:
            time = self.time

            def call(sequence: Tensor) -> Any:
                return self._called(sequence, make(Count.of(sequence.shape[1 - time], sequence.shape)))

            return [(time, call)]
        if self.is_forward or not isinstance(network, nn.Module):
            return []
        return [(axis, network) for axis in ((0, 1) if self.time is None else (self.time,))]


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a network that has a state: a module, or a method of one.

    Attributes:
        owner: The module.
        method: "forward", or the method.
        word: The argument that is the state.
    """

    owner: nn.Module
    method: str
    word: str | None

    @property
    def name(self) -> str:
        """As its user calls it."""
        kind = type(self.owner).__name__
        return kind if self.method == "forward" else f"{kind}.{self.method}"

    def reads(self, reads: str) -> str:
        """How it gives back its state: torch's own are known."""
        if not isinstance(self.owner, (nn.RNNBase, nn.RNNCellBase)) or not _is_torchs(self.owner):
            return reads
        return PAIR if isinstance(self.owner, nn.RNNBase) else ALONE


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
    time: int | None
    parts: list[Part]
    reads: str = PAIR
    name_of_step: str | None = "forward"
    must_be_shown: bool = False

    @property
    def is_guess(self) -> bool:
        """Whether its parts are not torch's own."""
        return not all(isinstance(part.owner, (nn.RNNBase, nn.RNNCellBase)) for part in self.parts)

    def __call__(self, inputs: Tensor, state: Any) -> tuple[Any, Any]:
        """Output and new states, one of each part."""
        new_states: dict[int, Any] = {}
        with ExitStack() as undone:
            for at, part in enumerate(self.parts):
                self._watch(at, part, state, new_states, undone)
            output = first_tensor(self.network(_one_step(inputs, self.time)))
        if len(new_states) < len(self.parts):
            used = f"used {len(new_states)} of its {len(self.parts)} recurrent parts"
            raise InputError("network", used, "adapt its step by hand")
        return output, tuple(new_states[at] for at in range(len(self.parts)))

    def _watch(self, at: int, part: Part, state: Any, new_states: dict[int, Any], undone: ExitStack) -> None:
        """Have a part called with its state, and its new state kept, until ``undone`` is closed."""
        original = getattr(part.owner, part.method)
        reads = part.reads(self.reads)

        def called(*args: Any, **kwargs: Any) -> Any:
            if at in new_states:
                raise InputError("network", f"calls its {part.name} twice a step", "adapt its step by hand")
            if state is not None:
                if len(args) > 1 or part.word is None:
                    args = (args[0], state[at], *args[2:]) if args else args
                else:
                    kwargs[part.word] = state[at]
            result = original(*args, **kwargs)
            new_states[at] = _read(result, reads, self.time, part.name)[1]
            return result

        had = vars(part.owner).get(part.method)
        part.owner.__dict__[part.method] = called
        undone.callback(
            lambda: (
                part.owner.__dict__.pop(part.method) if had is None else part.owner.__dict__.update({part.method: had})
            )
        )

    def begins(self, make: Make, count: Count, is_given: bool) -> Any:
        """The network makes that itself, unless a state is given."""
        if not is_given:
            return None
        state = make(count)
        return (state,) if len(self.parts) == 1 else state

    def whole_sequences(self, network: Any, make: Make) -> list[tuple[int, Callable[[Tensor], Any]]]:  # noqa: ARG002
        """The network itself, unless it is told to begin elsewhere than it does."""
        return [(self.time, network)] if self.time is not None else [(0, network), (1, network)]


Way = OfTorch | Call | Through
"""A way to make a step; ``time`` is the axis of time of what it is given, None where that is single steps."""


def _one_step(inputs: Tensor, time: int | None) -> Tensor:
    """Inputs (trials, inputs) as a sequence of one step, whose axis of time is this; as they are without."""
    return inputs if time is None else inputs.unsqueeze(time)


def _read(result: Any, reads: str, time: int | None, name: str) -> tuple[Any, Any]:
    """Output and state that a call returned."""
    if reads == PAIR:
        return unpacked(result, name)
    output, state = unpacked(result, name) if reads == LAST else (result, result)
    if reads != ALONE:
        if not isinstance(state, Tensor) or time is None or state.dim() < 3:
            raise InputError("network", f"{name} returned no states of all steps", "return (output, state)")
        state = state.select(time, -1)
    return first_tensor(output), state


def first_tensor(output: Any) -> Any:
    """What a network gives out, where it gives out several things: the first."""
    while isinstance(output, (tuple, list, dict)) and output:
        output = next(iter(output.values())) if isinstance(output, dict) else output[0]
    return output


def ways(network: Any, name: str) -> Iterator[Way]:
    """Ways to call a network for one step, the likeliest first.

    Raises:
        InputError: Where there is none.
    """
    if isinstance(network, (nn.RNNBase, nn.RNNCellBase)) and _is_torchs(network):
        _check_forward(network)
        time = None if isinstance(network, nn.RNNCellBase) else 1 if network.batch_first else 0
        yield OfTorch(network, time)
        return
    is_module = isinstance(network, nn.Module)
    forward = getattr(network, "forward", network) if is_module else network
    parts = list(_parts(network)) if is_module else []
    some = False
    for way in (*(_steps_of(network, name) if is_module else ()), *_calls(network, forward, name, is_module)):
        some = True
        yield way
    for group in parts:
        for reads in (PAIR, ALONE, LAST, ALONE_LAST) if any(part.reads("") == "" for part in group) else (PAIR,):
            for time in (0, 1, None):
                some = True
                yield Through(network, time, group, reads)
    if is_module:
        for inner, module in network.named_modules():
            if inner:
                for way in _steps_of(module, f"{name}.{inner}", must_be_shown=True):
                    some = True
                    yield way
    if not some:
        remedy = (
            "its state cannot be found: it takes no state, and has no torch.nn.RNN, GRU, LSTM or cell inside; adapt a "
            "function (input, state) -> (output, state)"
        )
        raise InputError("network", name, f"{remedy}: {written(network, None)}")


def _steps_of(module: nn.Module, name: str, must_be_shown: bool = False) -> Iterator[Way]:
    """Its own methods that are known to make a step."""
    for method in _STEPS:
        step = getattr(module, method, None)
        if not callable(step) or not _takes_state(step):
            continue
        more: dict[str, Any] = {"name_of_step": method, "words": arguments(step), "must_be_shown": must_be_shown}
        for reads in (PAIR, ALONE):
            yield from (Call(step, time, f"{name}.{method}", reads, **more) for time in (None, 0, 1))
            yield Call(_for_each(step), None, f"{name}.{method}", reads, is_mapped=True, **more)


def _calls(network: Any, forward: Any, name: str, is_module: bool) -> Iterator[Way]:
    """The network itself with a state, if it takes one."""
    words = arguments(forward)
    later = next((word for word in words[2:] if STATE_NAME.fullmatch(word)), None)
    if not _takes_state(forward) and later is None:
        if len(words) > 1:  # whatever it is called, it may be a state
            yield from (Call(network, time, name, is_forward=True, words=words) for time in (None, 0, 1))
        return
    word = None if _takes_state(forward) else later
    asks = tuple(
        item for item in words[1:] if item != word and _ASKS_FOR_STATE.fullmatch(item) and _is_off(forward, item)
    )
    for asked in dict.fromkeys((asks, ())):
        more: dict[str, Any] = {"word": word, "asks": asked, "is_forward": True, "words": words}
        for reads in (PAIR, LAST, ALONE, ALONE_LAST) if is_module else (PAIR,):
            yield from (Call(network, time, name, reads, **more) for time in (None, 0, 1))
    yield Call(_for_each(network), None, name, PAIR, word=word, is_forward=True, words=words, is_mapped=True)


def _for_each(step: Callable) -> Callable:
    """A step of one trial as one of many."""
    return torch.vmap(step, randomness="different")


def _is_off(function: Any, word: str) -> bool:
    return inspect.signature(function).parameters[word].default is False


def _takes_state(function: Any) -> bool:
    """Whether a function takes an input and a state: two arguments that it needs, or a second of such a name."""
    try:
        every = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return True
    places = [p for p in every if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(places) < 2:
        return any(p.kind is p.VAR_POSITIONAL for p in every)
    return places[1].default is inspect.Parameter.empty or bool(STATE_NAME.fullmatch(places[1].name))


def _parts(network: nn.Module) -> Iterator[list[Part]]:
    """Parts of a network that may hold its state: torch's own, other modules that take a state, methods that do."""
    modules = [module for module in network.modules() if module is not network]
    own = [module for module in network.modules() if isinstance(module, (nn.RNNBase, nn.RNNCellBase))]
    for module in own:
        _check_forward(module)
    if own:
        yield [Part(module, "forward", "hx") for module in own]
    takers = [
        module
        for module in modules
        if type(module).__module__.partition(".")[0] != "torch" and _takes_state(module.forward)
    ]
    inner = [m for m in takers if not any(other is not m and other in set(m.modules()) for other in takers)]
    outer = [m for m in takers if not any(other is not m and m in set(other.modules()) for other in takers)]
    for group in (outer, inner) if outer != inner else (outer,):
        if group:
            yield [Part(module, "forward", _state_word(module.forward)) for module in group]
    yield from _methods(list(network.modules()))


def _methods(modules: Sequence[nn.Module]) -> Iterator[list[Part]]:
    """Methods of a user's own modules that take an input and a state, by their name."""
    named: dict[str, list[Part]] = {}
    for module in modules:
        for kind in type(module).__mro__:
            if kind.__module__.partition(".")[0] in ("torch", "builtins", "typing"):
                continue
            for method, function in vars(kind).items():
                if not inspect.isfunction(function) or method in ("forward", "__init__") or method.startswith("__"):
                    continue
                bound = getattr(module, method)
                if _takes_state(bound) and not any(part.owner is module for part in named.get(method, [])):
                    named.setdefault(method, []).append(Part(module, method, _state_word(bound)))
    for method in sorted(named, key=lambda word: word not in _STEPS):
        yield named[method]


def _state_word(function: Any) -> str | None:
    words = arguments(function)
    return words[1] if len(words) > 1 else None


def _is_torchs(part: nn.Module) -> bool:
    """Whether a recurrent module does what torch's own does: a class made of it may have another ``forward``."""
    return type(part).forward.__module__ == nn.RNNBase.__module__


def _check_forward(part: nn.Module) -> None:
    if getattr(part, "bidirectional", False):
        remedy = "it has no state that runs forward; adapt one direction"
        raise InputError("network", f"a bidirectional {type(part).__name__}", remedy)


def written(network: Any, way: Way | None, differs: bool = False, count: int = 2) -> str:
    """Three lines that adapt a network by hand, as far as they can be known.

    Args:
        network: What could not be adapted.
        way: The closest way to call it.
        differs: Whether its steps are not those of its own pass: then none of its own calls is what to write.
        count: How many values it returns.
    """
    steps = [
        (inner, method)
        for inner, module in (network.named_modules() if isinstance(network, nn.Module) else ())
        for method in _STEPS
        if callable(getattr(module, method, None)) and not differs
    ]
    if differs:
        lines = "h = (one step of its loop over time, with all that it counts and keeps in h); y = (what it gives out "
        lines += "of h); return y, h"
    elif steps:
        inner, method = steps[0]
        called = ".".join(part for part in ("net", inner, method) if part)
        lines = f"y, h = {called}(u, h); return y, h"
    elif isinstance(way, Call) and way.is_forward:
        at = "u[:, None], h); return y[:, 0], h" if way.time == 1 else "u[None], h); return y[0], h"
        lines = f"y, h = net({at}" if way.time is not None else "y, h = net(u, h); return y, h"
    else:
        lines = "h = (one step of its loop over time, of u and h); y = (what it gives out of h); return y, h"
    begin = "how many numbers h has, or a function of the number of trials"
    if count > 2 and not differs:
        lines = "y, *h = net(u, *h); return y, tuple(h)"
        begin = f"a function of the number of trials n, such as lambda n: {count - 1} * (torch.zeros(n, SIZE),)"
    return f"def step(u, h): {lines} -- then emtvb.adapt(step, state=({begin}))"
