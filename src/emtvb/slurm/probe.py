"""A job of ``emtvb doctor`` on a node: what the jobs of a run do there, but for computing.

python -m emtvb.slurm.probe FILE [ACCELERATOR]
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
import tempfile
from pathlib import Path

from emtvb.errors import InputError
from emtvb.files import write_text
from emtvb.making import present_code, recipes

SCRATCH_BYTES = 8_000_000
"""What the compiled engine and its proof take."""


def main(file: str, accelerator: str = "cpu") -> None:
    """Import what jobs import, write to their scratch space, and to the results' disk with which code and libraries.

    Args:
        file: What is written.
        accelerator: What has to be there for the general trainer to compute on.
    """
    scratch = next(filter(None, map(os.environ.get, ("SLURM_TMPDIR", "TMPDIR"))), "/tmp")
    try:
        with tempfile.TemporaryFile(dir=scratch) as room:
            room.write(os.urandom(SCRATCH_BYTES))
            room.flush()
    except OSError as error:
        sys.exit(f"TMPDIR: {scratch}: error: {SCRATCH_BYTES // 10**6} MB cannot be written there ({error.strerror})")
    for module in ("emtvb.training.shard", "emtvb.theory.network_measurement"):
        importlib.import_module(module)
    if accelerator != "cpu":
        try:
            importlib.import_module("emtvb.training.general").check_accelerator(accelerator)
        except InputError as error:
            sys.exit(str(error))
    write_text(Path(file), json.dumps(present_code.recipe_of_everything(recipes.ROOT)))
    print(f"wrote {file} on {socket.gethostname()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
