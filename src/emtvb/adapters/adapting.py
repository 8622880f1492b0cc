"""From a network to a system: ``adapt``. What is torch's own stands in ``torch_steps``, imported where it is needed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.adapters import states
from emtvb.adapters.elman import Elman, jacobian
from emtvb.adapters.numpy_steps import NumpyMachine
from emtvb.adapters.proof import Proved
from emtvb.adapters.steps import Machine, at_step, failed_state, failing, named_in, stacked, takes_count
from emtvb.adapters.verification import Verified, verify, verify_coasting
from emtvb.core.arguments import as_numbers, as_numpy, checked_times, whole_number
from emtvb.core.linearisation import by_differences
from emtvb.core.memory_limit import check_room
from emtvb.core.systems import Runnable, System
from emtvb.errors import InputError
from emtvb.weights import Network

_LARGEST = 10_000_000
"""Numbers of a state or of an input: more are a mistake."""


class UnknownSizeError(InputError, AttributeError):
    """A size that is learned from the first input: ``hasattr`` is False until then."""

    def __init__(self, what: str) -> None:
        super().__init__(what, "not known yet", "record trials first, or adapt(..., input_dim=...)")


class Adapted(Runnable):
    """Any network as a system: ``emtvb.core.systems.System``, and more.

    Its state is one flat vector per trial, in numpy, whatever the network's own state is: nested parts one after the
    other, complex numbers as real part and imaginary part.

    Attributes:
        name: What it was made from.
        source: The arguments of :func:`adapt`, of a network that torch computes.
        verified: Whether it does what the network does, on the trials that it was given last, and against what; None
            before the first.
    """

    def __init__(
        self,
        machine: Machine,
        name: str,
        input_dim: int | None = None,
        source: dict[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.source = source
        self._machine = machine
        self._learned: Proved | None = None
        self._input_dim = input_dim
        self.verified: Verified | None = None
        if input_dim is not None:
            self._learn(input_dim)

    def __repr__(self) -> str:
        learned, verified = self._learned, "not verified yet" if self.verified is None else self.verified
        if learned is None:
            return f"<{self.name}: its size is learned from the first input; {verified}>"
        size = f"{learned.state_dim} numbers of state{', with noise of its own' if learned.noisy else ''}"
        bare = "no readout: its outputs are its hidden states" if learned.is_all else ""
        bare = "its outputs are some of its hidden states" if learned.is_bare and not learned.is_all else bare
        return f"<{self.name}: {'; '.join(filter(None, (size, bare, self._machine.note, str(verified))))}>"

    @property
    def machine(self) -> Machine:
        """What makes its steps, in the library that computes them."""
        return self._machine

    @property
    def learned(self) -> Proved:
        """How its states lie in the flat vector.

        Raises:
            InputError: Where no input was seen yet.
        """
        if self._learned is None:
            raise UnknownSizeError("state_dim")
        return self._learned

    def prepared(self, inputs: np.ndarray) -> int:
        """Numbers of its state, once it was proved with these inputs, (time, trial, input)."""
        self._learn(inputs.shape[2], inputs)
        return self.state_dim

    def verify(self, inputs: Float[np.ndarray, "time trial input"]) -> Verified:
        """Hold it to its network on a few of these trials, at their full length.

        Its steps are held to the network's own pass over whole sequences, if it has one; and each step, made again from
        its recorded state, to what it was in one run. At most 512 trials are run, fewer if states are large.

        Raises:
            InputError: At which step outputs or states differ first, and by how much.
        """
        learned = self._learn(inputs.shape[2], inputs)
        with self._machine.quiet(), failing(self.name, inputs.shape[1:]):
            self.verified = verify(self._machine, learned, self.name, inputs)
        return self.verified

    @property
    def noisy(self) -> bool:
        """Whether it has noise of its own, so that it does something else each time; it runs with it."""
        return self._learned is not None and self._learned.noisy

    @property
    def state_dim(self) -> int:
        """Real numbers of its state.

        Raises:
            InputError: Where no input was seen yet from which it could be learned; it is an AttributeError, too.
        """
        return self.learned.state_dim

    @property
    def input_dim(self) -> int | None:
        """Numbers of an input; None before the first was seen."""
        return self._input_dim

    def run(
        self, inputs: np.ndarray, state: np.ndarray | None = None, times: Collection[int] | None = None
    ) -> tuple[Float[np.ndarray, "kept trial state"], Float[np.ndarray, "time trial output"]]:
        """States and outputs after each input, from this state, or from where the network itself begins.

        Args:
            inputs: (time, trial, input).
            state: (trial, state).
            times: The inputs after which the state is kept, in order; by default all.

        Raises:
            InputError: Where the inputs or the state are not of the network's size.
        """
        inputs = check_inputs(inputs, self._input_dim, self.name)
        times = _kept(times, len(inputs))
        learned = self._learn(inputs.shape[2], inputs)
        if state is None and self.verified is None:
            self.verify(inputs)
        example, layout = learned.example, learned.layout
        machine = self._machine
        flats, outputs = [], []
        with machine.quiet(), failing(self.name, inputs.shape[1:]):
            if state is None:
                now = machine.start(inputs.shape[1])
            else:
                state = check_state(state, self.state_dim, inputs.shape[1])
                now = states.rebuilt(example, machine.nested(machine.array(state), layout))
            for time, u in enumerate(inputs):
                with at_step(time, len(inputs)):
                    output, now = machine.step(machine.inputs(u), now)
                if times is None or time in times:
                    flats.append(machine.flat(now, layout))
                outputs.append(machine.kept(output))
            spoken = stacked(machine.numpy, outputs, "an output", self.name)
            if not flats:
                return np.empty((0, inputs.shape[1], self.state_dim), dtype=spoken.dtype), spoken
            return stacked(machine.numpy, flats, "a state", self.name), spoken

    def drive(
        self, inputs: Float[np.ndarray, "time batch d"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch output"]]:
        """States and outputs after each input, from where the network itself begins."""
        return self.run(inputs)

    def coast(
        self, state: Float[np.ndarray, "batch state"], steps: int
    ) -> tuple[Float[np.ndarray, "steps batch state"], Float[np.ndarray, "steps batch output"]]:
        """States and outputs without input, which is on inputs of zero; the first are those after the first step."""
        state = check_state(state, self.state_dim)
        width = self._known_input_dim()
        _check_steps(steps, len(state) * (width + self.state_dim))
        return self.run(np.zeros((steps, len(state), width), dtype=state.dtype), state)

    def jacobian(self, state: np.ndarray, inputs: np.ndarray | None = None) -> Float[np.ndarray, "trial state state"]:
        """The derivative of a step at these states, dF(h, u)/dh: by autograd, or by central differences in numpy.

        Args:
            state: h, (trial, state).
            inputs: u, (trial, input); zero by default.

        Raises:
            InputError: Where they are not of the network's size.
        """
        state = _check_some(as_numpy(state, "state"))
        if inputs is None:
            given = np.zeros((len(state), self._known_input_dim()))
        else:
            given = _check_given(inputs, len(state)).astype(np.float64)
        learned = self._learn(given.shape[1], given[None])
        state = check_state(state, self.state_dim)
        with failing(self.name, given.shape):
            jacobians = self._machine.jacobian(state, given, learned.example, learned.layout)
        if jacobians is None:
            jacobians = by_differences(lambda moved: self.run(given[None], moved)[0][0], state)
        return jacobians.astype(np.float64)

    def adapted(self, network: Any) -> Adapted | Wrapped:
        """Another network, as :func:`adapt` takes it."""
        return adapt(network)

    def untrained(self, seed: int) -> Adapted | Wrapped | None:
        """The network with other weights, drawn anew; None where it is no module whose weights could be drawn."""
        if self.source is None:
            return None
        from emtvb.adapters import torch_steps

        drawn = torch_steps.untrained(self.source, seed)
        return None if drawn is None else adapt(**drawn)

    def _known_input_dim(self) -> int:
        if self._input_dim is None:
            raise UnknownSizeError("input_dim")
        return self._input_dim

    def _learn(self, width: int, first: np.ndarray | None = None) -> Proved:
        """How states lie in the flat vector; the network is proved with its first input."""
        if self._input_dim is not None and width != self._input_dim:
            raise InputError("inputs", f"{width} numbers a step", f"{self.name} takes {self._input_dim}")
        if self._learned is None:
            with self._machine.quiet(), self._machine.still(False):
                self._learned = self._machine.learn(width, first)
            self._input_dim = width
        return self._learned


class Wrapped(Runnable):
    """A system that drives and coasts by itself, with what :class:`Adapted` has besides.

    The paper's network can be run on inputs from any state; another system only as it coasts, without.

    Attributes:
        system: It.
        name: What it was made from.
        verified: Whether it goes on from its states as it drives, on the trials that it was given last; None before.
    """

    verified: Verified | None = None

    def __init__(self, system: System, name: str) -> None:
        self.system = system
        self.name = name

    def __repr__(self) -> str:
        verified = "not verified yet" if self.verified is None else self.verified
        return f"<{self.name}: {self.state_dim} numbers of state; {verified}>"

    def verify(self, inputs: Float[np.ndarray, "time trial input"]) -> Verified:
        """Hold runs that go on from its states to what it drives, on a few of these trials.

        A system that goes on without input only is driven by these inputs up to some step, and by zeros from there.

        Raises:
            InputError: At which step outputs or states differ first, and by how much.
        """
        inputs = check_inputs(inputs, self.input_dim, self.name)
        self.verified = verify_coasting(self.run, isinstance(self.system, Elman), self.name, inputs, self.state_dim)
        return self.verified

    @property
    def state_dim(self) -> int:
        """Real numbers of its state."""
        return self.system.state_dim

    def prepared(self, inputs: np.ndarray) -> int:
        """Numbers of its state."""
        check_inputs(inputs, self.input_dim, self.name)
        return self.state_dim

    @property
    def input_dim(self) -> int | None:
        """Numbers of an input, where that is known."""
        return self.system.network.d if isinstance(self.system, Elman) else None

    def drive(
        self, inputs: Float[np.ndarray, "time batch d"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch output"]]:
        """The system's own."""
        return self.system.drive(inputs)

    def coast(
        self, state: Float[np.ndarray, "batch state"], steps: int
    ) -> tuple[Float[np.ndarray, "steps batch state"], Float[np.ndarray, "steps batch output"]]:
        """The system's own."""
        system = self.system
        state = check_state(state, self.state_dim)
        _check_steps(steps, len(state) * self.state_dim)
        return system.coast(state, steps)

    def run(
        self, inputs: np.ndarray, state: np.ndarray | None = None, times: Collection[int] | None = None
    ) -> tuple[Float[np.ndarray, "kept trial state"], Float[np.ndarray, "time trial output"]]:
        """States and outputs after each input, from this state, or from the zero state.

        Args:
            inputs: (time, trial, input).
            state: (trial, state).
            times: The inputs after which the state is kept, in order; by default all.

        Raises:
            InputError: Where inputs are not of its size, or it is asked to go on from a state with inputs and cannot.
        """
        inputs, system = check_inputs(inputs, self.input_dim, self.name), self.system
        times = _kept(times, len(inputs))
        if state is None:
            every, outputs = system.drive(inputs)
        elif isinstance(system, Elman):
            every, outputs = system.run(inputs, check_state(state, self.state_dim, inputs.shape[1]))
        else:
            self._check_silent(inputs)
            every, outputs = system.coast(check_state(state, self.state_dim, inputs.shape[1]), len(inputs))
        return (every if times is None else every[list(times)]), outputs

    def jacobian(self, state: np.ndarray, inputs: np.ndarray | None = None) -> Float[np.ndarray, "trial state state"]:
        """The derivative of a step at these states: of the paper's network, or by differences and without input."""
        system = self.system
        state = check_state(_check_some(as_numpy(state, "state")), self.state_dim)
        if isinstance(system, Elman):
            given = [None] * len(state) if inputs is None else _check_given(inputs, len(state), self.input_dim)
            jacobians = [jacobian(system.network, h, u) for h, u in zip(state, given, strict=True)]
            return np.stack(jacobians).astype(np.float64)
        self._check_silent(inputs)
        return by_differences(lambda moved: system.coast(moved, 1)[0][0], state)

    def adapted(self, network: Any) -> Adapted | Wrapped:
        """Another network, as :func:`adapt` takes it."""
        return adapt(network)

    def untrained(self, seed: int) -> Wrapped | None:
        """The paper's network with other weights, drawn anew; None of other systems."""
        if not isinstance(self.system, Elman):
            return None
        return Wrapped(self.system.untrained(seed), f"untrained {self.name}")

    def _check_silent(self, inputs: np.ndarray | None) -> None:
        if inputs is not None and np.any(inputs):
            raise InputError(
                "inputs", "not zero", f"{self.name} goes on from a state without input only; adapt its step"
            )


def check_state(state: Any, size: int, trials: int | None = None) -> np.ndarray:
    """A state as an array of finite numbers, (trial, state), perhaps of so many trials.

    Raises:
        InputError: Where it is none.
    """
    state = as_numbers(state, "state", f"(trials, {size})")
    if state.ndim != 2 or state.shape[1] != size:
        raise InputError("state", state.shape, f"give an array of shape (trials, {size})")
    if trials not in (None, len(state)):
        raise InputError(
            "state", state.shape, f"inputs have {trials} trials; give an array of shape ({trials}, {size})"
        )
    return state


def _check_some(state: np.ndarray) -> np.ndarray:
    """A state of at least one trial."""
    if state.ndim != 2 or not len(state):
        raise InputError("state", state.shape, "give an array of shape (trials, state)")
    return state


def _check_given(inputs: Any, trials: int, width: int | None = None) -> np.ndarray:
    """Inputs of one step as an array of finite numbers, (trial, input)."""
    shape = f"({trials}, {width or 'inputs'})"
    inputs = as_numbers(inputs, "inputs", shape)
    if inputs.ndim != 2 or len(inputs) != trials or width not in (None, inputs.shape[1]):
        raise InputError("inputs", inputs.shape, f"give an array of shape {shape}")
    return inputs


def _check_steps(steps: int, numbers: int) -> None:
    """Raise InputError unless so many steps can be made, of so many numbers each."""
    whole_number(steps, "steps", 1)
    check_room(steps * numbers, "steps", f"{steps}, whose states are", "make fewer steps, or of fewer trials")


def _kept(times: Collection[int] | None, steps: int) -> tuple[int, ...] | None:
    """The times whose states are kept, in order, which may be none; None for all."""
    if times is None or (isinstance(times, (tuple, list)) and not times):
        return None if times is None else ()
    return checked_times(times, steps)


def check_inputs(inputs: Any, input_dim: int | None, name: str) -> Float[np.ndarray, "time trial input"]:
    """Inputs as an array of finite numbers, (time, trial, input).

    Raises:
        InputError: Where they are none.
    """
    inputs = as_numbers(inputs, "inputs", "(time, trials, inputs)")
    if inputs.ndim != 3 or not len(inputs):
        raise InputError("inputs", inputs.shape, "give an array of shape (time, trials, inputs)")
    if input_dim not in (None, inputs.shape[2]):
        raise InputError("inputs", f"{inputs.shape[2]} numbers a step", f"{name} takes {input_dim}")
    return inputs if inputs.dtype.kind == "f" else inputs.astype(np.float32)


def adapt(
    network: Any,
    readout: Any = None,
    *,
    state: Any = None,
    step: str | Sequence[str] | None = None,
    output: str | int | None = None,
    input_dim: int | None = None,
) -> Adapted | Wrapped:
    """Any recurrent network as a system that can be recorded, fitted and edited.

    A network is one of

    - ``torch.nn.RNN``, ``GRU``, ``LSTM`` of any number of layers, in either batch order, or ``RNNCell``, ``GRUCell``,
      ``LSTMCell``: the output is that of the last layer;
    - a torch module ``forward(input, state) -> (output, state)``, or ``-> state``, for a step or a sequence;
    - a torch module that takes whole sequences and is built around modules of the first line, ``forward(sequence)``;
    - any other torch module, of which ``step`` names the method or module that makes one step;
    - a function ``(input, state) -> (output, state)`` of torch tensors, numpy arrays or JAX arrays;
    - a ``Network`` of this package, or anything with its ``drive`` and ``coast`` (``emtvb.core.systems.System``).

    An input is (trials, inputs), an output (trials, outputs), a state any nesting of arrays with an axis of trials. A
    network that takes sequences is shown them one step at a time. It is left as it is: it runs in evaluation mode,
    without gradients, on its own device in its own precision, and gets its mode back; its hooks run as they always do.
    A module with an embedding may take ids: its input is then one whole number.

    A step that runs in the other order as well, and gives something else then, is taken where its own names agree with
    (input, state) -> (output, state), and else refused. What cannot be adapted is refused with the line that works, if
    one is found. What a system is held to on trials stands in ``verified``: see :meth:`Adapted.verify`.

    Args:
        network: What to adapt.
        readout: From the output (trials, features) to what the network gives out, such as ``torch.nn.Linear``.
        state: Where it begins: a function from the number of trials to a state, such as ``net.init_hidden``; or the
            state of one trial, with an axis of trials of length 1 in front; or a number n for n zeros. Of a network of
            whole sequences it is that of the module inside, or a tuple of one for each. By default None, which torch's
            modules take for zeros.
        step: The name of the method or module in a network that makes one step, such as "step", "rnn" or "rnn.cell";
            names, where several hold its state. It takes (input, state) and returns (output, state) or the state alone.
        output: Which of several things that a network gives out is its output: the key of a dict, or the place in a
            tuple; by default the first of a tuple, and the repr says so.
        input_dim: Numbers of an input; learned from the first input otherwise.

    Returns:
        The system: ``run(inputs, state)``, ``jacobian(state, inputs)``, ``state_dim``. All its arrays are numpy's, time
        first, then trials.

    Raises:
        InputError: Where no state can be found, or a step fails.
    """
    settings = {"readout": readout, "state": state, "step": step, "output": output}
    if isinstance(network, (Adapted, Wrapped)):
        for word, given in settings.items():
            if given is not None:
                raise InputError(word, "given beside an adapted network", "give it where the network itself is adapted")
        return network
    if isinstance(network, Network):
        return Wrapped(Elman(network), f"Elman network, {network.hidden_dim} neurons")
    if isinstance(network, System):
        return Wrapped(network, type(network).__name__)
    name = getattr(network, "__name__", type(network).__name__)
    if isinstance(network, type):
        raise InputError("network", f"the class {name}", f"make one of it: adapt({name}(...))")
    if isinstance(state, (bool, np.bool_)) or (isinstance(state, (int, np.integer)) and not 1 <= state <= _LARGEST):
        raise InputError("state", state, f"give how many numbers it has, from 1 to {_LARGEST}")
    if input_dim is not None and (type(input_dim) is bool or not isinstance(input_dim, (int, np.integer))):
        raise InputError("input_dim", input_dim, "give how many numbers an input has")
    if input_dim is not None and not 1 <= input_dim <= _LARGEST:
        raise InputError("input_dim", input_dim, f"give how many numbers an input has, from 1 to {_LARGEST}")
    if readout is not None and not callable(readout):
        raise InputError("readout", type(readout).__name__, "give a function of the output, such as torch.nn.Linear")
    if output is not None and (isinstance(output, bool) or not isinstance(output, (int, str))):
        raise InputError("output", repr(output), "give the key of a dict, or the place in a tuple")
    names = [step] if isinstance(step, str) else step
    if names is not None and not (names and all(isinstance(word, str) for word in names)):
        raise InputError("step", repr(step), "give the name of a method or module of the network, or several")
    if not callable(network):
        remedy = "give a torch module or a step (input, state) -> (output, state)"
        raise InputError("network", name, f"{remedy}, such as a method: adapt(net.step, state=...)")
    if _is_torchs(network, state, readout):
        from emtvb.adapters import torch_steps

        known = input_dim if input_dim is not None else torch_steps.input_dim(network)
        source = settings | {"network": network, "input_dim": input_dim}
        return Adapted(torch_steps.TorchMachine(network, readout, state, step, output), name, known, source)
    if step is not None:
        raise InputError("step", repr(step), "it names a step of a torch module; give the step itself: adapt(net.step)")
    return Adapted(NumpyMachine(network, readout, state, output), name, input_dim)


def _started(state: Callable) -> Any:
    """The state of one trial, of a function that makes states.

    Raises:
        InputError: Where it fails.
    """
    try:
        return state(1) if takes_count(state) else state()
    except Exception as error:
        raise failed_state(error) from error


def _is_torchs(network: Any, state: Any, readout: Any) -> bool:
    """Whether a network computes with torch; torch is not imported to find out."""
    torch = sys.modules.get("torch")
    if torch is None:
        return False
    kinds = (torch.nn.Module, torch.Tensor)
    start = _started(state) if callable(state) else state
    given = [] if isinstance(start, (int, np.integer)) else states.leaves(start)
    if given:
        return any(isinstance(array, torch.Tensor) for array in given)
    named = [*named_in(network), readout]
    return any(isinstance(item, kinds) or item is torch or item is torch.nn.functional for item in named)
