from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import hypothesis
import numpy as np
import pytest
import torch
from xdist.scheduler import LoadScopeScheduling

from emtvb.theory import circuits, tasks
from emtvb.theory.networks import Network
from emtvb.theory.runs import Protocol, Run

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# What a shell starts in the background ignores Ctrl-C and hands that on: tests that press it would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis.settings.register_profile("emtvb", deadline=None, derandomize=True)
hypothesis.settings.load_profile("emtvb")


TOGETHER = (
    "tests/cluster/*",  # which mostly wait; but a few clusters at once are too much for two cores
    "tests/*/test_workflow.py",
    "tests/cli/test_main.py",
    "tests/figures/test_every.py",
    "tests/library/test_careless_input.py",
    "tests/making/test_hooks.py",
    "tests/paper/test_significance.py",
    "tests/paper/test_verdicts.py",
    "tests/training/test_bits.py",
    "tests/test_archive.py",
    "tests/test_documented_commands.py",
    "tests/test_notebooks.py",
    "tests/test_release.py",
    "tests/test_site.py",
)
"""Files whose tests share what takes long to make, a fixture of the module: each worker would make it for itself.

The mark ``xdist_group`` would say so in the files, but with pytest 9.2 it does nothing (pytest-xdist's issue 1386).
"""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """A worker more than there are cores for what takes long: tests of clusters wait most of their time."""
    slow = config.option.markexpr in ("long and not nightly", "nightly")
    return (os.cpu_count() or 1) + 1 if slow else None


class FilesTogether(LoadScopeScheduling):
    """Tests of the files in :data:`TOGETHER` on one worker, each other test on the next that is free."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((files for files in TOGETHER if fnmatch(file, files)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether | None:
    """With ``--dist loadscope``, this one."""
    return FilesTogether(config, log) if config.getvalue("dist") == "loadscope" else None


@pytest.hookimpl(trylast=True)  # once the tests of other marks are gone
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked ``first`` goes first: at the end one worker would wait for it.

    Of the tests of an experiment that one process makes for all, one goes first, and the others when half of the rest
    is done: until it is there a worker would wait.
    """
    making: set[str] = set()
    first, waiting, rest = list[pytest.Item](), list[pytest.Item](), list[pytest.Item]()
    for item in items:
        made = {"audited", "finished"} & set(getattr(item, "fixturenames", ()))
        marked = item.get_closest_marker("first") is not None
        (waiting if made & making else first if marked else rest).append(item)
        making.update(made)
    half = len(rest) // 2
    items[:] = [*first, *rest[:half], *waiting, *rest[half:]]


def make_network(d: int = 3, hidden_dim: int = 5, seed: int = 0) -> Network:
    """A network with random weights."""
    rng = np.random.default_rng(seed)
    shapes = (hidden_dim, d), (hidden_dim, hidden_dim), (d, hidden_dim)
    return Network(*(rng.normal(size=shape).astype(np.float32) for shape in shapes))


def circuit(task: tasks.Task, hidden_dim: int, seed: int = 0, scale: float = 1e-3) -> tuple[Network, np.ndarray]:
    """The theory's own circuit in a random orthonormal basis, which is returned beside it.

    Its inputs are so small that tanh is linear: W_hh = Psi Phi Psi^T, W_uh writes the newest variable, W_r reads the
    vector that is written next... the output is variable s of the state, so W_r reads the newest variable.
    """
    rng = np.random.default_rng(seed)
    size = task.s * task.d
    basis = np.linalg.qr(rng.normal(size=(hidden_dim, size)))[0]
    return circuits.build_circuit(task, basis, 1.0, scale, scale), basis


def saturated_circuit(
    task: tasks.Task, per_element: int = 2, gain: float = 1.6, seed: int = 0
) -> tuple[Network, np.ndarray]:
    """The theory's circuit at full amplitude with weights that amplify, and the basis in which it stores +1 and -1.

    Each element has neurons of its own, with random signs, and h = tanh(gain h) holds it at an amplitude below 1: there
    the weights' gain and what tanh takes back cancel. For tasks whose f reads only the oldest variable.
    """
    rng = np.random.default_rng(seed)
    size = task.s * task.d
    basis = np.zeros((per_element * size, size))
    basis[rng.permutation(len(basis)), np.arange(len(basis)) % size] = rng.choice([-1.0, 1.0], size=len(basis))
    amplitude = circuits.stored_amplitude(gain)
    return circuits.build_circuit(task, basis, gain, gain * amplitude, amplitude), amplitude * basis


@pytest.fixture(autouse=True)
def _same_draws() -> None:
    """What a test draws from torch's generator does not depend on the tests before it."""
    torch.manual_seed(0)


@pytest.fixture
def tiny_run() -> Run:
    """A run that trains in a second and moves up its curriculum."""
    protocol = Protocol(epochs=3, batches_per_epoch=20, batch_size=8, curriculum=(2, 4), learning_rate=1e-2)
    return Run(tasks.named("T1", 2, 2), hidden_dim=8, l2=0.001, threshold=0.6, seed=5, protocol=protocol)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; one for a session, since playwright takes no second one beside it."""
    if CHROMIUM is None:
        pytest.skip("no chromium here; apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
