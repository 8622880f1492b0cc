"""The code and the libraries that are here now, which recipes are held to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
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
        self._root, self._sources = root, sources
        # By the name: thousands of records name the same files.
        self.digest = cache(lambda name: digest_of(place_of_code(name, root, sources)))
        self._loads = cache(self._loaded_with)
        self._named_by = cache(self._module_of_param)

    def changes(self, recipe: Mapping[str, Any]) -> list[str]:
        """The files of a recipe's code that are others now.

        Args:
            recipe: As a record holds it: ``code``.
        """
        return [name for name, digest in sorted(recipe["code"].items()) if digest != self.digest(name)]

    def unnamed(self, recipe: Mapping[str, Any]) -> list[str]:
        """Our modules that a job's recipe has to name, and does not: without them it could not have run.

        They are what the modules that it names import as they are loaded, and a module that one of its params names.
        What is imported later, and what is only read, may be left unused: so no recipe has to name that.

        Args:
            recipe: As a record holds it: ``code`` and ``settings``.
        """
        params = {value for value in recipe["settings"].values() if isinstance(value, str)}
        needed = frozenset().union(*map(self._loads, recipe["code"]), *map(self._named_by, params))
        return sorted(needed - recipe["code"].keys())

    def _loaded_with(self, name: str) -> frozenset[str]:
        """What is loaded with a file that a recipe names, by names of recipes; of what is no Python, nothing."""
        if not name.endswith(".py"):
            return frozenset()
        imported = _imported_modules(_first_statements(place_of_code(name, self._root, self._sources)))
        paths = [name.removesuffix(".py").split("/"), *(module.split(".") for module in imported)]
        above = {"/".join(path[:end]) for path in paths for end in range(1, len(path) + 1)}
        return self._modules & {f"{path}{end}" for path in above for end in (".py", "/__init__.py")}

    def _module_of_param(self, value: str) -> frozenset[str]:
        """The module of ours that a param names, with all or some of the packages that it is in; else nothing."""
        path = f"/{value.partition(':')[0].replace('.', '/')}.py"
        found = [name for name in self._modules if f"/{name}".endswith(path)] if path.count("/") > 1 else []
        return frozenset(found if len(found) == 1 else ())

    @cached_property
    def _modules(self) -> frozenset[str]:
        """The files of all our modules, as recipes name them."""
        files = (self._sources / PACKAGE.name).rglob("*.py")
        return frozenset(file.relative_to(self._sources).as_posix() for file in files)


def _first_statements(file: Path) -> list[ast.stmt]:
    """What stands in a module before its first function or class, as imports do; to parse all of it takes long."""
    try:
        return ast.parse(re.split(rb"^(?:@|class|def)", file.read_bytes(), maxsplit=1, flags=re.MULTILINE)[0]).body
    except (OSError, ValueError, SyntaxError, RecursionError):  # gone, broken, or cut off within a text
        return []


def _imported_modules(statements: Iterable[ast.stmt]) -> Iterator[str]:
    """The modules that statements import for certain, and what of them may be one: nothing that has a condition."""
    for statement in statements:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and not statement.level:
            yield from (f"{statement.module}.{alias.name}" for alias in statement.names)
        elif isinstance(statement, ast.With):
            yield from _imported_modules(statement.body)


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
