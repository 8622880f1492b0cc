"""``emtvb doctor`` with a stand-in for Slurm's commands; tests/cluster has the real one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from emtvb import config
from emtvb.slurm import commands as slurm
from emtvb.slurm import doctor as doctors
from emtvb.slurm.doctor import examine, planned_resources

ROOT = Path(__file__).parents[2]

SBATCH = """#!/bin/sh
echo "$@" >> {folder}/calls
for word in "$@"; do case $word in --output=*) log=${{word#*=}};; --job-name=*) name=${{word#*=}};; esac; done
{before}
if sh > "$(echo "$log" | sed s/%j/7/)" 2>&1; then state=COMPLETED; else state=FAILED; fi
echo "emtvb|$name|7|2026|1|$state|n1|None" > {folder}/queue
echo 7
"""
JOBS = {
    "train_shard": {"runtime": 120, "mem_mb": 2000, "slurm_partition": "cpu", "threads": 1},
    "measure_shard": {"runtime": 30, "mem_mb": 3000, "slurm_partition": "cpu", "threads": 1},
}
PLAN = """\
Using profile slurm for setting default command line arguments.
[Mon Nov 30 12:51:05 2026]
rule state_settings:
    output: results/faults/settings.json
    resources: tmpdir=/tmp, mem_mb=2000, runtime=60
[Mon Nov 30 12:51:05 2026]
rule train_shard:
    output: results/faults/training/T1/weights.safetensors
    wildcards: shard=T1
    threads: 2
    resources: tmpdir=/tmp, mem_mb=2000, mem=2 GB, runtime=120, slurm_partition=gpu,cpu, constraint=a&b, gpu=1
[Mon Nov 30 12:51:05 2026]
rule train_shard:
    output: results/faults/training/T2/weights.safetensors
    resources: tmpdir=/tmp, mem_mb=3000, mem=3 GB, runtime=60, slurm_partition=gpu,cpu, constraint=a&b, gpu=1
"""


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Runs it where jobs run at once, each of them well unless it is told otherwise."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "queue").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", str(tmp_path / "results"))
    monkeypatch.setattr(doctors, "planned_resources", lambda *_: JOBS)
    monkeypatch.setattr(doctors, "FILE_SECONDS", 0.0)
    monkeypatch.setattr(doctors.clone, "workflow_root", lambda: ROOT)
    slurm.configuration.cache_clear()

    def run(before: str = "", **changed: str) -> list[str]:
        scripts = {
            "sbatch": SBATCH.format(folder=tmp_path, before=before),
            "squeue": f"#!/bin/sh\ncat {tmp_path}/queue\n",
        }
        scripts |= {"scontrol": "#!/bin/sh\necho SLURM_VERSION = 24\n", "scancel": "#!/bin/sh\n"}
        for name, text in scripts.items():
            (tmp_path / "bin" / name).write_text(text)
            (tmp_path / "bin" / name).chmod(0o755)
        experiment = config.load_sweep(ROOT / "config" / "smoke.yaml").model_copy(update=changed)
        lines = [str(finding) for finding in examine(experiment, ["slurm"])]
        assert all("\n" not in line for line in lines)
        return lines

    yield run
    slurm.configuration.cache_clear()


@pytest.mark.long
def test_one_job_asks_for_the_most_that_any_planned_job_asks_for(
    doctor: Callable[..., list[str]], tmp_path: Path
) -> None:
    lines = doctor()
    assert [line.split()[0] for line in lines] == ["ok"] * 4, lines
    assert "ran with what train_shard, measure_shard (on n1) ask for" in lines[-1]
    (call,) = (tmp_path / "calls").read_text().splitlines()
    assert "--partition=cpu --time=120 --mem=3000 --ntasks=1 --cpus-per-task=1" in call
    assert not list(tmp_path.glob(".emtvb-doctor*"))


def test_what_is_not_planned_is_not_tried(doctor: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctors, "planned_resources", lambda *_: {})
    assert "name an empty folder in EXPERIMENT_OUTPUT_DIR" in doctor()[-1]


@pytest.mark.parametrize(
    ("before", "says"),
    [
        (
            "echo 'sbatch: error: Batch job submission failed: Invalid account' >&2; exit 1",
            "error   train_shard, measure_shard: Slurm refuses it (Batch job submission failed: Invalid account); in "
            "slurm/site.yaml, set account: to one of yours",
        ),
        ('echo "emtvb|$name|7|2026|1|PENDING||PartitionTimeLimit" > ../queue; echo 7; exit', "set longest:"),
        ("export SLURM_TMPDIR=/nowhere", "/nowhere: error: 8 MB cannot be written there"),
        ('sh() { echo "python3.11: not found"; false; }', "failed (python3.11: not found); the nodes have to see"),
        ("cat > /dev/null; sh() { true; }", "left no log: it does not see this clone"),
    ],
)
def test_what_is_wrong_is_one_line(doctor: Callable[..., list[str]], tmp_path: Path, before: str, says: str) -> None:
    before = before.replace("../queue", f"{tmp_path}/queue")
    (error,) = (line for line in doctor(before) if line.startswith("error"))
    assert says in error


def test_temporary_files_have_room_here_too(doctor: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/nowhere")
    (error,) = (line for line in doctor() if line.startswith("error"))
    assert "/nowhere: a file of 1 MB cannot be written (No such file or directory)" in error
    assert error.endswith("name another folder in TMPDIR")


def test_a_disk_that_is_too_small(doctor: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=5 * 10**6))
    assert "5 MB free, up to 12 MB needed; free some" in doctor()[1]


def test_another_package_than_the_clones_is_an_error(tmp_path: Path) -> None:
    """As PYTHONPATH may put before it: the jobs would have it, too, and all would seem well."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    with (tmp_path / "src" / "emtvb" / "tasks.py").open("a") as file:
        file.write("CHANGED = True\n")
    environment = {"PYTHONPATH": str(tmp_path / "src"), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "emtvb", "doctor", "config/smoke.yaml"]
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == 1
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"error   package: {tmp_path}")


def test_the_plan_says_what_jobs_of_slurm_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = SimpleNamespace(returncode=0, stdout=PLAN)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    jobs = planned_resources(config.load_sweep(ROOT / "config" / "smoke.yaml"), ["slurm"])
    assert list(jobs) == ["train_shard"], "the other rule is run here"
    asked = jobs["train_shard"]
    assert (asked["mem_mb"], asked["runtime"], asked["threads"]) == (3000, 120, 2), "the most that any of them asks for"
    assert (asked["slurm_partition"], asked["constraint"], asked["gpu"]) == ("gpu,cpu", "a&b", "1")
