"""Episodic Memory Theory of variable binding in recurrent networks: train, interpret, audit.

Its public face reads and edits the variables of any recurrent network (docs/own-network.md): ``adapt`` a network,
``record`` it beside what it should hold, ``fit`` where it holds that, ``judge`` whether it does, ``edit`` it while it
runs, or by hand in a notebook: ``view``; ``fixed_points`` and ``linearise`` say what its dynamics are. What is bad
input is an ``InputError``.
"""

from __future__ import annotations

__version__ = "0.2.0"

__all__ = [
    "Adapted",
    "Edits",
    "Fitted",
    "FixedPoints",
    "InputError",
    "Judgement",
    "Linearised",
    "Reading",
    "Trials",
    "adapt",
    "edit",
    "fit",
    "fixed_points",
    "judge",
    "linearise",
    "record",
    "view",
]

_HOME = {
    "Adapted": "emtvb.own.adapting",
    "Edits": "emtvb.own.editing",
    "FixedPoints": "emtvb.own.dynamics",
    "Fitted": "emtvb.own.fitting",
    "InputError": "emtvb.errors",
    "Judgement": "emtvb.own.fitting",
    "Linearised": "emtvb.own.dynamics",
    "Reading": "emtvb.own.fitting",
    "Trials": "emtvb.own.trials",
    "adapt": "emtvb.own.adapting",
    "edit": "emtvb.own.editing",
    "fit": "emtvb.own.fitting",
    "fixed_points": "emtvb.own.dynamics",
    "judge": "emtvb.own.fitting",
    "linearise": "emtvb.own.dynamics",
    "record": "emtvb.own.trials",
    "view": "emtvb.page.widget",
}


def __getattr__(name: str) -> object:
    """What the public face exports, imported when it is first asked for."""
    import importlib

    if name not in _HOME:
        raise AttributeError("module 'emtvb' has no attribute " + repr(name))
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """The public face, and what any module has."""
    return sorted([*globals(), *__all__])
