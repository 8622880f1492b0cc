from __future__ import annotations

import pytest

from emtvb.figures.data import Exemplar

from .made_up import SIZES, make_broken, make_exemplar


@pytest.fixture(params=[*SIZES, "broken"], ids=str)
def exemplar(request: pytest.FixtureRequest) -> Exemplar:
    """An exemplar of each size, and one of a network that did not converge."""
    return make_broken() if request.param == "broken" else make_exemplar(*request.param)
