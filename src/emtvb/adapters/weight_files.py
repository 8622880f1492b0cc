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
from emtvb.core.arguments import as_numpy
from emtvb.errors import InputError
from emtvb.weights import Network

_ROLES = {
    "W_uh": r"w_?(uh|ih|in|xh|x|u|input)|(i2h|x2h|in|input|w_?in|w_?ih|fc_?in)\.weight",
    "W_hh": r"w_?(hh|rec|recurrent|h)|(h2h|rec|recurrent|hidden|w_?rec|w_?hh)\.weight",
    "W_r": r"w_?(r|out|o|ho|hy|hz|y|readout|output)|(h2o|out|output|readout|decoder|linear|fc|fc_?out|w_?out)\.weight",
}
"""How the three arrays are called, without what stands before, in any case."""

_CELL = re.compile(r"(?P<at>.*?)weight_ih(_l(?P<layer>\d+))?(?P<back>_reverse)?")
_TORCH = (".pt", ".pth", ".ckpt", ".bin")
_HELD = ("state_dict", "model_state_dict", "model", "weights")


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


def network_of_file(text: str, nonlinearity: str = "tanh") -> tuple[str, Network | Adapted]:
    """The network of a file: the paper's kind as such, any other adapted.

    Known are three arrays, input, recurrent and readout weights, under names such as W_in, W_rec, W_out or i2h.weight,
    h2h.weight, h2o.weight (transposed too, for x @ W); and a state dict of ``torch.nn.RNN``, ``GRU``, ``LSTM`` or a
    cell with a readout ``torch.nn.Linear``, of any layers, with or without biases.

    Args:
        text: FILE, or FILE/NAME where it holds several: .safetensors, .npz, or torch's .pt.
        nonlinearity: Of an RNN, "tanh" or "relu", which no file says.

    Returns:
        Its name, and the network.

    Raises:
        InputError: Where the file is missing, damaged or holds no such network.
    """
    path, name = (Path(text), None) if os.path.isfile(text) else (Path(text).parent, Path(text).name)
    arrays, name = _own_arrays(_arrays_of_file(path), name, path)
    for key, array in arrays.items():
        _check_numbers(array, f"{path}: {key}")
    shown = ", ".join(f"{key} {array.shape}" for key, array in list(arrays.items())[:6])
    where = f"{path}: {shown}" + (", ..." if len(arrays) > 6 else "")
    weights = _by_roles(arrays, where) or _of_state_dict(arrays, where)
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


def _by_roles(arrays: dict[str, np.ndarray], where: str) -> _Weights | None:
    """Three arrays by their names, perhaps with the biases of torch.nn.Linear; None where it is another state dict."""
    weights = {key: array for key, array in arrays.items() if array.ndim == 2}
    if len(weights) != 3 or any(_CELL.fullmatch(key) for key in arrays):
        return None
    by_role: dict[str, str] = {}
    for role, pattern in _ROLES.items():
        keys = [key for key in weights if re.fullmatch(rf"(.*[./_])?({pattern})", key, re.IGNORECASE)]
        exact = [key for key in keys if re.fullmatch(pattern, key, re.IGNORECASE)]
        keys = exact if len(exact) == 1 else keys
        if len(keys) == 1:
            by_role[role] = keys[0]
    biases = {role: arrays.get(key.removesuffix("weight") + "bias") for role, key in by_role.items()}
    known = 3 + sum(bias is not None for bias in biases.values())
    if len(set(by_role.values())) < 3 or known != len(arrays):
        remedy = "call them W_uh, W_hh and W_r: (hidden, d), (hidden, hidden), (d, hidden)"
        raise InputError("weights", where, remedy)
    W_uh, W_hh, W_r = (weights[by_role[role]] for role in _ROLES)
    if len(W_uh) != len(W_hh) == W_uh.shape[1]:  # for x @ W
        W_uh, W_hh, W_r = W_uh.T, W_hh.T, W_r.T
    rnn = {"weight_ih_l0": W_uh, "weight_hh_l0": W_hh}
    if any(bias is not None for bias in biases.values()):
        for name, role in (("bias_ih_l0", "W_uh"), ("bias_hh_l0", "W_hh")):
            bias = biases[role]
            rnn[name] = np.zeros(len(W_hh), np.float32) if bias is None else bias
    return _Weights(rnn, W_r, biases["W_r"], where)


def _of_state_dict(arrays: dict[str, np.ndarray], where: str) -> _Weights:
    """Torch's recurrent module and linear readout, whatever they are called."""
    cells = {key: match for key in arrays if (match := _CELL.fullmatch(key))}
    if not cells:
        remedy = "give three arrays W_uh, W_hh, W_r, or torch's state dict of an RNN and a readout"
        raise InputError("weights", where, remedy)
    if len({match["at"] for match in cells.values()}) > 1 or any(match["back"] for match in cells.values()):
        raise InputError("weights", where, "one recurrent module that runs forward is read; adapt others in Python")
    at = next(iter(cells.values()))["at"]
    of_rnn = [key for key in arrays if re.fullmatch(re.escape(at) + r"(weight|bias)_[ih][hr](_l\d+)?", key)]
    names = {key: key.removeprefix(at) + "_l0" * (not re.search(r"_l\d+$", key)) for key in of_rnn}  # a cell has none
    rest = {key: array for key, array in arrays.items() if key not in of_rnn}
    matrices = [array for array in rest.values() if array.ndim == 2]
    vectors = [array for array in rest.values() if array.ndim == 1]
    if len(matrices) != 1 or len(vectors) > 1 or len(rest) != len(matrices) + len(vectors):
        held = ", ".join(rest) or "nothing"
        raise InputError("weights", where, f"one linear readout must be beside it, not {held}; adapt it in Python")
    rnn = {names[key]: arrays[key] for key in of_rnn}
    return _Weights(rnn, matrices[0], vectors[0] if vectors else None, where)


def _network_of_weights(weights: _Weights, nonlinearity: str) -> Network | Adapted:
    """The paper's network, if it is one; else torch's module, adapted."""
    rnn, readout, bias, where = weights
    recurrent, inputs = rnn.get("weight_hh_l0"), rnn.get("weight_ih_l0")
    if recurrent is None or inputs is None or recurrent.ndim != 2 or inputs.ndim != 2:
        raise InputError("weights", where, "its weights must be (gates times hidden, inputs or hidden)")
    projected = rnn["weight_hr_l0"].shape[0] if "weight_hr_l0" in rnn else 0
    gates = 4 if projected else len(recurrent) / recurrent.shape[1]
    layers = len([key for key in rnn if key.startswith("weight_ih")])
    biases = [array for key, array in rnn.items() if key.startswith("bias")] + ([] if bias is None else [bias])
    if gates == 1 and layers == 1 and nonlinearity == "tanh" and not any(array.any() for array in biases):
        d, hidden = inputs.shape[1], len(recurrent)
        if len(inputs) != hidden or readout.shape != (d, hidden):
            shapes = "input (hidden, d), recurrent (hidden, hidden), readout (d, hidden)"
            raise InputError("weights", where, f"must be {shapes}")
        return Network(*(np.ascontiguousarray(array, dtype=np.float32) for array in (inputs, recurrent, readout)))
    return _torch_network(weights, gates, layers, {"proj_size": projected} if projected else {}, nonlinearity)


def _torch_network(weights: _Weights, gates: float, layers: int, more: dict[str, Any], nonlinearity: str) -> Adapted:
    """Torch's module with these weights, adapted."""
    import torch
    from torch import nn

    kinds: dict[float, Any] = {1: nn.RNN, 3: nn.GRU, 4: nn.LSTM}
    rnn, readout, bias, where = weights
    if gates not in kinds:
        raise InputError("weights", where, f"{gates:g} gates: known are RNN (1), GRU (3), LSTM (4); adapt it in Python")
    more = more | ({"nonlinearity": nonlinearity} if gates == 1 else {})
    arrays = {key: torch.tensor(array) for key, array in rnn.items()}
    first = arrays["weight_ih_l0"]
    size, has_bias = len(first) // int(gates), any(key.startswith("bias") for key in rnn)
    linear = nn.Linear(readout.shape[1], len(readout), bias is not None, dtype=first.dtype)
    try:
        module = kinds[gates](first.shape[1], size, layers, bias=has_bias, dtype=first.dtype, **more)
        module.load_state_dict(arrays)
        linear.load_state_dict(
            {"weight": torch.tensor(readout)} | ({} if bias is None else {"bias": torch.tensor(bias)})
        )
        linear(module(torch.zeros(1, 1, first.shape[1], dtype=first.dtype))[0])
    except (RuntimeError, ValueError) as error:  # torch's own words on which array does not fit, without its heading
        said = " ".join(str(error).split(":\n", 1)[-1].split())
        raise InputError("weights", where, f"do not fit together: {said}") from None
    system = adapt(module, linear, whole=lambda x: linear(module(x)[0]))
    assert isinstance(system, Adapted)
    return system
