from __future__ import annotations

from emtvb.experiments.methods.tables import TITLES, UNTRAINED, as_markdown

from .test_figures import table


def test_there_is_a_table_for_each_measure_and_two_of_untrained_networks() -> None:
    text = as_markdown(table().assign(ceiling=1.0))
    assert text.count("## ") == len(TITLES) + len(UNTRAINED)
    assert "| network | if nothing is edited | one | two |" in text
    assert "| b | 1.000 | 0.900 | 0.100 |" in text
    assert "| network | one | two | erases |" in text  # which has seconds
