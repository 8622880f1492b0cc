from __future__ import annotations

import numpy as np
import torch

from ..architectures.conftest import make_architecture


def test_it_is_torchs() -> None:
    system = make_architecture("gru", d=3, hidden_dim=7)
    gru = torch.nn.GRU(3, 7, bias=False)
    with torch.no_grad():
        gru.weight_ih_l0.copy_(torch.from_numpy(system.W_uh))
        gru.weight_hh_l0.copy_(torch.from_numpy(system.W_hh))
        x = torch.randn(11, 4, 3)
        expected = gru(x)[0].numpy()
    states, outputs = system.drive(x.numpy())
    np.testing.assert_allclose(states, expected, atol=1e-5)
    np.testing.assert_allclose(outputs, expected @ system.W_r.T, atol=1e-5)
