"""What jobs inherit does not change what they measure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import Project

pytestmark = [pytest.mark.first, pytest.mark.long]


def test_measurements_do_not_depend_on_inherited_kernels_of_the_blas(finished: Project, tmp_path: Path) -> None:
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    if "avx2" not in flags:
        pytest.skip("without AVX2 the BLAS is left to itself")
    project = Project.copy(tmp_path, finished.folder)
    measured = next((finished.folder / "results" / "smoke" / "measurements").glob("*.csv"))
    target = str(measured.relative_to(finished.folder))
    again = ("--configfile", "config/smoke.yaml", "--forcerun", "measure_shard", "--", target)
    result = project.snakemake(*again, OPENBLAS_CORETYPE="Prescott")
    assert result.returncode == 0, result.stderr
    assert re.search(r"^measure_shard +1$", result.stderr, re.MULTILINE), "measured again"
    assert (project.folder / target).read_bytes() == measured.read_bytes()
