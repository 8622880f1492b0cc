"""Who imports whom, as far as ``lint-imports`` does not check it (pyproject.toml)."""

from graphlib import TopologicalSorter

import grimp


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Late imports and imports for types included; lint-imports lets a package and its own modules pass."""
    graph = grimp.build_graph("emtvb", cache_dir=None)
    TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}).prepare()
