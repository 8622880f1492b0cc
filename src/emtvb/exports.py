"""What the public face exports, and the package's version.

They stand in a module of their own, which does not count for jobs: a new export or version makes nothing stale.
"""

__version__ = "0.3.0"

HOME = {
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
"""The module of each exported name."""
