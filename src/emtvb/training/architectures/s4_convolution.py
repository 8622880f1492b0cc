"""S4D as a convolution, which is trained along all of time at once; ``s4`` has it step by step."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional, init

from emtvb.training.architectures.s4 import MODES, S4


class S4Convolution(nn.Module):
    """S4D as torch trains it; its parameters are the arrays of :class:`S4`, in their order."""

    W_in: Tensor
    log_dt: Tensor
    log_decay: Tensor
    frequency: Tensor
    C: Tensor
    D: Tensor
    W_out: Tensor

    def __init__(self, d: int, hidden_dim: int) -> None:
        super().__init__()
        for name, shape in S4.shapes(d, hidden_dim).items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))

    @torch.no_grad()
    def draw(self, generator: torch.Generator) -> None:
        """S4D-Lin: decay 1/2, frequencies pi n, C complex normal; and steps dt with which the modes fill the circle.

        The fastest mode turns by pi (MODES - 1) dt a step: with the usual dt, 0.001 to 0.1, so few modes stay far
        from the fast ones that Phi has, and training stalls.
        """
        for weights in (self.W_in, self.W_out):
            init.kaiming_uniform_(weights, a=math.sqrt(5), generator=generator)
        init.uniform_(self.log_dt, math.log(1 / MODES), math.log(3 / MODES), generator=generator)
        init.constant_(self.log_decay, math.log(0.5))
        self.frequency.copy_(math.pi * torch.arange(MODES).expand_as(self.frequency))
        init.normal_(self.C, 0.0, math.sqrt(0.5), generator=generator)
        init.normal_(self.D, generator=generator)

    def forward(self, inputs: Float[Tensor, "time batch d"]) -> Float[Tensor, "time batch d"]:
        """The outputs, by convolution with the kernel 2 Re(C . a^t b)."""
        time = len(inputs)
        A = torch.complex(-self.log_decay.exp(), self.frequency)
        log_a = A * self.log_dt.exp()[:, None]
        weights = torch.view_as_complex(self.C) * (log_a.exp() - 1) / A
        powers = (log_a[:, :, None] * torch.arange(time, device=log_a.device)).exp()
        kernel = 2 * torch.einsum("cm,cmt->tc", weights, powers).real
        features = inputs @ self.W_in.T
        y = _convolve(features, kernel[:, None]) + self.D * features
        return functional.gelu(y, approximate="tanh") @ self.W_out.T


def _convolve(
    signal: Float[Tensor, "time batch channel"], kernel: Float[Tensor, "time 1 channel"]
) -> Float[Tensor, "time batch channel"]:
    """The causal convolution along time, by FFT."""
    length = 2 * len(signal)
    product = torch.fft.rfft(signal, length, dim=0) * torch.fft.rfft(kernel, length, dim=0)
    return torch.fft.irfft(product, length, dim=0)[: len(signal)]
