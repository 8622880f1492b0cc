"""Whether this machine can train on an accelerator, asked by what plans trainings and loads no torch."""

from __future__ import annotations

import subprocess
import sys


def problem_of_accelerator(accelerator: str) -> str:
    """Why this machine cannot compute on an accelerator, in a line; empty where it can.

    It is asked in a process of its own, which loads torch.

    Args:
        accelerator: As the config names it.
    """
    code = f"from emtvb.training.general import check_accelerator; check_accelerator({accelerator!r})"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if asked.returncode == 0:
        return ""
    return (asked.stderr.strip().splitlines() or ["no answer"])[-1].removeprefix("emtvb.errors.InputError: ")
