"""What makes a training current: its runs in any encoding, trainer, accelerator and revision; and nothing else."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from emtvb.making import trainings
from emtvb.theory.orders import run_from_entry

from ..theory.test_orders import RUN, STREAM

changes_of_training = partial(trainings.changes_of_training, read_run=run_from_entry)

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
    assert changes_of_training(settings, {**settings, "revision": None}) == []
    assert changes_of_training(settings, {**settings, "network": "elsewhere:GRU", "more": 1}) == []
    assert changes_of_training(settings, {**settings, "revision": 1}) == ["setting revision"]
    assert changes_of_training({**settings, "revision": 1}, {**settings, "revision": 2}) == ["setting revision"]
    assert changes_of_training(settings, {**settings, "trainer": "another"}) == (
        [] if settings.get("proof") else ["setting trainer"]
    )
    assert changes_of_training(settings, {**settings, "accelerator": "cuda"}) == ["setting accelerator"]
    changes = changes_of_training(settings, {**settings, "proof": {**PROOF, "stream": "3"}})
    assert changes == ["setting proof", *(["setting trainer"] if settings.get("trainer") == "reference" else [])]
    if "runs" in settings:
        assert changes_of_training(settings, {**settings, "runs": settings["runs"] * 2}) == ["its runs"]
    key = next(name for name in ("runs", "run", "order") if name in settings)
    run = settings[key][0] if key == "runs" else settings[key]
    for name in run:
        other = {**run, name: {**RUN, **STREAM, "run_id": "a", "name": "b"}[name]}
        if isinstance(run[name], (int, float)):
            other[name] = run[name] + 1
        elif isinstance(run[name], dict):
            other[name] = {**run[name], next(part for part in run[name] if not isinstance(run[name][part], list)): 3}
        changed = {**settings, key: [other, *settings[key][1:]] if key == "runs" else other}
        assert changes_of_training(settings, changed) == ["its runs"], name


def test_another_trainer_is_another_training_and_another_name_of_the_engine_is_none() -> None:
    engine = {"runs": [RUN], "trainer": "auto", "proof": PROOF}
    general = {"runs": [RUN], "trainer": "reference", "accelerator": "cpu", "proof": None}
    assert changes_of_training(engine, {**engine, "trainer": "compiled"}) == []
    different = ["setting accelerator", "setting proof", "setting trainer"]
    assert changes_of_training(engine, general) == different
    assert changes_of_training(general, engine) == different


def test_without_a_reader_plain_data_is_compared() -> None:
    """As for a workflow whose encodings never changed."""
    short = {**RUN, "protocol": {key: RUN["protocol"][key] for key in RUN["protocol"] if key != "batch_size"}}
    settings: dict[str, Any] = {"runs": [RUN]}
    assert trainings.changes_of_training(settings, {"runs": [dict(RUN)]}) == []
    assert trainings.changes_of_training(settings, {"runs": [short]}) == ["its runs"]
    assert changes_of_training(settings, {"runs": [short]}) == []


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
