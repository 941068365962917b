"""Deviation rates: how fast an iterate leaves its implicit region, and what that adds up to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy.linalg import svdvals

from ..parameterizations import (
    AsymmetricFactor,
    HadamardPower,
    HadamardProduct,
    Parameterization,
    SymmetricFactor,
)
from ..problems import Problem
from ..solution import Solution
from .checks import Array, check_truth, number, one_of
from .hessian import lowest
from .norms import growth_rate, norm
from .point import Parameters, Point, point_of
from .recorded import recorded
from .regions import RegionName, region_of

Kind: TypeAlias = Literal["one_step", "first_order", "worst_case", "block", "full"]

Iterations: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]

_KINDS = ("one_step", "first_order", "worst_case", "block", "full")
# Steps x <- x - eta grad f, with noise or without.
_PLAIN = ("GD", "PGD", "IPGD", "IPGDPlus")


def deviation_rate(
    problem: Problem,
    solution: Parameters,
    kind: Kind = "first_order",
    *,
    region: RegionName | None = None,
    step_size: float | None = None,
    parameterization: Parameterization | None = None,
    n_threads: int | None = None,
) -> float:
    r"""The deviation rate r(x): ||x_res|| grows by at most 1 + eta r(x) in a step, and by noise.

    x = x_sig + x_res is the split of :func:`split`, g = grad f.

    ``one_step``
        (||x_res(x - eta g)|| / ||x_res(x)|| - 1) / eta: what a step of gradient descent does.
    ``first_order``
        -<x_res, dx_res> / ||x_res||^2, dx_res the derivative of x_res along g: its limit for small
        eta, and the recorded quantity ``deviation_rate``. For parts of the parameters it is
        -<x_res, g> / ||x_res||^2.
    ``worst_case``
        The largest eigenvalue of -Hessian on the directions in which x_res can point, those
        orthogonal to the tangent space of M; by Lanczos on exact products.
    ``block``
        The largest growth that f gives to residuals near zero, when the signal's leak into them is
        left out. lambda_max(-V_perpᵀ M V_perp)_+ for U Uᵀ, M = A*(loss'(r))/m;
        sigma_max(L_perpᵀ M R_perp) for V Wᵀ (which is the same of [V; W]); 2 max |M_i| off the
        support for u∘u - v∘v, and max |M_i| for u∘v; for u^L - v^L the largest
        L max(-M_i u_i^(L-2), M_i v_i^(L-2))_+ there.
    ``full``
        The same on the whole space: lambda_max(-M)_+, sigma_max(M), 2 max |M_i|.

    Where x_res = 0, ``first_order`` and ``one_step`` are 0 if it stays zero, else infinite.

    Parameters
    ----------
    problem : Problem
        With a truth.
    solution : Solution, or dict of str to array_like
        A solution, or parameters such as those that a callback sees.
    kind : {"first_order", "one_step", "worst_case", "block", "full"}
    region : str, optional
        As in :func:`split`; ``block`` and ``full`` have one only.
    step_size : float, optional
        The eta of ``one_step``. Default: that of the solution.
    parameterization : Parameterization, optional
        The model of parameters whose names do not say it.
    n_threads : int, optional

    Returns
    -------
    float
        In units of the curvature of f.

    Raises
    ------
    ValueError
        If the problem has no truth, the model no such region or kind, or a step size is missing.
    TypeError
        If an argument is of another kind.

    Notes
    -----
    Norms are scaled, so residuals down to 1e-300 have a rate. Where signal and residual share
    entries (``column``, ``rank``, ``row``), what is below 1e-16 of the signal is rounding, and so
    is its rate.

    References
    ----------
    The rate r(.) is defined in Ma, Liang, Fattahi (2025), arXiv 2505.17304, whose full text was not
    available to us: all forms are our reading.
    """
    one_of("kind", kind, _KINDS)
    point = point_of(problem, solution, parameterization, n_threads)
    check_truth(problem, "a deviation rate")
    if kind in ("block", "full"):
        if region is not None and region != region_of(point).name:
            raise ValueError(
                f"region: expected {region_of(point).name!r} or None for kind {kind!r}, got "
                f"{region!r}"
            )
        return _of_gradient(point, kind == "block")
    found = region_of(point, region)
    if kind == "worst_case":
        tangent = found.tangent
        if tangent is None:
            raise ValueError(
                f"kind: expected 'one_step' or 'first_order' for the region {found.name!r} of "
                f"{type(point.model).__name__}, whose residual is no part of the parameters, got "
                f"{kind!r}"
            )

        def outside(v: Array) -> Array:
            return v - tangent.embed(tangent.restrict(v))

        if tangent.dimension >= len(point.flat):
            return 0.0  # there is no residual
        return -lowest(point, outside).value
    gradient = point.objective.gradient(point.flat)
    if kind == "first_order":
        return growth_rate(found.residual, found.change(gradient))
    eta = _step_size(solution) if step_size is None else step_size
    eta = number("step_size", eta, positive=True)
    moved = Point(point.objective, point.flat - eta * gradient)
    before, after = norm(found.residual), norm(region_of(moved, region).residual)
    if before == 0:
        return math.inf if after > 0 else 0.0
    return (after / before - 1) / eta


def _step_size(solution: object) -> float:
    """That of a run."""
    if not isinstance(solution, Solution):
        raise ValueError("step_size: expected one beside parameters, got None")
    return float(solution.settings["algorithm"]["step_size"])


def _of_gradient(point: Point, block: bool) -> float:
    """The largest growth rate in Theta's gradient M, off the truth's space or everywhere."""
    make = _OF_GRADIENT.get(type(point.model))
    if make is None:
        names = ", ".join(model.__name__ for model in _OF_GRADIENT)
        raise ValueError(
            f"kind: expected 'one_step' or 'first_order' for {type(point.model).__name__} ('block' "
            f"and 'full' are for {names}), got {'block' if block else 'full'!r}"
        )
    return make(point, point.objective.theta_gradient(point.flat), block)


def _symmetric(point: Point, M: Array, block: bool) -> float:
    M = (M + M.T) / 2
    if block:
        V = _complement(point.problem.truth_bases[0])
        M = V.T @ M @ V
    return max(-float(np.linalg.eigvalsh(M)[0]), 0.0) if M.size else 0.0


def _asymmetric(point: Point, M: Array, block: bool) -> float:
    if block:
        L, R = map(_complement, point.problem.truth_bases)
        M = L.T @ M @ R
    return float(svdvals(M)[0]) if M.size else 0.0


def _power(point: Point, M: Array, block: bool) -> float:
    assert isinstance(point.model, HadamardPower)
    L, (u, v) = point.model.power, point.flat.reshape(2, -1)
    rates = L * np.maximum(-M[:, 0] * u ** (L - 2), M[:, 0] * v ** (L - 2))
    return max(float(_off_support(point, rates, block).max(initial=0.0)), 0.0)


def _product(point: Point, M: Array, block: bool) -> float:
    return float(_off_support(point, np.abs(M[:, 0]), block).max(initial=0.0))


def _off_support(point: Point, entries: Array, block: bool) -> Array:
    return entries[point.problem.truth_matrix()[:, 0] == 0] if block else entries


def _complement(basis: Array) -> Array:
    """An orthonormal basis of what is orthogonal to the columns."""
    Q = np.linalg.qr(basis, mode="complete")[0]
    return Q[:, basis.shape[1] :]


_OF_GRADIENT: dict[type[Parameterization], Callable[[Point, Array, bool], float]] = {
    SymmetricFactor: _symmetric,
    AsymmetricFactor: _asymmetric,
    HadamardPower: _power,
    HadamardProduct: _product,
}


@dataclass(frozen=True, eq=False)
class CumulativeDeviation:
    """What the deviation rates of a run add up to.

    Attributes
    ----------
    iteration : ndarray of int, shape (n,)
    exponent : ndarray, shape (n,)
        eta sum_{s < t} r(x_s).
    average : ndarray, shape (n,)
        r̄_t = (1/t) sum_{s < t} r(x_s); r(x_0) at t = 0.
    """

    iteration: Iterations
    exponent: Array
    average: Array


def cumulative_deviation(
    solution: Solution, quantity: str = "deviation_rate"
) -> CumulativeDeviation:
    """The exponent eta sum_t r(x_t) and the average rate r̄_T along a run.

    Between two records the rate of the earlier one is taken; ``record_every=1`` makes the sum
    exact.

    Parameters
    ----------
    solution : Solution
        Of GD, PGD, IPGD or IPGDPlus, with the quantity recorded.
    quantity : str
        The history's name of the rates.

    Returns
    -------
    CumulativeDeviation

    Raises
    ------
    ValueError
        If the quantity was not recorded, or the run was one of another algorithm.

    References
    ----------
    Ma, Liang, Fattahi (2025), arXiv 2505.17304, figure 4: a large r̄_T goes with a residual that
    grows. The sums are our reading.
    """
    iteration, rates = _rates(solution, quantity)
    eta = _plain_step(solution)
    steps = np.diff(iteration)
    total = np.concatenate([[0.0], np.cumsum(rates[:-1] * steps)])
    average = np.divide(total, iteration - iteration[0], where=iteration > iteration[0], out=rates)
    return CumulativeDeviation(iteration, eta * total, average)


@dataclass(frozen=True, eq=False)
class ResidualBound:
    """The residual of a run and what its deviation rates bound it by.

    Attributes
    ----------
    iteration : ndarray of int, shape (n,)
    residual : ndarray, shape (n,)
        ||x_res||, as recorded.
    bound : ndarray, shape (n,)
        exp(eta sum_{s < t} r(x_s)_+) (||x_res,0|| + t gamma).
    """

    iteration: Iterations
    residual: Array
    bound: Array


def residual_bound(solution: Solution, quantity: str = "deviation_rate") -> ResidualBound:
    """The bound exp(eta sum r) (||res_0|| + T gamma) beside the measured residual.

    Each step multiplies the residual by at most 1 + eta r(x_t) <= exp(eta r(x_t)) and adds noise of
    length gamma (0 of :class:`ipgd.GD`) at most. Rates below zero count as zero, because what noise
    adds late is not made smaller by steps before it.

    A bound it is with the rates of ``one_step`` at every iteration. Rates of ``first_order``, which
    runs record, leave out eta^2 ||dx_res||^2 / (2 ||x_res||^2) a step, and rates of every k-th
    iteration what happens between.

    Parameters
    ----------
    solution : Solution
        Of GD, PGD, IPGD or IPGDPlus, with the quantity and ``residual_norm`` recorded.
    quantity : str
        The history's name of the rates.

    Returns
    -------
    ResidualBound

    Raises
    ------
    ValueError
        If a quantity was not recorded, or the run was one of another algorithm.

    References
    ----------
    Our reading of the deviation rate in Ma, Liang, Fattahi (2025), arXiv 2505.17304.
    """
    iteration, rates = _rates(solution, quantity)
    residual = _rates(solution, "residual_norm")[1]
    eta = _plain_step(solution)
    radius = float(solution.settings["algorithm"].get("radius", 0.0))
    steps = np.diff(iteration)
    exponent = eta * np.concatenate([[0.0], np.cumsum(np.maximum(rates[:-1], 0.0) * steps)])
    with np.errstate(over="ignore"):
        bound = np.exp(exponent) * (residual[0] + (iteration - iteration[0]) * radius)
    return ResidualBound(iteration, residual, bound)


def _rates(solution: Solution, quantity: str) -> tuple[Iterations, Array]:
    """Iterations and a copy of what was recorded there."""
    values = np.array(recorded(solution, quantity))
    if values.ndim != 1:
        raise ValueError(f"quantity: expected one number a record, got {quantity!r}")
    return solution.history["iteration"], values


def _plain_step(solution: Solution) -> float:
    algorithm = solution.settings["algorithm"]
    if algorithm["name"] not in _PLAIN:
        raise ValueError(
            f"solution: expected a run of {', '.join(_PLAIN)}, whose steps are along the gradient, "
            f"got one of {algorithm['name']}"
        )
    return float(algorithm["step_size"])
