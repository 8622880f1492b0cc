"""What these tables call things."""

from __future__ import annotations

CELL = ["task", "hidden_dim", "l2", "threshold"]
"""Runs that agree in these differ in their seed, and in rounding."""

ALL = "all"
"""The task of rows that are over all networks."""
THROUGHOUT, OUTPUT = "throughout", "output phase"
"""When a part of W_hh is missing."""

NEAR = 0.2
"""A matrix is Phi, and two matrices are the same circuit, if they are nearer than this share of their size: our bar. It
is less than half of the way to the Phi of another task, the nearest of which is 0.47 away."""

TRAINABLE = 0.001
"""The largest penalty with which networks learn: with more, all end at chance and agree about nothing."""
