"""What Snakemake would do, in words: of jobs that are planned in other tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from emtvb.audit.currency import currency
from emtvb.running.plan import Planned
from emtvb.running.provenance import Record


def record(*outputs: str) -> Record:
    """The record of a job that tabulates."""
    made = dict.fromkeys(outputs, "0" * 64)
    return Record("tabulate", {}, {"settings": {}}, {}, made, "2026-01-01T00:00:00+00:00", 1.0, "", False, {})  # type: ignore[typeddict-item]


def planned(*changes: str) -> Planned:
    """That job."""
    return Planned("tabulate", {}, (), ("tables/a.csv", "tables/b.csv"), {}, "", changes)


def test_a_second_record_of_an_output_is_named_with_the_first() -> None:
    own = {Path("tables/tabulate.provenance.json"): record("tables/a.csv", "tables/b.csv")}
    assert currency(own, [planned()], ()).findings == ()
    (finding,) = currency({**own, Path("tables/b.provenance.json"): record("tables/b.csv")}, [planned()], ()).findings
    assert finding.subject == "tables/a.csv"
    assert finding.problem == "more than one record speaks of it (b.provenance.json, tabulate.provenance.json)"


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ("../twins/runs.csv, another than the one that was read", "run the workflow again"),
        ("../twins/runs.csv, gone, and so is its record", "put the results of twins beside these, or run the workflow"),
        ("runs.csv, gone, and so is its record", "run the workflow again"),
    ],
)
def test_an_input_that_is_another_than_was_read_is_named_with_a_remedy(change: str, remedy: str) -> None:
    (finding,) = currency({Path("a"): record("tables/a.csv", "tables/b.csv")}, [planned(change)], ()).findings
    assert finding.problem == f"would be made otherwise now: {change}"
    assert finding.remedy.startswith(remedy)
