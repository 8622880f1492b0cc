from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import psutil
import pytest
from numba.core.caching import UserProvidedCacheLocator

from emtvb import config
from emtvb.making import node
from emtvb.training.shard import Outputs, train_shard

from ..workflow.conftest import KERNEL, ROOT, SNAKEMAKE, Project, hand_on_compiled
from .cluster import PACKAGES, Cluster, missing_programs

HERE = Path(__file__).parent
SHARDS = "T1_h64_l2-0_seeds1-4", "T2_h64_l2-0_seeds1-4"
TRAINED = [
    f"results/faults/training/{shard}/{name}" for shard in SHARDS for name in ("weights.safetensors", "history.csv")
]

PATIENCE = 600
"""Seconds to wait for what must come, on a machine ten times as slow as usual."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if missing := missing_programs():
        reason = f"no Slurm here ({', '.join(missing)}); on Debian: apt-get install {PACKAGES}"
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="module")
def accounting() -> bool:
    """Whether the module's cluster keeps accounts; a module overrides it."""
    return False


@pytest.fixture(scope="module")
def settings() -> tuple[str, ...]:
    """More lines of the module's slurm.conf; a module overrides it."""
    return ()


@pytest.fixture(scope="module")
def min_job_age() -> int:
    """For how many seconds the module's cluster remembers ended jobs; a module overrides it."""
    return 300


@pytest.fixture(scope="module")
def cluster(accounting: bool, min_job_age: int, settings: tuple[str, ...]) -> Iterator[Cluster]:
    """A cluster for the tests of a module, taken down at their end."""
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))  # short: it holds sockets
    try:
        with Cluster(folder / "c", accounting=accounting, min_job_age=min_job_age, settings=settings) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Call:
    """A call of Snakemake with the Slurm profile in a clone of its own, by another command where it is ``within`` one.

    While there is a file ``gate`` in the clone, what trains stops itself at the begin of its second run: tests hit it
    there on any machine.
    """

    def __init__(
        self, project: Project, cluster: Cluster, *arguments: str, within: Sequence[str] = (), **environment: str
    ) -> None:
        self.folder, self.cluster = project.folder, cluster
        self.gate = project.folder / "gate"
        self.output = project.folder / f"snakemake-{time.monotonic_ns()}.out"
        gated = {"PYTHONPATH": f"{HERE / 'gate'}:{project.folder / 'src'}", "EMTVB_TESTS_GATE": str(self.gate)}
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [*within, SNAKEMAKE, "--profile", "slurm", "--profile", str(HERE / "quick"), *arguments],
                cwd=self.folder,
                env={**cluster.environment, **gated, **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def finish(self) -> str:
        """Wait for its end, which must be a good one; returns what it said."""
        status = self.process.wait(PATIENCE)
        said = self.output.read_text()
        assert status == 0, said[-5000:]
        return said

    def said(self) -> str:
        """What it has said until now."""
        return self.output.read_text()

    def log(self, shard: str) -> str:
        """A shard's training log."""
        path = self.folder / "results" / "faults" / "logs" / "train_shard" / f"{shard}.log"
        return path.read_text() if path.exists() else ""

    def wait_for_training(self, *shards: str) -> None:
        """Wait until the shards have trained one run each and have stopped at another."""
        wait(lambda: all(self.stopped(shard) for shard in shards), self.process)

    def go_on(self) -> None:
        """Let all go on that has stopped, and stop nothing more."""
        self.gate.unlink(missing_ok=True)
        for process in self._trainers():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    def stopped(self, shard: str) -> psutil.Process | None:
        """The process that has stopped in the midst of a shard, in the job that its log names last; else none."""
        named = re.findall(r"Slurm job (\S+) on", self.log(shard))
        if not set(named[-1:]) & set(self.cluster.slurm("squeue", "-h", "-r", "-t", "running", "-o", "%i").split()):
            return None
        for process in self._trainers():
            with contextlib.suppress(psutil.NoSuchProcess):
                environment = process.environ()
                array, task = environment.get("SLURM_ARRAY_JOB_ID"), environment.get("SLURM_ARRAY_TASK_ID")
                job = f"{array}_{task}" if array else environment.get("SLURM_JOB_ID")
                if named[-1:] == [job] and process.status() == psutil.STATUS_STOPPED:
                    return process
        return None

    def _trainers(self) -> Iterator[psutil.Process]:
        for process in psutil.process_iter(["cmdline", "cwd"]):
            words = process.info["cmdline"] or []
            if process.info["cwd"] == str(self.folder) and any(word.endswith("train_shard.py") for word in words[1:2]):
                yield process


def wait(
    condition: Callable[[], bool], process: subprocess.Popen[bytes] | None = None, seconds: float = PATIENCE
) -> None:
    """Wait for a condition, as long as a process runs."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, "Snakemake ended before it came to that"
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.1)


def accounted(cluster: Cluster, fields: str) -> list[str]:
    """What accounting says of all jobs once it says of none that it runs, which comes a little after their files."""
    asked = ("sacct", "--allocations", "--duplicates", "--noheader", "--parsable2", f"--format={fields}")
    wait(lambda: not re.search("RUNNING|COMPLETING|PENDING", cluster.slurm(*asked)))
    return cluster.slurm(*asked).split()


def job_of(cluster: Cluster, shard_log: str) -> tuple[str, str]:
    """The Slurm job and the node that a training log names last."""
    line = [line for line in shard_log.splitlines() if "Slurm job" in line][-1]
    job, node = line.split("Slurm job ")[1].split(" on ")
    return job, node


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh clone."""
    return Project.copy(tmp_path, compiled=False)


def hand_on_to_nodes(project: Project, cluster: Cluster) -> None:
    """Put the engine that is compiled here where jobs of this clone look for it on the nodes."""
    place = UserProvidedCacheLocator.get_suitable_cache_subpath(str(project.folder / KERNEL))
    hand_on_compiled(ROOT, Path(node._own_folder(str(cluster.scratch)), place))


@pytest.fixture
def submit(project: Project, cluster: Cluster) -> Iterator[Callable[..., Call]]:
    """Calls Snakemake for the networks of both shards; what still runs at the end is ended."""
    calls: list[Call] = []
    (project.folder / "gate").touch()
    hand_on_to_nodes(project, cluster)

    def start(*arguments: str, **environment: str) -> Call:
        given = ("--configfile", str(HERE / "experiment.yaml"), *arguments, "--", *TRAINED)
        calls.append(Call(project, cluster, *given, **environment))
        return calls[-1]

    yield start
    for call in calls:
        if call.process.poll() is None:
            call.process.kill()
            call.process.wait()
    cluster.slurm("scancel", "--me")
    wait(lambda: not cluster.slurm("squeue", "-h", "-t", "pending,running,completing"))


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The networks of both shards, trained here without Snakemake or Slurm."""
    return trained_here(tmp_path_factory.mktemp("undisturbed"))


def trained_here(folder: Path, **changed: int) -> dict[str, bytes]:
    """The files that training leaves without Snakemake or Slurm, by their paths in a folder."""
    sweep = config.load_sweep(HERE / "experiment.yaml").model_copy(update=changed)
    results = folder / "results" / "faults"
    for shard, runs in sweep.shards().items():
        train_shard(runs, Outputs.of(results, shard), "undisturbed")
    files = [path for name in ("weights.safetensors", "history.csv") for path in results.glob(f"training/*/{name}")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def made(project: Project, names: Collection[str] = TRAINED) -> dict[str, bytes]:
    """The same files in a clone."""
    return {name: (project.folder / name).read_bytes() for name in names}


def jobs_by_shard(cluster: Cluster) -> dict[str, str]:
    """The jobs of shards that Slurm has, by their shards."""
    rows = (line.split("|") for line in cluster.slurm("squeue", "-h", "-o", "%i|%j").splitlines())
    return {name.split(".")[1]: number for number, name in rows if name.startswith("train_shard.")}
