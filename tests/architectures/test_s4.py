from __future__ import annotations

import numpy as np
from scipy.signal import cont2discrete

from emtvb.training.architectures.s4 import MODES

from .conftest import make_architecture


def test_each_channel_is_the_continuous_system_under_a_zero_order_hold() -> None:
    """Step by step as scipy discretises the complex system, channel by channel."""
    d, channels = 2, 3
    system = make_architecture("s4", d, channels)
    x = np.random.default_rng(0).normal(size=(12, 1, d)).astype(np.float32)
    features = x[:, 0] @ system.W_in.T
    y = np.zeros((len(x), channels))
    for k in range(channels):
        A = np.diag(-np.exp(system.log_decay[k].astype(float)) + 1j * system.frequency[k])
        dt = float(np.exp(system.log_dt[k]))
        a, b, *_ = cont2discrete((A, np.ones((MODES, 1)), np.ones((1, MODES)), np.zeros((1, 1))), dt)
        C = system.C[k, :, 0] + 1j * system.C[k, :, 1]
        state = np.zeros(MODES, np.complex128)
        for t in range(len(x)):
            state = a @ state + b[:, 0] * features[t, k]
            y[t, k] = 2 * (C @ state).real + system.D[k] * features[t, k]
    gelu = y * (1 + np.tanh(np.sqrt(2 / np.pi) * (y + 0.044715 * y**3))) / 2
    np.testing.assert_allclose(system.drive(x)[1][:, 0], gelu @ system.W_out.T, atol=1e-4)


def test_no_mode_grows() -> None:
    assert np.abs(np.linalg.eigvals(make_architecture("s4").linearise())).max() < 1
