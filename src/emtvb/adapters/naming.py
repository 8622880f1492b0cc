"""What a step names: the network that it calls, the numbers that it computes with, the generators that it draws from.

Nothing of it is called: what functions close over is looked at, their arguments, and the lists and objects among these.
"""

from __future__ import annotations

import dis
import functools
import hashlib
import inspect
import itertools
import random
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from emtvb.core.systems import Weights

_DEEP, _WIDE, _MOST = 5, 1000, 10_000
"""How many steps from a function things are looked for; how many items of a list are looked at; and things in all."""
_LEAVES = (str, bytes, int, float, complex, type(None), type, ModuleType, np.generic)
"""What holds nothing else."""
_LIBRARIES = ("numpy", "scipy", "torch", "jax", "jaxlib", "flax")
"""Functions of these are not looked into: they name what is theirs."""


def named_in(*functions: Any) -> list[Any]:
    """What functions hold or name, and what is in that, the nearest first."""
    return list(_by_path(functions).values())


def _by_path(functions: tuple[Any, ...]) -> dict[str, Any]:
    """The same by where it stands."""
    found: dict[str, Any] = {}
    seen: set[int] = set()
    waiting = deque((str(place), function, 0) for place, function in enumerate(functions))
    while waiting and len(found) < _MOST:
        path, item, depth = waiting.popleft()
        is_leaf = isinstance(item, _LEAVES)
        if not is_leaf and id(item) in seen:
            continue
        seen.add(id(item))
        found[path] = item
        if depth < _DEEP and not is_leaf:
            waiting += [(f"{path}.{name}", inner, depth + 1) for name, inner in _held_by(item)]
    return found


def _held_by(item: Any) -> list[tuple[str, Any]]:
    """What a thing holds or names itself, with names."""
    if inspect.ismethod(item):
        return [("self", item.__self__), ("function", item.__func__)]
    if isinstance(item, functools.partial):
        given = [*enumerate(item.args), *item.keywords.items()]
        return [("function", item.func), *((str(key), value) for key, value in given)]
    if inspect.isfunction(item):
        return _named_by(item) if not _is_of_library(item) else []
    if isinstance(item, (Mapping, list, tuple, set, frozenset)):
        pairs = item.items() if isinstance(item, Mapping) else enumerate(item)
        return [(str(key), value) for key, value in itertools.islice(pairs, _WIDE)]
    if hasattr(item, "__array__"):
        return []
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(item, torch.nn.Module):
        own = vars(torch.nn.Module())
        inner = [
            (f"{path}.{name}", value)
            for path, module in item.named_modules()
            for name, value in vars(module).items()
            if name not in own
        ]
        return [*inner, ("forward", getattr(type(item), "forward", None))]
    called = getattr(type(item), "__call__", None)  # noqa: B004 - it is looked into, not asked for
    return [*getattr(item, "__dict__", {}).items(), *([("call", called)] if inspect.isfunction(called) else [])]


def _is_of_library(function: Any) -> bool:
    """Whether a function is one of a library that computes."""
    return str(function.__module__).partition(".")[0] in _LIBRARIES


def _named_by(function: Any) -> list[tuple[str, Any]]:
    """What a function of Python's closes over, has as defaults, and names of its module; and what it is put around."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    held = [(name, cell.cell_contents) for name, cell in cells if _is_full(cell)]
    defaults = [*enumerate(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).items()]
    held += [(f"default {name}", value) for name, value in defaults]
    names = dict.fromkeys(_global_names(function.__code__))
    held += [(name, function.__globals__[name]) for name in names if name in function.__globals__]
    return [*held, *vars(function).items()]


def _is_full(cell: Any) -> bool:
    """Whether what a function closes over has been given a value."""
    try:
        cell.cell_contents  # noqa: B018 - it is asked for
    except ValueError:
        return False
    return True


def _global_names(code: CodeType) -> Iterator[str]:
    """The names of its module that code reads, and the code within it."""
    for made in dis.get_instructions(code):
        if made.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield made.argval
        elif isinstance(made.argval, CodeType):
            yield from _global_names(made.argval)


def weights_named_in(*functions: Any) -> Weights:
    """The arrays and numbers with a point that functions compute with, by where they stand, each with a digest.

    Of modules of torch these are parameters and buffers. What cannot be had as numbers is left out.
    """
    torch = sys.modules.get("torch")
    found: dict[str, str] = {}
    seen: set[int] = set()
    for path, item in _by_path(functions).items():
        held = [(path, item)]
        if torch is not None and isinstance(item, torch.nn.Module):
            held = [(f"{path}.{name}", array) for name, array in (*item.named_parameters(), *item.named_buffers())]
        for name, array in held:
            is_array = hasattr(array, "__array__")
            if not (is_array or isinstance(array, float)) or (is_array and id(array) in seen):
                continue
            seen.add(id(array))
            if digest := _digest(array):
                found[name] = digest
    return tuple(found.items())


def _digest(array: Any) -> str:
    """The digest of an array's numbers; empty of what holds none."""
    try:
        if hasattr(array, "resolve_conj"):  # torch's, of any precision
            array = array.detach().resolve_conj().resolve_neg().cpu().contiguous().flatten()
            array = array.view(sys.modules["torch"].uint8)
        array = np.ascontiguousarray(array)
        return "" if array.dtype == object else hashlib.blake2b(array.tobytes(), digest_size=16).hexdigest()
    except (TypeError, ValueError, RuntimeError, NotImplementedError):  # such as sparse, or on torch's meta device
        return ""


class Generators:
    """Numpy's and Python's own random numbers, and those generators that functions name, of numpy or of torch.

    Args:
        named: What they name (:func:`named_in`).
    """

    def __init__(self, named: list[Any]) -> None:
        torch = sys.modules.get("torch")
        kinds = (np.random.Generator, np.random.RandomState, random.Random, *((torch.Generator,) if torch else ()))
        own = {id(item): item for item in named if isinstance(item, kinds)}.values()
        self._every: list[Any] = [np.random, random, *own]

    @contextmanager
    def kept(self) -> Iterator[None]:
        """They go back to where they were: what is drawn within is drawn again next time."""
        before = [_generator_state(item) for item in self._every]
        try:
            yield
        finally:
            for item, state in zip(self._every, before, strict=True):
                if isinstance(item, np.random.Generator):
                    item.bit_generator.state = state
                else:
                    (item.setstate if hasattr(item, "setstate") else item.set_state)(state)


def _generator_state(generator: Any) -> Any:
    """Where a generator is, or the common one of a module."""
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    return (generator.getstate if hasattr(generator, "getstate") else generator.get_state)()
