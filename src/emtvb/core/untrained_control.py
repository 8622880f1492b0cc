"""A network of the same shape that has learned nothing: a control of every edit."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from emtvb.core.fitting import Fitted, fit
from emtvb.core.trials import record_again
from emtvb.errors import InputError

CHEAP = 2_000_000
"""Numbers of states that are recorded once more, :data:`DRAWS` times, without being asked for."""
DRAWS = 3
"""Untrained networks: by luck one may obey an edit seldom; the one that obeys most is the control."""

_KNOWN: WeakKeyDictionary[Fitted, list[Fitted]] = WeakKeyDictionary()


def fit_untrained(
    fitted: Fitted, wanted: Any, instead: str = "give an untrained network: untrained=adapt(...)", always: bool = False
) -> list[Fitted]:
    """The same fit of untrained networks on the same trials; none, where that is not asked for.

    Args:
        fitted: Of the network itself.
        wanted: True; False; None for where they can be made and are cheap; or an untrained network.
        instead: What to do where they cannot be made.
        always: Whether None means wherever they can be made: one network alone, where that is not cheap.

    Raises:
        InputError: Where it was asked for and cannot be made.
    """
    wanted = bool(wanted) if isinstance(wanted, np.bool_) else wanted
    if wanted is False:
        return []
    trials = fitted.trials
    how: dict[str, Any] = {"method": fitted.method, "part": fitted.part}
    if wanted is not None and wanted is not True:
        try:
            return [fit(record_again(trials, trials.system.adapted(wanted)), fitted.times, **how)]
        except InputError as error:
            raise InputError("untrained", f"{error.what}: {error.value}", error.remedy) from error
    if fitted not in _KNOWN:
        is_cheap = trials.test.states.size + trials.train.states.size <= CHEAP
        if wanted is None and not ((is_cheap or always) and isinstance(fitted.method, str)):
            return []
        draws = DRAWS if is_cheap or wanted else 1
        systems = [trials.system.untrained(seed) for seed in range(draws)]
        if None in systems:
            if wanted is None:
                return []
            remedy = f"its weights cannot be drawn anew; {instead}"
            raise InputError("untrained", f"not known of {trials.system.name}", remedy)
        try:
            recorded = [record_again(trials, system) for system in systems if system is not None]
            fits = [fit(again, fitted.times, **how) for again in recorded]
        except InputError:  # such as states that diverge
            if wanted is None:
                return []
            raise
        if draws < DRAWS:
            return fits
        _KNOWN[fitted] = fits
    return _KNOWN[fitted]
