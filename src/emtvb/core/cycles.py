"""Cycles of a system: how far states come back after a number of steps, and the multipliers round each cycle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Complex, Float

from emtvb.core.arguments import as_numbers, whole_number
from emtvb.core.linearisation import modulus_rounding
from emtvb.core.systems import Runnable
from emtvb.errors import InputError

_TOGETHER = 4
"""Jacobians that are multiplied before their product is put into its stable form again."""
_NUMBERS = 4_000_000
"""Numbers of Jacobians that are there at once."""
_APART = np.log(1e8)
"""A fall of D, as a logarithm, over which eigenvalues are known apart: to the square of one in so many."""
RETURNED = 0.01
"""A state came back if it is nearer to where it began than this share of its size."""
_LEAST, _MOST = 1e-300, 600.0
"""What stands for a direction that a step ends, and the largest power of e that is written out."""


@dataclass(frozen=True, eq=False, repr=False)
class Cycles:
    """States that were followed for a period, and the multipliers of each.

    The multipliers are the eigenvalues of the derivative of the state after the period by the state before it, which is
    the product of the Jacobians of its steps (Floquet multipliers; of one step, what a fixed point's eigenvalues are).

    Attributes:
        period: Steps.
        states: Where each began.
        returned: Where each was after the period.
        multipliers: Of each, the largest modulus first. One that is too large or small for a number is infinite or 0;
            its rate is known all the same.
        rates: log |multiplier| / period: by what power of e small differences grow a step.

    Example:
        >>> import emtvb
        >>> system = emtvb.adapt(lambda u, h: (h, h @ [[0, 0.5], [-0.5, 0]]), state=2, input_dim=1)
        >>> turned = emtvb.cycles(system, [[1.0, 0.0]], period=4)
        >>> turned.returned.round(4), turned.returns
        (array([[0.0625, 0.    ]]), array([False]))
    """

    period: int
    states: Float[np.ndarray, "trial state"]
    returned: Float[np.ndarray, "trial state"]
    multipliers: Complex[np.ndarray, "trial state"]
    rates: Float[np.ndarray, "trial state"]

    @property
    def distances(self) -> Float[np.ndarray, " trial"]:
        """How far each state came back from where it began, |F^period(h) - h| / |h|; 0 where neither moved."""
        moved = np.linalg.norm(self.returned - self.states, axis=1)
        size = np.linalg.norm(self.states, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(moved == 0, 0.0, moved / size)

    @property
    def returns(self) -> Bool[np.ndarray, " trial"]:
        """Whether each state came back, up to :data:`RETURNED`: only then is it on a cycle."""
        return self.distances < RETURNED

    @property
    def attracting(self) -> Bool[np.ndarray, " trial"]:
        """Whether a state came back and every multiplier lies within the unit circle: what starts near comes nearer."""
        return self.returns & (self.rates[:, 0] < -modulus_rounding(self.returned))

    @property
    def neutral(self) -> Bool[np.ndarray, " trial"]:
        """Whether a state came back, and its largest multiplier is 1 within rounding, which would decide the rest."""
        return self.returns & (np.abs(self.rates[:, 0]) <= modulus_rounding(self.returned))

    def __repr__(self) -> str:
        with np.errstate(over="ignore"):
            large = np.exp(np.median(self.rates[:, 0]) * self.period)
        back, attracting = int(self.returns.sum()), int(self.attracting.sum())
        neutral = f", {int(self.neutral.sum())} neutral" if self.neutral.any() else ""
        return (
            f"<Cycles: {len(self.states)} states followed for {self.period} steps, {back} came back, {attracting} of "
            f"these attracting{neutral}; median distance {np.median(self.distances):.2g}, median largest multiplier "
            f"{large:.3g}>"
        )


def follow_cycles(system: Runnable, states: Any, period: int, inputs: Any = None) -> Cycles:
    """Cycles of a system; its arguments are those of :func:`emtvb.adapters.cycles.cycles`."""
    whole_number(period, "period", 1)
    start = as_numbers(states, "states", "(trial, state)")
    start = start if start.dtype.kind == "f" else start.astype(np.float64)
    if start.ndim != 2 or not start.size:
        raise InputError("states", f"shape {start.shape}", "give finite states, (trial, state)")
    u = _every_step(system, inputs, period, len(start)).astype(start.dtype)
    reached, _ = system.run(u, start)
    before = np.concatenate([start[None], reached[:-1]])
    sizes, angles = product_eigenvalues(_jacobians(system, before, u))
    with np.errstate(over="ignore", under="ignore"):
        moduli = np.exp(sizes)
    # inf times a complex number would be NaN
    multipliers = np.where(np.isinf(moduli), np.inf + 0j, np.where(np.isinf(moduli), 0, moduli) * np.exp(1j * angles))
    return Cycles(period, start, reached[-1], multipliers, sizes / period)


def _jacobians(
    system: Runnable, states: Float[np.ndarray, "period trial state"], u: Float[np.ndarray, "period trial input"]
) -> Iterator[Float[np.ndarray, "step trial state state"]]:
    """The Jacobians at these states, a few steps at a time, computed as many at a time as there is room for."""
    trials, n = states.shape[1:]
    several = max(_NUMBERS // (trials * n * n * _TOGETHER), 1) * _TOGETHER
    for at in range(0, len(states), several):
        h, given = states[at : at + several], u[at : at + several]
        found = system.jacobian(h.reshape(-1, n), given.reshape(-1, u.shape[2])).reshape(len(h), trials, n, n)
        for place in range(0, len(found), _TOGETHER):
            yield found[place : place + _TOGETHER]


def _every_step(system: Runnable, inputs: Any, period: int, count: int) -> Float[np.ndarray, "period trial input"]:
    """The input at every step of the period, the same for all trials; zero by default."""
    if inputs is None:
        return np.zeros((period, count, system.input_dim or 1))
    given = as_numbers(inputs, "inputs", "(input,) or (period, input)")
    if given.ndim not in (1, 2) or not given.size or (given.ndim == 2 and len(given) != period):
        raise InputError("inputs", f"shape {given.shape}", f"give one input, (input,), or ({period}, input)")
    every = np.broadcast_to(given, (period, given.shape[-1])).astype(np.float64)
    return np.repeat(every[:, None], count, axis=1)


def product_eigenvalues(
    factors: Iterable[Float[np.ndarray, "step trial state state"]],
) -> tuple[Float[np.ndarray, "trial state"], Float[np.ndarray, "trial state"]]:
    """Eigenvalues of a product of many matrices, of several trials, however large and small they are.

    The product is never written out: it is kept as Q D T with Q orthogonal, D diagonal and T well conditioned, D by its
    logarithms, so that small directions are not lost in the rounding of large ones (as stabilised products of transfer
    matrices are: Loh et al. 1992; D alone has Lyapunov's exponents: Benettin et al. 1980). From a basis that is drawn
    at random D comes out in descending order. X = T Q has, with D on its left, the product's eigenvalues. Where D falls
    by more than :data:`_APART` from one element to the next, those above and those below are known apart, the latter
    from the Schur complement of X.

    Args:
        factors: The matrices, the first to be applied first, a few steps at a time.

    Returns:
        The logarithm of each eigenvalue's modulus, the largest first, and its angle.

    Raises:
        InputError: Where a matrix is not finite.
    """
    nothing: np.ndarray = np.empty(0)
    q, t, log_d = nothing, nothing, nothing
    for several in factors:
        product = several[0]
        for factor in several[1:]:
            product = factor @ product
        if not np.isfinite(product).all():
            raise InputError("states", "their derivatives are not finite", "give states at which the step has some")
        if not q.size:
            trials, n = product.shape[:2]
            start = np.linalg.qr(np.random.default_rng(0).normal(size=(n, n)))[0]
            q, t = (np.broadcast_to(basis, (trials, n, n)) for basis in (start, start.T))
            log_d = np.zeros((trials, n))
        q, r = np.linalg.qr(product @ q)
        along = np.maximum(np.abs(np.diagonal(r, axis1=1, axis2=2)), _LEAST)
        fall = np.exp(np.minimum(log_d[:, None, :] - log_d[:, :, None], _MOST))
        t = (np.triu(r) / along[:, :, None] * np.triu(fall)) @ t
        log_d = log_d + np.log(along)
    found = [_graded_eigenvalues(sizes, rest) for sizes, rest in zip(log_d, t @ q, strict=True)]
    sizes, angles = (np.stack(values) for values in zip(*found, strict=True))
    order = np.argsort(-sizes, axis=1, kind="stable")
    return np.take_along_axis(sizes, order, axis=1), np.take_along_axis(angles, order, axis=1)


def _graded_eigenvalues(
    log_d: Float[np.ndarray, " state"], x: Float[np.ndarray, "state state"]
) -> tuple[Float[np.ndarray, " state"], Float[np.ndarray, " state"]]:
    """Logarithms of the moduli of the eigenvalues of D X, and their angles, from one gap of D to the next."""
    sizes, angles = [], []
    while len(log_d):
        lowest, highest = np.minimum.accumulate(log_d)[:-1], np.maximum.accumulate(log_d[::-1])[::-1][1:]
        gaps = np.flatnonzero(lowest - highest > _APART)
        count = int(gaps[0]) + 1 if len(gaps) else len(log_d)
        top = log_d[:count].max()
        root = np.exp((log_d[:count] - top) / 2)
        # D^1/2 X D^1/2 has the eigenvalues of D X, and its rows and columns fall alike
        values = np.linalg.eigvals(root[:, None] * x[:count, :count] * root)
        with np.errstate(divide="ignore"):
            sizes.append(np.log(np.abs(values)) + top)
        angles.append(np.angle(values))
        x = x[count:, count:] - x[count:, :count] @ np.linalg.lstsq(x[:count, :count], x[:count, count:])[0]
        log_d = log_d[count:]
    return np.concatenate(sizes), np.concatenate(angles)
