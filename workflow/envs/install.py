"""Install this package in a clone with pip: a bar on a terminal, one line elsewhere; what pip says goes to a log.

`.venv/bin/python workflow/envs/install.py '.[workflow]'`; the versions are those of `.venv/versions.txt`.
"""

import re
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

LIBRARIES = Path(sysconfig.get_path("purelib"))
WIDTH = 30


def main(package: str, environment: Path) -> int:
    """Install it, and return pip's exit status."""
    log, started = environment / "install.log", time.monotonic()
    options = ["--progress-bar", "off", "--no-compile", "-c", environment / "versions.txt", "-e", package]
    print(f"installing {package} into {environment.name}, 1 to 3 minutes; what pip says: {log}", flush=True)
    with (
        log.open("w") as file,
        subprocess.Popen(
            [sys.executable, "-m", "pip", "install", *options], stdout=file, stderr=subprocess.STDOUT
        ) as process,
    ):
        there = count_installed()
        while process.poll() is None:
            show(bar(log.read_text(errors="replace"), count_installed() - there))
            time.sleep(0.2)
        if process.returncode == 0:
            show("compiling")
            # On all cores, where pip takes one; what cannot be compiled is no reason to stop.
            subprocess.run([sys.executable, "-m", "compileall", "-q", "-j", "0", LIBRARIES], stdout=file, check=False)
    show("")
    if process.returncode:
        said = log.read_text(errors="replace").splitlines()
        print("\n".join([line for line in said if line.startswith("ERROR")] or said[-5:]), file=sys.stderr)
        print(f"pip could not install {package}: {log}", file=sys.stderr)
    else:
        print(f"installed in {time.monotonic() - started:.0f} s")
    return process.returncode


def count_installed() -> int:
    """How many libraries are there."""
    return sum(1 for _ in LIBRARIES.glob("*.dist-info"))


def bar(log: str, installed: int) -> str:
    """How far pip is, by what it wrote."""
    found = re.search(r"^Installing collected packages: (.*)$", log, re.MULTILINE)
    if not found:
        return f"{len(re.findall('^Collecting ', log, re.MULTILINE))} libraries found"
    of = len(found[1].split(","))
    installed = min(installed, of)
    done = WIDTH * installed // of
    return f"[{'#' * done}{' ' * (WIDTH - done)}] {installed} of {of} libraries"


def show(line: str) -> None:
    """Replace the last line of a terminal."""
    if sys.stdout.isatty():
        print(f"\r\033[K{line}", end="", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], Path(sys.prefix)))
    except KeyboardInterrupt:
        sys.exit(130)
