"""A job of ``emtvb doctor`` on a node: what the jobs of a run do there, but for computing.

python -m emtvb.running.probe FILE TRAINER [gpu]
"""

from __future__ import annotations

import importlib
import json
import socket
import sys
from pathlib import Path

from emtvb.running import recipes


def main(file: str, trainer: str, *needs: str) -> None:
    """Import what jobs import, and write to the results' disk with which code and libraries.

    Args:
        file: What is written.
        trainer: The experiment's.
        needs: ``gpu`` where a GPU has to be there.
    """
    for module in ("emtvb.training.shard", "emtvb.interpret.measure"):
        importlib.import_module(module)
    if "gpu" in needs and not importlib.import_module("torch").cuda.is_available():
        sys.exit("torch finds no GPU here")
    Path(file).write_text(json.dumps(recipes.of_training(trainer)), encoding="utf-8")
    print(f"wrote {file} on {socket.gethostname()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
