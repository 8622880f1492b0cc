"""What many runs cost before any work: CPU time and memory of a plan, and of the list of all networks that lie here.

    python -m benchmarks.load [--runs 20000]

Plans are made of the paper's grid with so many runs (`snakemake -n`): where nothing is made yet, and where all is, by
files and records that are made up. A config of ten times as many is planned with shards of 50 seeds, and else refused.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.cluster import timed
from emtvb import markdown
from emtvb.config import load_sweep
from emtvb.making import present_code, provenance, recorded
from emtvb.making.plan import plan_jobs

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
CONTENT = b"made up\n"


def write_config(folder: Path, runs: int, seeds_per_shard: int = 5) -> Path:
    """A config of the paper's grid with more seeds."""
    paper = load_sweep(ROOT / "config/paper.yaml")
    seeds = range(1, 1 + -(-runs * len(paper.seeds) // len(paper.runs())))
    stated = paper.model_dump(mode="json", exclude={"follow"}) | {"experiment": f"many{runs}", "seeds": [*seeds]}
    file = folder / f"many{runs}-{seeds_per_shard}.json"
    file.write_text(json.dumps({**stated, "seeds_per_shard": seeds_per_shard}))
    return file


def make_up(config: Path, folder: Path) -> None:
    """Write all that a workflow leaves: the same few bytes in every file, and records like those that are published."""
    published = {record.rule: record for record in recorded.read_all(ROOT / "results/paper")[0].values()}
    present = present_code.Present(ROOT)
    jobs = plan_jobs(config, ROOT, folder)
    for path in (folder / name for job in jobs for name in job.outputs):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CONTENT)
    for job in jobs:
        record = published[job.rule]
        code = present.renewed(record.recipe["code"])
        anew = dataclasses.replace(
            record, wildcards=job.wildcards, runs={},
            recipe={**record.recipe, "settings": job.settings, "names": job.names, "code": code},
            inputs={name: provenance.sha256(folder / name) for name in job.inputs},
            outputs={name: provenance.sha256(folder / name) for name in job.outputs},
        )  # fmt: skip
        path = provenance.record_path([folder / name for name in job.outputs], job.rule)
        provenance.write_record(path, anew)


@click.command(help=__doc__)
@click.option("--runs", default=20_000, show_default=True)
def main(runs: int) -> None:
    """Print a row for each."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)

        def add(what: str, *call: object, at: Path = folder) -> subprocess.CompletedProcess[str]:
            results = folder if at == folder else at / "results"
            seconds, size, done = timed([*map(str, call)], at, {**os.environ, "EXPERIMENT_OUTPUT_DIR": str(results)})
            rows.append([what, f"{seconds:.1f}", f"{size:.0f}"])
            return done

        def add_plan(what: str, config: Path) -> subprocess.CompletedProcess[str]:
            call = BIN / "snakemake", "-n", "--quiet", "all", "--snakefile", ROOT / "Snakefile", "--configfile", config
            done = add(what, *call)
            if done.returncode:
                raise click.ClickException(done.stderr[-500:])
            return done

        config = write_config(folder, runs)
        add_plan(f"{runs:,} runs, none made", config)
        make_up(config, folder / load_sweep(config).experiment)
        done = add_plan(f"{runs:,} runs, all made", config)
        if "Nothing to be done" not in done.stdout:
            raise click.ClickException(f"what is made up is not taken for made: {done.stdout[-500:]}")
        add_plan(f"{10 * runs:,} runs in shards of 50 seeds", write_config(folder, 10 * runs, 50))
        refused = add("the same in shards of 5", BIN / "emtvb", "config", "check", write_config(folder, 10 * runs))
        add("`emtvb networks`, all that is published", BIN / "emtvb", "networks", at=ROOT)
        load_page = "from emtvb.page import content; content.read_networks('results/paper/measurements/page.npz')"
        add("the page's list of networks", sys.executable, "-c", load_page, at=ROOT)
    click.echo(markdown.table(["what", "CPU, s", "MiB"], rows, "lrr"))
    click.echo(refused.stderr)


if __name__ == "__main__":
    main()
