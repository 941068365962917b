"""Second-order certificates: whether descent sees a minimum at a point, or a saddle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..parameterizations import (
    CompressedDeep,
    DeepFactor,
    HadamardPower,
    Parameterization,
    SymmetricTensor,
    WeightNormalized,
)
from ..problems import Problem
from .checks import Array, number
from .hessian import TOLERANCE, lowest
from .norms import norm
from .point import Parameters, Point, point_of
from .regions import RegionName, region_of

Verdict: TypeAlias = Literal[
    "second_order", "region_second_order", "strict_saddle", "not_stationary", "undecided"
]

# "auto": saddles of a tenth of the curvature that the problem's size calls for are seen, as in PGD.
_FRACTION = 0.1


@dataclass(frozen=True, eq=False)
class SecondOrder:
    """What gradient and Hessian say of a point.

    Attributes
    ----------
    verdict : str
        ``second_order`` (an eps-SOSP), ``region_second_order`` (an eps-M-SOSP), ``strict_saddle``
        (``direction`` leads away from it), ``not_stationary``, or ``undecided``, where the
        threshold lies within the error of the eigenvalue.
    message : str
        The same in a sentence, with the numbers.
    smallest_eigenvalue : float
        Of the Hessian, or of its projection on the tangent space of M.
    error_bound : float
        ||H v - smallest_eigenvalue v|| for the v of ``direction``: some eigenvalue is at least that
        near. That it is the smallest holds unless the iteration's start, a fixed random vector, is
        orthogonal to its eigenvectors.
    direction : dict of str to ndarray
        v, of unit length, in the blocks of the parameters. Along it the curvature of f is
        ``smallest_eigenvalue`` to rounding.
    gradient_norm : float
        ||grad f||, or that of its projection.
    epsilon, curvature_tolerance : float
        eps and sqrt(rho eps).
    region : str or None
    """

    verdict: Verdict
    message: str
    smallest_eigenvalue: float
    error_bound: float
    direction: dict[str, Array]
    gradient_norm: float
    epsilon: float
    curvature_tolerance: float
    region: RegionName | None


def second_order(
    problem: Problem,
    solution: Parameters,
    region: RegionName | None = None,
    *,
    epsilon: float | None = None,
    hessian_lipschitz: float | None = None,
    rank: int | None = None,
    tolerance: float = TOLERANCE,
    parameterization: Parameterization | None = None,
    n_threads: int | None = None,
) -> SecondOrder:
    r"""Judge a point by the smallest eigenvalue of the Hessian, on the whole space or on M.

    An eps-SOSP has ||grad f|| <= eps and lambda_min(Hess f) >= -sqrt(rho eps). An eps-M-SOSP has
    both of the gradient and the Hessian projected on the tangent space of M at the point's signal:
    {V C} for ``column``, {C Wᵀ} for ``row``, {Q A + B Pᵀ} with the leading singular vectors Q, P of
    the factors for ``rank``, the directions along the support for ``support``.

    Eigenvalues are found by SciPy's Lanczos iterations on the core's exact Hessian-vector products,
    from the dense matrix up to 200 parameters.

    Parameters
    ----------
    problem : Problem
        With a truth where a region needs one.
    solution : Solution, or dict of str to array_like
        A solution, or parameters such as those that a callback sees.
    region : str, optional
        As in :func:`split`, of the parameters (not ``basis``). Default: the whole space.
    epsilon, hessian_lipschitz : float, optional
        eps and rho. Default: those of :class:`ipgd.PGD`, with which
        sqrt(rho eps) = ||A*(y)/m|| / 10 for two factors. Of models of degree N this is
        lambda sigma^(1 - 2/N) / 10, and rho 6 lambda sigma^(1 - 3/N), lambda = ||A*(y)/m|| and
        sigma an estimate of the largest singular value (:meth:`ipgd.Problem.scale`).
    rank : int, optional
        The r of the region ``rank``. Default: that of the truth.
    tolerance : float
        Residual of the eigenvector, relative to the largest eigenvalue.
    parameterization : Parameterization, optional
        The model of parameters whose names do not say it.
    n_threads : int, optional

    Returns
    -------
    SecondOrder

    Raises
    ------
    ValueError
        If the model has no such region, or the problem no truth that it needs.
    TypeError
        If an argument is of another kind.

    References
    ----------
    Nesterov, Polyak (2006) and Jin et al. (2017), arXiv 1703.00887, for eps-SOSP; Ma, Liang,
    Fattahi (2025), arXiv 2505.17304, for eps-M-SOSP, where the projection is our reading.

    Examples
    --------
    >>> import ipgd, numpy as np
    >>> problem = ipgd.matrix_sensing(d=10, rank=1, m=150, rng=0)
    >>> ipgd.analysis.second_order(problem, {"U": np.zeros((10, 2))}).verdict
    'strict_saddle'
    >>> ipgd.analysis.second_order(problem, ipgd.solve(problem, rng=0)).verdict
    'second_order'
    """
    tolerance = number("tolerance", tolerance, positive=True)
    point = point_of(problem, solution, parameterization, n_threads)
    eps, rho = _thresholds(point, epsilon, hessian_lipschitz)
    project = None
    gradient = point.objective.gradient(point.flat)
    if region is not None or rank is not None:
        found = region_of(point, region or "rank", rank)
        region, tangent = found.name, found.tangent
        if tangent is None:
            raise ValueError(
                f"region: expected one of the parameters, got {region!r} of "
                f"{type(point.model).__name__}, which is one of Theta"
            )

        def project(v: Array) -> Array:
            return tangent.embed(tangent.restrict(v))

        gradient = project(gradient)
    pair = lowest(point, project, tolerance)
    size, threshold = norm(gradient), math.sqrt(rho * eps)
    verdict: Verdict
    if size > eps:
        verdict, words = "not_stationary", f"the gradient is {size:.3g}, above eps = {eps:.3g}"
    elif pair.value < -threshold:
        verdict = "strict_saddle"
        words = f"a curvature of {pair.value:.3g}, below {-threshold:.3g}, along `direction`"
    elif pair.value - pair.error < -threshold:
        verdict = "undecided"
        words = (
            f"the eigenvalue {pair.value:.3g} is known to {pair.error:.3g}, and the threshold is "
            f"{-threshold:.3g}: a smaller tolerance decides"
        )
    else:
        verdict = "second_order" if region is None else "region_second_order"
        words = (
            f"the gradient is {size:.3g} <= {eps:.3g}, the smallest eigenvalue {pair.value:.3g} "
            f">= {-threshold:.3g}"
        )
    where = "" if region is None else f" on the region {region!r}"
    return SecondOrder(
        verdict=verdict,
        message=f"{verdict}{where}: {words}",
        smallest_eigenvalue=pair.value,
        error_bound=pair.error,
        direction=point.blocks(pair.vector),
        gradient_norm=size,
        epsilon=eps,
        curvature_tolerance=threshold,
        region=region,
    )


def _thresholds(
    point: Point, epsilon: float | None, hessian_lipschitz: float | None
) -> tuple[float, float]:
    """Eps and rho, given or made of the problem's scale."""
    scale = point.problem.scale()
    degree = _degree(point.model)
    size = scale.magnitude ** (1 / degree)
    curvature = scale.curvature * scale.magnitude ** (1 - 2 / degree)
    if hessian_lipschitz is None:
        rho = 6 * curvature / size
    else:
        rho = number("hessian_lipschitz", hessian_lipschitz, positive=True)
    if epsilon is None:
        return (_FRACTION * curvature) ** 2 / rho, rho
    return number("epsilon", epsilon, positive=True), rho


def _degree(model: Parameterization) -> int:
    """N of Theta(s theta) = s^N Theta(theta)."""
    match model:
        case DeepFactor() | CompressedDeep():
            return model.depth
        case HadamardPower() | WeightNormalized():
            return model.power
        case SymmetricTensor():
            return model.order
    return 2
