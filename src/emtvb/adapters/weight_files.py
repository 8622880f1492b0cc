"""A trained network from a file of its weights: arrays under common names, or what torch's ``state_dict`` gave."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors import safe_open

from emtvb.adapters.adapting import Adapted, adapt
from emtvb.adapters.verification import Verified
from emtvb.core.arguments import as_numpy
from emtvb.errors import InputError
from emtvb.weights import Network

_ARRAYS = (("W_uh", "W_hh", "W_r"), ("W_in", "W_rec", "W_out"))
"""How three arrays alone are called: of inputs (hidden, d), recurrent (hidden, hidden), of a readout (d, hidden)."""

_CELL = re.compile(r"(?P<at>.*?)weight_ih(_l(?P<layer>\d+))?(?P<back>_reverse)?")
_TORCH = (".pt", ".pth", ".ckpt", ".bin")
_HELD = ("state_dict", "model_state_dict", "model", "weights")
_KINDS = {1: "RNN", 3: "GRU", 4: "LSTM"}
"""What torch calls a layer with so many gates."""
NOT_HELD = Verified(note="a file of weights has no outputs of its network, to which it could be held")
"""What can be said of any network that was read from one."""


class _Weights(NamedTuple):
    """What a file holds of one network.

    Attributes:
        rnn: Arrays by the names that torch gives them in a layer.
        readout: Weights, (output, hidden).
        bias: Of the readout; None for none.
        where: The file and its arrays, in words.
    """

    rnn: dict[str, np.ndarray]
    readout: np.ndarray
    bias: np.ndarray | None
    where: str


def is_file(text: str) -> bool:
    """Whether a user names a file of weights, or a network in one: FILE or FILE/NAME."""
    return os.path.isfile(text) or Path(text).parent.is_file()


def network_of_file(text: str, nonlinearity: str | None = None) -> tuple[str, Network | Adapted]:
    """The network of a file: the paper's kind as such, any other adapted. It is held to nothing (:data:`NOT_HELD`).

    Known are three arrays, W_uh or W_in (hidden, d), W_hh or W_rec (hidden, hidden), W_r or W_out (d, hidden); and a
    state dict of ``torch.nn.RNN``, ``GRU``, ``LSTM`` or a cell with a readout ``torch.nn.Linear``, of any layers, with
    or without biases.

    Args:
        text: FILE, or FILE/NAME where it holds several: .safetensors, .npz, or torch's .pt.
        nonlinearity: Of an RNN, "tanh" or "relu", which no file says; None for others.

    Returns:
        Its name, and the network.

    Raises:
        InputError: Where the file is missing, damaged or holds no such network, or the nonlinearity is lacking.
    """
    path, name = (Path(text), None) if os.path.isfile(text) else (Path(text).parent, Path(text).name)
    arrays, name = _own_arrays(_arrays_of_file(path), name, path)
    for key, array in arrays.items():
        _check_numbers(array, f"{path}: {key}")
    shown = ", ".join(f"{key} {array.shape}" for key, array in list(arrays.items())[:6])
    where = f"{path}: {shown}" + (", ..." if len(arrays) > 6 else "")
    weights = _of_three_arrays(arrays, where) or _of_state_dict(arrays, where)
    return name or path.name.split(".")[0], _network_of_weights(weights, nonlinearity)


def _check_numbers(array: np.ndarray, where: str) -> None:
    """Raise InputError unless an array holds real numbers that stay finite in single precision."""
    if array.dtype.kind not in "fiu" or not array.size:
        shown = f"{where} is of type {array.dtype} and shape {array.shape}"
        raise InputError("weights", shown, "save arrays of real numbers that are not empty")
    with np.errstate(over="ignore"):
        if not np.isfinite(array.astype(np.float32)).all():
            raise InputError("weights", f"{where} is not finite in single precision", "its training diverged")


def _arrays_of_file(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a file."""
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as stored:
                arrays = {key: stored[key] for key in stored.files}
        elif path.suffix in _TORCH:
            arrays = _read_torch(path)
        else:
            with safe_open(path, framework="pt") as stored:
                arrays = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 - it is no mapping
    except MemoryError:
        raise
    except Exception as error:  # each library raises its own
        if isinstance(error, OSError) and error.strerror:
            raise InputError("weights file", str(path), f"cannot be read ({error.strerror})") from None
        shown = "damaged, or not .safetensors, .npz or torch's .pt of arrays alone"
        remedy = "Python objects are not read, since they may run any code; save model.state_dict(), or arrays"
        raise InputError("weights file", str(path), f"{shown}; {remedy}") from None
    return {key: as_numpy(array, f"weights: {path}: {key}") for key, array in arrays.items()}


def _read_torch(path: Path) -> dict[str, Any]:
    import torch

    stored: Any = torch.load(path, map_location="cpu", weights_only=True)
    for key in _HELD:
        if isinstance(stored, Mapping) and isinstance(stored.get(key), Mapping):
            stored = stored[key]
    return {str(key): value for key, value in stored.items() if isinstance(value, torch.Tensor)}


def _own_arrays(
    arrays: dict[str, np.ndarray], name: str | None, path: Path
) -> tuple[dict[str, np.ndarray], str | None]:
    """One network's arrays, of a file that holds several as NAME/array."""
    if not arrays:
        raise InputError("weights", f"{path}: holds no arrays", "save the network's weights in it")
    names = sorted({key.rpartition("/")[0] for key in arrays})
    if name is None and len(names) == 1:
        name = names[0] or None
    if name is None and len(names) > 1:
        raise InputError("weights", f"{path}: {len(names)} networks", f"name one, such as {path}/{names[0]}")
    if (name or "") not in names:
        held = ", ".join(names[:4]) if any(names) else "one network, without a name"
        raise InputError("weights", f"{path}: has no {name}", f"it holds {held}")
    split = {key: key.rpartition("/") for key in arrays}
    return {split[key][2]: array for key, array in arrays.items() if split[key][0] == (name or "")}, name


def _of_three_arrays(arrays: dict[str, np.ndarray], where: str) -> _Weights | None:
    """Three arrays by their names; None where there are others."""
    for names in _ARRAYS:
        if arrays.keys() == set(names):
            W_uh, W_hh, W_r = (arrays[name] for name in names)
            return _Weights({"weight_ih_l0": W_uh, "weight_hh_l0": W_hh}, W_r, None, where)
    return None


def _of_state_dict(arrays: dict[str, np.ndarray], where: str) -> _Weights:
    """Torch's recurrent module and linear readout, whatever they are called."""
    cells = {key: match for key in arrays if (match := _CELL.fullmatch(key))}
    if not cells:
        remedy = "call three arrays W_uh (hidden, d), W_hh (hidden, hidden) and W_r (d, hidden), or W_in, W_rec, W_out"
        raise InputError("weights", where, f"{remedy}; or give torch's state dict of a recurrent layer and its readout")
    if len({match["at"] for match in cells.values()}) > 1 or any(match["back"] for match in cells.values()):
        raise InputError("weights", where, "one recurrent module that runs forward is read; adapt others in Python")
    at = next(iter(cells.values()))["at"]
    of_rnn = [key for key in arrays if re.fullmatch(re.escape(at) + r"(weight|bias)_[ih][hr](_l\d+)?", key)]
    names = {key: key.removeprefix(at) + "_l0" * (not re.search(r"_l\d+$", key)) for key in of_rnn}  # a cell has none
    rest = {key: array for key, array in arrays.items() if key not in of_rnn}
    readout = next((key for key, array in rest.items() if array.ndim == 2), "")
    bias = readout.removesuffix("weight") + "bias"
    if not readout or rest.keys() - {readout, bias}:
        held = ", ".join(rest) or "nothing"
        raise InputError("weights", where, f"one linear readout must be beside it, not {held}; adapt it in Python")
    return _Weights({names[key]: arrays[key] for key in of_rnn}, rest[readout], rest.get(bias), where)


def _network_of_weights(weights: _Weights, nonlinearity: str | None) -> Network | Adapted:
    """The paper's network, if it is one; else torch's module, adapted."""
    rnn, readout, bias, where = weights
    recurrent, inputs = rnn.get("weight_hh_l0"), rnn.get("weight_ih_l0")
    if recurrent is None or inputs is None or recurrent.ndim != 2 or inputs.ndim != 2:
        raise InputError("weights", where, "its weights must be (gates times hidden, inputs or hidden)")
    projected = rnn["weight_hr_l0"].shape[0] if "weight_hr_l0" in rnn else 0
    gates = 4 if projected else len(recurrent) / recurrent.shape[1]
    if gates not in _KINDS:
        raise InputError("weights", where, f"{gates:g} gates: known are RNN (1), GRU (3), LSTM (4); adapt it in Python")
    if gates == 1 and nonlinearity is None:
        raise InputError("--nonlinearity", "not given", f"no file says it of an RNN, as in {where}; give tanh or relu")
    if gates > 1 and nonlinearity is not None:
        remedy = f"its own are fixed; leave it out ({where})"
        raise InputError("--nonlinearity", nonlinearity, f"of an RNN, and this is {_KINDS[gates]}: {remedy}")
    layers = len([key for key in rnn if key.startswith("weight_ih")])
    biases = [array for key, array in rnn.items() if key.startswith("bias")] + ([] if bias is None else [bias])
    if gates == 1 and layers == 1 and nonlinearity == "tanh" and not any(array.any() for array in biases):
        d, hidden = inputs.shape[1], len(recurrent)
        if len(inputs) != hidden or readout.shape != (d, hidden):
            shapes = "input (hidden, d), recurrent (hidden, hidden), readout (d, hidden)"
            raise InputError("weights", where, f"must be {shapes}")
        return Network(*(np.ascontiguousarray(array, dtype=np.float32) for array in (inputs, recurrent, readout)))
    more = ({"proj_size": projected} if projected else {}) | ({"nonlinearity": nonlinearity} if nonlinearity else {})
    return _torch_network(weights, int(gates), layers, more)


def _torch_network(weights: _Weights, gates: int, layers: int, more: dict[str, Any]) -> Adapted:
    """Torch's module with these weights, adapted."""
    import torch
    from torch import nn

    rnn, readout, bias, where = weights
    arrays = {key: torch.tensor(array) for key, array in rnn.items()}
    first = arrays["weight_ih_l0"]
    size, has_bias = len(first) // gates, any(key.startswith("bias") for key in rnn)
    linear = nn.Linear(readout.shape[1], len(readout), bias is not None, dtype=first.dtype)
    try:
        module = getattr(nn, _KINDS[gates])(first.shape[1], size, layers, bias=has_bias, dtype=first.dtype, **more)
        module.load_state_dict(arrays)
        linear.load_state_dict(
            {"weight": torch.tensor(readout)} | ({} if bias is None else {"bias": torch.tensor(bias)})
        )
        linear(module(torch.zeros(1, 1, first.shape[1], dtype=first.dtype))[0])
    except (RuntimeError, ValueError) as error:  # torch's own words on which array does not fit, without its heading
        said = " ".join(str(error).split(":\n", 1)[-1].split())
        raise InputError("weights", where, f"do not fit together: {said}") from None
    system = adapt(module, linear)
    assert isinstance(system, Adapted)
    system.verified = NOT_HELD
    return system
