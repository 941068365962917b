"""Soft-impute: matrix completion by shrinking and refilling."""

from __future__ import annotations

import numpy as np

from .. import Problem, Solution
from .._support.progress import Progress
from .._support.validate import number
from ..operators import Entries, Operator
from .checks import check_budget, check_penalty, check_problem
from .report import reporting
from .spectral import dual_norm, shrink

_PATH = 10  # penalties from the largest sensible one down
_SMALLEST = 1e-2


def _refuse_repeated(operator: Operator) -> None:
    """Raise ValueError where entries are observed more than once: then AA* is not s^2 I."""
    if not isinstance(operator, Entries):
        return
    d2 = operator.matrix_shape[1]
    places, counts = np.unique(operator.rows * d2 + operator.cols, return_counts=True)
    repeated = np.flatnonzero(counts > 1)
    if len(repeated):
        place = tuple(int(n) for n in divmod(places[repeated[0]], d2))
        raise ValueError(
            f"problem: expected every entry to be observed once, got {len(repeated)} of them more "
            f"often, {place} {counts[repeated[0]]} times; give the mean of its values once"
        )


def soft_impute(
    problem: Problem,
    penalty: float | None = None,
    *,
    tolerance: float = 1e-6,
    max_iter: int = 5000,
    record_every: int = 10,
    progress: bool | Progress = False,
    n_threads: int | None = None,
) -> Solution:
    """Minimise 1/2 ||P(Z - Y)||_F^2 + penalty ||Z||_*, P the projection on the observed entries.

    Z <- S(P(Y) + Z - P(Z)), S the shrinkage of singular values by the penalty: missing entries are
    filled in from the last iterate. Penalties come down to the one asked for along a path of ten,
    each from the solution of the one before.

    Parameters
    ----------
    problem : Problem
        Its operator samples entries, or more generally measures in orthogonal directions of equal
        length, AA* = s^2 I; then P = A*A / s^2.
    penalty : float, optional
        In units of Theta. Default: 1 % of the largest one with Z other than 0, ||P(Y)||_2.
    tolerance : float
        A penalty is done with when an iteration changes Z by no more than this, relative to P(Y).
    max_iter : int
        Iterations for the whole path.
    record_every : int
    progress : bool or callable
        As in :func:`ipgd.solve`.
    n_threads : int, optional

    Returns
    -------
    Solution
        With ``parameters = {"Theta": ...}``; status ``settled`` or ``max_iter``. ``loss``,
        ``train_error``, ``penalty`` and, with a truth, ``test_error`` are recorded.

    Raises
    ------
    ValueError
        If the operator is not of that kind, or the penalty makes no sense.
    SolveInterrupted
        On Ctrl-C; its ``solution`` holds the last iterate.

    References
    ----------
    Mazumder, Hastie, Tibshirani (2010), "Spectral regularization algorithms for learning large
    incomplete matrices", J. Mach. Learn. Res. 11.
    """
    check_problem(problem)
    check_budget(max_iter, record_every, n_threads, progress)
    penalty = check_penalty(penalty)
    tolerance = number("tolerance", tolerance, positive=False)
    operator, y = problem.operator, problem.y
    back = operator.adjoint(y, n_threads=n_threads)
    image = operator.forward(back, n_threads=n_threads)
    squared = float(y @ image) / (float(y @ y) or 1.0)  # s^2
    if np.linalg.norm(image - squared * y) > 1e-8 * np.linalg.norm(image):
        _refuse_repeated(operator)
        raise ValueError(
            "problem: expected an operator that samples entries (AA* a multiple of the identity), "
            f"got {operator!r}"
        )
    squared = squared or 1.0
    symmetric = operator.symmetric
    largest = dual_norm(back / squared, symmetric, False)
    final = _SMALLEST * largest if penalty is None else penalty
    path = np.array([final])
    if 0 < final < largest:
        path = np.geomspace(largest, final, _PATH + 1)[1:]
    settled = tolerance * float(np.linalg.norm(back)) / squared
    Z, t, done = np.zeros(operator.matrix_shape), 0, 0
    algorithm = {"name": "soft_impute", "penalty": final}
    with reporting(problem, record_every, max_iter, progress, algorithm) as report:
        while True:
            r, G = operator.residual_adjoint(Z, y, n_threads=n_threads)
            if done == len(path) or t >= max_iter:
                break
            report.record(t, Z, r, penalty=float(path[done]))
            before = Z
            Z, _ = shrink(Z - G / squared, float(path[done]), symmetric, False)
            if np.linalg.norm(Z - before) <= settled:
                done += 1
            t += 1
        report.record(t, Z, r, last=True, penalty=float(path[min(done, len(path) - 1)]))
    status = "settled" if done == len(path) else "max_iter"
    return report.solution(Z, r, G, status=status, nit=t)
