from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from emtvb.config.architectures import network_class
from emtvb.errors import InputError
from emtvb.theory import tasks
from emtvb.theory.architecture_runs import ArchitectureRun
from emtvb.training.architectures import saved_weights

from .conftest import make_architecture


@pytest.fixture
def stored(tiny: ArchitectureRun, tmp_path: Path) -> Path:
    path = tmp_path / "weights.safetensors"
    saved_weights.save_trained(path, tiny.run_id, make_architecture(tiny.architecture, tiny.task.d, tiny.hidden_dim))
    return path


def test_networks_survive_their_file_bit_for_bit(tiny: ArchitectureRun, stored: Path) -> None:
    expected = make_architecture(tiny.architecture, tiny.task.d, tiny.hidden_dim)
    found = saved_weights.load_trained(stored, tiny, network_class(tiny.architecture))
    assert type(found) is type(expected)
    for name, array in vars(expected).items():
        np.testing.assert_array_equal(getattr(found, name), array)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda path, run: path.unlink(), "no such file; train the run first"),
        (lambda path, run: path.write_bytes(path.read_bytes()[:-7]), "damaged"),
        (lambda path, run: path.write_bytes(b""), "damaged"),
        (lambda path, run: save_file({"x": np.zeros(3)}, path), "is of run unknown"),
        (lambda path, run: save_file({"x": np.zeros(3)}, path, {"run_id": run.run_id}), "not the float32 arrays"),
        (lambda path, run: saved_weights.save_trained(path, run.run_id, make_architecture(run.architecture, 3, 4)),
         "not the float32 arrays"),
        (lambda path, run: saved_weights.save_trained(path, "another", make_architecture(run.architecture)),
         "is of run"),
        (lambda path, run: saved_weights.save_trained(
            path, dataclasses.replace(run, task=tasks.named("T2", 2, 2)).run_id,
            make_architecture(run.architecture, 2, 6)), "is of run"),
    ],
)  # fmt: skip
def test_bad_files_are_one_line(tiny: ArchitectureRun, stored: Path, change, says: str) -> None:
    change(stored, tiny)
    with pytest.raises(InputError, match=says) as caught:
        saved_weights.load_trained(stored, tiny, network_class(tiny.architecture))
    assert "\n" not in str(caught.value)
    assert str(stored) in str(caught.value)
