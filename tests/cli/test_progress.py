"""What a run of the workflow shows: a bar on a terminal, few lines elsewhere; what is no progress, always."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from emtvb.cli import progress

JOBS = [
    "12:00:01 T1_h128_seed3: training (run 1 of 1)",
    "12:00:11 T1_h128_seed3: step 2,900 of 10,000 (29%), horizon 100, accuracy 0.981, loss 0.1409, 25 s left",
    "12:00:12 T1_h128_seed3: already trained (1 of 3)",
    "12:00:15 T1_h128_l2-0_seeds1-5: gradients followed; 1 networks so far",
]
SAID = [
    "Using workflow specific profile profiles/default for setting default command line arguments.",
    "12:00:20 compared 6 pairs of 4 networks",
    "12:00:21 trainer: auto takes reference here (no numba)",
    "Error in rule draw_wave:",
    "    message: error: wave: [bold]nothing[/bold] to draw :smile:",
]


def shown(lines: list[str], *, terminal: bool) -> str:
    file = io.StringIO()
    console = Console(
        file=file, force_terminal=terminal, width=70, highlight=False, soft_wrap=True, markup=False, emoji=False
    )
    progress.show_progress((f"{line}\n" for line in lines), console)
    return re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", file.getvalue())  # colours, and where the cursor goes


@pytest.mark.parametrize("of", [1, 4, 63, 9999])
def test_elsewhere_a_run_of_any_size_is_some_lines(of: int) -> None:
    steps = [f"{done} of {of} steps ({100 * done // of}%) done" for done in range(1, of + 1)]
    said = shown([line for step in steps for line in (*JOBS, step)], terminal=False).splitlines()
    assert set(said) <= {*steps}
    assert said[-1] == steps[-1]
    assert len(said) == min(of, 5)


def test_elsewhere_a_training_speaks_after_a_long_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SILENCE", -1.0)
    assert shown(JOBS, terminal=False).splitlines() == JOBS


@pytest.mark.parametrize("terminal", [True, False])
def test_all_else_is_shown_as_it_is(terminal: bool) -> None:
    said = shown([*JOBS, *SAID, "1 of 2 steps (50%) done"], terminal=terminal)
    assert all(f"{line}\n" in said for line in SAID)


def test_on_a_terminal_there_is_one_bar_with_the_last_line_of_a_job_below_it() -> None:
    said = shown([*JOBS[:2], "7 of 63 steps (11%) done"], terminal=True)
    assert " 7/63 steps" in said
    assert "T1_h128_seed3: step 2,900 of 10,000 (29%)" in said
    assert "steps (11%) done" not in said
    assert "loss 0.1409" not in said  # it would be wider than the terminal
