"""From a network to a system: ``adapt``. What is torch's own stands in ``torch_steps``, imported where it is needed."""

from __future__ import annotations

import sys
import warnings
from abc import abstractmethod
from collections.abc import Collection
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.adapters import states
from emtvb.adapters.elman import Elman, step_jacobian
from emtvb.adapters.naming import named_in, weights_named_in
from emtvb.adapters.steps import Form, Machine, run_steps
from emtvb.adapters.verification import Verified, is_noisy, verify_steps
from emtvb.core.arguments import as_bool, as_numbers, as_numpy, checked_times, refuse_keywords, whole_number
from emtvb.core.linearisation import jacobian_by_differences
from emtvb.core.systems import Runnable, System, Weights, check_weights
from emtvb.errors import InputError
from emtvb.memory_limit import check_room
from emtvb.weights import Network


class _Checked(Runnable):
    """A system that looks at what it is given, and hands it to ``_run``, ``_coast`` or ``_jacobian``."""

    _recorded: Weights = ()
    _changing: frozenset[str] = frozenset()

    def run(
        self, inputs: np.ndarray, state: np.ndarray | None = None, times: Collection[int] | None = None
    ) -> tuple[Float[np.ndarray, "kept trial state"], Float[np.ndarray, "time trial output"]]:
        """States and outputs after each input, from this state, or from where the network itself begins.

        Where inputs have what none had that it was verified on (a cue, a larger number, more steps), a warning says so,
        once.

        Args:
            inputs: (time, trial, input).
            state: (trial, state).
            times: The inputs after which the state is kept, in order; by default all.

        Raises:
            InputError: Where the inputs or the state are not of the network's size, or its weights are not those that
                it was recorded with.
        """
        self._check_weights()
        inputs = self._check_inputs(inputs, ("time", "trials"))
        if state is not None:
            state = self._check_state(state, inputs.shape[1])
        if times is None or (isinstance(times, (tuple, list)) and not times):
            return self._run(inputs, state, None if times is None else ())
        return self._run(inputs, state, checked_times(times, len(inputs)))

    def drive(
        self, inputs: Float[np.ndarray, "time batch d"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch output"]]:
        """States and outputs after each input, from where the network itself begins."""
        return self.run(inputs)

    def coast(
        self, state: Float[np.ndarray, "batch state"], steps: int
    ) -> tuple[Float[np.ndarray, "steps batch state"], Float[np.ndarray, "steps batch output"]]:
        """States and outputs without input, which is on inputs of zero; the first are those after the first step."""
        self._check_weights()
        state = self._check_state(state)
        whole_number(steps, "steps", 1)
        remedy = "make fewer steps, or of fewer trials"
        check_room(steps * len(state) * self.state_dim, "steps", f"{steps}, whose states are", remedy)
        return self._coast(state, steps)

    def jacobian(self, state: np.ndarray, inputs: np.ndarray | None = None) -> Float[np.ndarray, "trial state state"]:
        """The derivative of a step at these states, dF(h, u)/dh: by autograd, or by central differences in numpy.

        Args:
            state: h, (trial, state).
            inputs: u, (trial, input); zero by default.

        Raises:
            InputError: Where they are not of the network's size.
        """
        self._check_weights()
        state = self._check_state(state)
        if inputs is not None:
            inputs = self._check_inputs(inputs, (len(state),))
        return self._jacobian(state, inputs).astype(np.float64)

    def weights(self) -> Weights:
        """The arrays that it computes with, by name, each with a digest of its numbers.

        What running it changes by itself, such as a list of what was seen, is none of them.
        """
        return tuple((name, digest) for name, digest in self._weights() if name not in self._changing)

    def hold_weights(self) -> None:
        """Take its weights for those that it is recorded with: it is run with no others from now on."""
        self._recorded = self.weights()

    def _check_weights(self) -> None:
        """Raise InputError where it was recorded with other weights."""
        check_weights(self, self._recorded)

    def adapted(self, network: Any) -> Adapted | Wrapped:
        """Another network, as :func:`adapt` takes it."""
        return adapt(network)

    @abstractmethod
    def _weights(self) -> Weights: ...

    @abstractmethod
    def _run(
        self, inputs: np.ndarray, state: np.ndarray | None, times: tuple[int, ...] | None
    ) -> tuple[np.ndarray, np.ndarray]: ...

    @abstractmethod
    def _coast(self, state: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]: ...

    @abstractmethod
    def _jacobian(self, state: np.ndarray, inputs: np.ndarray | None) -> np.ndarray: ...

    def _check_inputs(self, inputs: Any, axes: tuple[Any, ...]) -> np.ndarray:
        """Inputs as an array of finite numbers, with these axes before that of the numbers of one input."""
        width = self.input_dim
        shape = f"({', '.join(map(str, axes))}, {width or 'inputs'})"
        inputs = as_numbers(inputs, "inputs", shape)
        lengths = [length for length in axes if isinstance(length, int)]
        if inputs.ndim != len(axes) + 1 or not len(inputs) or lengths not in ([], [len(inputs)]):
            raise InputError("inputs", inputs.shape, f"give an array of shape {shape}")
        if width not in (None, inputs.shape[-1]):
            raise InputError("inputs", f"{inputs.shape[-1]} numbers a step", f"{self.name} takes {width}")
        return inputs if inputs.dtype.kind == "f" else inputs.astype(np.float32)

    def _check_state(self, state: Any, trials: int | None = None) -> np.ndarray:
        """A state as an array of finite numbers, (trial, state), of so many trials."""
        shape = f"({'trials' if trials is None else trials}, {self.state_dim})"
        state = as_numbers(state, "state", shape)
        if state.ndim != 2 or state.shape[1] != self.state_dim or trials not in (None, len(state)):
            raise InputError("state", state.shape, f"give an array of shape {shape}")
        return state


class Adapted(_Checked):
    """Any network as a system: ``emtvb.core.systems.System``, and more.

    Its state is one flat vector per trial, in numpy, whatever the network's own state is: its parts one after the
    other, complex numbers as real part and imaginary part.

    Attributes:
        name: What it was made from.
        source: The arguments of :func:`adapt`, of a network that torch computes.
        verified: Whether it does what the network does, on the trials that it was given first, and against what; None
            before.
        machine: What makes its steps, in the library that computes them.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> zeros = lambda trials: {"h": np.zeros((trials, 2)), "last": np.zeros((trials, 3))}
        >>> system = emtvb.adapt(lambda u, s: (s["h"], {"h": s["h"] + u[:, :2], "last": u}), state=zeros)
        >>> system.state_dim, system.parts
        (5, {'h': slice(0, 2, None), 'last': slice(2, 5, None)})
    """

    def __init__(
        self, machine: Machine, input_dim: int | None = None, source: dict[str, Any] | None = None, note: str = ""
    ) -> None:
        self.name = machine.form.name
        self.source = source
        self.verified: Verified | None = None
        self.machine = machine
        self._input_dim = input_dim
        self._note = note
        self._warned: set[str] = set()

    def __repr__(self) -> str:
        verified = "not verified yet" if self.verified is None else self.verified
        noise = ", with noise of its own" if self.noisy else ""
        other = "" if not self._warned else f"not verified on {', '.join(sorted(self._warned))}"
        said = [f"{self.state_dim} numbers of state{noise}", self._note, str(verified), other]
        return f"<{self.name}: {'; '.join(filter(None, said))}>"

    @property
    def parts(self) -> dict[str, slice]:
        """The arrays of its state by their names, and where they lie in the flat vector.

        A layer of torch's has ``0.h``, ``1.h``, ... and, of an LSTM, ``0.c``, ...; a cell ``h`` and ``c``. A state of
        one's own has the keys of its dict, or places in its tuple, with dots between; one array alone is ``state``.
        """
        return self.machine.slices

    @property
    def noisy(self) -> bool:
        """Whether it has noise of its own, so that it does something else each time; it runs with it.

        It is seen in the first trials; before, in a step on inputs of zero, if its input's size is known.
        """
        if self.verified is not None and self.verified.trials:
            return self.verified.noisy
        with self.machine.quiet():
            return self._input_dim is not None and is_noisy(self.machine, np.zeros((1, 2, self._input_dim)))

    @property
    def state_dim(self) -> int:
        """Real numbers of its state."""
        return self.machine.state_dim

    @property
    def input_dim(self) -> int | None:
        """Numbers of an input; None before the first was seen."""
        return self._input_dim

    def verify(self, inputs: Float[np.ndarray, "time trial input"], has_ids: bool = False) -> Verified:
        """Hold it to the whole network, if that was given, and to itself, on these trials at full length.

        It is run again; each step is made again from its recorded state, in no order and with few of the trials; what
        the generators of numpy, torch and Python draw is drawn again. All trials are run, of large states some: with
        each cue among them, within a limit. Where there is no whole network a warning says so, once.

        Args:
            inputs: The trials.
            has_ids: Whether they are whole numbers, which the whole network takes as such: (time, trial).

        Raises:
            InputError: At which step and channel outputs or states differ first, and by how much.
        """
        inputs = self._check_inputs(inputs, ("time", "trials"))
        before, self._input_dim = str(self.verified), inputs.shape[2]
        weights = dict(self._weights())
        with self.machine.quiet():
            self.verified = verify_steps(self.machine, inputs, has_ids)
        self._warned.clear()
        now = dict(self._weights())
        self._changing = frozenset(name for name in weights | now if weights.get(name) != now.get(name))
        self.hold_weights()
        if str(self.verified) != before and (not self.verified or self.verified.steps < self.verified.length):
            warnings.warn(f"{self.name}: {self.verified}", stacklevel=3)
        return self.verified

    def untrained(self, seed: int) -> Adapted | None:
        """The network with other weights, drawn anew; None where it is no module whose weights could be drawn."""
        if self.source is None:
            return None
        from emtvb.adapters import torch_steps

        drawn = torch_steps.untrained_arguments(self.source, seed)
        if drawn is None:
            return None
        system = adapt(**drawn)
        assert isinstance(system, Adapted)
        system.verified = Verified(note="a copy with other weights")  # it makes the same steps: nothing to be held to
        return system

    def _weights(self) -> Weights:
        return weights_named_in(*self.machine.form.functions)

    def _run(
        self, inputs: np.ndarray, state: np.ndarray | None, times: tuple[int, ...] | None
    ) -> tuple[np.ndarray, np.ndarray]:
        self._input_dim = inputs.shape[2]
        if state is None and self.verified is None:
            self.verify(inputs)
        lacking = [] if self.verified is None else self.verified.lacks(inputs, state is None)
        if new := [words for words in lacking if words not in self._warned]:
            self._warned.update(new)
            warnings.warn(f"{self.name}: not verified on these inputs: {'; '.join(new)}; {self.verified}", stacklevel=3)
        with self.machine.quiet():
            return run_steps(self.machine, inputs, state, times)

    def _coast(self, state: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
        return self.run(np.zeros((steps, *self._silent(state).shape), dtype=state.dtype), state)

    def _jacobian(self, state: np.ndarray, inputs: np.ndarray | None) -> np.ndarray:
        given = (self._silent(state) if inputs is None else inputs).astype(np.float64)
        jacobians = self.machine.jacobian(state, given)
        if jacobians is not None:
            return jacobians
        with self.machine.quiet():
            return jacobian_by_differences(lambda moved: run_steps(self.machine, given[None], moved)[0][0], state)

    def _silent(self, state: np.ndarray) -> np.ndarray:
        """Inputs of zero, (trial, input), for these states."""
        if self._input_dim is None:
            raise InputError("input_dim", "not known yet", "record trials first, or adapt(..., input_dim=...)")
        return np.zeros((len(state), self._input_dim))


class Wrapped(_Checked):
    """A network of this package as a system, which tests hold to what trained it.

    The paper's can be run on inputs from any state; those of other architectures only without.

    Attributes:
        system: It drives and coasts by itself.
        name: What it was made from.
    """

    def __init__(self, system: System, name: str) -> None:
        self.system = system
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}: {self.state_dim} numbers of state>"

    @property
    def state_dim(self) -> int:
        """Real numbers of its state."""
        return self.system.state_dim

    @property
    def input_dim(self) -> int | None:
        """Numbers of an input, where that is known."""
        return self.system.network.d if isinstance(self.system, Elman) else None

    def untrained(self, seed: int) -> Wrapped | None:
        """The paper's network with other weights, drawn anew; None of other systems."""
        if not isinstance(self.system, Elman):
            return None
        return Wrapped(self.system.untrained(seed), f"untrained {self.name}")

    def _weights(self) -> Weights:
        return weights_named_in(self.system)

    def _run(
        self, inputs: np.ndarray, state: np.ndarray | None, times: tuple[int, ...] | None
    ) -> tuple[np.ndarray, np.ndarray]:
        if state is None:
            every, outputs = self.system.drive(inputs)
        elif isinstance(self.system, Elman):
            every, outputs = self.system.run(inputs, state)
        else:
            every, outputs = self.system.coast(state, len(self._silent(inputs)))
        return (every if times is None else every[list(times)]), outputs

    def _coast(self, state: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
        return self.system.coast(state, steps)

    def _jacobian(self, state: np.ndarray, inputs: np.ndarray | None) -> np.ndarray:
        system = self.system
        if isinstance(system, Elman):
            given = [None] * len(state) if inputs is None else inputs
            return np.stack([step_jacobian(system.network, h, u) for h, u in zip(state, given, strict=True)])
        if inputs is not None:
            self._silent(inputs)
        return jacobian_by_differences(lambda moved: system.coast(moved, 1)[0][0], state)

    def _silent(self, inputs: np.ndarray) -> np.ndarray:
        """Inputs that are zero."""
        if inputs.any():
            remedy = f"{self.name} goes on from a state without input only"
            raise InputError("inputs", "not zero", remedy)
        return inputs


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
    - a ``Network`` of this package.

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

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> x = np.random.default_rng(0).normal(size=(10, 80, 2))  # (time, trial, input)
        >>> add = emtvb.adapt(lambda u, h: (h + u, h + u), state=2, whole=lambda x: x.cumsum(axis=0))
        >>> states, outputs = add.run(x)
        >>> states.shape, outputs.shape
        ((10, 80, 2), (10, 80, 2))
    """
    refuse_keywords("adapt", gone, dict.fromkeys(gone.keys() & _GONE, _FORMS))
    settings = {"readout": readout, "state": state, "whole": whole}
    if isinstance(network, (Adapted, Wrapped)):
        for word, given in settings.items():
            if given is not None:
                raise InputError(word, "given beside an adapted network", "give it where the network itself is adapted")
        return network
    if isinstance(network, Network):
        return Wrapped(Elman(network), f"Elman network, {network.hidden_dim} neurons")
    name = getattr(network, "__name__", type(network).__name__)
    _check_arguments(network, name, settings, input_dim)
    batch_first = as_bool(batch_first, "batch_first")
    if batch_first and whole is None and not getattr(network, "batch_first", False):
        raise InputError("batch_first", "True", "it says in which order whole= takes its axes; give whole=, too")
    torch, example = sys.modules.get("torch"), _example_arrays(state)
    is_module = torch is not None and isinstance(network, torch.nn.Module)
    source = {"network": network, "readout": readout, "state": state, "input_dim": input_dim} if is_module else None
    if torch is not None and is_module:
        from emtvb.adapters import torch_steps

        if torch_steps.is_own(network):
            form = torch_steps.own_form(network, readout, state, whole, batch_first)
            note = "" if readout is not None else "no readout: its outputs are its hidden states"
            return Adapted(torch_steps.TorchMachine(form), input_dim or network.input_size, source, note)
        if state is None:
            raise InputError("network", f"{name}, whose steps are not known", _FORMS)
    if state is None:
        remedy = "give where it begins: a number of zeros, one trial's state, or a function of the number of trials"
        raise InputError("state", f"none, of the step {name}", f"{remedy}: adapt(step, state=64)")
    form = Form(name, network, state, readout, whole, batch_first)
    if torch is not None and (is_module or _is_torchs(torch, network, readout, example)):
        from emtvb.adapters import torch_steps

        return Adapted(torch_steps.TorchMachine(form, example), input_dim, source)
    return Adapted(Machine(form), input_dim)


_GONE = {"step", "output"}
"""Arguments of earlier versions."""
_FORMS = (
    "give its layer and its readout, adapt(LAYER, READOUT, whole=NETWORK), or one step of it, "
    "adapt(STEP, state=SIZE, whole=NETWORK), where STEP(inputs, state) returns (output, state)"
)
"""What a network is taken as."""


def _check_arguments(network: Any, name: str, settings: dict[str, Any], input_dim: Any) -> None:
    """Raise InputError where what is given is of no kind that could be used."""
    if isinstance(network, type):
        raise InputError("network", f"the class {name}", f"make one of it: adapt({name}(...))")
    if not callable(network):
        remedy = "give a layer or a cell of torch's, or a step (input, state) -> (output, state)"
        raise InputError("network", name, f"{remedy}, such as a method: adapt(net.step, state=...)")
    whole = "the network on whole sequences, from (time, trial, input) to (time, trial, output)"
    for word, example in (("readout", "a function of the output, such as torch.nn.Linear"), ("whole", whole)):
        if settings[word] is not None and not callable(settings[word]):
            raise InputError(word, type(settings[word]).__name__, f"give {example}")
    if isinstance(settings["state"], (int, np.integer)):  # True among them
        whole_number(settings["state"], "state", 1)
    if input_dim is not None:
        whole_number(input_dim, "input_dim", 1)


def _example_arrays(state: Any) -> list[Any]:
    """The arrays of a state of one trial; none where it is a number, or cannot be made, which is said later.

    Raises:
        InputError: Where one of them is no plain array.
    """
    if state is None or isinstance(state, (int, np.integer)):
        return []
    try:
        arrays = [*states.named_arrays(state(1) if callable(state) else state).values()]
    except Exception:
        return []
    for array in arrays:
        as_numpy(array, "state")
    return arrays


def _is_torchs(torch: Any, network: Any, readout: Any, example: list[Any]) -> bool:
    """Whether a step computes with torch: by the arrays of its state, else by what it names."""
    if example:
        return any(isinstance(array, torch.Tensor) for array in example)
    kinds = (torch.nn.Module, torch.Tensor)
    named = [*named_in(network), readout]
    return any(isinstance(item, kinds) or item is torch or item is torch.nn.functional for item in named)
