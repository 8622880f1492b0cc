"""``emtvb pack``: pack weights as they are published."""

from __future__ import annotations

from pathlib import Path

import click

from emtvb.cli.options import FOLDER, console, into
from emtvb.experiments.results import check_holds_experiment


@click.command("pack")
@click.argument("folder", type=FOLDER)
def pack_weights(folder: Path) -> None:
    """Pack the weights of FOLDER, results/<experiment>, beside them, as they are published."""
    from emtvb.making.packed_weights import pack

    check_holds_experiment(folder, "results", "settings.json")
    with into(folder):
        written = pack(folder)
    for path in written:
        console.print(str(path))
    console.print(f"packed: {len(written)} files")
