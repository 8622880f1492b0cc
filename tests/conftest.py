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


LONG = (
    "tests/cluster/*",  # faults of a cluster, on clusters of their own, and the smoke experiment on one
    "tests/workflow/test_elsewhere.py*",  # each installs the package elsewhere and runs an experiment there
    "tests/workflow/test_other_machines.py*",
    "tests/workflow/test_catalog.py*",  # in an environment with Snakemake alone
    "tests/workflow/test_audit.py*",
    "tests/workflow/test_publication.py*",
    "tests/workflow/test_plans.py*",
    "tests/*/test_workflow.py*",  # a small experiment of each kind, to its end
    "tests/test_notebooks.py*",
    "tests/test_published.py*",
    "tests/experiments/test_public_face.py*",  # tests/library/test_face.py, tests/streams/test_public_face.py are quick
    "tests/experiments/test_published.py*",  # what is published, and the guide, by the public face
    "tests/library/test_face.py::test_a_published_network*",
    "tests/library/test_extras.py::test_installed*",  # environments of their own
    "tests/library/test_showing.py::test_a_type_checker*",
    "tests/paper/test_significance.py::test_both_questions*",  # how often verdicts err, in many simulated sweeps
    "tests/paper/test_significance.py::test_no_verdict_on_the_published_table*",  # judges it with 20 generators
    "tests/paper/test_verdicts.py::test_a_sweep_drawn*20-28*",
    "tests/core/test_fitting.py::test_groups_keep*",  # 40 draws; tests/core/test_permutation.py has the exchanges
    "tests/workflow/test_contributing.py*",
    "tests/workflow/test_kernels.py*",
    "tests/workflow/test_trainings.py::test_no_training_is_stale*",  # tests/making/test_trainings.py is quick
    "tests/cli/test_main.py::test_a_training_that_is_interrupted*",  # tests/training/test_kill.py has quick ones
    "tests/training/test_kill.py::test_a_full_disk*",
    "tests/training/test_kill.py::test_sigkill_twice*",
    "tests/training/test_kill.py::test_finished_runs*",  # tests/training/test_shard.py trains only what is new, too
    "tests/paper/test_verdicts.py::test_whatever_column*",  # leaves out each column in turn
    "tests/paper/test_verdicts.py::test_another_share_of_measuring*",  # judges the published networks three times
    "tests/paper/test_verdict_page.py::test_a_browser*",
    "tests/paper/test_significance.py::test_neither_rate*",
    "tests/paper/test_significance.py::test_there_is_power*",
    "tests/paper/test_significance.py::test_laxer_rules*",
    "tests/figures/test_evidence.py::test_what_is_simulated*",
    "tests/figures/test_every.py::*-many tasks*",
    "tests/figures/test_every.py::*-long names*",
    "tests/figures/test_every.py::test_what_is_no_number*",
    "tests/test_archive.py*",
    "tests/test_dataset.py::test_the_card*",  # its example runs without a clone
    "tests/test_site.py*",
    "tests/test_release.py*",
    "tests/training/test_proof*",
    "tests/training/test_bits.py*",  # all widths of the kernel
    "tests/training/test_arm.py::test_emulated*",
    "tests/training/test_general.py::test_killed_and_resumed*[[]gru-*",  # with LSTMs in the quick suite
    "tests/training/test_general.py::test_killed_and_resumed*[[]s4-*",
    "tests/training/test_engine.py::test_a_torn_cache*",  # each compiles it anew
    "tests/training/test_flush.py::test_the_thread_keeps_its_modes_when*",
    "tests/library/test_truths.py::test_in_many_draws*",
    "tests/page/*",
)
"""What takes long, by its name: ``make test-all`` runs it, and ``make test`` runs what is named in QUICK of it."""
QUICK = (
    "tests/cluster/test_one_job.py*",
    "tests/test_release.py::test_what_*",
    "tests/workflow/test_audit.py::test_what_was_made_is_intact*",
    "tests/workflow/test_contributing.py::test_a_claim*",
    "tests/workflow/test_plans.py::test_bad_settings_stop*",
    "tests/workflow/test_plans.py::test_edits_that_change_no_result*",
    *(f"tests/workflow/test_plans.py::test_an_edit_restales*[[]{edit}[]]" for edit in (
        "an engine that gives another bit", "rollout", "figure", "one digit of what is published", "one task more",
        "trainings left out, then a figure edited",
    )),
    "tests/workflow/test_plans.py::test_a_file_that_is_not_what_its_record_says*[[]measurements.csv*",
    "tests/paper/test_significance.py::test_both_questions*-exchangeable seeds-20[]]",
    "tests/page/test_arithmetic.py*",
    "tests/page/test_selection.py::test_[!am]*",  # all but those that plan whole experiments, and of these the smallest
    "tests/page/test_selection.py::test_a_job*smoke*",
    "tests/training/test_general.py::test_killed_and_resumed*-70[]]",
    "tests/page/test_document.py*",
    "tests/page/test_page.py::test_it_opens*",
    "tests/paper/test_verdict_page.py::test_a_browser_shows_it*",
)  # fmt: skip

TOGETHER = (
    "tests/cluster/*",  # which mostly wait; but a few clusters at once are too much for two cores
    "tests/*/test_workflow.py",
    "tests/making/test_hooks.py",
    "tests/workflow/test_smoke.py",
    "tests/paper/test_significance.py",
    "tests/training/test_bits.py",
    "tests/test_archive.py",
    "tests/test_notebooks.py",
    "tests/test_release.py",
    "tests/test_site.py",
)
"""Files whose tests share what takes long to make, a fixture of the module: each worker would make it for itself."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """A worker more than there are cores for what takes long: tests of clusters wait most of their time."""
    return (os.cpu_count() or 1) + 1 if config.option.markexpr == "long" else None


class FilesTogether(LoadScopeScheduling):
    """Tests of the files in :data:`TOGETHER` on one worker, each other test on the next that is free."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((files for files in TOGETHER if fnmatch(file, files)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether | None:
    """With ``--dist loadscope``, this one."""
    return FilesTogether(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what takes long. Whole experiments and ARM go first: at the end one worker would wait for them."""
    for item in items:
        name = item.nodeid
        if any(fnmatch(name, one) for one in LONG) and not any(fnmatch(name, one) for one in QUICK):
            item.add_marker(pytest.mark.long)
    first = ("tests/workflow/*", "tests/cluster/*", "tests/*/test_workflow.py*", "tests/training/test_arm.py*")
    items.sort(key=lambda item: not any(fnmatch(item.nodeid, whole) for whole in first))


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
