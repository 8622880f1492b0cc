"""Words of figures: names in lines, and what is said of networks."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from emtvb.figures.data import Exemplar


def wrap_name(name: object, width: int = 28) -> str:
    """A long name in lines of so many characters; mathematics in it is not read."""
    return "\n".join(textwrap.wrap(str(name).replace("$", r"\$"), width)) or str(name)


def variable_labels(s: int, between: str = " ") -> list[str]:
    """Names of the variables, from 1 (oldest) to s (newest)."""
    labels = [str(i) for i in range(1, s + 1)]
    labels[-1] += f"{between}(newest)"
    if s > 1:
        labels[0] += f"{between}(oldest)"
    return labels


def accuracy_text(exemplar: Exemplar) -> str:
    """Test accuracy in words."""
    value = exemplar.test_accuracy
    return f"accuracy {value:.3f}" if math.isfinite(value) else "accuracy not measured"


def spectral_error_text(exemplar: Exemplar) -> str:
    """Spectral error in words; the paper's has no value where the numbers of eigenvalues differ."""
    value = exemplar.spectral_error
    return f"spectral error {value:.4f}" if math.isfinite(value) else "spectral error not defined"


def common_settings(exemplars: Sequence[Exemplar]) -> str:
    """What networks have in common, in words: neurons, threshold, seed."""
    words = []
    for name, unit in (("hidden_dim", "{:d} neurons"), ("threshold", "threshold {:g}"), ("seed", "seed {:d}")):
        values = {getattr(exemplar, name) for exemplar in exemplars}
        words += [unit.format(values.pop())] if len(values) == 1 else []
    return ", ".join(words)
