"""Constants of the landscape, measured: how smooth f is, how its saddles and minima are shaped."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import orthogonal_procrustes
from scipy.sparse.linalg import LinearOperator, eigsh

from ..algorithms import IPGD, PGD
from ..parameterizations import (
    AsymmetricFactor,
    HadamardPower,
    Parameterization,
    SymmetricFactor,
)
from ..problems import Problem
from .checks import Array, check_problem, check_truth, describe, number
from .hessian import DENSE, ROUGH, dense, largest_size, lowest, products, start_vector
from .norms import norm
from .point import Parameters, Point, point_of


@dataclass(frozen=True, eq=False)
class LipschitzConstants:
    """How fast gradient and Hessian change along a trajectory: lower bounds of the constants.

    Attributes
    ----------
    smoothness : float
        l, the largest ||H(x)|| met.
    hessian_lipschitz : float
        rho, the largest ||H(x) - H(y)|| / ||x - y|| of neighbours.
    curvatures : ndarray of shape (n,)
        ||H(x)|| at each point.
    changes : ndarray of shape (n - 1,)
        ||H(x) - H(y)|| / ||x - y|| of each pair of neighbours; NaN where they are the same.
    """

    smoothness: float
    hessian_lipschitz: float
    curvatures: Array
    changes: Array

    def pgd(self, epsilon: float | Literal["auto"] = "auto") -> PGD:
        """PGD with these constants: eta = c / l, and all else by Algorithm 2 of Jin et al."""
        return PGD(
            epsilon=epsilon,
            smoothness=self.smoothness,
            hessian_lipschitz=self.hessian_lipschitz or "auto",
        )

    def ipgd(self, epsilon: float | Literal["auto"] = "auto", radius: float = 1e-10) -> IPGD:
        """IPGD with these constants: the step 1 / l, and a window made of rho."""
        return IPGD(
            radius=radius,
            step_size=1 / self.smoothness,
            epsilon=epsilon,
            hessian_lipschitz=self.hessian_lipschitz or "auto",
        )


def lipschitz_constants(
    problem: Problem,
    trajectory: Sequence[Parameters],
    *,
    parameterization: Parameterization | None = None,
    n_threads: int | None = None,
) -> LipschitzConstants:
    """Estimate the Lipschitz constants of gradient and Hessian along a trajectory.

    Norms of Hessians and of their differences are largest eigenvalues, by Lanczos on exact products
    to a per cent (some twenty passes over A a point), exactly up to 200 parameters. A region that
    the trajectory does not visit may be rougher.

    Parameters
    ----------
    problem : Problem
    trajectory : sequence of Solution or of dict of str to array_like
        At least two points, such as the ``parameters`` of :class:`Iterates`.
    parameterization : Parameterization, optional
        The model of parameters whose names do not say it.
    n_threads : int, optional

    Returns
    -------
    LipschitzConstants
        Its methods ``pgd`` and ``ipgd`` make algorithms of them.

    Raises
    ------
    ValueError
        If there are fewer than two points, or f has no curvature at any.
    TypeError
        If an argument is of another kind.

    References
    ----------
    The l and rho of Jin et al. (2017), arXiv 1703.00887. The estimate is ours.

    Examples
    --------
    >>> import ipgd
    >>> problem = ipgd.matrix_sensing(d=10, rank=1, m=150, rng=0)
    >>> seen, model = ipgd.analysis.Iterates(), ipgd.SymmetricFactor(2)
    >>> solution = ipgd.solve(
    ...     problem, parameterization=model, record_every=20, callback=seen, rng=0
    ... )
    >>> found = ipgd.analysis.lipschitz_constants(problem, seen.parameters)
    >>> ipgd.solve(problem, found.ipgd(), parameterization=model, rng=0).success
    True
    """
    points = _points(problem, trajectory, parameterization, n_threads, fewest=2)
    curvatures = np.array([largest_size(point) for point in points])
    changes = np.array([_change(*pair) for pair in itertools.pairwise(points)])
    if not curvatures.max() > 0:
        raise ValueError(
            "trajectory: expected a point with curvature, got points where the Hessian is zero"
        )
    largest = float(np.nanmax(changes)) if np.isfinite(changes).any() else 0.0
    return LipschitzConstants(float(curvatures.max()), largest, curvatures, changes)


def _change(one: Point, other: Point) -> float:
    """||H(x) - H(y)|| / ||x - y||."""
    distance = norm(one.flat - other.flat)
    if distance == 0:
        return math.nan
    n = len(one.flat)
    if n <= DENSE:
        return float(np.linalg.norm(dense(one) - dense(other), 2)) / distance
    operator = LinearOperator(
        (n, n),
        matvec=lambda v: products(one, v.reshape(-1)) - products(other, v.reshape(-1)),
        dtype=np.float64,
    )
    found = eigsh(
        operator, k=1, which="LM", tol=ROUGH, v0=start_vector(n), return_eigenvectors=False
    )
    return float(abs(found[0])) / distance


def grid(
    center: Mapping[str, ArrayLike],
    directions: Sequence[Mapping[str, ArrayLike]],
    offsets: ArrayLike,
) -> list[dict[str, Array]]:
    """The points center + sum_j a_j direction_j for all a_j out of `offsets`.

    Parameters
    ----------
    center : dict of str to array_like
        Blocks of parameters.
    directions : sequence of dict of str to array_like
        Of the same blocks.
    offsets : array_like of shape (n,)

    Returns
    -------
    list of dict of str to ndarray
        n ** len(directions) points.

    Raises
    ------
    ValueError
        If a direction has other blocks than the center.
    """
    base = {name: np.asarray(block, dtype=np.float64) for name, block in center.items()}
    for direction in directions:
        shapes = {name: np.shape(block) for name, block in direction.items()}
        expected = {name: block.shape for name, block in base.items()}
        if shapes != expected:
            raise ValueError(f"directions: expected blocks of shapes {expected}, got {shapes}")
    steps = np.asarray(offsets, dtype=np.float64).reshape(-1)
    return [
        {
            name: block + sum(a * np.asarray(v[name]) for a, v in zip(at, directions, strict=True))
            for name, block in base.items()
        }
        for at in itertools.product(steps, repeat=len(directions))
    ]


@dataclass(frozen=True, eq=False)
class Landscape:
    """Gradient, curvature and distance from the nearest minimum x* at some points.

    Attributes
    ----------
    gradient_norm, smallest_eigenvalue : ndarray of shape (n,)
    distance : ndarray of shape (n,)
        ||x - x*||.
    correlation : ndarray of shape (n,)
        <grad f(x), x - x*>.
    """

    gradient_norm: Array
    smallest_eigenvalue: Array
    distance: Array
    correlation: Array

    def strict_saddle(self, epsilon: float, zeta: float) -> float:
        """The largest gamma for which f is (epsilon, gamma, zeta)-strict-saddle on the points.

        Each point has ||grad f|| >= epsilon, or lambda_min(Hess f) <= -gamma, or lies within zeta
        of a minimum. Infinite where no point needs a gamma; zero or less where f is not
        strict-saddle on the points.

        References
        ----------
        Ge, Huang, Jin, Yuan (2015), arXiv 1503.02101, definition of strict saddle functions. (The
        approximate strict saddle property of arXiv 2505.17304 is, in our reading, the same.)
        """
        epsilon = number("epsilon", epsilon, positive=True)
        zeta = number("zeta", zeta, positive=False)
        stuck = (self.gradient_norm < epsilon) & (self.distance > zeta)
        return float((-self.smallest_eigenvalue[stuck]).min(initial=math.inf))

    def regularity(self, zeta: float) -> tuple[float, float]:
        """The largest alpha and beta, each alone, within zeta of a minimum.

        <grad f, x - x*> >= alpha ||x - x*||^2 and <grad f, x - x*> >= beta ||grad f||^2. Half of
        each make a regularity condition, under which gradient descent with steps up to beta
        contracts. Infinite where no point is that near; zero or less where it does not hold.

        References
        ----------
        Candès, Li, Soltanolkotabi (2015), "Phase retrieval via Wirtinger flow", arXiv 1407.1065,
        condition RC.
        """
        zeta = number("zeta", zeta, positive=True)
        near = (self.distance <= zeta) & (self.distance > 0)
        inner, g = self.correlation[near], self.gradient_norm[near]
        alpha = (inner / self.distance[near] ** 2).min(initial=math.inf)
        beta = (inner[g > 0] / g[g > 0] ** 2).min(initial=math.inf)
        return float(alpha), float(beta)


def landscape(
    problem: Problem,
    points: Sequence[Parameters],
    *,
    parameterization: Parameterization | None = None,
    n_threads: int | None = None,
) -> Landscape:
    """Measure gradient, smallest eigenvalue and distance from the solutions at some points.

    The minima are those of the truth: U* Q for the root U* of Theta* and any orthogonal Q, the
    balanced [V*; W*] Q, or (+-)(Theta*_+)^(1/L), (Theta*_-)^(1/L) for vectors; x* is the nearest of
    them (by Procrustes' problem).

    Parameters
    ----------
    problem : Problem
        With a truth.
    points : sequence of Solution or of dict of str to array_like
        For instance a :func:`grid`.
    parameterization : Parameterization, optional
        SymmetricFactor, AsymmetricFactor or HadamardPower.
    n_threads : int, optional

    Returns
    -------
    Landscape

    Raises
    ------
    ValueError
        If the problem has no truth, its minima of this model are not known, or no point is given.
    TypeError
        If an argument is of another kind.
    """
    check_problem(problem)
    check_truth(problem, "its landscape")
    rows = []
    for point in _points(problem, points, parameterization, n_threads, fewest=1):
        away = point.flat - _nearest_minimum(point)
        gradient = point.objective.gradient(point.flat)
        rows.append(
            (norm(gradient), lowest(point).value, norm(away), float(np.vdot(gradient, away)))
        )
    return Landscape(*np.array(rows).T)


def _nearest_minimum(point: Point) -> Array:
    """The parameters of the truth that are nearest to the point."""
    model, problem = point.model, point.problem
    if isinstance(model, HadamardPower):
        theta = problem.truth_matrix()[:, 0]
        roots = np.array([np.maximum(theta, 0), np.maximum(-theta, 0)]) ** (1 / model.power)
        if model.power % 2 == 0:
            roots = np.copysign(roots, point.flat.reshape(2, -1))
        return roots.reshape(-1)
    if not isinstance(model, SymmetricFactor | AsymmetricFactor):
        raise ValueError(
            "parameterization: expected SymmetricFactor, AsymmetricFactor or HadamardPower, whose "
            f"minima are known, got {model!r}"
        )
    left, right = problem.truth_bases
    Z = point.flat.reshape(-1, point.columns)
    core = left.T @ problem.truth_matrix() @ right
    P, sigma, Q = np.linalg.svd(core)
    roots = np.sqrt(sigma)
    known = left @ P * roots
    if isinstance(model, AsymmetricFactor):
        known = np.vstack([known, right @ Q.T * roots])
    n = min(known.shape[1], Z.shape[1])
    solution = np.zeros(Z.shape)
    solution[:, :n] = known[:, :n]
    turn = orthogonal_procrustes(solution, Z)[0]
    return np.asarray(solution @ turn).reshape(-1)


def _points(
    problem: Problem,
    given: Sequence[Parameters],
    parameterization: Parameterization | None,
    n_threads: int | None,
    fewest: int,
) -> list[Point]:
    if not isinstance(given, Sequence):
        raise TypeError(f"points: expected a sequence of parameters, got {describe(given)}")
    if len(given) < fewest:
        raise ValueError(f"points: expected at least {fewest}, got {len(given)}")
    return [point_of(problem, at, parameterization, n_threads) for at in given]
