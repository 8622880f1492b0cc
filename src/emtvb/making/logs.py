"""The logs that jobs leave behind, read."""

from __future__ import annotations

from pathlib import Path


def last_errors(logs: Path, since: float) -> list[str]:
    """What the jobs said that failed: the one line that each of their logs ends with, the same line once.

    Args:
        logs: The folder of the experiment's logs.
        since: Logs that were last written before this time are of other calls; seconds since the epoch.
    """
    lines: dict[str, list[str]] = {}
    for path in sorted(logs.rglob("*.log")):
        if path.stat().st_mtime >= since:
            last = (path.read_text("utf-8", errors="replace").strip().splitlines() or [""])[-1]
            _, separator, message = last.partition(" error: ")
            if separator:
                lines.setdefault(message, []).append(path.relative_to(logs).with_suffix("").as_posix())
    return [
        f"error: {message} ({', '.join(jobs[:3])}{f' and {len(jobs) - 3} more jobs' if len(jobs) > 3 else ''})"
        for message, jobs in lines.items()
    ]
