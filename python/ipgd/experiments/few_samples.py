"""Quadratic networks that fit few samples: which of them generalise depends on the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from .command import picture_options, picture_parser
from .quadratic import network

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SMALL, LARGE = 1e-4, 2.0  # alpha of U_0 = alpha I
FITTED = 2e-3  # training error
_LONGEST = 50_000  # iterations of a stage


@dataclass(frozen=True)
class Fit:
    """The end of a run of gradient descent that went on until it fitted the samples.

    Attributes
    ----------
    train, test : float
        ||A(Theta) - y|| / ||y|| and ||Theta - Theta*||_F / ||Theta*||_F.
    iterations : int
    """

    train: float
    test: float
    iterations: int


def fit(
    problem: ipgd.Problem, alpha: float, train_error: float = FITTED, max_iter: int = 500_000
) -> Fit:
    """Gradient descent from U_0 = alpha I to this training error, in stages that get longer.

    The step of a stage is eta = 1/(4 max(c, 2(2||U||^2 + ||U||_F^2))), with c the curvature at the
    solution: E A*A(U Uᵀ)/m = 2 U Uᵀ + ||U||_F^2 I, so that it grows as a large U shrinks.

    Parameters
    ----------
    problem : Problem
        With a truth.
    alpha : float
    train_error : float
    max_iter : int

    Returns
    -------
    Fit
    """
    U = alpha * np.eye(problem.operator.matrix_shape[0])
    curvature, done, stage = problem.scale().curvature, 0, 25
    while True:
        here = 2 * (2 * np.linalg.norm(U, 2) ** 2 + np.linalg.norm(U) ** 2)
        budget = min(stage, max_iter - done)
        solution = ipgd.solve(
            problem,
            ipgd.GD(1 / (4 * max(curvature, float(here)))),
            init=U,
            max_iter=budget,
            stop=ipgd.Stop(relative_loss=train_error**2),
            record=("train_error", "test_error"),
            record_every=budget,
        )
        U, done, stage = solution.parameters["U"], done + solution.nit, min(2 * stage, _LONGEST)
        if solution.status != "max_iter" or done >= max_iter:
            history = solution.history
            return Fit(float(history["train_error"][-1]), float(history["test_error"][-1]), done)


@dataclass(frozen=True)
class Row:
    """Fits of several networks with the same number of samples."""

    m: int
    small: tuple[Fit, ...]
    large: tuple[Fit, ...]


def compare(
    d: int = 40,
    rank: int = 1,
    multiples: Sequence[float] = (1.5, 2, 2.25, 2.5, 3, 4),
    instances: int = 3,
) -> list[Row]:
    """One row for each m = multiple d rank: descent from a small and a large start, both fitted.

    Where many positive semidefinite matrices fit, the start decides which one is found: at
    m = 2.25 d (d = 40, rank 1) descent from the small one misses Theta* by 0.10, from the large one
    by 0.70 (medians). With some more samples a large start finds Theta*, too: then about one
    positive semidefinite matrix fits, as is known of so many measurements of rank one.

    Parameters
    ----------
    d, rank : int
    multiples : sequence of float
        m / (d rank).
    instances : int
        Networks, and draws of the samples.

    Returns
    -------
    list of Row

    References
    ----------
    Li, Ma, Zhang (2018), arXiv 1712.09203, section 5.
    """
    rows = []
    for multiple in multiples:
        m = round(multiple * d * rank)
        problems = [network(d, rank, m, rng) for rng in range(instances)]
        small, large = (tuple(fit(p, alpha) for p in problems) for alpha in (SMALL, LARGE))
        rows.append(Row(m, small, large))
    return rows


_LABELS = {"small": f"from U = {SMALL:g} I", "large": f"from U = {LARGE:g} I"}


def picture(rows: Sequence[Row], d: int, rank: int) -> Figure:
    """Recovery errors over the number of samples: medians, and every network as a dot."""
    figure, axes = ipgd.plots.new_figure(1, 1)
    figure.set_size_inches(6.5, 4)
    ax = axes[0, 0]
    samples = [row.m for row in rows]
    for name, label in _LABELS.items():
        tests = np.array([[fitted.test for fitted in getattr(row, name)] for row in rows])
        (line,) = ax.semilogy(samples, np.median(tests, axis=1), label=f"{label}, median")
        ax.semilogy(samples, tests, ".", color=line.get_color(), alpha=0.5)
    free = d * rank - rank * (rank - 1) // 2
    ax.axvline(free, color="grey", linestyle=":", label=f"free parameters of Θ*: {free}")
    ax.set_xlabel(f"samples m  (d = {d}, r = {rank})")
    ax.set_ylabel(f"relative recovery error, all fitted to {FITTED:g}")
    ax.legend(fontsize="small")
    ax.grid(alpha=0.3)
    return figure


def _median(fits: Sequence[Fit], name: str) -> float:
    return float(np.median([getattr(fitted, name) for fitted in fits]))


def main(
    arguments: Sequence[str] | None = None,
    d: int = 40,
    rank: int = 1,
    multiples: Sequence[float] = (1.5, 2, 2.25, 2.5, 3, 4),
    instances: int = 3,
    paper: tuple[int, int, int] = (100, 3, 8),
) -> None:
    """Compare over m, then at one size (d, rank, m / (d rank)); print medians and draw."""
    output: Path = picture_options(picture_parser(__doc__), arguments).output
    rows = compare(d, rank, multiples, instances)
    print(f"medians: recovery error, and iterations to a training error of {FITTED:g}")
    print(f"samples  {_LABELS['small']:>20}  {_LABELS['large']:>20}  worst training error")
    for row in rows:
        cells = [
            f"{_median(fits, 'test'):.1e}  {_median(fits, 'iterations'):8.0f}"
            for fits in (row.small, row.large)
        ]
        worst = max(f.train for f in row.small + row.large)
        print(f"{row.m:7d}  " + "".join(f"{cell:>20}  " for cell in cells) + f"{worst:20.1e}")
    d_paper, rank_paper, multiple = paper
    problem = network(d_paper, rank_paper, multiple * d_paper * rank_paper)
    for alpha in (SMALL, LARGE):
        one = fit(problem, alpha, 3e-3)
        print(
            f"d = {d_paper}, r = {rank_paper}, m = {multiple} d r, from U = {alpha:g} I: training "
            f"error {one.train:.1e}, recovery error {one.test:.1e}, {one.iterations} iterations"
        )
    ipgd.plots.save(picture(rows, d, rank), output)


if __name__ == "__main__":
    main()
