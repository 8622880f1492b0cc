"""Does ``make test`` notice what is broken? Breaks one thing at a time in a copy of the clone, and runs tests.

    python -m tests.mutations --sample 3     three of them, drawn anew
    python -m tests.mutations --only margin  those with a word in their name
    python -m tests.mutations --whole        with all that make test runs, not only the tests that are nearest

It needs the environment of ``make test``, and ends with status 1 where a mutation was not noticed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "src/emtvb"


@dataclass(frozen=True)
class Mutation:
    """One thing that is broken.

    Attributes:
        name: What.
        file: Where, below the package.
        own: The text as it is; it occurs once.
        other: What takes its place.
        tests: The tests that are nearest: files or folders below ``tests``.
    """

    name: str
    file: str
    own: str
    other: str
    tests: tuple[str, ...]


MUTATIONS = (
    Mutation(
        "a sign in Phi",
        "tasks.py",
        "phi[np.arange(source.size), source] = sign",
        "phi[np.arange(source.size), source] = -sign",
        ("test_tasks.py",),
    ),
    Mutation(
        "the modulus of long-term eigenvalues",
        "interpret/spectrum.py",
        "return values[np.abs(values) > modulus]",
        "return values[np.abs(values) > modulus / 2]",
        ("interpret/test_spectrum.py",),
    ),
    Mutation(
        "an eigenvalue without a partner costs nothing",
        "interpret/spectrum.py",
        "error=(total + np.pi * (most - matched)) / most if most else 0.0",
        "error=total / most if most else 0.0",
        ("interpret/test_spectrum.py",),
    ),
    Mutation(
        "the bar for edits",
        "interpret/verdict.py",
        "edit_success >= OBEYS * unedited_success > 0",
        "edit_success >= OBEYS * unedited_success",
        ("interpret/test_verdict.py",),
    ),
    Mutation(
        "the margin of an accuracy",
        "paper/evidence.py",
        "ACCURACY_MARGIN = 0.05",
        "ACCURACY_MARGIN = 0.06",
        ("paper", "test_published.py", "test_said.py"),
    ),
    Mutation(
        "half the probability of a printed value",
        "paper/evidence.py",
        "return min(1.0, 2 * float(min(below, above))",
        "return min(1.0, float(min(below, above))",
        ("paper",),
    ),
    Mutation(
        "twins count as runs of their own",
        "paper/table1.py",
        'own = measured["twin"] == 0',
        'own = measured["twin"] >= 0',
        ("paper",),
    ),
    Mutation(
        "the largest number of a column is forgotten",
        "audit/compare.py",
        """Tolerance(_SHARDS, ("largest_modulus",), 1e-6""",
        """Tolerance(_SHARDS, ("largest_modulus",), 1e-1""",
        ("audit",),
    ),
    Mutation(
        "how strong a seed's trace is", "audit/seeds.py", "TRACE = 5.0", "TRACE = 500.0", ("audit/test_seeds.py",)
    ),
    Mutation(
        "a refused submission is tried again",
        "running/executor.py",
        "return not slurm.is_refusal(message) and since < UNCLEAR",
        "return since < UNCLEAR",
        ("running/test_executor.py",),
    ),
    Mutation(
        "no pause after a failed submission",
        "running/executor.py",
        "PAUSES = 5.0, 10.0, 20.0, 40.0, 80.0, SLOWEST",
        "PAUSES = 0.0, 0.0",
        ("running/test_executor.py",),
    ),
    Mutation(
        "a changed file is not seen",
        "running/records.py",
        "elif self._digest(path) != digest:",
        "elif self._digest(path) == digest == 0:",
        ("running", "workflow/test_plans.py"),
    ),
    Mutation(
        "a library's new version is not seen",
        "running/recipes.py",
        "if version(library) != before:",
        "if version(library) == before == 0:",
        ("running", "workflow/test_plans.py"),
    ),
    Mutation(
        "packed weights are taken unseen",
        "running/packed.py",
        "if hashlib.sha256(content).hexdigest() != digest:\n            damaged",
        "if hashlib.sha256(content).hexdigest() == 0:\n            damaged",
        ("running/test_packed.py",),
    ),
    Mutation(
        "a block of seeds begins one late",
        "sweep.py",
        "first = max(last - seeds_per_shard + 1, 0)",
        "first = max(last - seeds_per_shard + 2, 0)",
        ("test_sweep.py",),
    ),
    Mutation(
        "an erased variable is left",
        "own/erasing.py",
        "matrix = np.eye(len(mean)) - colour @ left @ left.T @ whiten",
        "matrix = np.eye(len(mean)) - 0.5 * colour @ left @ left.T @ whiten",
        ("own",),
    ),
    Mutation(
        "a flip that does not flip",
        "own/editing.py",
        "after[:, places[i]] *= -1",
        "after[:, places[i]] *= 1",
        ("own/test_editing.py",),
    ),
    Mutation(
        "a figure's label",
        "figures/composition.py",
        'axes.set_xlabel("variable")',
        'axes.set_xlabel("step")',
        ("figures",),
    ),
    Mutation("beta of Adam", "training/kernel.py", "BETA2 = 0.999", "BETA2 = 0.99", ("training",)),
    Mutation(
        "an output of 0 counts as negative",
        "networks.py",
        "np.where(outputs >= 0,",
        "np.where(outputs > 0,",
        ("test_networks.py",),
    ),
)


def copied(folder: Path) -> None:
    """The clone's files as they are here now, without its history; what is published is linked."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if not name.startswith("results/") and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / "results").symlink_to(ROOT / "results")


def is_noticed(mutation: Mutation, whole: bool) -> bool:
    """Whether the tests fail with one thing broken."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as name:
        folder = Path(name)
        copied(folder)
        path = folder / PACKAGE / mutation.file
        text = path.read_text("utf-8")
        if text.count(mutation.own) != 1:
            raise SystemExit(
                f"{mutation.name}: {mutation.file} has its text {text.count(mutation.own)} times, not once"
            )
        path.write_text(text.replace(mutation.own, mutation.other), "utf-8")
        tests = ["tests"] if whole else [f"tests/{one}" for one in mutation.tests]
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not long", "-p", "no:cacheprovider", *tests]
        here = {**os.environ, "PYTHONPATH": str(folder / "src"), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, cwd=folder, env=here, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise SystemExit(f"{mutation.name}: the tests cannot be run\n{(done.stdout + done.stderr)[-2000:]}")
        failed = next((line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))), "")
        print(
            f"{'noticed    ' if failed else 'NOT NOTICED'}  {mutation.name}  {failed.partition(' - ')[0]}", flush=True
        )
        return bool(failed)


def main() -> None:
    """Break things, and say which were noticed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, default=len(MUTATIONS), help="how many of them, drawn at random")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of that draw")
    parser.add_argument("--only", default="", help="those with these letters in their name")
    parser.add_argument("--whole", action="store_true", help="run all of make test's tests each time")
    asked = parser.parse_args()
    chosen = [mutation for mutation in MUTATIONS if asked.only in mutation.name]
    chosen = random.Random(asked.seed).sample(chosen, min(asked.sample, len(chosen)))
    noticed = sum(is_noticed(mutation, asked.whole) for mutation in chosen)
    print(f"{noticed} of {len(chosen)} noticed (seed {asked.seed})")
    sys.exit(noticed < len(chosen))


if __name__ == "__main__":
    main()
