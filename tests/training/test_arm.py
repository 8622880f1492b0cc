"""64-bit ARM, emulated, gives the bits of this machine (``benchmarks/arm.py``)."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from benchmarks import arm

from emtvb.errors import InputError
from emtvb.training import kernel
from tests.training.test_bits import flushed, operands

pytestmark = pytest.mark.first


def test_where_it_cannot_be_had_it_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no apt
    with pytest.raises(InputError, match=r"ARM: .*cannot be emulated here.*dpkg"):
        arm.emulation(tmp_path)


@pytest.mark.nightly
@pytest.mark.skipif(kernel.ARM, reason="this is ARM")
def test_emulated_it_gives_the_same_bits(tmp_path: Path) -> None:
    try:
        command = arm.emulation()
    except InputError as error:
        pytest.skip(str(error))
    native = arm.computed([sys.executable], tmp_path / "native", whole=False)
    found = arm.computed(command, tmp_path / "arm", whole=False, place=arm.CACHE / arm.NAME)
    assert (found["machine"], found["lanes"], found["fuses"]) == ("aarch64", 4, True)
    assert found["proof"] == native["proof"]
    differing = arm.differing(tmp_path / "native", tmp_path / "arm")
    assert sum(name.endswith("digests.csv") for name in differing) == 6
    measured = (tmp_path / "arm" / "measurements" / "two_seeds1.csv").read_text()
    assert len(measured.splitlines()) == 3
    assert not any(differing.values()), differing
    before, now = arm.products(tmp_path / "native"), arm.products(tmp_path / "arm")
    expected = [flushed(*(float(value) for value in column), arm=True) for column in operands().T]
    assert [Fraction(float(value)) for value in now] == expected
    assert {*np.abs(before[before != now])} == {np.float32(2**-126)}
