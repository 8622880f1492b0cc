"""The compiled engine's bits do not depend on the CPU: weights, moments and learning curves."""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from emtvb.training.promises import ENGINE, FOLLOWING

pytestmark = [
    pytest.mark.skipif(platform.machine() != "x86_64", reason="names the features of x86-64's CPUs"),
    pytest.mark.nightly,  # all widths of the kernel
]

TARGETS = {
    "16 lanes": ("skylake-avx512", "+avx,+avx2,+fma,+avx512f,+avx512dq,+avx512vl,+avx512bw"),
    "8 lanes": ("haswell", "+avx,+avx2,+fma"),
    "8 lanes, no fma": ("sandybridge", "+avx"),
    "4 lanes": ("x86-64", "+sse4.2,+fma"),
    "4 lanes, no fma": ("generic", ""),
}
LANES = {name: (int(name.split()[0]), "no fma" not in name) for name in TARGETS}

TRAIN = """
import hashlib, json
from emtvb.theory import tasks
from emtvb.theory.runs import Protocol, Run
from emtvb.training import engine, kernel as module, proof
found = {}
for d, s, hidden_dim, batch_size, rate, clip in [
    (1, 1, 1, 1, 1e-3, None), (3, 3, 3, 1, 1e-2, 1.0), (5, 5, 4, 4, 1e-2, None), (7, 8, 33, 33, 1e-2, 0.05),
    (8, 8, 64, 12, 1e-3, 1.0), (16, 16, 40, 9, 1e-2, 0.1), (17, 18, 50, 70, 1e-2, 1.0), (3, 3, 9, 4, 1e4, None),
]:
    protocol = Protocol(2, 9, batch_size, rate, clip, (1, 2, 4))
    training = engine.begin(Run(tasks.named("T2", d, s), hidden_dim, 1e-3, 0.5, 2, protocol), module)
    while training.steps_done < protocol.steps:
        training.advance()
    digest = hashlib.sha256(repr([tuple(row) for row in training.kept]).encode())
    for name, array in training.arrays().items():
        digest.update(array.tobytes())
    found[f"d{d} s{s} h{hidden_dim} B{batch_size}"] = digest.hexdigest()
begin = lambda run: engine.begin(run, module)
few = {name: [case for case in cases if case.run.hidden_dim < 64 and case.last - case.first < 150]
       for name, cases in proof.proof_cases().items()}
proved = {"few": proof.case_digests(begin, few)}
if module.FUSES:  # where each term is a call, all of it takes minutes
    proved["all"] = [proof.case_digests(begin, chosen) for chosen in (proof.proof_cases(), proof.stream_cases())]
print(json.dumps({"lanes": module.LANES, "fuses": module.FUSES, "digests": found, "proved": proved}))
"""

SUMS = """
import sys
import numpy as np
from numba import types
from emtvb.training import kernel as module

def emit(builder, arguments):
    x, y, z = arguments.pointer(), arguments.pointer(), arguments.pointer()
    value = module._multiply_add(builder, *(module._load(builder, pointer) for pointer in (x, y, z)))
    module._store(builder, value, z)

array = types.Array(types.float32, 1, "C")
multiply_add = module._vector_function((array, types.int64) * 3, emit)

@module._compiled
def multiply_add_all(x, y, z):
    before = module._exchange_control(module.FLUSHING)
    for i in range(0, z.size, module.LANES):
        multiply_add(x, i, y, i, z, i)
    module._exchange_control(before)

x, y, z = np.load(sys.argv[1])
multiply_add_all(x, y, z)
np.save(sys.argv[2], z)
"""


def operands(count: int = 4096) -> np.ndarray:
    """x, y, z (3, count) with x * y and z around 2^-126: sums that cancel, that are tiny, and operands that are."""
    rng = np.random.default_rng(1)
    x, y, z = np.exp2(rng.uniform(-66, -60, (3, count))) * rng.choice([-1.0, 1.0], (3, count))
    y = y * np.exp2(rng.integers(-4, 5, count))
    z = z * np.exp2(-63) * rng.choice([0.0, 1.0], count)
    # Products next to 2^-126: within a few units of the last place, above and below.
    near = rng.random(count) < 0.5
    y = np.where(near, np.exp2(-126) / x * (1 + rng.integers(-3, 4, count) * 2.0**-24), y)
    z = np.where(near & (rng.random(count) < 0.7), 0.0, z)
    z = np.where(rng.random(count) < 0.1, -x * y, z)
    result = np.array([x, y, z], np.float32)
    tiny = rng.random(result.shape) < 0.02
    result[tiny] = rng.integers(1, 2**23, tiny.sum()).astype(np.uint32).view(np.float32)
    return result


def flushed(x: float, y: float, z: float, arm: bool = False) -> Fraction:
    """x * y + z, rounded once to 24 bits, where operands below 2^-126 are zero, and the sum: on ARM before rounding."""
    least = Fraction(2) ** -126
    exact_x, exact_y, exact_z = (Fraction(v) if abs(Fraction(v)) >= least else Fraction(0) for v in (x, y, z))
    exact = exact_x * exact_y + exact_z
    if exact == 0 or (arm and abs(exact) < least):
        return Fraction(0)
    unit = Fraction(2) ** (math.floor(math.log2(abs(exact))) - 23)
    while abs(exact) / unit >= 2**24:
        unit *= 2
    while abs(exact) / unit < 2**23:
        unit /= 2
    rounded = round(exact / unit) * unit
    return rounded if abs(rounded) >= least else Fraction(0)


def python(script: str, variables: dict[str, str], *arguments: str) -> str:
    """What the script prints."""
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """By target, what a process finds that compiles for it. A CPU with fewer features cannot run the code for more."""
    results = {}
    folder = tmp_path_factory.mktemp("operands")
    np.save(folder / "operands.npy", operands())
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").is_file() else ""
    for name, (cpu, features) in TARGETS.items():
        if all(feature in flags for feature in features.replace("+sse4.2", "").replace("+", "").split(",")):
            cache = tmp_path_factory.mktemp("cache")
            variables = {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": features, "NUMBA_CACHE_DIR": str(cache)}
            results[name] = json.loads(python(TRAIN, variables))
            if "+fma" not in features:  # glibc's fmaf is to do it in software, too, whatever this CPU has
                variables["GLIBC_TUNABLES"] = "glibc.cpu.hwcaps=-FMA,-FMA4"
            answer = folder / f"{name}.npy"
            python(SUMS, variables, str(folder / "operands.npy"), str(answer))
            results[name]["sums"] = np.load(answer)
    return results


def test_each_target_was_compiled_for(found: dict[str, dict]) -> None:
    assert {name: (result["lanes"], result["fuses"]) for name, result in found.items()} == {
        name: LANES[name] for name in found
    }
    assert len(found) >= 2


def test_all_give_the_same_bits(found: dict[str, dict]) -> None:
    first, *others = found.values()
    for other in others:
        assert other["digests"] == first["digests"]
    assert len(set(first["digests"].values())) == len(first["digests"])


def test_all_give_the_proof(found: dict[str, dict]) -> None:
    first, *others = [result["proved"]["few"] for result in found.values()]
    assert all(other == first for other in others)
    assert all(result["proved"]["all"] == [ENGINE, FOLLOWING] for result in found.values() if result["fuses"])


def test_a_fused_multiply_add_is_rounded_once_and_flushed(found: dict[str, dict]) -> None:
    expected = [flushed(*(float(value) for value in column)) for column in operands().T]
    assert sum(value == 0 for value in expected) > 500
    assert sum(abs(value) == Fraction(2) ** -126 for value in expected) > 100
    for result in found.values():
        assert [Fraction(float(value)) for value in result["sums"]] == expected
