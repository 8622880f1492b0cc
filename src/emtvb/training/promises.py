"""What a training rests on besides its run: digests that are proved before anything is trained, and revisions.

Code that is rewritten and other libraries leave a training alone; another digest or revision here makes it stale. The
compiled engine proves its digests each time before it trains. What torch trains has a *revision* in their place: its
last bits are promised for one CPU and one version alone, and tests hold its first losses to stored ones
(``tests/training/test_revisions.py``). Light enough for the workflow's planning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ENGINE: Mapping[str, str] = {"weak": "936f0a59d1ab6b8f", "strong": "5227b9c02f0b3b50"}
"""What the compiled engine's proof gives on every machine, for weak and strong penalties (``proof.case_digests``)."""
FOLLOWING: Mapping[str, str] = {"weak": "19667d62d5766e12", "strong": "4780a463035ed825"}
"""What its proof gives for streams (``proof.stream_cases``)."""
STRONG = 0.01
"""The L2 penalty from which one is strong: the networks vanish, and numbers below 1.2e-38 come up in them."""
STREAM = "0facb66e609b08c7"
"""What ``stream.check_published_stream`` gives where torch draws the published numbers."""
OUTPUTS = "4e34bdc760aa929c"
"""What ``shard.form_of_files`` gives: the form of a shard's files."""
REVISIONS: Mapping[str, int] = {}
"""Revisions of what torch trains, by network: ``elman`` or an architecture's name. None has one yet.

Whoever changes what such a training computes sets the next number, from 1: its networks are then trained again. A
change of text, of libraries or of the last bits is none.
"""
TRAINERS = ("auto", "compiled")
"""Trainers, as a config names them, that prove their bits."""


def promised_digests(l2: float, engine: Mapping[str, str] = ENGINE) -> dict[str, str]:
    """The digests, by their names in ENGINE, that vouch for a training with this L2 penalty.

    That is the one of weak penalties, and beside it the other where the penalty is strong. So a change that concerns
    vanishing numbers alone leaves the other trainings as they are.
    """
    return {name: digest for name, digest in engine.items() if name == "weak" or l2 >= STRONG}


def promised_proof(l2: float, engine: Mapping[str, str] = ENGINE) -> dict[str, Any]:
    """All that vouches for the runs of a penalty, as a training's recipe names it."""
    return {"engine": promised_digests(l2, engine), "stream": STREAM, "outputs": OUTPUTS}
