"""Every command of README, CONTRIBUTING and docs/ is run, line by line, in a clone with an environment of its own.

So is each target of make. A line that takes more than about a minute, or needs what is not everywhere, stands in
:data:`INSTEAD` with what is run in its place, and why. A new line without an entry fails.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from safetensors.numpy import save_file

from emtvb.experiments.results import find_run

from .environments import Environment
from .workflow.conftest import hand_on_compiled

ROOT = Path(__file__).parents[1]
PAGES = ["docs/add.md", "README.md", "CONTRIBUTING.md"]  # of an experiment that the others look at
PAGES += sorted({f"docs/{path.name}" for path in ROOT.glob("docs/*.md") if "plan" not in path.name} - {*PAGES})
PAGES += [PAGES.pop(PAGES.index("docs/publishing.md"))]  # at last, since it changes files
WEIGHTS = "T3_h64_l2-0.001_thr-0.98_seed2"
TINY = """
experiment: mine
tasks: [T3]
hidden_dim: [64]
l2: [0]
threshold: [0.98]
seeds: [1]
training: {epochs: 1, batches_per_epoch: 5, batch_size: 8, curriculum: [3]}
interpretation: {horizon: 12, sequences: 64}
figures: [memory]
"""


class Command(NamedTuple):
    """A line of a page."""

    page: str
    line: str
    before: tuple[str, ...]
    """What the lines above it, of the same block, say for the shell."""


def commands(page: str, text: str) -> Iterator[Command]:
    """The lines of a page's blocks of commands: those without a language that begin with no comment."""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if language or block.startswith("#"):
            continue
        before: tuple[str, ...] = ()
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            said = re.sub(r"\s+# .*", "", line).strip()
            if re.match(r"source |export ", said):
                before += (said,)
            yield Command(page, said, before)


def targets() -> Iterator[Command]:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in phony.split():
        yield Command("Makefile", f"make {target}", ())


ALL = [*(found for page in PAGES for found in commands(page, (ROOT / page).read_text("utf-8"))), *targets()]
EVERY = [command for i, command in enumerate(ALL) if command.line not in {other.line for other in ALL[:i]}]

AS_IS = {
    "make help", "make config CONFIG=config/mine.yaml", "make config", "make reproduce CONFIG=config/mine.yaml",
    "source .venv/bin/activate", "export EXPERIMENT_OUTPUT_DIR=$PWD/results/mine",
    ".venv/bin/emtvb interpret T3_h128_l2-0_thr-0.98_seed3",
    ".venv/bin/emtvb networks --task T3 --verdict \"without it\"",
    ".venv/bin/emtvb interpret T3_h64_l2-0.001_thr-0.98_seed2",
    ".venv/bin/emtvb edit T3_h64_l2-0.001_thr-0.98_seed2 --at 20 --variable 3 --flip 2",
    ".venv/bin/emtvb edit T3_h64_l2-0.001_thr-0.98_seed2 --at 20 --variable 3 --flip 2 --page",
    "emtvb interpret weights.safetensors --task T3 --nonlinearity tanh",
    "emtvb edit weights.safetensors --task T3 --nonlinearity tanh --at 20 --variable 3 --flip 2",
    ".venv/bin/emtvb accept",
    "git commit -am \"The address of the repository\"", "git commit -am \"The DOI\"",
    "git tag v0.2.0 38566f98", "git tag v0.4.0 3552433e",
    "make dist", "make notebooks", "make dataset",
}  # fmt: skip
"""Lines that are run as they are."""

INSTEAD = {
    "cp config/config.yaml config/mine.yaml": (
        f"cp config/config.yaml config/mine.yaml && printf %s {shlex.quote(TINY)} > config/mine.yaml",
        "the four networks of config.yaml take minutes",
    ),
    "make reproduce": ("make -n reproduce", "minutes; the line with CONFIG runs"),
    "make install": ("make -n -W pyproject.toml install", "downloads 2 GB"),
    "make test": ("make -n test", "minutes"),
    "make test-long": ("make -n test-long", "it runs this"),
    "make test-nightly": ("make -n test-nightly", "it runs this"),
    "make test-all": ("make -n test-all", "it runs this"),
    "make newest": ("make -n newest", "downloads, and minutes"),
    "make oldest": ("make -n oldest", "downloads, and minutes"),
    "make lock": ("make -n lock", "takes whatever is newest today"),
    "make figures": ("make -n figures", "minutes; tests/test_archive.py runs it"),
    "make docs": ("make -n docs", "minutes; tests/test_site.py builds the site"),
    "make report": ("make -n report CONFIG=config/mine.yaml", "minutes"),
    "make rulegraph": ("make -n rulegraph", "needs graphviz"),
    "make clean": ("make -n clean", "the other lines need .venv"),
    ".venv/bin/pre-commit install": (
        ".venv/bin/pre-commit install && .venv/bin/pre-commit uninstall", "every commit below would check all types"
    ),
    ".ci/run": ("bash -n .ci/run", "installs Slurm, and runs this"),
    ".venv/bin/pytest tests/figures": (".venv/bin/pytest -q --collect-only tests/figures", "minutes"),
    ".venv/bin/pip install mutmut && .venv/bin/mutmut run \"emtvb.core.spectrum*\"": (
        "test -f src/emtvb/core/spectrum.py && .venv/bin/pip install --help",
        "downloads, and hours",
    ),
    ".venv/bin/emtvb verify --sample 2": (".venv/bin/emtvb verify --sample 2 --help", "minutes; tests/cli runs it"),
    ".venv/bin/emtvb audit results/paper": (".venv/bin/emtvb audit results/paper --help", "minutes"),
    ".venv/bin/emtvb audit results/paper --all": (".venv/bin/emtvb audit results/paper --all --help", "an hour"),
    ".venv/bin/emtvb audit results/paper --quick": (
        ".venv/bin/emtvb audit results/paper --quick || test $? = 3", "it passes, and says that it was not all"
    ),
    "pip install snakemake-executor-plugin-cluster-generic": (
        "pip show -q snakemake-executor-plugin-cluster-generic", "downloads"
    ),
    "pip install snakemake-storage-plugin-fs": ("pip show -q snakemake-storage-plugin-fs", "downloads"),
    "snakemake --profile mine all": ("snakemake --profile mine -n all", "no cluster; its profile is the page's"),
    "snakemake --profile slurm all": (
        "snakemake --profile slurm -n all --configfile config/mine.yaml", "no Slurm; tests/cluster runs it"
    ),
    "snakemake --cores 2 --default-storage-provider fs --default-storage-prefix /some/folder --shared-fs-usage none "
    "--configfile config/smoke.yaml": (
        "snakemake -n --cores 2 --default-storage-provider fs --default-storage-prefix $PWD/a --shared-fs-usage none "
        "--configfile config/smoke.yaml", "minutes"
    ),
    "emtvb doctor": ("emtvb doctor --help", "no Slurm; tests/cluster runs it"),
    ".venv/bin/emtvb networks results/quick": (".venv/bin/emtvb networks results/mine", "the experiment that was run"),
    ".venv/bin/emtvb edit RUN_ID --at 20 --variable 3 --flip 2": (
        ".venv/bin/emtvb edit $(tail -n 1 results/mine/runs.csv | cut -d, -f1) --at 10 --variable 3 --flip 2",
        "an id of it",
    ),
    "git commit -am \"Rename ...\"": (
        "echo '# A comment.' >> src/emtvb/columns.py && git commit -am \"Rename ...\"", "something has to change"
    ),
    "git commit -m \"Records of ...\" results": (
        "git commit --allow-empty -m \"Records of ...\" results", "a comment changes no record"
    ),
    ".venv/bin/python docs/publish.py OWNER/NAME": (".venv/bin/python docs/publish.py somebody/emtvb", "an address"),
    ".venv/bin/python docs/publish.py OWNER/NAME --doi 10.5281/zenodo.123": (
        ".venv/bin/python docs/publish.py somebody/emtvb --doi 10.5281/zenodo.123", "an address"
    ),
    "git push origin main v0.2.0 v0.4.0": ("git push -n origin main v0.2.0 v0.4.0", "no such repository"),
    "git tag -s v0.5.0 -m \"emtvb 0.5.0\"": ("git tag -a v0.5.0 -m \"emtvb 0.5.0\"", "no key to sign with"),
    "git push origin v0.5.0": ("git push -n origin v0.5.0", "no such repository"),
    "podman build -t ghcr.io/OWNER/NAME .": ("test -f Containerfile", "no podman, and downloads"),
    "podman login ghcr.io": ("true", "no account"),
    "podman push ghcr.io/OWNER/NAME": ("true", "no account"),
}  # fmt: skip
"""What is run in the place of other lines, and why."""


def test_every_line_has_an_entry_and_every_entry_a_line() -> None:
    lines = {command.line for command in EVERY}
    assert len(lines) > 40
    assert lines - AS_IS - {*INSTEAD} == set()
    assert (AS_IS | {*INSTEAD}) - lines == set()
    assert {*AS_IS} & {*INSTEAD} == set()


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True, timeout=300).stdout


def environment(folder: Path) -> None:
    """What ``make install`` and the tests' first step set up there, of the libraries that are here."""
    made = Environment(folder / ".venv", None)
    pip = [sys.executable, "-m", "pip", "--python", str(made.python), "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--no-build-isolation", "-e", str(folder)], check=True, timeout=300)
    for script in Path(sys.executable).parent.iterdir():
        there = made.python.with_name(script.name)
        if there.exists() or not script.is_file():
            continue
        first, _, rest = script.read_bytes().partition(b"\n")
        if first.startswith(b"#!") and b"python" in first:
            there.write_bytes(f"#!{made.python}\n".encode() + rest)
            there.chmod(0o755)
        elif not first.startswith(b"#!"):
            there.symlink_to(script)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of what lies here, with what was changed since the last commit, and what the pages ask a reader for."""
    folder = tmp_path_factory.mktemp("commands") / "clone"
    git(ROOT, "clone", "--quiet", "--shared", str(ROOT), str(folder))
    for name in filter(None, git(ROOT, "ls-files", "-z", "-mo", "--exclude-standard").split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
        else:
            (folder / name).unlink(missing_ok=True)
    environment(folder)
    hand_on_compiled(ROOT, folder / "src" / "emtvb" / "training" / "__pycache__")
    for name, value in (("user.name", "t"), ("user.email", "t@example.org")):
        git(folder, "config", name, value)
    git(folder, "checkout", "-q", "-B", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "all")
    git(folder.parent, "init", "-q", "--bare", "origin.git")
    git(folder, "remote", "set-url", "origin", str(folder.parent / "origin.git"))
    network = find_run(WEIGHTS).network()
    save_file(network.arrays(), folder / "weights.safetensors")
    # The profile of clusters.md: its first block, with that of SGE.
    blocks = re.findall(r"^```yaml\n(.*?)^```", (folder / "docs" / "clusters.md").read_text(), re.MULTILINE | re.DOTALL)
    (folder / "mine").mkdir()
    (folder / "mine" / "config.yaml").write_text("".join(blocks[:2]))
    return folder


@pytest.mark.first
@pytest.mark.nightly
@pytest.mark.parametrize("command", EVERY, ids=lambda command: f"{command.page}: {command.line[:60]}")
def test_a_line_of_the_documentation_works(clone: Path, command: Command) -> None:
    run, _ = INSTEAD.get(command.line, (command.line, ""))
    if (
        command.line.startswith("git tag v")
        and (ROOT / git(ROOT, "rev-parse", "--git-path", "shallow").strip()).exists()
    ):
        pytest.skip("a shallow clone has no commits of older versions")
    for stamp in ("versions.txt", ".runs", ".tests", ".docs", ".release"):  # nothing is installed again
        (clone / ".venv" / stamp).touch()
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("EXPERIMENT_OUTPUT_DIR", "PYTHONPATH")
    }
    variables = {**inherited, "PATH": f"{clone / '.venv' / 'bin'}:{os.environ['PATH']}", "COLUMNS": "200"}
    variables = {name: value for name, value in variables.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["bash", "-ec", "\n".join([*command.before, run])],
        cwd=clone, env=variables, capture_output=True, text=True, check=False, timeout=590,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
