"""What the public face exports, and the package's version.

They stand in a module of their own, which no job imports: a new export or version makes nothing stale.
"""

__version__ = "0.5.0"

HOME = {
    "DAS": "emtvb.adapters.das",
    "Adapted": "emtvb.adapters.adapting",
    "Comparison": "emtvb.core.comparing",
    "Cycles": "emtvb.core.cycles",
    "Distance": "emtvb.core.comparing",
    "Edits": "emtvb.core.editing.edits",
    "Erasure": "emtvb.core.erasing",
    "FixedPoints": "emtvb.core.dynamics",
    "Fitted": "emtvb.core.fitting",
    "InputError": "emtvb.errors",
    "Judgement": "emtvb.core.judging",
    "Linearised": "emtvb.core.dynamics",
    "Located": "emtvb.core.subspaces",
    "Reading": "emtvb.core.readings",
    "Subspace": "emtvb.core.subspaces",
    "Trials": "emtvb.core.trials",
    "adapt": "emtvb.adapters.adapting",
    "compare": "emtvb.core.comparing",
    "cycles": "emtvb.adapters.cycles",
    "edit": "emtvb.core.editing.edit",
    "erase": "emtvb.core.erasing",
    "fit": "emtvb.core.fitting",
    "fixed_points": "emtvb.adapters.fixed_points",
    "judge": "emtvb.core.judging",
    "linearise": "emtvb.core.dynamics",
    "load": "emtvb.experiments.published",
    "record": "emtvb.adapters.record",
    "save": "emtvb.theory.saving",
    "view": "emtvb.page.widget",
}
"""The module of each exported name."""
