"""What these tables call things."""

from __future__ import annotations

CELL = ["task", "hidden_dim", "l2", "threshold"]
"""Runs that agree in these differ in their seed, and in rounding."""

ALL = "all"
"""The task of rows that are over all networks."""
THROUGHOUT, OUTPUT = "throughout", "output phase"
"""When a part of W_hh is missing."""

TRAINABLE = 0.001
"""The largest penalty with which networks learn: with more, all end at chance and agree about nothing."""
