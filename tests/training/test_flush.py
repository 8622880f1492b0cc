"""Numbers below 2^-126 are zero in the kernel, whatever the thread that calls it does with them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llvmlite import ir

from emtvb.training import kernel

from .test_kernel import Options, Run, Shape, make_run

SHAPE = Shape(batch=5, d=3, s=2, h=4, longest=6)
LEAST = np.float32(2.0**-126)
X86 = pytest.mark.skipif(kernel.ARM, reason="names the bits of x86's register")


@kernel._compiled
def exchange(new: int) -> int:
    """Set this thread's floating-point control register; return what it was."""
    return kernel._exchange_control(new)


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = exchange(kernel.FLUSHING)
    exchange(before)
    yield
    exchange(before)


def train(run: Run, **options: float) -> Run:
    run.advance(Options(horizons=(6,), **options), 0, run.u.shape[0])
    return run


def arrays(run: Run) -> list[np.ndarray]:
    return [*run.weights, *run.moments]


def is_denormal(array: np.ndarray) -> np.ndarray:
    return (array != 0) & (np.abs(array) < LEAST)


def test_results_are_flushed() -> None:
    """Weights of 1e-13 have gradients whose squares, a thousandth of them, are below 2^-126."""
    run = make_run(SHAPE, 3)
    for weight in run.weights:
        weight *= np.float32(1e-13)
    train(run, lr=0.0)
    slopes = np.abs(run.moments[2]) * 10
    assert ((slopes > 0) & (slopes**2 < LEAST)).any()
    assert not any(is_denormal(array).any() for array in arrays(run))


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.001, 0.1]))
def test_operands_are_flushed(seed: int, l2: float) -> None:
    """Denormal weights and moments train like zeros of their sign."""
    tiny, zero = make_run(SHAPE, 2, seed=seed), make_run(SHAPE, 2, seed=seed)
    rng = np.random.default_rng(seed)
    for one, other in zip(arrays(tiny), arrays(zero), strict=True):
        where = rng.random(one.shape) < 0.5
        signs = np.float32(1) if one.min() == 0 else np.sign(one)[where]
        one[where] = signs * rng.integers(1, 2**23, where.sum()).astype(np.uint32).view(np.float32)
        other[where] = signs * np.float32(0)
    assert any(is_denormal(array).any() for array in arrays(tiny))
    train(tiny, l2=l2)
    train(zero, l2=l2)
    assert [array.tobytes() for array in arrays(tiny)] == [array.tobytes() for array in arrays(zero)]
    assert (tiny.losses, tiny.accuracies) == (zero.losses, zero.accuracies)


@X86
@pytest.mark.parametrize("control", [0x1F80, 0x9FC0, 0x1F80 | 1 << 6, 0x1F80 | 1 << 15, 0x7F80, 0x3F80, 0x1FBF])
def test_the_thread_keeps_its_modes_and_they_change_no_bit(control: int) -> None:
    """None, both and each of the two; rounding to zero and downwards; all flags raised."""
    expected = arrays(train(make_run(SHAPE, 3), l2=0.1))
    run = make_run(SHAPE, 3)
    options = Options(l2=0.1, horizons=(6,))
    how = kernel.Settings(options.threshold, options.lr, options.l2, options.clip)
    arguments = run.state(), run.u, 0, run.schedule(options.horizons), how, run.workspace(), kernel.make_curve(3)
    before = exchange(control)
    kernel.advance(*arguments)
    after = exchange(before)
    assert after & ~0x3F == control & ~0x3F  # the low six say what happened, also in what calls the kernel
    assert [array.tobytes() for array in arrays(run)] == [array.tobytes() for array in expected]


EARLY = """
import numpy as np
from tests.training.test_flush import *
run = make_run(SHAPE, 1)
run.level[0] = 77
before = exchange(0x1F80 | 1 << 6)
try:
    train(run)
except Exception as error:
    print(type(error).__name__)
print(hex(exchange(before) & ~0x3F))
"""


@pytest.mark.long
@X86
def test_the_thread_keeps_its_modes_when_the_kernel_fails(tmp_path_factory: pytest.TempPathFactory) -> None:
    """It can only fail where numba is asked to check its indices."""
    variables = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_OPT": "0", "NUMBA_CACHE_DIR": str(tmp_path_factory.mktemp("cache"))}
    done = subprocess.run(
        [sys.executable, "-c", EARLY],
        env={**os.environ, **variables, "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    error, control = done.stdout.split()
    assert error.endswith("Error")
    assert int(control, 16) == 0x1FC0 & ~0x3F


def compiled_for(triple: str, *, arm: bool, flushing: int) -> list[str]:
    """The instructions around a call for which the modes are set as `advance` sets them."""
    module = ir.Module("modes")
    module.triple = triple
    work = ir.Function(module, ir.FunctionType(ir.VoidType(), []), "work")
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), []), "around")
    builder = ir.IRBuilder(function.append_basic_block())
    before = kernel._emit_exchange(builder, ir.Constant(ir.IntType(64), flushing), arm)
    builder.call(work, [])
    kernel._emit_exchange(builder, before, arm)
    builder.ret_void()
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(triple).create_target_machine(opt=3)
    lines = machine.emit_assembly(llvm.parse_assembly(str(module))).splitlines()
    return [" ".join(line.split()) for line in lines]


def test_64_bit_arm_sets_its_register_around_the_call() -> None:
    """What ARM's assembly must have; tests/training/test_arm.py runs it in an emulator."""
    lines = compiled_for("aarch64-linux-gnu", arm=True, flushing=1 << 24)
    order = [line for line in lines if re.search(r"fpcr|^bl work", line, re.IGNORECASE)]
    kinds = ["read" if line.startswith("mrs") else "write" if line.startswith("msr") else "call" for line in order]
    assert [kind for kind in kinds if kind != "read"] == ["write", "call", "write"]
    assert kinds[0] == "read"
    read = re.fullmatch(r"mrs (x\d+), FPCR", order[0])
    last = re.fullmatch(r"msr FPCR, (x\d+)", order[-1])
    assert read is not None
    assert last is not None
    assert read[1] == last[1]
    assert any(re.search(r"mov w\d+, #16777216", line) for line in lines)
