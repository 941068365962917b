"""What the size of a small random start decides: when descent recovers, and how well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .. import GD, Problem, Stop, SymmetricFactor, solve_batch
from .. import init as starts
from .checks import Array, Progress, check_problem, check_rank, describe, integer, number
from .three_phases import phases

_RECORDED = ("loss", "test_error", "singular_values", "signal_norm", "residual_norm")


@dataclass(frozen=True, eq=False)
class SmallStarts:
    """Runs of descent on U Uᵀ from Gaussian starts of several sizes; NaN stands for "not reached".

    Attributes
    ----------
    alphas : ndarray, shape (A,)
    alignment_end, saddle_end : ndarray, shape (seeds, A)
        Iterations at which phases I and II end; see :func:`ipgd.analysis.phases`.
    growth, noise_growth : ndarray, shape (seeds, A)
        Factors of an iteration in phase II.
    error : ndarray, shape (seeds, A)
        The smallest ||Theta - Theta*||_F / ||Theta*||_F of each run.
    """

    alphas: Array
    alignment_end: Array = field(repr=False)
    saddle_end: Array = field(repr=False)
    growth: Array = field(repr=False)
    noise_growth: Array = field(repr=False)
    error: Array = field(repr=False)

    @property
    def waiting_slope(self) -> Array:
        """Iterations until phase II ends, for each unit of log(1/alpha); shape (seeds,)."""
        return self._slope(self.saddle_end, -np.log(self.alphas))

    @property
    def predicted_slope(self) -> Array:
        """1 / log(growth) at the smallest alpha: the signal has a factor 1/alpha to grow."""
        smallest = int(np.argmin(self.alphas))
        slope: Array = 1 / np.log(self.growth[:, smallest])
        return slope

    @property
    def alignment_share(self) -> Array:
        """By how much the end of phase I differs over alpha, relative to that of phase II."""
        share: Array = np.ptp(self.alignment_end, axis=1) / np.ptp(self.saddle_end, axis=1)
        return share

    @property
    def error_exponent(self) -> Array:
        """The p of error ~ alpha^p, from a line through the logarithms; shape (seeds,)."""
        return self._slope(np.log(self.error), np.log(self.alphas))

    @property
    def growth_ratio(self) -> Array:
        """log(noise growth) / log(signal growth), the median over alpha; below 1 in phase II."""
        ratio: Array = np.median(np.log(self.noise_growth) / np.log(self.growth), axis=1)
        return ratio

    @staticmethod
    def _slope(values: Array, x: Array) -> Array:
        slopes = [
            float(np.polyfit(x, row, 1)[0]) if np.isfinite(row).all() else np.nan for row in values
        ]
        return np.array(slopes)


def small_starts(
    problems: Sequence[Problem],
    alphas: Sequence[float],
    *,
    rank: int,
    step_size: float,
    search_rank: int | None = None,
    max_iter: int = 2_000,
    record_every: int = 2,
    relative_loss: float = 1e-28,
    progress: bool | Progress = False,
) -> SmallStarts:
    """Run gradient descent on U Uᵀ from alpha times a Gaussian start, for several alpha.

    Stöger and Soltanolkotabi (2021) prove for small alpha that phase II ends after a time that
    grows like log(1/alpha), while phase I does not depend on alpha; that the error falls with
    alpha; and that with the exact search rank it falls to zero, up to rounding.

    Parameters
    ----------
    problems : sequence of Problem
        One for each seed, with symmetric operators of one shape and with truths. The k-th start is
        drawn with the seed k, and the same direction serves all alpha.
    alphas : sequence of float
        At least two, in any order.
    rank : int
        r of the truths.
    step_size : float
    search_rank : int, optional
        Columns of U. Default: d.
    max_iter, record_every : int
    relative_loss : float
        The stopping rule, at rounding by default.
    progress : bool or callable
        As in :func:`ipgd.solve_batch`.

    Returns
    -------
    SmallStarts

    Raises
    ------
    TypeError, ValueError
        If an argument makes no sense, or a problem has no truth.
    SolveInterrupted
        On Ctrl-C.

    References
    ----------
    Stöger, Soltanolkotabi (2021), "Small random initialization is akin to spectral learning",
    arXiv 2106.15013.
    """
    given = list(problems) if isinstance(problems, Sequence) else []
    if not given:
        raise ValueError(f"problems: expected a sequence of problems, got {describe(problems)}")
    for problem in given:
        if check_problem(problem).truth is None:
            raise ValueError(f"problems: expected problems with a truth, got {problem!r}")
    sizes = np.array([number("alphas", alpha, positive=True) for alpha in alphas])
    if len(sizes) < 2:
        raise ValueError(f"alphas: expected at least two numbers, got {alphas!r}")
    r = check_rank(rank, given[0].operator.matrix_shape)
    every = integer("record_every", record_every, 1)
    runs = [(problem, k, alpha) for k, problem in enumerate(given) for alpha in sizes.tolist()]
    solutions = solve_batch(
        [problem for problem, _, _ in runs],
        GD(step_size),
        inits=[starts.gaussian(alpha) for _, _, alpha in runs],
        seeds=[k for _, k, _ in runs],
        parameterization=SymmetricFactor(search_rank),
        max_iter=max_iter,
        stop=Stop(relative_loss=relative_loss),
        record=_RECORDED,
        record_every=every,
        n_singular_values=r + 1,
        progress=progress,
    )
    rows = []
    for (problem, _, _), solution in zip(runs, solutions, strict=True):
        sigma = np.linalg.svd(problem.truth_matrix(), compute_uv=False)
        found = phases(solution, r, target=float(sigma[r - 1]))
        ends = [np.nan if end is None else end for end in (found.alignment_end, found.saddle_end)]
        error = float(solution.history["test_error"].min())
        rows.append((*ends, found.growth, found.noise_growth, error))
    columns = np.array(rows, dtype=np.float64).reshape(len(given), len(sizes), 5)
    return SmallStarts(sizes, *np.moveaxis(columns, -1, 0))
