"""A trained network from a file of its weights: arrays under common names, or what torch's ``state_dict`` gave."""

from __future__ import annotations

import os
import pickle
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

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


def is_file(text: str) -> bool:
    """Whether a user names a file of weights, or a network in one: FILE or FILE/NAME."""
    return os.path.isfile(text) or Path(text).parent.is_file()


def load(text: str, nonlinearity: str = "tanh") -> tuple[str, Network | Adapted]:
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
    arrays, name = _chosen(_read(path), name, path)
    for key, array in arrays.items():
        _check_numbers(array, f"{path}: {key}")
    network = _by_roles(arrays, path, nonlinearity)
    if network is None:
        network = _of_state_dict(arrays, path, nonlinearity)
    return name or path.name.split(".")[0], network


def _check_numbers(array: np.ndarray, where: str) -> None:
    """Raise InputError unless an array holds real numbers that stay finite in single precision."""
    if array.dtype.kind not in "fiu":
        held = {"c": "complex numbers", "b": "truth values", "U": "text", "S": "text"}.get(
            array.dtype.kind, "no numbers"
        )
        raise InputError("weights", f"{where} holds {held} ({array.dtype})", "save arrays of real numbers")
    if not array.size:
        raise InputError(
            "weights", f"{where} is empty, {array.shape}", "a network has neurons; give one that was trained"
        )
    if not np.isfinite(array).all():
        raise InputError("weights", f"{where} is not finite", "its training diverged; give another")
    with np.errstate(over="ignore"):
        if not np.isfinite(array.astype(np.float32)).all():
            raise InputError("weights", f"{where} has numbers that single precision does not hold", "give smaller ones")


def _read(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a file."""
    try:
        if path.suffix == ".npz":
            if not zipfile.is_zipfile(path):  # which numpy would take for Python objects
                raise _damaged(path)
            with np.load(path, allow_pickle=False) as stored:
                arrays = {key: stored[key] for key in stored.files}
            for key, array in arrays.items():
                if not isinstance(array, np.ndarray):  # numpy gives the bytes of what is none
                    shown = f"holds {key}, which is no array"
                    raise InputError("weights file", str(path), f"{shown}; save arrays alone, with numpy.savez")
            return arrays
        if path.suffix in _TORCH:
            return _read_torch(path)
        with safe_open(path, framework="pt") as stored:
            return _as_arrays({key: stored.get_tensor(key) for key in stored.keys()}, path)  # noqa: SIM118 - it is no mapping
    except InputError:
        raise
    except pickle.UnpicklingError:
        if not _is_torchs(path):
            raise _damaged(path) from None
        raise InputError("weights file", str(path), f"{_OBJECTS}; save model.state_dict()") from None
    except OSError as error:
        if error.strerror is None:  # torch's and numpy's, of what the file holds
            raise _damaged(path) from None
        raise InputError("weights file", str(path), f"cannot be read ({error.strerror})") from None
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise InputError("weights file", str(path), f"{_OBJECTS}; save arrays of numbers") from None
        raise _damaged(path) from None
    except (SafetensorError, TypeError, RuntimeError, EOFError, KeyError, IndexError, zipfile.BadZipFile, zlib.error):
        raise _damaged(path) from None


_OBJECTS = "holds Python objects, which are not read, since they may run any code"


def _is_torchs(path: Path) -> bool:
    """Whether a file begins as one of torch's does: an archive, or a pickle."""
    with path.open("rb") as file:
        return zipfile.is_zipfile(path) or file.read(1) == b"\x80"


def _damaged(path: Path) -> InputError:
    return InputError("weights file", str(path), "damaged, or not .safetensors, .npz or torch's .pt; save it again")


def _read_torch(path: Path) -> dict[str, np.ndarray]:
    import torch

    stored: Any = torch.load(path, map_location="cpu", weights_only=True)
    for key in _HELD:
        if isinstance(stored, Mapping) and isinstance(stored.get(key), Mapping):
            stored = stored[key]
    if not isinstance(stored, Mapping):
        raise InputError("weights file", str(path), f"holds a {type(stored).__name__}; save model.state_dict()")
    return _as_arrays({str(key): value for key, value in stored.items() if isinstance(value, torch.Tensor)}, path)


def _as_arrays(tensors: Mapping[str, Any], path: Path) -> dict[str, np.ndarray]:
    return {key: as_numpy(tensor, f"weights: {path}: {key}") for key, tensor in tensors.items()}


def _chosen(arrays: dict[str, np.ndarray], name: str | None, path: Path) -> tuple[dict[str, np.ndarray], str | None]:
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


def _by_roles(arrays: dict[str, np.ndarray], path: Path, nonlinearity: str) -> Network | Adapted | None:
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
    shapes = f"{path}: " + ", ".join(f"{key} {array.shape}" for key, array in arrays.items())
    biases = {role: arrays.get(key.removesuffix("weight") + "bias") for role, key in by_role.items()}
    known = 3 + sum(bias is not None for bias in biases.values())
    if len(set(by_role.values())) < 3 or known != len(arrays):
        remedy = "call them W_uh, W_hh and W_r: (hidden, d), (hidden, hidden), (d, hidden)"
        raise InputError("weights", shapes, remedy)
    network = _network(weights[by_role["W_uh"]], weights[by_role["W_hh"]], weights[by_role["W_r"]], shapes)
    if nonlinearity == "tanh" and not any(bias is not None and bias.any() for bias in biases.values()):
        return network
    rnn = {"weight_ih_l0": network.W_uh, "weight_hh_l0": network.W_hh}
    for name, role in (("bias_ih_l0", "W_uh"), ("bias_hh_l0", "W_hh")):
        bias = biases[role]
        rnn[name] = np.zeros(network.hidden_dim, np.float32) if bias is None else bias.astype(np.float32)
    readout_bias = biases["W_r"]
    given = None if readout_bias is None else readout_bias.astype(np.float32)
    return _module(rnn, network.W_r, given, 1, 1, shapes, nonlinearity)


def _network(W_uh: np.ndarray, W_hh: np.ndarray, W_r: np.ndarray, where: str) -> Network:
    hidden = W_hh.shape[0]
    if W_uh.shape[0] != hidden and W_uh.shape[-1] == hidden:  # for x @ W
        W_uh, W_hh, W_r = W_uh.T, W_hh.T, W_r.T
    if not (
        W_uh.ndim == W_hh.ndim == W_r.ndim == 2
        and W_hh.shape == (hidden, hidden)
        and W_uh.shape[0] == hidden == W_r.shape[1]
        and W_r.shape[0] == W_uh.shape[1]
    ):
        raise InputError("weights", where, "must be input (hidden, d), recurrent (hidden, hidden), readout (d, hidden)")
    return Network(*(np.ascontiguousarray(array, dtype=np.float32) for array in (W_uh, W_hh, W_r)))


def _of_state_dict(arrays: dict[str, np.ndarray], path: Path, nonlinearity: str) -> Network | Adapted:
    """Torch's recurrent module and linear readout, whatever they are called."""
    cells = {key: match for key in arrays if (match := _CELL.fullmatch(key))}
    shown = ", ".join(f"{key} {array.shape}" for key, array in list(arrays.items())[:6])
    where = f"{path}: {shown}" + (", ..." if len(arrays) > 6 else "")
    if not cells:
        remedy = "give three arrays W_uh, W_hh, W_r, or torch's state dict of an RNN and a readout"
        raise InputError("weights", where, remedy)
    if len({match["at"] for match in cells.values()}) > 1 or any(match["back"] for match in cells.values()):
        raise InputError("weights", where, "one recurrent module that runs forward is read; adapt others in Python")
    at = next(iter(cells.values()))["at"]
    of_rnn = [key for key in arrays if re.fullmatch(re.escape(at) + r"(weight|bias)_[ih][hr](_l\d+)?", key)]
    rnn = {key.removeprefix(at): arrays[key] for key in of_rnn}
    rest = {key: array for key, array in arrays.items() if key not in of_rnn}
    matrices = [key for key, array in rest.items() if array.ndim == 2]
    vectors = [key for key, array in rest.items() if array.ndim == 1]
    if len(matrices) != 1 or len(vectors) > 1 or len(rest) != len(matrices) + len(vectors):
        names = ", ".join(rest) or "nothing"
        raise InputError("weights", where, f"one linear readout must be beside it, not {names}; adapt it in Python")
    readout, bias = rest[matrices[0]], rest[vectors[0]] if vectors else None
    return _built(rnn, readout, bias, where, nonlinearity)


def _built(
    rnn: dict[str, np.ndarray], readout: np.ndarray, bias: np.ndarray | None, where: str, nonlinearity: str
) -> Network | Adapted:
    first = next(key for key in rnn if key.startswith("weight_ih"))
    recurrent = rnn.get(first.replace("ih", "hh"))
    projected = "weight_hr_l0" in rnn
    if recurrent is None or recurrent.ndim != 2 or (recurrent.shape[0] % recurrent.shape[1] and not projected):
        raise InputError("weights", where, "its recurrent weights must be (gates times hidden, hidden)")
    layers = len([key for key in rnn if key.startswith("weight_ih")])
    silent = [array for key, array in rnn.items() if key.startswith("bias")] + ([] if bias is None else [bias])
    gates = 4 if projected else recurrent.shape[0] // recurrent.shape[1]
    if gates == 1 and layers == 1 and nonlinearity == "tanh" and not any(array.any() for array in silent):
        return _network(rnn[first], recurrent, readout, where)
    return _module(rnn, readout, bias, gates, layers, where, nonlinearity)


def _module(
    rnn: dict[str, np.ndarray],
    readout: np.ndarray,
    bias: np.ndarray | None,
    gates: int,
    layers: int,
    where: str,
    nonlinearity: str,
) -> Adapted:
    """Torch's module with these weights, adapted."""
    import torch
    from torch import nn

    kinds: dict[int, Any] = {1: nn.RNN, 3: nn.GRU, 4: nn.LSTM}
    if gates not in kinds:
        raise InputError("weights", where, f"{gates} gates: known are RNN (1), GRU (3), LSTM (4); adapt it in Python")
    of_layers = {key if re.search(r"_l\d+$", key) else f"{key}_l0": torch.tensor(array) for key, array in rnn.items()}
    width = of_layers["weight_ih_l0"].shape[1]
    more: dict[str, Any] = {"nonlinearity": nonlinearity} if gates == 1 else {}
    if "weight_hr_l0" in rnn:
        more["proj_size"] = rnn["weight_hr_l0"].shape[0]
    hidden = of_layers["weight_ih_l0"].shape[0] // gates
    dtype = of_layers["weight_ih_l0"].dtype
    has_bias = any(key.startswith("bias") for key in rnn)
    try:
        module = kinds[gates](width, hidden, layers, bias=has_bias, dtype=dtype, **more)
    except (RuntimeError, ValueError) as error:  # a projection as wide as the state, say
        raise InputError("weights", where, f"torch makes no such network: {' '.join(str(error).split())}") from None
    _check_shapes(module, of_layers, where)
    linear = nn.Linear(readout.shape[1], readout.shape[0], bias is not None, dtype=dtype)
    given = {"weight": readout} if bias is None else {"weight": readout, "bias": bias}
    _check_shapes(linear, given, f"{where}: readout")
    module.load_state_dict(of_layers)
    linear.load_state_dict({name: torch.tensor(array) for name, array in given.items()})
    reads = more.get("proj_size", hidden)
    if readout.shape[1] != reads:
        raise InputError("weights", where, f"do not fit together: the readout should take {reads} numbers")
    system = adapt(module, linear, whole=lambda x: linear(module(x)[0]))
    assert isinstance(system, Adapted)
    return system


def _check_shapes(module: Any, given: Mapping[str, Any], where: str) -> None:
    """Raise InputError unless what is given is all that a module of torch's holds, in its shapes."""
    wanted = {name: tuple(array.shape) for name, array in module.state_dict().items()}
    for name in [*wanted, *given]:
        if name not in given:
            raise InputError("weights", where, f"do not fit together: {name} is missing")
        if name not in wanted:
            raise InputError("weights", where, f"do not fit together: {name} belongs to another")
        shape = tuple(given[name].shape)
        if shape != wanted[name]:
            raise InputError("weights", where, f"do not fit together: {name} should be {wanted[name]}")
