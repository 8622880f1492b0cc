"""The code and the libraries that are here now, which recipes are held to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from emtvb.making.digests import LIBRARIES, PACKAGE, digest_of
from emtvb.making.recipes import name_in_recipe, version_here


def place_of_code(key: str, root: Path, sources: Path = PACKAGE.parent) -> Path:
    """Where a file lies that a recipe names."""
    if key.startswith(f"{PACKAGE.name}/"):
        return sources / key
    return root / key if "/" in key else root / "workflow" / "scripts" / key


class Present:
    """Our code as it is here now.

    Args:
        root: The clone of the workflow.
        sources: Where the package lies.
    """

    def __init__(self, root: Path, sources: Path = PACKAGE.parent) -> None:
        # By the name: thousands of records name the same files.
        self.digest = cache(lambda name: digest_of(place_of_code(name, root, sources)))

    def changes(self, recipe: Mapping[str, Any]) -> list[str]:
        """The files of a recipe's code that are others now.

        Args:
            recipe: As a record holds it: ``code``.
        """
        return [name for name, digest in sorted(recipe["code"].items()) if digest != self.digest(name)]


def recipe_of_everything(root: Path) -> dict[str, dict[str, str]]:
    """A recipe of all code and libraries here, which no job uses: what two machines can be held to."""
    files = [*PACKAGE.rglob("*"), *(root / "workflow" / "scripts").glob("*")]
    keys = {name: file for file in files if file.is_file() and (name := name_in_recipe(file.resolve(), root.resolve()))}
    return {
        "code": {name: digest_of(file) for name, file in sorted(keys.items())},
        "versions": {name: version_here(name) for name in sorted(LIBRARIES.values())},
    }


def other_versions(computed_with: Iterable[Mapping[str, str]]) -> str:
    """Which libraries have another version here than jobs computed with, in words: ``torch 2.13.0, here 2.15.0``.

    Args:
        computed_with: ``versions`` of the jobs' recipes.
    """
    found: dict[str, set[str]] = {}
    for before in computed_with:
        for library, number in before.items():
            if number != version_here(library):
                found.setdefault(library, set()).add(number)
    return "; ".join(
        f"{library} {' and '.join(sorted(versions))}, here {version_here(library)}"
        for library, versions in sorted(found.items())
    )
