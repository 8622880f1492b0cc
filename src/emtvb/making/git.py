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


def call(*words: str) -> subprocess.CompletedProcess[bytes]:
    """Call git, whatever repository this process is about.

    Args:
        words: The call's words.

    Raises:
        OSError: Where there is no git.
    """
    return subprocess.run(
        ["git", *words], stdin=subprocess.DEVNULL, capture_output=True, check=False, env=environment()
    )


def ask_clone(root: Path, *words: str) -> str | None:
    """What git says of a clone; None where there is no git, or where it refuses.

    Args:
        root: The top of the clone; None is said where it is no such top, though it may lie in a clone.
        words: The call's words.
    """
    if not (root / ".git").exists():
        return None
    try:
        done = call("-C", str(root), *words)
    except OSError:
        return None
    return done.stdout.decode("utf-8", errors="surrogateescape") if done.returncode == 0 else None
