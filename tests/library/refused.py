"""Networks that cannot be adapted as they come, as libraries and tutorials write them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

D, H, OUT, WORDS = 3, 16, 2, 7


class Leaky(nn.Module):
    """As snntorch's: a membrane that is an attribute too, and is gone on from where none is given."""

    def __init__(self) -> None:
        super().__init__()
        self.mem = torch.zeros(0)

    def forward(self, input_: Tensor, mem: Tensor | None = None) -> tuple[Tensor, Tensor]:
        self.mem = self.mem if mem is None else mem
        self.mem = self.mem if self.mem.shape == input_.shape else torch.zeros_like(input_)
        self.mem = 0.9 * self.mem + input_ - (self.mem > 1).float()
        return (self.mem > 1).float(), self.mem


class Synaptic(nn.Module):
    """As snntorch's: a current and a membrane, each an argument and a value that is returned."""

    def __init__(self) -> None:
        super().__init__()
        self.syn, self.mem = torch.zeros(0), torch.zeros(0)

    def forward(self, input_: Tensor, syn: Tensor | None = None, mem: Tensor | None = None) -> tuple[Tensor, ...]:
        self.syn, self.mem = self.syn if syn is None else syn, self.mem if mem is None else mem
        self.syn = self.syn if self.syn.shape == input_.shape else torch.zeros_like(input_)
        self.mem = self.mem if self.mem.shape == input_.shape else torch.zeros_like(input_)
        self.syn = 0.8 * self.syn + input_
        self.mem = 0.9 * self.mem + self.syn - (self.mem > 1).float()
        return (self.mem > 1).float(), self.syn, self.mem


class RLeaky(nn.Module):
    """As snntorch's: its spikes, which are its output, are a state too."""

    def __init__(self) -> None:
        super().__init__()
        self.V, self.spk, self.mem = nn.Linear(D, D), torch.zeros(0), torch.zeros(0)

    def forward(self, input_: Tensor, spk: Tensor | None = None, mem: Tensor | None = None) -> tuple[Tensor, Tensor]:
        self.spk, self.mem = self.spk if spk is None else spk, self.mem if mem is None else mem
        self.spk = self.spk if self.spk.shape == input_.shape else torch.zeros_like(input_)
        self.mem = self.mem if self.mem.shape == input_.shape else torch.zeros_like(input_)
        self.mem = 0.9 * self.mem + input_ + self.V(self.spk) - (self.mem > 1).float()
        self.spk = (self.mem > 1).float()
        return self.spk, self.mem


class Spikes(nn.Module):
    """As snntorch's tutorial: two layers of such neurons in a loop over time."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.lif1, self.fc2, self.lif2 = nn.Linear(D, H), Leaky(), nn.Linear(H, OUT), Leaky()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mem1, mem2 = torch.zeros(x.shape[1], H), torch.zeros(x.shape[1], OUT)
        spikes, membranes = [], []
        for u in x:
            spk1, mem1 = self.lif1(3 * self.fc1(u), mem1)
            spk2, mem2 = self.lif2(3 * self.fc2(spk1), mem2)
            spikes.append(spk2)
            membranes.append(mem2)
        return torch.stack(spikes), torch.stack(membranes)


class Stateful(nn.Module):
    """It goes on from where its last batch ended."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.out = nn.LSTM(D, H, batch_first=True), nn.Linear(H, OUT)
        self.hidden: tuple[Tensor, Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        y, hidden = self.lstm(x, self.hidden)
        self.hidden = hidden[0].detach(), hidden[1].detach()
        return self.out(y)


class FixedBatch(nn.Module):
    """It takes 20 trials, no more and no fewer."""

    def __init__(self) -> None:
        super().__init__()
        self.batch_size = 20
        self.lstm, self.fc, self.out = nn.LSTM(D, H), nn.Linear(H, H), nn.Linear(H, OUT)

    def forward(self, x: Tensor) -> Tensor:
        begin = torch.zeros(1, self.batch_size, H)
        return self.out(self.fc(self.lstm(x, (begin, begin))[0]))


class Lengths(nn.Module):
    """It wants the lengths of its sequences."""

    def __init__(self) -> None:
        super().__init__()
        self.front, self.gru = nn.Linear(D, D), nn.GRU(D, H, batch_first=True)
        self.drop, self.out = nn.Dropout(0.5), nn.Linear(H, OUT)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(self.front(x), lengths, batch_first=True, enforce_sorted=False)
        return self.out(self.drop(nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], batch_first=True)[0]))


class Tagger(nn.Module):
    """As torch's tutorial: the ids of one trial."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.lstm, self.out = nn.Embedding(WORDS, D), nn.LSTM(D, H), nn.Linear(H, OUT)

    def forward(self, sentence: Tensor) -> Tensor:
        y, _ = self.lstm(self.embed(sentence).view(len(sentence), 1, -1))
        return self.out(y.view(len(sentence), -1))


class OneTrial(nn.Module):
    """The same of numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.out = nn.LSTM(D, H), nn.Linear(H, OUT)

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.lstm(x.view(len(x), 1, -1))
        return self.out(y.view(len(x), -1))
