"""Projected gradient descent on Theta: over the PSD cone, or over the matrices of a given rank."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .. import Problem, Solution
from .._support.progress import Progress
from .._support.validate import integer, number, real_array
from .checks import check_budget, check_problem
from .report import reporting
from .spectral import Array, low_rank_part, psd_part

_LARGEST = 1e140  # squares of residuals are finite


def curvature(problem: Problem) -> float:
    """The largest eigenvalue of A*A/m, by power iteration: the smoothness constant of f(Theta).

    The value is never too large; after 100 iterations it is within 1 % for a Gaussian ensemble.
    """
    operator = problem.operator
    X = np.random.default_rng(0).standard_normal(operator.matrix_shape)
    X = (X + X.T) / 2 if operator.symmetric else X
    value = 0.0
    for _ in range(100):
        X /= np.linalg.norm(X)
        X = operator.adjoint(operator.forward(X)) / problem.m
        before, value = value, float(np.linalg.norm(X))
        if value == 0 or abs(value - before) <= 1e-4 * value:
            break
    return value


def projected_gradient(
    problem: Problem,
    constraint: Literal["psd", "rank"] | None = None,
    *,
    rank: int | None = None,
    step_size: float | Literal["auto"] = "auto",
    init: Array | None = None,
    max_iter: int = 1000,
    relative_loss: float = 1e-10,
    record_every: int = 1,
    progress: bool | Progress = False,
    n_threads: int | None = None,
) -> Solution:
    """Theta <- P(Theta - eta A*(r)/m), P the projection on the PSD cone or on rank `rank`.

    Over the cone this is a convex problem with many solutions when there are few measurements;
    what it returns has no reason to be of low rank (Li, Ma, Zhang 2018, figure 4). With a rank it
    is singular value projection, also called iterative hard thresholding.

    Parameters
    ----------
    problem : Problem
    constraint : {"psd", "rank"}, optional
        Default: "rank" if `rank` is given, else "psd".
    rank : int, optional
        Needed by ``constraint="rank"``; an error with ``"psd"``.
    step_size : float or "auto"
        "auto" is 1/L with the largest eigenvalue L of A*A/m over the cone, and the step that
        minimises f along the gradient's part in the current column space with a rank (normalised
        iterative hard thresholding).
    init : array_like, shape (d1, d2), optional
        Default: zero.
    max_iter : int
    relative_loss : float
        Stop when f <= relative_loss * f(0).
    record_every : int
    progress : bool or callable
        As in :func:`ipgd.solve`.
    n_threads : int, optional

    Returns
    -------
    Solution
        With ``parameters = {"Theta": ...}``; status ``relative_loss``, ``max_iter`` or
        ``diverged``. ``loss``, ``train_error`` and, with a truth, ``test_error`` are recorded.

    Raises
    ------
    ValueError
        If the constraint makes no sense for the operator.
    SolveInterrupted
        On Ctrl-C; its ``solution`` holds the last iterate.

    References
    ----------
    Jain, Meka, Dhillon (2010), "Guaranteed rank minimization via singular value projection",
    arXiv 0909.5457. Tanner, Wei (2013), "Normalized iterative hard thresholding for matrix
    completion", SIAM J. Sci. Comput. 35.
    """
    check_problem(problem)
    check_budget(max_iter, record_every, n_threads, progress)
    constraint = constraint or ("psd" if rank is None else "rank")
    rank = _check(problem, constraint, rank)
    relative_loss = number("relative_loss", relative_loss, positive=False)
    operator = problem.operator
    theta = np.zeros(operator.matrix_shape)
    if init is not None:
        theta = real_array("init", init, operator.matrix_shape).copy()
    fixed: float | str = step_size
    if step_size != "auto":
        fixed = number("step_size", step_size, positive=True)
    if fixed == "auto" and constraint == "psd":
        fixed = 1 / (curvature(problem) or 1.0)
    target = np.sqrt(relative_loss) * np.linalg.norm(problem.y)
    status, t = "", 0
    basis: Array | None = None
    algorithm = {
        "name": "projected_gradient",
        "constraint": constraint,
        "rank": rank,
        "step_size": fixed,
    }
    with reporting(problem, record_every, max_iter, progress, algorithm) as report:
        while True:
            r, G = operator.residual_adjoint(theta, problem.y, n_threads=n_threads)
            G = (G + G.T) / 2 if constraint == "psd" else G
            if np.linalg.norm(r) <= target:
                status = "relative_loss"
            elif t >= max_iter:
                status = "max_iter"
            if status:
                break
            report.record(t, theta, r)
            if fixed == "auto":
                eta = _best_step(problem, G, basis, int(rank or 1), n_threads)
            else:
                eta = float(fixed)
            with np.errstate(over="ignore"):
                moved = theta - eta / problem.m * G
            if not np.abs(moved).max() < _LARGEST:
                status = "diverged"
                break
            if constraint == "psd":
                theta = psd_part(moved)
            else:
                theta, basis = low_rank_part(moved, int(rank or 1), operator.symmetric)
            t += 1
        report.record(t, theta, r, last=True)
    return report.solution(theta, r, G, status=status, nit=t)


def _check(problem: Problem, constraint: str, rank: int | None) -> int | None:
    """The rank, checked."""
    d1, d2 = problem.operator.matrix_shape
    if constraint not in ("psd", "rank"):
        raise ValueError(f"constraint: expected 'psd' or 'rank', got {constraint!r}")
    if constraint == "psd" and d1 != d2:
        raise ValueError(f"constraint: expected 'rank' for {d1} x {d2} matrices, got 'psd'")
    if constraint == "psd" and rank is not None:
        raise ValueError(f"rank: expected None with constraint='psd', got {rank}")
    if constraint == "psd":
        return None
    if rank is None or integer("rank", rank, 1) > min(d1, d2):
        raise ValueError(f"rank: expected an integer from 1 to {min(d1, d2)}, got {rank}")
    return int(rank)


def _best_step(
    problem: Problem, G: Array, basis: Array | None, rank: int, n_threads: int | None
) -> float:
    """The eta at which f(Theta - eta D) is least, D the part of G/m in the current columns."""
    if basis is None:
        basis = low_rank_part(G, rank, problem.operator.symmetric)[1]
    along = basis @ (basis.T @ G)
    image = problem.operator.forward(along, n_threads=n_threads)
    # <G, D>/m over ||A(D)||^2/m
    return float(np.vdot(along, along)) / (float(image @ image) or 1.0) * problem.m
