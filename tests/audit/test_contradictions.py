"""What contradicts the rest in results of whatever kind."""

from __future__ import annotations

from pathlib import Path

from emtvb.audit.contradictions import contradictions
from emtvb.audit.integrity import Files
from emtvb.experiments.checks import Checks
from emtvb.making import provenance, recorded

RECIPE = {"rule": "measure", "settings": {}, "code": {"a.py": "0"}, "versions": {}}


def test_versions_of_a_record_alone_excuse_nothing(tmp_path: Path) -> None:
    """Where they are others than those of its environment, somebody wrote them."""
    (tmp_path / "a.csv").touch()
    provenance.record_job(RECIPE, {}, [], [str(tmp_path / "a.csv")], str(tmp_path / "logs/x.log"), 1.0)
    assert [*contradictions(Files(tmp_path, *recorded.read_all(tmp_path), {}), [], Checks().contradictions)] == []
    path = tmp_path / "a.provenance.json"
    record = recorded.read_record(path)
    record.recipe["versions"] = {"numpy": "1.0", "torch": record.environment["torch"].split("+")[0]}
    provenance.write_record(path, record)
    files = Files(tmp_path, *recorded.read_all(tmp_path), {})
    (said,) = contradictions(files, [], Checks().contradictions)
    assert str(said).startswith("a.provenance.json: computed with numpy 1.0, in an environment with ")
