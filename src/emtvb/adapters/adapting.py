"""From a network to a system: ``adapt``. What is torch's own stands in ``torch_steps``, imported where it is needed."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Collection
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.adapters import states
from emtvb.adapters.elman import Elman, jacobian
from emtvb.adapters.naming import named_in
from emtvb.adapters.steps import Form, Machine, numpy_machine, run
from emtvb.adapters.verification import Verified, is_noisy, verify, verify_coasting
from emtvb.core.arguments import as_bool, as_numbers, as_numpy, checked_times, refuse_keywords, whole_number
from emtvb.core.linearisation import jacobian_by_differences
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

    Its state is one flat vector per trial, in numpy, whatever the network's own state is: its parts one after the
    other, complex numbers as real part and imaginary part.

    Attributes:
        name: What it was made from.
        source: The arguments of :func:`adapt`, of a network that torch computes.
        verified: Whether it does what the network does, on the trials that it was given first, and against what; None
            before.
    """

    def __init__(
        self, machine: Machine, input_dim: int | None = None, source: dict[str, Any] | None = None, note: str = ""
    ) -> None:
        self.name = machine.form.name
        self.source = source
        self.verified: Verified | None = None
        self._machine = machine
        self._input_dim = input_dim
        self._note = note
        self._warned: set[str] = set()

    def __repr__(self) -> str:
        verified = "not verified yet" if self.verified is None else self.verified
        noise = ", with noise of its own" if self.noisy else ""
        other = "" if not self._warned else f"other inputs ({', '.join(sorted(self._warned))}) were not verified"
        said = [f"{self.state_dim} numbers of state{noise}", self._note, str(verified), other]
        return f"<{self.name}: {'; '.join(filter(None, said))}>"

    @property
    def machine(self) -> Machine:
        """What makes its steps, in the library that computes them."""
        return self._machine

    @property
    def parts(self) -> dict[str, slice]:
        """The arrays of its state by their names, and where they lie in the flat vector.

        A layer of torch's has ``0.h``, ``1.h``, ... and, of an LSTM, ``0.c``, ...; a cell ``h`` and ``c``. A state of
        one's own has the keys of its dict, or places in its tuple, with dots between; one array alone is ``state``.
        """
        return self._machine.slices

    @property
    def noisy(self) -> bool:
        """Whether it has noise of its own, so that it does something else each time; it runs with it.

        It is seen in the first trials; before, in a step on inputs of zero, if its input's size is known.
        """
        if self.verified is not None and self.verified.trials:
            return self.verified.noisy
        with self._machine.quiet():
            return self._input_dim is not None and is_noisy(self._machine, np.zeros((1, 2, self._input_dim)))

    @property
    def state_dim(self) -> int:
        """Real numbers of its state."""
        return self._machine.state_dim

    @property
    def input_dim(self) -> int | None:
        """Numbers of an input; None before the first was seen."""
        return self._input_dim

    def prepared(self, inputs: np.ndarray) -> int:
        """Numbers of its state; these inputs are of its size."""
        self._sized(check_inputs(inputs, self._input_dim, self.name))
        return self.state_dim

    def verify(self, inputs: Float[np.ndarray, "time trial input"], has_ids: bool = False) -> Verified:
        """Hold it to the whole network, if that was given, and to itself, on a few of these trials at full length.

        It is run again; each step is made again from its recorded state, in no order and with few of the trials; what
        the generators of numpy, torch and Python draw is drawn again. At most 512 trials are run, fewer if states are
        large. Where there is no whole network a warning says so, once.

        Args:
            inputs: The trials.
            has_ids: Whether they are whole numbers, which the whole network takes as such: (time, trial).

        Raises:
            InputError: At which step and channel outputs or states differ first, and by how much.
        """
        before = str(self.verified)
        self._sized(inputs)
        with self._machine.quiet():
            self.verified = verify(self._machine, inputs, has_ids)
        if str(self.verified) != before and (not self.verified or self.verified.steps < self.verified.length):
            warnings.warn(f"{self.name}: {self.verified}", stacklevel=3)
        return self.verified

    def run(
        self, inputs: np.ndarray, state: np.ndarray | None = None, times: Collection[int] | None = None
    ) -> tuple[Float[np.ndarray, "kept trial state"], Float[np.ndarray, "time trial output"]]:
        """States and outputs after each input, from this state, or from where the network itself begins.

        Where inputs are of another kind than those that it was verified on (longer, or with numbers beyond theirs), a
        warning says so, once.

        Args:
            inputs: (time, trial, input).
            state: (trial, state).
            times: The inputs after which the state is kept, in order; by default all.

        Raises:
            InputError: Where the inputs or the state are not of the network's size.
        """
        inputs = check_inputs(inputs, self._input_dim, self.name)
        times = _kept(times, len(inputs))
        self._sized(inputs)
        if state is not None:
            state = check_state(state, self.state_dim, inputs.shape[1])
        elif self.verified is None:
            self.verify(inputs)
        unlike = self.verified.unlike(inputs, state is None) if self.verified is not None else ""
        if unlike and unlike not in self._warned:
            self._warned.add(unlike)
            warnings.warn(f"{self.name}: not verified on these inputs: {unlike} of {self.verified}", stacklevel=2)
        with self._machine.quiet():
            return run(self._machine, inputs, state, times)

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
            given = _check_given(inputs, len(state), self._input_dim).astype(np.float64)
        state = check_state(state, self.state_dim)
        jacobians = self._machine.jacobian(state, given)
        if jacobians is None:
            with self._machine.quiet():
                jacobians = jacobian_by_differences(lambda moved: run(self._machine, given[None], moved)[0][0], state)
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
        if drawn is None:
            return None
        system = adapt(**drawn)
        system.verified = Verified(note="a copy with other weights")  # it makes the same steps: nothing to be held to
        return system

    def _known_input_dim(self) -> int:
        if self._input_dim is None:
            raise UnknownSizeError("input_dim")
        return self._input_dim

    def _sized(self, inputs: np.ndarray) -> None:
        """Learn the width of inputs."""
        self._input_dim = self._input_dim or inputs.shape[2]


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

    def verify(self, inputs: Float[np.ndarray, "time trial input"], has_ids: bool = False) -> Verified:  # noqa: ARG002
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
        return jacobian_by_differences(lambda moved: system.coast(moved, 1)[0][0], state)

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
    whole: Any = None,
    batch_first: bool = False,
    input_dim: int | None = None,
    **gone: Any,
) -> Adapted | Wrapped:
    """A recurrent network as a system that can be recorded, fitted and edited. Nothing about it is guessed.

    A network is one of

    - a layer or a cell of torch's (``torch.nn.RNN``, ``GRU``, ``LSTM``, ``RNNCell``, ``GRUCell``, ``LSTMCell``), with a
      readout: ``adapt(net.rnn, net.out, whole=net, batch_first=True)``;
    - a step, ``(input, state) -> (output, state)``, of torch, numpy or JAX: ``adapt(step, state=64, whole=net)``;
    - a ``Network`` of this package, or anything with its ``drive`` and ``coast`` (``emtvb.core.systems.System``).

    An input is (trials, inputs), an output (trials, outputs); a state is an array or a nesting of them in tuples, lists
    and dicts, whose first axes are the trials. A step gets inputs as floats, ids too: (trials, 1). The network is left
    as it is: it runs in evaluation mode, without gradients, on its own device in its own precision, and gets its mode
    back, and what its buffers held.

    On the first trials that it is given, at full length, the system is held to ``whole`` and to itself
    (:meth:`Adapted.verify`). Without ``whole`` nothing tells a right step from a wrong one that is a step, too.

    Args:
        network: What to adapt.
        readout: From the output (trials, features) to what the network gives out, such as ``torch.nn.Linear``.
        state: Where a step begins: a number n for n zeros; or the state of one trial, with an axis of trials of length
            1 in front; or a function from the number of trials to their states. A layer or a cell begins with zeros;
            give its state as it takes it itself, (layers, trials, hidden), of one trial or as such a function.
        whole: The network on whole sequences: from inputs (time, trial, input), or whole numbers (time, trial) if such
            are recorded, to outputs (time, trial, output), or the last step's alone. Of a tuple the first counts.
        batch_first: Whether ``whole`` takes and gives trials before time.
        input_dim: Numbers of an input; learned from the first input otherwise.
        **gone: Arguments of earlier versions, which are refused with what to write.

    Returns:
        The system: ``run(inputs, state)``, ``jacobian(state, inputs)``, ``state_dim``, ``parts``. All its arrays are
        numpy's, time first, then trials.

    Raises:
        InputError: Where it is none of these.
    """
    name = getattr(network, "__name__", type(network).__name__)
    if gone:
        refuse_keywords("adapt", gone, dict.fromkeys(("step", "output"), _replacement(network)))
    settings = {"readout": readout, "state": state, "whole": whole}
    if isinstance(network, (Adapted, Wrapped)):
        for word, given in settings.items():
            if given is not None:
                raise InputError(word, "given beside an adapted network", "give it where the network itself is adapted")
        return network
    if isinstance(network, Network):
        return Wrapped(Elman(network), f"Elman network, {network.hidden_dim} neurons")
    if isinstance(network, System):
        return Wrapped(network, type(network).__name__)
    _check_arguments(network, name, settings)
    batch_first = as_bool(batch_first, "batch_first")
    if batch_first and whole is None and not getattr(network, "batch_first", False):
        raise InputError("batch_first", "True", "it says in which order whole= takes its axes; give whole=, too")
    if input_dim is not None and (isinstance(input_dim, bool) or not isinstance(input_dim, (int, np.integer))):
        raise InputError("input_dim", input_dim, "give how many numbers an input has")
    if input_dim is not None and not 1 <= input_dim <= _LARGEST:
        raise InputError("input_dim", input_dim, f"give how many numbers an input has, from 1 to {_LARGEST}")
    form = Form(name, network, lambda trials: None, readout, whole, batch_first)  # noqa: ARG005 - begins as state= says
    torch = sys.modules.get("torch")
    if torch is not None and _is_torchs(torch, network, state, readout):
        from emtvb.adapters import torch_steps

        source = {"network": network, "readout": readout, "state": state, "input_dim": input_dim}
        if torch_steps.is_own(network):
            if isinstance(state, (int, np.integer)):
                raise InputError("state", state, f"{name} begins with zeros by itself; leave it out")
            form = torch_steps.own_form(network, readout, state, whole, batch_first)
            note = "" if readout is not None else "no readout: its outputs are its hidden states"
            return Adapted(torch_steps.TorchMachine(form), input_dim or network.input_size, source, note)
        if isinstance(network, torch.nn.Module) and state is None:
            shown = f"{name}, whose steps are not known"
            raise InputError("network", shown, torch_steps.forms_of(network))
        _check_given_state(state, name)
        is_module = isinstance(network, torch.nn.Module)
        return Adapted(torch_steps.TorchMachine(form, state), input_dim, source if is_module else None)
    _check_given_state(state, name)
    return Adapted(numpy_machine(form, state), input_dim)


def _check_arguments(network: Any, name: str, settings: dict[str, Any]) -> None:
    """Raise InputError where what is given is of no kind that could be used."""
    state = settings["state"]
    if isinstance(network, type):
        raise InputError("network", f"the class {name}", f"make one of it: adapt({name}(...))")
    if isinstance(state, (bool, np.bool_)) or (isinstance(state, (int, np.integer)) and not 1 <= state <= _LARGEST):
        raise InputError("state", state, f"give how many numbers it has, from 1 to {_LARGEST}")
    for word, example in (("readout", "a function of the output, such as torch.nn.Linear"), ("whole", _WHOLE)):
        if settings[word] is not None and not callable(settings[word]):
            raise InputError(word, type(settings[word]).__name__, f"give {example}")
    if not callable(network):
        remedy = "give a layer or a cell of torch's, or a step (input, state) -> (output, state)"
        raise InputError("network", name, f"{remedy}, such as a method: adapt(net.step, state=...)")


_WHOLE = "the network on whole sequences, from (time, trial, input) to (time, trial, output)"


def _check_given_state(state: Any, name: str) -> None:
    """Raise InputError where a step has no state."""
    if state is None:
        remedy = "give where it begins: a number of zeros, one trial's state, or a function of the number of trials"
        raise InputError("state", f"none, of the step {name}", f"{remedy}: adapt(step, state=64)")


def _replacement(network: Any) -> str:
    """What is written in the place of a named step or output, with the network's own names."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(network, torch.nn.Module):
        return "give the step itself: adapt(step, state=...), (input, state) -> (output, state)"
    from emtvb.adapters import torch_steps

    return torch_steps.forms_of(network)


def _is_torchs(torch: Any, network: Any, state: Any, readout: Any) -> bool:
    """Whether a network computes with torch: by the arrays of its state, else by what it names."""
    if isinstance(network, torch.nn.Module):
        return True
    made: Any = state
    if callable(state):
        try:
            made = state(1)
        except Exception:  # whatever it raises is said where states are made
            made = None
    given = [] if made is None or isinstance(made, (int, np.integer)) else states.arrays(made)
    if given:
        return any(isinstance(array, torch.Tensor) for array in given)
    kinds = (torch.nn.Module, torch.Tensor)
    named = [*named_in(network), readout]
    return any(isinstance(item, kinds) or item is torch or item is torch.nn.functional for item in named)
