from __future__ import annotations

import numpy as np
import torch

from ..architectures.conftest import make_architecture


def test_it_is_torchs() -> None:
    system = make_architecture("lstm", d=3, hidden_dim=7)
    lstm = torch.nn.LSTM(3, 7, bias=False)
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(torch.from_numpy(system.W_uh))
        lstm.weight_hh_l0.copy_(torch.from_numpy(system.W_hh))
        x = torch.randn(11, 4, 3)
        expected, (h, c) = lstm(x)
    states, outputs = system.drive(x.numpy())
    np.testing.assert_allclose(states[..., :7], expected.numpy(), atol=1e-5)
    np.testing.assert_allclose(states[-1], np.hstack([h[0].numpy(), c[0].numpy()]), atol=1e-5)
    np.testing.assert_allclose(outputs, expected.numpy() @ system.W_r.T, atol=1e-5)
