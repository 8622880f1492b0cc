from __future__ import annotations

import pytest

from emtvb.paper import significance


@pytest.fixture(autouse=True)
def few_draws(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first draws of a prediction decide. That verdicts need more, and get them, is what test_evidence.py tests."""
    if request.module.__name__.rpartition(".")[2] != "test_evidence":
        monkeypatch.setattr(significance, "_MOST_DRAWS", significance._DRAWS)
