"""The line that a refusal prints: lines that may adapt a module are tried, and the first that does is printed.

A line is run as it is printed, and counts only where ``proof`` takes it and, where the module can be run on whole
sequences at all, its outputs are the module's. So what is printed works, and nothing is taken that its user did not
write.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from emtvb.adapters import states
from emtvb.adapters.proof import TIME, TRIALS, Proved, Run, same_at_once
from emtvb.adapters.signatures import is_torchs, takes_state, user_classes
from emtvb.errors import InputError

_STATE_MAKER = re.compile(r"(init|begin|start|zero|default|get).*(state|hidden)", re.IGNORECASE)
"""How a method may be called that makes a first state, and can be called without harm to find out."""
_LARGEST_BATCH = 1024

_HOW = "return y, h -- then emtvb.adapt(step, state=(how many numbers h has, or a function of the number of trials))"
BY_HAND = f"def step(u, h): h = (one step of its loop over time, of u and h); y = (what it gives out of h); {_HOW}"
BY_HAND_WHOLE = (
    "def step(u, h): h = (one step of its loop over time, with all that it counts and keeps in h); y = (what it gives "
    f"out of h); {_HOW}"
)
"""Lines to fill in, where none is found that works."""
BY_NAME = 'the name of the method or module in it that makes one step, emtvb.adapt(net, step="..."), or the step itself'

Tried = Callable[..., tuple[Any, Proved]]
"""``adapt`` without a refusal of its own: the machine and what was proved of it, or an exception."""


def working_line(
    network: nn.Module, readout: Any, output: Any, ones: Tensor, tried: Tried, restored: Callable[[], None]
) -> str | None:
    """A line that adapts a module; None where none is found.

    Args:
        network: What was refused; it is ``net`` in the line.
        readout: As it was given beside it; it is ``readout``.
        output: As it was given beside it.
        ones: Inputs of one step, (trial, input).
        tried: Runs a line.
        restored: Sets the attributes of the module's parts back to what they were.
    """
    names = {"net": network, "readout": readout, "torch": torch, "emtvb": SimpleNamespace(adapt=tried)}
    first = "net" if readout is None else "net, readout"
    last = "" if output is None else f", output={output!r}"
    lines = list(_by_names(network, first, last))
    if readout is None and output is None:
        lines += [*_by_hand(network, ones, restored), *_by_parts(network)]
    for line, is_step in lines:
        try:
            machine, proved = eval(line, names)  # the very text that is printed
        except Exception:  # whatever it raises: it does not work
            continue
        restored()
        is_whole = proved.whole and machine.network is network
        if is_whole or is_step or _gives_the_same(network, machine, proved, ones.shape[1], restored):
            return line
    return None


def _by_names(network: nn.Module, first: str, last: str) -> Iterator[tuple[str, bool]]:
    """Lines with other names of the step and of the first state; and whether they need not be held to the network."""
    makers = [word for word, method in _methods(network) if _STATE_MAKER.fullmatch(word.rpartition(".")[2])]
    begins = ["", *(f", state=net.{word}" for word in makers)]
    takers = [word for word, method in _methods(network) if takes_state(method)]
    modules = {word: part for word, part in network.named_modules() if word and (user_classes(part) or is_torchs(part))}
    inside = [word for word, part in modules.items() if is_torchs(part) or takes_state(part.forward)]
    inmost = [word for word in inside if not any(other.startswith(f"{word}.") for other in inside)]
    outmost = [word for word in inside if not any(word.startswith(f"{other}.") for other in inside)]
    groups = [(word,) for word in takers]
    groups += [tuple(group) for group in (outmost, inmost) if group]
    for begin in begins:
        yield f"emtvb.adapt({first}{begin}{last})", takes_state(network.forward)
        for group in dict.fromkeys(groups):
            step = f'"{group[0]}"' if len(group) == 1 else "(" + ", ".join(f'"{word}"' for word in group) + ")"
            yield f"emtvb.adapt({first}, step={step}{begin}{last})", False


def _methods(network: nn.Module) -> Iterator[tuple[str, Any]]:
    """Methods that its author wrote, of a module and of those in it, each by its name in the module."""
    for path, module in network.named_modules():
        for kind in user_classes(module):
            for word, function in vars(kind).items():
                if inspect.isfunction(function) and word != "forward" and not word.startswith("_"):
                    yield f"{path}.{word}".lstrip("."), getattr(module, word)


def _by_hand(network: nn.Module, ones: Tensor, restored: Callable[[], None]) -> Iterator[tuple[str, bool]]:
    """Lines for a module that returns its state otherwise than as (output, state), by what it returns of one step."""
    for before, after in (("u", ""), ("u[:, None]", "[:, 0]"), ("u[None]", "[0]")):
        try:
            result = eval(f"net({before})", {"net": network, "u": ones})
            rest = [states.leaves(part) for part in result[1:]]
        except Exception:  # whatever it raises: it is no step without a state
            continue
        finally:
            restored()
        if not isinstance(result, tuple) or not all(len(part) == 1 for part in rest):
            continue
        shapes = [tuple(part[0].shape) for part in rest]
        if not after and all(len(shape) == 2 for shape in (tuple(result[0].shape), *shapes)):
            sizes = [shape[1] for shape in shapes]
            zeros = ", ".join(f"torch.zeros(n, {size})" for size in sizes)
            more = len(inspect.signature(network.forward).parameters)
            if len(sizes) == 1 and more < 3:
                yield f"emtvb.adapt(net, state={sizes[0]})", True
            elif len(sizes) + 1 == more:
                yield f"emtvb.adapt(lambda u, h: (lambda y, *h: (y, h))(*net(u, *h)), state=lambda n: ({zeros}))", True
            elif len(sizes) + 2 == more:
                zeros = f"torch.zeros(n, {result[0].shape[1]}), {zeros}"
                yield f"emtvb.adapt(lambda u, h: (lambda *h: (h[0], h))(*net(u, *h)), state=lambda n: ({zeros}))", True
        elif after and len(shapes) == 1 and len(shapes[0]) == 3:
            last = "[:, -1]" if after == "[:, 0]" else "[-1]"
            yield f"emtvb.adapt(lambda u, h: (lambda y, h: (y{after}, h{last}))(*net({before}, h)))", False


def _by_parts(network: nn.Module) -> Iterator[tuple[str, bool]]:
    """A line that chains the modules in it, if one of them is a layer of torch's, in the order in which they stand."""
    parts = {word: part for word, part in network.named_modules() if word}
    layers = [word for word, part in parts.items() if is_torchs(part)]
    single = [word for word, part in parts.items() if not [*part.children()] and not isinstance(part, nn.Dropout)]
    if len(layers) != 1 or isinstance(parts[layers[0]], nn.RNNCellBase) or layers[0] not in single:
        return
    place = single.index(layers[0])
    front, back = single[:place], single[place + 1 :]
    chain = ", ".join(f"net.{word}" for word in back)
    readout = chain if len(back) == 1 else f"torch.nn.Sequential({chain})"
    if not front:
        yield f"emtvb.adapt(net.{layers[0]}{f', {readout}' if back else ''})", False
        return
    given = "u"
    for word in front:
        given = f"net.{word}({'u[:, 0].long()' if isinstance(parts[word], nn.Embedding) else given})"
    now, then = ("[:, None]", "[:, 0]") if parts[layers[0]].batch_first else ("[None]", "[0]")
    output = f"y{then}"
    for word in back:
        output = f"net.{word}({output})"
    yield f"emtvb.adapt(lambda u, h: (lambda y, h: ({output}, h))(*net.{layers[0]}({given}{now}, h)))", False


def _gives_the_same(network: nn.Module, machine: Any, proved: Proved, width: int, restored: Callable[[], None]) -> bool:
    """Whether steps give what the network gives for whole sequences, of as many trials as it takes, perhaps of one.

    It is called with sequences in either order, as ids where it has an embedding, and with their lengths; and of one
    trial without an axis of trials. What it keeps from run to run is as it was, or zero. The first number of trials
    with which it runs at all decides.
    """
    parts = list(network.modules())
    tensors = [(part, word, value) for part in parts for word, value in vars(part).items() if _is_memory(word, value)]
    counts = {value for part in parts for value in vars(part).values() if type(value) is int}
    counts |= {length for _, _, value in tensors for tensor in states.leaves(value) for length in tensor.shape}
    words = [part.num_embeddings for part in parts if isinstance(part, nn.Embedding)] if width == 1 else []
    run, rng = Run(machine, proved.example, proved.layout, proved.noisy, "net"), np.random.default_rng(1)
    for count in (TRIALS, *sorted(count for count in counts if 1 < count <= _LARGEST_BATCH), 1, 0):
        x = rng.normal(size=(TIME, count or 1, width))
        x = rng.integers(0, min(words), size=x.shape).astype(np.float64) if words else x
        sequences = [machine.array(part) for part in ((x, x.swapaxes(0, 1)) if count else (x[:, 0],))]
        sequences += [part[..., 0].long() for part in sequences if words]
        outputs, agrees = run(x)[0], []
        for sequence, lengths, is_cleared in product(sequences, (False, True), (False, True) if tensors else (False,)):
            restored()
            for part, word, value in tensors if is_cleared else ():
                vars(part)[word] = states.rebuilt(value, [torch.zeros_like(tensor) for tensor in states.leaves(value)])
            try:
                with machine.still(proved.noisy):
                    result = network(sequence, *([torch.full((count,), TIME)] if lengths else []))
                agrees.append(same_at_once(outputs, machine.numpy(states.leaves(result)[:1])[0], proved.near))
            except Exception:  # whatever it raises: it cannot be called so
                continue
            finally:
                restored()
        if agrees:
            return any(agrees)
    return False


def _is_memory(word: str, value: Any) -> bool:
    """Whether an attribute of a module holds tensors and nothing else: what it may keep from run to run."""
    try:
        return not word.startswith("_") and all(isinstance(array, Tensor) for array in states.leaves(value) or [None])
    except InputError:
        return False
