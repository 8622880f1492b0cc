"""In which order a step takes its input and its state, and gives back its output and its state: both are tried.

A step is (input, state) -> (output, state). Where the other order runs as well and gives something else, nothing in
what a step does can tell which one is meant. The step is then taken only if its own names agree with this order.
"""

from __future__ import annotations

import dis
import functools
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from emtvb.adapters.proof import Proved, differ
from emtvb.adapters.steps import unpacked
from emtvb.errors import InputError

STATE_NAME = re.compile(
    r"_*(h|c|s|z|hx|hc|h_?0|state|hidden|memory|carry|cache|latent|prev|last|init)s?(_.*|\d*)"
    r"|.*_(state|hidden|cache|carry|memory|prev|last|old)s?\d*",
    re.IGNORECASE,
)
"""How an argument is called where it is a state."""
_INPUT_NAME = re.compile(
    r"_*(u|x|i|inp|in|input|obs|observation|stim|stimulus|signal|token|data|feature)s?(_?t|\d*)_?", re.IGNORECASE
)
"""How an argument is called where it is an input."""


@dataclass(frozen=True, eq=False)
class Swapped:
    """A step read in another order.

    Attributes:
        call: The step.
        arguments: Whether it takes (state, input).
        returned: Whether it returns (state, output).
    """

    call: Callable
    arguments: bool
    returned: bool

    def __call__(self, *args: Any, **more: Any) -> tuple[Any, Any]:
        """Output and new state."""
        result = unpacked(self.call(*(args[::-1] if self.arguments else args), **more), "a step")
        return (result[1], result[0]) if self.returned else result


def check_order(
    call: Callable, names: Sequence[str], name: str, zeros: str, proved: Proved, prove: Callable[[Swapped], Proved]
) -> None:
    """Raise InputError where a step that was proved could as well be read in another order.

    Args:
        call: The step.
        names: Of its arguments, where they are known.
        name: Of the step.
        zeros: How its library makes zeros, such as "np.zeros".
        proved: What was proved of it as (input, state) -> (output, state).
        prove: Proves the same of what it is given; of what does not run so, or remembers nothing then, it raises some
            exception.
    """
    takes, gives = _takes_state_second(names), _gives_state_second(_returned(call), names)
    every = ((True, False), (False, True), (True, True))
    for arguments, returned in ((a, r) for a, r in every if not (a and takes) and not (r and gives)):
        try:
            other = prove(Swapped(call, arguments, returned))
        except Exception:  # whatever it raises: it is no step in this order
            continue
        if not proved.steady or not other.steady or not differ(proved, other):
            continue
        if arguments:
            shown = f"{name} runs as (input, state) and as (state, input)"
            remedy = "say which it is: adapt(lambda input, state: step(input, state), state=...), or step(state, input)"
        else:
            shown = f"{name} returns two arrays of the same shape, of which either could be the state"
            remedy = (
                "have the state in a tuple: def step(u, h): y, h = net(u, h[0]); return y, (h,) -- then "
                f"emtvb.adapt(step, state=lambda n: ({zeros}((n, {proved.state_dim})),))"
            )
        raise InputError("network", shown, remedy)


def _takes_state_second(names: Sequence[str]) -> bool:
    """Whether names of arguments say that a state comes second, or an input first, and none says otherwise."""
    if len(names) < 2:
        return False
    states = [bool(STATE_NAME.fullmatch(name)) for name in names[:2]]
    inputs = [bool(_INPUT_NAME.fullmatch(name)) for name in names[:2]]
    return (states[1] or inputs[0]) and not (states[0] or inputs[1])


def _gives_state_second(returned: set[tuple[str, str]], names: Sequence[str]) -> bool:
    """Whether of each pair that is returned the second is a variable called as a state, or as the argument that is one.

    And the first is not.
    """
    known = names[1] if len(names) > 1 else ""
    states = [
        [bool(name) and (name == known or bool(STATE_NAME.fullmatch(name))) for name in pair] for pair in returned
    ]
    return bool(states) and all(second and not first for first, second in states)


def _returned(call: Any) -> set[tuple[str, str]]:
    """The names of the variables in each pair that a function returns, empty of what is no variable."""
    while isinstance(call, functools.partial):
        call = call.func
    function = inspect.unwrap(getattr(call, "forward", call))
    function = function if hasattr(function, "__code__") else getattr(function, "__call__", None)  # noqa: B004
    code = getattr(function, "__code__", None)
    made = list(dis.get_instructions(code)) if code else []
    pairs = set()
    for at, instruction in enumerate(made):
        if not instruction.opname.startswith("RETURN_") or instruction.opname == "RETURN_GENERATOR":
            continue
        names: list[str] = []
        if at > 1 and made[at - 1].opname == "BUILD_TUPLE" and made[at - 1].arg == 2:
            for loaded in reversed(made[max(at - 3, 0) : at - 1]):
                if not loaded.opname.startswith(("LOAD_FAST", "LOAD_DEREF")):
                    break
                names = [*(loaded.argval if isinstance(loaded.argval, tuple) else (loaded.argval,)), *names]
        first, second = ["", "", *names][-2:]
        pairs.add((first, second))
    return pairs
