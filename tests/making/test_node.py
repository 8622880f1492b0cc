from __future__ import annotations

import ast
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snakemake.shell import shell

from emtvb.making import node


@pytest.fixture
def in_a_job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")  # so that it is undone, whatever sets it
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    for name, value in {"JOB_ID": "8", "ARRAY_JOB_ID": "7", "ARRAY_TASK_ID": "2", "TMPDIR": str(tmp_path)}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    monkeypatch.setenv("SLURMD_NODENAME", "n9")
    return tmp_path


def cache(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where numba keeps its code now."""
    return Path(os.environ["NUMBA_CACHE_DIR"])


def test_a_job_says_where_it_is(
    in_a_job: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "mine")
    with caplog.at_level("INFO", "emtvb"):
        node.settle_on_node()
        monkeypatch.delenv("SLURM_ARRAY_JOB_ID")
        node.settle_on_node()
    assert caplog.messages == ["Slurm job 7_2 on n9", "Slurm job 8 on n9"]
    assert cache(monkeypatch) == Path("mine")


def test_compiled_code_goes_to_scratch_which_is_this_users_alone(
    in_a_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.settle_on_node()
    folder = cache(monkeypatch)
    assert folder.parent == in_a_job
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("planted", ["link", "open"])
def test_a_folder_that_others_can_write_is_not_used(
    in_a_job: Path, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    node.settle_on_node()
    usual = cache(monkeypatch)
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    if planted == "open":
        usual.chmod(0o777)
    else:
        usual.rmdir()
        usual.symlink_to(in_a_job)
    node.settle_on_node()
    found = cache(monkeypatch)
    assert found != usual
    assert found.stat().st_mode & 0o077 == 0
    found.rmdir()


def test_nothing_happens_outside_a_job(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with caplog.at_level("INFO", "emtvb"):
        node.settle_on_node()
    assert not caplog.messages


@pytest.mark.parametrize(("flags", "kernels"), [("fpu avx2 fma", "Haswell"), ("fpu sse4_2 avx", None)])
def test_the_blas_is_told_its_kernels_where_the_cpu_has_them(tmp_path: Path, flags: str, kernels: str | None) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t: none\n\nprocessor\t: 1\n")
    inherited = {"OPENBLAS_CORETYPE": "Prescott"}
    assert node.environment_of_job(inherited, tmp_path / "cpuinfo").get("OPENBLAS_CORETYPE") == kernels
    assert "OPENBLAS_CORETYPE" not in node.environment_of_job(inherited, tmp_path / "nothing")


NAMES = st.sampled_from([
    "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_CBWR", "NPY_DISABLE_CPU_FEATURES",
    "MPLBACKEND", "MATPLOTLIBRC", "KMP_AFFINITY", "NUMEXPR_MAX_THREADS", "HOME", "PATH", "MALLOC_TRIM_THRESHOLD_",
    "SLURM_JOB_ID",
])  # fmt: skip


@given(st.dictionaries(NAMES, st.text("0123456789abc", min_size=1)))
def test_a_job_computes_in_one_environment_whatever_it_inherits(inherited: dict[str, str]) -> None:
    """Nothing that decides digits is left of what it inherits; and a job that has it need not start anew."""
    found = node.environment_of_job(inherited)
    kept = {"HOME", "PATH", "MALLOC_TRIM_THRESHOLD_", "SLURM_JOB_ID"}
    assert {name: found[name] for name in inherited if name in kept} == {
        name: value for name, value in inherited.items() if name in kept
    }
    empty = node.environment_of_job({})
    assert {name: value for name, value in found.items() if name not in kept} == {
        name: value for name, value in empty.items() if name not in kept
    }
    assert found["OMP_NUM_THREADS"] == "1"
    assert node.environment_of_job(found) == found


def test_a_job_that_snakemake_starts_need_not_start_anew() -> None:
    """It would import its libraries twice."""
    set_by_snakemake = re.findall(r'envvars\["(\w+)"\] = threads', inspect.getsource(sys.modules[shell.__module__]))
    assert "OMP_NUM_THREADS" in set_by_snakemake
    inherited = {**node.environment_of_job({}), **dict.fromkeys(set_by_snakemake, "1")}
    assert node.environment_of_job(inherited) == inherited


def test_a_job_starts_anew_where_it_inherits_another_environment_even_after_numpy() -> None:
    """OpenBLAS reads its variables when it is loaded, and a script may import a library before the package."""
    code = (
        "import __main__, os, numpy; __main__.snakemake = 'a job'; import emtvb; "
        "print(os.getpid(), *(name + '=' + os.environ.get(name, '') for name in ('NPY_X', 'OMP_NUM_THREADS', 'HOME')))"
    )
    here = {**os.environ, "NPY_X": "1", "OMP_NUM_THREADS": "7", "HOME": "/home/of-mine"}
    with subprocess.Popen([sys.executable, "-c", code], env=here, stdout=subprocess.PIPE, text=True) as process:
        said, _ = process.communicate()
    assert said.split() == [str(process.pid), "NPY_X=", "OMP_NUM_THREADS=1", "HOME=/home/of-mine"]


ROOT = Path(__file__).parents[2]
READERS = {
    "variables": r"os\.(environ|environb|getenv)",
    "host": r"socket\.\w+|platform\.node",
    "user": r"getpass\.\w+|os\.(getuid|geteuid|getlogin)|\w+\.(expanduser|home)",
    "platform": r"platform\.(?!node)\w+|os\.uname|sys\.platform",
    "cores": r"(os|multiprocessing)\.(cpu_count|process_cpu_count|sched_getaffinity|getloadavg)|\w+\.get_num_threads",
    "memory": r"resource\.\w+|os\.sysconf|psutil\.\w+",
    "time": r"time\.(time|monotonic|perf_counter|process_time|localtime|gmtime|strftime|ctime)(_ns)?"
    r"|(datetime\.)?(datetime|date)\.(now|utcnow|today)",
    "programs": r"subprocess\.\w+|os\.(system|popen|spawn\w+)",
    "chance": r"uuid\.\w+|secrets\.\w+|os\.(urandom|getpid)|np\.random\.(rand|randn|normal|seed|random)",
}
"""What code calls that reads something of where it runs."""
HARMLESS = {"os.execve", "time.sleep", "socket.socket"}


def read_of_surroundings(text: str) -> set[str]:
    """What a module reads of where it runs, by the words of docs/staleness.md."""
    parts = list(ast.walk(ast.parse(text)))
    names = {ast.unparse(part) for part in parts if isinstance(part, ast.Attribute)} - HARMLESS
    for part in parts:
        if isinstance(part, ast.ImportFrom):
            names |= {f"{part.module}.{alias.name}" for alias in part.names}
        elif isinstance(part, ast.Call) and not part.args and ast.unparse(part.func).endswith("default_rng"):
            names.add("os.urandom")
    return {kind for kind, pattern in READERS.items() if any(re.fullmatch(pattern, name) for name in names)}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("import os\nos.environ['X']", {"variables"}),
        ("from os import getenv\ngetenv('X')", {"variables"}),
        ("import os\nf = os.cpu_count", {"cores"}),
        ("from datetime import date\ndate.today()", {"time"}),
        ("import numpy as np\nnp.random.default_rng()", {"chance"}),
        ("import numpy as np\nnp.random.default_rng(3)", set()),
        ("import socket, platform\nsocket.gethostname() + platform.machine()", {"host", "platform"}),
    ],
)
def test_what_reads_surroundings_is_seen(text: str, kinds: set[str]) -> None:
    assert read_of_surroundings(text) == kinds


def test_what_jobs_read_of_their_surroundings_is_in_the_documentation() -> None:
    """Of every module that a published job used; and what the documentation says is read somewhere."""
    table = re.findall(r"^\| (`.*`) \| ([\w, ]+) \|", (ROOT / "docs/staleness.md").read_text(), re.MULTILINE)
    said = {
        place: {*kinds.split(", ")}
        for places, kinds in table
        if {*kinds.split(", ")} <= READERS.keys()  # and no number of another table
        for place in re.findall(r"`([^`]+)`", places)
    }
    assert len(said) > 5
    used = {
        name.removeprefix("emtvb/")
        for path in (ROOT / "results").glob("*/**/*.provenance.json")
        for name in json.loads(path.read_text())["recipe"]["code"]
        if name.startswith("emtvb/") and name.endswith(".py")
    }
    assert len(used) > 100
    read: dict[str, set[str]] = {}
    for name in sorted(used):
        if (file := ROOT / "src" / "emtvb" / name).is_file() and (found := read_of_surroundings(file.read_text())):
            place = next((place for place in said if name.startswith(place)), name)
            read.setdefault(place, set()).update(found)
            assert found <= said.get(place, set()), f"{name} reads {found}: say in docs/staleness.md where it goes"
    assert {*said} - {*read} <= {"making/surroundings.py"}, "these read nothing"
