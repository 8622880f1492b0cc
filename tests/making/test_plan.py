from __future__ import annotations

from emtvb.making.plan import Planned, drawing, drawn_from


def job(rule: str, inputs: list[str], outputs: list[str]) -> Planned:
    return Planned(rule, {}, inputs, outputs, {}, "", ())


def test_what_is_drawn_needs_what_no_drawing_makes() -> None:
    jobs = [
        job("measure", ["training/a/weights.safetensors"], ["measurements/a.csv", "tables/a.csv"]),
        job("tabulate", ["measurements/a.csv", "../twins/runs.csv"], ["tables/b.csv"]),
        job("draw", ["tables/b.csv", "measurements/c.npz"], ["figures/b.png", "figures/b.csv"]),
    ]
    assert drawing(jobs) == ["draw", "tabulate"]
    assert drawn_from(jobs) == ["../twins/runs.csv", "measurements/a.csv", "measurements/c.npz"]
