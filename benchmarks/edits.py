"""What an edit costs: the jobs of the published experiments that each module makes run again, by their records.

    python -m benchmarks.edits [RESULTS] [--rows 20]

Prints the Markdown table of docs/staleness.md, the most costly first. A folder's row has its cheapest and its most
costly file. Counted are the jobs that used the code, and those of the same experiment that depend on one of them, which
Snakemake runs in the same call. Jobs that made weights are left out: no text of code makes a training stale.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import click

from emtvb import markdown
from emtvb.making import recorded
from emtvb.making.packed_weights import WEIGHTS
from emtvb.making.provenance import Record

ROOT = Path(__file__).parents[1]
Cost = tuple[float, int]
"""Seconds on one core, and jobs."""


def place(name: str) -> str:
    """The row of a file that a recipe names: a folder, or a module of the package that lies in none."""
    if "/" not in name:
        return "workflow/scripts/"
    parts = name.removeprefix("emtvb/").split("/")
    depth = 1 if name.startswith("emtvb/") and parts[0] != "experiments" else 2
    return "/".join(parts[:depth]) + ("/" if len(parts) > depth else "")


def jobs(records: Iterable[Record]) -> Iterator[tuple[float, set[str]]]:
    """Of each job of an experiment that trains nothing: its seconds, and the files that it or a job before it used."""
    measured = [record for record in records if not any(Path(path).name == WEIGHTS for path in record.outputs)]
    makers = {path: record for record in measured for path in record.outputs}

    @cache
    def used(path: str) -> frozenset[str]:
        if path not in makers:
            return frozenset()
        return frozenset(makers[path].recipe["code"]).union(*map(used, makers[path].inputs))

    for record in measured:
        yield record.seconds, {*used(next(iter(record.outputs)))}


def costs(experiments: Iterable[Iterable[Record]]) -> dict[str, tuple[Cost, Cost]]:
    """What an edit costs in each place: in its most costly file and in its cheapest."""
    spent: dict[str, list[float]] = defaultdict(list)
    for seconds, names in chain.from_iterable(map(jobs, experiments)):
        for name in names:
            spent[name].append(seconds)
    files: dict[str, list[Cost]] = defaultdict(list)
    for name, each in spent.items():
        files[place(name)].append((round(sum(each), 2), len(each)))
    return {name: (max(of), min(of)) for name, of in files.items()}


def as_markdown(found: dict[str, tuple[Cost, Cost]], rows: int = 20) -> str:
    """The table. Places that cost the same share a row; where there are more than ``rows``, the last has all others."""
    alike: dict[tuple[Cost, Cost], list[str]] = defaultdict(list)
    for name in sorted(found):
        alike[found[name]].append(f"`{name}`")
    ordered = sorted(alike, reverse=True)
    shown = ordered if len(ordered) <= rows else ordered[: rows - 1]
    lines = []
    for most, least in shown:
        jobs = _range(f"{least[1]:,}", f"{most[1]:,}")
        lines.append((", ".join(alike[most, least]), jobs, _range(_minutes(least[0]), _minutes(most[0]))))
    if rest := [most for most, _ in ordered[len(shown) :]]:
        jobs = f"{max(count for _, count in rest):,}"
        lines.append(("anything else", f"at most {jobs}", f"at most {_minutes(rest[0][0])}"))
    return markdown.table(["an edit in", "jobs made again", "minutes"], lines, "lrr")


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f}" if seconds >= 60 else "<1"


def _range(least: str, most: str) -> str:
    return most if least == most else f"{least}-{most}"


@click.command(help=__doc__)
@click.argument("results", default=ROOT / "results", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--rows", default=20, help="At most.")
def main(results: Path, rows: int) -> None:
    """Read all records and print the table."""
    experiments = (recorded.read_all(folder)[0].values() for folder in sorted(results.iterdir()))
    print(as_markdown(costs(experiments), rows))


if __name__ == "__main__":
    main()
