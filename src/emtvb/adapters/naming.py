"""What a step function names: the network that it calls, and the generators that it draws noise from."""

from __future__ import annotations

import inspect
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


def named_in(function: Any, depth: int = 3) -> list[Any]:
    """What a function holds or names: its object, what it closes over, its arguments so far, their defaults, globals.

    Functions among these are looked into as well, so many deep.
    """
    objects: list[Any] = [function]
    while hasattr(function, "func"):  # functools.partial
        objects += [*function.args, *function.keywords.values(), function.func]
        function = function.func
    owner = getattr(function, "__self__", None)
    if owner is not None:
        objects += [owner, *getattr(owner, "__dict__", {}).values()]
    if inspect.ismethod(function) or inspect.isfunction(function):
        seen = inspect.getclosurevars(inspect.unwrap(function))
        given = [place.default for place in inspect.signature(function).parameters.values()]
        named = [*seen.nonlocals.values(), *seen.globals.values(), *given]
        objects += named
        if depth:
            objects += [item for other in named if inspect.isfunction(other) for item in named_in(other, depth - 1)]
    elif hasattr(function, "__dict__"):
        objects += vars(function).values()
    return objects


class Generators:
    """Numpy's and Python's own random numbers, and those generators that functions name, of numpy or of torch.

    Args:
        named: What they name (:func:`named_in`).
    """

    def __init__(self, named: list[Any]) -> None:
        torch = sys.modules.get("torch")
        kinds = (np.random.Generator, np.random.RandomState, random.Random, *((torch.Generator,) if torch else ()))
        held = [value for item in named for value in (item, *getattr(item, "__dict__", {}).values())]
        own = {id(item): item for item in held if isinstance(item, kinds)}.values()
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
