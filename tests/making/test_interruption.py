"""SIGINT in what looks like a call of Snakemake: of what ends by it nothing is said; a second one ends all at once."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from emtvb.making import interruption

SCRIPT = """
import logging, os, signal, sys, time
from emtvb.making.interruption import interrupted_in_a_line
signal.signal(signal.SIGINT, signal.default_int_handler)
logging.basicConfig(format="%(message)s", stream=sys.stderr)
log = logging.getLogger("snakemake")
def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)
log.error("before")
with interrupted_in_a_line(log):
    log.error("a job failed")
    BODY
log.error("after")
"""
HANDLES = """
    try:
        interrupt()
    except KeyboardInterrupt:
        log.warning("ending")
        log.error("a job was ended")
"""


@pytest.mark.parametrize(
    ("body", "said", "status"),
    [
        (HANDLES, ["before", "a job failed", "ending", "after"], 0),
        (
            f"{HANDLES}        interrupt()\n",
            ["before", "a job failed", "ending", interruption.AT_ONCE],
            interruption.STATUS,
        ),
    ],
)  # fmt: skip
def test_an_interruption_is_said_in_a_line(body: str, said: list[str], status: int) -> None:
    script = SCRIPT.replace("    BODY\n", textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr.splitlines() == said
    assert done.returncode == status
