"""Networks from files of weights, under the names that people give them, and from the command line."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import save_file
from torch import nn

from emtvb.adapters.adapting import Adapted
from emtvb.adapters.weight_files import network_of_file
from emtvb.errors import InputError
from emtvb.page import content
from emtvb.page.networks import shown_network
from emtvb.theory import tasks
from emtvb.theory.networks import Network, save_networks

from ..cli.test_main import emtvb  # noqa: F401 - a fixture
from ..conftest import make_network, saturated_circuit

D, H = 3, 5
NETWORK = make_network(D, H)
W_UH, W_HH, W_R = NETWORK.arrays().values()


class Net(nn.Module):
    def __init__(self, kind=nn.RNN, **more) -> None:
        super().__init__()
        self.rnn = kind(D, H, **more)
        self.readout = nn.Linear(getattr(self.rnn, "proj_size", 0) or H, D, bias=more.get("bias", True))


def same(found: Network | Adapted, expected: Network = NETWORK) -> bool:
    return isinstance(found, Network) and all(
        np.array_equal(a, b) for a, b in zip(found.arrays().values(), expected.arrays().values(), strict=True)
    )


NAMES = [
    ("W_uh", "W_hh", "W_r"),
    ("W_in", "W_rec", "W_out"),
    ("weight_ih_l0", "weight_hh_l0", "decoder.weight"),
    ("rnn.weight_ih_l0", "rnn.weight_hh_l0", "readout.weight"),
    ("cell.weight_ih", "cell.weight_hh", "fc.weight"),
    ("T3_h64/W_uh", "T3_h64/W_hh", "T3_h64/W_r"),
]


@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[0])
@pytest.mark.parametrize("kind", ["safetensors", "npz", "pt"])
def test_three_arrays_under_names_that_are_known(tmp_path: Path, names: tuple[str, ...], kind: str) -> None:
    arrays, file = dict(zip(names, (W_UH, W_HH, W_R), strict=True)), tmp_path / f"mine.{kind}"
    if kind == "safetensors":
        save_file(arrays, file)
    elif kind == "npz":
        np.savez(file, **arrays)
    else:
        torch.save({name: torch.tensor(array) for name, array in arrays.items()}, file)
    name, found = network_of_file(str(file), "tanh")
    assert same(found)
    assert name == ("T3_h64" if "/" in names[0] else "mine")


def test_in_double_precision(tmp_path: Path) -> None:
    arrays = {"W_in": W_UH, "W_rec": W_HH, "W_out": W_R}
    np.savez(tmp_path / "a.npz", **{name: array.astype(np.float64) for name, array in arrays.items()})
    assert same(network_of_file(str(tmp_path / "a.npz"), "tanh")[1])


@pytest.mark.parametrize(
    "wrap", [lambda s: s, lambda s: {"state_dict": s, "epoch": 3}, lambda s: {"model_state_dict": s}]
)
def test_a_state_dict_without_biases_or_with_biases_of_zero_is_the_papers_network(tmp_path: Path, wrap) -> None:
    for bias in (False, True):
        net = Net(bias=bias)
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.zero_()
            for parameter, array in zip(
                [net.rnn.weight_ih_l0, net.rnn.weight_hh_l0, net.readout.weight], NETWORK.arrays().values(), strict=True
            ):
                parameter.copy_(torch.tensor(array))
        torch.save(wrap(net.state_dict()), tmp_path / "net.pt")
        assert same(network_of_file(str(tmp_path / "net.pt"), "tanh")[1])


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (nn.RNN, {}),
        (nn.RNN, {"num_layers": 2, "bias": False}),
        (nn.RNN, {"nonlinearity": "relu"}),
        (nn.GRU, {"num_layers": 2, "batch_first": True}),
        (nn.LSTM, {"bias": False}),
        (nn.LSTM, {"proj_size": 2}),
        (nn.GRUCell, {}),
    ],
)
@pytest.mark.filterwarnings("ignore:LSTM with projections")
def test_other_state_dicts_do_what_their_network_does(tmp_path: Path, kind, more) -> None:
    torch.manual_seed(0)
    net = Net(kind, **more)
    torch.save(net.state_dict(), tmp_path / "net.pt")
    _, found = network_of_file(str(tmp_path / "net.pt"), more.get("nonlinearity", "tanh") if kind is nn.RNN else None)
    assert isinstance(found, Adapted)
    assert not found.verified
    assert "verified: no; a file of weights has no outputs of its network" in repr(found)
    x = torch.randn(6, 4, D)
    if kind is nn.GRUCell:
        state, every = None, []
        for u in x:
            state = net.rnn(u, state)
            every.append(net.readout(state))
        expected = torch.stack(every)
    else:
        hidden = net.rnn(x.transpose(0, 1))[0].transpose(0, 1) if more.get("batch_first") else net.rnn(x)[0]
        expected = net.readout(hidden)
    np.testing.assert_allclose(found.run(x.numpy())[1], expected.detach().numpy(), atol=1e-6)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("layers", [1, 2])
def test_the_nonlinearity_of_an_rnn_has_to_be_said_and_of_no_other(tmp_path: Path, bias: bool, layers: int) -> None:
    for kind in (nn.RNN, nn.GRU, nn.LSTM):
        torch.save(Net(kind, bias=bias, num_layers=layers).state_dict(), tmp_path / "net.pt")
        is_rnn = kind is nn.RNN
        network_of_file(str(tmp_path / "net.pt"), "tanh" if is_rnn else None)
        says = "not given: no file says it of an RNN.*; give tanh or relu$" if is_rnn else f"tanh: .* {kind.__name__}: "
        with pytest.raises(InputError, match=f"^--nonlinearity: {says}") as caught:
            network_of_file(str(tmp_path / "net.pt"), None if is_rnn else "tanh")
        assert "\n" not in str(caught.value)


def test_one_of_several(tmp_path: Path) -> None:
    other = make_network(D, H, seed=1)
    save_networks(tmp_path / "w.safetensors", {"a": NETWORK, "b": other})
    name, found = network_of_file(str(tmp_path / "w.safetensors" / "b"), "tanh")
    assert name == "b"
    assert same(found, other)
    with pytest.raises(InputError, match=r"2 networks: name one, such as .*w.safetensors/a"):
        network_of_file(str(tmp_path / "w.safetensors"))
    with pytest.raises(InputError, match="has no c: it holds a"):
        network_of_file(str(tmp_path / "w.safetensors" / "c"))


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"a": W_UH, "b": W_HH, "c": W_R}, "call three arrays W_uh (hidden, d), W_hh (hidden, hidden) and W_r"),
        ({"i2h.weight": W_UH, "h2h.weight": W_HH, "h2o.weight": W_R}, "W_in, W_rec, W_out; or give torch's state dict"),
        ({"W_in": W_UH, "W_rec": W_HH, "W_r": W_R}, "call three arrays W_uh (hidden, d)"),
        ({"W_in": W_UH.T.copy(), "W_rec": W_HH, "W_out": W_R.T.copy()}, "must be input (hidden, d), recurrent"),
        ({"W_in": W_UH, "W_rec": W_HH, "W_out": W_HH}, "must be input (hidden, d), recurrent (hidden, hidden)"),
        ({"W_in": W_UH, "W_rec": W_HH * np.nan, "W_out": W_R}, "W_rec is not finite in single precision"),
        ({"W_in": W_UH, "W_rec": W_HH}, "call three arrays W_uh (hidden, d)"),
        ({"rnn.weight_ih_l0": W_UH, "rnn.weight_hh_l0": W_HH}, "one linear readout must be beside it, not nothing"),
        ({"weight_ih_l0": W_UH, "weight_hh_l0": W_HH, "a.weight": W_R, "b.weight": W_R}, "not a.weight, b.weight"),
        ({"weight_ih_l0": W_UH, "weight_hh_l0": W_HH, "o.weight": W_R, "first": W_HH[0]}, "not first, o.weight"),
        ({"weight_ih_l0": W_UH, "weight_ih_l0_reverse": W_UH, "o": W_R, "x": W_R}, "one recurrent module that"),
        ({"weight_ih_l0": W_UH, "weight_hh_l0": W_HH, "bias_ih_l0": np.ones(9, "f4"), "o": W_R}, "do not fit"),
        ({"weight_ih_l0": W_UH, "weight_hh_l0": np.ones((10, 5), "f4"), "o.weight": W_R}, "2 gates: known are RNN (1)"),
        ({"W_in": W_UH[:0], "W_rec": W_HH[:0, :0], "W_out": W_R[:, :0]}, "type float32 and shape (0, 3): save"),
        ({"W_in": W_UH, "W_rec": W_HH.astype("f8") * 1e300, "W_out": W_R}, "W_rec is not finite in single precision"),
    ],
)  # fmt: skip
def test_files_that_hold_no_such_network_are_one_clear_line(tmp_path: Path, arrays, says: str) -> None:
    save_file(arrays, tmp_path / "mine.safetensors")
    with pytest.raises(InputError) as caught:
        network_of_file(str(tmp_path / "mine.safetensors"), "tanh")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["mine.safetensors", "mine.npz", "mine.pt"])
@pytest.mark.parametrize("content", [b"", b"nothing of the kind"])
def test_damaged_files_are_one_clear_line(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="damaged, or not") as caught:
        network_of_file(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_a_whole_module_is_not_unpickled(tmp_path: Path) -> None:
    torch.save(Net(), tmp_path / "net.pt")
    np.savez(tmp_path / "net.npz", W=np.array([{}], dtype=object))
    for name in ("net.pt", "net.npz"):
        with pytest.raises(
            InputError, match=r"Python objects are not read, .*; save model\.state_dict\(\), or arrays$"
        ):
            network_of_file(str(tmp_path / name))


@pytest.mark.parametrize("dtype", ["U3", "c8", "M8[D]", "?"])
def test_arrays_of_what_is_no_real_number_are_one_clear_line(tmp_path: Path, dtype: str) -> None:
    np.savez(tmp_path / "mine.npz", W_in=W_UH, W_rec=np.zeros((H, H), int).astype(dtype), W_out=W_R)
    with pytest.raises(InputError, match=r"W_rec is of type .*save arrays of real numbers") as caught:
        network_of_file(str(tmp_path / "mine.npz"))
    assert "\n" not in str(caught.value)


def test_what_is_no_array_of_a_file_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", W_in=W_UH, W_rec=W_HH, W_out=W_R)
    with zipfile.ZipFile(tmp_path / "mine.npz", "a") as archive:
        archive.writestr("readme.txt", "weights")
    whole = {"rnn.weight_ih_l0": torch.tensor(W_UH), "rnn.weight_hh_l0": torch.tensor(W_HH)}
    torch.save({**whole, "out.weight": torch.tensor(W_R).to_sparse()}, tmp_path / "sparse.pt")
    for name, says in (
        ("mine.npz", r"readme.txt is of type \|S7 and shape \(\): save arrays of real numbers"),
        ("sparse.pt", r"out.weight: Tensor is no plain array \(.*[Ss]parse"),
    ):
        with pytest.raises(InputError, match=says):
            network_of_file(str(tmp_path / name))


def test_a_file_without_arrays_is_one_clear_line(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz")
    save_file({}, tmp_path / "mine.safetensors")
    torch.save({}, tmp_path / "mine.pt")
    for name in ("mine.npz", "mine.safetensors", "mine.pt"):
        with pytest.raises(InputError, match="holds no arrays"):
            network_of_file(str(tmp_path / name))


def state_dict_of(cell: Callable[..., nn.Module], **more: int) -> dict[str, torch.Tensor]:
    module, readout = cell(2, 6, **more), nn.Linear(more.get("proj_size", 6), 2)
    return {f"rnn.{key}": value for key, value in module.state_dict().items()} | {
        f"out.{key}": value for key, value in readout.state_dict().items()
    }


@pytest.mark.parametrize("cell", [nn.RNN, nn.GRU, nn.LSTM])
def test_a_state_dict_whose_parts_do_not_fit_says_which(tmp_path: Path, cell: Callable[..., nn.Module]) -> None:
    whole = state_dict_of(cell)
    for key in whole:
        torch.save({name: value for name, value in whole.items() if name != key}, tmp_path / "lacks.pt")
        torch.save({**whole, key: torch.ones(*whole[key].shape[:-1], 5)}, tmp_path / "other.pt")
        for name in ("lacks.pt", "other.pt"):
            if (name, key) in {("lacks.pt", "out.bias"), ("other.pt", "rnn.weight_ih_l0")}:
                continue  # a readout may have no bias, and a network any number of inputs
            with pytest.raises(InputError, match="weights: ") as caught:
                network_of_file(str(tmp_path / name), "tanh" if cell is nn.RNN else None)
            assert "\n" not in str(caught.value)
            assert "Error(s) in loading" not in str(caught.value)


@pytest.fixture
def circuit(tmp_path: Path) -> Path:
    task = tasks.named("T1", 2, 3)
    network, _ = saturated_circuit(task)
    arrays = [np.ascontiguousarray(array) for array in network.arrays().values()]  # as safetensors wants them
    save_file(dict(zip(("W_in", "W_rec", "W_out"), arrays, strict=True)), tmp_path / "mine.safetensors")
    rnn = {"rnn.weight_ih_l0": network.W_uh, "rnn.weight_hh_l0": network.W_hh, "out.weight": network.W_r}
    biases = {
        "rnn.bias_ih_l0": np.full(network.hidden_dim, 1e-3, np.float32),
        "rnn.bias_hh_l0": np.zeros(network.hidden_dim, np.float32),
    }
    torch.save({name: torch.tensor(array) for name, array in {**rnn, **biases}.items()}, tmp_path / "biased.pt")
    return tmp_path


SIZE = "--task T1 --dimensions 2 --variables 3 --nonlinearity tanh"
NOT_VERIFIED = "verified: no; a file of weights has no outputs of its network, to which it could be held"


@pytest.mark.parametrize(
    ("file", "figures"),
    [
        ("mine.safetensors", ["edits", "hidden_state", "spectrum", "weights"]),
        pytest.param("biased.pt", ["dynamics", "edits"], marks=pytest.mark.long),
    ],
)
def test_interpret_and_edit_from_the_command_line(emtvb, circuit: Path, file: str, figures: list[str]) -> None:  # noqa: F811
    name = file.split(".")[0]
    status, out, err = emtvb(f"interpret {circuit / file} {SIZE}")
    assert status == 0, err
    assert f"{name}: linearly stored and editable" in out
    assert NOT_VERIFIED in out
    made = circuit / f"{name}-interpretation" / name
    assert f"\nopen first {made / 'edits.png'}: " in out
    assert sorted(path.stem for path in made.glob("*.png")) == figures
    assert pd.read_csv(made / "measurements.csv")["run_id"].tolist() == [name]
    status, out, err = emtvb(f"edit {circuit / file} {SIZE} --at 10 --variable 2 --flip 1 --output {circuit / 'there'}")
    assert status == 0, err
    assert "100 of 100 output vectors are the theory's for the edited variables" in out
    assert NOT_VERIFIED in out
    assert (circuit / "there" / "edit.png").stat().st_size > 0


def test_a_page_from_the_command_line(emtvb, circuit: Path) -> None:  # noqa: F811
    call = f"edit {circuit / 'mine.safetensors'} {SIZE} --page --output {circuit / 'there'}"
    page = circuit / "there" / "edit.html"
    status, out, err = emtvb(call)
    assert status == 0, err
    assert str(page) in out
    assert NOT_VERIFIED in out
    assert '"first": {"basis": "data"}' in page.read_text()
    status, out, err = emtvb(f"{call} --at 10 --variable 2 --set +- --basis power")
    assert status == 0, err
    assert '"first": {"basis": "power", "edit": "10:set:2:+-", "step": "110"}' in page.read_text()
    assert (circuit / "there" / "edit.png").is_file()
    chosen = circuit / "experiment" / "measurements"
    chosen.mkdir(parents=True)
    task = tasks.named("T1", 2, 3)
    names = ["one", "two"]
    network = saturated_circuit(task)[0]
    content.write_networks(chosen / "page.npz", [shown_network(name, network, task) for name in names])
    status, out, err = emtvb(f"edit {chosen.parent} --page")
    assert status == 0, err
    text = (chosen.parent / "interpretation" / "edit.html").read_text()
    assert all(f'"id": "{name}"' in text for name in names)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (f"edit {{0}}/biased.pt {SIZE} --page", "--page: {0}/biased.pt: a browser runs networks of the paper's kind"),
        (f"edit {{0}}/mine.safetensors {SIZE} --page --basis realisation", "--basis: realisation: the page has data"),
        (f"edit {{0}}/mine.safetensors {SIZE} --page --at 3", "edit: nothing: give one of --flip"),
        ("edit {0}/mine.safetensors --page", "--task: not given"),
        ("interpret {0}/mine.safetensors", "--task: not given: say what the network of"),
        ("interpret {0}/mine.safetensors --task T1 --dimensions 0", "d (dimensions): 0: give a positive integer"),
        ("interpret {0}/mine.safetensors --task T1 --variables 0", "s (variables): 0: give a positive integer"),
        ("interpret {0}/mine.safetensors --task T1", "--nonlinearity: not given: no file says it of an RNN"),
        ("interpret {0}/mine.safetensors --task T1 --nonlinearity tanh", "d = 2: task T1 has d = 8"),
        ("interpret {0}/biased.pt --task T1 --nonlinearity tanh", "2 inputs, 2 outputs: task T1 has d = 8"),
        ("interpret {0}/none.pt --task T1", "weights file: {0}/none.pt: no such file; name one, or a run"),
        ("edit {0}/mine.safetensors --at 3 --variable 1 --flip 0", "--task: not given"),
        (f"edit {{0}}/biased.pt {SIZE} --at 3 --variable 1 --flip 0 --basis power", "--basis: power: it is for"),
        (f"edit {{0}}/biased.pt {SIZE} --at 9 --variable 7 --flip 0", "variable: 7: variables run from 1"),
    ],
)  # fmt: skip
def test_bad_calls_are_one_line(emtvb, circuit: Path, arguments: str, says: str) -> None:  # noqa: F811
    status, out, err = emtvb(arguments.format(circuit))
    assert status == 2
    assert says.format(circuit) in err
    assert err.count("\n") == 1
    assert out == ""
