"""What the theory says of a task's memory: Phi, what stays in it for ever, and what must follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Complex, Float, Int


@dataclass(frozen=True, eq=False)
class TaskTheory:
    """What a task asks of a memory m(t), a stack of s variables of d elements, each -1 or +1 (paper section 3.1).

    Every row of Phi has one entry, +1 or -1. So it is a signed map of indices, and what is asked about it here has an
    exact answer without floating point. Each answer is found once; arrays are not to be written to.

    Attributes:
        name: What users call the task.
        d: Elements of a variable, and numbers of an input and of an output.
        s: Variables, and inputs.
        source: Phi as a map: m(t+1)[i] = sign[i] * m(t)[source[i]].
        sign: 1 or -1.
    """

    name: str
    d: int
    s: int
    source: Int[np.ndarray, " memory"]
    sign: Int[np.ndarray, " memory"]

    @cached_property
    def phi(self) -> Float[np.ndarray, "memory memory"]:
        """Phi: ``m(t+1) = Phi m(t)``."""
        phi = np.zeros((self.source.size, self.source.size))
        phi[np.arange(self.source.size), self.source] = self.sign
        return phi

    @cached_property
    def cycles(self) -> list[Int[np.ndarray, " element"]]:
        """The cycles of Phi: the stacked elements that move one into the other for ever; longest first."""
        seen: set[int] = set()
        cycles = []
        for start in range(self.source.size):
            path: list[int] = []
            i = start
            while i not in seen:
                seen.add(i)
                path.append(i)
                i = int(self.source[i])
            if i in path:
                cycle = path[path.index(i) :]
                cycles.append(np.roll(cycle, -int(np.argmin(cycle))))
        return sorted(cycles, key=lambda cycle: (-cycle.size, cycle[0]))

    @cached_property
    def persistent(self) -> Bool[np.ndarray, " memory"]:
        """The stacked elements that carry a long-term mode of Phi.

        These are the columns that the paper keeps: those whose removal lowers the number of eigenvalues of Phi with
        modulus above 0.8. Phi being a signed index map, that holds exactly for the elements on its cycles.
        """
        mask = np.zeros(self.source.size, dtype=bool)
        mask[np.concatenate(self.cycles)] = True
        return mask

    @cached_property
    def observable(self) -> Bool[np.ndarray, " memory"]:
        """The stacked elements that some later output depends on.

        Equal to :attr:`persistent` for T1 to T4; larger where f lets an element be read once and then forgotten.
        """
        mask = np.zeros((self.s, self.d), dtype=bool)
        for read in self.source[-self.d :]:  # what is newer comes to this place later, and is read there
            mask[read // self.d :, read % self.d] = True
        return mask.ravel()

    @cached_property
    def eigenvalues(self) -> Complex[np.ndarray, " mode"]:
        """The non-zero eigenvalues of Phi, all of modulus 1, with multiplicity, sorted by angle in (-pi, pi].

        A cycle of length L whose signs multiply to +1 (-1) contributes the L-th roots of +1 (-1).
        """
        angles = []
        for cycle in self.cycles:
            offset = 0.0 if np.prod(self.sign[cycle]) > 0 else 0.5
            turns = (np.arange(cycle.size) + offset) / cycle.size
            angles.append(np.where(turns > 0.5, turns - 1, turns) * 2 * np.pi)
        return np.exp(1j * np.sort(np.concatenate(angles)))

    @cached_property
    def settled_step(self) -> int:
        """The output step from which on m(t) counts as settled: for s steps it has held only what circulates for ever.

        Then every element of m(t) is, up to its sign, one of the persistent ones, which are as random and
        independent as the inputs were.
        """
        alive, steps = ~self.persistent, 0
        while alive.any():  # those whose value was, so many steps ago, that of an element that is not persistent
            alive, steps = alive[self.source], steps + 1
        return self.s + max(self.s, steps)

    @cached_property
    def _copies(self) -> Float[np.ndarray, "persistent memory"]:
        """All elements, once settled, by the persistent ones."""
        lasting, steps = self.persistent, self.source.size
        turns = np.linalg.matrix_power(self.phi, steps)[:, lasting]
        # of a signed permutation, the transpose is the inverse
        back = np.linalg.matrix_power(self.phi[np.ix_(lasting, lasting)].T, steps)
        copies: np.ndarray = (turns @ back).T
        return copies

    def with_copies(
        self, m: Float[np.ndarray, "edit memory"], time: int | Int[np.ndarray, " edit"]
    ) -> Float[np.ndarray, "edit memory"]:
        """Copy m with all that is a copy of something else as that says, where m has settled at this output step.

        Such an element is a copy of a persistent one, which the state may store together with it. Only where f reads a
        dimension twice does any output depend on one.
        """
        late = np.broadcast_to(np.asarray(time) >= self.settled_step, len(m))
        m = m.copy()
        m[late] = m[late][:, self.persistent] @ self._copies
        return m

    def future_outputs(self, m: Float[np.ndarray, "batch memory"], steps: int) -> Float[np.ndarray, "steps batch d"]:
        """The outputs that must follow m."""
        outputs = np.empty((steps, len(m), self.d), m.dtype)
        for step in range(steps):
            m = m[:, self.source] * self.sign
            outputs[step] = m[:, -self.d :]
        return outputs
