"""The supplement to figure (f): learning curves of every size, with their losses (paper section 2)."""

from __future__ import annotations

from emtvb.experiments.sweep.figures.learning import draw_all as draw
from emtvb.experiments.sweep.figures.learning import numbers, read

__all__ = ["draw", "numbers", "read"]
