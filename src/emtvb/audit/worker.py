"""A process of its own that makes results again: it is told what on standard input and answers on standard output.

``python -m emtvb.audit.worker`` runs scripts of the workflow, measures networks, or trains a run. A process for each,
since scripts of jobs settle where they run, and the audit may itself run inside of Snakemake.
"""

from __future__ import annotations

import json
import logging
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from emtvb import protocol
from emtvb.running import node
from emtvb.running.jobs import show_progress


class WorkerError(Exception):
    """A worker ended before it had answered; says why in a line."""


def ask(what: str, about: Any, progress: Callable[[str], None] = lambda _: None) -> Any:
    """Have a process of its own do something.

    Args:
        what: ``scripts``, ``measure`` or ``train``.
        about: What it is told, as JSON can hold it.
        progress: Called with each line that it says of how far it is.

    Raises:
        WorkerError: Where it does not answer.
    """
    command = [sys.executable, "-m", __name__, what]
    node.choose_kernels()
    here = {**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    said = [""]
    with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as answer:
        json.dump(about, told)
        told.seek(0)
        with subprocess.Popen(
            command, stdin=told, stdout=answer, stderr=subprocess.PIPE, text=True, env=here
        ) as process:
            for line in process.stderr or ():
                said.append(line.rstrip())
                progress(line.rstrip())
        if process.returncode != 0:
            last = next(filter(None, map(str.strip, reversed(said))), f"exit status {process.returncode}")
            raise WorkerError(last)
        answer.seek(0)
        return json.load(answer)


def _scripts(jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Run scripts; of each, what it says where it fails, else an empty text."""
    return [_script(job) for job in jobs]


def _script(job: Mapping[str, Any]) -> str:
    for path in _Files(job["output"]):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    log = Path(job["log"])
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        runpy.run_path(job["script"], {"snakemake": _Snakemake(job)}, "__script__")
    except SystemExit:
        return " ".join(log.read_text("utf-8").splitlines()[-1:]) or "it fails"
    finally:
        logging.getLogger("emtvb").handlers.clear()
    return ""


class _Snakemake:
    """What Snakemake puts into scripts, as far as ours look at it."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        self.input, self.output = _Files(job["input"]), _Files(job["output"])
        self.params = _Files({"recipe": job["recipe"]})
        self.wildcards = dict(job["wildcards"])
        self.log = [job["log"]]
        self.scriptdir = str(Path(job["script"]).parent)


class _Files(list):
    """Paths, each by its name, and all of them in order."""

    def __init__(self, named: Mapping[str, Any]) -> None:
        super().__init__(path for value in named.values() for path in ([value] if isinstance(value, str) else value))
        self._named = named

    def __getattr__(self, name: str) -> Any:
        return self._named[name]

    def items(self) -> Any:
        return self._named.items()

    def get(self, name: str, default: Any = None) -> Any:
        return self._named.get(name, default)


def _measure(about: Mapping[str, Any]) -> Any:
    from emtvb.audit.measuring import measured_again

    return measured_again(**about)


def _train(about: Mapping[str, Any]) -> None:
    from emtvb.training.shard import Outputs, train_shard

    show_progress()
    train_shard([protocol.order(about["run"])], Outputs.of(Path(about["folder"]), "again"), "again", about["trainer"])


if __name__ == "__main__":
    out, sys.stdout = sys.stdout, sys.stderr  # where whatever a library prints belongs
    does: dict[str, Callable[[Any], Any]] = {"scripts": _scripts, "measure": _measure, "train": _train}
    json.dump(does[sys.argv[1]](json.load(sys.stdin)), out)
