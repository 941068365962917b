"""How long a perturbation takes to leave a saddle, against its radius."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike

from .. import (
    IPGD,
    AsymmetricFactor,
    IPGDPlus,
    Problem,
    Solution,
    Stop,
    SymmetricFactor,
    solve,
    solve_batch,
)
from ..init import padded
from .checks import Array, check_problem, describe, integer, real_array

_ROUNDING = 1e-10  # a lambda below it, relative to ||A*(y)/m||, is taken for zero
_MORE_GROWTH = 30.0  # e-folds beyond those expected, before a run counts as one that stays


@dataclass(frozen=True, eq=False)
class EscapeLine:
    """What :func:`escape_line` measures.

    Attributes
    ----------
    radii : ndarray, shape (n_radii,)
    iterations : ndarray, shape (n_radii, n_seeds)
        The first iteration beyond the saddle; NaN of a run that stays.
    curvature : float
        lambda of the escape direction, which a step multiplies by 1 + step_size * lambda. For
        U Uᵀ, -lambda is the lowest eigenvalue of M = A*(w)/m at the saddle; for V Wᵀ, lambda is its
        largest singular value. w is the residual, or what the loss makes of it.
    step_size : float
    slope : float
        Of the straight line through the medians over the seeds against log(1/radius); NaN where
        one of them is, or with a single radius.
    expected_slope : float
        1 / log(1 + step_size * lambda).
    r_squared : float
        Of that line.
    """

    radii: Array
    iterations: Array
    curvature: float
    step_size: float
    slope: float
    expected_slope: float
    r_squared: float


def escape_line(
    problem: Problem,
    saddle: Solution | ArrayLike | Mapping[str, ArrayLike],
    radii: Sequence[float] | Array,
    algorithm: IPGD | IPGDPlus | None = None,
    *,
    search_rank: int,
    seeds: Sequence[int] = (0,),
    n_threads: int | None = None,
) -> EscapeLine:
    """Iterations that perturbations of these radii, down to 1e-300, take to leave a saddle.

    Perturbed descent starts from the saddle as :class:`ipgd.init.padded` writes it, and has left it
    when the other columns are half as long as the escape direction can become,
    sqrt(lambda) for U Uᵀ and sqrt(2 lambda) for V Wᵀ.

    Parameters
    ----------
    problem : Problem
    saddle : Solution, array_like, or dict of str to array_like
        A stationary point of low rank: U, or the blocks V and W, with any number of columns.
        :func:`ipgd.solve` with plain descent and a search rank of s ends at one of rank s.
    radii : sequence of float
    algorithm : IPGD or IPGDPlus, optional
        Its radius is replaced. Default: ``IPGD()``.
    search_rank : int
        Columns of U, or of V and W; more than the rank of the saddle.
    seeds : sequence of int
        Of the perturbations; one run for each radius and seed.
    n_threads : int, optional

    Returns
    -------
    EscapeLine

    Raises
    ------
    ValueError, TypeError
        If an argument makes no sense, or the point is no saddle: lambda <= 0, or no column is left
        for the perturbation.

    Notes
    -----
    In the limit of small radii the escape takes log(1/radius) / log(1 + step_size * lambda)
    iterations and a constant (our derivation; the claim that smaller perturbations cost a factor of
    log(1/radius) is that of Ma, Liang, Fattahi 2025, arXiv 2505.17304). The saddle has to be a
    minimum among the points of its rank: rounding leaves any other by itself.
    """
    check_problem(problem)
    start = padded(saddle.parameters if isinstance(saddle, Solution) else saddle)
    columns = integer("search_rank", search_rank, 1)
    if columns <= start.rank:
        raise ValueError(
            f"search_rank: expected more columns than the saddle's rank {start.rank}, got {columns}"
        )
    model = (AsymmetricFactor if "V" in start.factors else SymmetricFactor)(columns)
    method = IPGD() if algorithm is None else algorithm
    if not isinstance(method, IPGD | IPGDPlus):
        raise TypeError(
            f"algorithm: expected ipgd.IPGD() or ipgd.IPGDPlus(), got {describe(method)}"
        )
    sizes = real_array("radii", radii, (None,))
    if not (sizes > 0).all():
        raise ValueError(f"radii: expected positive numbers, got {sizes.min()}")
    if len(seeds) == 0:
        raise ValueError("seeds: expected at least one seed, got none")

    curvature = _escape_curvature(problem, start)
    scale = problem.scale(n_threads)
    if not curvature > _ROUNDING * scale.curvature:
        raise ValueError(
            f"saddle: expected a point with a direction of negative curvature, got one whose "
            f"escape curvature is {curvature:.3g}"
        )
    at_rest = solve(
        problem, method, parameterization=model, init=start, max_iter=0, n_threads=n_threads
    )
    eta = float(at_rest.settings["algorithm"]["step_size"])
    rate = math.log1p(eta * curvature)

    length = math.sqrt(curvature * scale.magnitude / scale.curvature)
    length *= math.sqrt(len(start.factors))
    folds = max(math.log(length / sizes.min()), 0.0) + _MORE_GROWTH
    iterations = np.full((sizes.size, len(seeds)), np.nan)
    for k, seed in enumerate(seeds):
        runs = solve_batch(
            problem,
            method,
            radii=list(map(float, sizes)),
            seeds=[seed] * sizes.size,
            parameterization=model,
            init=start,
            max_iter=math.ceil(folds / rate),
            stop=Stop(relative_loss=1e-6),
            record=("column_norms",),
            n_threads=n_threads,
        )
        for j, run in enumerate(runs):
            norms = run.history["column_norms"].reshape(-1, len(start.factors), columns)
            beyond = np.sqrt((norms[:, :, start.rank :] ** 2).sum(axis=(1, 2))) >= length / 2
            if beyond.any():
                iterations[j, k] = run.history["iteration"][np.argmax(beyond)]
    slope, r_squared = _line(np.log(1 / sizes), np.median(iterations, axis=1))
    return EscapeLine(sizes, iterations, curvature, eta, slope, 1 / rate, r_squared)


def _escape_curvature(problem: Problem, start: padded) -> float:
    """Lambda of the point; see :class:`EscapeLine`."""
    factors = list(start.factors.values())
    residual = problem.operator.forward((factors[0], factors[-1])) - problem.y
    loss = problem.native_loss()
    weights = residual if loss is None else loss.weight(residual, problem.y)
    G = problem.operator.adjoint(weights / problem.m)
    if len(factors) == 1:
        return -float(scipy.linalg.eigvalsh((G + G.T) / 2, subset_by_index=[0, 0])[0])
    return float(scipy.linalg.svdvals(G)[0])


def _line(x: Array, y: Array) -> tuple[float, float]:
    """Slope and R^2 of the straight line through (x, y); NaN where there is none."""
    if np.isnan(y).any() or np.ptp(x) == 0:
        return math.nan, math.nan
    fit = np.polyfit(x, y, 1)
    rest = y - np.polyval(fit, x)
    spread = float(((y - y.mean()) ** 2).sum())
    return float(fit[0]), 1 - float((rest**2).sum()) / spread if spread > 0 else math.nan
