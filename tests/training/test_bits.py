"""The compiled engine's bits do not depend on the CPU: weights, moments and learning curves."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="names the features of x86-64's CPUs")

TARGETS = {
    "16 lanes": ("skylake-avx512", "+avx,+avx2,+fma,+avx512f,+avx512dq,+avx512vl,+avx512bw"),
    "8 lanes": ("haswell", "+avx,+avx2,+fma"),
    "8 lanes, no fma": ("sandybridge", "+avx"),
    "4 lanes": ("x86-64", "+sse4.2,+fma"),
    "4 lanes, no fma": ("generic", ""),
}
LANES = {name: (int(name.split()[0]), "no fma" not in name) for name in TARGETS}

TRAIN = """
import dataclasses, hashlib, json
from emtvb import tasks
from emtvb.runs import Protocol, Run
from emtvb.training import engine
path, module = engine.choose("compiled")
found = {}
for d, s, hidden_dim, batch_size, rate, clip in [
    (1, 1, 1, 1, 1e-3, None), (3, 3, 3, 1, 1e-2, 1.0), (5, 5, 4, 4, 1e-2, None), (7, 8, 33, 33, 1e-2, 0.05),
    (8, 8, 64, 12, 1e-3, 1.0), (16, 16, 40, 9, 1e-2, 0.1), (17, 18, 50, 70, 1e-2, 1.0), (3, 3, 9, 4, 1e4, None),
]:
    protocol = Protocol(2, 9, batch_size, rate, clip, (1, 2, 4))
    training = engine._Training(Run(tasks.named("T2", d, s), hidden_dim, 1e-3, 0.5, 2, protocol), module)
    while training.steps_done < protocol.steps:
        training.advance()
    digest = hashlib.sha256(repr([tuple(row) for row in training.kept]).encode())
    for name, array in training.arrays().items():
        digest.update(array.tobytes())
    found[f"d{d} s{s} h{hidden_dim} B{batch_size}"] = digest.hexdigest()
print(json.dumps({"lanes": module.LANES, "fuses": module.FUSES, "digests": found}))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """By target, what a process finds that compiles for it. A CPU with fewer features cannot run the code for more."""
    results = {}
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").is_file() else ""
    for name, (cpu, features) in TARGETS.items():
        if all(feature in flags for feature in features.replace("+sse4.2", "").replace("+", "").split(",")):
            cache = tmp_path_factory.mktemp("cache")
            variables = {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": features, "NUMBA_CACHE_DIR": str(cache)}
            command = [sys.executable, "-c", TRAIN]
            done = subprocess.run(
                command, env={**os.environ, **variables}, capture_output=True, text=True, check=False, timeout=600
            )
            assert done.returncode == 0, done.stderr
            results[name] = json.loads(done.stdout)
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
