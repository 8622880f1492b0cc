"""A layer of S4D: linear, diagonal state-space models side by side, and a nonlinearity behind them.

After Gu, Gupta, Goel and Re, "On the parameterization and initialization of diagonal state space models" (2022):
S4D-Lin, zero-order hold. The authors of the theory use S4 with one channel per dimension and nothing behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float

from emtvb.training.architectures.layers import Layer

MODES = 8
"""Complex modes of a channel; each stands for itself and its conjugate."""


@dataclass(frozen=True, eq=False)
class S4(Layer):
    """v = W_in u; per channel x(t) = a * x(t-1) + b v(t) and y = 2 Re(C . x) + D v; the output is W_out gelu(y).

    a = exp(dt A) and b = (a - 1) / A, with A = -decay + i frequency. The flat state is x's real part, then its
    imaginary part, channel by channel.

    Attributes:
        W_in: Weights from the input to the channels.
        log_dt: Logarithm of each channel's step.
        log_decay: Logarithm of -Re A.
        frequency: Im A.
        C: Output weights, real and imaginary part.
        D: What goes past the modes.
        W_out: Readout weights.
    """

    W_in: Float[np.ndarray, "channel d"]
    log_dt: Float[np.ndarray, " channel"]
    log_decay: Float[np.ndarray, "channel mode"]
    frequency: Float[np.ndarray, "channel mode"]
    C: Float[np.ndarray, "channel mode 2"]
    D: Float[np.ndarray, " channel"]
    W_out: Float[np.ndarray, "d channel"]

    @staticmethod
    def shapes(d: int, hidden_dim: int) -> dict[str, tuple[int, ...]]:
        """The arrays' shapes, for so many channels."""
        modes = (hidden_dim, MODES)
        return {
            "W_in": (hidden_dim, d),
            "log_dt": (hidden_dim,),
            "log_decay": modes,
            "frequency": modes,
            "C": (*modes, 2),
            "D": (hidden_dim,),
            "W_out": (d, hidden_dim),
        }

    @property
    def state_dim(self) -> int:
        """Real numbers of the state."""
        return 2 * self.frequency.size

    @property
    def input_weights(self) -> Float[np.ndarray, "channel d"]:
        """Those of the channels."""
        return self.W_in

    def linearise(self) -> Float[np.ndarray, "state state"]:
        """The step of the state without input, which is linear as it stands: multiplication by a, in real numbers."""
        a = self._discrete()[0].ravel().astype(np.complex128)
        return np.block([[np.diag(a.real), -np.diag(a.imag)], [np.diag(a.imag), np.diag(a.real)]])

    def _discrete(self) -> tuple[Complex[np.ndarray, "channel mode"], Complex[np.ndarray, "channel mode"]]:
        """The a and b of the continuous system under a zero-order hold."""
        A = -np.exp(self.log_decay) + 1j * self.frequency
        a = np.exp(A * np.exp(self.log_dt)[:, None])
        return a, (a - 1) / A

    def advance(
        self, state: Float[np.ndarray, "batch state"], features: Float[np.ndarray, "time batch channel"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch d"]]:
        """States and outputs after each step from a state on, given what each input adds to the channels."""
        a, b = self._discrete()
        C = self.C[..., 0] + 1j * self.C[..., 1]
        real, imaginary = np.split(state, 2, axis=1)
        x = (real + 1j * imaginary).reshape(-1, *a.shape)
        states = np.empty((len(features), *state.shape), dtype=state.dtype)
        y = np.empty_like(features)
        for t in range(len(features)):
            x = a * x + b * features[t, :, :, None]
            y[t] = 2 * (C * x).sum(axis=2).real + self.D * features[t]
            flat = x.reshape(len(x), -1)
            states[t] = np.hstack([flat.real, flat.imag])
        return states, _gelu(y) @ self.W_out.T


def _gelu(x: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """GELU in its tanh form."""
    return x * (1 + np.tanh(np.sqrt(2 / np.pi).astype(x.dtype) * (x + 0.044715 * x**3))) / 2
