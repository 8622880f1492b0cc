"""What `emtvb accept` misses: thirty edits that change numbers, planted in a copy of the clone.

    python -m benchmarks.planted [--draws 1000]

Prints the Markdown table of docs/staleness.md. Each edit moves a number in its tenth digit, or the order of rows, under
a condition. Of the paper's experiment, the published tables say which jobs an edit concerns; one of these is run with
it, and has to come out otherwise. So ``--all``, which runs every job, refuses each edit whose job did. What the default
draw misses is counted over many draws.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click
import pandas as pd

from emtvb import markdown
from emtvb.audit import accepting
from emtvb.audit.config_of_results import Held, held_by
from emtvb.audit.currency import planned_jobs
from emtvb.audit.integrity import Files
from emtvb.experiments import kinds
from emtvb.making import provenance
from emtvb.making.packed_weights import unpack
from emtvb.making.plan import Planned

ROOT = Path(__file__).parents[1]
EXPERIMENT = "paper"
MEASURES, MEMORY, TABLE = "theory/network_measurement.py", "experiments/sweep/memory.py", "paper/table1.py"
RULES = {MEASURES: "measure_shard", MEMORY: "measure_memory", TABLE: "tabulate"}
_OF_MEASURES = """

_found = measure_network


def measure_network(run, network, settings, observed=None):
    found = _found(run, network, settings, observed)
    changed = found.largest_modulus * (1 + 1e-10)
    return __import__("dataclasses").replace(found, largest_modulus=changed) if {condition} else found
"""
_OF_MEMORY = """

_found = measure_memory


def measure_memory(run, network):
    rows = _found(run, network)
    if {condition}:
        name = next(name for name, value in rows[0].items() if isinstance(value, float) and 0 < abs(value) < 1e9)
        rows[0] = {{**rows[0], name: rows[0][name] * (1 + 1e-4)}}
    return rows
"""
_OF_TABLE = """

_found = tabulate_table1


def tabulate_table1(*given):
    found = _found(*given)
    return {condition}
"""
CODE = {MEASURES: _OF_MEASURES, MEMORY: _OF_MEMORY, TABLE: _OF_TABLE}


@dataclass(frozen=True)
class Edit:
    """An edit that changes numbers.

    Attributes:
        words: Whose.
        file: In which module.
        code: Under which condition, in that module's words; of a table, what becomes of it.
        query: The same of the published run table with its measurements; empty for all.
    """

    words: str
    file: str
    code: str
    query: str = ""


ONE, OTHER = "T3_h128_l2-0_thr-0.98_seed3", "T2_h32_l2-0.1_thr-0.9_seed11"
SOLVED = "test_accuracy >= 0.99"
UNSOLVED = "test_accuracy < 0.99"


def alike(words: str, *conditions: str) -> Edit:
    """An edit of what is measured of networks; a condition is the same in the words of the code and of the tables."""
    settings = {"task": "run.task.name"} | {name: f"run.{name}" for name in ("hidden_dim", "l2", "seed", "threshold")}
    measures = {name: f"found.{name}" for name in ("test_accuracy", "verdict", "spectral_error")}
    names = {**settings, **measures, "run_id": "run.run_id"}
    code = " and ".join(conditions)
    code = re.sub(r"'[^']*'|\w+", lambda word: names.get(word[0], word[0]), code)
    return Edit(words, MEASURES, code or "True", " and ".join(conditions))


EDITS = [
    *(alike(f"one task, {task}", f"task == '{task}'") for task in ("T1", "T2", "T4")),
    *(alike(f"one size, {size}", f"hidden_dim == {size}") for size in (32, 64, 128)),
    *(alike(f"one penalty, {l2}", f"l2 == {l2}") for l2 in ("0", "0.001", "0.1")),
    alike("a task of one size", "task == 'T3'", "hidden_dim == 64"),
    alike("a task of one size and penalty", "task == 'T4'", "hidden_dim == 128", "l2 == 0.001"),
    alike("one threshold", "threshold == 0.9"),
    alike("networks that solve their task", SOLVED),
    alike("networks that do not", UNSOLVED),
    alike("those of T2 that do", "task == 'T2'", SOLVED),
    alike("those of T4 with 128 neurons that do not", "task == 'T4'", "hidden_dim == 128", UNSOLVED),
    alike("networks that nearly solve it", "0.9 <= test_accuracy < 0.99"),
    alike("a rare verdict", "verdict == 'solves the task without it'"),
    alike("an undefined error of a network that solves its task", "spectral_error != spectral_error", SOLVED),
    alike("one seed", "seed == 7"),
    alike("one seed of one task", "seed == 7", "task == 'T1'"),
    alike("one network that solves its task", f"run_id == '{ONE}'"),
    alike("one network that does not", f"run_id == '{OTHER}'"),
    alike("all networks, by a constant"),
    Edit("memories of one task", MEMORY, "run.task.name == 'T2'", f"task == 'T2' and {SOLVED}"),
    Edit("memories of one size", MEMORY, "run.hidden_dim == 64", f"hidden_dim == 64 and {SOLVED}"),
    Edit("the memory of one network", MEMORY, f"run.run_id == '{ONE}'", f"run_id == '{ONE}'"),
    Edit("all memories, by a constant", MEMORY, "True", SOLVED),
    Edit("the order of a table's rows", TABLE, "found[::-1]"),
    Edit("a column of a table", TABLE, "found.assign(spectral_error=found['spectral_error'] * (1 + 1e-10))"),
]


def concerned(edit: Edit, jobs: list[Planned], networks: pd.DataFrame) -> list[Planned]:
    """The jobs of an edit's rule that it concerns."""
    own = [job for job in jobs if job.rule == RULES[edit.file]]
    shards = {*(networks.query(edit.query) if edit.query else networks)["shard"]}
    return [job for job in own if job.wildcards.get("shard", next(iter(shards))) in shards]


def refused(edit: Edit, clone: Path, files: Files, held: Held, job: Planned) -> bool:
    """Whether a job comes out otherwise with an edit, in a clone, which is left as it was."""
    module = clone / "src" / "emtvb" / edit.file
    before = module.read_text(encoding="utf-8")
    module.write_text(before + CODE[edit.file].format(condition=edit.code), encoding="utf-8")
    try:
        return any("when made again" in line for line in accepting._run_drawn(files, held, [job], 1, None)[1])
    finally:
        module.write_text(before, encoding="utf-8")


@click.command()
@click.option("--draws", type=int, default=1000, show_default=True, help="So many, by the seeds 0, 1, ...")
def main(draws: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name) / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        os.environ["PYTHONPATH"] = str(clone / "src")
        folder = clone / "results" / EXPERIMENT
        unpack(folder)
        config = clone / "config" / f"{EXPERIMENT}.yaml"
        held = held_by(config, clone, EXPERIMENT)
        files = Files(folder, *provenance.read_all(folder), held.kind.leaves_out)
        jobs = planned_jobs(folder, held)
        seconds = {path: record.seconds for record in files.records.values() for path in record.outputs}
        networks = pd.read_csv(folder / "runs.csv").merge(pd.read_csv(folder / "measurements.csv"), on="run_id")
        networks = networks.loc[:, ~networks.columns.duplicated()]
        shard_of = {run.run_id: shard for shard, runs in kinds.load_experiment(config).shards().items() for run in runs}
        networks["shard"] = networks["run_id"].map(shard_of)
        strata = accepting.strata_of_shards(held, folder)
        drawn = {
            rule: [
                {
                    job.title
                    for job in accepting.draw_jobs([job for job in jobs if job.rule == rule], seconds, strata, seed)
                }
                for seed in range(draws)
            ]
            for rule in RULES.values()
        }
        rows = []
        for edit in EDITS:
            some = concerned(edit, jobs, networks)
            titles = {job.title for job in some}
            missed = sum(titles.isdisjoint(seen) for seen in drawn[RULES[edit.file]]) / draws
            seen = refused(edit, clone, files, held, some[0])
            rows.append((edit.words, RULES[edit.file], str(len(some)), f"{missed:.0%}", "yes" if seen else "NO"))
            click.echo(" ".join(rows[-1]), err=True)
    header = ["numbers of", "rule", "jobs that it changes", "missed by a default draw", "refused by `--all`"]
    click.echo(markdown.table(header, rows))
    share = sum(float(row[3].rstrip("%")) for row in rows) / 100
    click.echo(f"\nOf {len(rows)} edits, a default draw misses {share:.1f} in the mean; `--all` misses "
               f"{sum(row[4] == 'NO' for row in rows)}.")  # fmt: skip


if __name__ == "__main__":
    main()
