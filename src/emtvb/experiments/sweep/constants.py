"""What these tables call things."""

from __future__ import annotations

CELL = ["task", "hidden_dim", "l2", "threshold"]
"""Runs that agree in these differ in their seed, and in rounding."""

STORED, OTHERWISE = "linearly stored and editable", "solves the task without it"
"""Two of the three verdicts, as measurements name them."""

TRAINABLE = 0.001
"""The largest penalty with which networks learn: with more, all end at chance and agree about nothing."""
