"""Streams of episodes, as the rest of the package asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emtvb.experiments.network_kind import NetworkKind
from emtvb.experiments.streams.settings import Streams


def _numbers(published: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "stream": lambda measure, column="mean", units=72, epochs=20, stream="T1-n6to10": published["streams"].row(
            "streams", column, stream=stream, epochs=epochs, hidden_dim=units, measure=measure
        ),
    }


KIND = NetworkKind(
    name="streams",
    settings=Streams,
    table="streams.csv",
    summary=lambda _, folder: [
        f"{folder / 'tables' / 'streams.csv'}: all measures by task and size; look first: "
        f"{folder / 'figures' / 'stream_recall.png'}"
    ],
    numbers=_numbers,
    measurements=("measurements/*_seeds*.csv", "measurements/*/*_seeds*.csv"),
    arrays=("measurements/page.npz",),
    # Outputs after the marker are their task.
    columns={"recall": "test_accuracy", "edit_within_followed": "data_edit_success"},
    page="emtvb.page.stream_networks:shown_run",
)
