"""A validator of crates that needs no network: the one thing that it would fetch, RO-Crate's vocabulary, lies here."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from unittest.mock import patch

import requests
from rocrate_validator import services
from rocrate_validator.models import Severity
from rocrate_validator.utils.http import HttpRequester

CONTEXT = json.loads(Path(__file__).with_name("ro-crate-context.json").read_text())
"""The context of RO-Crate 1.1, cut to the terms that our crates use."""


PROFILES = ("provenance-run-crate", "workflow-run-crate", "process-run-crate", "workflow-ro-crate")
"""The profiles that our crates keep to. The first builds on the others and asks for all that they do, save for the
root's word that it keeps to them."""


def problems(folder: Path, profile: str = PROFILES[0]) -> list[str]:
    """What keeps a crate from a profile and from those that this one builds on, of what is required."""
    asked = set()

    def get(_: HttpRequester, url: str, **options: object) -> requests.Response:
        asked.add(url)
        answer = requests.Response()
        answer.status_code = 200 if url == CONTEXT["@id"] else 504
        answer.headers["Content-Type"] = "application/ld+json"
        answer._content = json.dumps(CONTEXT).encode()
        return answer

    with tempfile.TemporaryDirectory() as cache, patch.object(HttpRequester, "get", get, create=True):
        settings = services.ValidationSettings(
            rocrate_uri=str(folder),
            profile_identifier=profile,
            requirement_severity=Severity.REQUIRED,
            offline=True,
            cache_path=Path(cache) / "http",
        )
        result = services.validate(settings)
    assert asked <= {CONTEXT["@id"]}
    assert result.passed() == (not result.get_issues())
    return [f"{issue.check.identifier}: {issue.message}" for issue in result.get_issues()]
