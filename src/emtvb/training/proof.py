"""The proof of the compiled engine: short trainings whose bits are the same on every machine.

They have what the paper's trainings have: vectors and sequences of 8, batches of 64, 32 to 128 neurons, all four
penalties, horizons up to 100, clipping that acts and that does not, twins, ends of epochs, and kills from which a
training goes on by its checkpoint. Beside them are sizes that fill no vector, states that saturate, weights that become
NaN, steps late in a training, and streams. What counts is what a training gives: the weights to the last bit and the
learning curve. How it is done may change.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from emtvb.errors import InputError
from emtvb.files import write_text
from emtvb.theory import protocol
from emtvb.theory.protocol import Binding, Order, Read
from emtvb.theory.schedule import Episodes
from emtvb.theory.stream_order import Plateau, StreamOrder, StreamProtocol
from emtvb.training import checkpoint, loop
from emtvb.training.checkpoint import Checkpoint
from emtvb.training.promises import ENGINE, FOLLOWING


class Training(loop.Training, Protocol):
    """A training with its weights."""

    weights: tuple[np.ndarray, ...]
    """W_uh (h, d), W_hh (h, h) and W_r (d, h)."""


Begin = Callable[[Any], Training]
"""What begins the training of a run, of the paper's tasks or of a stream: the engine."""


class Case(NamedTuple):
    """A training of the proof.

    Attributes:
        run: What is trained.
        first: Step at which it begins, with the weights of the very beginning.
        last: Step from which on it ends.
    """

    run: Order | StreamOrder
    first: int
    last: int


PACKAGE = Path(__file__).parents[1]
FILES = (
    "files.py",
    "theory/protocol.py",
    "theory/schedule.py",
    "theory/stream_order.py",
    "training/checkpoint.py",
    "training/engine.py",
    "training/episodes.py",
    "training/state.py",
    "training/stream_state.py",
    "training/history.py",
    "training/kernel.py",
    "training/loop.py",
    "training/proof.py",
    "training/stream.py",
    "weights.py",
)
"""What trains: a proof was held for the bytes of these files of the package."""


class Memory:
    """A file that says that the proof was held for the compiled code beside it.

    It counts for the same bytes of that code and of the modules that train, for the same CPU and libraries, and for
    what is promised now. A file that is torn, foreign or out of date has another text, and counts for nothing.

    Args:
        compiled: The folder in which numba keeps the engine's compiled code.
        target: What numba compiles for.
    """

    def __init__(self, compiled: Path, target: Sequence[str]) -> None:
        self._compiled = compiled
        versions = [f"{name} {metadata.version(name)}" for name in ("numba", "llvmlite", "numpy", "torch")]
        self._made_for = [*target, *platform.libc_ver(), *versions]
        key = hashlib.sha256(json.dumps(self._made_for).encode()).hexdigest()[:16]
        self._file = compiled / f"proof-{key}.json"

    def vouches(self) -> bool:
        """Whether the proof was held before."""
        try:
            return self._file.read_text("utf-8") == self._text()
        except (OSError, ValueError):
            return False

    def keep(self) -> None:
        """Take note that the proof was held; where the folder cannot be written it is held again next time."""
        with contextlib.suppress(OSError, InputError):
            write_text(self._file, self._text())

    def _text(self) -> str:
        files = [*(PACKAGE / name for name in FILES), *self._compiled.glob("kernel.advance-*.nb[ic]")]
        present = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        about = {"for": self._made_for, "files": present, "promised": [dict(ENGINE), dict(FOLLOWING)]}
        return json.dumps(about, indent=1, sort_keys=True) + "\n"


def proof_cases() -> dict[str, list[Case]]:
    """The trainings of the proof, by the names in ``promises.ENGINE``."""
    late = protocol.Protocol(gradient_clip=None)
    return {
        "weak": [
            _case(32, 0.0, 0.80, _protocol(500, 5e-3)),
            _case(64, 1e-3, 0.49, _protocol(60, 3e-3, clip=0.05), twin=-1),
            _case(128, 0.0, 0.50, _protocol(30, 3e-3), twin=3),
            _case(128, 1e-3, 0.50, _protocol(30, 1e-3, clip=None)),
            _case(32, 0.0, 0.00, _protocol(70, 1e-2, curriculum=tuple(range(1, 101)))),
            _case(32, 1e-3, 0.51, late, first=9_940, last=10_020),
            _case(41, 1e-3, 0.40, _protocol(6, 1e-2, clip=0.05, batch=5, curriculum=(1, 2, 4)), d=3, s=2),
            _case(7, 0.0, 0.40, _protocol(6, 1.0, clip=0.05, batch=35, curriculum=(1, 2, 4)), d=17, s=2),
            _case(9, 1e-3, 0.40, _protocol(4, 1e30, clip=None, batch=4, curriculum=(1, 2, 4)), d=3, s=3),
        ],
        "strong": [
            _case(32, 10.0, 0.40, _protocol(60, 1e-2)),
            _case(64, 0.1, 0.40, _protocol(60, 1e-2, clip=0.05)),
            _case(128, 10.0, 0.40, _protocol(20, 1e-2, clip=None)),
            _case(128, 0.1, 0.40, _protocol(20, 1e-2), twin=1),
        ],
    }


def stream_cases() -> dict[str, list[Case]]:
    """The trainings of the proof for streams, by the names in ``promises.FOLLOWING``.

    They have what published ones have: vectors of 8, batches of 64, 8 to 72 neurons, ends of epochs with their
    validations, kills. Beside them are single episodes, targets of 0 beside others, and a learning rate that
    falls.
    """
    short, alone = Episodes((2, 4), 5, 40), Episodes((3, 7), 6, None, echo=False)
    plain, quick = StreamProtocol(2, 40), StreamProtocol(4, 6, 6, 1e-2, 0.05, Plateau(patience=0))
    return {
        "weak": [
            _stream(72, 0.0, plain, Episodes()),
            _stream(8, 0.0, StreamProtocol(2, 120), Episodes()),
            _stream(64, 1e-3, StreamProtocol(2, 30, gradient_clip=None), Episodes((8, 10)), reads=8),
            _stream(19, 1e-3, quick, short, d=3),
            _stream(7, 0.0, StreamProtocol(2, 6, 35, 1.0, 0.05, None), alone, d=17),
        ],
        "strong": [_stream(24, 0.1, plain, short), _stream(40, 10.0, plain, Episodes())],
    }


def _stream(hidden_dim: int, l2: float, how: StreamProtocol, episodes: Episodes, *, d: int = 8, reads: int = 1) -> Case:
    composition = tuple(Read(1 + 3 * j % reads, (5 * j + 1) % d, 1 - 2 * (j % 2)) for j in range(d))
    task = Binding(d, episodes.lengths[1], composition)
    return Case(StreamOrder("proof", task, episodes, hidden_dim, l2, 1 + hidden_dim, how), 0, how.steps)


def _protocol(
    batches: int,
    rate: float,
    *,
    clip: float | None = 1.0,
    batch: int = 64,
    curriculum: tuple[int, ...] = (10, 20, 40, 60, 100),
) -> protocol.Protocol:
    """Two epochs; the curriculum is the paper's if no other is named."""
    return protocol.Protocol(2, batches, batch, rate, clip, curriculum)


def _case(
    hidden_dim: int,
    l2: float,
    threshold: float,
    how: protocol.Protocol,
    *,
    d: int = 8,
    s: int = 8,
    twin: int = 0,
    first: int = 0,
    last: int | None = None,
) -> Case:
    composition = tuple(Read(s - j % min(s, 3), (5 * j + 1) % d, 1 - 2 * (j % 2)) for j in range(d))
    run = Order("proof", Binding(d, s, composition), hidden_dim, l2, threshold, 1 + hidden_dim, how, twin)
    last = how.steps if last is None else last
    return Case(run, first, last)


def proof_holds(begin: Begin) -> bool:
    """Whether the engine gives what is promised, of the paper's tasks and of streams."""
    return case_digests(begin, proof_cases()) == ENGINE and case_digests(begin, stream_cases()) == FOLLOWING


def case_digests(begin: Begin, chosen: Mapping[str, list[Case]]) -> dict[str, str]:
    """What the engine gives: a digest of 16 hex digits for each name."""
    return {name: digest_of_cases(begin, cases) for name, cases in chosen.items()}


def digest_of_cases(begin: Begin, chosen: list[Case]) -> str:
    """The digest of 16 hex digits of what these trainings give."""
    result = hashlib.sha256()
    for case in chosen:
        for line in _outcome(begin, case):
            result.update(line)
    return result.hexdigest()[:16]


def _outcome(begin: Begin, case: Case) -> Iterator[bytes]:
    """The learning curve and the weights of a training that is killed as soon as a checkpoint can be made."""
    training = begin(case.run)
    if case.first:
        training.take(training.arrays(), case.first, [])
    training.advance()
    training = _go_on(begin, case.run, training)
    while training.steps_done < case.last:
        training.advance()
    for row in training.kept:
        yield f"{row.step} {row.loss!r} {row.accuracy!r} {row.horizon}\n".encode()
    for array in training.weights:
        yield array.tobytes()


def _go_on(begin: Begin, run: Order | StreamOrder, training: Training) -> Training:
    """A new training that goes on where this one stands, by a checkpoint."""
    again = begin(run)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "checkpoint.safetensors"
        state = Checkpoint(training.arrays(), training.steps_done, {run.run_id: training.kept})
        checkpoint.save_checkpoint(file, run.run_id, state)
        found = checkpoint.load_checkpoint(file, run.run_id, again.arrays())
    if found is None:
        raise RuntimeError("a checkpoint cannot be read back")
    again.take(found.arrays, found.steps_done, found.histories[run.run_id])
    return again
