"""What is measured of a network's memory: how long it lasts, and what it withstands, by column."""

from __future__ import annotations

TRAINED, UNTRAINED, LINEAR, PHI, LATCH = "trained", "untrained", "linear", "phi", "latch"
"""Which network a row is of: the trained one; one of its size with weights that are drawn anew; the trained one with
tanh taken away; and two by hand for its task (:mod:`emtvb.theory.circuits`)."""
FADING, FADING_LINEAR = "fading", "fading-linear"
"""Half of Phi by hand, with tanh and without: it has every sign right, and keeps no value."""
AMPLITUDES = {"eighth": 0.125, "quarter": 0.25, "half": 0.5, "whole": 1.0, "double": 2.0, "fourfold": 4.0}
"""What inputs are multiplied with, by the name in a column."""
DURATIONS = (100, 300, 1000, 3000)
"""Output steps after which accuracy is asked."""
CONTROLS = ("single", "uneven", "margin", "decoded")
"""What an accuracy could rest on: that after the last of them, and that at a quarter of the amplitude. ``single``: in
single precision; ``uneven``: for inputs nine in ten of whose elements are +1; ``margin``: the share of outputs that
have the right sign and half the size of inputs at least; ``decoded``: of what is read from the last state by data,
without the network's own readout."""
UNCHANGED = "unchanged"
"""That networks were chosen by their accuracy: the share of outputs with the sign that they had themselves a whole
number of periods earlier, soon after the hundredth step, right or wrong."""


def lasting_column(steps: int, control: str = "") -> str:
    """The name of a column: ``accuracy_at_3000``, ``accuracy_at_3000_single``."""
    return "_".join(filter(None, ("accuracy_at", str(steps), control)))


def amplitude_column(name: str, control: str = "") -> str:
    """The name of a column: ``accuracy_quarter``, ``accuracy_quarter_single``."""
    return "_".join(filter(None, ("accuracy", name, control)))


LASTING = (
    *map(lasting_column, DURATIONS),
    *(lasting_column(DURATIONS[-1], control) for control in (*CONTROLS, UNCHANGED)),
)
"""Accuracy over the hundred output steps that end with this one, and its controls."""
AMPLITUDE = (*map(amplitude_column, AMPLITUDES), *(amplitude_column("quarter", control) for control in CONTROLS))
"""Accuracy over 200 output steps where inputs are so much larger, and its controls."""
FRESH_CONTENTS = 12
"""Contents of each network that chose nothing: no bar, and not which cycle counts. As many others are followed beside
them."""
FRESH = "fresh"
CYCLE = ("cycle_period", "cycle_return", "cycle_multiplier", "cycle_rate", "cycle_multiplier_uneven")
"""Steps after which Phi, with its signs, is the identity; how far a stored state is then from where it was, as a share
of its size (median over three contents, the first); the modulus of the largest multiplier round such a cycle (the
largest of the three), its logarithm over the period: by what power of e small differences grow a step; and the
multiplier from states in which uneven inputs are stored. The plan of docs/plan-memory.md, A to D, is about these."""
CONTENTS = (
    lasting_column(1000, FRESH), lasting_column(3000, FRESH), "contents_attracting", "fresh_attracting", "fresh_return",
    "fresh_multiplier", "fresh_rate", "fresh_kept", "fresh_attracting_kept", "fresh_wide", "fresh_wide_kept",
)  # fmt: skip
"""Of contents that chose nothing: accuracy after so many steps; of all 24 contents, and of the fresh ones, how many lie
on a cycle that attracts (the state returns to within a thousandth of its size, and its multiplier is below 1); of the
fresh ones the largest distance, multiplier and rate; how many are kept (0.99 of the outputs of the last hundred of
3,000 steps have the sign that they had whole periods earlier, from the step on from which cycles are followed, right or
wrong); how many both attract and are kept; and the same two where a state returns by the wider bar of
``emtvb.cycles``, a hundredth."""
GAINS = ("gain_origin", "gain_stored", "gain_along", "gain_across", "saturated")
"""Largest modulus of the Jacobian's eigenvalues at the origin, and at stored states; the largest factor by which a step
stretches there what lies in the span of the memories, and what is at right angles to it (medians over states); and the
share of neurons that are above 0.9 there, or below -0.9."""
CHANGED = (
    "accuracy_unkicked", "accuracy_kick_along", "accuracy_kick_across",
    "half_edit_back", "half_edit_over", "half_edit_size", "basin",
)  # fmt: skip
"""Accuracy over 200 steps without a kick, and after one of 0.3 |h| in a random direction in the span of the memories,
and at right angles to it; of edits that stop halfway between two stored values, the share after which all bits are the
unedited ones, or the edited ones, and the size of the element that was edited, as a share of a whole one's; and the
largest kick in a random direction, a multiple of |h|, after which all bits are as without it (median over trials)."""
REMEMBERED = (*LASTING, *AMPLITUDE, *CYCLE, *GAINS, *CHANGED, *CONTENTS)
"""Columns of ``measurements/memory.csv`` beside ``run_id``."""
