"""Git, asked about a repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_OF_A_REPOSITORY = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_DIR", "GIT_GRAFT_FILE", "GIT_INDEX_FILE",
        "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
    }
)  # fmt: skip


def environment() -> dict[str, str]:
    """This process's environment without what makes git speak of another repository, as in a hook of one."""
    return {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY}


def ask(folder: Path, *words: str) -> bytes | None:
    """What git says of a folder; None where there is no git, or where it refuses.

    Args:
        folder: The folder.
        words: The call's words.
    """
    call = ["git", "-C", str(folder), *words]
    try:
        done = subprocess.run(call, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=environment())
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def ask_clone(root: Path, *words: str) -> str | None:
    """What git says of a clone; None also where the folder is not the top of one, though it may lie in a clone."""
    said = ask(root, *words) if (root / ".git").exists() else None
    return None if said is None else said.decode("utf-8", errors="surrogateescape")
