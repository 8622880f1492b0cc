"""What many light jobs cost Snakemake on a cluster: its own CPU time and memory, with stand-ins for Slurm's commands.

    python -m benchmarks.cluster [--jobs 10000] [--executor emtvb-slurm | slurm]

Each job is done as soon as it is submitted. So what is measured is Snakemake with its executor, with arrays and
without, as our profile has it. ``slurm`` is the stock plugin, where that is installed; it submits no arrays unless it
is told to.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from emtvb import markdown

SNAKEFILE = """\
rule all:
    input: expand("made/{{i}}.txt", i=range({jobs}))

rule a:
    output: "made/{{i}}.txt"
    resources: mem_mb=500, runtime=5
    shell: "echo > {{output}}"
"""
SBATCH = """#!/bin/sh
# An id, and what the job makes: the stand-in is called with the script on its standard input, or in --wrap.
exec 9> {folder}/lock; flock 9
id=$(cat {folder}/last); id=$((id + 1)); echo $id > {folder}/last
case "$*" in *--wrap*) script="$*";; *) script=$(cat);; esac
tasks=0
for i in $(printf '%s' "$script" | grep -o 'a:i=[0-9]*' | grep -o '[0-9]*$'); do
    : > made/$i.txt
    tasks=$((tasks + 1))
done
name=$(printf '%s\\n' "$@" | sed -n '/^--job-name$/{{n;p;}}; s/^--job-name[= ]//p' | head -1)
case "$*" in *--array*) : ;; *) tasks=0;; esac
echo "$id $tasks $name" >> {folder}/queue
echo $id
"""
SQUEUE = """#!/bin/sh
case "$*" in *'%j|%i|%T'*) ;; *) exit 0;; esac
awk '{{ if ($2) for (i = 1; i <= $2; i++) print "emtvb|" $3 "|" $1 "_" i "|COMPLETED|n1|None"
       else print "emtvb|" $3 "|" $1 "|COMPLETED|n1|None" }}' {folder}/queue
"""
SACCT = """#!/bin/sh
awk '{{ if ($2) for (i = 1; i <= $2; i++) print $1 "_" i "|COMPLETED"; else print $1 "|COMPLETED" }}' {folder}/queue
"""
SCONTROL = """#!/bin/sh
echo "MaxArraySize = {array}"
echo "MaxJobCount = 100000"
"""


def stand_in(folder: Path, array: int) -> dict[str, str]:
    """Slurm's commands in a folder; returns an environment in which they come first."""
    (folder / "bin").mkdir()
    (folder / "last").write_text("0")
    (folder / "queue").touch()
    scripts = {"sbatch": SBATCH, "squeue": SQUEUE, "sacct": SACCT, "scontrol": SCONTROL, "scancel": "#!/bin/sh\n"}
    scripts["sacctmgr"] = "#!/bin/sh\necho lab\n"  # the accounts, which the stock plugin asks for
    for name, text in scripts.items():
        path = folder / "bin" / name
        path.write_text(text.format(folder=folder, array=array))
        path.chmod(0o755)
    return {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def cost(jobs: int, executor: str, array: int) -> tuple[float, float, int]:
    """CPU seconds and MiB of Snakemake itself, and how many submissions it made."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "Snakefile").write_text(SNAKEFILE.format(jobs=jobs))
        (folder / "made").mkdir()
        options = ["--executor", executor, "--jobs", "10000", "--max-jobs-per-timespan", "10000/1s"]
        options += ["--latency-wait", "5", "--quiet", "all"]
        if executor == "emtvb-slurm":
            options += ["--emtvb-slurm-first-look", "5", "--emtvb-slurm-array-limit", "1000"]
        else:  # which would ask Slurm for both
            options += ["--default-resources", "slurm_account=lab", "slurm_partition=main"]
        seconds, size, done = timed([sys.executable, "-m", "snakemake", *options], folder, stand_in(folder, array))
        made = len(list((folder / "made").iterdir()))
        if made != jobs or done.returncode != 0:
            raise click.ClickException(f"{made} of {jobs} jobs were done: {done.stderr[-500:]}")
        return seconds, size, int((folder / "last").read_text())


def timed(
    call: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> tuple[float, float, subprocess.CompletedProcess[str]]:
    """CPU seconds and MiB of a command that is run in a folder, without its children, and what came of it."""
    anew = [sys.executable, "-c", _TIMED, *call]
    done = subprocess.run(anew, cwd=folder, env=environment, text=True, capture_output=True, check=False)
    seconds, size = map(float, re.findall(r"[\d.]+", done.stdout.splitlines()[-1]))
    return seconds, size / 1024, done


_TIMED = """
import os, sys
import psutil
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
used = psutil.Process(pid).cpu_times()  # asked while nobody has waited for it yet: its children's stand apart
_, status, usage = os.wait4(pid, 0)
print(used.user + used.system, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Runs a command and prints what it cost itself, without the stand-ins that it calls."""


@click.command()
@click.option("--jobs", default=10_000, show_default=True)
@click.option("--executor", default="emtvb-slurm", show_default=True)
def main(jobs: int, executor: str) -> None:
    """Print the cost of a run, with arrays and without."""
    rows = []
    cases = {"arrays of 1,000": 1001, "no arrays": 1}
    if executor == "slurm":  # which ends at once where Slurm takes none
        cases = {"no arrays": 1001}
    for title, array in cases.items():
        seconds, size, submissions = cost(jobs, executor, array)
        rows.append([f"{executor}, {title}", f"{jobs:,}", f"{submissions:,}", f"{seconds:.0f}", f"{size:.0f}"])
    click.echo(markdown.table(["executor", "jobs", "submissions", "CPU, s", "MiB"], rows, "lrrrr"))


if __name__ == "__main__":
    main()
