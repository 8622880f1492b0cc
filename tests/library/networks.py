"""Networks as people write them, and stand-ins for the interfaces of libraries: each is what its own ``forward`` is."""

from __future__ import annotations

import types

import torch
from torch import Tensor, nn
from torch.nn import functional

D, H, OUT = 3, 16, 2


class CTRNN(nn.Module):
    """The tutorials' continuous-time network: time first, a loop, all states out."""

    def __init__(self, noise: float = 0.0) -> None:
        super().__init__()
        self.into, self.over, self.noise = nn.Linear(D, H), nn.Linear(H, H), noise

    def init_hidden(self, input_shape) -> Tensor:
        return torch.zeros(input_shape[1], H)

    def recurrence(self, x: Tensor, hidden: Tensor) -> Tensor:
        pre = self.into(x) + self.over(hidden)
        pre = pre + self.noise * torch.randn_like(pre) if self.noise else pre
        return 0.8 * hidden + 0.2 * torch.relu(pre)

    def forward(self, x: Tensor, hidden: Tensor | None = None) -> tuple[Tensor, Tensor]:
        hidden = self.init_hidden(x.shape) if hidden is None else hidden
        every = []
        for t in range(x.size(0)):
            hidden = self.recurrence(x[t], hidden)
            every.append(hidden)
        return torch.stack(every), hidden


class CTRNNStatesOnly(CTRNN):
    """It gives back the states of all steps, and nothing else."""

    def forward(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:  # type: ignore[override]
        return super().forward(x, hidden)[0]


class CTRNNNet(nn.Module):
    """Around it a readout."""

    def __init__(self, kind=CTRNN, **more) -> None:
        super().__init__()
        self.rnn, self.fc = kind(**more), nn.Linear(H, OUT)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        states = self.rnn(x)
        states = states[0] if isinstance(states, tuple) else states
        return self.fc(states), states


class Loop(nn.Module):
    """One module; its loop calls a method; no state goes in or comes out."""

    def __init__(self, batch_first: bool) -> None:
        super().__init__()
        self.into, self.over, self.fc, self.batch_first = (
            nn.Linear(D, H),
            nn.Linear(H, H),
            nn.Linear(H, OUT),
            batch_first,
        )

    def recurrence(self, x: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(self.into(x) + self.over(h))

    def forward(self, x: Tensor) -> Tensor:
        x = x.transpose(0, 1) if self.batch_first else x
        h, every = torch.zeros(x.shape[1], H), []
        for u in x:
            h = self.recurrence(u, h)
            every.append(self.fc(h))
        return torch.stack(every, 1 if self.batch_first else 0)


class Rate(nn.Module):
    """Batch first, with ``init_hidden``; ``gives`` the last state, or those of all steps."""

    def __init__(self, gives: str = "last", noise: float = 0.0, begin: float = 0.0) -> None:
        super().__init__()
        self.into, self.over, self.fc = nn.Linear(D, H), nn.Linear(H, H, bias=False), nn.Linear(H, OUT)
        self.gives, self.noise, self.begin = gives, noise, begin

    def init_hidden(self, batch: int) -> Tensor:
        return torch.full((batch, H), self.begin)

    def forward(self, x: Tensor, h: Tensor | None = None) -> tuple[Tensor, Tensor]:
        h = torch.zeros(x.shape[0], H) if h is None else h
        outputs, every = [], []
        for t in range(x.shape[1]):
            h = 0.7 * h + 0.3 * (self.over(torch.tanh(h)) + self.into(x[:, t]))
            h = h + self.noise * torch.randn(h.shape) if self.noise else h
            outputs.append(self.fc(torch.tanh(h)))
            every.append(h)
        return torch.stack(outputs, 1), h if self.gives == "last" else torch.stack(every, 1)


class LowRank(nn.Module):
    """As in the literature on low-rank networks: asked for its states, it gives those of all steps, and the first."""

    def __init__(self, noise: float = 0.0) -> None:
        super().__init__()
        self.wi, self.m, self.n = nn.Linear(D, H), nn.Parameter(torch.randn(H, 2)), nn.Parameter(torch.randn(H, 2))
        self.wo, self.h0, self.noise = nn.Parameter(torch.randn(H, OUT) / H), nn.Parameter(torch.ones(H)), noise

    def forward(self, x: Tensor, return_dynamics: bool = False, initial_states: Tensor | None = None):
        h = self.h0.expand(len(x), -1) if initial_states is None else initial_states
        noise, outputs, every = self.noise * torch.randn(*x.shape[:2], H), [], [h]
        for t in range(x.shape[1]):
            h = 0.8 * h + 0.2 * (torch.tanh(h) @ self.n @ self.m.T / H + self.wi(x[:, t])) + noise[:, t]
            outputs.append(torch.tanh(h) @ self.wo)
            every.append(h)
        shown = torch.stack(outputs, 1)
        return (shown, torch.stack(every, 1)) if return_dynamics else shown


class LSTMByHand(nn.Module):
    """A cell that returns (h, c), as its input takes it."""

    def __init__(self) -> None:
        super().__init__()
        self.gates = nn.Linear(D + H, 4 * H)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        h, c = state
        i, f, g, o = self.gates(torch.cat([x, h], 1)).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class AroundCell(nn.Module):
    """A loop around such a cell."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.fc = LSTMByHand(), nn.Linear(H, OUT)

    def forward(self, x: Tensor) -> Tensor:
        state = (torch.zeros(len(x), H), torch.zeros(len(x), H))
        every = []
        for t in range(x.shape[1]):
            state = self.cell(x[:, t], state)
            every.append(self.fc(state[0]))
        return torch.stack(every, 1)


class S5SSM(nn.Module):
    """As s5-pytorch's: one trial's step by ``forward_rnn``, one trial's sequence by ``forward``."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("a", 0.9 * torch.exp(1j * torch.linspace(0.1, 2, H)))
        self.B = nn.Parameter(torch.randn(H, D, dtype=torch.complex64))
        self.C = nn.Parameter(torch.randn(D, H, dtype=torch.complex64))

    def initial_state(self, batch_size: int | None) -> Tensor:
        return torch.zeros((*(() if batch_size is None else (batch_size,)), H), dtype=torch.complex64)

    def forward_rnn(self, signal: Tensor, prev_state: Tensor, step_scale: float = 1.0) -> tuple[Tensor, Tensor]:
        x = self.a * prev_state + self.B @ signal.to(torch.complex64)
        return (self.C @ x).real, x

    def forward(self, signal: Tensor, step_scale: float = 1.0) -> Tensor:
        x, every = self.initial_state(None), []
        for u in signal:
            y, x = self.forward_rnn(u, x)
            every.append(y)
        return torch.stack(every)


class S5(nn.Module):
    """The layer around it, which has a beginning and no step."""

    def __init__(self) -> None:
        super().__init__()
        self.seq = S5SSM()

    def initial_state(self, batch_size: int | None = None) -> Tensor:
        return self.seq.initial_state(batch_size)

    def forward(self, signal: Tensor, step_scale: float = 1.0) -> Tensor:
        return torch.stack([self.seq(one) for one in signal])


class MambaBlock(nn.Module):
    """As mambapy's: a cache (h, inputs) of a scan and a convolution, begun by the caller at (None, zeros)."""

    def __init__(self, config: types.SimpleNamespace) -> None:
        super().__init__()
        self.config, E = config, config.d_inner
        self.in_proj, self.out_proj = nn.Linear(D, 2 * E), nn.Linear(E, D)
        self.conv1d = nn.Conv1d(E, E, config.d_conv, groups=E, padding=config.d_conv - 1)
        self.decay = nn.Linear(E, E)

    def step(self, x: Tensor, cache: tuple[Tensor | None, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        h, inputs = cache
        x, z = self.in_proj(x).chunk(2, dim=1)
        kept = x.unsqueeze(2)
        x = functional.silu(self.conv1d(torch.cat([inputs, kept], dim=2))[:, :, self.config.d_conv - 1])
        h = x if h is None else self.decay(x).sigmoid() * h + x
        return self.out_proj(h * functional.silu(z)), (h, torch.cat([inputs[:, :, 1:], kept], dim=2))

    def forward(self, x: Tensor) -> Tensor:
        length = x.shape[1]
        x, z = self.in_proj(x).chunk(2, dim=-1)
        x = functional.silu(self.conv1d(x.transpose(1, 2))[:, :, :length]).transpose(1, 2)
        h, every = torch.zeros_like(x[:, 0]), []
        for t in range(length):
            h = self.decay(x[:, t]).sigmoid() * h + x[:, t]
            every.append(h)
        return self.out_proj(torch.stack(every, 1) * functional.silu(z))


class Mamba(nn.Module):
    """Two of them, whose caches are a list that is written into."""

    def __init__(self) -> None:
        super().__init__()
        self.config = types.SimpleNamespace(d_inner=8, d_conv=4)
        self.layers = nn.ModuleList([MambaBlock(self.config) for _ in range(2)])

    def step(self, x: Tensor, caches: list) -> tuple[Tensor, list]:
        for i, layer in enumerate(self.layers):
            x, caches[i] = layer.step(x, caches[i])
        return x, caches

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


def g(x: Tensor) -> Tensor:
    return torch.where(x >= 0, x + 0.5, x.sigmoid())


class MinGRU(nn.Module):
    """As minGRU-pytorch's: batch first, its state is returned when it is asked for (``asked``), or is its output."""

    def __init__(self) -> None:
        super().__init__()
        self.both, self.out = nn.Linear(D, 2 * H), nn.Linear(H, D)

    def forward(self, x: Tensor, prev_hidden: Tensor | None = None, return_next_prev_hidden: bool = False):
        hidden, gate = self.both(x).chunk(2, dim=-1)
        hidden, gate = g(hidden), gate.sigmoid()
        h = torch.zeros_like(hidden[:, :1]) if prev_hidden is None else prev_hidden
        every = []
        for t in range(x.shape[1]):
            h = torch.lerp(h, hidden[:, t : t + 1], gate[:, t : t + 1])
            every.append(h)
        shown = self.out(torch.cat(every, 1))
        return (shown, h) if return_next_prev_hidden else shown


class MinGRUAlone(nn.Module):
    """Its first version: the output is the state."""

    def __init__(self) -> None:
        super().__init__()
        self.both = nn.Linear(D, 2 * H)

    def forward(self, x: Tensor, prev_hidden: Tensor | None = None) -> Tensor:
        hidden, gate = self.both(x).chunk(2, dim=-1)
        hidden, gate = g(hidden), gate.sigmoid()
        h = torch.zeros_like(hidden[:, :1]) if prev_hidden is None else prev_hidden
        every = []
        for t in range(x.shape[1]):
            h = torch.lerp(h, hidden[:, t : t + 1], gate[:, t : t + 1])
            every.append(h)
        return torch.cat(every, 1)


class XLSTMLayer(nn.Module):
    """As xlstm's mLSTM layer: steps (B, 1, D), two states each by its name, given back in a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v, self.gate, self.down = (
            nn.Linear(D, 4), nn.Linear(D, 4), nn.Linear(D, 4), nn.Linear(D, 2), nn.Linear(4, D),
        )  # fmt: skip

    def step(self, x: Tensor, mlstm_state=None, conv_state=None):
        B = x.shape[0]
        c, n = (torch.zeros(B, 4, 4), torch.zeros(B, 4)) if mlstm_state is None else mlstm_state
        (before,) = (torch.zeros(B, 1, D),) if conv_state is None else conv_state
        mixed = (x + 0.5 * before)[:, 0]
        f, i = self.gate(mixed).sigmoid().chunk(2, 1)
        k, v = self.k(mixed), self.v(mixed)
        c = f[..., None] * c + (i * v)[:, :, None] * k[:, None]
        n = f * n + i * k
        q = self.q(mixed)
        h = torch.einsum("bij,bj->bi", c, q) / (n * q).sum(1, keepdim=True).abs().clamp(min=1.0)
        return self.down(h)[:, None], {"mlstm_state": (c, n), "conv_state": (x,)}

    def forward(self, x: Tensor) -> Tensor:
        state, every = {}, []
        for t in range(x.shape[1]):
            y, state = self.step(x[:, t : t + 1], **state)
            every.append(y)
        return torch.cat(every, 1)


class XLSTMStack(nn.Module):
    """Blocks of it, whose states are a dict of dicts."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([XLSTMLayer(), XLSTMLayer()])

    def step(self, x: Tensor, state: dict | None = None) -> tuple[Tensor, dict]:
        state = {} if state is None else state
        for i, block in enumerate(self.blocks):
            more, state[f"block_{i}"] = block.step(x, **state.get(f"block_{i}", {}))
            x = x + more
        return x, state

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = x + block(x)
        return x


class RawLoop(nn.Module):
    """A loop over time without anything that could be called: it cannot be adapted as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.over, self.fc = nn.Linear(D, H), nn.Linear(H, H), nn.Linear(H, OUT)

    def forward(self, x: Tensor) -> Tensor:
        h, every = torch.zeros(x.shape[0], H), []
        for t in range(x.shape[1]):
            h = torch.tanh(self.into(x[:, t]) + self.over(h))
            every.append(self.fc(h))
        return torch.stack(every, 1)


class Forgetful(Rate):
    """It begins anew whatever state it is handed."""

    def forward(self, x: Tensor, h: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return super().forward(x, None)


class Company(Rate):
    """A trial is seen against the mean of all."""

    def forward(self, x: Tensor, h: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return super().forward(x - x.mean(0), h)


class Secret(nn.Module):
    """Its state is an attribute; what it hands out is only a part of it."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.trace = nn.GRUCell(D, H), None

    def init_hidden(self, batch: int) -> Tensor:
        self.trace = torch.zeros(batch, H)
        return torch.zeros(batch, H)

    def forward(self, u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = self.cell(u, h)
        self.trace = 0.5 * self.trace + h
        return self.trace, h
