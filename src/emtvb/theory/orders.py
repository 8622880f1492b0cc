"""Runs of every kind as plain data, as the settings of a training hold them: of the paper's tasks, or on a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emtvb.theory import protocol
from emtvb.theory import stream_order as streams
from emtvb.theory.protocol import Order, Setup
from emtvb.theory.stream_order import StreamOrder, StreamSetup


def run_to_entry(run: Setup | StreamSetup) -> dict[str, Any]:
    """A run as plain data, which :func:`run_from_entry` reads back."""
    return streams.stream_to_entry(run) if isinstance(run, StreamSetup) else protocol.order_to_entry(run)


def run_from_entry(plain: Mapping[str, Any]) -> Order | StreamOrder:
    """A run of a training's settings, in each encoding that ever stood in a record; two that are equal are the same.

    Whoever changes an encoding reads the older one here, too: a published record is never written anew for it.
    """
    return streams.stream_from_entry(plain) if streams.is_stream(plain) else protocol.order_from_entry(plain)
