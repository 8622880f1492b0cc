"""Two claims of others about such networks: what is measured for them (``ablations``, ``gradients``), by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_SINGLE = ("within",), ("rest",), ("entering",), ("leaving",)
_OTHERS = ("rest", "entering", "leaving")
_BETWEEN = ("rest", "entering"), ("rest", "leaving"), ("entering", "leaving"), _OTHERS
_FIRST = *_SINGLE[:3], ("within", "rest"), ("within", "entering"), ("rest", "entering")
_LAST = *_SINGLE[:2], ("leaving",), ("within", "rest"), ("within", "leaving"), ("rest", "leaving")
ABLATIONS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "core_first": _FIRST, "core_last": _LAST, "memories": (*_SINGLE, *_BETWEEN), "span": (*_SINGLE, _OTHERS),
    "modes": _SINGLE[:2], "random": (*_SINGLE[:2], _OTHERS),
}  # fmt: skip
"""By basis, the sets of parts that are removed together. ``core_first`` and ``core_last``: the two orders of the Schur
form; ``modes``: the span of the core's modes, and that of all others, between which there is no coupling;
``memories``: Psi and Psi* from the weights; ``span``: the span of Psi by data, and what is at right angles to it;
``random``: a random subspace of as many dimensions as the memories have, and what is at right angles to it."""
HELD = "held_"
"""Before a column's name: the part is removed in the output phase alone, once all inputs are in."""


def ablation_column(basis: str, parts: Sequence[str], held: bool = False) -> str:
    """The name of an ablation's column: ``memories_rest_entering``."""
    return f"{HELD if held else ''}{basis}_{'_'.join(parts)}"


ABLATED = (
    "core_dim", "memory_dim", "overlap", "intact",
    *(
        ablation_column(basis, parts, held)
        for held in (False, True) for basis, all_of in ABLATIONS.items() for parts in all_of
    ),
)  # fmt: skip
"""Columns of ``measurements/ablations.csv`` beside ``run_id``: eigenvalues in the core; dimensions of the memories'
span; the share of the core that lies in the span of memories by data (mean squared cosine of the principal angles);
accuracy with nothing removed; and the accuracy after each ablation."""

LAGS = (1, 2, 5, 10, 20, 50, 100, 200)
"""Steps back; those beyond the test's horizon have no value."""
INITIAL, TRAINED = WHEN = ("initial", "trained")


def gradient_column(when: str, lag: int) -> str:
    """The name of a column: ``gradient_trained_100``."""
    return f"gradient_{when}_{lag}"


GAIN = "gradient_gain_100"
FOLLOWED = (*(gradient_column(when, lag) for when in WHEN for lag in LAGS), GAIN)
"""Columns of ``measurements/gradients.csv`` beside ``run_id``: the norm at each lag, before and after training; and of
that at lag 100 how many powers of ten it is larger after training."""
