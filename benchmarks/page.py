"""Does the page keep up: steps a second at its fastest, in a headless Chromium, and what a step of 128 neurons takes.

    python -m benchmarks.page [PAGE] [--seconds N]

PAGE is an edit.html [default: results/paper/edit.html]. Wanted are 60 steps a second, with the three networks that run
after an edit and all that is drawn; a screen of 60 frames a second allows 16.7 ms for a step.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import click
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table

WANTED = 60
PREPARE = """id => {
  const view = document.getElementById("edit").emtvb;
  view.go({ net: id, edit: "24:flip:5.0", step: "25" });
  document.querySelector("[aria-label='Steps a second']").value = "60";
  const first = view.timeline.now;
  view.run();
  return [first, performance.now()];
}"""
REACHED = "() => [document.getElementById('edit').emtvb.timeline.now, performance.now()]"
WORK = """id => {
  const view = document.getElementById("edit").emtvb;
  view.go({ net: id, edit: "24:flip:5.0", step: "25" });
  const started = performance.now();
  for (let i = 0; i < 1000; i++) { if (i % 90 === 0) view.timeline.rewind(33); view.timeline.advance(); }
  return (performance.now() - started) / 1000;
}"""


@click.command(help=__doc__)
@click.argument("page", type=click.Path(exists=True, path_type=Path), default=Path("results/paper/edit.html"))
@click.option("--seconds", type=float, default=1.5, show_default=True, help="How long each network runs; below 1.6.")
def main(page: Path, seconds: float) -> None:
    """Print a row for each network."""
    table = Table("network", "neurons", "steps a second", "arithmetic of a step, ms")
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 1000})
        opened.goto(page.resolve().as_uri())
        opened.wait_for_function("() => document.getElementById('edit').emtvb")
        slowest = min(_row(opened, str(id), table, seconds) for id in _networks(opened))
        browser.close()
    Console().print(table)
    Console().print(f"slowest: {slowest:.1f} steps a second; wanted: {WANTED}")


def _networks(page: Page) -> list[object]:
    return page.evaluate("() => [...document.querySelector('.choose select').options].map(option => option.value)")


def _row(page: Page, name: str, table: Table, seconds: float) -> float:
    work = page.evaluate(WORK, name)
    first, started = page.evaluate(PREPARE, name)
    page.wait_for_timeout(1000 * seconds)
    last, ended = page.evaluate(REACHED)
    rate = (last - first) / (ended - started) * 1000
    neurons = page.evaluate("() => document.getElementById('edit').emtvb.timeline.system.size")
    table.add_row(name, str(neurons), f"{rate:.1f}", f"{work:.3f}")
    return rate


if __name__ == "__main__":
    main()
