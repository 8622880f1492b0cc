"""The compiled engine: trains a run by the published protocol near the machine's limit, and goes on where it stopped.

Its steps are compiled for the CPU at hand by numba (``kernel``), and checked against the reference trainer. Runs are
trained one after another, since a network's working set fits the cache and a batch of networks does not; so a run's
bits cannot depend on what is trained beside it. They do not depend on the machine either: the engine is asked for a
proof (``proof``) before it trains. On streams it trains likewise (``stream_state``).
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from emtvb.errors import InputError
from emtvb.theory.protocol import Setup
from emtvb.theory.stream_order import StreamSetup
from emtvb.training import loop, proof
from emtvb.training.checkpoint import Part
from emtvb.training.history import Row
from emtvb.training.loop import Report
from emtvb.training.state import TaskTraining, Training
from emtvb.training.stream_state import StreamTraining
from emtvb.weights import Network

log = logging.getLogger(__name__)


def check_engine() -> None:
    """Raise InputError where the engine cannot be had, or does not give the bits here that it should."""
    compiled_kernel()


def kernel_versions(kernel: ModuleType) -> dict[str, Any]:
    """What a record says of the engine."""
    return {"engine": "compiled", "lanes": kernel.LANES, "fma": "instruction" if kernel.FUSES else "software"}


@functools.cache
def compiled_kernel() -> ModuleType:
    """The kernel, after its proof: it is compiled and proved here, once per machine and version.

    What numba kept of an earlier compilation may be torn, or of bits that rotted: then it is compiled again.

    Raises:
        InputError: Where it cannot be had, or does not give the bits here that it should.
    """
    try:
        import numba

        from emtvb.training import kernel
    except Exception as error:  # whatever a broken installation leads to
        raise _unusable(f"cannot be had here ({_first_line(error)})") from None
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        raise InputError("NUMBA_DISABLE_JIT", "1", "nothing is compiled then; unset it, or choose trainer: reference")
    if not kernel.FUSES:
        log.warning("this CPU has no fused multiply-add, or NUMBA_CPU_FEATURES hides it: training is many times slower")
    function: Any = kernel.advance
    memory = proof.Memory(Path(function.stats.cache_path), (kernel.PLATFORM, kernel.CPU, kernel.FEATURES))
    if not memory.vouches():
        problem = _problem(kernel)
        if problem is not None:
            log.warning("the compiled engine %s; compiling it again", problem)
            function.recompile()
            problem = _problem(kernel)
        if problem is not None:
            raise _unusable(problem)
        memory.keep()
    return kernel


def _unusable(problem: str) -> InputError:
    return InputError("trainer", "compiled", f"{problem}; trainer: reference is slower and gives other last digits")


def _problem(kernel: ModuleType) -> str | None:
    """What is wrong with the compiled path, if anything."""
    try:
        holds = proof.proof_holds(functools.partial(begin, kernel=kernel))
        return None if holds else "does not give the bits here that it gives elsewhere"
    except Exception as error:  # whatever keeps numba from compiling on a machine nobody here has seen
        return f"cannot be had here ({_first_line(error)})"


def _first_line(error: Exception) -> str:
    return " ".join([type(error).__name__, *str(error).splitlines()[:1]])


def train(
    run: Setup | StreamSetup, folder: Path, report: Report | None = None, environment: Mapping[str, str] | None = None
) -> tuple[Network, list[Row], list[Part]]:
    """Train a run, going on from its last checkpoint if there is one.

    Args:
        run: What to train.
        folder: Where its checkpoint and TensorBoard events are kept.
        report: Called every few batches with the last one.
        environment: What is said of this machine beside the engine.

    Returns:
        The trained network, its learning curve, and who trained it. Their bits depend on ``run`` alone.
    """
    torch.set_num_threads(1)
    kernel = compiled_kernel()
    training = begin(run, kernel)
    who = {**kernel_versions(kernel), **(environment or {})}
    parts = loop.train_to_end(training, run.run_id, run.protocol.steps, folder, f"{run.run_id} compiled", who, report)
    return Network(*training.weights), training.kept, parts


def begin(run: Setup | StreamSetup, kernel: ModuleType) -> Training:
    """The training of a run, at its beginning."""
    return StreamTraining(run, kernel) if isinstance(run, StreamSetup) else TaskTraining(run, kernel)
