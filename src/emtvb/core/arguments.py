"""What users hand in, checked; and what their functions raise, in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from textwrap import shorten
from types import MappingProxyType
from typing import Any

import numpy as np

from emtvb.errors import InputError
from emtvb.memory_limit import check_room

Times = int | slice | Iterable[int] | np.ndarray
"""A time step, or several of them (:func:`checked_times`)."""


_ELSEWHERE = {
    "random_state": "seed= draws the split",
    "test_size": "split= is the share of the trials to fit on, or a mask of them",
    "train_size": "split= is the share of the trials to fit on, or a mask of them",
    "shuffle": "trials are drawn by chance; split= takes a mask of those to fit on",
    "n_jobs": "it runs on one core",
}
"""What there is here for an argument of scikit-learn's."""


def refuse_keywords(function: str, given: Mapping[str, Any], known: Mapping[str, str] = MappingProxyType({})) -> None:
    """Raise for arguments that a function does not have: InputError where there is another way, else TypeError.

    Args:
        function: Its name.
        given: The arguments.
        known: What to write instead of some.
    """
    for name, value in given.items():
        remedy = known.get(name) or _ELSEWHERE.get(name)
        if remedy is None:
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")
        raise InputError(name, f"{value!r:.60}", f"no argument of {function}; {remedy}")


def check_type(given: Any, kind: type, setting: str, maker: str) -> None:
    """Raise InputError unless a function of the public face is given what another one makes."""
    if not isinstance(given, kind):
        more = ", or, of arrays, emtvb.Trials.of(states, labels)" if maker == "record" else ""
        raise InputError(setting, type(given).__name__, f"give what emtvb.{maker} returns{more}")


def describe_error(error: Exception) -> str:
    """What a user's function raised, in one line of at most 160 characters."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:160]


def call_user_function(setting: str, function: Callable, *arguments: np.ndarray) -> Any:
    """What a user's function returns.

    Raises:
        InputError: In one line, where it fails.
    """
    name = getattr(function, "__name__", type(function).__name__)
    try:
        return function(*arguments)
    except InputError:
        raise
    except Exception as error:
        shapes = " and ".join(str(argument.shape) for argument in arguments)
        raise InputError(
            setting, f"{name} failed ({describe_error(error)})", f"it is called with arrays of shape {shapes}"
        ) from error


def as_numpy(values: Any, what: str) -> np.ndarray:
    """A plain array of numpy's: all that users hand in as an array, or their functions return as one, comes by here.

    Tensors and arrays of other libraries are taken where numpy can have all that they hold. What is masked, sparse,
    nested, quantised or without numbers (torch's meta device) is refused.

    Args:
        values: What was handed in; of numbers, words or objects.
        what: The setting that it is.

    Raises:
        InputError: Where it is no plain array, such as lists of different lengths.
    """
    if _is_masked(values):
        raise InputError(what, f"{_no_plain_array(values)} (its mask would be lost)", _PLAIN)
    try:
        given = values
        if hasattr(values, "resolve_conj"):  # a tensor of torch's
            given = values.detach().cpu().resolve_conj().resolve_neg()
            given = given.float() if str(given.dtype).startswith(_SHORT) else given
        array = np.asarray(given)
    except (ValueError, TypeError, RuntimeError) as error:  # each library says in its own words what it cannot hand on
        if "inhomogeneous" in str(error):
            raise InputError(what, "lists of different lengths", "give an array of one shape") from None
        reason = shorten(str(error), 160, placeholder=" ...")
        raise InputError(what, f"{_no_plain_array(values)} ({reason})", _PLAIN) from None
    shape = getattr(values, "shape", array.shape)
    if array.shape != shape:  # numpy takes it for a single object, as what is sparse of scipy's
        raise InputError(what, _no_plain_array(values), _PLAIN)
    return array


_PLAIN = "give a plain array of numbers"


def _no_plain_array(values: Any) -> str:
    """What was handed in, in words."""
    return f"{type(values).__name__} is no plain array"


def _is_masked(values: Any) -> bool:
    """Whether some numbers are masked, in lists of arrays too: numpy would take what is below the mask."""
    if isinstance(values, (list, tuple)):
        return any(_is_masked(value) for value in values if isinstance(value, (list, tuple, np.ndarray)))
    return isinstance(values, np.ma.MaskedArray) and bool(np.ma.is_masked(values))


_SHORT = ("torch.bfloat16", "torch.float16", "torch.float8")
"""Kinds of numbers of torch's that numpy does not have, or not all of it; single precision holds them."""


def as_list(values: Any) -> Any:
    """What can be gone through and is no array, such as a set or a generator, as a list; all else as it is."""
    is_plain = hasattr(values, "__array__") or isinstance(values, (str, bytes, Mapping))
    return list(values) if isinstance(values, Iterable) and not is_plain else values


def checked_times(times: Times, steps: int, setting: str = "times", noun: str = "times") -> tuple[int, ...]:
    """Times, or places of something else, in order, each of them once.

    Args:
        times: A time, or several; negative ones count from the end, as in Python. Or a slice, or a mask of all times.
        steps: How many times there are.
        setting: Which argument they are.
        noun: What they are.

    Raises:
        InputError: Where they are no such times, or there are none.
    """
    remedy = f"give {noun} from 0 to {steps - 1}"
    if isinstance(times, slice):
        try:
            times = range(steps)[times]
        except (TypeError, ValueError) as error:
            raise InputError(setting, str(times), f"give a slice of whole numbers ({error})") from None
    if isinstance(times, range) and len(times) > steps:
        raise InputError(setting, str(times), remedy)
    given = np.atleast_1d(as_numpy(as_list(times), setting))
    if given.dtype == bool and given.shape == (steps,):
        given = np.flatnonzero(given)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise InputError(setting, given.tolist(), f"give integers from 0 to {steps - 1}, a slice, or a mask of {steps}")
    if not given.size or given.min() < -steps or given.max() >= steps:
        raise InputError(setting, given.tolist()[:8], remedy)
    return tuple(np.unique(np.where(given < 0, given.astype(np.int64) + steps, given)).tolist())


def as_numbers(values: Any, what: str, shape: str) -> np.ndarray:
    """A plain array of finite, real numbers.

    Args:
        values: What was handed in.
        what: The setting that it is.
        shape: The shape that it should have, in words.

    Raises:
        InputError: Where it is none.
    """
    array = as_numpy(values, what)
    if array.dtype.kind not in "fiub":
        raise InputError(what, f"of type {array.dtype}", f"give real numbers, {shape}")
    least = array.size // 4  # whether each is finite is a byte
    check_room(least, what, f"shape {array.shape}, which take at least", "give fewer numbers")
    if not np.isfinite(array).all():
        raise InputError(what, "not all of them finite", f"give finite numbers, {shape}")
    return array


def as_bool(value: Any, what: str) -> bool:
    """True or False, and nothing that is taken for them.

    Raises:
        InputError: Where it is neither.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise InputError(what, repr(value), "give True or False")
    return bool(value)


def whole_number(value: Any, what: str, least: int) -> int:
    """A whole number, so large at least.

    Raises:
        InputError: Where it is none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InputError(what, value, f"give a whole number, {least} or more")
    return int(value)
