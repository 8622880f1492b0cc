"""Small cases, made once for all tests."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd

from emtvb.experiments.methods import cases, comparing
from emtvb.experiments.methods.settings import NetworkSettings


@cache
def compared(**settings: Any) -> pd.DataFrame:
    """All methods on a network of these settings, by method and whether it is trained."""
    network = NetworkSettings(name="it", **settings)
    table = comparing.compare("it", network.kind, cases.case(network, 0), [1, 2], 100, 0)
    return table.set_index(["method", "trained"])
