"""Episodic Memory Theory of variable binding in recurrent networks: train, interpret, audit.

Its public face reads and edits the variables of any recurrent network (docs/own-network.md): ``adapt`` a network,
``record`` it beside what it should hold, ``fit`` where it holds that, ``judge`` whether it does, ``edit`` it while it
runs, or by hand in a notebook: ``view``; ``fixed_points`` and ``linearise`` say what its dynamics are, ``compare``
whether those of two networks are the same. What is bad input is an ``InputError``.
"""

from __future__ import annotations

import sys

# A job of the workflow, whose script has this name from Snakemake, computes in an environment that is the same for all,
# and writes down which files it opens from here on.
if hasattr(sys.modules["__main__"], "snakemake"):
    from emtvb.making.node import start_anew_in_environment_of_job
    from emtvb.making.recipes import listen

    start_anew_in_environment_of_job()
    listen()


def __getattr__(name: str) -> object:
    """What the public face exports, imported when it is first asked for."""
    import importlib.util

    if importlib.util.find_spec(f"{__name__}.{name}"):  # a room or a module that is about to be imported
        raise AttributeError(name)
    from emtvb.exports import HOME, __version__

    if name in HOME:
        return getattr(importlib.import_module(HOME[name]), name)
    if name in ("__all__", "__version__"):
        return {"__all__": sorted(HOME), "__version__": __version__}[name]
    raise AttributeError("module 'emtvb' has no attribute " + repr(name))


def __dir__() -> list[str]:
    """The public face alone."""
    from emtvb.exports import HOME

    return sorted([*HOME, "__version__"])
