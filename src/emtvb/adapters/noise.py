"""Random numbers of torch, set to their means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


class Mean(TorchDispatchMode):
    """Within it every random number of torch is the mean of its distribution: 0 of a normal one, p of a coin."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operation, and put the mean in the place of what it drew."""
        result = func(*args, **(kwargs or {}))
        known = _MEANS.get(func.overloadpacket.__name__)
        return result if known is None else known(result, args)


def _filled(value: float) -> Callable[[Tensor, Sequence[Any]], Tensor]:
    return lambda result, _: result.fill_(value)


def _normal(result: Tensor, args: Sequence[Any]) -> Tensor:
    """``torch.normal(mean, ...)`` and ``tensor.normal_(mean, ...)``."""
    given = [part for part in args[:2] if not isinstance(part, Sequence)]
    mean = given[-1] if len(given) > 1 and result is given[0] else given[0] if given and result is not given[0] else 0.0
    return result.zero_().add_(mean)


def _uniform(result: Tensor, args: Sequence[Any]) -> Tensor:
    given = [*args[1:3], 0.0, 1.0]
    low, high = (given[0], given[1]) if len(args) > 2 else (0.0, 1.0) if len(args) < 2 else (given[0], 1.0)
    return result.fill_((low + high) / 2)


def _coin(result: Tensor, args: Sequence[Any]) -> Tensor:
    """``torch.bernoulli(p)`` and ``tensor.bernoulli_(p)``."""
    chance = args[1] if len(args) > 1 and not isinstance(args[1], torch.Generator) else None
    if chance is None:
        return result.copy_(args[0]) if result is not args[0] else result.fill_(0.5)
    return result.zero_().add_(chance)


def _dropout(result: tuple[Tensor, Tensor], args: Sequence[Any]) -> tuple[Tensor, Tensor]:
    return result[0].copy_(args[0]), result[1].fill_(True)


_MEANS: dict[str, Callable[[Any, Sequence[Any]], Any]] = {
    "randn": _filled(0.0),
    "randn_like": _filled(0.0),
    "normal": _normal,
    "normal_": _normal,
    "normal_functional": _normal,
    "rand": _filled(0.5),
    "rand_like": _filled(0.5),
    "uniform": _uniform,
    "uniform_": _uniform,
    "bernoulli": _coin,
    "bernoulli_": _coin,
    "native_dropout": _dropout,
}
