"""What the bits of a training rest on, as digests that are proved before anything is trained.

A training's recipe names these instead of the code and the libraries that train: rewriting code, or another library,
leaves trainings alone as long as the proofs come out the same, and makes them stale when they do not. Light enough for
the workflow's planning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ENGINE: Mapping[str, str] = {"weak": "936f0a59d1ab6b8f", "strong": "5227b9c02f0b3b50"}
"""What the compiled engine's proof gives on every machine, for weak and for strong L2 penalties (``proof.digests``)."""
FOLLOWING: Mapping[str, str] = {"weak": "19667d62d5766e12", "strong": "4780a463035ed825"}
"""What its proof gives for streams (``proof.streams``)."""
STRONG = 0.01
"""The L2 penalty from which one is strong: the networks vanish, and numbers below 1.2e-38 come up in them."""
STREAM = "0facb66e609b08c7"
"""What ``stream.check`` gives where torch draws the published numbers."""
OUTPUTS = "4e34bdc760aa929c"
"""What ``shard.form`` gives: the form of a shard's files."""
TRAINERS = ("auto", "compiled")
"""Trainers, as a config names them, that prove their bits."""


def promised(l2: float, engine: Mapping[str, str] = ENGINE) -> dict[str, str]:
    """The digests, by their names in ENGINE, that vouch for a training with this L2 penalty.

    That is the one of weak penalties, and beside it the other where the penalty is strong. So a change that concerns
    vanishing numbers alone leaves the other trainings as they are.
    """
    return {name: digest for name, digest in engine.items() if name == "weak" or l2 >= STRONG}


def proof(l2: float, engine: Mapping[str, str] = ENGINE) -> dict[str, Any]:
    """All that vouches for the runs of a penalty, as a training's recipe names it."""
    return {"engine": promised(l2, engine), "stream": STREAM, "outputs": OUTPUTS}
