from __future__ import annotations

from pathlib import Path

import pytest

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
    import os

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


@pytest.mark.parametrize(("flags", "kernels"), [("fpu avx2 fma", "Haswell"), ("fpu sse4_2 avx", "inherited")])
def test_the_blas_is_told_its_kernels_where_the_cpu_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, kernels: str
) -> None:
    import os

    monkeypatch.setenv("OPENBLAS_CORETYPE", "inherited")
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t: none\n\nprocessor\t: 1\n")
    node.choose_kernels(tmp_path / "cpuinfo")
    node.choose_kernels(tmp_path / "nothing")
    assert os.environ["OPENBLAS_CORETYPE"] == kernels


def test_jobs_keep_their_memory_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
        monkeypatch.setenv(name, "")  # so that it is undone
        monkeypatch.delenv(name)
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "7")
    node.keep_memory()
    assert int(os.environ["MALLOC_MMAP_THRESHOLD_"]) > 2**27  # a large array
    assert os.environ["MALLOC_TRIM_THRESHOLD_"] == "7"
