"""Are two networks the same circuit? Distances that no change of the state's basis alters.

Three things of a network are compared: the *spectrum* of its Jacobian; the *step* between its variables, as it is
linearised and as it is decoded; and its *dynamics*, the linear map that leads best from its states to those a step
later, compared up to a rotation (dynamical similarity analysis: Ostrow, Eisen, Kozachkov and Fiete 2023, arXiv
2306.10168).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Complex, Float
from scipy.optimize import linear_sum_assignment

from emtvb.core.regression import EXACT, ROUNDING, decoded_map, least_squares
from emtvb.core.spectrum import MODULUS, long_term, match_spectra

SPECTRUM, STEP, DECODED, DYNAMICS = "spectrum", "step", "decoded step", "dynamics"
MEASURES = {SPECTRUM: "rad", STEP: "relative", DECODED: "relative", DYNAMICS: "rad"}
"""What is compared, and the unit of its distance: a mean angle of eigenvalues; |A - B| as a share of the root mean
square of |A| and |B| (0 for the same, 2 at most, sqrt(2) for what has nothing in common); an angle between maps."""

MOST_DIRECTIONS = 64
"""Directions of a linear model, at most, where nothing else is said."""

LASTING = 512
"""Steps for which a system with random eigenvectors is seen; with few, modes that last look as if they did not."""
AT_ONCE = 20_000_000
"""Numbers of states from which a linear model is made, at most; of more trials than that the first are taken."""

_HARDLY = 0.1
"""A plane in which a map turns by less than this, radians, is taken for two lines."""
_SWEEPS = 200
"""Steps that are taken to turn one map onto another, at most."""
_SETTLED = 1e-7
"""The search ends where a step gains less than this share."""


@dataclass(frozen=True, eq=False)
class Dynamics:
    """A linear model of a network's states, in their principal directions, each scaled to a variance of 1.

    Attributes:
        now: Mean products of the states with themselves.
        following: Mean products of the states a step later with them.
    """

    now: Float[np.ndarray, "direction direction"]
    following: Float[np.ndarray, "direction direction"]

    def model(self, rank: int) -> Float[np.ndarray, "rank rank"]:
        """The linear map that leads best from the states to those a step later, in the first so many directions."""
        now, following = self.now[:rank, :rank], self.following[:rank, :rank]
        return least_squares(now, following.T, EXACT, intercept=False).weights.T


def dynamic_mode_decomposition(
    states: Float[np.ndarray, "time trial state"],
    inputs: Float[np.ndarray, "time trial input"] | None = None,
    delays: int = 1,
    most: int = MOST_DIRECTIONS,
) -> Dynamics:
    """What a linear model of states is made from: the dynamic mode decomposition of their delay coordinates.

    Args:
        states: They.
        inputs: The input that leads to each; what it does is fitted beside the states, and left out.
        delays: States in a row that are one state of the model.
        most: Directions, at most; those whose variance is rounding are left out.
    """
    states = states[:, : max(AT_ONCE // max(len(states) * states.shape[2] * delays, 1), 1)]
    steps = len(states) - delays + 1
    joined = np.concatenate([states[i : steps + i] for i in range(delays)], axis=2).astype(np.float64)
    joined -= joined.mean(axis=(0, 1))
    flat = joined.reshape(-1, joined.shape[2])
    values, vectors = np.linalg.eigh(flat.T @ flat / len(flat))
    values, vectors = values[::-1], vectors[:, ::-1]
    count = min(int((values > ROUNDING**2 * max(values[0], 0.0)).sum()), most)
    scaled = joined @ (vectors[:, :count] / np.sqrt(values[:count]))
    now, following = (part.reshape(-1, count) for part in (scaled[:-1], scaled[1:]))
    if inputs is not None and inputs.any():
        given = inputs[delays:, : states.shape[1]].reshape(len(now), -1).astype(np.float64)
        now, following = (part - least_squares(given, part, EXACT).predict(given) for part in (now, following))
    return Dynamics(now.T @ now / len(now), following.T @ now / len(now))


@dataclass(frozen=True, eq=False)
class Portrait:
    """What of a network is compared.

    Attributes:
        eigenvalues: Of the derivative of a step at rest; NaN of :func:`linear_control`, which has none.
        step: Psi* J Psi, the step between memories as it is linearised there; NaN likewise.
        decoded: The linear map that leads best from what is read at one time to what is read at the next.
        dynamics: Of its states.
    """

    eigenvalues: Complex[np.ndarray, " mode"]
    step: Float[np.ndarray, "number number"]
    decoded: Float[np.ndarray, "number number"]
    dynamics: Dynamics


def linear_control(
    labels: Float[np.ndarray, "time trial number"],
    inputs: Float[np.ndarray, "time trial input"] | None = None,
    s: int = 1,
    delays: int = 1,
    most: int = MOST_DIRECTIONS,
) -> Portrait:
    """The control without a network: what states would have that are nothing but a linear image of the variables.

    Linear models are made of whitened states (every principal direction has a variance of 1). That undoes any linear
    image of full rank, up to a rotation, which the angle between models does not see. So the numbers themselves stand
    for all of these images. Networks are alike in their dynamics, or in their decoded step, only if they are nearer to
    each other than to this.

    Args:
        labels: The variables' numbers that are stored, at each time; finite.
        inputs: As in :func:`dynamic_mode_decomposition`.
        s: Variables of a task, as in ``regression.decoded_map``; 1 without a task.
        delays: As in :func:`dynamic_mode_decomposition`.
        most: As in :func:`dynamic_mode_decomposition`.
    """
    numbers = labels.astype(np.float64)
    decoded = decoded_map(numbers, s)
    none = np.full_like(decoded, np.nan)
    return Portrait(np.array([np.nan + 0j]), none, decoded, dynamic_mode_decomposition(numbers, inputs, delays, most))


def portrait_distances(
    one: Portrait, other: Portrait, modulus: float = MODULUS, directions: int | None = None
) -> dict[str, float]:
    """How far apart two networks are, by measure of :data:`MEASURES`.

    Args:
        one: A network, and
        other: another; their steps are between the same variables.
        modulus: An eigenvalue counts if its modulus is larger.
        directions: Of the linear models; by default what :func:`compared_rank` says.
    """
    models = _models(one, other, directions)
    return {
        SPECTRUM: spectral_distance(one.eigenvalues, other.eigenvalues, modulus),
        STEP: relative_distance(one.step, other.step),
        DECODED: relative_distance(one.decoded, other.decoded),
        DYNAMICS: angle_between_models(*models),
    }


def distances_by_chance(
    one: Portrait,
    other: Portrait,
    rng: np.random.Generator,
    modulus: float = MODULUS,
    directions: int | None = None,
) -> dict[str, float]:
    """The same distances, where the second is a system of the same size that has nothing to do with the first.

    Its eigenvalues keep their moduli and have random angles; each of its maps is turned by a random rotation or
    reflection, so that it keeps its singular values. Of the dynamics :func:`distance_by_random_eigenvectors` is the
    stricter null.
    """
    mine, yours = _models(one, other, directions)
    return {
        SPECTRUM: spectral_distance(one.eigenvalues, _other_angles(other.eigenvalues, rng), modulus),
        STEP: relative_distance(one.step, _random_orthogonal(len(other.step), rng) @ other.step),
        DECODED: relative_distance(one.decoded, _random_orthogonal(len(other.decoded), rng) @ other.decoded),
        DYNAMICS: angle_between_models(mine, _random_orthogonal(len(yours), rng) @ yours),
    }


def distance_by_random_eigenvectors(
    one: Portrait, other: Portrait, rng: np.random.Generator, directions: int | None = None, steps: int = LASTING
) -> float:
    """The distance of the dynamics, where the second is a system with the same eigenvalues and random eigenvectors.

    It starts at random states, is seen for so many steps, and its states are whitened as those of networks are. How
    near this null is says how much of a distance the eigenvalues decide alone: all of it where every mode lasts, for a
    whitened map of such modes is a rotation, whatever the eigenvectors are.

    Args:
        one: A network.
        other: The one whose eigenvalues are kept: those of its linear model.
        rng: Draws the eigenvectors.
        directions: Of the linear models; by default what :func:`compared_rank` says.
        steps: For how many steps states are seen: enough for modes that last to fill their planes evenly.
    """
    mine, yours = _models(one, other, directions)
    blocks = _real_matrix_of(np.linalg.eigvals(yours).astype(np.complex128))
    start = np.linalg.inv(rng.normal(size=blocks.shape))  # from the coordinates of random states to the eigenvectors'
    seen, total = start, np.zeros_like(blocks)
    for _ in range(steps):
        total += seen @ seen.T
        seen = blocks @ seen
    values, vectors = np.linalg.eigh(total)
    values = np.sqrt(np.maximum(values, ROUNDING**2 * values[-1]))
    return angle_between_models(mine, (vectors / values).T @ blocks @ (vectors * values))


def _real_matrix_of(values: Complex[np.ndarray, " mode"]) -> Float[np.ndarray, "mode mode"]:
    """A real matrix with these eigenvalues: a plane for each pair, a line for each real one."""
    planes = [np.array([[v.real, -v.imag], [v.imag, v.real]]) for v in values if v.imag > 0]
    lines = [np.array([[v.real]]) for v in values if v.imag == 0]
    return np.asarray(scipy.linalg.block_diag(*planes, *lines))


def compared_rank(one: Portrait, other: Portrait) -> int:
    """Directions of two linear models that are compared: as many as there are numbers to store, if states have them."""
    return min(max(len(one.decoded), len(other.decoded)), len(one.dynamics.now), len(other.dynamics.now))


def _models(one: Portrait, other: Portrait, directions: int | None) -> tuple[np.ndarray, np.ndarray]:
    count = compared_rank(one, other) if directions is None else directions
    return one.dynamics.model(count), other.dynamics.model(count)


def _random_orthogonal(size: int, rng: np.random.Generator) -> Float[np.ndarray, "size size"]:
    """A random orthogonal matrix, all of them equally likely."""
    turn, triangle = np.linalg.qr(rng.normal(size=(size, size)))
    return turn * np.sign(np.diag(triangle))


def _other_angles(values: Complex[np.ndarray, " mode"], rng: np.random.Generator) -> Complex[np.ndarray, " mode"]:
    """Eigenvalues of the same moduli with random angles: real ones stay real, pairs stay pairs."""
    upper, real = np.abs(values[values.imag > 0]), values[values.imag == 0].real
    turned = upper * np.exp(1j * rng.uniform(0, np.pi, size=len(upper)))
    return np.concatenate([turned, turned.conj(), real * rng.choice([-1, 1], size=len(real))])


def relative_distance(one: Float[np.ndarray, "row column"], other: Float[np.ndarray, "row column"]) -> float:
    """|A - B| as a share of the root mean square of |A| and |B| (Frobenius); 0 where both are zero."""
    size = np.sqrt((np.linalg.norm(one) ** 2 + np.linalg.norm(other) ** 2) / 2)
    return float(np.linalg.norm(one - other) / size) if size else 0.0


def spectral_distance(
    one: Complex[np.ndarray, " mode"], other: Complex[np.ndarray, " other"], modulus: float = MODULUS
) -> float:
    """Mean angle between long-term eigenvalues by optimal assignment, radians; one without a partner counts as pi.

    NaN where neither has any, or one of them is not known (NaN).
    """
    if (
        np.isnan(one).any()
        or np.isnan(other).any()
        or not len(long_term(one, modulus)) + len(long_term(other, modulus))
    ):
        return float("nan")
    return match_spectra(one, other, modulus).error


def angle_between_models(one: Float[np.ndarray, "rank rank"], other: Float[np.ndarray, "rank rank"]) -> float:
    """The least angle between A and C B C^T over all rotations and reflections C, radians: 0 for the same dynamics.

    The angle has the cosine <A, C B C^T> / (|A| |B|). The search begins at the better of two C: one lays matched planes
    and lines of the two real Schur forms on each other, which is best for normal maps; the other lays matched
    eigenvectors on each other, which is right for maps that are not normal and the same. It goes on by steps C <- the
    orthogonal matrix nearest to A C B^T + A^T C B + 2 s C, each of which gains (s, |A| |B| at most, is as large as it
    must be). What is found may be a local best, so the angle is an upper bound; it is good to about 0.01.
    """
    size = np.linalg.norm(one) * np.linalg.norm(other)
    if not size:
        return 0.0 if not (one.any() or other.any()) else float(np.pi / 2)
    start = max(
        (schur_alignment(one, other), eigenvector_alignment(one, other)), key=lambda turn: _overlap(one, other, turn)
    )
    return float(np.arccos(np.clip(_largest_overlap(one, other, start) / size, -1.0, 1.0)))


def _overlap(one: np.ndarray, other: np.ndarray, turn: np.ndarray) -> float:
    """<A, C B C^T>."""
    return float((one * (turn @ other @ turn.T)).sum())


def _nearest_orthogonal(matrix: np.ndarray) -> np.ndarray:
    left, _, right = np.linalg.svd(matrix)
    return left @ right


def _largest_overlap(one: np.ndarray, other: np.ndarray, turn: np.ndarray) -> float:
    """<A, C B C^T> at the end of an ascent from this C."""
    most = float(np.linalg.norm(one, 2) * np.linalg.norm(other, 2))
    reached = _overlap(one, other, turn)
    shift = 0.0
    for _ in range(_SWEEPS):
        slope = one @ turn @ other.T + one.T @ turn @ other
        there = _nearest_orthogonal(slope + 2 * shift * turn)
        gained = _overlap(one, other, there)
        if gained <= reached:
            if shift >= most:
                break
            shift = min(max(4 * shift, 0.05 * most), most)
            continue
        done = gained - reached < _SETTLED * abs(gained)
        turn, reached, shift = there, gained, shift / 4
        if done:
            break
    return reached


def schur_alignment(
    one: Float[np.ndarray, "rank rank"], other: Float[np.ndarray, "rank rank"]
) -> Float[np.ndarray, "rank rank"]:
    """The rotation or reflection that turns the planes and lines of one map's real Schur form onto the other map's.

    Planes are matched with planes, by eigenvalue, and what is left with lines.

    Args:
        one: A, the map that stays.
        other: B, the map that is turned.

    Returns:
        C, orthogonal: C B C^T has the planes of A. Best for normal maps.
    """
    (planes, lines), (other_planes, other_lines) = _schur_parts(one), _schur_parts(other)
    rows, columns = linear_sum_assignment(-_pair_products(planes, other_planes))
    pairs = [(planes[i][1], other_planes[j][1]) for i, j in zip(rows, columns, strict=True)]
    left = lines + _lines_of_planes([p for i, p in enumerate(planes) if i not in set(rows)])
    right = other_lines + _lines_of_planes([p for j, p in enumerate(other_planes) if j not in set(columns)])
    rows, columns = linear_sum_assignment(-_pair_products(left, right))
    pairs += [(left[i][1], right[j][1]) for i, j in zip(rows, columns, strict=True)]
    return sum((mine @ yours.T for mine, yours in pairs), np.zeros_like(one))


def eigenvector_alignment(
    one: Float[np.ndarray, "rank rank"], other: Float[np.ndarray, "rank rank"]
) -> Float[np.ndarray, "rank rank"]:
    """The rotation or reflection that is nearest to what lays one map's eigenvectors on the other map's.

    They are matched by eigenvalue. An eigenvector has any phase. Those of B are chosen so that their products with each
    other are as those of A, as far as the leading eigenvector of the elementwise product of both tells: where B is A in
    another basis, exactly.

    Args:
        one: A, the map that stays.
        other: B, the map that is turned.

    Returns:
        C, orthogonal. Right for maps that are not normal and the same up to a rotation.
    """
    (values, vectors), (others, other_vectors) = np.linalg.eig(one), np.linalg.eig(other)
    columns = linear_sum_assignment(np.abs(values[:, None] - others[None]))[1]
    other_vectors = other_vectors[:, columns]
    products = (vectors.conj().T @ vectors) * (other_vectors.conj().T @ other_vectors).conj()
    phases = np.linalg.eigh(products)[1][:, -1]
    phases = np.where(np.abs(phases) > 1e-12, phases, 1.0)
    phases = phases / np.abs(phases)
    return _nearest_orthogonal(((vectors * phases) @ other_vectors.conj().T).real)


Part = tuple[complex, Float[np.ndarray, "_ _"]]
"""An eigenvalue, in the upper half-plane, and the directions of its plane or line."""


def _schur_parts(matrix: np.ndarray) -> tuple[list[Part], list[Part]]:
    """The planes and the lines of a real Schur form; all planes turn the same way round."""
    # A plane that hardly turns is two lines: whether eigenvalues near 1 or -1 come as a pair is a matter of rounding.
    form, vectors = scipy.linalg.schur(matrix)
    planes: list[Part] = []
    lines: list[Part] = []
    i = 0
    while i < len(form):
        if i + 1 < len(form) and form[i + 1, i] != 0:
            turns = form[i, i + 1]
            pair = vectors[:, i : i + 2] * [1.0, 1.0 if turns > 0 else -1.0]
            value = complex(form[i, i], np.sqrt(abs(turns * form[i + 1, i])))
            if value.imag > _HARDLY * abs(value.real):
                planes.append((value, pair))
            else:
                lines += _lines_of_planes([(value, pair)])
            i += 2
        else:
            lines.append((complex(form[i, i]), vectors[:, i : i + 1]))
            i += 1
    return planes, lines


def _lines_of_planes(planes: list[Part]) -> list[Part]:
    """Two lines for each plane."""
    return [(complex(value.real), pair[:, k : k + 1]) for value, pair in planes for k in range(2)]


def _pair_products(ones: list[Part], others: list[Part]) -> Float[np.ndarray, "one other"]:
    """Re(a conj(b)) of all eigenvalues."""
    a, b = (np.array([value for value, _ in parts], dtype=complex) for parts in (ones, others))
    return (a[:, None] * b[None].conj()).real
