"""Fixed points of any network: ``fixed_points``."""

from __future__ import annotations

from typing import Any

from emtvb.adapters.adapting import adapt
from emtvb.core import dynamics
from emtvb.core.dynamics import FixedPoints


def fixed_points(
    system: Any,
    starts: Any,
    inputs: Any = None,
    *,
    tolerance: float = 1e-4,
    most: int = 100,
) -> FixedPoints:
    """Fixed points h = F(h, u) under a constant input, stable or not, from each of these states by Newton's method.

    A step of Levenberg and Marquardt on |F(h, u) - h|^2, with the Jacobian of :meth:`Adapted.jacobian`, is taken where
    it makes the speed smaller. (Sussillo and Barak 2013 minimise the same.)

    Args:
        system: Of :func:`adapt`, or what it takes.
        starts: Where to start, (start, state), such as states that were recorded: ``trials.test.states[-1]``.
        inputs: u, (input,); zero by default.
        tolerance: A point counts where its speed is below this share of the starts' mean size; two are one where they
            are nearer than a hundred times that.
        most: Steps of the method.

    Returns:
        The points (point, state), and of each its speed, Jacobian and eigenvalues.

    Raises:
        InputError: Where starts or inputs are not of the network's size, or not finite.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> system = emtvb.adapt(lambda u, h: (h, np.tanh(2 * h)), state=1, input_dim=1)
        >>> emtvb.fixed_points(system, [[0.5], [-0.5]]).points.round(2)
        array([[ 0.96],
               [-0.96]])
    """
    return dynamics.find_fixed_points(adapt(system), starts, inputs, tolerance=tolerance, most=most)
