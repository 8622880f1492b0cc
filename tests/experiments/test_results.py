from __future__ import annotations

from pathlib import Path

import pytest

from emtvb.experiments.results import results_folders


def test_the_folder_that_is_named_goes_first_though_it_is_the_clones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emtvb.experiments.results.ROOT", tmp_path / "clone")
    monkeypatch.chdir(tmp_path)
    for folder in ("clone/workflow/rules", "clone/results", "results"):
        Path(folder).mkdir(parents=True)
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", "clone/results")
    assert results_folders() == [Path("clone/results"), Path("results")]
