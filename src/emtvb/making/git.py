"""Git, asked about a repository."""

from __future__ import annotations

import subprocess
from pathlib import Path


def ask_git(folder: Path, *words: str) -> bytes | None:
    """What git says of a folder; None where there is no git, or where it refuses.

    Args:
        folder: The folder.
        words: The call's words.
    """
    call = ["git", "-C", str(folder), *words]
    try:
        done = subprocess.run(call, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def ask_clone(root: Path, *words: str) -> str | None:
    """What git says of a clone; None also where the folder is not the top of one, though it may lie in a clone."""
    said = ask_git(root, *words) if (root / ".git").exists() else None
    return None if said is None else said.decode("utf-8", errors="surrogateescape")
