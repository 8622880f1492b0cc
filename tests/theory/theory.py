"""A system that is the theory itself: its state is Psi m + c for any task, and its future is Phi's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from emtvb.theory import tasks
from emtvb.theory.sequences import stack_memory


@dataclass(frozen=True, eq=False)
class Theory:
    """Stores m in a random basis around a centre that is not the origin, the unobservable elements too."""

    task: tasks.Task
    basis: np.ndarray
    centre: np.ndarray

    @property
    def state_dim(self) -> int:
        return len(self.basis)

    def drive(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        s = self.task.s
        vectors = np.concatenate([inputs[:s], self.task.targets(inputs[:s], len(inputs) - s)])
        return self._states(stack_memory(vectors, s).astype(float)), vectors.astype(float)

    def coast(self, state: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
        m = (state - self.centre) @ np.linalg.pinv(self.basis).T
        every = np.empty((steps, *m.shape))
        for step in range(steps):
            m = m @ self.task.theory.phi.T
            every[step] = m
        return self._states(every), every[..., -self.task.d :]

    def _states(self, m: np.ndarray) -> np.ndarray:
        return m @ self.basis.T + self.centre


def make_theory(task: tasks.Task, extra: int = 3, seed: int = 0) -> Theory:
    """In a random, not orthonormal, basis with so many more neurons than elements."""
    rng = np.random.default_rng(seed)
    size = task.s * task.d
    return Theory(task, rng.normal(size=(size + extra, size)), rng.normal(size=size + extra))


@st.composite
def any_task(draw: st.DrawFn, most: int = 4, least: int = 3) -> tasks.Task:
    """A task of any composition, with so many elements at least, of at most so many dimensions and variables."""
    d = draw(st.integers(1, most))
    s = draw(st.integers(-(-least // d), most))
    places = draw(st.permutations([(variable, dimension) for variable in range(1, s + 1) for dimension in range(d)]))
    return tasks.from_composition([(*place, draw(st.sampled_from([1, -1]))) for place in places[:d]], d, s)


@st.composite
def copying_task(draw: st.DrawFn, most: int = 4) -> tasks.Task:
    """A task whose f reads the oldest variable alone, in any order and with any signs."""
    d = draw(st.integers(1, most))
    s = draw(st.integers(3 if d == 1 else 2, most))
    order = draw(st.permutations(range(d)))
    return tasks.from_composition([(1, place, draw(st.sampled_from([1, -1]))) for place in order], d, s)


@st.composite
def lasting_task(draw: st.DrawFn, most: int = 4) -> tasks.Task:
    """A task whose f reads every dimension once: then all that is observable lasts for ever, as in T1 to T4."""
    d = draw(st.integers(1, most))
    s = draw(st.integers(1, most))
    order = draw(st.permutations(range(d)))
    rows = [(draw(st.integers(1, s)), place, draw(st.sampled_from([1, -1]))) for place in order]
    return tasks.from_composition(rows, d, s)
