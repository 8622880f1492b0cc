"""How long each stage of a small experiment takes, so that what is not training shows.

    python -m benchmarks.pipeline [CONFIG]

Runs the workflow on CONFIG (smoke by default) in a results folder of its own, one job at a time, and adds up by rule
the time between the line that announces a job and the line that reports its end.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]


@click.command(help=__doc__)
@click.argument("config", default="config/smoke.yaml", type=click.Path(exists=True))
def main(config: str) -> None:
    """Run the workflow and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        total, by_rule = run(config, folder)
    table = Table("stage", "jobs", "seconds", "seconds per job", title=f"{config}: {total:.1f} s in all")
    for rule, seconds in sorted(by_rule.items(), key=lambda item: -sum(item[1])):
        table.add_row(rule, str(len(seconds)), f"{sum(seconds):.1f}", f"{sum(seconds) / len(seconds):.1f}")
    inside = sum(map(sum, by_rule.values()))
    table.add_row("Snakemake itself", "", f"{total - inside:.1f}", "")
    training = sum(by_rule["train_shard"])
    Console(width=100).print(table)
    Console(width=100).print(f"outside training: {total - training:.1f} s")


def run(config: str, folder: str) -> tuple[float, dict[str, list[float]]]:
    """Seconds of the whole call, and of each job by rule."""
    command = [str(Path(sys.executable).with_name("snakemake")), "--cores", "1", "--configfile", config]
    started: dict[str, float] = {}
    by_rule: dict[str, list[float]] = defaultdict(list)
    begin = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "EXPERIMENT_OUTPUT_DIR": folder},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            now = time.perf_counter()
            if announced := re.match(r" +jobid: (\d+)", line):
                started[announced[1]] = now
            elif ended := re.match(r"Finished jobid: (\d+) \(Rule: (\w+)\)", line):
                by_rule[ended[2]].append(now - started[ended[1]])
    if process.returncode:
        raise click.ClickException("the workflow failed; run it by hand to see why")
    return time.perf_counter() - begin, by_rule


if __name__ == "__main__":
    main()
