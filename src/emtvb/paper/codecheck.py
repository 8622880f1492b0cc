"""The manifest of CODECHECK: which files of an experiment the paper's table and figures correspond to.

https://codecheck.org.uk/spec/config/1.0/. Who checks them adds ``codechecker``, ``check_time`` and ``certificate``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

TITLE = "Episodic Memory Theory for the Mechanistic Interpretation of Recurrent Neural Networks"
AUTHORS = ("Arjun Karuvally", "Peter DelMastro", "Hava T. Siegelmann")
REFERENCE = "https://arxiv.org/abs/2310.02430"

OF_ALL_TASKS = {
    "tables/table1.csv": "Table 1: spectral error and accuracy, ours beside the published values",
    "figures/composition.pdf": "The compositions f of the tasks, as images",
    "figures/spectrum.pdf": "Spectra of Phi and of trained networks",
    "figures/weights.pdf": "W_hh raw and in the variable memories",
    "figures/learning.pdf": "Learning curves",
}
OF_EACH_TASK = {
    "figures/hidden_state/{task}.pdf": "Task {task}: hidden states over time, raw and in the variable memories",
    "figures/animation/{task}.gif": "Task {task}: variables that move round the circle of memories",
}


def manifest(tasks: Sequence[str]) -> str:
    """``codecheck.yml`` of an experiment on these tasks; paths are relative to its folder."""
    entries = [
        *OF_ALL_TASKS.items(),
        *((file.format(task=task), what.format(task=task)) for file, what in OF_EACH_TASK.items() for task in tasks),
    ]
    content: dict[str, Any] = {
        "version": "https://codecheck.org.uk/spec/config/1.0/",
        "paper": {"title": TITLE, "authors": [{"name": name} for name in AUTHORS], "reference": REFERENCE},
        "manifest": [{"file": file, "comment": what} for file, what in entries],
    }
    return "---\n" + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
