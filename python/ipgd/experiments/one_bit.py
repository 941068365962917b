"""A matrix of log-odds from single bits, beside nuclear-norm maximum likelihood, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

import ipgd

from .command import picture_options, picture_parser

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Size:
    """The problem: log-odds with a root mean square of `size`, a bit at a `fraction` of them."""

    d1: int = 120
    d2: int = 100
    rank: int = 2
    size: float = 2.0
    fraction: float = 0.6
    seeds: int = 5
    max_iter: int = 400


def instance(size: Size, seed: int) -> tuple[Matrix, NDArray[np.bool_], Matrix]:
    """True log-odds, the mask of seen entries, and their bits (0 or 1) in the order of rows."""
    rng = np.random.default_rng(seed)
    shapes = (size.d1, size.rank), (size.rank, size.d2)
    truth = rng.standard_normal(shapes[0]) @ rng.standard_normal(shapes[1])
    truth *= size.size / np.sqrt(np.mean(truth**2))
    seen = rng.random(truth.shape) < size.fraction
    bits = (rng.random(int(seen.sum())) < expit(truth[seen])).astype(float)
    return truth, seen, bits


def nuclear_likelihood(seen: NDArray[np.bool_], bits: Matrix, norm: float, steps: int) -> Matrix:
    """Maximise the likelihood over ||X||_* <= norm (Davenport et al. 2014, without the max norm).

    Accelerated projected gradient; the curvature is at most 1/4, hence steps of 4.
    """
    X = Z = np.zeros(seen.shape)
    t = 1.0
    for _ in range(steps):
        gradient = np.zeros(seen.shape)
        gradient[seen] = expit(Z[seen]) - bits
        X_next = _project(Z - 4 * gradient, norm)
        t_next = (1 + np.sqrt(1 + 4 * t * t)) / 2
        Z = X_next + (t - 1) / t_next * (X_next - X)
        X, t = X_next, t_next
    return X


def _project(X: Matrix, norm: float) -> Matrix:
    """The nearest matrix whose singular values sum to at most `norm`."""
    U, sigma, Vt = np.linalg.svd(X, full_matrices=False)
    if sigma.sum() <= norm:
        return X
    excess = (np.cumsum(sigma) - norm) / np.arange(1, len(sigma) + 1)
    level = excess[np.flatnonzero(sigma > excess)[-1]]
    nearest: Matrix = (U * np.maximum(sigma - level, 0)) @ Vt
    return nearest


def measure(size: Size) -> dict[str, list[float]]:
    """Root mean square errors of the probabilities of unseen bits: a value for each seed.

    The convex program is given ||Theta*||_*, the factors are given the rank.
    """
    errors: dict[str, list[float]] = {}
    for seed in range(size.seeds):
        truth, seen, bits = instance(size, seed)
        rows, cols = np.nonzero(seen)
        problem = ipgd.MatrixCompletion((rows, cols, bits), shape=truth.shape)
        norm = float(np.linalg.norm(truth, "nuc"))
        found = {
            "one probability for all": np.full(truth.shape, logit(bits.mean())),
            "nuclear norm, given that of Θ*": nuclear_likelihood(seen, bits, norm, size.max_iter),
            "V Wᵀ, logistic loss, given the rank": ipgd.solve(
                problem.with_loss(ipgd.Logistic()),
                parameterization=ipgd.AsymmetricFactor(size.rank),
                max_iter=size.max_iter,
                rng=seed,
            ).theta(),
        }
        for name, log_odds in found.items():
            difference = expit(log_odds) - expit(truth)
            error = float(np.sqrt(np.mean(difference[~seen] ** 2)))
            errors.setdefault(name, []).append(error)
    return errors


def picture(errors: dict[str, list[float]]) -> Figure:
    """A dot for each instance and method."""
    figure, axes = ipgd.plots.new_figure(1, 1)
    figure.set_size_inches(7, 2.6)
    ax = axes[0, 0]
    for k, values in enumerate(errors.values()):
        ax.plot(values, [k] * len(values), "o", alpha=0.6)
    ax.set_yticks(range(len(errors)), list(errors))
    ax.set_xlim(left=0)
    ax.set_xlabel("root mean square error of unseen probabilities")
    ax.grid(alpha=0.3)
    return figure


def main(arguments: Sequence[str] | None = None, size: Size | None = None) -> None:
    """Measure, print the errors and draw."""
    output: Path = picture_options(picture_parser(__doc__), arguments).output
    errors = measure(size or Size())
    print("error of unseen probabilities".ljust(46), "a value for each instance")
    for name, values in errors.items():
        print(name.ljust(46), *(f"{value:6.3f}" for value in values))
    ipgd.plots.save(picture(errors), output)


if __name__ == "__main__":
    main()
