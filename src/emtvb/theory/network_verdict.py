"""What a network learned, in one word of three. The thresholds' reasons are in docs/memories.md."""

from __future__ import annotations

STORED = "linearly stored and editable"
"""It stores every variable where Psi* reads it, and obeys edits made through Psi. No word about what leads from one
state to the next: whether that is Phi, up to a gain, is measured apart (``map_error``, ``gain``, ``shape_error``)."""
OTHERWISE = "solves the task without it"
"""It is accurate, but some element cannot be read linearly, or edits fail."""
NOT_LEARNED = "did not learn"

VERDICTS = (STORED, OTHERWISE, NOT_LEARNED)

ACCURATE = 0.99
"""Least test accuracy of a network that solves its task, where no config says otherwise (``interpretation.solved``)."""
AT_CHANCE = 0.55
"""A network of a test accuracy below has learned nothing: guesses are right as often."""
DECODES = 0.98
"""Least decoding accuracy of the worst element of what is linearly stored."""
OBEYS = 0.9
"""Least share of edits that are obeyed, of the share of sequences that are exact without an edit."""


def network_verdict(solved: bool, worst_decoding_accuracy: float, edit_success: float, unedited_success: float) -> str:
    """The verdict on a network that solves its task or not, by the data-driven basis; NaN counts as failure."""
    if not solved:
        return NOT_LEARNED
    obeys = edit_success >= OBEYS * unedited_success > 0
    return STORED if worst_decoding_accuracy >= DECODES and obeys else OTHERWISE
