"""How results are shown, kept and handed on: short, whole, and the same after a file."""

from __future__ import annotations

import copy
import html
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import emtvb
from emtvb.errors import InputError
from emtvb.theory import tasks

from ..conftest import saturated_circuit
from ..environments import Environment, built
from .made_up import adapted, future, make_register, tape

ROOT = Path(__file__).parents[2]


@cache
def trials() -> emtvb.Trials:
    return emtvb.record(adapted(make_register(extra=2)), *tape(trials=400))


@cache
def fitted() -> emtvb.Fitted:
    return emtvb.fit(trials())


@cache
def judged() -> emtvb.Judgement:
    return emtvb.judge(fitted())


@cache
def edits() -> emtvb.Edits:
    return emtvb.edit(fitted(), [5, 8], flip="bit", expected=future, inputs=np.zeros((6, 3)), steps=6)


RESULTS = {"trials": trials, "fitted": fitted, "judged": judged, "edits": edits}


@pytest.mark.parametrize("name", RESULTS)
def test_its_repr_is_one_short_line_and_its_html_is_whole(name: str) -> None:
    result = RESULTS[name]()
    assert len(repr(result)) < 300
    assert "\n" not in repr(result)
    page = result._repr_html_()
    assert page.count("<table>") == page.count("</table>") == 1
    assert page.count("<tr>") == page.count("</tr>") >= 4


def test_names_are_escaped_in_html() -> None:
    u, labels = tape(trials=100)
    wild = emtvb.record(adapted(make_register()), u, {"<b>bit</b>": labels["bit"]})
    for result in (wild, emtvb.fit(wild), emtvb.judge(emtvb.fit(wild))):
        assert html.escape("<b>bit</b>") in result._repr_html_()
        assert "<b>bit</b>" not in result._repr_html_()


def test_what_repr_says() -> None:
    assert "200 trials to fit on, 200 to judge on, 20 steps, 12 numbers of state; bit (binary), word" in repr(trials())
    assert repr(fitted()).startswith("<Fitted to Register by least squares at 20 times: bit, word, number; condition")
    assert repr(judged()) == "<Judgement: 3 of 3 variables can be read>"
    assert repr(edits()).startswith("<Edits: flip bit: shows that the network uses the edited state: followed")
    assert repr(judged()["bit"]) == "<bit: accuracy 1.000, chance 0.503, p 0.0005: readable>"


def test_what_its_parts_hold_is_at_hand_without_them() -> None:
    for whole, parts in (
        (edits(), ("edited", "futures", "outcomes", "highest")),
        (judged()[0], ("overall", "at_times")),
    ):
        for part in (getattr(whole, name) for name in parts):
            for name in part.__dataclass_fields__:
                assert getattr(whole, name) is getattr(part, name)
    steps, count, outputs = edits().outputs.shape
    assert (steps, outputs) == (6, 4)
    assert edits().before.shape == edits().after.shape == (count, 3)
    for name in ("trial", "time", "size", "followed", "without_edit", "random_step", "other_variable", "ceiling"):
        assert getattr(edits(), name).shape == (count,)
    assert (edits().untrained.shape, edits().group) == ((0,), None)


def test_judgements_and_edits_are_data_frames_too() -> None:
    frame = judged().to_dataframe()
    assert frame["name"].tolist() == ["bit", "word", "number"]
    assert frame["score"].tolist() == [reading.score for reading in judged().readings]
    assert frame["readable"].all()
    rows = edits().to_dataframe()
    assert rows.loc[rows["counts"], "followed"].mean() == edits().success
    assert (rows["trial"].tolist(), rows["time"].tolist()) == (edits().trial.tolist(), edits().time.tolist())
    assert ((rows["step"] == 0) == rows["followed"]).all()
    old = replace(edits(), misses=None, ways=None).to_dataframe()
    assert old.columns.tolist() == ["trial", "time", "size", "followed", "without_edit", "counts"]


def same(one: object, other: object) -> bool:
    """Whether two results are the same, all the way down; networks aside."""
    if isinstance(one, np.ndarray):
        kept = one.dtype.kind in "fc"
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=kept)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if hasattr(one, "__dataclass_fields__"):
        names = [name for name in one.__dataclass_fields__ if name != "system"]
        return type(one) is type(other) and all(same(getattr(one, n), getattr(other, n)) for n in names)
    return one == other or (one != one and other != other)


SAVED = RESULTS | {
    "erasure": lambda: emtvb.erase(fitted(), "bit"),
    "cycles": lambda: emtvb.cycles(fitted().trials.system, trials().test.states[-1, :3], 2),
    "fixed points": lambda: emtvb.fixed_points(fitted().trials.system, trials().test.states[-1, :3]),
}


@pytest.mark.parametrize("name", SAVED)
def test_what_is_saved_is_loaded(name: str, tmp_path: Path) -> None:
    result = SAVED[name]()
    path = emtvb.save(result, tmp_path / "result")
    assert path.suffix == ".npz"
    again = emtvb.load(path)
    assert same(result, again)
    assert str(again) == str(result) or name in ("trials", "fitted")
    if name == "erasure":
        np.testing.assert_array_equal(again(trials().test.states), result(trials().test.states))


def flat(value: object) -> object:
    """A value as JSON, with all that is held together for short side by side, as format 2 has it; it has no misses."""
    if isinstance(value, list):
        return [flat(item) for item in value]
    if not isinstance(value, dict):
        return value
    value = {key: flat(item) for key, item in value.items() if key not in ("misses", "ways")}
    if value.get("kind") in ("Edits", "Reading"):
        inner = [part["of"] for part in value["of"].values() if isinstance(part, dict) and "kind" in part]
        alone = {key: part for key, part in value["of"].items() if not isinstance(part, dict) or "kind" not in part}
        value["of"] = {key: part for some in (alone, *inner) for key, part in some.items()}
    return value


@pytest.mark.parametrize("name", ["judged", "edits"])
def test_files_of_format_2_are_read(name: str, tmp_path: Path) -> None:
    path = emtvb.save(RESULTS[name](), tmp_path / "result.npz")
    with np.load(path) as stored:
        arrays = dict(stored)
    tree = json.loads(arrays["tree"].tobytes())
    kept = flat(tree["emtvb"])
    assert ("score" if name == "judged" else "followed") in json.dumps(kept)
    assert "overall" not in json.dumps(kept)
    assert "outcomes" not in json.dumps(kept)
    arrays["tree"] = np.frombuffer(json.dumps({"format": 2, "emtvb": kept}).encode(), dtype=np.uint8)
    np.savez(path, **arrays)
    wanted = judged() if name == "judged" else replace(edits(), misses=None, ways=None)
    assert same(emtvb.load(path), wanted)


def test_what_is_loaded_can_be_judged_and_with_its_network_edited(tmp_path: Path) -> None:
    path = emtvb.save(fitted(), tmp_path / "fit.npz")
    alone = emtvb.load(path)
    assert str(emtvb.judge(alone)) == str(judged())
    with pytest.raises(InputError, match=r"network: Register, without the network: load it with its network"):
        emtvb.edit(alone, 5, flip="bit", expected=future)
    again = emtvb.load(path, adapted(make_register(extra=2)))
    done = emtvb.edit(again, [5, 8], flip="bit", expected=future, inputs=np.zeros((6, 3)), steps=6)
    assert same(done, edits())
    small = emtvb.adapt(lambda u, h: (h, h), state=3, input_dim=3)
    with pytest.raises(InputError, match="system: 3 numbers of state: the file is of Register with 12"):
        emtvb.load(path, small)


def test_a_task_of_ours_is_saved_too(tmp_path: Path) -> None:
    task = tasks.named("T1", 2, 2)
    network, _ = saturated_circuit(task)
    own = emtvb.fit(emtvb.record(network, task, horizon=20))
    again = emtvb.load(emtvb.save(own, tmp_path / "task"), network)
    assert again.trials.task == task
    assert same(emtvb.judge(own), emtvb.judge(again))


def test_files_that_are_none_of_ours_are_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("text")
    (tmp_path / "empty.npz").write_bytes(b"")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    whole = emtvb.save(judged(), tmp_path / "whole.npz").read_bytes()
    (tmp_path / "torn.npz").write_bytes(whole[: len(whole) // 2])
    with zipfile.ZipFile(tmp_path / "zip.npz", "w") as archive:
        archive.writestr("tree.npy", b"no array")
    for name in ("text", "empty", "other", "torn", "zip"):
        with pytest.raises(InputError, match=r"not a whole file that emtvb.save wrote"):
            emtvb.load(tmp_path / f"{name}.npz")
    with pytest.raises(InputError, match="no such file"):
        emtvb.load(tmp_path / "nothing")
    with pytest.raises(InputError, match="no such folder; make it first"):
        emtvb.save(judged(), tmp_path / "no" / "where.npz")
    with pytest.raises(InputError, match="save: dict: give what record, fit"):
        emtvb.save({}, tmp_path / "x")


TYPED = """\
import numpy as np
import emtvb

def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return h + u, h + u

x = np.random.default_rng(0).choice([-1.0, 1.0], size=(6, 100, 2))
trials: emtvb.Trials = emtvb.record(emtvb.adapt(step, state=2), x, x)
judged: emtvb.Judgement = emtvb.judge(emtvb.fit(trials))
score: float = judged["0"].score
reveal_type(emtvb.edit)
"""


@pytest.mark.nightly
def test_a_type_checker_sees_the_public_face_after_a_normal_install(tmp_path: Path) -> None:
    """The package as pip puts it into an environment of its own; mypy --strict over a user's script and the guide's."""
    made = Environment(tmp_path / "env", built(tmp_path))  # with the libraries that the guide imports besides
    assert (made.site / "emtvb" / "py.typed").is_file()
    (tmp_path / "script.py").write_text(TYPED)
    guide = (ROOT / "docs" / "own-network.md").read_text()
    (tmp_path / "guide.py").write_text("\n".join(re.findall(r"```python\n(.*?)```", guide, re.DOTALL)))
    options = ["--strict", "--ignore-missing-imports", "--python-executable", str(made.python), "--config-file="]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "script.py", "guide.py"], capture_output=True, text=True, cwd=tmp_path
    )
    assert "error" not in done.stdout, done.stdout
    assert "fitted: emtvb.core.fitting.Fitted" in done.stdout, done.stdout


class _Net(nn.Module):
    def __init__(self, size: int = 8, noise: float = 0.0, kind: type = nn.GRU) -> None:
        super().__init__()
        self.rnn, self.out, self.noise = kind(3, size, batch_first=True), nn.Linear(size, 2), noise

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.out(self.rnn(x)[0])
        assert isinstance(y, torch.Tensor)
        return y

    def system(self) -> emtvb.Adapted:
        """Its noise is in its outputs."""
        readout = self.out if not self.noise else lambda h: self.out(h + self.noise * torch.randn_like(h))
        return emtvb.adapt(self.rnn, readout, whole=None if self.noise else self, batch_first=not self.noise)


def _saved(network: nn.Module, path: Path, **more) -> Path:
    rng = np.random.default_rng(0)
    x = np.zeros((20, 60, 3), dtype=np.float32)
    x[0] = rng.choice([-1, 1], size=(60, 3))
    trials = emtvb.record(network.system(), x, {"bit": x[0, :, 0]}, **more)
    return emtvb.save(emtvb.fit(trials), path)


@pytest.mark.parametrize("times", [None, [4, 9, 19]])
def test_the_network_of_a_file_must_do_what_it_did(times: list[int] | None, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = _Net()
    path = _saved(network, tmp_path / "fit", times=times)
    assert emtvb.load(path, network.system()).trials.system.verified
    with pytest.raises(InputError, match=r"system: GRU: .*% of its outputs on the stored trials are not those in the"):
        emtvb.load(path, _Net().system())
    changed = copy.deepcopy(network)
    with torch.no_grad():
        changed.rnn.weight_hh_l0[:3] *= 1.05
    with pytest.raises(InputError, match="give the network with which they were recorded"):
        emtvb.load(path, changed.system())
    with pytest.raises(InputError, match=r"system: gives out 8 numbers, and 2 in the file: .* with its readout"):
        emtvb.load(path, network.rnn)
    with pytest.raises(InputError, match="system: 9 numbers of state: the file is of GRU with 8"):
        emtvb.load(path, _Net(9).system())
    assert "not here" in repr(emtvb.load(path).trials.system)


def test_noise_and_erased_states_are_no_other_network(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = _Net(noise=0.3)
    assert emtvb.load(_saved(network, tmp_path / "noisy"), network.system()).trials.system.noisy
    network = _Net()
    fitted = emtvb.load(_saved(network, tmp_path / "fit"), network.system())
    erased = emtvb.save(emtvb.fit(emtvb.erase(fitted, "bit").trials), tmp_path / "erased")
    emtvb.load(erased, network.system())
    with pytest.raises(InputError, match="are not those in the file"):
        emtvb.load(erased, _Net().system())
    with np.load(erased) as stored:  # an earlier version did not say that something was erased
        arrays = {name: stored[name] for name in stored.files}
    tree = json.loads(arrays["tree"].tobytes())
    del tree["emtvb"]["of"]["trials"]["of"]["erased"]
    earlier = tmp_path / "earlier.npz"
    np.savez(earlier, **arrays | {"tree": np.frombuffer(json.dumps(tree).encode(), dtype=np.uint8)})
    emtvb.load(earlier, network.system())
    with pytest.raises(InputError, match="are not those in the file"):
        emtvb.load(earlier, _Net().system())


def test_a_chaotic_network_is_itself_after_many_steps(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = _Net(20, kind=nn.RNN)
    with torch.no_grad():
        network.rnn.weight_hh_l0.copy_(4 * torch.randn(20, 20) / 20**0.5)
    path = _saved(network, tmp_path / "fit")
    elsewhere = copy.deepcopy(network)
    with torch.no_grad():  # as another machine rounds
        elsewhere.rnn.weight_hh_l0 *= 1 + 1e-6
    assert emtvb.load(path, elsewhere.system()).trials.system.verified
    with pytest.raises(InputError, match="are not those in the file"):
        emtvb.load(path, _Net(20, kind=nn.RNN).system())


def test_another_network_on_a_task_of_ours_is_refused(tmp_path: Path) -> None:
    task = tasks.named("T1", 2, 2)
    network, _ = saturated_circuit(task)
    path = emtvb.save(emtvb.fit(emtvb.record(network, task, horizon=20)), tmp_path / "task")
    other, _ = saturated_circuit(task, seed=1)
    emtvb.load(path, network)
    with pytest.raises(InputError, match=r"system: Elman network, .* are not those in the file"):
        emtvb.load(path, other)
