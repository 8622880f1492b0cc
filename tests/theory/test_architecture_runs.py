from __future__ import annotations

from emtvb.theory import tasks
from emtvb.theory.architecture_runs import from_entry, of_architecture
from emtvb.theory.runs import Protocol, Run, to_entry


def test_a_run_of_an_architecture_is_a_run_with_a_name_of_its_own() -> None:
    plain = Run(tasks.named("T1"), 64, 0.0, 0.98, 3)
    lstm, s4 = (of_architecture(name, [plain])[0] for name in ("lstm", "s4"))
    assert lstm.run_id == "lstm_T1_h64_l2-0_thr-0.98_seed3"
    assert s4.run_id != lstm.run_id != plain.run_id
    assert s4.task == plain.task


def test_runs_survive_as_plain_data() -> None:
    plain = [Run(tasks.named("T1", 2, 3), 8, 0.1, 0.9, seed, Protocol(curriculum=(2, 4))) for seed in (1, 2)]
    some = of_architecture("lstm", plain) + of_architecture("s4", plain)
    assert [from_entry({**to_entry(run), "architecture": run.architecture}) for run in some] == some
