"""Episodic Memory Theory of variable binding in recurrent networks: train, interpret, audit.

Its public face reads and edits the variables of any recurrent network (docs/own-network.md): ``adapt`` a network,
``record`` it beside what it should hold, ``fit`` where it holds that, ``judge`` whether it does, ``edit`` it while it
runs, or by hand in a notebook: ``view``; ``fixed_points`` and ``linearise`` say what its dynamics are, ``compare``
whether those of two networks are the same. What is bad input is an ``InputError``.
"""

from __future__ import annotations

import sys

__version__ = "0.3.0"

__all__ = [
    "DAS",
    "Adapted",
    "Comparison",
    "Distance",
    "Edits",
    "Erasure",
    "Fitted",
    "FixedPoints",
    "InputError",
    "Judgement",
    "Linearised",
    "Located",
    "Onion",
    "Reading",
    "Subspace",
    "Trials",
    "adapt",
    "compare",
    "edit",
    "erase",
    "fit",
    "fixed_points",
    "judge",
    "linearise",
    "load",
    "record",
    "save",
    "view",
]

_HOME = {
    "DAS": "emtvb.own.das",
    "Adapted": "emtvb.own.adapting",
    "Comparison": "emtvb.own.comparing",
    "Distance": "emtvb.own.comparing",
    "Edits": "emtvb.own.editing",
    "Erasure": "emtvb.own.erasing",
    "FixedPoints": "emtvb.own.dynamics",
    "Fitted": "emtvb.own.fitting",
    "InputError": "emtvb.errors",
    "Judgement": "emtvb.own.fitting",
    "Linearised": "emtvb.own.dynamics",
    "Located": "emtvb.own.methods",
    "Onion": "emtvb.own.onion",
    "Reading": "emtvb.own.fitting",
    "Subspace": "emtvb.own.methods",
    "Trials": "emtvb.own.trials",
    "adapt": "emtvb.own.adapting",
    "compare": "emtvb.own.comparing",
    "edit": "emtvb.own.editing",
    "erase": "emtvb.own.erasing",
    "fit": "emtvb.own.fitting",
    "fixed_points": "emtvb.own.dynamics",
    "judge": "emtvb.own.fitting",
    "linearise": "emtvb.own.dynamics",
    "load": "emtvb.own.saving",
    "record": "emtvb.own.trials",
    "save": "emtvb.own.saving",
    "view": "emtvb.page.widget",
}


# A job of the workflow, whose script has this name from Snakemake, writes down which files it opens from here on.
if hasattr(sys.modules["__main__"], "snakemake"):
    from emtvb.running.recipes import listen

    listen()


def __getattr__(name: str) -> object:
    """What the public face exports, imported when it is first asked for."""
    import importlib

    if name not in _HOME:
        raise AttributeError("module 'emtvb' has no attribute " + repr(name))
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """The public face, and what any module has."""
    return sorted([*globals(), *__all__])
