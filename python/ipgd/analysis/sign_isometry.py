"""Sign-RIP: how far the subgradient of the absolute loss is from a multiple of X."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..operators import Operator
from .checks import RNG, Array, check_operator, check_rank, generator, integer, number
from .domain import back_projections, images
from .low_rank import normalised, random_unit, truncated

_SHORTEST = 1e-3  # step at which a search ends


@dataclass(frozen=True, eq=False)
class SignIsometry:
    """What was found of the sign-RIP constant of rank r.

    Attributes
    ----------
    rank : int
        r, of X and of Y.
    delta : float
        The largest |<D(X) - phi X, Y>| / phi that was found: a lower bound for this phi, and the
        estimate.
    sampled : float
        The same over random X alone, each with its worst Y.
    scaling : float
        phi.
    x_at, y_at : ndarray, shape (d1, d2)
        The pair where `delta` was found.
    maxima : ndarray, shape (restarts,)
        Where the searches ended, sorted from the largest on.
    """

    rank: int
    delta: float
    sampled: float
    scaling: float
    x_at: Array = field(repr=False)
    y_at: Array = field(repr=False)
    maxima: Array = field(repr=False)


def sign_rip(
    operator: Operator,
    rank: int,
    *,
    scaling: float | None = None,
    restarts: int = 16,
    samples: int = 256,
    max_iter: int = 100,
    rng: RNG = 0,
) -> SignIsometry:
    """Estimate the sign-RIP constant of an operator from below.

    D(X) = (1/m) sum_i sign(<A_i, X>) A_i is the subgradient of (1/m) ||A(X)||_1. The constant is
    the smallest delta such that, for all X and Y of rank r or less,

        |<D(X) - phi X / ||X||_F, Y>| <= phi delta ||Y||_F .

    This is our reading of the definition: phi is one number here, and a function of X there, which
    the noise enters. For a given X the worst Y is the rank-r part of D(X) - phi X. The worst X is
    sought by steps along that Y, forwards and backwards, which are halved where they gain nothing:
    D is piecewise constant, so there is no gradient to follow. All searches share the passes.

    Parameters
    ----------
    operator : Operator
    rank : int
        1 <= r <= min(d1, d2).
    scaling : float, optional
        phi > 0. Default: the mean of (1/m) ||A(X)||_1 over the random X, which tends to
        sqrt(2/pi) for Gaussian measurements.
    restarts, samples : int
        Searches, and random X that they begin at the worst of.
    max_iter : int
        Of each search.
    rng : None, int or numpy.random.Generator

    Returns
    -------
    SignIsometry

    Raises
    ------
    TypeError, ValueError
        If an argument makes no sense.

    References
    ----------
    Ma, Fattahi (2021), "Sign-RIP: a robust restricted isometry property for low-rank matrix
    recovery", arXiv 2102.02969.
    """
    check_operator(operator)
    r = check_rank(rank, operator.matrix_shape)
    runs = integer("restarts", restarts, 1)
    count = integer("samples", samples, runs)
    budget = integer("max_iter", max_iter, 0)
    random, symmetric = generator(rng), operator.symmetric
    X = random_unit(count, operator.matrix_shape, r, symmetric, random)
    if scaling is None:
        phi = float(np.abs(images(operator, X)).mean()) or 1.0
    else:
        phi = number("scaling", scaling, positive=True)
    values, Y = _worst(operator, X, r, phi)
    sampled = float(values.max())
    kept = np.argsort(-values)[:runs]
    X, values, Y = X[kept], values[kept], Y[kept]
    step = np.ones(runs)
    for _ in range(budget):
        moves = np.concatenate([X + step[:, None, None] * Y, X - step[:, None, None] * Y])
        tried = normalised(truncated(moves, r, symmetric))
        reached, theirs = _worst(operator, tried, r, phi)
        side = np.argmax(reached.reshape(2, runs), axis=0) * runs + np.arange(runs)
        better = reached[side] > values
        chosen = side[better]
        X[better], values[better], Y[better] = tried[chosen], reached[chosen], theirs[chosen]
        step = np.where(better, step, step / 2)
        if step.max() < _SHORTEST:
            break
    order = np.argsort(-values)
    first = order[0]
    return SignIsometry(r, float(values[first]), sampled, phi, X[first], Y[first], values[order])


def _worst(operator: Operator, X: Array, rank: int, phi: float) -> tuple[Array, Array]:
    """The largest |<D(X) - phi X, Y>| / phi over unit Y of rank r for each X, and these Y."""
    D = back_projections(operator, np.sign(images(operator, X))) / operator.shape[0]
    part = truncated(D - phi * X, rank, operator.symmetric)
    values: Array = np.linalg.norm(part, axis=(1, 2)) / phi
    return values, normalised(part)
