"""The restricted isometry constant of an operator: estimates and bounds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..operators import Operator
from .checks import RNG, Array, check_operator, check_rank, generator, integer
from .domain import back_projections, images
from .low_rank import leading_spaces, normalised, random_unit, tangent_part, truncated
from .operator_norm import normal_spectrum

_SETTLED = 1e-7  # relative change of the extreme value at which an ascent ends
_PATIENCE = 5  # iterations in a row


@dataclass(frozen=True, eq=False)
class RestrictedIsometry:
    """What is known of delta_r, the smallest delta with (1 ± delta) ||X||_F^2 around ||A(X)||^2/m.

    Attributes
    ----------
    rank : int
        r.
    delta : float
        The largest ``|  ||A(X)||^2/m - 1  |`` of a unit matrix of rank r that was found: a lower
        bound of delta_r, and the estimate of it. The ascents end in local maxima, so that delta_r
        may be larger.
    sampled : float
        The same over random matrices alone: a lower bound that hardly any search went into, far
        below delta_r where there are many dimensions.
    upper : float
        An upper bound of delta_r: from the eigenvalues of A*A/m on all matrices, whatever their
        rank. It holds but for `failure`.
    failure : float
        Probability (over random starts of Lanczos' method) that `upper` does not hold.
    largest, smallest : float
        The extreme values of ||A(X)||^2/m that were found: a lower bound of the supremum and an
        upper bound of the infimum over unit matrices of rank r.
    largest_at, smallest_at : ndarray, shape (d1, d2)
        The matrices where they were found, which prove `delta`.
    maxima, minima : ndarray, shape (restarts,)
        Where the ascents and descents ended, sorted from the most extreme on. Agreement of the
        first few speaks for a global optimum, and proves none.
    """

    rank: int
    delta: float
    sampled: float
    upper: float
    failure: float
    largest: float
    smallest: float
    largest_at: Array = field(repr=False)
    smallest_at: Array = field(repr=False)
    maxima: Array = field(repr=False)
    minima: Array = field(repr=False)

    @property
    def scaled_delta(self) -> float:
        """The estimate of delta_r of the best multiple of A: (largest - smallest) / their sum.

        A lower bound for every multiple. It is what counts for operators that are not normalised.
        NaN of an operator that is zero.
        """
        total = self.largest + self.smallest
        return (self.largest - self.smallest) / total if total > 0 else float("nan")


def rip(
    operator: Operator,
    rank: int,
    *,
    restarts: int = 16,
    samples: int = 256,
    max_iter: int = 200,
    rng: RNG = 0,
) -> RestrictedIsometry:
    """Estimate and bound the restricted isometry constant delta_r of any operator.

    delta_r is the smallest delta such that, for all X of rank r or less,

        (1 - delta) ||X||_F^2 <= ||A(X)||^2 / m <= (1 + delta) ||X||_F^2 .

    X is any d1 x d2 matrix, and symmetric (of any signs) where the operator is. To compute it is
    NP-hard in general, so the result holds a lower bound that is also the estimate (`delta`), a
    weaker lower bound (`sampled`), and an upper bound (`upper`).

    The extremes of q(X) = ||A(X)||^2/m on the unit matrices of rank r are sought by steepest ascent
    and descent on that manifold. The step along the Riemannian gradient D is the best one in the
    plane of X and D (an eigenvector of a 2 x 2 matrix); then X is cut to rank r. All restarts share
    the passes over A. One begins at the rank-r part of the extreme eigenvector of A*A, the others
    at the most extreme random matrices.

    Parameters
    ----------
    operator : Operator
        Normalised like ours: E <A_i, X>^2 = ||X||_F^2; see
        :attr:`RestrictedIsometry.scaled_delta` for others.
    rank : int
        1 <= r <= min(d1, d2).
    restarts : int
        Ascents, and as many descents.
    samples : int
        Random matrices of rank r; at least `restarts`.
    max_iter : int
        Of each ascent; three passes over A an iteration for all of them.
    rng : None, int or numpy.random.Generator

    Returns
    -------
    RestrictedIsometry

    Raises
    ------
    TypeError, ValueError
        If an argument makes no sense.

    References
    ----------
    Recht, Fazel, Parrilo (2010), "Guaranteed minimum-rank solutions of linear matrix equations via
    nuclear norm minimization", definition 3.1, here with squared norms. The search is ours.
    """
    check_operator(operator)
    r = check_rank(rank, operator.matrix_shape)
    runs = integer("restarts", restarts, 1)
    count = integer("samples", samples, runs)
    budget = integer("max_iter", max_iter, 0)
    random = generator(rng)
    X = random_unit(count, operator.matrix_shape, r, operator.symmetric, random)
    values = (images(operator, X) ** 2).sum(axis=1) / operator.shape[0]
    order = np.argsort(values)
    spectrum = normal_spectrum(operator, random)
    low = _starts(spectrum.lowest, X[order[: runs - 1]], r, operator.symmetric)
    high = _starts(spectrum.highest, X[order[::-1][: runs - 1]], r, operator.symmetric)
    minima, lowest = _search(operator, r, low, -1, budget)
    maxima, highest = _search(operator, r, high, 1, budget)
    largest, smallest = float(maxima[0]), float(minima[0])
    delta = max(largest - 1, 1 - smallest)
    return RestrictedIsometry(
        rank=r,
        delta=delta,
        sampled=float(np.abs(values - 1).max()),
        upper=max(spectrum.upper - 1, 1 - spectrum.lower, delta),
        failure=spectrum.failure,
        largest=largest,
        smallest=smallest,
        largest_at=highest,
        smallest_at=lowest,
        maxima=maxima,
        minima=minima,
    )


def _starts(extreme: Array, X: Array, rank: int, symmetric: bool) -> Array:
    """The rank-r part of a matrix, of norm one, and the others."""
    return np.concatenate([normalised(truncated(extreme[None], rank, symmetric)), X])


def _search(
    operator: Operator, rank: int, X: Array, sign: int, max_iter: int
) -> tuple[Array, Array]:
    """The extreme values that each start leads to, the most extreme first, and its matrix."""
    m, symmetric = operator.shape[0], operator.symmetric
    image = images(operator, X)
    values = (image**2).sum(axis=1) / m
    best, where = values.copy(), X.copy()
    still = 0
    for _ in range(max_iter):
        G = back_projections(operator, image) / m  # half the gradient of q
        D = tangent_part(G, *leading_spaces(X, rank, symmetric))
        D -= np.einsum("kij,kij->k", D, X)[:, None, None] * X
        D = normalised(D)
        across = images(operator, D)
        X = _best_in_plane(X, D, image, across, sign)
        X = normalised(truncated(X, rank, symmetric))
        image = images(operator, X)
        values = (image**2).sum(axis=1) / m
        better = sign * values > sign * best
        gain = np.abs(values - best)[better] > _SETTLED * np.abs(best[better])
        best[better], where[better] = values[better], X[better]
        still = 0 if gain.any() else still + 1
        if still == _PATIENCE:
            break
    order = np.argsort(-sign * best)
    return best[order], where[order[0]]


def _best_in_plane(X: Array, D: Array, image: Array, across: Array, sign: int) -> Array:
    """The unit combinations of X and D at which q is most extreme; X and D are orthonormal."""
    q = np.empty((len(X), 2, 2))
    q[:, 0, 0] = (image**2).sum(axis=1)
    q[:, 1, 1] = (across**2).sum(axis=1)
    q[:, 0, 1] = q[:, 1, 0] = (image * across).sum(axis=1)
    at_rest = ~D.any(axis=(1, 2))  # then X is the better one
    q[at_rest, 1, 1] = q[at_rest, 0, 0] - sign
    vectors = np.linalg.eigh(q)[1][:, :, 1 if sign > 0 else 0]
    a, b = vectors[:, 0, None, None], vectors[:, 1, None, None]
    best: Array = a * X + b * D
    return best
