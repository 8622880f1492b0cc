from __future__ import annotations

import numpy as np
import pandas as pd

from emtvb.experiments.methods.figures import methods


def table() -> pd.DataFrame:
    rows = []
    for network, kind in (("a", "store"), ("b", "flip-flop"), ("c", "published")):
        for method in ("one", "two", "erases"):
            for trained in (False, True):
                share = np.nan if method == "erases" else (0.9 if trained and method == "one" else 0.1)
                rows.append({
                    "network": network, "kind": kind, "method": method, "trained": trained, "reading": share,
                    "success": share, "low": share - 0.05, "high": share + 0.05, "control": 0.0, "untrained": 0.1,
                    "isolation": share, "erased": 0.5, "seconds": 0.0 if method == "one" else 2.0,
                })  # fmt: skip
    return pd.DataFrame(rows)


def test_a_number_per_network_and_method_and_brackets_where_a_control_does_as_well() -> None:
    figure = methods.draw(table())
    success, isolation, _, erased, _ = (axes for part in figure.subfigs for axes in part.axes)
    assert [text.get_text() for text in success.texts if text.get_text().strip("(").startswith(".")] == [
        ".90", "(.10)", ".90", "(.10)", ".90", "(.10)",
    ]  # fmt: skip
    assert not [text for text in isolation.texts if "(" in text.get_text()]
    assert [label.get_text() for label in erased.get_xticklabels()] == ["one", "two", "erases"]
    assert [label.get_text() for label in success.get_yticklabels()] == ["a", "b", "c"]
    assert {"made", "learned here", "published"} <= {text.get_text() for text in success.texts}


def test_untrained_networks_are_in_the_numbers_and_not_in_the_panels() -> None:
    rows = table()
    assert not hasattr(methods, "numbers")  # what is published is what was read
    figure = methods.draw(rows.assign(success=np.where(rows["trained"], rows["success"], 0.33)))
    assert not [text for axes in figure.subfigs[0].axes for text in axes.texts if "33" in text.get_text()]
