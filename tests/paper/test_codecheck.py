from __future__ import annotations

import yaml

from emtvb.paper import codecheck


def test_the_manifest_names_the_papers_table_and_figures_of_every_task() -> None:
    found = yaml.safe_load(codecheck.manifest(["T1", "mine"]))
    files = [entry["file"] for entry in found["manifest"]]
    assert len(files) == len(set(files)) == 5 + 2 * 2
    assert {"tables/table1.csv", "figures/animation/mine.gif", "figures/hidden_state/T1.pdf"} <= set(files)
    assert all(entry["comment"] for entry in found["manifest"])
    assert found["paper"]["reference"].startswith("https://")
