from __future__ import annotations

from emtvb.core.similarity import STEP
from emtvb.experiments.sweep import pair_distances
from emtvb.experiments.sweep.figures import comparison

from ..sweep.made_up import compared


def test_it_names_what_the_table_does() -> None:
    assert list(comparison.GROUPS) == pair_distances.ORDER
    assert {*pair_distances.MEASURES} - {*comparison.MEASURES} == {STEP}, "the table alone has it"
    assert {*comparison.MEASURES} <= {*pair_distances.MEASURES}
    assert set(comparison.CONTROLS) == {
        pair_distances.ITSELF,
        pair_distances.IMAGE,
        pair_distances.UNTRAINED,
        pair_distances.CHANCE,
    }


def test_columns_are_named_in_their_order() -> None:
    rows = pair_distances.distance_summary(compared())
    labels = [label.get_text() for label in comparison.draw(rows).axes[2].get_xticklabels()]
    assert labels == [comparison.GROUPS[group] for group in pair_distances.ORDER if group in set(rows["differs"])]
