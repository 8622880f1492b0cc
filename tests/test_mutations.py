"""The mutations of ``python -m tests.mutations`` can be made, and each leaves Python that can be read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutations import MUTATIONS, PACKAGE, ROOT, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[mutation.name for mutation in MUTATIONS])
def test_a_mutation_changes_one_place_of_what_is_there(mutation: Mutation) -> None:
    text = Path(ROOT, PACKAGE, mutation.file).read_text("utf-8")
    assert text.count(mutation.own) == 1
    broken = text.replace(mutation.own, mutation.other)
    if mutation.file.endswith(".py"):
        assert ast.dump(ast.parse(broken)) != ast.dump(ast.parse(text))
    for tests in mutation.tests:
        assert Path(ROOT, "tests", tests.partition("::")[0]).exists()
