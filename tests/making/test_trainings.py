"""What makes a training current: its runs in any encoding, trainer, accelerator and revision; and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from emtvb.making import trainings
from emtvb.theory import protocol
from emtvb.theory import stream_order as streams
from emtvb.training import saved_runs

TASK = {"d": 8, "s": 8, "composition": [[1, i, 1] for i in range(8)]}
RUN = {
    "run_id": "T1_h64_l2-0_thr-0.98_seed1", "task": TASK, "hidden_dim": 64, "l2": 0.0, "threshold": 0.98, "seed": 1,
    "protocol": {
        "epochs": 10, "batches_per_epoch": 2000, "batch_size": 64, "learning_rate": 0.001, "gradient_clip": 1.0,
        "curriculum": [10, 20, 40, 60, 100],
    },
}  # fmt: skip
STREAM = {
    "run_id": "T1-n6to10_h8_l2-0_seed20000", "task": {**TASK, "s": 10},
    "episodes": {"lengths": [6, 10], "outputs": 15, "total": 300, "echo": True, "marker": True},
    "hidden_dim": 8, "l2": 0.0, "seed": 20000,
    "protocol": {
        "epochs": 20, "batches_per_epoch": 500, "batch_size": 64, "learning_rate": 0.001, "gradient_clip": 1.0,
        "plateau": {"factor": 0.5, "patience": 10, "least": 1e-06},
    },
}  # fmt: skip
PROOF = {"engine": {"weak": "1"}, "stream": "2"}


@pytest.mark.parametrize(
    "settings",
    [
        {"runs": [RUN, {**RUN, "twin": 3}], "trainer": "auto", "proof": PROOF},
        {"runs": [STREAM], "trainer": "auto", "proof": PROOF},
        {"runs": [RUN], "trainer": "reference", "accelerator": "cpu", "proof": None},
        {"run": RUN, "accelerator": "cpu", "network": "emtvb.training.architectures.gru:GRU", "module": "torch.nn:GRU"},
        {"order": {"name": "a", "hidden_dim": 3, "task": "b"}},  # plain data of whatever is new
    ],
)
def test_each_setting_that_decides_is_compared_and_no_other(settings: dict[str, Any]) -> None:
    """These are the encodings that published records have."""
    assert trainings.changes_of_training(settings, {**settings, "revision": None}) == []
    assert trainings.changes_of_training(settings, {**settings, "network": "elsewhere:GRU", "more": 1}) == []
    assert trainings.changes_of_training(settings, {**settings, "revision": 1}) == ["setting revision"]
    assert trainings.changes_of_training({**settings, "revision": 1}, {**settings, "revision": 2}) == [
        "setting revision"
    ]
    assert trainings.changes_of_training(settings, {**settings, "trainer": "another"}) == (
        [] if settings.get("proof") else ["setting trainer"]
    )
    assert trainings.changes_of_training(settings, {**settings, "accelerator": "cuda"}) == ["setting accelerator"]
    changes = trainings.changes_of_training(settings, {**settings, "proof": {**PROOF, "stream": "3"}})
    assert changes == ["setting proof", *(["setting trainer"] if settings.get("trainer") == "reference" else [])]
    if "runs" in settings:
        assert trainings.changes_of_training(settings, {**settings, "runs": settings["runs"] * 2}) == ["its runs"]
    key = next(name for name in ("runs", "run", "order") if name in settings)
    run = settings[key][0] if key == "runs" else settings[key]
    for name in run:
        other = {**run, name: {**RUN, **STREAM, "run_id": "a", "name": "b"}[name]}
        if isinstance(run[name], (int, float)):
            other[name] = run[name] + 1
        elif isinstance(run[name], dict):
            other[name] = {**run[name], next(part for part in run[name] if not isinstance(run[name][part], list)): 3}
        changed = {**settings, key: [other, *settings[key][1:]] if key == "runs" else other}
        assert trainings.changes_of_training(settings, changed) == ["its runs"], name


def test_another_trainer_is_another_training_and_another_name_of_the_engine_is_none() -> None:
    engine = {"runs": [RUN], "trainer": "auto", "proof": PROOF}
    general = {"runs": [RUN], "trainer": "reference", "accelerator": "cpu", "proof": None}
    assert trainings.changes_of_training(engine, {**engine, "trainer": "compiled"}) == []
    different = ["setting accelerator", "setting proof", "setting trainer"]
    assert trainings.changes_of_training(engine, general) == different
    assert trainings.changes_of_training(general, engine) == different


@pytest.mark.parametrize("plain", [RUN, {**RUN, "twin": 3}, STREAM])
def test_a_run_is_read_from_an_encoding_that_is_older_than_a_field(plain: dict[str, Any]) -> None:
    """A field that came later has its default."""
    run = trainings.read_run(plain)
    assert saved_runs.run_to_entry(run) == plain
    short = {**plain, "protocol": {key: plain["protocol"][key] for key in plain["protocol"] if key != "batch_size"}}
    assert trainings.read_run(short) == run
    assert isinstance(run, streams.StreamOrder if "episodes" in plain else protocol.Order)


def test_the_state_of_a_training_is_filed_under_its_proof_or_its_revision_and_libraries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proved = trainings.state_version({"proof": PROOF})
    assert proved == trainings.state_version({"proof": dict(PROOF), "revision": None, "runs": [RUN]})
    assert proved != trainings.state_version({"proof": {**PROOF, "stream": "3"}})
    plain: dict[str, Any] = {"proof": None, "accelerator": "cpu"}
    general = trainings.state_version(plain)
    assert general == trainings.state_version({**plain, "revision": None, "order": RUN})
    assert general != trainings.state_version({**plain, "revision": 1})
    assert general != trainings.state_version({**plain, "accelerator": "cuda"})
    monkeypatch.setattr(trainings, "version_here", lambda library: "99.0")
    assert general != trainings.state_version(plain)
    assert proved == trainings.state_version({"proof": PROOF})
