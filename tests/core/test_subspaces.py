"""Methods that find variables: each on what it is for, all judged and edited alike; and what is erased is gone."""

from __future__ import annotations

from dataclasses import replace

import jaxtyping
import numpy as np
import pytest
import torch
from torch import nn

import emtvb
from emtvb.core.memories import VariableMemories
from emtvb.core.recording import Recording
from emtvb.core.variables import simplex_corners
from emtvb.errors import InputError

from ..library.made_up import adapted, future, make_register, tape

SIZE = 8


def product_code(seed: int = 0, trials: int = 400) -> tuple[emtvb.Adapted, np.ndarray, dict[str, np.ndarray]]:
    """A bit v stored as (v r, r) for a hidden sign r, and a bit w stored as it is; in turned coordinates."""
    rng = np.random.default_rng(seed)
    v, w, r = rng.choice([-1.0, 1.0], size=(3, trials))
    u = np.zeros((5, trials, 3), dtype=np.float32)
    u[0] = np.stack([v * r, r, w], axis=1)
    Q = torch.tensor(np.linalg.qr(rng.normal(size=(SIZE, SIZE)))[0][:, :3], dtype=torch.float32)

    def step(x: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        h = h + x @ Q.T
        z = h @ Q
        return torch.stack([z[:, 0] * z[:, 1], z[:, 2]], dim=1), h

    return emtvb.adapt(step, state=SIZE), u, {"v": v, "w": w}


def test_what_is_stored_as_a_product_is_edited_by_a_rotation_that_is_learned() -> None:
    system, u, labels = product_code()
    trials = emtvb.record(system, u, labels)
    plain = emtvb.fit(trials)
    assert "v" in emtvb.judge(plain).unreadable
    assert not emtvb.edit(plain, 2, flip="v").controls_fail
    learned = emtvb.fit(trials, times=[1, 2], method=emtvb.DAS(k=2, steps=150))
    done = emtvb.edit(learned, 2, flip="v", interchange=True)
    assert done.success > 0.95
    assert done.controls_fail
    assert done.verdict.startswith("shows that")
    other = emtvb.edit(learned, 2, flip="w", interchange=True)
    assert other.success > 0.95
    subspace = learned.subspaces[0]
    np.testing.assert_allclose(subspace.out @ subspace.into, np.eye(2), atol=1e-5)
    assert not [name for name, value in vars(system).items() if getattr(value, "requires_grad", False)]


def test_the_rotation_is_learned_through_modules_and_leaves_them_as_they_are() -> None:
    torch.manual_seed(0)
    x = np.zeros((4, 200, 2), dtype=np.float32)
    x[0] = np.random.default_rng(0).choice([-1, 1], size=(200, 2))
    network = nn.GRU(2, 6)
    trials = emtvb.record(emtvb.adapt(network, nn.Linear(6, 2)), x, {"a": x[0, :, 0], "b": x[0, :, 1]})
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    first, again = (emtvb.fit(trials, times=[1], method=emtvb.DAS(steps=3, seed=1)) for _ in range(2))
    np.testing.assert_array_equal(first.memories.encoder, again.memories.encoder)
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert network.training
    assert first.memories.encoder.shape == (6, 2)


@pytest.mark.parametrize("method", ["least squares", "class means"])
def test_told_edits_of_every_method_are_obeyed_where_variables_are_apart(method: str) -> None:
    u, labels = tape(trials=800)
    held = {name: labels[name] for name in ("bit", "word", "number")}
    fitted = emtvb.fit(emtvb.record(adapted(make_register()), u, held), method=method)
    assert emtvb.judge(fitted).unreadable == ()
    done = emtvb.edit(fitted, 5, flip="bit", expected=future, inputs=np.zeros((5, 3)), steps=5)
    assert done.recovered[0] > 0.9
    assert repr(fitted).startswith(f"<Fitted to Register by {method} at 20 times")


def test_differences_of_class_means_are_the_directions() -> None:
    """Independent labels, as often each: the mean difference is the column itself, up to what else is in the trials."""
    rng = np.random.default_rng(0)
    basis = rng.normal(size=(12, 3))
    every = np.array(np.meshgrid([-1, 1], range(3))).reshape(2, -1).T
    chosen = np.tile(every, (100, 1))
    corners = simplex_corners(3)
    u = np.zeros((3, len(chosen), 3))
    u[0] = np.concatenate([chosen[:, :1], corners[chosen[:, 1]]], axis=1)
    system = emtvb.adapt(lambda x, h: (h, h + x @ basis.T), state=12)
    trials = emtvb.record(system, u, {"bit": chosen[:, 0], "word": chosen[:, 1]}, kinds={"word": "categorical"})
    fitted = emtvb.fit(trials, method="class means")
    np.testing.assert_allclose(fitted.memories.encoder, basis, atol=0.35)
    np.testing.assert_allclose(fitted.memories.decoder @ fitted.memories.encoder, np.eye(3), atol=1e-9)


def test_a_method_of_ones_own() -> None:
    u, labels = tape()
    trials = emtvb.record(adapted(make_register()), u, labels)
    plain = emtvb.fit(trials)

    def found(given: emtvb.Trials, times: list[int]) -> emtvb.Located:
        assert given is trials
        assert times == [3]
        return emtvb.Located(plain.memories)

    def bare(given: emtvb.Trials, times: list[int]) -> VariableMemories:
        return plain.memories

    for method in (found, bare):
        mine = emtvb.fit(trials, times=3, method=method)
        assert mine.memories is plain.memories
        assert emtvb.edit(mine, 5, flip="bit", expected=future).followed.all()


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is outside the tests, which hold every call to its annotations: there the functions' own checks have it."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("dPCA", "method: dPCA: give one of least squares, class means, emtvb.DAS() or a function"),
        (3, "method: 3: give one of least squares"),
        (lambda trials, times: None, "method: <lambda> returned NoneType: return emtvb.Located(memories)"),
        (
            lambda trials, times: emtvb.Located(VariableMemories(np.zeros((3, 2)), np.zeros((2, 3)), trials.stored)),
            "returned memories of shapes (3, 2) and (2, 3): Psi is (12, 4), Psi* (4, 12)",
        ),
        (emtvb.DAS(), "method: DAS on Register: give a network that torch computes"),
    ],
)
def test_methods_that_cannot_be_used_are_one_clear_line(unchecked, method, says: str) -> None:
    with pytest.raises(InputError) as caught:
        emtvb.fit(emtvb.record(adapted(make_register()), *tape()), method=method)
    assert says in str(caught.value)


@pytest.mark.parametrize("more", [{"k": 0}, {"steps": 1.5}, {"rate": -1}, {"seed": "a"}])
def test_settings_of_the_search_are_checked(unchecked, more) -> None:
    with pytest.raises(InputError):
        emtvb.DAS(**more)


def test_what_is_erased_no_fresh_probe_reads() -> None:
    u, labels = tape(trials=600)
    noise = np.random.default_rng(0)
    register = make_register()

    def noisy(x: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        output, h = register(x, h)
        return output, h + 0.05 * noise.normal(size=h.shape)

    fitted = emtvb.fit(emtvb.record(emtvb.adapt(noisy, state=register.centre), u, labels))
    assert emtvb.judge(fitted).unreadable == ()
    for name in ("bit", "word", "number"):
        erased = emtvb.erase(fitted, name)
        again = emtvb.judge(emtvb.fit(erased.trials))
        assert all(r.readable for r in again.readings if r.name != name)
        assert abs(again[name].score - again[name].chance) < 0.1
    both = emtvb.erase(fitted, ["bit", "number"])
    assert repr(both) == "<Erasure of bit, number: 2 of 12 directions taken out>"
    states = fitted.trials.train.states
    x = both(states).reshape(-1, 12) - both.mean
    z = fitted.trials.train.labels[..., [0, 3]].reshape(-1, 2)
    assert np.abs(x.T @ (z - z.mean(axis=0)) / len(x)).max() < 1e-9
    np.testing.assert_allclose(both(both(states)), both(states), atol=1e-9)


def test_what_is_held_three_times_is_gone_after_erasing_alone() -> None:
    """Noisy copies that correct each other: without the directions that a fit found, a fresh probe reads the others."""
    rng = np.random.default_rng(0)
    u = 0.3 * rng.normal(size=(10, 800, 5)).astype(np.float32)
    u[:, :, 3:] = 0
    u[0, :, 3:] = rng.choice([-1, 1], size=(800, 2))
    Q = torch.tensor(np.linalg.qr(rng.normal(size=(SIZE, 4)))[0], dtype=torch.float32)

    def step(x: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z = h @ Q
        copies = torch.tanh(2 * z[:, :3].mean(dim=1, keepdim=True)) + x[:, 3:4] + x[:, :3]
        w = z[:, 3:] + x[:, 4:]
        return torch.cat([copies.mean(dim=1, keepdim=True), w], dim=1), torch.cat([copies, w], dim=1) @ Q.T

    trials = emtvb.record(emtvb.adapt(step, state=SIZE), u, {"v": u[0, :, 3], "w": u[0, :, 4]})

    def without(fitted: emtvb.Fitted, recording: Recording) -> Recording:
        """What an exchange of v would exchange is taken out, in the states' own precision."""
        subspace, states = fitted.subspaces[0], recording.states
        left = states - (states - fitted.centre) @ subspace.out.T @ subspace.into.T
        return replace(recording, states=left.astype(states.dtype))

    by_means, by_search = (emtvb.fit(trials, 8, method=method) for method in ("least squares", emtvb.DAS(2, 100, 0.05)))
    left = {"LEACE": emtvb.erase(by_means, "v").trials}
    for name, fitted in (("least squares", by_means), ("DAS", by_search)):
        train, test = (without(fitted, recording) for recording in (trials.train, trials.test))
        left[name] = replace(trials, train=train, test=test)
    read = {name: emtvb.judge(emtvb.fit(some, 8))["v"].score for name, some in left.items()}
    assert read == pytest.approx({"LEACE": 0.5, "least squares": 1, "DAS": 1}, abs=0.05)


def test_erasing_changes_as_little_as_can_be() -> None:
    """No other map that takes the covariance with a bit away is nearer to leaving states as they are."""
    u, labels = tape(trials=400)
    fitted = emtvb.fit(emtvb.record(adapted(make_register(extra=3)), u, labels))
    erased = emtvb.erase(fitted, "bit")
    states = fitted.trials.train.states
    moved = ((erased(states) - states) ** 2).sum()
    x = (states - erased.mean).reshape(-1, 12)
    direction = fitted.memories.encoder[:, :1]
    z = fitted.trials.train.labels[..., 0].ravel()
    across = (x.T @ (z - z.mean()))[:, None]
    for row in (direction.T / (direction**2).sum(), fitted.memories.decoder[:1], across.T):
        oblique = across @ row / (row @ across)
        assert ((x @ oblique.T) ** 2).sum() >= moved * (1 - 1e-9)


def test_what_rounding_leaves_of_a_bit_is_not_readable() -> None:
    """Of 100 trials with four states in all: a fresh probe reads 1e-9 where labels are 1 and -1."""
    rng = np.random.default_rng(0)
    W = np.linalg.qr(rng.normal(size=(16, 2)))[0]

    def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = np.tanh(1.5 * h @ W @ W.T + 2 * u @ W.T)
        return h @ W, h

    bits = rng.choice([-1, 1], size=(200, 2))
    inputs = np.zeros((30, 200, 2))
    inputs[0] = bits
    fitted = emtvb.fit(emtvb.record(emtvb.adapt(step, state=16), inputs, {"first": bits[:, 0], "second": bits[:, 1]}))
    erased = emtvb.judge(emtvb.fit(emtvb.erase(fitted, "first").trials))
    assert erased.unreadable == ("first",)
    assert erased["first"].p > 0.05
    assert emtvb.judge(fitted).unreadable == ()


def test_what_cannot_be_erased_is_one_clear_line() -> None:
    fitted = emtvb.fit(emtvb.record(adapted(make_register()), *tape()))
    with pytest.raises(InputError, match="variable: bits: no such variable"):
        emtvb.erase(fitted, "bits")


def test_directions_of_chosen_variables_alone_are_learned() -> None:
    system, u, labels = product_code()
    trials = emtvb.record(system, u, labels)
    plain = emtvb.fit(trials, times=[1, 2])
    some = emtvb.fit(trials, times=[1, 2], method=emtvb.DAS(k=2, steps=3, only=("v",)))
    every = emtvb.fit(trials, times=[1, 2], method=emtvb.DAS(k=2, steps=3))
    np.testing.assert_array_equal(some.subspaces[0].into, every.subspaces[0].into)
    np.testing.assert_array_equal(some.subspaces[1].into, plain.subspaces[1].into)
    np.testing.assert_array_equal(some.memories.decoder[1], plain.memories.decoder[1])
    with pytest.raises(InputError, match="no such variable"):
        emtvb.fit(trials, method=emtvb.DAS(only=("u",)))
